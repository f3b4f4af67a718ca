// What a table says of a network: which prefixes it originates, and who stands beside it in the paths.

import type { Asn } from './core/asn.ts'
import { type Batch, Message } from './core/batch.ts'
import { hops } from './core/path.ts'
import { prefixText } from './core/prefix.ts'

/** Of one network; a table of somebody's may hold anything. */
const MOST_PREFIXES = 100_000
const MOST_NEIGHBOURS = 10_000

/** A vantage point sees a prefix once; seen by fewer than that share of them it may be a leak of somebody's. */
export interface SeenPrefix {
  readonly prefix: string
  vantages: number
  /** Other networks that originate it too. */
  readonly others: Set<Asn>
}

export interface Neighbour {
  readonly asn: Asn
  /** Routes of the network that come through it: to others beyond it, or to itself alone. */
  beyond: number
  direct: number
  /** Routes of it, and of those behind it, that the network passes on. */
  behind: number
}

export class StartingPoint {
  readonly prefixes = new Map<string, SeenPrefix>()
  readonly neighbours = new Map<Asn, Neighbour>()
  readonly vantages = new Set<number>()
  routes = 0
  dropped = 0
  readonly #asn: Asn
  readonly #hops = new Uint32Array(4_096)

  constructor(asn: Asn) {
    this.#asn = asn
  }

  /** Rows of a table. */
  read(batch: Batch): void {
    for (let m = 0; m < batch.messages; m++) {
      if (batch.kind[m] !== Message.rib) continue
      const start = batch.pathStart[m] as number
      if (start < 0) continue
      const most = Math.min(batch.pathLength[m] as number, this.#hops.length)
      const count = hops(batch.path, start, most, this.#hops)
      this.vantages.add(batch.vantage[m] as number)
      this.routes++
      const at = this.#hops.subarray(0, count).indexOf(this.#asn)
      const origin = count > 0 ? (this.#hops[count - 1] as number) : 0
      if (at < 0) {
        this.#other(batch, m, origin)
        continue
      }
      const left = at > 0 ? this.#neighbour(this.#hops[at - 1] as number) : undefined
      if (at === count - 1) {
        if (left && at > 1) left.beyond++
        else if (left) left.direct++
        this.#own(batch, m)
      } else {
        const right = this.#neighbour(this.#hops[at + 1] as number)
        if (right) right.behind++
        this.#other(batch, m, origin)
      }
    }
  }

  #own(batch: Batch, m: number): void {
    for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
      const prefix = textOf(batch, e)
      const known = this.prefixes.get(prefix)
      if (known) known.vantages++
      else if (this.prefixes.size < MOST_PREFIXES)
        this.prefixes.set(prefix, { prefix, vantages: 1, others: new Set() })
      else this.dropped++
    }
  }

  /** Rows of a prefix stand together, so who else originates it is mostly known by then. */
  #other(batch: Batch, m: number, origin: Asn): void {
    if (this.prefixes.size === 0 || origin === 0) return
    for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
      const others = this.prefixes.get(textOf(batch, e))?.others
      if (others && others.size < 16) others.add(origin)
    }
  }

  #neighbour(asn: Asn): Neighbour | undefined {
    const known = this.neighbours.get(asn)
    if (known) return known
    if (this.neighbours.size >= MOST_NEIGHBOURS) {
      this.dropped++
      return undefined
    }
    const made = { asn, beyond: 0, direct: 0, behind: 0 }
    this.neighbours.set(asn, made)
    return made
  }
}

/** What a neighbour is to the network, by its position in the paths alone. */
export function positionOf({
  beyond,
  direct,
  behind,
}: Neighbour): 'upstream' | 'customer' | 'peer' {
  // Who passes its routes on to third parties is paid for that; whose routes it passes on pays.
  if (beyond > 0 && beyond >= behind) return 'upstream'
  if (behind > 0 && beyond === 0 && direct === 0) return 'customer'
  return beyond > behind ? 'upstream' : behind > 0 && direct === 0 ? 'customer' : 'peer'
}

function textOf(batch: Batch, e: number): string {
  return prefixText(
    batch.afi[e] as number,
    batch.word0[e] as number,
    batch.word1[e] as number,
    batch.word2[e] as number,
    batch.word3[e] as number,
    batch.length[e] as number,
  )
}
