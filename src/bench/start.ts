// The table that updates may have started from. What they announce first tells one route in thirty of it:
// who did not speak of a prefix had it all the time, or nobody would have heard of the few who lost it.
// So full feeds get the others too, over links and through networks as they stand in the paths at hand.

import { closeSync, openSync, writeSync } from 'node:fs'
import type { Asn } from '../core/asn.ts'
import { isSegmented } from '../core/path.ts'
import { CLIQUE } from '../detect/relations.ts'
import { PATH } from '../table/rib.ts'
import type { Table } from '../table/table.ts'
import { START } from './corpus.ts'
import { firstRoutes } from './decoding.ts'
import { DumpWriter } from './dump.ts'

/** Who spoke of so many of the prefixes in the time at hand holds all of them. */
const FULL = 0.01
const LONGEST = 60

/** Writes it for the updates of `path`; how many routes it holds. */
export async function writeStart(path: string, to: string): Promise<number> {
  const table = await firstRoutes(path)
  const { names, vantages } = table
  const known = new Known(table)
  const file = openSync(to, 'w')
  const out = new DumpWriter(START - 1, vantages.list, (chunk) => writeSync(file, chunk))
  let routes = 0
  for (let prefix = 0; prefix < names.count; prefix++) {
    const { afi, word0, word1, word2, word3, length } = names.words(prefix)
    out.begin(afi, [word0, word1, word2, word3], length)
    const told = known.told(prefix)
    for (const { id } of vantages.list) {
      const hops = told.get(id) ?? known.guess(id, afi, told)
      if (hops === null) continue
      out.route(id, hops, 0, hops.length)
      routes++
    }
    out.end()
  }
  out.flush()
  closeSync(file)
  return routes
}

/** Paths by vantage point. */
type Told = ReadonlyMap<number, Int32Array>

class Known {
  readonly #table: Table
  /** By family and vantage point that holds all: network → the shortest way to it. */
  readonly #ways = new Map<string, Map<Asn, Int32Array>>()
  /** Three networks that stand in a path one behind the other. */
  readonly #passed = new Set<string>()

  constructor(table: Table) {
    this.#table = table
    const { names, vantages } = table
    const spoke = new Map<string, number>()
    const of = new Map<number, number>()
    for (let prefix = 0; prefix < names.count; prefix++) {
      const afi = table.afi(prefix)
      of.set(afi, (of.get(afi) ?? 0) + 1)
      for (const [id, hops] of this.told(prefix)) {
        const key = `${id} ${afi}`
        spoke.set(key, (spoke.get(key) ?? 0) + 1)
        this.#learn(key, hops)
      }
    }
    for (const { id } of vantages.list)
      for (const [afi, prefixes] of of) {
        const key = `${id} ${afi}`
        if ((spoke.get(key) ?? 0) < FULL * prefixes) this.#ways.delete(key)
      }
  }

  /** What its vantage points told of a prefix first, prepends folded. */
  told(prefix: number): Told {
    const { paths, rib, vantages } = this.#table
    const out = new Map<number, Int32Array>()
    for (const { id } of vantages.list) {
      const path = rib.word(id, prefix) & PATH
      const [start, length] = [paths.start[path] as number, paths.length[path] as number]
      if (path === 0 || length === 0 || isSegmented(paths.words, start, length)) continue
      const hops = Int32Array.from(this.#table.hops(path))
      if (hops.length <= LONGEST) out.set(id, hops)
    }
    return out
  }

  #learn(key: string, hops: Int32Array): void {
    const ways = this.#ways.get(key) ?? new Map<Asn, Int32Array>()
    this.#ways.set(key, ways)
    for (const [i, asn] of hops.entries()) {
      if (i > 1) this.#passed.add(`${hops[i - 2]} ${hops[i - 1]} ${asn}`)
      const way = ways.get(asn)
      if (!way || way.length > i + 1) ways.set(asn, hops.subarray(0, i + 1))
    }
  }

  /** Whether `asn` tells one neighbour what it has from the other: it did, or it sells transit to all the world. */
  #passes(to: Asn | undefined, asn: Asn, from: Asn): boolean {
    if (to === undefined || this.#passed.has(`${to} ${asn} ${from}`)) return true
    return CLIQUE.includes(asn) && !CLIQUE.includes(from)
  }

  /**
   * How a vantage point may hold what others told: its own way to a network on one of their paths, as near
   * to the origin as there is one, and from there as they go. Null when it holds little, or there is no such.
   */
  guess(id: number, afi: number, told: Told): Int32Array | null {
    const ways = this.#ways.get(`${id} ${afi}`)
    if (!ways) return null
    let best: Int32Array | null = null
    let rest = Number.POSITIVE_INFINITY
    for (const hops of told.values()) {
      for (let k = hops.length - 1; k >= 0 && hops.length - 1 - k < rest; k--) {
        const way = ways.get(hops[k] as Asn)
        const on = hops.subarray(k + 1)
        if (!way || on.some((asn) => way.includes(asn))) continue
        if (on.length > 0 && !this.#passes(way[way.length - 2], hops[k] as Asn, hops[k + 1] as Asn))
          continue
        best = Int32Array.from([...way, ...on])
        rest = on.length
        break
      }
    }
    return best
  }
}
