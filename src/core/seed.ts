/** Routes of a starting table that one vantage point holds over one path. */
export interface Seed {
  readonly vantage: number
  /** Text of the path; null when only the fact is known, not the way; '' for routes it should have and has not. */
  readonly path: string | null
  /** Whether its whole table is told, so that what is not in it it does not have. */
  readonly known: boolean
  readonly prefixes: readonly string[]
}

/** Whose prefixes they are, as learned. */
export interface SeedOrigin {
  readonly asn: number
  readonly prefixes: readonly string[]
}
