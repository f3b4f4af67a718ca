/** Routes that one vantage point holds over one path: rows of a starting table, or of a snapshot. */
export interface Seed {
  readonly vantage: number
  /** Text of the path; null when only the fact is known, not the way; false for routes it should have and has not. */
  readonly path: string | null | false
  /** Whether its whole table is told, so that what is not in it it does not have. */
  readonly known: boolean
  /** In a snapshot: what the table notes beside the path. */
  readonly flags?: number
  /** ADD-PATH identifier, when this is one of several routes; the row without it has the one that counts. */
  readonly id?: number
  readonly prefixes: readonly string[]
}

/** Whose prefixes they are, as learned. */
export interface SeedOrigin {
  readonly asn: number
  readonly prefixes: readonly string[]
}

/** In a snapshot: where one vantage point stands; the table's own notes, to be read by it alone. */
export interface SeedPeer {
  readonly vantage: number
  readonly notes: Readonly<Record<string, number | boolean | string | null>>
  /** How far it had been applied, where it comes out of a queue that can be read again. */
  readonly place?: SeedPlace
}

/** How far a vantage point's messages of one queue have been applied. */
export interface SeedPlace {
  readonly feed: string
  /** As the feed names it among its positions. */
  readonly queue: string
  /** Of all records before this offset its messages were applied, and none of those from it on. */
  readonly next: number
  /** What its session agreed on when it came up (`detail` of Message.sessionUp); 0 = that was not heard. */
  readonly agreed: number
}
