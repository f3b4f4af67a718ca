// The second half of a bzip2 block: from the last column of the sorted rotations back to the text.
//
// Undone one step at a time, the Burrows-Wheeler transform is a chase through 3.6 MB in which each
// load needs the one before: 10 ns a byte and nothing else to do meanwhile. Composing the step with
// itself three times is cheap (rows with a common beginning keep their order, so the loads run
// forward) and gives eight chases that do not wait for each other: 1.7 ns a byte, 3 ns to compose.
//
// The loops are closures made once a thread. V8 then knows the arrays as constants, their place and
// their length, and these loops run 2.5 times as fast as with the same arrays handed in.

/** Text of one block before the last run-length decoding, at level 9 (octets). */
export const LONGEST_TEXT = 900_000

/** A piece of text handed out; a run may make it 255 octets longer. */
const PIECE = 1 << 20

/** A group of 50 symbols may overrun the limit before anybody looks, and so may 8 lanes of text. */
const OVERRUN = 50

/** The arrays of one thread, 9 MB. */
export interface Room {
  /** Last column of the sorted rotations. */
  readonly last: Uint8Array
  readonly one: Int32Array
  readonly two: Int32Array
  readonly flat: Uint8Array
}

export function makeRoom(): Room {
  return {
    last: new Uint8Array(LONGEST_TEXT + OVERRUN),
    one: new Int32Array(LONGEST_TEXT),
    two: new Int32Array(LONGEST_TEXT),
    flat: new Uint8Array(LONGEST_TEXT + OVERRUN),
  }
}

/**
 * Makes the inverse transform: of `n` octets in `last` and the row of the text itself, `origin`,
 * into `flat`.
 */
export function makeInverse(room: Room): (n: number, origin: number) => void {
  const { last, one, two } = room
  const begin = new Int32Array(257)
  const lanes = new Int32Array(8)
  const walk = makeWalk(room, lanes)

  /** one: for every row, the row that begins one octet further on in the text; a counting sort. */
  function step(n: number): void {
    begin.fill(0)
    for (let i = 0; i < n; i++) {
      const at = (last[i] as number) + 1
      begin[at] = (begin[at] as number) + 1
    }
    for (let i = 1; i <= 256; i++) begin[i] = (begin[i] as number) + (begin[i - 1] as number)
    for (let i = 0; i < n; i++) {
      const octet = last[i] as number
      const at = begin[octet] as number
      begin[octet] = at + 1
      one[at] = i
    }
  }

  /** two: eight steps on, with 20 bits of row and 8 of text in one word: one load an octet. */
  function compose(n: number): void {
    for (let p = 0; p < n; p++) two[p] = one[one[p] as number] as number
    for (let p = 0; p < n; p++) one[p] = two[two[p] as number] as number
    for (let p = 0; p < n; p++) {
      two[p] = ((one[one[p] as number] as number) << 8) | (last[p] as number)
    }
  }

  return (n, origin) => {
    step(n)
    for (let lane = 0, row = origin; lane < 8; lane++) {
      row = one[row] as number
      lanes[lane] = row
    }
    compose(n)
    walk(n)
  }
}

function makeWalk(room: Room, lanes: Int32Array): (n: number) => void {
  const { two, flat } = room
  return (n) => {
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = lanes
    for (let i = 0; i < n; i += 8) {
      a = two[a] as number
      b = two[b] as number
      c = two[c] as number
      d = two[d] as number
      e = two[e] as number
      f = two[f] as number
      g = two[g] as number
      h = two[h] as number
      flat[i] = a
      flat[i + 1] = b
      flat[i + 2] = c
      flat[i + 3] = d
      flat[i + 4] = e
      flat[i + 5] = f
      flat[i + 6] = g
      flat[i + 7] = h
      a >>>= 8
      b >>>= 8
      c >>>= 8
      d >>>= 8
      e >>>= 8
      f >>>= 8
      g >>>= 8
      h >>>= 8
    }
  }
}

/** A copy of octets that are good only now. */
export type Keep = (octets: Uint8Array) => Uint8Array

/** `pieces` are fresh; `crc` is theirs, as a signed word. */
export interface Text {
  readonly pieces: Uint8Array[]
  readonly crc: number
}

/**
 * Makes the decoder of the runs that bzip2 writes before it sorts: four equal octets and a count of
 * more. They blow up at most 51.8-fold, so the pieces of a block are bounded by 46.6 MB.
 */
export function makeExpander(room: Room, keep: Keep): (n: number) => Text {
  const { flat } = room
  const out = new Uint8Array(PIECE + 512)
  const crcOf = makeCrc(out)
  let used = 0

  /** Expands from `from` until `out` or the text of `n` octets is at its end; where it stopped. */
  function fill(from: number, n: number): number {
    let i = from
    let o = 0
    while (i < n && o < PIECE) {
      const octet = flat[i] as number
      out[o++] = octet
      // When the third and fourth differ, no run of four begins at any of the first three.
      if (flat[i + 2] !== flat[i + 3]) {
        out[o++] = flat[i + 1] as number
        out[o++] = flat[i + 2] as number
        i += 3
      } else if (octet !== flat[i + 1] || octet !== flat[i + 2]) i++
      else {
        const stop = o + 3 + (flat[i + 4] as number)
        while (o < stop) out[o++] = octet
        i += 5
      }
    }
    // The last step may have copied what stands behind the text.
    used = i > n ? o - (i - n) : o
    return i
  }

  return (n) => {
    const pieces: Uint8Array[] = []
    let crc = -1
    // No run may be seen across the end.
    const other = (flat[n - 1] as number) ^ 1
    flat.fill(other, n, n + 5)
    flat[n + 1] = other ^ 1
    for (let i = 0; i < n; ) {
      i = fill(i, n)
      crc = crcOf(crc, used)
      pieces.push(keep(out.subarray(0, used)))
    }
    return { pieces, crc: ~crc }
  }
}

/** CRC-32 with the highest bit first, as bzip2 has it (zlib's runs the other way), of `bytes`. */
function makeCrc(bytes: Uint8Array): (crc: number, n: number) => number {
  const view = new DataView(bytes.buffer)
  const table = new Int32Array(1024)
  for (let i = 0; i < 256; i++) {
    let c = i << 24
    for (let bit = 0; bit < 8; bit++) c = c < 0 ? (c << 1) ^ 0x04c11db7 : c << 1
    table[i] = c
  }
  for (let i = 256; i < 1024; i++) {
    const c = table[i - 256] as number
    table[i] = (c << 8) ^ (table[c >>> 24] as number)
  }
  return (crc, n) => {
    const whole = n & ~3
    let c = crc
    let i = 0
    for (; i < whole; i += 4) {
      c ^= view.getInt32(i)
      c =
        (table[768 + (c >>> 24)] as number) ^
        (table[512 + ((c >>> 16) & 255)] as number) ^
        (table[256 + ((c >>> 8) & 255)] as number) ^
        (table[c & 255] as number)
    }
    for (; i < n; i++) c = (c << 8) ^ (table[(c >>> 24) ^ (bytes[i] as number)] as number)
    return c
  }
}
