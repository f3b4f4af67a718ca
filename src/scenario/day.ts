// A generated day: the table at its start, everything every vantage point says during it, and the
// truth about what really happened. Same options, same seed: the same octets.

import { hours, type Instant, minutes, parseInstant, type Span, seconds } from '../core/time.ts'
import { Dice } from './dice.ts'
import { buildInternet, type Internet, type InternetOptions, type Session } from './internet.ts'
import { type MrtBuilder, mrt } from './mrt.ts'
import { propagate } from './propagate.ts'
import { type DayMessage, sessionMessages, startingTables, type Tables } from './sessions.ts'
import { type TroubleKind, tellStory } from './story.ts'
import { type Truth, truthOf } from './truth.ts'

export interface DayOptions extends InternetOptions {
  /** 4766 when absent. */
  readonly seed?: string | number
  /** 2021-10-25T00:00:00Z when absent: the day KT was gone for 89 minutes. */
  readonly start?: Instant
  /** 24 when absent; 3 at least, with troubles of ordinary length. */
  readonly hours?: number
  /** UPDATEs a second over all sessions when all is calm; 1.2 when absent: 100,000 in a day. */
  readonly rate?: number
  /** All three when absent; none makes a quiet day. */
  readonly trouble?: readonly TroubleKind[]
  /** How long the outage lasts: 89 min when absent. */
  readonly outage?: Span
  /** How long the leak lasts: 20 min when absent. */
  readonly leak?: Span
}

export interface Day {
  readonly internet: Internet
  readonly start: Instant
  readonly end: Instant
  /** Collector → its table at `start`, as TABLE_DUMP_V2. */
  readonly rib: ReadonlyMap<string, Uint8Array>
  /** In order of time. */
  readonly messages: readonly DayMessage[]
  readonly truth: readonly Truth[]
}

export function generateDay(options: DayOptions = {}): Day {
  const dice = new Dice(options.seed ?? 4766)
  const net = buildInternet(dice.fork('internet'), options)
  const start = options.start ?? parseInstant('2021-10-25') ?? 0
  const end = start + Math.round(hours(options.hours ?? 24))
  const rate = options.rate ?? 1.2
  const story = tellStory(
    net,
    {
      from: start,
      until: end,
      rate,
      trouble: options.trouble ?? ['outage', 'leak', 'session-reset'],
      outage: options.outage ?? minutes(89),
      leak: options.leak ?? minutes(20),
    },
    dice.fork('story'),
  )
  const heard = net.atoms.map((atom, i) =>
    propagate(net, atom, story.triggers[i] ?? [], dice.fork(`atom ${i}`)),
  )
  const tables = startingTables(net)
  const day = { from: start, until: end, rate }
  const apart = { down: seconds(2), up: seconds(3) }
  const resets = story.reset ? [{ ...story.reset, told: true, apart }] : []
  const messages = sessionMessages(net, resets, tables, heard, day, dice)
  return {
    internet: net,
    start,
    end,
    rib: ribs(net, tables, start),
    messages,
    truth: truthOf(net, story, tables, heard, messages),
  }
}

/** Collector → its table at `start`. */
export function ribs(net: Internet, tables: Tables, start: Instant): Map<string, Uint8Array> {
  const out = new Map<string, Uint8Array>()
  for (const collector of net.collectors) {
    const mine = net.sessions.flatMap((s, i) => (s.collector === collector ? [i] : []))
    const peers = mine.map((i) => net.sessions[i] as Session)
    const file = mrt().at(start).peers(peers, collector)
    net.atoms.forEach((atom, k) => {
      const entries = mine.flatMap((i, peer) => {
        const path = tables[i]?.[k]
        const { address, asn } = net.sessions[i] as Session
        const since = start - hours(30)
        const communities = [`${asn}:100`]
        return path ? [{ peer, path, since, communities, nextHop: address, nextHop6: address }] : []
      })
      if (entries.length > 0) for (const prefix of atom.prefixes) file.rib(prefix, entries)
    })
    out.set(collector, file.bytes())
  }
  return out
}

/** The day's messages as each collector would archive them: BGP4MP_ET, stamps in microseconds. */
export function updatesOf(day: Day): Map<string, Uint8Array> {
  const files = new Map(day.internet.collectors.map((name) => [name, mrt({ micros: true })]))
  for (const m of day.messages) {
    const file = files.get(m.session.collector)
    if (file) writeMessage(file, m)
  }
  return new Map([...files].map(([name, file]) => [name, file.bytes()]))
}

export function writeMessage(file: MrtBuilder, m: DayMessage): void {
  const { address, asn, collector, afi } = m.session
  file.at(m.at).peer(address, asn, collector.startsWith('rrc') ? 12_654 : 6_447)
  if (m.kind === 'update') file.update({ ...m, nextHop: address, nextHop6: address })
  else if (m.kind === 'state') file.state(m.from, m.to)
  else if (m.kind === 'end-of-rib') file.endOfRib(afi)
  else file.keepalive()
}
