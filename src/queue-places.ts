// How far the queues of feeds have been applied, vantage point by vantage point: what a picture of the
// table must bring with it, so that what is read again is told from what is new.

import { type Batch, Message } from './core/batch.ts'
import type { SeedPlace } from './core/seed.ts'
import type { RunStream } from './live-stream.ts'

export class QueuePlaces {
  // By vantage point; there are no more of these than VantagePoints has room for.
  /** `offset` of the message applied last, and the feed that it came by. */
  readonly #offset: number[] = []
  readonly #stream: (RunStream | undefined)[] = []
  readonly #agreed: number[] = []
  /** Of those that have not spoken since the start. */
  readonly #before = new Map<number, SeedPlace>()

  restore(places: ReadonlyMap<number, SeedPlace>): void {
    for (const [vantage, place] of places) {
      this.#before.set(vantage, place)
      this.#agreed[vantage] = place.agreed
    }
  }

  /** A message of this stream was applied. */
  applied(stream: RunStream, batch: Batch, m: number): void {
    const vantage = batch.vantage[m] as number
    const kind = batch.kind[m]
    this.#offset[vantage] = batch.offset[m] as number
    this.#stream[vantage] = stream
    if (kind === Message.sessionUp) this.#agreed[vantage] = batch.detail[m] as number
    else if (kind === Message.sessionDown) this.#agreed[vantage] = 0
  }

  /** Null of those that no queue tells of. */
  of(vantage: number): SeedPlace | null {
    const stream = this.#stream[vantage]
    const place = stream?.place(this.#offset[vantage] as number)
    if (!stream || !place) return this.#before.get(vantage) ?? null
    return { feed: stream.name, ...place, agreed: this.#agreed[vantage] ?? 0 }
  }
}
