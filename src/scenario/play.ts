// A scenario, played: the same as a generated day, with as many events as are wished for. Same script,
// same octets.

import { hours } from '../core/time.ts'
import { ribs } from './day.ts'
import { Dice } from './dice.ts'
import { type EventKind, isEventKind, type Played, type Wish } from './event.ts'
import { benign, SCRUBBER } from './event-benign.ts'
import { hijacks } from './event-hijacks.ts'
import { leakEvents } from './event-leaks.ts'
import { outages } from './event-outages.ts'
import { type HeardEvent, hear } from './hearing.ts'
import { buildInternet, type Internet } from './internet.ts'
import { propagate } from './propagate.ts'
import { withRegion, withScrubber } from './region.ts'
import type { Script } from './script.ts'
import { type DayMessage, sessionMessages, startingTables } from './sessions.ts'
import { type Roa, Stage } from './stage.ts'
import type { Heard } from './trigger.ts'
import { addUnrest } from './unrest.ts'

/** A region for each burst, up to so many. */
const MOST_REGIONS = 8

type Arrange = (stage: Stage, wish: Wish, dice: Dice) => Played | null

const arrangers: Record<EventKind, Arrange> = { ...outages, ...leakEvents, ...hijacks, ...benign }

export interface Play {
  readonly internet: Internet
  readonly script: Script
  readonly start: number
  readonly end: number
  /** Collector → its table at the start. */
  readonly rib: ReadonlyMap<string, Uint8Array>
  readonly messages: readonly DayMessage[]
  /** In order of time. */
  readonly events: readonly HeardEvent[]
  /** What nobody was free or fit for. */
  readonly leftOut: readonly EventKind[]
  readonly roas: readonly Roa[]
}

/** Those that need much of somebody's time are arranged first. */
const ORDER: readonly EventKind[] = ['burst', 'path-shift', 'outage-slow', 'outage-covered']

/** What cannot be wished for in a script: another Internet, things that happen in it. */
export interface Beyond {
  readonly world?: (net: Internet) => Internet
  readonly arrange?: (stage: Stage, dice: Dice) => void
}

export function playScript(script: Script, beyond: Beyond = {}): Play {
  const dice = new Dice(script.seed)
  const built = buildInternet(dice.fork('internet'), script)
  const has = (kind: EventKind) => script.events.some((wish) => wish.kind === kind)
  let world = has('moas-scrubber') ? withScrubber(built, SCRUBBER) : built
  const regions = script.events.reduce((n, e) => n + (e.kind === 'burst' ? e.count : 0), 0)
  for (let n = 0; n < Math.min(regions, MOST_REGIONS); n++)
    world = withRegion(world, dice.fork(`region ${n}`), n)
  if (beyond.world) world = beyond.world(world)
  const start = script.start
  const end = start + Math.round(hours(script.hours))
  const day = { from: start, until: end, rate: script.rate }
  const stage = new Stage(world, day)
  const { played, leftOut } = arrange(stage, script.events, dice.fork('events'))
  beyond.arrange?.(stage, dice.fork('beyond'))
  addUnrest(stage.plot, day, script.rate, dice.fork('unrest'))
  const { net } = stage
  const { triggers } = stage.plot
  const heard = net.atoms.map((atom, i) =>
    withoutStuck(stage, i, propagate(net, atom, triggers[i] ?? [], dice.fork(`atom ${i}`))),
  )
  const tables = startingTables(net)
  const messages = sessionMessages(net, stage.troubles, tables, heard, day, dice)
  const events = played
    .map((event) => hear(net, event, tables, heard))
    .sort((a, b) => a.start - b.start || a.asn - b.asn)
  const roas = [...ordinaryRoas(net, script.rpki, dice.fork('rpki')), ...stage.roas]
  return {
    internet: net,
    script,
    start,
    end,
    rib: ribs(net, tables, start),
    messages,
    events,
    leftOut,
    roas,
  }
}

function arrange(stage: Stage, wishes: readonly Wish[], dice: Dice) {
  const played: Played[] = []
  const leftOut: EventKind[] = []
  const rank = ({ kind, at, actor }: Wish) =>
    at !== undefined || actor !== undefined ? -9 : ORDER.includes(kind) ? -1 : 0
  const turns = [...wishes].sort((a, b) => rank(a) - rank(b))
  for (const [i, wish] of turns.entries())
    for (let n = 0; n < wish.count; n++) {
      if (!isEventKind(wish.kind)) continue
      const event = arrangers[wish.kind](stage, wish, dice.fork(`${i} ${wish.kind} ${n}`))
      if (event) played.push(event)
      else leftOut.push(wish.kind)
    }
  return { played, leftOut }
}

/** Sessions to which the withdrawal never gets through. */
function withoutStuck(stage: Stage, atom: number, heard: Heard[]): Heard[] {
  const stuck = stage.stuck.filter(({ atoms }) => atoms.has(atom))
  if (stuck.length === 0) return heard
  return heard.filter(
    (h) => !stuck.some((s) => s.session === h.session && h.at >= s.from && h.at < s.until),
  )
}

/** Every origin either has ROAs for all it announces at the start, or none. */
function ordinaryRoas(net: Internet, share: number, dice: Dice): Roa[] {
  const has = net.asns.map(() => dice.chance(share))
  return net.atoms.flatMap(({ origin, prefixes, absent }) =>
    has[origin] && !absent
      ? prefixes.map((prefix) => ({
          asn: net.asns[origin] ?? 0,
          prefix,
          maxLength: Number(prefix.split('/')[1]),
        }))
      : [],
  )
}
