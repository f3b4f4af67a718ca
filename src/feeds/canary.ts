// Canaries: prefixes that come and go by the clock, so that it is known beforehand what must be heard, and
// when. They measure the whole way from the router that announces to our own decision, and a feed that
// tells of much but not of them is worth a word. A missed beacon is never an outage: it is no network's
// loss, it is a doubt about our eyes.

import type { Batch } from '../core/batch.ts'
import { type Prefix, parsePrefix } from '../core/prefix.ts'
import { hours, type Instant, iso, minutes, type Span } from '../core/time.ts'

/**
 * The beacons of RIS at rrc00, of both families: announced at 00:00 UTC and every four hours from then, and
 * withdrawn two hours after each. One of each is enough: all peers hear them, 3,000 messages every two hours.
 */
export const risBeacons: readonly string[] = ['84.205.64.0/24', '2001:7fb:fe00::/48']

/** Between an announcement and the withdrawal, and between that and the next announcement. */
const TURN: Span = hours(2)
/**
 * What comes later was not caused by it. Announcements arrive within 100 s, withdrawals are chased around
 * for three minutes (research/detection.md), and the feed may lag by three more.
 */
const LATE: Span = minutes(10)

/** What was scheduled at `at`. */
export const isAnnounced = (at: Instant): boolean => at % (2 * TURN) === 0

/** The newest appointment at or before `at`. */
export const dueBefore = (at: Instant): Instant => Math.floor(at / TURN) * TURN

export interface CanaryReading {
  /** When the event was scheduled; the following are spans after that. */
  readonly scheduled: Instant
  /** The collector's stamp on the first message of it: BGP's part of the way. */
  readonly stamped: Span
  /** It reached us. */
  readonly heard: Span
  /** It was in the table and judged; null while it is on its way. */
  readonly decided: Span | null
}

export class Canary {
  /** The newest appointment that was kept; null before one was. */
  last: CanaryReading | null = null
  missed = 0
  readonly #prefixes: readonly Prefix[]
  /** Since when we see without interruption, by the wall clock; null while we do not. */
  #seesSince: Instant | null = null
  /** The last appointment that was kept, and the last of which it is known whether it was. */
  #kept: Instant = Number.NEGATIVE_INFINITY
  #judged: Instant = Number.NEGATIVE_INFINITY
  #missedAt: Instant | null = null

  /** Texts that are no prefixes are left out. */
  constructor(prefixes: readonly string[]) {
    this.#prefixes = prefixes.flatMap((text) => parsePrefix(text) ?? [])
  }

  get on(): boolean {
    return this.#prefixes.length > 0
  }

  /** What is to be told of it; null when all is well. */
  get symptom(): string | null {
    if (this.#missedAt === null) return null
    const what = isAnnounced(this.#missedAt) ? 'announcement' : 'withdrawal'
    return `no peer has told of the ${what} of the beacons scheduled at ${iso(this.#missedAt)}`
  }

  /** A message that was read into a batch, and arrived at `wall`. */
  message(batch: Batch, m: number, wall: Instant): void {
    const end = batch.first[m + 1] as number
    for (let e = batch.first[m] as number; e < end; e++)
      for (const { afi, length, words } of this.#prefixes) {
        // Nearly all differ in these.
        if (batch.word0[e] !== words[0] || batch.length[e] !== length) continue
        if (batch.word1[e] !== words[1] || batch.word2[e] !== words[2]) continue
        if (batch.word3[e] !== words[3] || batch.afi[e] !== afi) continue
        this.heard(batch.announced[e] === 1, batch.at[m] as number, wall)
      }
  }

  /** One of ours was announced or withdrawn by somebody: stamped `at`, and heard at `wall`. */
  heard(announced: boolean, at: Instant, wall: Instant): void {
    const scheduled = dueBefore(at)
    if (scheduled <= this.#kept || announced !== isAnnounced(scheduled)) return
    // By its stamp: what was said in time and comes late is how late the feed is.
    if (at - scheduled >= LATE) return
    this.#kept = scheduled
    this.#missedAt = null
    const [stamped, heard] = [at - scheduled, Math.max(0, wall - scheduled)]
    this.last = { scheduled, stamped, heard, decided: null }
  }

  /** Everything stamped up to `at` has been judged. */
  reached(at: Instant, wall: Instant): void {
    const { last } = this
    if (!last || last.decided !== null || at <= last.scheduled + last.stamped) return
    this.last = { ...last, decided: Math.max(0, wall - last.scheduled) }
  }

  /** Whether the feed is seen from now on: what happens while it is not is not missed. */
  sight(sees: boolean, wall: Instant): void {
    if (!sees) this.#seesSince = null
    else this.#seesSince ??= wall
  }

  /** To be asked regularly; true once for each appointment that was missed. */
  check(wall: Instant): boolean {
    const scheduled = dueBefore(wall - LATE)
    if (scheduled <= this.#judged || !this.on) return false
    this.#judged = scheduled
    if (scheduled <= this.#kept) return false
    if (this.#seesSince === null || this.#seesSince > scheduled) return false
    this.missed++
    this.#missedAt = scheduled
    return true
  }
}
