// A stream of octets cut into BMP messages (RFC 7854 §4.1). Each says how long it is and nothing marks
// where one begins: after a length that cannot be, no later octet can be trusted, and the stream is lost.

/** Version, length and type. */
export const BMP_HEADER = 6
export const BMP_VERSION = 3
/** Octets. An UPDATE has 65,535 at most (RFC 8654); statistics and OPENs come nowhere near a mebibyte. */
export const BMP_LONGEST = 1 << 20

const FIRST = 1 << 14

export class BmpFrames {
  /** Replaced by `push` when it has to grow; positions are valid until the next `push`. */
  bytes = new Uint8Array(FIRST)
  view = new DataView(this.bytes.buffer)
  /** The message given out last lies at [at, stop). */
  at = 0
  stop = 0
  /** Why nothing more can be read; null as long as all is well. */
  lost: string | null = null
  #end = 0
  /** Octets of the stream before bytes[0]. */
  #base = 0

  /** Position in the stream of one in `bytes`. */
  offset(at: number): number {
    return this.#base + at
  }

  /** Octets of a message that is not all there yet. */
  get left(): number {
    return this.#end - this.stop
  }

  /** Appends octets; best after `next` has returned false: then less than one message is held besides. */
  push(chunk: Uint8Array): void {
    if (this.lost !== null) return
    const from = this.stop
    if (from > 0) {
      this.bytes.copyWithin(0, from, this.#end)
      this.#base += from
      this.#end -= from
      this.at = this.stop = 0
    }
    const need = this.#end + chunk.length
    if (need > this.bytes.length) {
      const grown = new Uint8Array(Math.max(need, 2 * this.bytes.length))
      grown.set(this.bytes.subarray(0, this.#end))
      this.bytes = grown
      this.view = new DataView(grown.buffer)
    }
    this.bytes.set(chunk, this.#end)
    this.#end = need
  }

  /** Goes to the next whole message; false when more octets are needed, or when the stream is lost. */
  next(): boolean {
    const at = this.stop
    if (this.lost !== null || at >= this.#end) return false
    const version = this.bytes[at] as number
    if (version !== BMP_VERSION) return this.#lose(`BMP version ${version}`)
    if (at + BMP_HEADER > this.#end) return false
    const length = this.view.getUint32(at + 1)
    if (length < BMP_HEADER || length > BMP_LONGEST)
      return this.#lose(`a BMP message of ${length} octets`)
    if (at + length > this.#end) return false
    this.at = at
    this.stop = at + length
    return true
  }

  #lose(why: string): false {
    this.lost = why
    return false
  }
}
