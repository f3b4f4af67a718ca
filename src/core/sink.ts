import type { Batch } from './batch.ts'
import type { Fact } from './fact.ts'

/** Where things go once they are in order: the rest of the corridor, or a journal in front of it. */
export interface Sink {
  /** One message; `batch.at` holds the instant the clock has given it. Good until it returns. */
  message(batch: Batch, m: number): void
  /** Samples and changes keep their own time, which may lie before what was reached. */
  fact(fact: Fact): void
}
