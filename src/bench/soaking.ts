// Days of updates without decoding: does memory grow with what was heard, or only with what is held?
// Half of the announcements come on a path that was never there before, as flaps of far networks do.

import { Batch, Message } from '../core/batch.ts'
import { VantagePoints } from '../core/vantage.ts'
import { detectDefaults } from '../detect/detectors.ts'
import { Journey } from '../journey.ts'
import { START } from './corpus.ts'
import { type Measured, used } from './measured.ts'

const VANTAGES = 20
const PREFIXES = 50_000
const PREFIXES_EACH = 13
/** Who passes routes on, and to how many each. */
const TRANSITS = 3_000
const NEIGHBOURS = 30
const HOPS = 6
/** Of the table's 10 s: a tick comes every 50,000 messages. */
const A_SECOND = 5_000
const TICK = 10

export function soaking(messages: number): Measured {
  const vantages = new VantagePoints()
  const collector = vantages.collector('rrc00')
  for (let v = 0; v < VANTAGES; v++)
    vantages.intern(collector, (0xc0000201 + v) | 0, 0, 0, 0, 20_000 + v, 4)
  const inputs = { version: 'bench', config: 'none', asRelationships: null, vrps: null }
  const journey = new Journey(
    { vantages, asns: null, baseline: 'rib', inputs, detect: detectDefaults, mostIncidents: 1_000 },
    () => undefined,
  )
  const batch = new Batch()
  const writer = new Writer(batch)
  for (let v = 0; v < VANTAGES; v++) {
    for (let prefix = 0; prefix < PREFIXES; prefix++) {
      writer.announce(Message.rib, START * 1e6, v, prefix)
      if (!batch.full && prefix < PREFIXES - 1) continue
      journey.table.load(batch)
      batch.clear()
    }
  }
  journey.table.start()
  const samples: number[] = []
  let done = 0
  let tick = START
  for (let tenth = 1; tenth <= 10; tenth++) {
    for (const until = (messages * tenth) / 10; done < until; ) {
      batch.clear()
      while (!batch.full && done < until) writer.one((START + done++ / A_SECOND) * 1e6)
      for (let m = 0; m < batch.messages; m++) {
        for (const at = batch.at[m] as number; tick * 1e6 <= at; tick += TICK)
          journey.fact({ kind: 'tick', at: tick * 1e6 })
        journey.message(batch, m)
      }
    }
    // What is garbage already is no growth.
    globalThis.gc?.()
    samples.push(process.memoryUsage.rss())
  }
  journey.finish()
  const { elements, paths } = journey.table
  return { records: done, elements, paths: paths.size, samples, ...used() }
}

class Writer {
  readonly #batch: Batch
  #seed = 1

  constructor(batch: Batch) {
    this.#batch = batch
  }

  /** One update: of twenty, one withdraws. */
  one(at: number): void {
    const vantage = this.#below(VANTAGES)
    const prefix = this.#below(PREFIXES)
    if (this.#below(20) > 0) this.announce(Message.update, at, vantage, prefix)
    else {
      this.#batch.open(Message.update, at, vantage, 0)
      this.#element(prefix, 0)
      this.#batch.close()
    }
  }

  announce(kind: number, at: number, vantage: number, prefix: number): void {
    const batch = this.#batch
    const { path } = batch
    const m = batch.open(kind, at, vantage, 0)
    const start = batch.pathWords
    const origin = Math.floor(prefix / PREFIXES_EACH)
    const roll = this.#next()
    // Its ordinary path from here, the other one it has, or, half of the time, one that is new.
    const ordinary = kind === Message.rib || (roll & 64) === 0
    const spare = kind !== Message.rib && (roll & 128) === 0 ? 1 : 0
    const seed = ordinary ? mix(vantage * PREFIXES + origin * 2 + spare) : roll
    path[start] = 20_000 + vantage
    // From the origin, who buys of three, towards us.
    let hop = mix(origin * 3 + (seed % 3)) % TRANSITS
    for (let i = HOPS; i > 0; i--) {
      path[start + i] = 1_000 + hop
      hop = mix(hop * NEIGHBOURS + (mix(seed + i) % NEIGHBOURS)) % TRANSITS
    }
    path[start + HOPS + 1] = 100_000 + origin
    batch.pathStart[m] = start
    batch.pathLength[m] = HOPS + 2
    batch.pathWords += HOPS + 2
    this.#element(prefix, 1)
    batch.close()
  }

  #element(prefix: number, announced: number): void {
    const batch = this.#batch
    const e = batch.elements++
    batch.announced[e] = announced
    batch.afi[e] = 4
    batch.length[e] = 24
    batch.word0[e] = (0x01000000 + prefix * 3 * 256) | 0
    batch.word1[e] = batch.word2[e] = batch.word3[e] = 0
    batch.pathId[e] = 0
  }

  /** A generator of 32 bits that meets each number once: a seed of a path does not come again. */
  #next(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) | 0
    return mix(this.#seed)
  }

  #below(n: number): number {
    return this.#next() % n
  }
}

/** One to one: different numbers stay different. */
function mix(n: number): number {
  let h = Math.imul(n ^ (n >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
