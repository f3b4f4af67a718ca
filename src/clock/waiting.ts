// Facts that wait for their time, oldest first. Those of one instant stand in an order of their own,
// so that it does not show which of them came first: what we ourselves say of our eyes as it came, then
// changes, then samples, by content.

import type { Fact } from '../core/fact.ts'
import { compareLabels } from '../core/labels.ts'
import type { Change, Sample } from '../core/sample.ts'
import type { Instant } from '../core/time.ts'

/** What keeps the time it was stamped with, however late it comes: series are by their own time. */
export const hasOwnTime = (fact: Fact): fact is Sample | Change =>
  fact.kind === 'sample' || fact.kind === 'change'

/** Of so many that have left, the room is taken back. */
const ROOM = 1_024

/** When it leaves: what is known to have been heard late, or by a clock that is ahead, then. */
export const dueAt = (fact: Fact): Instant => (hasOwnTime(fact) ? (fact.heard ?? fact.at) : fact.at)

export class Waiting {
  #facts: Fact[] = []
  /** Those before it have left. */
  #head = 0

  get size(): number {
    return this.#facts.length - this.#head
  }

  first(): Fact | undefined {
    return this.#facts[this.#head]
  }

  add(fact: Fact): void {
    let low = this.#head
    let high = this.#facts.length
    // Most are the newest.
    const last = this.#facts[high - 1]
    if (high > low && last && compareFacts(last, fact) <= 0) low = high
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareFacts(this.#facts[middle] as Fact, fact) <= 0) low = middle + 1
      else high = middle
    }
    this.#facts.splice(low, 0, fact)
  }

  /** Many at once, in any order. */
  addAll(facts: readonly Fact[]): void {
    this.#facts = [...this.#facts.slice(this.#head), ...facts].sort(compareFacts)
    this.#head = 0
  }

  shift(): Fact | undefined {
    const fact = this.#facts[this.#head]
    if (!fact) return undefined
    this.#head++
    if (this.#head >= ROOM && this.#head * 2 >= this.#facts.length) {
      this.#facts = this.#facts.slice(this.#head)
      this.#head = 0
    }
    return fact
  }
}

/** By when they are due, by time, then by content; of those without content, 0. */
export function compareFacts(a: Fact, b: Fact): number {
  const apart = dueAt(a) - dueAt(b) || a.at - b.at
  if (apart !== 0) return apart
  if (a.kind === 'sample' && b.kind === 'sample')
    return (
      compare(a.plane, b.plane) ||
      compare(a.metric, b.metric) ||
      compareLabels(a.labels, b.labels) ||
      a.value - b.value ||
      a.uncertainty - b.uncertainty
    )
  if (a.kind === 'change' && b.kind === 'change')
    return (
      compare(a.event, b.event) ||
      compareLabels(a.labels, b.labels) ||
      compare(a.note, b.note) ||
      a.uncertainty - b.uncertainty
    )
  return rank(a) - rank(b)
}

const rank = ({ kind }: Fact): number => (kind === 'sample' ? 2 : kind === 'change' ? 1 : 0)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
