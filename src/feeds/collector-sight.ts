// A feed of many collectors may lose one of them and look well: the others go on. Each is judged by the
// longest pause it ordinarily makes, and only while others speak; when nobody does, it is the feed that
// is silent. Time comes in as arguments, so that hours pass quickly in tests.

import { minutes, type Span, seconds } from '../core/time.ts'

export interface CollectorSightSettings {
  /** Nobody is called stalled sooner. */
  readonly least: Span
  /** Nor before so many of its longest ordinary pauses have passed. */
  readonly pauses: number
  /** So long it must have been heard, and so often, before its pauses are called ordinary. */
  readonly known: Span
  readonly messages: number
  /** Collectors followed; of more nobody says that they have stalled. */
  readonly most: number
}

export const collectorSightDefaults: CollectorSightSettings = {
  // A session with the shortest usual hold time sends a KEEPALIVE every 30 s (RFC 4271 §4.4 and §10): one
  // peer alone is heard often enough for this.
  least: seconds(45),
  // KEEPALIVEs may be jittered by a quarter (RFC 4271 §10), and one that is late is followed by one in time.
  pauses: 3,
  known: minutes(3),
  messages: 20,
  // RIS has 27 and RouteViews some 45.
  most: 256,
}

export interface CollectorSightHandlers {
  /** Nothing comes from this collector any more, and why we think so. Once, until `sight`. */
  gap(why: string, collector: string): void
  /** It speaks again. */
  sight(collector: string): void
}

interface Collector {
  readonly since: number
  messages: number
  heard: number
  /** Its longest pause, of those that are not long ago. */
  longest: number
  /** Of the time since it was heard, how much others have spoken. */
  missed: number
  stalled: boolean
}

/** A pause counts for less with every message: after 500 it is half as long. */
const FADES = 0.5 ** (1 / 500)
/**
 * Others speak when one of them was heard within this, a long time for a whole feed; and within so much of
 * `least`, so that nobody is called stalled because all have stopped at once.
 */
const LIVELY: Span = seconds(5)
const LIVELY_OF_LEAST = 1 / 4
/** Checks that come this late mean that we slept, not that the others were silent. */
const ASLEEP: Span = seconds(5)

export class CollectorSight {
  /** Collectors beyond the limit. */
  dropped = 0
  readonly #settings: CollectorSightSettings
  readonly #handlers: CollectorSightHandlers
  readonly #known = new Map<string, Collector>()
  readonly #beyond = new Set<string>()
  #checked: number | null = null

  constructor(handlers: CollectorSightHandlers, settings: Partial<CollectorSightSettings> = {}) {
    this.#handlers = handlers
    this.#settings = { ...collectorSightDefaults, ...settings }
  }

  /** Collectors of whom nothing comes at present. */
  get stalled(): string[] {
    return [...this.#known].filter(([, { stalled }]) => stalled).map(([name]) => name)
  }

  /** A message of a collector was understood; `now` is any clock that only moves forward, in microseconds. */
  heard(collector: string, now: number): void {
    const it = this.#known.get(collector)
    if (!it) {
      this.#meet(collector, now)
      return
    }
    it.messages++
    const pause = now - it.heard
    // What it did not say while the others were silent too, or we slept, is no pause of its own.
    it.longest = Math.max(it.longest * FADES, pause - it.missed < ASLEEP ? pause : it.missed)
    it.heard = now
    it.missed = 0
    if (!it.stalled) return
    it.stalled = false
    this.#handlers.sight(collector)
  }

  #meet(collector: string, now: number): void {
    if (this.#known.size >= this.#settings.most) {
      // Counted once each, as long as that can be remembered.
      if (this.#beyond.size < this.#settings.most && !this.#beyond.has(collector)) {
        this.#beyond.add(collector)
        this.dropped++
      }
      return
    }
    const made = { since: now, messages: 1, heard: now, longest: 0, missed: 0, stalled: false }
    this.#known.set(collector, made)
  }

  /** To be asked regularly, every second or so, while the feed as a whole is seen. */
  check(now: number): void {
    const passed = this.#checked === null ? 0 : now - this.#checked
    this.#checked = now
    if (passed <= 0 || passed > ASLEEP) return
    const lively = Math.min(LIVELY, LIVELY_OF_LEAST * this.#settings.least)
    // The two that spoke last: for each, whether another one speaks.
    let first = Number.NEGATIVE_INFINITY
    let second = Number.NEGATIVE_INFINITY
    for (const { heard } of this.#known.values()) {
      if (heard >= first) [first, second] = [heard, first]
      else if (heard > second) second = heard
    }
    for (const [name, it] of this.#known) {
      const other = it.heard === first ? second : first
      if (it.stalled || now - other > lively) continue
      it.missed = Math.min(it.missed + passed, now - it.heard)
      if (!this.#isStalled(it)) continue
      it.stalled = true
      // An ordinary pause of this collector is what it made before.
      const quiet = Math.round(it.missed / 1e6)
      this.#handlers.gap(`${name} has said nothing for ${quiet} s while others speak`, name)
    }
  }

  #isStalled({ since, heard, messages, longest, missed }: Collector): boolean {
    const { least, pauses, known, messages: enough } = this.#settings
    if (messages < enough || heard - since < known) return false
    return missed >= Math.max(least, pauses * longest)
  }

  /** Sight of the whole feed is lost: what is silent now has not stalled by itself. */
  lost(): void {
    this.#checked = null
    for (const it of this.#known.values()) {
      it.missed = 0
      it.stalled = false
    }
  }
}
