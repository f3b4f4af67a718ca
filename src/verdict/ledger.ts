// The life of an incident (detection.md §10.6): opened by a signal, changed when something that
// matters changed, resolved when the signal lets go, opened again when it returns within half an
// hour. What comes out are revisions: each a whole record, numbered, with the reason it was written.

import { createHash } from 'node:crypto'
import type {
  Baseline,
  Confidence,
  Counts,
  Incident,
  Inputs,
  Level,
  Signal,
  State,
  Vantage,
} from '../core/incident.ts'
import { levels, severities } from '../core/incident.ts'
import { type Instant, iso, minutes, type Span } from '../core/time.ts'

export interface LedgerSettings {
  readonly baseline: Baseline
  readonly inputs: Inputs
  /** The same trouble within so long after its end is the same incident again. */
  readonly reopen: Span
  /** While it changes, it is told so often at most. */
  readonly update: Span
  /** Incidents held in memory; the oldest that are over go first. */
  readonly most: number
}

export const ledgerDefaults = {
  reopen: minutes(30),
  update: minutes(5),
  most: 2_000,
}

interface Entry {
  readonly id: string
  /** As written last. */
  record: Incident
  /** Event time of that record. */
  writtenAt: Instant
  /** The newest signal; may know more than what was written. */
  signal: Signal
  peak: Counts
  confidence: Confidence
  overAt: Instant | null
}

export class Ledger {
  /** Incidents forgotten before they were over, because there were too many. */
  dropped = 0
  readonly #settings: LedgerSettings
  readonly #entries = new Map<string, Entry>()

  constructor(settings: Pick<LedgerSettings, 'baseline' | 'inputs'> & Partial<LedgerSettings>) {
    this.#settings = { ...ledgerDefaults, ...settings }
  }

  get open(): number {
    let n = 0
    for (const entry of this.#entries.values()) if (entry.overAt === null) n++
    return n
  }

  /** Takes in what the detectors said at one tick; the revisions that follow from it, in order. */
  take(signals: readonly Signal[], vantage: Vantage): Incident[] {
    const sorted = [...signals].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    const out: Incident[] = []
    for (const signal of sorted) {
      const record = this.#one(signal, vantage)
      if (record) out.push(record)
    }
    return [...out, ...this.#fold(sorted, vantage)]
  }

  /** At the end of the input: those that know more than was written of them, as they stand. */
  finish(vantage: Vantage): Incident[] {
    const out: Incident[] = []
    for (const entry of this.#entries.values()) {
      if (entry.overAt !== null || same(entry.record.counts.now, entry.signal.now)) continue
      out.push(this.#write(entry, entry.record.state, 'the input ends here', vantage))
    }
    return out
  }

  #one(signal: Signal, vantage: Vantage): Incident | null {
    const entry = this.#entries.get(signal.key)
    if (!entry) return this.#open(signal, vantage, null)
    if (entry.overAt !== null) {
      if (signal.phase === 'transient' || signal.phase === 'resolved') return null
      if (signal.at - entry.overAt > this.#settings.reopen)
        return this.#open(signal, vantage, entry.id)
      entry.overAt = null
      this.#absorb(entry, signal)
      return this.#write(entry, 'reopened', 'it is back within half an hour', vantage)
    }
    const before = entry.signal
    this.#absorb(entry, signal)
    const why = this.#reason(entry, before, signal)
    if (why === null) return null
    if (signal.phase === 'resolved') entry.overAt = signal.at
    return this.#write(entry, stateOf(entry, signal), why, vantage)
  }

  #reason(entry: Entry, before: Signal, signal: Signal): string | null {
    const { record } = entry
    if (signal.phase === 'resolved') return 'it has been well for long enough'
    if (signal.phase !== before.phase)
      return signal.phase === 'resolving' ? 'it is getting well' : 'it is getting worse again'
    if (severities.indexOf(signal.severity) > severities.indexOf(record.severity))
      return `severity rose to ${signal.severity}`
    if (entry.confidence.level !== record.confidence.level)
      return `confidence is ${entry.confidence.level} now`
    if (signal.now.prefixes >= 2 * Math.max(1, record.counts.now.prefixes))
      return 'twice as many prefixes'
    if (signal.now.peerAsns >= 2 * Math.max(1, record.counts.peerAsns)) return 'twice as many peers'
    const known = new Set(record.segments.map(({ by, to }) => `${by} ${to}`))
    if (signal.segments.some(({ by, to }) => !known.has(`${by} ${to}`))) return 'a new segment'
    if (
      signal.at - entry.writtenAt >= this.#settings.update &&
      !same(record.counts.now, signal.now)
    )
      return 'it has changed'
    return null
  }

  #open(signal: Signal, vantage: Vantage, previousId: string | null): Incident | null {
    if (signal.phase === 'resolved') return null
    this.#makeRoom()
    const ms = Math.floor(signal.startedAt / 1_000)
    const id = createHash('sha256').update(`${signal.key}|${ms}`).digest('hex').slice(0, 16)
    const confidence = confidenceOf(signal)
    const over = signal.phase === 'transient'
    const entry: Entry = {
      id,
      record: first(id, signal, previousId, this.#settings),
      writtenAt: signal.at,
      signal,
      peak: signal.now,
      confidence,
      overAt: over ? signal.at : null,
    }
    this.#entries.delete(signal.key)
    this.#entries.set(signal.key, entry)
    const why = over ? 'it was over before it could be confirmed' : 'confirmed'
    return this.#write(entry, over ? 'transient' : 'open', why, vantage)
  }

  #makeRoom(): void {
    if (this.#entries.size < this.#settings.most) return
    for (const [key, { overAt }] of this.#entries) {
      if (overAt === null) continue
      this.#entries.delete(key)
      return
    }
    const oldest = this.#entries.keys().next().value
    if (oldest !== undefined) this.#entries.delete(oldest)
    this.dropped++
  }

  #absorb(entry: Entry, signal: Signal): void {
    entry.signal = signal
    entry.peak = worst(entry.peak, signal.now)
    const confidence = confidenceOf(signal)
    // What was once well supported does not become doubtful because it is getting better.
    if (confidence.score >= entry.confidence.score) entry.confidence = confidence
  }

  /**
   * What an outage of the network turns out to be a part of it is told as such: losses of single
   * prefixes, and more-specifics whose cover is now gone as well.
   */
  #fold(signals: readonly Signal[], vantage: Vantage): Incident[] {
    const out: Incident[] = []
    for (const { kind, key } of signals) {
      if (kind !== 'outage.as') continue
      const larger = this.#entries.get(key)
      if (!larger || larger.overAt !== null) continue
      for (const family of ['prefix:', 'withdrawal:']) {
        const part = this.#entries.get(key.replace(/^outage:/, family))
        if (!part || part.overAt !== null) continue
        if (part.signal.kind === 'withdrawal.mass' && part.signal.now.prefixes > 0) continue
        part.overAt = larger.signal.at
        part.record = { ...part.record, foldedInto: larger.id }
        part.signal = { ...part.signal, at: larger.signal.at }
        out.push(this.#write(part, 'suppressed', `part of outage ${larger.id}`, vantage))
      }
    }
    return out
  }

  #write(entry: Entry, state: State, because: string, vantage: Vantage): Incident {
    const { signal, record } = entry
    const rank = (s: Signal['severity']) => severities.indexOf(s)
    const worse = rank(signal.severity) > rank(record.severity) ? signal.severity : record.severity
    const ended = signal.phase === 'resolved' || signal.phase === 'transient'
    const worsened = signal.now.prefixes >= record.counts.now.prefixes
    entry.writtenAt = signal.at
    entry.record = {
      ...record,
      revision: record.revision + 1,
      kinds: record.kinds.includes(signal.kind) ? record.kinds : [...record.kinds, signal.kind],
      state,
      endedAt: ended && signal.endedAt !== null ? iso(signal.endedAt) : null,
      updatedAt: iso(signal.at),
      severity: worse,
      confidence: entry.confidence,
      counts: { ...entry.peak, now: signal.now },
      vantage,
      // Evidence stays that of the worst so far: at the end there is nothing left to show.
      segments: worsened ? signal.segments : record.segments,
      samples: worsened ? signal.samples : record.samples,
      rfc7908: signal.rfc7908 ?? record.rfc7908,
      because,
    }
    return entry.record
  }
}

function stateOf(entry: Entry, { phase }: Signal): State {
  if (phase === 'resolved') return 'resolved'
  if (phase === 'resolving') return 'resolving'
  return entry.record.state === 'reopened' ? 'reopened' : 'open'
}

function first(
  id: string,
  signal: Signal,
  previousId: string | null,
  { baseline, inputs }: LedgerSettings,
): Incident {
  return {
    schema: 1,
    id,
    key: signal.key,
    revision: 0,
    kind: signal.kind,
    kinds: [signal.kind],
    state: 'open',
    asn: signal.asn,
    culprit: signal.culprit,
    afi: signal.afi,
    startedAt: iso(signal.startedAt),
    detectedAt: iso(signal.at),
    endedAt: null,
    updatedAt: iso(signal.at),
    baseline,
    severity: signal.severity,
    confidence: confidenceOf(signal),
    counts: { ...signal.now, now: signal.now },
    vantage: { active: 0, quarantined: 0, down: 0, unknown: 0 },
    segments: signal.segments,
    samples: signal.samples,
    verdict: null,
    rfc7908: signal.rfc7908,
    foldedInto: null,
    previousId,
    because: '',
    inputs,
  }
}

/** Sum of the tags, and its level: 1–3 low, 4–7 medium, from 8 high, never above the cap. */
export function confidenceOf({ tags, cap, phase }: Signal): Confidence {
  const score = tags.reduce((sum, tag) => sum + tag.score, 0)
  let level: Level = score >= 8 ? 'high' : score >= 4 ? 'medium' : 'low'
  const named = [...tags]
  const limit: Signal['cap'] =
    phase === 'transient'
      ? { level: 'low', because: 'it was over before it could be confirmed' }
      : cap
  if (limit && levels.indexOf(limit.level) < levels.indexOf(level)) {
    level = limit.level
    named.push({ name: `cap.${limit.level}`, score: 0, because: limit.because })
  }
  return { score, level, tags: named }
}

function worst(a: Counts, b: Counts): Counts {
  const most = (x: number | undefined, y: number | undefined) => Math.max(x ?? 0, y ?? 0)
  const more = b.prefixes > a.prefixes ? b : a
  return {
    ...more,
    prefixes: most(a.prefixes, b.prefixes),
    ofPrefixes: most(a.ofPrefixes, b.ofPrefixes),
    peerAsns: most(a.peerAsns, b.peerAsns),
    collectors: most(a.collectors, b.collectors),
    share: most(a.share, b.share),
    ...(a.origins === undefined ? {} : { origins: most(a.origins, b.origins) }),
    ...(a.routes === undefined ? {} : { routes: most(a.routes, b.routes) }),
  }
}

function same(a: Counts, b: Counts): boolean {
  return a.prefixes === b.prefixes && a.share === b.share && a.routes === b.routes
}
