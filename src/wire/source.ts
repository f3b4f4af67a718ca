// Octets that come in chunks of any size, read as one row: what a decompressor's framing needs.

export class ByteSource {
  /** Octets taken from the input so far; they are compressed ones, for a progress bar. */
  received = 0
  #input: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array(0)
  #over = false

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#input = chunks[Symbol.asyncIterator]()
  }

  /** What is there and not yet skipped; valid until the next call. */
  get held(): Uint8Array {
    return this.#held
  }

  skip(octets: number): void {
    this.#held = this.#held.subarray(octets)
  }

  /** Waits until `octets` are held; false when the input ends before. Keep `octets` small. */
  async ensure(octets: number): Promise<boolean> {
    while (this.#held.length < octets) {
      if (this.#over) return false
      const next = await this.#input.next()
      if (next.done) {
        this.#over = true
        return false
      }
      const chunk = next.value
      this.received += chunk.length
      if (this.#held.length === 0) this.#held = chunk
      else {
        const joined = new Uint8Array(this.#held.length + chunk.length)
        joined.set(this.#held)
        joined.set(chunk, this.#held.length)
        this.#held = joined
      }
    }
    return true
  }

  /** Lets the input go, whether or not it was read to its end. */
  async close(): Promise<void> {
    this.#over = true
    await this.#input.return?.()
  }
}
