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
} as const

/** Type of a BGP message that only an Established session sends, for nothing else (RFC 4271 §4.4). */
export const KEEPALIVE = 4

/**
 * An UPDATE, or a row of a RIB dump, with attributes that RFC 7606 §2 has a router treat as a
 * withdrawal of what it announces. Nobody withdrew it: it is announced all the same, on its path if that
 * could be read, else without.
 */
export const TREAT_AS_WITHDRAW = 1

/** Room for the largest single message: an UPDATE of 65,535 octets can hold that many prefixes. */
const SPARE_ELEMENTS = 65_536
const SPARE_WORDS = 32_768

export class Batch {
  readonly maxMessages: number
  readonly maxElements: number
  readonly maxWords: number

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
  /** endOfRib: 4 or 6; alive: KEEPALIVE or 0; update and rib: TREAT_AS_WITHDRAW or 0. */
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
  interned = false
  /** Number of the message's path; UNKNOWN_PATH of core/view.ts when it has none. */
  readonly pathRef: Int32Array
  /** Number of the element's prefix; -1 when there was no room for it. */
  readonly prefixRef: Int32Array

  constructor(maxMessages = 4_096, maxElements = 16_384, maxWords = 32_768) {
    this.maxMessages = maxMessages
    this.maxElements = maxElements
    this.maxWords = maxWords
    const e = maxElements + SPARE_ELEMENTS
    this.at = new Float64Array(maxMessages)
    this.vantage = new Int32Array(maxMessages)
    this.kind = new Uint8Array(maxMessages)
    this.detail = new Uint8Array(maxMessages)
    this.pathStart = new Int32Array(maxMessages)
    this.pathLength = new Int32Array(maxMessages)
    this.otc = new Int32Array(maxMessages)
    this.offset = new Float64Array(maxMessages)
    this.first = new Int32Array(maxMessages + 1)
    this.pathRef = new Int32Array(maxMessages)
    this.announced = new Uint8Array(e)
    this.afi = new Uint8Array(e)
    this.length = new Uint8Array(e)
    this.word0 = new Int32Array(e)
    this.word1 = new Int32Array(e)
    this.word2 = new Int32Array(e)
    this.word3 = new Int32Array(e)
    this.pathId = new Int32Array(e)
    this.prefixRef = new Int32Array(e)
    this.path = new Int32Array(maxWords + SPARE_WORDS)
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
    this.interned = false
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
    this.elements = this.first[messages] as number
    this.messages = messages
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
  #make: () => Batch
  constructor(make = () => new Batch()) {
    this.#make = make
  }

  take(): Batch {
    const batch = this.#free.pop() ?? this.#make()
    batch.clear()
    return batch
  }

  give(batch: Batch): void {
    if (this.#free.length < 64) this.#free.push(batch)
  }
}
