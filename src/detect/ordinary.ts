// How much there ordinarily is of something in five minutes, over a day: median and median absolute
// deviation, which one bad hour does not move. What was out of the ordinary enters as what was expected,
// so that trouble does not become normal (inpainting).

const DAY = 288
/** Of a normal distribution the standard deviation, in MADs. */
const SIGMA = 1.4826

export class Ordinary {
  #bins = new Float64Array(12)
  #count = 0
  #next = 0
  #median = 0
  #sigma = 0

  /** Bins known, a day at the most. */
  get bins(): number {
    return this.#count
  }

  get median(): number {
    return this.#median
  }

  /** How many deviations above the median; one is added, so that silence is no certainty. */
  z(x: number): number {
    return (x - this.#median) / (this.#sigma + 1)
  }

  add(x: number): void {
    if (this.#next === this.#bins.length && this.#bins.length < DAY) {
      const wider = new Float64Array(Math.min(DAY, this.#bins.length * 2))
      wider.set(this.#bins)
      this.#bins = wider
    }
    if (this.#next === DAY) this.#next = 0
    this.#bins[this.#next++] = x
    this.#count = Math.max(this.#count, this.#next)
    const sorted = this.#bins.slice(0, this.#count).sort()
    this.#median = middle(sorted)
    this.#sigma = SIGMA * middle(sorted.map((y) => Math.abs(y - this.#median)).sort())
  }
}

const middle = (sorted: Float64Array): number =>
  ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
