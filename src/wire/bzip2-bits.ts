// Bits of a bzip2 stream, most significant first, and its two 48-bit magics. A block begins at any
// bit, and nothing says how long it is: the magics are how it is found again after damage.

/** Octets that must be readable, whatever they hold, behind the end given to the functions here. */
export const SLACK = 256

export const Magic = { none: 0, block: 1, end: 2 } as const

/** Up to 25 bits at any bit, most significant first. */
export function peek(view: DataView, bit: number, count: number): number {
  return (view.getInt32(bit >>> 3) << (bit & 7)) >>> (32 - count)
}

export function magicAt(view: DataView, bit: number): number {
  const high = peek(view, bit, 24)
  const low = peek(view, bit + 24, 24)
  if (high === 0x314159 && low === 0x265359) return Magic.block
  return high === 0x177245 && low === 0x385090 ? Magic.end : Magic.none
}

/** 32 bits at any bit, signed. */
export function word(view: DataView, bit: number): number {
  return (peek(view, bit, 16) << 16) | peek(view, bit + 16, 16)
}

/**
 * First bit from `from` on where a whole magic of a block or of an end of stream stands before
 * `end`; -1 if none. Two octets in the middle of the magic settle all eight alignments at once.
 */
export function findMagic(view: DataView, from: number, end: number): number {
  const second = new Uint16Array(256)
  const third = new Uint16Array(256)
  for (let shift = 0; shift < 8; shift++) {
    for (const [side, high] of [0x31415926, 0x17724538].entries()) {
      const mark = 1 << (side * 8 + shift)
      const b = (high >>> (16 + shift)) & 255
      const c = (high >>> (8 + shift)) & 255
      second[b] = (second[b] as number) | mark
      third[c] = (third[c] as number) | mark
    }
  }
  const stop = (end - 48) >> 3
  for (let at = from >>> 3; at <= stop; at++) {
    const hit = (second[view.getUint8(at + 1)] as number) & (third[view.getUint8(at + 2)] as number)
    if (hit === 0) continue
    for (let shift = 0; shift < 8; shift++) {
      const bit = at * 8 + shift
      if (bit >= from && bit + 48 <= end && magicAt(view, bit) !== Magic.none) return bit
    }
  }
  return -1
}
