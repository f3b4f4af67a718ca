// What `wire` hands on: many decoded messages in columns. There is no object, string or closure per
// message or per prefix, because there are millions of them; objects begin where the table has
// changed its mind about something.
//
// A message is one BGP UPDATE of one vantage point, one RIB entry, or a change of session state.
// Its elements (announced and withdrawn prefixes) are the rows first[m] … first[m + 1] - 1.
// Inside one UPDATE withdrawals stand before announcements (RFC 4271 §3.1, §9).

export const Message = {
  update: 0,
  /** One row of a RIB dump: a belief that is older than its stamp. */
  rib: 1,
  /** The collector's session with this peer became Established. */
  sessionUp: 2,
  /** It left Established: the peer's routes are unknown from here on, not withdrawn. */
  sessionDown: 3,
  /** End-of-RIB marker (RFC 4724); `afi` of the marker is in `detail`. */
  endOfRib: 4,
  /** A sign of life without routes; `detail` is KEEPALIVE for one of those, 0 for OPEN and others. */
  alive: 5,
  /** An UPDATE of a time when we could not hear, out of an archive: older than what was said since. */
  hole: 6,
  /** In that time its session with the collector fell; came up. */
  holeDown: 7,
  holeUp: 8,
} as const

/** Type of a BGP message that only an Established session sends, for nothing else (RFC 4271 §4.4). */
export const KEEPALIVE = 4

/** The router tells of this session no more (RFC 7854 §4.9, reason 5): nothing is said of whether it is up. */
export const NO_LONGER_TOLD = 5

/** Its numbers hold, and there are no words to look them up anew. */
export const LOOKED_UP = -1

/**
 * An UPDATE, or a row of a RIB dump, with attributes that RFC 7606 §2 has a router treat as a
 * withdrawal of what it announces. Nobody withdrew it: it is announced all the same, on its path if that
 * could be read, else without.
 */
export const TREAT_AS_WITHDRAW = 1

/** Room for the largest single message: an UPDATE of 65,535 octets can hold that many prefixes. */
const SPARE_ELEMENTS = 65_536
const SPARE_WORDS = 32_768

const OCTETS_A_MESSAGE = 42
const OCTETS_AN_ELEMENT = 27

export class Batch {
  readonly maxMessages: number
  readonly maxElements: number
  readonly maxWords: number
  /** Who wants it back, when it is not of the pool it is given to; null = nobody. */
  owner: ((batch: Batch) => void) | null = null

  /** Index of the input file or feed, as the landing numbers them; evidence names it. */
  file = 0
  messages = 0
  elements = 0
  pathWords = 0
  /** Path words before the open message; -1 when none is open. */
  #openWords = -1

  // one row a message
  readonly at: Float64Array
  /** Vantage point; see VantagePoints. */
  readonly vantage: Int32Array
  readonly kind: Uint8Array
  /** sessionUp: what was agreed, as wire/bmp.ts packs it, or 0; sessionDown: NO_LONGER_TOLD or 0; endOfRib: 4 or 6; alive: KEEPALIVE or 0; update and rib: TREAT_AS_WITHDRAW or 0. */
  readonly detail: Uint8Array
  /** Where the path begins in `path`; -1 when the message carries none that could be read. */
  readonly pathStart: Int32Array
  readonly pathLength: Int32Array
  /** RFC 9234 Only-to-Customer, 0 when absent. */
  readonly otc: Int32Array
  /** Byte offset of the record in the decompressed file. */
  readonly offset: Float64Array
  /** First element of message m; one row longer than `messages`. */
  readonly first: Int32Array

  // one row an element
  /** 1 announced, 0 withdrawn. */
  readonly announced: Uint8Array
  /** 4 or 6. */
  readonly afi: Uint8Array
  readonly length: Uint8Array
  readonly word0: Int32Array
  readonly word1: Int32Array
  readonly word2: Int32Array
  readonly word3: Int32Array
  /** ADD-PATH identifier (RFC 7911); 0 when the session has none. */
  readonly pathId: Int32Array

  /** AS paths, in the words of core/path.ts. */
  readonly path: Int32Array

  // filled in by the table, for the whole batch at once
  /** Which numbers of paths these are (see table/paths.ts, `epoch`); 0 = not looked up, or LOOKED_UP. */
  interned = 0
  /** Number of the message's path; UNKNOWN_PATH of core/view.ts when it has none. */
  readonly pathRef: Int32Array
  /** Number of the element's prefix; -1 when there was no room for it. */
  readonly prefixRef: Int32Array

  /** `make` gives the memory, of so many octets, that all columns share: two threads may work on one. */
  constructor(
    maxMessages = 4_096,
    maxElements = 16_384,
    maxWords = 32_768,
    make: (octets: number) => ArrayBufferLike = (octets) => new ArrayBuffer(octets),
  ) {
    this.maxMessages = maxMessages
    this.maxElements = maxElements
    this.maxWords = maxWords
    const m = maxMessages
    const e = maxElements + SPARE_ELEMENTS
    const w = maxWords + SPARE_WORDS
    const memory = make(OCTETS_A_MESSAGE * m + 8 + OCTETS_AN_ELEMENT * e + 4 * w)
    let at = 0
    // Wide columns first, so that each begins where its words may.
    const take = <T>(
      octets: number,
      column: new (b: ArrayBufferLike, at: number, n: number) => T,
      n: number,
    ): T => {
      const made = new column(memory, at, n)
      at += octets * n
      return made
    }
    this.at = take(8, Float64Array, m)
    this.offset = take(8, Float64Array, m)
    this.vantage = take(4, Int32Array, m)
    this.pathStart = take(4, Int32Array, m)
    this.pathLength = take(4, Int32Array, m)
    this.otc = take(4, Int32Array, m)
    this.pathRef = take(4, Int32Array, m)
    this.first = take(4, Int32Array, m + 1)
    this.word0 = take(4, Int32Array, e)
    this.word1 = take(4, Int32Array, e)
    this.word2 = take(4, Int32Array, e)
    this.word3 = take(4, Int32Array, e)
    this.pathId = take(4, Int32Array, e)
    this.prefixRef = take(4, Int32Array, e)
    this.path = take(4, Int32Array, w)
    this.announced = take(1, Uint8Array, e)
    this.afi = take(1, Uint8Array, e)
    this.length = take(1, Uint8Array, e)
    this.kind = take(1, Uint8Array, m)
    this.detail = take(1, Uint8Array, m)
  }

  /** No room for another message of any size. */
  get full(): boolean {
    return (
      this.messages >= this.maxMessages ||
      this.elements >= this.maxElements ||
      this.pathWords >= this.maxWords
    )
  }

  clear(): void {
    this.file = 0
    this.interned = 0
    this.messages = 0
    this.elements = 0
    this.pathWords = 0
    this.#openWords = -1
    this.first[0] = 0
  }

  /** Begins a message; elements and path follow, then `close`, or `rollback` if it was malformed. */
  open(kind: number, at: number, vantage: number, offset: number): number {
    const m = this.messages
    this.at[m] = at
    this.vantage[m] = vantage
    this.kind[m] = kind
    this.detail[m] = 0
    this.pathStart[m] = -1
    this.pathLength[m] = 0
    this.otc[m] = 0
    this.offset[m] = offset
    this.first[m] = this.elements
    this.#openWords = this.pathWords
    return m
  }

  close(): void {
    this.#openWords = -1
    this.first[++this.messages] = this.elements
  }

  /** Forgets the last messages, closed ones too. */
  truncate(messages: number): void {
    for (let m = messages; m < this.messages; m++) {
      const start = this.pathStart[m] as number
      if (start < 0) continue
      this.pathWords = start
      break
    }
    this.elements = this.first[messages] as number
    this.messages = messages
  }

  /** Leaves out messages of vantage point -1, each with its elements; how many there were. */
  dropNobody(): number {
    const { vantage, first } = this
    const rows = [this.at, this.offset, this.vantage, this.kind, this.detail, this.otc]
    const paths = [this.pathStart, this.pathLength, this.pathRef]
    const words = [this.word0, this.word1, this.word2, this.word3, this.prefixRef]
    const elements = [this.announced, this.afi, this.length, this.pathId, ...words]
    let to = 0
    for (let m = 0; m < this.messages; m++) {
      if ((vantage[m] as number) < 0) continue
      const [from, end] = [first[m] as number, first[m + 1] as number]
      for (const column of [...rows, ...paths]) column[to] = column[m] as number
      for (const column of elements) column.copyWithin(first[to] as number, from, end)
      first[to + 1] = (first[to] as number) + end - from
      to++
    }
    const dropped = this.messages - to
    // Their paths lie among those of others: the words stay where they are.
    this.messages = to
    this.elements = first[to] as number
    return dropped
  }

  /** Forgets what was written since `open`; harmless when nothing is open. */
  rollback(): void {
    this.elements = this.first[this.messages] as number
    if (this.#openWords >= 0) this.pathWords = this.#openWords
    this.#openWords = -1
  }
}

/** Batches are a megabyte each; they are handed round, not thrown away. */
export class BatchPool {
  #free: Batch[] = []
  readonly #make: () => Batch
  readonly #most: number

  /** Of those given back at most `most` are kept. */
  constructor(make = () => new Batch(), most = 64) {
    this.#make = make
    this.#most = most
  }

  take(): Batch {
    const batch = this.#free.pop() ?? this.#make()
    batch.clear()
    return batch
  }

  give(batch: Batch): void {
    if (batch.owner) batch.owner(batch)
    else if (this.#free.length < this.#most) this.#free.push(batch)
  }
}
