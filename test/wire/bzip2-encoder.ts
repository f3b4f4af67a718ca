// A bzip2 encoder of our own, slow and plain, so that tests can make streams of any shape without a
// tool: blocks of a few octets at every bit alignment, codes of every length up to 20 bits.

class BitWriter {
  readonly bits: number[] = []
  put(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.bits.push(Math.floor(value / 2 ** i) & 1)
  }
  bytes(): Uint8Array {
    const out = new Uint8Array(Math.ceil(this.bits.length / 8))
    for (const [i, bit] of this.bits.entries()) {
      out[i >> 3] = (out[i >> 3] as number) | (bit << (7 - (i & 7)))
    }
    return out
  }
}

/** Bit by bit, so that it shares nothing with the tables under test. */
function crcOf(data: Uint8Array): number {
  let c = 0xffffffff
  for (const octet of data) {
    c ^= octet << 24
    for (let i = 0; i < 8; i++) c = c & 0x80000000 ? (c << 1) ^ 0x04c11db7 : c << 1
  }
  return ~c >>> 0
}

function shorten(data: Uint8Array): number[] {
  const out: number[] = []
  for (let i = 0; i < data.length; ) {
    const octet = data[i] as number
    let run = 1
    while (run < 259 && data[i + run] === octet) run++
    for (let k = 0; k < Math.min(run, 4); k++) out.push(octet)
    if (run >= 4) out.push(run - 4)
    i += run
  }
  return out
}

function rotate(text: number[]): { last: number[]; origin: number } {
  const n = text.length
  const rows = text.map((_, i) => i)
  rows.sort((a, b) => {
    for (let k = 0; k < n; k++) {
      const d = (text[(a + k) % n] as number) - (text[(b + k) % n] as number)
      if (d !== 0) return d
    }
    return a - b
  })
  return { last: rows.map((row) => text[(row + n - 1) % n] as number), origin: rows.indexOf(0) }
}

/** Move-to-front, zeros as RUNA and RUNB, end of block. */
function symbolsOf(last: number[], front: number[]): number[] {
  const out: number[] = []
  let zeros = 0
  const flush = (): void => {
    for (let left = zeros; left > 0; left = (left - 1) >> 1) out.push(left & 1 ? 0 : 1)
    zeros = 0
  }
  const finish = front.length + 1
  for (const octet of last) {
    const place = front.indexOf(octet)
    if (place === 0) {
      zeros++
      continue
    }
    flush()
    front.splice(place, 1)
    front.unshift(octet)
    out.push(place + 1)
  }
  flush()
  return [...out, finish]
}

/** Every symbol as long as the others, or (`skewed`) as unequal as 20 bits allow. */
function lengthsOf(symbols: number, skewed: boolean): number[] {
  const flat = Math.ceil(Math.log2(symbols))
  if (!skewed || symbols > 200) return Array.from({ length: symbols }, () => flat)
  const steep = Math.min(symbols - 1, 12)
  const rest = symbols - steep
  const deep = steep + Math.max(1, Math.ceil(Math.log2(rest)))
  return Array.from({ length: symbols }, (_, i) => (i < steep ? i + 1 : deep))
}

function codesOf(lengths: number[]): number[] {
  const codes: number[] = []
  let code = 0
  for (let length = 1; length <= 20; length++) {
    for (const [symbol, l] of lengths.entries()) if (l === length) codes[symbol] = code++
    code *= 2
  }
  return codes
}

interface Shape {
  /** Codes as unequal as they can be. */
  readonly skewed?: boolean
  /** 1 … 9, as the header says. */
  readonly level?: number
  /** 48 bits that every block spells in selectors that nobody uses: no run of more than three ones. */
  readonly forged?: number
}

function putBlock(out: BitWriter, data: Uint8Array, { skewed = false, forged }: Shape): number {
  const crc = crcOf(data)
  const { last, origin } = rotate(shorten(data))
  const front = [...new Set(last)].sort((a, b) => a - b)
  const symbols = symbolsOf(last, [...front])
  out.put(0x314159265359, 48)
  out.put(crc, 32)
  out.put(0, 1)
  out.put(origin, 24)
  for (let row = 0; row < 16; row++) out.put(front.some((o) => o >> 4 === row) ? 1 : 0, 1)
  for (let row = 0; row < 16; row++) {
    if (!front.some((o) => o >> 4 === row)) continue
    for (let k = 0; k < 16; k++) out.put(front.includes(row * 16 + k) ? 1 : 0, 1)
  }
  const groups = Math.ceil(symbols.length / 50)
  const spare = forged === undefined ? '' : `${forged.toString(2).padStart(48, '0')}0`
  const copies = forged === undefined ? 1 : 2
  out.put(2 * copies, 3)
  out.put(groups + spare.replaceAll('1', '').length, 15)
  // The two tables by turns: after the first group, the other one is always second in the row.
  for (let g = 0; g < groups; g++) out.put(g === 0 ? 0 : 0b10, g === 0 ? 1 : 2)
  for (const bit of spare) out.put(Number(bit), 1)
  const tables = [lengthsOf(front.length + 2, skewed), lengthsOf(front.length + 2, false)]
  for (const lengths of Array(copies).fill(tables).flat() as number[][]) {
    let length = lengths[0] as number
    out.put(length, 5)
    for (const wanted of lengths) {
      for (; length < wanted; length++) out.put(0b10, 2)
      for (; length > wanted; length--) out.put(0b11, 2)
      out.put(0, 1)
    }
  }
  const codes = tables.map(codesOf)
  for (const [i, symbol] of symbols.entries()) {
    const table = Math.floor(i / 50) % 2
    out.put(codes[table]?.[symbol] as number, tables[table]?.[symbol] as number)
  }
  return crc
}

/** One stream with the given blocks. `starts` are the bits at which their magics stand. */
export function bzip2(
  blocks: readonly Uint8Array[],
  shape: Shape = {},
): { bytes: Uint8Array; starts: number[] } {
  const out = new BitWriter()
  for (const c of `BZh${shape.level ?? 9}`) out.put(c.charCodeAt(0), 8)
  let combined = 0
  const starts: number[] = []
  for (const block of blocks) {
    starts.push(out.bits.length)
    const crc = putBlock(out, block, shape)
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0
  }
  starts.push(out.bits.length)
  out.put(0x177245385090, 48)
  out.put(combined, 32)
  return { bytes: out.bytes(), starts }
}
