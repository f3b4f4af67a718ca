// Octets read one after the other, never beyond their end.

/** The octets cannot mean what they should: nothing of this message may be used. */
export class Malformed extends Error {}

/** The octets may mean what they say, but it is more than one answer should hold. */
export class TooMuch extends Error {}

/** Prefixes, attributes and entries: the largest message of BGP may hold 65,000 of them. */
const MOST_MADE = 1_000_000

export class Cursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at: number
  readonly #end: number
  /** Shared with all its parts. */
  readonly #room: { left: number }

  constructor(
    bytes: Uint8Array,
    from = 0,
    end = bytes.length,
    room: { left: number } = { left: MOST_MADE },
  ) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = from
    this.#end = end
    this.#room = room
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
    return new Cursor(this.#bytes, at, at + octets, this.#room)
  }

  /** Says that something is made of what comes: a single octet may become hundreds in memory. */
  make(): void {
    if (--this.#room.left < 0)
      throw new TooMuch(`more than ${MOST_MADE} prefixes, attributes and entries`)
  }

  /** The same octets, to be read in another way. */
  again(): Cursor {
    return new Cursor(this.#bytes, this.#at, this.#end, this.#room)
  }

  /** What comes next, without passing it over; fewer where there are fewer. */
  ahead(octets: number): Uint8Array {
    return this.#bytes.subarray(this.#at, Math.min(this.#at + octets, this.#end))
  }

  rest(): Uint8Array {
    return this.bytes(this.left, 'rest')
  }
}
