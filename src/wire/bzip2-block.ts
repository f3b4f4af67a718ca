// One bzip2 block. It stands for itself (its own code tables, its own CRC), begins at any bit behind
// the magic 0x314159265359, and is decoded by a function of (bytes, bit, scratch) that knows nothing
// of streams, so that whoever finds the magics can hand blocks to as many threads as there are.

import { peek, word } from './bzip2-bits.ts'
import { type Keep, makeExpander, makeInverse, makeRoom, type Text } from './bzip2-text.ts'

/** The most octets a block can take: 900,001 codes of 20 bits, selectors and tables, rounded up. */
export const LONGEST_BLOCK = 2_560 << 10

/**
 * `whole`: decoded and its CRC agrees. `wrong`: decoded, but the CRC does not agree. `short`: the
 * bits ran out. `bad`: no encoder writes this.
 */
export type Outcome = 'whole' | 'wrong' | 'short' | 'bad'

/** What became of a block. */
export interface Decoded {
  readonly outcome: Outcome
  /** Bit behind the block, when it was `whole` or `wrong`. */
  readonly next: number
  /** CRC as stored in the block. */
  readonly crc: number
  /** Its text when it was `whole`, fresh. */
  readonly pieces: readonly Uint8Array[]
}

const MAX_CODE = 20
const GROUP = 50
/** Codes up to this many bits are found in one look-up; 6 tables of 2 KB stay in the L1 cache. */
const QUICK = 10
const ALPHABET = 258

/**
 * Working room for one block at a time, 10 MB. One a thread is enough and fastest (see bzip2-text.ts).
 */
export class BlockScratch {
  readonly room = makeRoom()
  readonly inverse = makeInverse(this.room)
  readonly expand: (n: number) => Text
  length = 0
  origin = 0
  tables = 0
  selectors = 0
  readonly selector = new Uint8Array(32_768)
  readonly front = new Uint8Array(256)
  used = 0
  /** symbol << 5 | length of code, 0 where the code is longer or none. */
  readonly quick = new Uint16Array(6 << QUICK)
  /** First code value of each length that is too great to be of that length. */
  readonly limit = new Int32Array(6 * (MAX_CODE + 1))
  readonly base = new Int32Array(6 * (MAX_CODE + 1))
  readonly symbol = new Uint16Array(6 * ALPHABET)
  /** 0 for a table that is no prefix code; some encoders write one and never use it. */
  readonly usable = new Uint8Array(6)
  readonly lengths = new Uint8Array(ALPHABET)
  readonly symbols = makeSymbols(this)

  /** `keep` makes the pieces of text: who hands them on to another thread has its own way. */
  constructor(keep: Keep = (octets) => octets.slice()) {
    this.expand = makeExpander(this.room, keep)
  }
}

/**
 * Decodes the block whose magic stands at `start`. `view` is over the octets, `end` the first bit
 * that is not ours, `limit` the longest text allowed (octets, 100,000 × level).
 */
export function decodeBlock(
  view: DataView,
  start: number,
  end: number,
  limit: number,
  s: BlockScratch,
): Decoded {
  const next = readBlock(view, start, end, limit, s)
  if (next < 0) return next === SHORT ? NOTHING.short : NOTHING.bad
  const crc = word(view, start + 48)
  s.inverse(s.length, s.origin)
  const text = s.expand(s.length)
  if (text.crc !== crc) return { outcome: 'wrong', next, crc, pieces: [] }
  return { outcome: 'whole', next, crc, pieces: text.pieces }
}

const NOTHING: Record<'short' | 'bad', Decoded> = {
  short: { outcome: 'short', next: -1, crc: 0, pieces: [] },
  bad: { outcome: 'bad', next: -1, crc: 0, pieces: [] },
}

// The steps below return the bit they came to, or why they could not go on.
const SHORT = -1
const BAD = -2

/** All that is written of a block: the last column of its rotations, and which of them the text is. */
function readBlock(
  view: DataView,
  start: number,
  end: number,
  limit: number,
  s: BlockScratch,
): number {
  if (start + 80 + 25 + 16 > end) return SHORT
  // Randomised blocks were last written by bzip2 0.9.0 (1998), before there were archives of BGP.
  if (peek(view, start + 80, 1) === 1) return BAD
  s.origin = peek(view, start + 81, 24)
  const lengths = readSelectors(view, readAlphabet(view, start + 105, s), end, s)
  if (lengths < 0) return lengths
  const codes = readTables(view, lengths, end, s)
  if (codes < 0) return codes
  const next = s.symbols(view, codes, end, limit)
  return next >= 0 && s.origin >= s.length ? BAD : next
}

/** Which byte values occur: 16 bits for the sixteens, then 16 bits for each that does. */
function readAlphabet(view: DataView, from: number, s: BlockScratch): number {
  const rows = peek(view, from, 16)
  let bit = from + 16
  s.used = 0
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue
    const columns = peek(view, bit, 16)
    bit += 16
    for (let column = 0; column < 16; column++) {
      if (columns & (0x8000 >> column)) s.front[s.used++] = row * 16 + column
    }
  }
  return bit
}

/** Which of the 2 to 6 code tables each group of 50 symbols uses, moved to front. */
function readSelectors(view: DataView, from: number, end: number, s: BlockScratch): number {
  if (from + 18 > end) return SHORT
  s.tables = peek(view, from, 3)
  s.selectors = peek(view, from + 3, 15)
  if (s.used === 0 || s.tables < 2 || s.tables > 6 || s.selectors === 0) return BAD
  const order = [0, 1, 2, 3, 4, 5]
  let bit = from + 18
  for (let i = 0; i < s.selectors; i++) {
    let k = 0
    while (peek(view, bit++, 1) === 1) {
      if (++k >= s.tables) return bit > end ? SHORT : BAD
    }
    if (bit > end) return SHORT
    const table = order[k] as number
    for (; k > 0; k--) order[k] = order[k - 1] as number
    order[0] = table
    s.selector[i] = table
  }
  return bit
}

/** Lengths of codes, each written as its difference from the one before. */
function readTables(view: DataView, from: number, end: number, s: BlockScratch): number {
  let bit = from
  for (let table = 0; table < s.tables; table++) {
    let length = peek(view, bit, 5)
    bit += 5
    for (let symbol = 0; symbol < s.used + 2; symbol++) {
      while (peek(view, bit++, 1) === 1) {
        length += peek(view, bit++, 1) === 1 ? -1 : 1
        if (bit > end) return SHORT
      }
      if (bit > end) return SHORT
      if (length < 1 || length > MAX_CODE) return BAD
      s.lengths[symbol] = length
    }
    s.usable[table] = buildTable(table, s) ? 1 : 0
  }
  return bit
}

/** Canonical codes from their lengths; false when there are more than a prefix code can hold. */
function buildTable(table: number, s: BlockScratch): boolean {
  const quickAt = table << QUICK
  s.quick.fill(0, quickAt, quickAt + (1 << QUICK))
  let code = 0
  let rank = 0
  for (let length = 1; length <= MAX_CODE; length++) {
    s.base[table * 21 + length] = table * ALPHABET + rank - code
    for (let symbol = 0; symbol < s.used + 2; symbol++) {
      if (s.lengths[symbol] !== length) continue
      if (code >= 1 << length) return false
      s.symbol[table * ALPHABET + rank++] = symbol
      if (length <= QUICK) {
        const at = quickAt + (code << (QUICK - length))
        s.quick.fill((symbol << 5) | length, at, at + (1 << (QUICK - length)))
      }
      code++
    }
    s.limit[table * 21 + length] = code
    code <<= 1
  }
  return true
}

/** symbol << 5 | length for a code longer than QUICK at the head of `bits`; 0 if it is none. */
function longCode(bits: number, table: number, s: BlockScratch): number {
  for (let length = QUICK + 1; length <= MAX_CODE; length++) {
    const code = bits >>> (32 - length)
    if (code >= (s.limit[table * 21 + length] as number)) continue
    const symbol = s.symbol[code + (s.base[table * 21 + length] as number)] as number
    return (symbol << 5) | length
  }
  return 0
}

/**
 * Makes the reader of symbols: Huffman codes, move-to-front and the runs of its zeros, all in one
 * pass, into `last`. Made once a thread, for the reason given in bzip2-text.ts.
 */
function makeSymbols(s: BlockScratch): Symbols {
  const { quick, front, selector, usable } = s
  const { last } = s.room
  const toFront = makeToFront(front)
  return (view, from, end, limit) => {
    const finish = s.used + 1
    let bit = from
    let n = 0
    let run = 0
    let weight = 1
    for (let group = 0; group < s.selectors; group++) {
      const table = selector[group] as number
      if (usable[table] === 0) return BAD
      const quickAt = table << QUICK
      for (let i = 0; i < GROUP; i++) {
        const bits = view.getInt32(bit >>> 3) << (bit & 7)
        let found = quick[quickAt + (bits >>> (32 - QUICK))] as number
        if (found === 0) found = longCode(bits, table, s)
        if (found === 0) return bit + MAX_CODE > end ? SHORT : BAD
        bit += found & 31
        const symbol = found >>> 5
        if (symbol <= 1) {
          // Run lengths in bijective base 2: RUNA is 1, RUNB is 2, times the weight of its place.
          run += weight << symbol
          weight <<= 1
          if (run > limit) return bit > end ? SHORT : BAD
          continue
        }
        if (run > 0) {
          if (n + run > limit) return bit > end ? SHORT : BAD
          n = repeat(last, n, run, front[0] as number)
          run = 0
          weight = 1
        }
        if (symbol === finish) {
          s.length = n
          return bit > end ? SHORT : n > limit ? BAD : bit
        }
        last[n++] = toFront(symbol - 1)
      }
      if (bit > end) return SHORT
      if (n > limit) return BAD
    }
    return BAD
  }
}

type Symbols = (view: DataView, from: number, end: number, limit: number) => number

function repeat(last: Uint8Array, n: number, run: number, octet: number): number {
  const stop = n + run
  if (run > 16) last.fill(octet, n, stop)
  else for (let at = n; at < stop; at++) last[at] = octet
  return stop
}

function makeToFront(front: Uint8Array): (place: number) => number {
  return (place) => {
    const octet = front[place] as number
    // Most are near the front, where a loop is done before a call to copyWithin would begin.
    if (place > 24) front.copyWithin(1, 0, place)
    else for (let k = place; k > 0; k--) front[k] = front[k - 1] as number
    front[0] = octet
    return octet
  }
}
