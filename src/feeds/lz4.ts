// LZ4 frames (lz4_Frame_format.md 1.6, blocks lz4_Block_format.md), as Kafka's clients compress with it.
// Checksums are passed over: Kafka has its own over the whole batch.

import { copyBack, MOST_UNPACKED } from './snappy.ts'

const MAGIC = 0x184d2204
const SKIPPED = 0x184d2a50
/** A block may refer to so much of what lies before it. */
const CHUNK = 1 << 16
/** The shortest match. */
const MATCH = 4

/** Throws when it is no LZ4. */
export function unlz4(packed: Uint8Array): Buffer {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  const out = new Unpacked()
  for (let at = 0; at < packed.length; ) {
    const magic = view.getUint32(at, true)
    if ((magic & ~15) === (SKIPPED & ~15)) at += 8 + view.getUint32(at + 4, true)
    else if (magic === MAGIC) at = frame(packed, view, at + 4, out)
    else throw new RangeError('lz4: no frame')
  }
  return out.bytes.subarray(0, out.length)
}

/** Grows as it is written to. */
class Unpacked {
  bytes: Buffer = Buffer.allocUnsafe(CHUNK)
  length = 0

  room(octets: number): void {
    const need = this.length + octets
    if (need > MOST_UNPACKED) throw new RangeError('lz4: too large')
    if (need <= this.bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(need, 2 * this.bytes.length))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }
}

/** A frame after its magic; the position after it. */
function frame(packed: Uint8Array, view: DataView, from: number, out: Unpacked): number {
  const flags = view.getUint8(from)
  if (flags >> 6 !== 1) throw new RangeError('lz4: version')
  const hasBlockSums = (flags & 0x10) !== 0
  // Flags and block size; content size and dictionary where there are; a checksum of these.
  let at = from + 2 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0) + 1
  for (;;) {
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) break
    const size = word & 0x7fffffff
    const end = at + size
    if (end > packed.length) throw new RangeError('lz4: cut off')
    if (word >>> 31 === 1) {
      out.room(size)
      out.bytes.set(packed.subarray(at, end), out.length)
      out.length += size
    } else block(packed, at, end, out)
    at = end + (hasBlockSums ? 4 : 0)
  }
  return at + (flags & 0x04 ? 4 : 0)
}

function block(packed: Uint8Array, from: number, end: number, out: Unpacked): void {
  let at = from
  /** A length of 15 goes on in the octets that follow, up to one that is not 255. */
  const more = (nibble: number): number => {
    let length = nibble
    if (nibble < 15) return length
    for (;;) {
      if (at >= end) throw new RangeError('lz4: cut off')
      const octet = packed[at++] as number
      length += octet
      if (octet < 255) return length
    }
  }
  while (at < end) {
    const token = packed[at++] as number
    const literal = more(token >> 4)
    if (at + literal > end) throw new RangeError('lz4: literal too long')
    out.room(literal)
    out.bytes.set(packed.subarray(at, at + literal), out.length)
    out.length += literal
    at += literal
    // The last sequence has literals only.
    if (at >= end) return
    if (at + 2 > end) throw new RangeError('lz4: cut off')
    const back = (packed[at] as number) | ((packed[at + 1] as number) << 8)
    at += 2
    const octets = more(token & 15) + MATCH
    out.room(octets)
    out.length = copyBack(out.bytes, out.length, back, octets)
  }
}
