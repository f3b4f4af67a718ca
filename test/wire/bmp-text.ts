// What a batch holds whose paths need not lie end to end: one of them may have lost its first word.

import type { Batch } from '../../src/core/batch.ts'

/** Throws when a path reaches beyond the words there are. */
export function checkPaths(batch: Batch): void {
  for (let m = 0; m < batch.messages; m++) {
    const start = batch.pathStart[m] as number
    if (start >= 0 && start + (batch.pathLength[m] as number) > batch.pathWords)
      throw new Error(`path of message ${m}`)
  }
}
