// The same message of one vantage point through two feeds: RIS Live and an archive, say. It counts once.
// What one feed tells twice was said twice, and stays.
//
// Messages come by in the order of their stamps, so the other telling is close by. Feeds do not agree to
// the microsecond: RIS Live has stamps of a millisecond or ten, archives of a microsecond.

import { type Batch, Message } from '../core/batch.ts'
import { type Instant, milliseconds, type Span } from '../core/time.ts'

/** Stamps that are one, at most so far apart: a hundredth of a second, rounded or cut. */
const RESOLUTION: Span = milliseconds(10)
/** Messages remembered; in a hundredth of a second there are 2,000 at 200,000 a second. */
const MEMORY = 1 << 13

const NOBODY = 0
const SEVERAL = -1

export class Duplicates {
  /** Messages that another feed had told already. */
  count = 0
  /** Who speaks for a vantage point: its stream + 1, or SEVERAL. */
  #speaker = new Int32Array(1 << 10)
  /** There is any vantage point that several speak for. */
  #any = false
  // One row a message remembered; row s of message number s modulo MEMORY.
  readonly #at = new Float64Array(MEMORY)
  readonly #vantage = new Int32Array(MEMORY)
  readonly #stream = new Int32Array(MEMORY)
  readonly #hash = new Int32Array(MEMORY)
  readonly #hash2 = new Int32Array(MEMORY)
  /** Streams that have told it too, a bit each. */
  readonly #toldBy = new Int32Array(MEMORY)
  /** Number of the one before it in its bucket; -1 = none. */
  readonly #before = new Float64Array(MEMORY)
  /** Newest in a bucket, by number; -1 = none. */
  readonly #newest = new Float64Array(MEMORY).fill(-1)
  #next = 0
  #h1 = 0
  #h2 = 0

  /** A stream is about to tell these. */
  hears(stream: number, { vantage, messages }: Batch): void {
    let speaker = this.#speaker
    for (let m = 0; m < messages; m++) {
      const who = vantage[m] as number
      if (who < 0) continue
      if (who >= speaker.length) {
        speaker = new Int32Array(Math.max(2 * speaker.length, who + 1))
        speaker.set(this.#speaker)
        this.#speaker = speaker
      }
      const known = speaker[who] as number
      if (known === stream + 1 || known === SEVERAL) continue
      speaker[who] = known === NOBODY ? stream + 1 : SEVERAL
      if (known !== NOBODY) this.#any = true
    }
  }

  /** Whether another stream has told this already, at `at` as it was stamped. Remembers it if not. */
  has(stream: number, batch: Batch, m: number, at: Instant): boolean {
    if (!this.#any) return false
    const vantage = batch.vantage[m] as number
    if (this.#speaker[vantage] !== SEVERAL) return false
    this.#digest(batch, m)
    const bucket = this.#h1 & (MEMORY - 1)
    const oldest = this.#next - MEMORY
    // Bits are few: two streams that share one are told apart by nobody, and both are heard.
    const bit = 1 << (stream & 31)
    // The oldest that fits is the one that this one repeats: of two alike each is told twice.
    let found = -1
    for (let n = this.#newest[bucket] as number; n >= 0 && n >= oldest; ) {
      const row = n & (MEMORY - 1)
      if (
        this.#hash[row] === this.#h1 &&
        this.#hash2[row] === this.#h2 &&
        this.#vantage[row] === vantage &&
        this.#stream[row] !== stream &&
        ((this.#toldBy[row] as number) & bit) === 0 &&
        Math.abs((this.#at[row] as number) - at) <= RESOLUTION
      )
        found = row
      n = this.#before[row] as number
    }
    if (found >= 0) {
      this.#toldBy[found] = (this.#toldBy[found] as number) | bit
      this.count++
      return true
    }
    const row = this.#next & (MEMORY - 1)
    this.#at[row] = at
    this.#vantage[row] = vantage
    this.#stream[row] = stream
    this.#hash[row] = this.#h1
    this.#hash2[row] = this.#h2
    this.#toldBy[row] = bit
    this.#before[row] = this.#newest[bucket] as number
    this.#newest[bucket] = this.#next++
    return false
  }

  /**
   * What it says, in two words: kind, path, and prefixes as a set, because feeds group them in their own
   * ways. Not what only some of them tell: OTC, path identifiers, faults of attributes.
   */
  #digest(batch: Batch, m: number): void {
    const kind = batch.kind[m] as number
    const routes = kind === Message.update || kind === Message.rib
    const detail = routes || kind === Message.sessionUp ? 0 : (batch.detail[m] as number)
    let h1 = Math.imul(kind * 256 + detail + 1, 0x9e3779b1)
    const start = batch.pathStart[m] as number
    if (start >= 0) {
      const end = start + (batch.pathLength[m] as number)
      for (let i = start; i < end; i++)
        h1 = Math.imul(h1 ^ (h1 >>> 15) ^ (batch.path[i] as number), 0x85ebca6b)
    }
    let sum = 0
    let sum2 = 0
    for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
      let h = Math.imul(
        (batch.word0[e] as number) ^
          ((batch.length[e] as number) << 3) ^
          ((batch.announced[e] as number) << 1) ^
          (batch.afi[e] === 6 ? 1 : 0),
        0xc2b2ae35,
      )
      h = Math.imul(h ^ (h >>> 15) ^ (batch.word1[e] as number), 0x27d4eb2f)
      h = Math.imul(h ^ (h >>> 13) ^ (batch.word2[e] as number), 0x85ebca6b)
      h = Math.imul(h ^ (h >>> 16) ^ (batch.word3[e] as number), 0x9e3779b1)
      h ^= h >>> 15
      sum = (sum + h) | 0
      sum2 = (sum2 + Math.imul(h, h | 1)) | 0
    }
    this.#h1 = Math.imul(h1 ^ sum ^ (h1 >>> 13), 0xc2b2ae35) ^ (sum >>> 16)
    this.#h2 = h1 ^ sum2
  }
}
