// Do many subscribers ask somewhat more than they used to (a retry storm), or a few very much more (an
// attack)? That is asked of a panel: of all who ask, those whose hash is below a threshold, so that it is
// a fair sample, whoever comes first. Where there would be too many, the threshold is halved. Of each
// member its own usual is kept, counted in packets really seen, and only hashes of its address.

import { hashOf } from './hash.ts'

const MOST = 1 << 16
const SLOTS = 2 * MOST
/** Usual is what it was for about two hours: short enough to follow the time of day. */
const MEMORY = 120
/** So many minutes a member is only listened to. */
const LISTENING = 30
/** Packets a minute, below which chance alone doubles them. */
const FEWEST = 2
const LEAST_RISE = 2
const MOST_RISE = 30
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
  /** Members at present. */
  size = 0
  #limit = 2 ** 32
  #high = new Uint32Array(SLOTS)
  #low = new Uint32Array(SLOTS)
  /** Minutes since it is a member, plus 1; 0 where nobody is. */
  #age = new Uint16Array(SLOTS)
  /** The first minute it asked in. */
  #since = new Int32Array(SLOTS)
  #usual = new Float64Array(SLOTS)
  /** Of the two minutes that may be open at once. */
  #counts = [new Float64Array(SLOTS), new Float64Array(SLOTS)] as const
  #unusual = 0

  add(minute: number, packets: number, w0: number, w1: number, w2: number, w3: number): void {
    const high = hashOf(3, w0, w1, w2, w3)
    if (high >= this.#limit) return
    const low = hashOf(4, w0, w1, w2, w3)
    const i = this.#find(high, low, minute)
    const counts = this.#counts[minute & 1] as Float64Array
    counts[i] = (counts[i] as number) + packets
    if (minute < (this.#since[i] as number)) this.#since[i] = minute
    if (this.size > MOST) this.#halve()
  }

  /** The minute is over: how it was, and, when it was heard whole, what is usual from now on. */
  close(minute: number, whole: boolean): PanelReading {
    const counts = this.#counts[minute & 1] as Float64Array
    let judged = 0
    let risen = 0
    let now = 0
    let judgedUsual = 0
    let usual = 0
    for (let i = 0; i < SLOTS; i++) {
      const before = this.#usual[i] as number
      if (this.#age[i] === 0 || before === 0) continue
      usual += before
      if ((this.#age[i] as number) <= LISTENING || before < FEWEST) continue
      const count = counts[i] as number
      judged++
      judgedUsual += before
      now += count
      if (count >= LEAST_RISE * before && count <= MOST_RISE * before) risen++
    }
    if (whole) this.#learn(minute, counts, judged > 0 && now > UNUSUAL * judgedUsual)
    counts.fill(0)
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
    for (let i = 0; i < SLOTS; i++) {
      const age = this.#age[i] as number
      if (age === 0 || (this.#since[i] as number) > minute) continue
      const before = this.#usual[i] as number
      this.#usual[i] = before + ((counts[i] as number) - before) / Math.min(age, MEMORY)
      if (age < 65_535) this.#age[i] = age + 1
    }
  }

  /** Who asks no more makes room; with much room, more are asked. */
  #tidy(): void {
    if (this.size > MOST / 2)
      this.#keep((i) => (this.#age[i] as number) < LISTENING || (this.#usual[i] as number) >= 0.05)
    if (this.size < MOST / 4 && this.#limit < 2 ** 32) this.#limit *= 2
  }

  #halve(): void {
    this.#limit /= 2
    this.#keep((i) => (this.#high[i] as number) < this.#limit)
  }

  #find(high: number, low: number, minute: number): number {
    let i = low & (SLOTS - 1)
    while (this.#age[i] !== 0) {
      if (this.#low[i] === low && this.#high[i] === high) return i
      i = (i + 1) & (SLOTS - 1)
    }
    this.#high[i] = high
    this.#low[i] = low
    this.#age[i] = 1
    this.#since[i] = minute
    this.size++
    return i
  }

  #keep(stays: (i: number) => boolean): void {
    const [high, low, age, since] = [this.#high, this.#low, this.#age, this.#since]
    const [usual, even, odd] = [this.#usual, ...this.#counts]
    const members: number[] = []
    for (let i = 0; i < SLOTS; i++) if (age[i] !== 0 && stays(i)) members.push(i)
    this.#high = new Uint32Array(SLOTS)
    this.#low = new Uint32Array(SLOTS)
    this.#age = new Uint16Array(SLOTS)
    this.#since = new Int32Array(SLOTS)
    this.#usual = new Float64Array(SLOTS)
    this.#counts = [new Float64Array(SLOTS), new Float64Array(SLOTS)]
    this.size = 0
    for (const from of members) {
      const i = this.#find(high[from] as number, low[from] as number, since[from] as number)
      this.#age[i] = age[from] as number
      this.#usual[i] = usual[from] as number
      this.#counts[0][i] = even[from] as number
      this.#counts[1][i] = odd[from] as number
    }
  }
}
