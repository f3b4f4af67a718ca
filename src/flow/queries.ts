// Queries to own resolvers, as the flows tell of them: how many, from outside, by how few, and whether
// they are more because everybody asks more. In packets to UDP port 53: a query is one packet.

import type { FlowRow } from '../core/flow.ts'
import { addressText, parseAddress } from '../core/prefix.ts'
import type { Labels } from '../core/sample.ts'
import { Cells } from './cells.ts'
import { hashOf } from './hash.ts'
import { Panel, type PanelReading } from './panel.ts'

const MOST_RESOLVERS = 256
const CLIENTS = 1 << 18
/** Members of a panel must be so many, and ask so much of everything, to speak for all. */
const FEWEST = 50
const LEAST_WEIGHT = 0.5

export type Tell = (plane: 'flow' | 'dns', metric: string, value: number, labels: Labels) => void

interface Resolver {
  readonly text: string
  readonly afi: number
  readonly words: readonly [number, number, number, number]
}

/** Which of the own resolvers an address is. */
export class Resolvers {
  readonly all: readonly Resolver[]
  readonly #byHash = new Map<number, number>()

  /** Text that is no address is passed over. */
  constructor(texts: readonly string[]) {
    const found = new Map<string, Resolver>()
    for (const given of texts) {
      const address = parseAddress(given)
      if (!address) continue
      const text = addressText(address.afi, ...address.words)
      found.set(text, { text, afi: address.afi, words: address.words })
    }
    this.all = [...found.values()]
      .sort((a, b) => (a.text < b.text ? -1 : 1))
      .slice(0, MOST_RESOLVERS)
    for (const [i, { afi, words }] of this.all.entries()) this.#byHash.set(hashOf(afi, ...words), i)
  }

  /** Its number, or -1. */
  find(afi: number, w0: number, w1: number, w2: number, w3: number): number {
    const i = this.#byHash.get(hashOf(afi, w0, w1, w2, w3))
    if (i === undefined) return -1
    const { words } = this.all[i] as Resolver
    return words[0] === w0 && words[1] === w1 && words[2] === w2 && words[3] === w3 ? i : -1
  }
}

/** One minute of them. */
export class QueryMinute {
  readonly #counts = new Float64Array(MOST_RESOLVERS)
  readonly #clients = new Cells(CLIENTS)
  #outside = 0

  add(resolver: number, client: number, packets: number, inside: boolean): void {
    this.#counts[resolver] = (this.#counts[resolver] as number) + packets
    this.#clients.add(client, packets)
    if (!inside) this.#outside += packets
  }

  clear(): void {
    this.#counts.fill(0)
    this.#clients.clear()
    this.#outside = 0
  }

  tell(resolvers: Resolvers, seconds: number, placed: boolean, tell: Tell): void {
    const { total } = this.#clients
    for (const [i, { text }] of resolvers.all.entries()) {
      const count = this.#counts[i] as number
      // None at all more likely means that no exporter sees it.
      if (count > 0) tell('dns', 'qps', count / seconds, { resolver: text })
    }
    if (total === 0) return
    tell('dns', 'top1pct_source_share', this.#clients.shareOfLargest(0.01), {})
    if (placed) tell('dns', 'outside_source_share', this.#outside / total, {})
  }
}

/**
 * What subscribers usually ask. By address where so many packets are seen of each that its usual is one;
 * where the exporters sample, by /24 (/48), in which a few heavy clients still are few.
 */
export class Askers {
  readonly #addresses = new Panel()
  readonly #blocks = new Panel()

  add(minute: number, row: FlowRow): void {
    const { sourceAfi, counted, source0, source1, source2, source3 } = row
    this.#addresses.add(minute, counted, source0, source1, source2, source3)
    if (sourceAfi === 4) this.#blocks.add(minute, counted, source0 & ~0xff, 0, 0, 0)
    else this.#blocks.add(minute, counted, source0, source1 & ~0xffff, 0, 1)
  }

  /** Null while not enough is known. */
  close(minute: number, whole: boolean): number | null {
    const readings = [this.#addresses.close(minute, whole), this.#blocks.close(minute, whole)]
    return readings.find(speaksForAll)?.risen ?? null
  }
}

const speaksForAll = ({ judged, weight }: PanelReading): boolean =>
  judged >= FEWEST && weight >= LEAST_WEIGHT
