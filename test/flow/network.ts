// A small network seen through its flows: what its subscribers fetch, and what they ask its resolver.

import { emptyFlow, type FlowRow } from '../../src/core/flow.ts'
import { type Address, parseAddress } from '../../src/core/prefix.ts'
import type { Sample } from '../../src/core/sample.ts'
import { minutes, seconds } from '../../src/core/time.ts'
import { FlowMinutes, type FlowMinutesOptions } from '../../src/flow/minutes.ts'
import { OwnSpace } from '../../src/flow/own-space.ts'

export const RESOLVER = '198.18.255.53'
export const OWN = ['198.18.0.0/15', '2001:db8::/32']
/** Minute 0 of all tests: a quarter of a day. */
const BEGIN = Date.UTC(2024, 9, 29) * 1e3

export interface Flow {
  readonly from: string
  readonly to: string
  readonly bytes?: number
  readonly packets?: number
  readonly ports?: readonly [source: number, destination: number]
  readonly protocol?: number
  readonly flags?: number
  readonly forwarding?: number
  readonly exporter?: string
  /** Seconds into the minute. */
  readonly second?: number
  readonly sampling?: number
}

export const subscriber = (i: number): string => `198.18.${i >> 8}.${i & 255}`
export const server = (i: number): string => `203.${i >> 8}.${i & 255}.10`

const addresses = new Map<string, Address | undefined>()

function addressOf(text: string): Address | undefined {
  if (!addresses.has(text)) addresses.set(text, parseAddress(text))
  return addresses.get(text)
}

export function rowOf(minute: number, flow: Flow): FlowRow {
  const row = emptyFlow()
  const from = addressOf(flow.from)
  const to = addressOf(flow.to)
  if (!from || !to) throw new Error(`${flow.from} or ${flow.to} is no address`)
  const sampling = flow.sampling ?? 1
  row.at = row.told = BEGIN + minutes(minute) + seconds(flow.second ?? 5)
  row.counted = flow.packets ?? 10
  row.packets = row.counted * sampling
  row.bytes = (flow.bytes ?? 10_000) * sampling
  row.sourceAfi = from.afi
  ;[row.source0, row.source1, row.source2, row.source3] = from.words
  row.destinationAfi = to.afi
  ;[row.destination0, row.destination1, row.destination2, row.destination3] = to.words
  ;[row.sourcePort, row.destinationPort] = flow.ports ?? [443, 50_000]
  row.protocol = flow.protocol ?? 6
  row.tcpFlags = flow.flags ?? 0x1b
  row.forwarding = flow.forwarding ?? 0
  row.exporter = flow.exporter ?? '192.0.2.1'
  return row
}

/** An ordinary minute: `people` subscribers fetch things of different sizes, and ask 10 times each. */
export function ordinary(minute: number, people = 100, factor = 1): Flow[] {
  const out: Flow[] = []
  for (let i = 0; i < people; i++) {
    const to = subscriber(i)
    const from = server((i * 7 + minute) % 50)
    const bytes = 1_000 * (300 + ((i * 37 + minute * 11) % 900)) * factor
    const second = (i * 13) % 60
    const packets = 400 * factor
    if (i % 10 < 6) out.push({ from, to, bytes, packets, second })
    else if (i % 10 < 9) out.push({ from, to, bytes, packets, second, protocol: 17, flags: 0 })
    else out.push({ from, to, bytes, packets, second, ports: [80, 40_000] })
    out.push(asking(to, 8 + ((i + minute) % 5), second))
  }
  return out
}

export const asking = (from: string, packets: number, second = 5): Flow => ({
  from,
  to: RESOLVER,
  bytes: packets * 70,
  packets,
  ports: [30_000, 53],
  protocol: 17,
  flags: 0,
  second,
})

export class Line {
  readonly samples: Sample[] = []
  readonly minutes: FlowMinutes
  readonly space = new OwnSpace(OWN)

  constructor(options: Partial<FlowMinutesOptions> = {}) {
    const all = { isOwn: this.space.has, resolvers: [RESOLVER], ...options }
    this.minutes = new FlowMinutes(all, (sample) => this.samples.push(sample))
  }

  take(minute: number, flows: readonly Flow[]): void {
    for (const flow of flows) this.minutes.add(rowOf(minute, flow))
  }

  /** Ordinary minutes from `from` on, before `until`. */
  run(from: number, until: number, people?: number): void {
    for (let minute = from; minute < until; minute++) this.take(minute, ordinary(minute, people))
  }

  /** What was told of a minute, by metric; of several series the last. */
  told(minute: number): Record<string, number> {
    const at = BEGIN + minutes(minute) + seconds(30)
    const of = this.samples.filter((sample) => sample.at === at)
    return Object.fromEntries(of.map(({ metric, value }) => [metric, value]))
  }
}
