// What the collectors' sessions say in a day: the routes that changed, announcements that repeat
// themselves, keepalives, and a session that falls and sends its whole table again.

import type { Asn } from '../core/asn.ts'
import { type Instant, type Span, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import type { Internet, Session } from './internet.ts'
import type { Window } from './plot.ts'
import { stableRoutes } from './routes.ts'
import type { Heard } from './trigger.ts'
import { REPEATS } from './unrest.ts'

interface Stamp {
  readonly at: Instant
  readonly session: Session
}

/** One message of one session. The next hop of what is announced is the session's address. */
export type DayMessage =
  | (Stamp & {
      readonly kind: 'update'
      readonly withdraw: readonly string[]
      readonly announce: readonly string[]
      /** Of what is announced; empty otherwise. */
      readonly path: readonly Asn[]
      readonly communities: readonly string[]
    })
  /** States as in RFC 4271 §8.2.2: 1 Idle … 6 Established. */
  | (Stamp & { readonly kind: 'state'; readonly from: number; readonly to: number })
  | (Stamp & { readonly kind: 'end-of-rib' })
  | (Stamp & { readonly kind: 'keepalive' })

/** A third of the usual hold time of 180 s (RFC 4271 §10). Only RIS archives keepalives. */
const KEEPALIVE = seconds(60)
/** From Established to End-of-RIB, for a table as small as ours. */
const TRANSFER = seconds(20)

/** Sessions that fall and come back with their whole table. */
export interface SessionTrouble extends Window {
  readonly sessions: readonly number[]
  /** Whether the archive says so: RIS writes changes of state, RouteViews mostly does not. */
  readonly told: boolean
  /** TCP sessions of one router do not fall, or rise, in the same instant. */
  readonly apart: { readonly down: Span; readonly up: Span }
}

/** Everything the sessions say, in order of time. */
export function sessionMessages(
  net: Internet,
  troubles: readonly SessionTrouble[],
  tables: Tables,
  heard: readonly (readonly Heard[])[],
  day: Window & { readonly rate: number },
  dice: Dice,
): DayMessage[] {
  const happenings: Happening[] = [
    ...heard.flatMap((list, atom) => list.map((h) => ({ ...h, kind: 'heard' as const, atom }))),
    ...repeats(net, day, day.rate, dice.fork('repeats')),
    ...keepalives(net, day, dice.fork('keepalives')),
    ...troubles.flatMap((trouble) => resets(net, trouble)),
  ]
  happenings.sort((a, b) => a.at - b.at || a.session - b.session)
  const inside = happenings.filter((h) => h.at >= day.from && h.at < day.until)
  return speak(net, tables, inside)
}

/** What happens at a session; `atom` where it is about one. */
type Happening =
  | (Heard & { readonly kind: 'heard'; readonly atom: number })
  | {
      readonly at: Instant
      readonly session: number
      readonly kind: 'again' | 'transfer'
      readonly atom: number
    }
  | {
      readonly at: Instant
      readonly session: number
      readonly kind: 'end-of-rib' | 'keepalive'
    }
  | {
      readonly at: Instant
      readonly session: number
      readonly kind: 'down' | 'up'
      readonly told: boolean
    }

/** Session → atom → path, as the collector sees it. */
export type Tables = readonly (readonly (readonly Asn[] | null)[])[]

export function startingTables(net: Internet): Tables {
  const routes = net.asns.map((_, origin) => stableRoutes(net, origin))
  return net.sessions.map((session) =>
    net.atoms.map((atom) => {
      const route = atom.afi === session.afi ? routes[atom.origin]?.[session.node] : null
      return route && !atom.absent ? [session.asn, ...route.path] : null
    }),
  )
}

/** Announcements that change nothing but an attribute. */
function repeats(net: Internet, { from, until }: Window, rate: number, dice: Dice): Happening[] {
  const count = Math.round((rate * REPEATS * (until - from)) / 1e6)
  const byFamily = { 4: [] as number[], 6: [] as number[] }
  net.atoms.forEach((atom, i) => {
    byFamily[atom.afi].push(i)
  })
  return Array.from({ length: count }, () => {
    const session = dice.int(0, net.sessions.length - 1)
    const atom = dice.pick(byFamily[net.sessions[session]?.afi ?? 4], 1.5)
    return { at: dice.int(from, until - 1), session, kind: 'again' as const, atom }
  })
}

function keepalives(net: Internet, { from, until }: Window, dice: Dice): Happening[] {
  const out: Happening[] = []
  net.sessions.forEach((session, i) => {
    if (!session.collector.startsWith('rrc')) return
    for (let at = from + dice.int(0, KEEPALIVE - 1); at < until; at += KEEPALIVE)
      out.push({ at, session: i, kind: 'keepalive' })
  })
  return out
}

function resets(net: Internet, trouble: SessionTrouble): Happening[] {
  const { from, until, told, apart } = trouble
  return trouble.sessions.flatMap((session, i): Happening[] => {
    const down = from + i * apart.down
    const up = until + i * apart.up
    const atoms = net.atoms.flatMap((atom, k) =>
      atom.afi === net.sessions[session]?.afi ? [k] : [],
    )
    const step = Math.floor(TRANSFER / atoms.length)
    return [
      { at: down, session, kind: 'down', told },
      { at: up, session, kind: 'up', told },
      ...atoms.map((atom, k) => ({
        at: up + (k + 1) * step,
        session,
        kind: 'transfer' as const,
        atom,
      })),
      { at: up + TRANSFER + step, session, kind: 'end-of-rib' },
    ]
  })
}

/** Turns what happens at the sessions into what they say; a session that is down says nothing. */
function speak(net: Internet, tables: Tables, happenings: readonly Happening[]): DayMessage[] {
  const now = tables.map((table) => [...table])
  const isDown = new Set<number>()
  const out: DayMessage[] = []
  happenings.forEach((h, turn) => {
    const session = net.sessions[h.session] as Session
    const stamp = { at: h.at, session }
    const table = now[h.session] ?? []
    if (h.kind === 'heard') table[h.atom] = h.path
    if (h.kind === 'up') {
      isDown.delete(h.session)
      if (h.told) out.push({ ...stamp, kind: 'state', from: 5, to: 6 })
    } else if (isDown.has(h.session)) return
    else if (h.kind === 'down') {
      isDown.add(h.session)
      if (h.told) out.push({ ...stamp, kind: 'state', from: 6, to: 1 })
    } else if (h.kind === 'end-of-rib' || h.kind === 'keepalive') {
      out.push({ ...stamp, kind: h.kind })
    } else if ('atom' in h) {
      const path = table[h.atom] ?? null
      const prefixes = net.atoms[h.atom]?.prefixes ?? []
      // Only a change of route can say that there is none.
      if (!path && h.kind !== 'heard') return
      // Where a route was learnt, as many networks tag it; a repeat differs in nothing else.
      const tag = h.kind === 'again' ? 1_000 + (turn % 1_000) : 100
      out.push({
        ...stamp,
        kind: 'update',
        withdraw: path ? [] : prefixes,
        announce: path ? prefixes : [],
        path: path ?? [],
        communities: path
          ? [`${session.asn}:${tag}`, ...(net.atoms[h.atom]?.communities ?? [])]
          : [],
      })
    }
  })
  return out
}
