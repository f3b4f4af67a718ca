// A growing buffer in network order, for the encoders.

export class Bytes {
  #data: Uint8Array
  #view: DataView
  length = 0

  constructor(room = 256) {
    this.#data = new Uint8Array(room)
    this.#view = new DataView(this.#data.buffer)
  }

  /** Makes room; to be called before #data and #view are looked at, because it may replace them. */
  #reserve(more: number): number {
    const at = this.length
    this.length += more
    if (this.length > this.#data.length) {
      const grown = new Uint8Array(Math.max(this.length, this.#data.length * 2))
      grown.set(this.#data.subarray(0, at))
      this.#data = grown
      this.#view = new DataView(grown.buffer)
    }
    return at
  }

  u8(n: number): this {
    const at = this.#reserve(1)
    this.#view.setUint8(at, n)
    return this
  }

  u16(n: number): this {
    const at = this.#reserve(2)
    this.#view.setUint16(at, n)
    return this
  }

  u32(n: number): this {
    const at = this.#reserve(4)
    this.#view.setUint32(at, n)
    return this
  }

  raw(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length)
    this.#data.set(bytes, at)
    return this
  }

  /** Writes a number into a place that was left open for it. */
  patch16(at: number, n: number): void {
    this.#view.setUint16(at, n)
  }

  /** What was written so far, as a copy of its own. */
  bytes(): Uint8Array {
    return this.#data.slice(0, this.length)
  }
}
