// Do many subscribers ask somewhat more than they used to (a retry storm), or a few very much more (an
// attack)? That is asked of a panel: of all who ask, those whose hash is below a threshold, so that it is
// a fair sample, whoever comes first. Where there would be too many, the threshold is halved. Of each
// member its own usual is kept, counted in packets really seen, and only hashes of its address.

import { hashOf } from './hash.ts'

const MOST = 1 << 16
/** One more comes in before it is found out that there are too many. */
const ROOM = MOST + 1
const SLOTS = 2 * MOST
/** Usual is what it was for about two hours: short enough to follow the time of day. */
const MEMORY = 120
/** So many minutes a member is only listened to. */
const LISTENING = 30
/** Packets a minute, below which chance alone doubles them. */
const FEWEST = 2
const LEAST_RISE = 2
const MOST_RISE = 30
/** Packets a minute of somebody who as good as never asks. */
const RARE = 0.05
/** Something is going on: what is usual is not learned from it, but not for ever. */
const UNUSUAL = 1.8
const LONGEST_UNUSUAL = 180

export interface PanelReading {
  /** Members of whom enough is known. */
  readonly judged: number
  /** Part of them who ask 2 to 30 times as much as they used to. */
  readonly risen: number
  /** Part of what is usually asked that they ask. */
  readonly weight: number
}

export class Panel {
  /** Members at present: they are numbered from 0. */
  size = 0
  #limit = 2 ** 32
  /** Number of a member plus 1, by hash; 0 where nobody is. */
  readonly #index = new Int32Array(SLOTS)
  readonly #high = new Uint32Array(ROOM)
  readonly #low = new Uint32Array(ROOM)
  /** Minutes of it that were learned from. */
  readonly #age = new Uint16Array(ROOM)
  /** The first minute it asked in. */
  readonly #since = new Int32Array(ROOM)
  readonly #usual = new Float64Array(ROOM)
  /** Of the two minutes that may be open at once. */
  readonly #counts = [new Float64Array(ROOM), new Float64Array(ROOM)] as const
  #unusual = 0

  add(minute: number, packets: number, w0: number, w1: number, w2: number, w3: number): void {
    const high = hashOf(3, w0, w1, w2, w3)
    if (high >= this.#limit) return
    const id = this.#member(high, hashOf(4, w0, w1, w2, w3), minute)
    const counts = this.#counts[minute & 1] as Float64Array
    counts[id] = (counts[id] as number) + packets
    if (minute < (this.#since[id] as number)) this.#since[id] = minute
    if (this.size <= MOST) return
    this.#limit /= 2
    this.#keep((member) => (this.#high[member] as number) < this.#limit)
  }

  /** The minute is over: how it was, and, when it was heard whole, what is usual from now on. */
  close(minute: number, whole: boolean): PanelReading {
    const counts = this.#counts[minute & 1] as Float64Array
    let [judged, risen, now, judgedUsual, usual] = [0, 0, 0, 0, 0]
    for (let id = 0; id < this.size; id++) {
      const before = this.#usual[id] as number
      usual += before
      if ((this.#age[id] as number) < LISTENING || before < FEWEST) continue
      const count = counts[id] as number
      judged++
      judgedUsual += before
      now += count
      if (count >= LEAST_RISE * before && count <= MOST_RISE * before) risen++
    }
    if (whole) this.#learn(minute, counts, judged > 0 && now > UNUSUAL * judgedUsual)
    counts.fill(0, 0, this.size)
    this.#tidy()
    return {
      judged,
      risen: judged > 0 ? risen / judged : 0,
      weight: usual > 0 ? judgedUsual / usual : 0,
    }
  }

  #learn(minute: number, counts: Float64Array, unusual: boolean): void {
    this.#unusual = unusual ? this.#unusual + 1 : 0
    if (unusual && this.#unusual <= LONGEST_UNUSUAL) return
    for (let id = 0; id < this.size; id++) {
      if ((this.#since[id] as number) > minute) continue
      const age = Math.min((this.#age[id] as number) + 1, MEMORY)
      const before = this.#usual[id] as number
      this.#usual[id] = before + ((counts[id] as number) - before) / age
      this.#age[id] = age
    }
  }

  /** Who asks no more makes room; with much room, more are asked. */
  #tidy(): void {
    if (this.size > MOST / 2)
      this.#keep(
        (id) => (this.#age[id] as number) < LISTENING || (this.#usual[id] as number) > RARE,
      )
    if (this.size < MOST / 4 && this.#limit < 2 ** 32) this.#limit *= 2
  }

  #member(high: number, low: number, minute: number): number {
    const slot = this.#slot(high, low)
    const found = (this.#index[slot] as number) - 1
    if (found >= 0) return found
    const id = this.size++
    this.#index[slot] = id + 1
    this.#high[id] = high
    this.#low[id] = low
    this.#since[id] = minute
    this.#age[id] = this.#usual[id] = 0
    for (const counts of this.#counts) counts[id] = 0
    return id
  }

  /** Where it is, or would be. */
  #slot(high: number, low: number): number {
    let slot = low & (SLOTS - 1)
    for (;;) {
      const id = (this.#index[slot] as number) - 1
      if (id < 0 || (this.#low[id] === low && this.#high[id] === high)) return slot
      slot = (slot + 1) & (SLOTS - 1)
    }
  }

  #keep(stays: (id: number) => boolean): void {
    const columns = [this.#high, this.#low, this.#age, this.#since, this.#usual, ...this.#counts]
    let size = 0
    for (let id = 0; id < this.size; id++) {
      if (!stays(id)) continue
      for (const column of columns) column[size] = column[id] as number
      size++
    }
    this.size = size
    this.#index.fill(0)
    for (let id = 0; id < size; id++)
      this.#index[this.#slot(this.#high[id] as number, this.#low[id] as number)] = id + 1
  }
}
