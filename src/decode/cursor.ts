// Octets read one after the other, never beyond their end.

/** The octets cannot mean what they should: nothing of this message may be used. */
export class Malformed extends Error {}

export class Cursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at: number
  readonly #end: number

  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = from
    this.#end = end
  }

  /** Octets that are left. */
  get left(): number {
    return this.#end - this.#at
  }

  #take(octets: number, what: string): number {
    if (octets > this.left)
      throw new Malformed(`${what}: ${octets} octets expected, ${this.left} are left`)
    const at = this.#at
    this.#at += octets
    return at
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#take(1, what))
  }

  u16(what: string): number {
    return this.#view.getUint16(this.#take(2, what))
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what))
  }

  u64(what: string): bigint {
    return this.#view.getBigUint64(this.#take(8, what))
  }

  /** The octets themselves, not a copy. */
  bytes(octets: number, what: string): Uint8Array {
    const at = this.#take(octets, what)
    return this.#bytes.subarray(at, at + octets)
  }

  /** A part of its own length, which is passed over here. */
  part(octets: number, what: string): Cursor {
    const at = this.#take(octets, what)
    return new Cursor(this.#bytes, at, at + octets)
  }

  /** What comes next, without passing it over; fewer where there are fewer. */
  ahead(octets: number): Uint8Array {
    return this.#bytes.subarray(this.#at, Math.min(this.#at + octets, this.#end))
  }

  rest(): Uint8Array {
    return this.bytes(this.left, 'rest')
  }
}
