// What happens in a day, and to whom: ordinary unrest all the time, and now and then real trouble.
// Nothing is heard here yet; a story is only causes.

import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import type { Internet } from './internet.ts'
import type { Edge } from './links.ts'
import { Plot, type Window } from './plot.ts'
import { stableRoutes } from './routes.ts'
import type { Trigger } from './trigger.ts'
import { addUnrest } from './unrest.ts'

export type TroubleKind = 'outage' | 'leak' | 'session-reset'

export interface Story {
  /** Atom → what happens to it, in order of time. */
  readonly triggers: readonly (readonly Trigger[])[]
  readonly outage: (Window & { readonly atoms: ReadonlySet<number> }) | null
  readonly leak: Window | null
  /** The sessions of one vantage point with its collector. */
  readonly reset: (Window & { readonly sessions: readonly number[] }) | null
}

export interface StorySettings extends Window {
  /** UPDATEs a second over all sessions when all is calm. */
  readonly rate: number
  readonly trouble: readonly TroubleKind[]
  readonly outage: Span
  readonly leak: Span
}

/**
 * Where in the day the troubles begin, as a share of it. The outage of a whole day starts at 02:16
 * UTC, when KT's did on 2021-10-25, and leaves hours of calm before and after each.
 */
const BEGINS = { outage: 0.0945, reset: 0.62, leak: 0.75 }
const RESET = seconds(95)

export function tellStory(net: Internet, settings: StorySettings, dice: Dice): Story {
  const length = settings.until - settings.from
  const window = (share: number, span: Span): Window => {
    const from: Instant = settings.from + Math.round((length * share) / 1e6) * 1e6
    return { from, until: from + span }
  }
  const outage = window(BEGINS.outage, settings.outage)
  const reset = window(BEGINS.reset, RESET)
  const leak = window(BEGINS.leak, settings.leak)
  const apart = minutes(5)
  if (
    outage.until + apart > reset.from ||
    reset.until + apart > leak.from ||
    leak.until + 2 * apart > settings.until
  )
    throw new RangeError('the day is too short for its troubles: 3 hours are enough by default')
  const wants = (kind: TroubleKind) => settings.trouble.includes(kind)
  const plot = new Plot(net)
  // Trouble takes its time first, unrest what is left.
  const atoms = wants('outage') ? tellOutage(plot, outage, dice.fork('outage')) : null
  if (wants('leak')) tellLeak(plot, leak, dice.fork('leak'))
  addUnrest(plot, settings, settings.rate, dice.fork('unrest'))
  return {
    triggers: plot.triggers,
    outage: atoms && { ...outage, atoms },
    leak: wants('leak') ? leak : null,
    reset: wants('session-reset')
      ? { ...reset, sessions: someVantagePoint(net, dice.fork('reset')) }
      : null,
  }
}

/** Most prefixes of the watched AS, all within the first minute; back within half a minute. */
function tellOutage(plot: Plot, { from, until }: Window, dice: Dice): Set<number> {
  const { net } = plot
  plot.take(`as ${net.watched}`, { from: from - minutes(15), until: until + minutes(15) })
  const mine = dice.shuffle(plot.atomsOf(net.watched))
  const size = (i: number) => net.atoms[i]?.prefixes.length ?? 0
  const total = mine.reduce((n, i) => n + size(i), 0)
  const gone = new Set<number>()
  let prefixes = 0
  for (const i of mine) {
    if (prefixes + size(i) > total * 0.95) continue
    const begins = gone.size === 0 ? 0 : Math.min(60, dice.lognormal(6, 1))
    gone.add(i)
    prefixes += size(i)
    plot.add(i, { at: from + Math.round(seconds(begins)), kind: 'withdraw' })
    plot.add(i, { at: until + dice.int(0, seconds(30)), kind: 'announce' })
  }
  return gone
}

/** What the multihomed AS hears from one provider it tells its others (RFC 7908 type 1). */
function tellLeak(plot: Plot, { from, until }: Window, dice: Dice): void {
  const { net } = plot
  const around = { from: from - minutes(15), until: until + minutes(15) }
  plot.take(`as ${net.multihomed}`, around)
  const up = net.out[net.multihomed] ?? []
  const selling = new Set(plot.providersOf(net.watched))
  const source = up.find((e) => selling.has((net.edges[e] as Edge).to))
  const edges = up.filter((e) => e !== source)
  net.asns.forEach((_, origin) => {
    if (stableRoutes(net, origin)[net.multihomed]?.via !== source) return
    if (origin !== net.watched && dice.chance(0.15)) return
    for (const i of plot.atomsOf(origin)) {
      // As long as it takes to send a table out, and to take it back.
      const lag = () => Math.round(seconds(Math.min(180, dice.lognormal(20, 0.8))))
      plot.add(i, { at: from + lag(), kind: 'leak', edges })
      plot.add(i, { at: until + lag(), kind: 'unleak', edges })
    }
  })
}

/** Both sessions of one peer of a RIS collector, because those archive changes of state. */
function someVantagePoint({ sessions }: Internet, dice: Dice): number[] {
  const there = sessions.flatMap((s, i) => (s.collector === 'rrc01' ? [i] : []))
  const asn = sessions[dice.pick(there)]?.asn
  return there.filter((i) => sessions[i]?.asn === asn)
}
