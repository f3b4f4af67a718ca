// `prefix.new`: a watched network originates a prefix it did not have. Mostly its own doing, and worth a
// line to whoever did not do it: a leak of more-specifics and a stolen network begin like that.

import type { Asn } from '../core/asn.ts'
import type { Context } from '../core/context.ts'
import type { Signal, Tag } from '../core/incident.ts'
import { quorum } from '../core/quorum.ts'
import { hours, type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { Detector, View } from '../core/view.ts'
import { byAddress } from './address.ts'
import { Cases, carriedTag, countsOf } from './cases.ts'
import { baselineCap, lowest, witnessCap } from './confidence.ts'

export interface NewPrefixSettings {
  /** Vantage points that must carry it, where there are as many; a tenth of them otherwise. */
  readonly peers: number
  readonly confirm: Span
  /** What has stood for so long is new no more. */
  readonly ordinary: Span
}

export const newPrefixDefaults: NewPrefixSettings = {
  peers: 3,
  // Slips are withdrawn within seconds.
  confirm: seconds(60),
  // Long enough to be read about, short enough that the next one is told as another.
  ordinary: hours(1),
}

/** Prefixes looked at, at once; who announces more at once leaks. */
const MOST = 10_000
/** Without a table from before all that is heard at first is new to us, and to nobody else. */
const WARMUP: Span = hours(1)
const SHOWN = 3
/**
 * What is new reaches half of the vantage points in minutes (detection.md §5.3). What turns up at one
 * after the other was there, and only missing in the table from before.
 */
const PROMPT: Span = minutes(5)

const slow = {
  level: 'low',
  because: 'not half of the vantage points took it up together: it may not be new at all',
} as const

interface Newcomer {
  readonly asn: Asn
  readonly since: Instant
  /** When enough carried it; null before. */
  seenAt: Instant | null
  /** Whether half of them did in time; null while that is open. */
  prompt: boolean | null
}

export class PrefixNew implements Detector {
  readonly name = 'prefix-new'
  dropped = 0
  readonly #view: View
  readonly #context: Context
  readonly #settings: NewPrefixSettings
  readonly #cases: Cases
  readonly #newcomers = new Map<number, Newcomer>()
  /** Networks whose new prefixes are others than were told, and since when. */
  readonly #touched = new Map<Asn, Instant>()
  #begunAt: Instant | null = null

  constructor(view: View, context: Context, settings: NewPrefixSettings) {
    this.#view = view
    this.#context = context
    this.#settings = settings
    const { confirm } = settings
    this.#cases = new Cases(view, { kind: 'prefix.new', family: 'prefix-new', confirm, clear: 0 })
  }

  origin(prefix: number, _before: Asn, after: Asn): void {
    const view = this.#view
    if (!view.narrow) return
    const known = this.#newcomers.get(prefix)
    if (known) this.#drop(prefix, known, view.cause.at)
    if (!view.watches(after) || this.#isWarmingUp(view.cause.at)) return
    if (this.#context.isBeacon(view.words(prefix))) return
    if (this.#newcomers.size >= MOST) this.dropped++
    else
      this.#newcomers.set(prefix, { asn: after, since: view.cause.at, seenAt: null, prompt: null })
  }

  #isWarmingUp(at: Instant): boolean {
    this.#begunAt ??= at
    return this.#view.baseline === 'learned-live' && at - this.#begunAt < WARMUP
  }

  tick(at: Instant): Signal[] {
    for (const [prefix, one] of this.#newcomers) this.#ask(prefix, one, at)
    for (const [asn, when] of this.#touched) this.#find(asn, when)
    this.#touched.clear()
    return this.#cases.tick(at)
  }

  #ask(prefix: number, one: Newcomer, at: Instant): void {
    const view = this.#view
    const carry = view.visible(prefix)
    const voters = view.voters(view.afi(prefix))
    if (one.prompt === null) {
      const inTime = at - one.since <= PROMPT
      if (carry * 2 >= voters || !inTime) one.prompt = inTime
      if (one.prompt !== null && one.seenAt !== null) this.#touched.set(one.asn, at)
    }
    if (one.seenAt === null) {
      const wanted = quorum(this.#settings.peers, voters)
      if (carry >= wanted) {
        one.seenAt = at
        this.#touched.set(one.asn, at)
      } else if (at - one.since > this.#settings.ordinary) this.#newcomers.delete(prefix)
    } else if (carry === 0) this.#drop(prefix, one, view.lastLoss(prefix) || at)
    else if (at - one.seenAt >= this.#settings.ordinary) this.#drop(prefix, one, at)
  }

  #drop(prefix: number, { asn, seenAt }: Newcomer, at: Instant): void {
    this.#newcomers.delete(prefix)
    if (seenAt !== null) this.#touched.set(asn, at)
  }

  #find(asn: Asn, at: Instant): void {
    const view = this.#view
    const mine = [...this.#newcomers].filter(([, one]) => one.asn === asn && one.seenAt !== null)
    const prefixes = mine.map(([prefix]) => prefix).sort(byAddress(view))
    if (prefixes.length === 0) {
      this.#cases.find(asn, null, at)
      return
    }
    const since = Math.min(...mine.map(([, one]) => one.since))
    const more = prefixes.length > SHOWN ? ` and ${prefixes.length - SHOWN} more` : ''
    const names = prefixes.slice(0, SHOWN).map((prefix) => this.#described(prefix, asn))
    const because = `it did not originate ${names.join(', ')}${more} before`
    const of = view.prefixesOf(asn).length
    const counts = countsOf(view, prefixes, of)
    const tags: Tag[] = [{ name: 'prefix.new', score: 4, because }, carriedTag(counts.peerAsns)]
    const severity = 'info'
    const prompt = mine.some(([, one]) => one.prompt === true)
    const cap = lowest(baselineCap(view, false), witnessCap(counts), prompt ? null : slow)
    this.#cases.find(asn, { prefixes, of, since, severity, tags, cap }, at)
  }

  /** `198.51.100.0/24 (part of 198.51.0.0/16, RPKI valid)` */
  #described(prefix: number, asn: Asn): string {
    const view = this.#view
    const parent = view.parentOf(prefix)
    const validity = this.#context.validity(view.words(prefix), asn)
    const notes = [
      parent >= 0 ? `part of ${view.prefixText(parent)}` : '',
      validity === 'unknown' ? '' : `RPKI ${validity}`,
    ].filter((note) => note !== '')
    return `${view.prefixText(prefix)}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`
  }
}
