// When a series left its usual, by a two-sided cumulative sum: what is above (below) by more than half a
// unit adds up until it is more than five. The onset is where the sum began, give or take what lies
// between two samples. One sample alone is never a shift: counters are reset, and scrapes go wrong.
//
// A jump counts with every sample. What strays mildly counts by time, once in five minutes: neighbouring
// samples stray together, and asking four times as often must not give four times as many alarms.

import type { Onset } from '../core/evidence.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'

/** k and h of the sum, in units. */
const ALLOWED = 0.5
const ENOUGH = 5
/** Adds one sample at the most: less than enough. */
const MOST = 4
/** From here on a sample is a jump: what noise has summed up before does not date it. */
const JUMP = 2
const NOISE = 1
const MILD: Span = minutes(5)
/** A jump that took longer to be sure of was none. */
const CLEAR = 4
/** Back again: three standard deviations, less where the shift itself is hardly more. */
const BACK = 1.5
const LEAST_BACK = 0.75
const BACK_FOR: Span = minutes(5)

export interface Shift {
  readonly up: boolean
  readonly onset: Onset
}

interface Side {
  sum: number
  /** The sample with which the sum began, and the one before it. */
  from: Instant
  before: Instant
  jumped: boolean
  /** Samples since then, and how many in a row have added to it. */
  count: number
  run: number
  /** How far the last sample was out, and what it has added if it was the first one to jump. */
  z: number
  last: number
}

const still = (): Side => ({
  sum: 0,
  from: 0,
  before: 0,
  jumped: false,
  count: 0,
  run: 0,
  z: 0,
  last: 0,
})

export class Shifts {
  readonly #up = still()
  readonly #down = still()
  #current: Shift | null = null
  /** The furthest it was out. */
  #peak = 0
  /** For how long it has been back, less what it was a little out between. */
  #back: Span = 0
  #isBack = false

  get current(): Shift | null {
    return this.#current
  }

  /**
   * One more sample, `z` units from its usual; `before`: when the one before it was. `uncertainty`: of
   * the instants. True when a shift begins, or turns to the other side.
   */
  take(at: Instant, z: number, before: Instant, uncertainty: Span): boolean {
    const up = this.#current?.up !== true && crosses(this.#up, z, at, before)
    const down = this.#current?.up !== false && crosses(this.#down, -z, at, before)
    if (up || down) {
      this.#current = { up, onset: onsetOf(up ? this.#up : this.#down, at, uncertainty) }
      this.#peak = Math.abs(z)
      this.#still()
      return true
    }
    if (this.#current !== null) this.#ends(at, z, before)
    return false
  }

  end(): void {
    this.#current = null
    this.#still()
  }

  #ends(at: Instant, z: number, before: Instant): void {
    const off = Math.abs(z)
    const passed = Math.max(0, at - before)
    this.#peak = Math.max(this.#peak, off)
    const isBack = off <= Math.min(BACK, Math.max(LEAST_BACK, this.#peak / 2))
    if (off > BACK) this.#back = 0
    else if (!isBack) this.#back = Math.max(0, this.#back - passed)
    else if (this.#isBack) this.#back += passed
    this.#isBack = isBack
    if (this.#back >= BACK_FOR) this.end()
  }

  #still(): void {
    this.#back = 0
    this.#isBack = false
    Object.assign(this.#up, still())
    Object.assign(this.#down, still())
  }
}

function crosses(side: Side, z: number, at: Instant, before: Instant): boolean {
  const jumps = z >= JUMP
  // A jump before this one stood alone.
  if (z < NOISE) side.sum = Math.max(0, side.sum - side.last)
  if (jumps && side.sum < NOISE && side.z < NOISE) side.sum = 0
  side.z = z
  const weight = jumps ? 1 : Math.min(1, Math.max(0, at - before) / MILD)
  const gain = Math.min(MOST, z - ALLOWED) * weight
  if (side.sum === 0 && gain > 0) {
    side.from = at
    side.before = before
    side.jumped = jumps
    side.count = 0
    side.run = 0
  }
  side.sum = Math.max(0, side.sum + gain)
  side.count++
  side.run = gain > 0 ? side.run + 1 : 0
  // Two in a row do not stand alone.
  side.last = jumps && side.last === 0 ? gain : 0
  return side.sum > ENOUGH && side.run >= 2
}

function onsetOf({ from, before, jumped, count }: Side, at: Instant, uncertainty: Span): Onset {
  const half = Math.max(0, from - before) / 2
  // What came slowly began some time before it could be told from noise.
  const slow = jumped && count <= CLEAR ? 0 : at - from
  return { at: Math.round(from - half), within: Math.ceil(uncertainty + half + slow) }
}
