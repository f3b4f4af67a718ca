// Snappy, as Kafka's clients compress with it: a block (format description, google/snappy), by itself or cut
// into several behind the header of the Java library (xerial).

/** No batch is larger when it is unpacked. */
export const MOST_UNPACKED = 64 << 20

const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
/** Magic, version, and the oldest version that reads it. */
const XERIAL_HEADER = 16

/** Throws when it is no snappy. */
export function unsnappy(packed: Uint8Array): Buffer {
  const isXerial = XERIAL.equals(packed.subarray(0, XERIAL.length))
  if (!isXerial) return block(packed)
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  const out: Buffer[] = []
  let total = 0
  for (let at = XERIAL_HEADER; at < packed.length; ) {
    if (at + 4 > packed.length) throw new RangeError('snappy: cut off')
    const next = at + 4 + view.getUint32(at)
    if (next > packed.length) throw new RangeError('snappy: cut off')
    const piece = block(packed.subarray(at + 4, next))
    total += piece.length
    if (total > MOST_UNPACKED) throw new RangeError('snappy: too large')
    out.push(piece)
    at = next
  }
  return Buffer.concat(out, total)
}

function block(packed: Uint8Array): Buffer {
  let at = 0
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const octet = packed[at++]
    if (octet === undefined || shift > 28) throw new RangeError('snappy: no length')
    length += (octet & 0x7f) * 2 ** shift
    if (octet < 0x80) break
  }
  if (length > MOST_UNPACKED) throw new RangeError('snappy: too large')
  const out = Buffer.allocUnsafe(length)
  let to = 0
  while (at < packed.length) {
    const tag = packed[at++] as number
    const high = tag >> 2
    if ((tag & 3) === 0) {
      let octets = high + 1
      if (high >= 60) {
        const width = high - 59
        octets = little(packed, at, width) + 1
        at += width
      }
      if (at + octets > packed.length || to + octets > length)
        throw new RangeError('snappy: literal too long')
      out.set(packed.subarray(at, at + octets), to)
      at += octets
      to += octets
      continue
    }
    const kind = tag & 3
    const octets = kind === 1 ? (high & 7) + 4 : high + 1
    const width = kind === 3 ? 4 : kind
    const low = little(packed, at, width)
    const back = kind === 1 ? ((tag >> 5) << 8) + low : low
    at += width
    to = copyBack(out, to, back, octets)
  }
  if (to !== length) throw new RangeError('snappy: cut off')
  return out
}

function little(octets: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = width - 1; i >= 0; i--) {
    const octet = octets[at + i]
    if (octet === undefined) throw new RangeError('snappy: cut off')
    value = value * 256 + octet
  }
  return value
}

/** Repeats what was written `back` octets ago; the two may overlap. The position after it. */
export function copyBack(out: Uint8Array, to: number, back: number, octets: number): number {
  const end = to + octets
  if (back === 0 || back > to || end > out.length) throw new RangeError('copied from nowhere')
  if (back >= octets) out.copyWithin(to, to - back, to - back + octets)
  else for (let i = to; i < end; i++) out[i] = out[i - back] as number
  return end
}
