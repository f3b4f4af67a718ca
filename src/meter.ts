// The progress bar of a replay, drawn only where it can be seen.

import type { Instant } from './core/time.ts'
import { Progress } from './report/progress.ts'

export class Meter {
  readonly #bar: Progress
  readonly #incidents: () => number
  readonly #now: () => Instant
  readonly #journey: () => { table: { elements: number } } | null
  #octets = 0

  constructor(
    octets: number,
    incidents: () => number,
    now: () => Instant,
    journey: () => { table: { elements: number } } | null,
  ) {
    const mode = process.stderr.isTTY === true ? 'bar' : 'off'
    this.#bar = new Progress(
      {
        mode,
        octets,
        write: (text) => process.stderr.write(text),
        columns: () => process.stderr.columns,
      },
      performance.now() * 1e3,
    )
    this.#incidents = incidents
    this.#now = now
    this.#journey = journey
  }

  add(octets: number): void {
    this.#octets += octets
    const now = this.#now()
    const reached = {
      octets: this.#octets,
      elements: this.#journey()?.table.elements ?? 0,
      at: Number.isFinite(now) ? now : null,
      incidents: this.#incidents(),
    }
    this.#bar.update(reached, performance.now() * 1e3)
  }

  clear(): void {
    this.#bar.clear()
  }
}
