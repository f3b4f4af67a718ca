// gzip (RFC 1952) around zlib's raw inflate. Framing is ours because node's Gunzip, which would do it,
// throws away text it has already inflated when it meets damage, a false CRC or garbage behind the
// last member. Inflating runs on libuv's threads: while the consumer works on one slice, the next is
// already being inflated.

import { crc32, createInflateRaw } from 'node:zlib'
import type { ByteSource } from './source.ts'

/**
 * Octets inflated at once. What a damaged slice gave is lost, so it is small: of the speed of inflating
 * all in one go, 16 KiB leave 63 %, 64 KiB 83 %, 128 KiB 93 %. Deflate's worst case makes 135 MB of it,
 * MRT about 1.
 */
const SLICE = 128 << 10

/** Room for output; zlib's default of 16 KiB costs a third of the speed, 4 MiB gains nothing. */
const ROOM = 1 << 20

/** A name or comment longer than this is no header (RFC 1952 sets no limit). */
const LONGEST_FIELD = 64 << 10

export interface GunzipReport {
  /** The input ended inside a member. */
  truncated: boolean
  /** Members that were cut short by damage, or whose length or CRC does not agree. */
  damaged: number
  /** Something followed the last member that is neither a member nor zero padding. */
  trailing: boolean
}

/** Inflates member after member; chunks are fresh. Damage ends it, but never throws. */
export async function* gunzip(
  source: ByteSource,
  report: GunzipReport,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let members = 0; ; members++) {
    if (members > 0) {
      await skipPadding(source)
      if (!(await source.ensure(1))) return
    }
    const header = await readHeader(source)
    if (header !== 'read') {
      if (header === 'short') report.truncated = true
      else if (header === 'none' && members > 0) report.trailing = true
      else report.damaged++
      return
    }
    const more = yield* readMember(source, report)
    if (!more) return
  }
}

/** Tapes and block devices pad with zeros. */
async function skipPadding(source: ByteSource): Promise<void> {
  while (await source.ensure(1)) {
    const found = source.held.findIndex((octet) => octet !== 0)
    source.skip(found < 0 ? source.held.length : found)
    if (found >= 0) return
  }
}

const HCRC = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16

type Header = 'read' | 'short' | 'bad' | 'none'

/** RFC 1952 §2.3; `none` when it does not even begin like a member. */
async function readHeader(source: ByteSource): Promise<Header> {
  const whole = await source.ensure(10)
  const { held } = source
  const magic = [0x1f, 0x8b, 8]
  if (magic.some((octet, i) => i < held.length && held[i] !== octet)) return 'none'
  if (!whole) return 'short'
  const flags = held[3] as number
  // §2.3.1.2: reserved bits must be zero, or what follows cannot be understood.
  if (flags & 0xe0) return 'bad'
  source.skip(10)
  if (flags & EXTRA) {
    if (!(await source.ensure(2))) return 'short'
    const length = (source.held[0] as number) | ((source.held[1] as number) << 8)
    if (!(await source.ensure(2 + length))) return 'short'
    source.skip(2 + length)
  }
  for (const field of [NAME, COMMENT]) {
    if ((flags & field) === 0) continue
    const outcome = await skipText(source)
    if (outcome !== 'read') return outcome
  }
  if (flags & HCRC) {
    if (!(await source.ensure(2))) return 'short'
    source.skip(2)
  }
  return 'read'
}

async function skipText(source: ByteSource): Promise<Header> {
  for (let seen = 0; seen < LONGEST_FIELD; ) {
    if (!(await source.ensure(1))) return 'short'
    const end = source.held.indexOf(0)
    const length = end < 0 ? source.held.length : end + 1
    source.skip(length)
    if (end >= 0) return 'read'
    seen += length
  }
  return 'bad'
}

/** Yields one member; true when another may follow. */
async function* readMember(
  source: ByteSource,
  report: GunzipReport,
): AsyncGenerator<Uint8Array, boolean, undefined> {
  const inflater = new Inflater(source)
  let crc = 0
  let length = 0
  try {
    let pending = inflater.next()
    for (;;) {
      const pieces = await pending
      // Asked now: while the consumer is at work the next slice may turn out to be the last.
      const { over } = inflater
      if (!over) {
        pending = inflater.next()
        // It is awaited above; this only keeps a failed read from being nobody's while we yield.
        pending.catch(() => {})
      }
      for (const piece of pieces) {
        crc = crc32(piece, crc)
        length = (length + piece.length) >>> 0
        yield piece
      }
      if (over) break
    }
  } finally {
    inflater.close()
  }
  if (inflater.state === 'bad') report.damaged++
  if (inflater.state === 'short' || (inflater.state === 'ended' && !(await source.ensure(8)))) {
    report.truncated = true
  }
  if (inflater.state !== 'ended' || source.held.length < 8) return false
  const trailer = new DataView(source.held.buffer, source.held.byteOffset, 8)
  if (trailer.getUint32(0, true) !== crc || trailer.getUint32(4, true) !== length) report.damaged++
  source.skip(8)
  return true
}

class Inflater {
  state: 'open' | 'ended' | 'short' | 'bad' = 'open'
  #source: ByteSource
  #raw = createInflateRaw({ chunkSize: ROOM })
  #pieces: Uint8Array[] = []
  #fed = 0
  #settle: (error: unknown) => void = () => {}

  constructor(source: ByteSource) {
    this.#source = source
    this.#raw.on('data', (piece: Uint8Array) => this.#pieces.push(piece))
    // On false data zlib drops the callback of the write and emits this alone.
    this.#raw.on('error', (error) => this.#settle(error))
  }

  get over(): boolean {
    return this.state !== 'open'
  }

  /** Inflates one more slice of the source; what it gave. Rejects only when the source does. */
  async next(): Promise<Uint8Array[]> {
    if (!(await this.#source.ensure(1))) {
      this.state = 'short'
      return []
    }
    const slice = this.#source.held.subarray(0, SLICE)
    const error = await new Promise<unknown>((done) => {
      this.#settle = done
      this.#raw.write(slice, done)
    })
    this.#fed += slice.length
    const left = this.#fed - this.#raw.bytesWritten
    if (error) this.state = 'bad'
    else if (left > 0) this.state = 'ended'
    this.#source.skip(slice.length - left)
    return this.#pieces.splice(0)
  }

  close(): void {
    this.#raw.destroy()
  }
}
