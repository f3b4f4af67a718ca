// Where things are in a RIS Live frame with an UPDATE, found in its octets without making an object, or
// even a text, of it: that costs more than all that follows. It knows the one shape in which the service
// writes them, and gives up on anything else; then JSON.parse has the word. What it passes over (`id`,
// `community`) it does not check: a fault in there is no reason to refuse the routes beside it.

const QUOTE = 34
const COMMA = 44
const DOT = 46
const ZERO = 48
const COLON = 58
const OPEN = 91
const BACKSLASH = 92
const CLOSE = 93
const BRACE = 123
const END = 125

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

const HEAD = ascii('{"type":"ris_message","data":{')
const UPDATE = ascii('"UPDATE"')
const HOP = ascii('{"next_hop":"')
const PREFIXES = ascii('"prefixes":[')

/** Milliseconds are three decimals. The feed writes two or three, or so many that a float is meant. */
const DECIMALS = [1_000, 100, 10, 1]

/** The year 2242: beyond, a stamp is no count of seconds. */
export const LAST_SECOND = 2 ** 33

/** Bits, so that a field which comes twice is noticed. */
const Field = {
  other: 0,
  timestamp: 1,
  peer: 2,
  asn: 4,
  host: 8,
  type: 16,
  path: 32,
  announcements: 64,
  withdrawals: 128,
  raw: 256,
  /** What says which kind of message it is, in old captures and in others. */
  strange: 512,
} as const

const LISTS = Field.path | Field.announcements | Field.withdrawals
const NEEDED = Field.timestamp | Field.peer | Field.asn | Field.host | Field.type

const names: readonly (readonly [Uint8Array, number])[] = [
  [ascii('timestamp'), Field.timestamp],
  [ascii('peer'), Field.peer],
  [ascii('peer_asn'), Field.asn],
  [ascii('host'), Field.host],
  [ascii('type'), Field.type],
  [ascii('path'), Field.path],
  [ascii('announcements'), Field.announcements],
  [ascii('withdrawals'), Field.withdrawals],
  [ascii('raw'), Field.raw],
  [ascii('state'), Field.strange],
  [ascii('__proto__'), Field.strange],
]

/** A place in the frame: [from, end). */
export interface Span {
  from: number
  end: number
}

export class RisScan {
  /** Microseconds since 1970. */
  at = 0
  /** Texts, without their quotes; but with them of the ASN, which may be a number. */
  readonly host: Span = { from: 0, end: 0 }
  readonly peer: Span = { from: 0, end: 0 }
  readonly asn: Span = { from: 0, end: 0 }
  /** There is a text of that name. */
  raw = false
  /** Where the lists begin, at their bracket; -1 when there is none, or null. */
  path = -1
  announcements = -1
  withdrawals = -1

  /** Whether `frame` is an UPDATE of that shape; then the fields say what is where. */
  read(frame: Uint8Array): boolean {
    if (!stands(frame, 0, HEAD)) return false
    this.path = this.announcements = this.withdrawals = -1
    this.raw = false
    let seen = 0
    let at = HEAD.length
    for (;;) {
      if (frame[at] !== QUOTE) return false
      const end = endOfText(frame, at + 1)
      if (end < 0 || frame[end + 1] !== COLON) return false
      const field = fieldAt(frame, at + 1, end)
      // Of a field that is there twice the last counts, to those who parse it.
      if ((seen & field) !== 0 || field === Field.strange) return false
      seen |= field
      at = this.#value(frame, end + 2, field)
      if (at < 0) return false
      const c = frame[at++]
      if (c === COMMA) continue
      const whole = c === END && frame[at] === END && at + 1 === frame.length
      return whole && (seen & NEEDED) === NEEDED
    }
  }

  /** Takes in the value at `at`; where it ends, or -1. */
  #value(frame: Uint8Array, at: number, field: number): number {
    const c = frame[at]
    if (field === Field.timestamp) return this.#stamp(frame, at)
    if (c === OPEN) return this.#list(frame, at, field)
    if (c !== QUOTE) return this.#bare(frame, at, field)
    const end = endOfText(frame, at + 1)
    if (end < 0) return -1
    if (field === Field.type) return stands(frame, at, UPDATE) ? end + 1 : -1
    if (field === Field.host) put(this.host, at + 1, end)
    else if (field === Field.peer) put(this.peer, at + 1, end)
    else if (field === Field.asn) put(this.asn, at, end + 1)
    else if (field === Field.raw) this.raw = true
    else if (field !== Field.other) return -1
    return end + 1
  }

  #list(frame: Uint8Array, at: number, field: number): number {
    if (field === Field.path) this.path = at
    else if (field === Field.announcements) this.announcements = at
    else if (field === Field.withdrawals) this.withdrawals = at
    else if (field !== Field.other) return -1
    let depth = 0
    for (let i = at; i < frame.length; i++) {
      const c = frame[i]
      if (c === QUOTE) {
        i = endOfText(frame, i + 1)
        if (i < 0) return -1
      } else if (c === OPEN || c === BRACE) depth++
      else if ((c === CLOSE || c === END) && --depth === 0) return i + 1
    }
    return -1
  }

  /** A number, or null in place of a list. */
  #bare(frame: Uint8Array, at: number, field: number): number {
    let to = at
    for (; to < at + 20 && (isDigit(frame[to]) || frame[to] === DOT); to++);
    if (to === at) {
      const isNull = frame[at] === 110 && frame[at + 1] === 117 && frame[at + 2] === 108
      if (!isNull || frame[at + 3] !== 108) return -1
      return field === Field.other || (field & LISTS) !== 0 ? at + 4 : -1
    }
    if (field === Field.asn) {
      for (let i = at; i < to; i++) if (!isDigit(frame[i])) return -1
      if (frame[at] === ZERO && to > at + 1) return -1
      put(this.asn, at, to)
    } else if (field !== Field.other) return -1
    return to
  }

  /** Seconds; decimals beyond the third are noise. */
  #stamp(frame: Uint8Array, at: number): number {
    let seconds = 0
    let to = at
    for (; isDigit(frame[to]) && to < at + 10; to++)
      seconds = seconds * 10 + (frame[to] as number) - ZERO
    if (to === at || (frame[at] === ZERO && to > at + 1) || seconds >= LAST_SECOND) return -1
    let millis = 0
    let decimals = 0
    if (frame[to] === DOT) {
      for (to++; isDigit(frame[to]) && decimals < 16; to++, decimals++)
        millis = millis * 10 + (frame[to] as number) - ZERO
      if (decimals === 0) return -1
    }
    this.at =
      decimals <= 3
        ? (seconds * 1_000 + millis * (DECIMALS[decimals] as number)) * 1_000
        : Math.round(Number(String.fromCharCode(...frame.subarray(at, to))) * 1_000) * 1_000
    return to
  }
}

function put(span: Span, from: number, end: number): void {
  span.from = from
  span.end = end
}

const isDigit = (c: number | undefined): boolean => c !== undefined && c >= 48 && c <= 57

/** Whether these octets stand at `at`. */
function stands(frame: Uint8Array, at: number, octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) if (frame[at + i] !== octets[i]) return false
  return true
}

/** The quote at which the text ends that begins at `from`; -1 when there is none, or an escape before it. */
function endOfText(frame: Uint8Array, from: number): number {
  for (let i = from; i < frame.length; i++) {
    const c = frame[i]
    if (c === QUOTE) return i
    if (c === BACKSLASH) return -1
  }
  return -1
}

function fieldAt(frame: Uint8Array, from: number, end: number): number {
  for (const [name, field] of names)
    if (name.length === end - from && stands(frame, from, name)) return field
  return Field.other
}

/** Reads a list of plain ASNs at `at` into `out` from `start` on; how many, or -1 when it is another. */
export function scanPath(
  frame: Uint8Array,
  at: number,
  out: Int32Array,
  start: number,
  most: number,
): number {
  let to = start
  let i = at + 1
  if (frame[i] === CLOSE) return 0
  for (;;) {
    let asn = 0
    const from = i
    for (; isDigit(frame[i]); i++) asn = asn * 10 + (frame[i] as number) - ZERO
    // ASN 0 in front and numbers with zeros in front are for others to judge.
    if (i === from || i > from + 10 || asn > 0xffffffff || frame[from] === ZERO) return -1
    if (to - start >= most) return -1
    out[to++] = asn
    const c = frame[i++]
    if (c === CLOSE) return to - start
    if (c !== COMMA) return -1
  }
}

/** Calls `each` with the place of every text of the list at `at`; where the list ends, or -1. */
export function scanTexts(
  frame: Uint8Array,
  at: number,
  each: (from: number, end: number) => boolean,
): number {
  let i = at + 1
  if (frame[i] === CLOSE) return i + 1
  for (;;) {
    if (frame[i] !== QUOTE) return -1
    const end = endOfText(frame, i + 1)
    if (end < 0 || !each(i + 1, end)) return -1
    const c = frame[end + 1]
    i = end + 2
    if (c === CLOSE) return i
    if (c !== COMMA) return -1
  }
}

/** The list of announcements at `at`: calls `each` with where a list of prefixes begins; how many, or -1. */
export function scanAnnouncements(
  frame: Uint8Array,
  at: number,
  each: (from: number) => number,
): number {
  let i = at + 1
  if (frame[i] === CLOSE) return 0
  for (let n = 1; ; n++) {
    if (!stands(frame, i, HOP)) return -1
    const end = endOfText(frame, i + HOP.length)
    if (end < 0 || frame[end + 1] !== COMMA || !stands(frame, end + 2, PREFIXES)) return -1
    i = each(end + 1 + PREFIXES.length)
    if (i < 0 || frame[i] !== END) return -1
    const c = frame[i + 1]
    i += 2
    if (c === CLOSE) return n
    if (c !== COMMA) return -1
  }
}
