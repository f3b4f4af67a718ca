// The life of an incident (detection.md §10.6): opened by a signal, changed when something that
// matters changed, resolved when the signal lets go, opened again when it returns within half an
// hour. What comes out are revisions: each a whole record, numbered, with the reason it was written.

import type { Asn } from '../core/asn.ts'
import type {
  Baseline,
  Confidence,
  Counts,
  Incident,
  Inputs,
  Signal,
  State,
  Tag,
  Vantage,
} from '../core/incident.ts'
import { levels, type Severity, severities } from '../core/incident.ts'
import { type Instant, iso, minutes, type Span } from '../core/time.ts'
import { explanations, type Verdict } from '../core/verdict.ts'
import { evidence, linkOf, together } from './evidence.ts'
import { planeKinds } from './joined.ts'
import { first, idOf } from './record.ts'
import { confidenceOf, same, saysTheSame, withTag, worst } from './weigh.ts'
import { Wholes } from './wholes.ts'

export interface LedgerSettings {
  readonly baseline: Baseline
  readonly inputs: Inputs
  /** The same trouble within so long after its end is the same incident again. */
  readonly reopen: Span
  /** While it changes, it is told so often at most. */
  readonly update: Span
  /** Incidents held in memory; the oldest that are over go first. */
  readonly most: number
  /** What is said of the cause of an incident, `previous` what was said of it last. */
  readonly verdict: (signal: Signal, previous: Verdict | null) => Verdict | null
  /** How bad it is at least, by the harm that is seen on any plane. */
  readonly harm: (signal: Signal) => Severity
  /** What is to be said of an incident that is new and began then (afterwards.ts). */
  readonly late: (startedAt: Instant) => Tag | null
  /** Whether more than its routes is known of it, so that the verdict may change by itself. */
  readonly watches: (asn: Asn) => boolean
}

export const ledgerDefaults = {
  reopen: minutes(30),
  update: minutes(5),
  most: 2_000,
  verdict: () => null,
  harm: (): Severity => 'info',
  watches: () => false,
  late: () => null,
}

const MOST_REFUSED = 10_000

interface Entry {
  readonly id: string
  /** As written last. */
  record: Incident
  /** Event time of that record. */
  writtenAt: Instant
  /** The newest signal; may know more than what was written. */
  signal: Signal
  peak: Counts
  /** The signal at the worst so far: at the end there is nothing left to show. */
  worst: Signal
  /** Links that have been told of. */
  readonly links: Set<string>
  confidence: Confidence
  /** It was found long after it began, because nobody could hear then. */
  readonly late: Tag | null
  /** The worst so far of what nothing explained. */
  severity: Severity
  overAt: Instant | null
  /** When it was last told that it gets well: who hovers about the bar does not say so at each turn. */
  wellAt: Instant
}

const isExplained = (verdict: Verdict | null, { kind }: Signal): boolean =>
  verdict !== null && explanations.has(verdict.cause) && !/^(rpki|prefix)\./.test(kind)

export class Ledger {
  /** Incidents that were never told, because too many were open already. */
  dropped = 0
  #settings: LedgerSettings
  readonly #entries = new Map<string, Entry>()
  /** Open incidents that have changed since they were written. */
  readonly #behind = new Map<string, Entry>()
  readonly #wholes = new Wholes()
  /** Open incidents of watched networks. */
  readonly #watched = new Map<string, Entry>()
  /** Of those, what was never told by itself, as it was said last. */
  readonly #inside = new Map<string, Signal>()
  /** What there was no room for, as it was said last. */
  readonly #refused = new Map<string, Signal>()

  constructor(settings: Pick<LedgerSettings, 'baseline' | 'inputs'> & Partial<LedgerSettings>) {
    this.#settings = { ...ledgerDefaults, ...settings }
  }

  /** Side inputs have changed: incidents that open from now on rest on these. */
  know(inputs: Partial<Inputs>): void {
    this.#settings = { ...this.#settings, inputs: { ...this.#settings.inputs, ...inputs } }
  }

  get open(): number {
    let n = 0
    for (const entry of this.#entries.values()) if (entry.overAt === null) n++
    return n
  }

  /**
   * Takes in what the detectors said at one tick; the revisions that follow from it, in order. A
   * detector that has nothing new says nothing; what it said last is taken to hold.
   */
  take(signals: readonly Signal[], vantage: Vantage, at: Instant): Incident[] {
    const due = this.#due(signals, at)
    // What others are part of comes before them.
    const rank = ({ absorbs }: Signal) => (absorbs === undefined ? 1 : 0)
    const sorted = [...signals, ...due].sort(
      (a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
    )
    const out: Incident[] = []
    for (const signal of sorted) {
      const record = this.#one(signal, vantage)
      if (record) out.push(record)
      const entry = this.#entries.get(signal.key)
      if (entry && isBehind(entry)) this.#behind.set(signal.key, entry)
      else this.#behind.delete(signal.key)
    }
    this.#judge(out, vantage, at)
    return out
  }

  /** Other planes may change what is said of an incident of which no detector has anything new. */
  #judge(out: Incident[], vantage: Vantage, at: Instant): void {
    for (const entry of this.#watched.values()) {
      if (entry.overAt !== null) {
        this.#watched.delete(entry.record.key)
        continue
      }
      const { signal, record } = entry
      const verdict = this.#settings.verdict(signal, record.verdict)
      const severity = this.#severity(entry, signal)
      if (!isExplained(verdict, signal) && isWorse(severity, entry.severity)) {
        entry.signal = { ...signal, at }
        out.push(this.#write(entry, record.state, `severity rose to ${severity}`, vantage))
        continue
      }
      if (verdict === null || verdict.version === record.verdict?.version) continue
      // That a plane is heard no more, or one thing more is found, can wait.
      const turned = verdict.cause !== record.verdict?.cause
      if (!turned && at - entry.writtenAt < this.#settings.update) continue
      entry.signal = { ...signal, at }
      const why = verdict.changedBecause ?? verdict.because
      out.push(this.#write(entry, record.state, `verdict: ${verdict.cause}; ${why}`, vantage))
    }
  }

  /** What was said before and is to be written by now. */
  #due(signals: readonly Signal[], at: Instant): Signal[] {
    const out: Signal[] = []
    const said = new Set<string>()
    for (const { key } of signals) said.add(key)
    const again = (key: string, signal: Signal) => {
      if (said.has(key)) return
      said.add(key)
      out.push({ ...signal, at })
    }
    // What something larger may turn out to be the whole of is looked at anew with it.
    for (const larger of signals) {
      const parts = this.#wholes.take(larger, this.#entries.has(larger.key))
      for (const part of parts) {
        const entry = this.#entries.get(part)
        // What went into it and has not ended with it stands for itself again.
        const left = larger.phase === 'resolved' && entry?.record.foldedInto != null
        const lasts = entry?.signal.phase === 'open' || entry?.signal.phase === 'resolving'
        if (entry && lasts && (entry.overAt === null || left)) again(part, entry.signal)
        const inside = this.#inside.get(part)
        if (!inside || larger.phase !== 'resolved') continue
        this.#inside.delete(part)
        if (inside.phase === 'open' || inside.phase === 'resolving') again(part, inside)
      }
    }
    for (const [key, entry] of this.#behind)
      if (at - entry.writtenAt >= this.#settings.update) again(key, entry.signal)
    // Those who were refused may have nothing new to say when room is made.
    let room = this.#refused.size > 0 ? this.#settings.most - this.open : 0
    for (const [key, signal] of this.#refused) {
      if (room-- <= 0) break
      again(key, signal)
    }
    return out
  }

  /** At the end of the input: those that know more than was written of them, as they stand. */
  finish(vantage: Vantage, at: Instant): Incident[] {
    const out: Incident[] = []
    for (const entry of this.#entries.values()) {
      if (!isBehind(entry)) continue
      entry.signal = { ...entry.signal, at }
      out.push(this.#write(entry, entry.record.state, 'the input ends here', vantage))
    }
    return out
  }

  #one(signal: Signal, vantage: Vantage): Incident | null {
    const entry = this.#entries.get(signal.key)
    const larger = this.#larger(signal)
    if (!larger) this.#inside.delete(signal.key)
    if (!entry) {
      if (!larger) return this.#open(signal, vantage, null)
      // It is told when it outlasts what it is part of.
      if (this.#inside.has(signal.key) || this.#inside.size < MOST_REFUSED)
        this.#inside.set(signal.key, signal)
      else this.dropped++
      return null
    }
    if (entry.overAt !== null) {
      if (!larger) return this.#again(entry, signal, vantage)
      entry.signal = signal
      return null
    }
    const before = entry.signal
    if (saysTheSame(before, signal)) entry.signal = signal
    else this.#absorb(entry, signal)
    if (larger) {
      entry.overAt = signal.at
      entry.record = { ...entry.record, foldedInto: larger }
      return this.#write(entry, 'suppressed', `part of incident ${larger}`, vantage)
    }
    const why = this.#reason(entry, signal)
    if (why === null) return null
    if (signal.phase === 'resolved') entry.overAt = signal.at
    return this.#write(entry, stateOf(entry, signal), why, vantage)
  }

  /**
   * The open incident that this is a part of: one that says so (`absorbs`), or the outage of the network
   * for losses of single prefixes, and for more-specifics whose cover is now gone as well. Keys are taken
   * in order, so the outage comes first.
   */
  #larger({ kind, key, now, asn, kinds = [kind] }: Signal): string | null {
    const whole = this.#entries.get(this.#wholes.of(key) ?? '')
    // What more than routes tell of a network is no part of what is told of another.
    const isOther = whole?.record.asn !== asn && kinds.some((one) => planeKinds.has(one))
    if (whole && whole.overAt === null && whole.signal.key !== key && !isOther) return whole.id
    const partial = key.startsWith('partial:')
    if (kind !== 'outage.prefix' && !partial && (kind !== 'withdrawal.mass' || now.prefixes > 0))
      return null
    const outage = this.#entries.get(key.replace(/^[a-z]+:/, 'outage:'))
    return outage && outage.overAt === null ? outage.id : null
  }

  /** A signal about what was over. */
  #again(entry: Entry, signal: Signal, vantage: Vantage): Incident | null {
    if (signal.phase !== 'open' && signal.phase !== 'transient') return null
    const soon = signal.at - (entry.overAt ?? 0) <= this.#settings.reopen
    // That it has passed is no news of what was told, and nothing would close it again.
    if (signal.phase === 'transient' && (soon || idOf(signal) === entry.id)) return null
    // What never was an incident cannot be one again: its start would be that of a passing moment.
    const { state, foldedInto } = entry.record
    const wasOne = state !== 'transient' && (state !== 'suppressed' || foldedInto !== null)
    if (idOf(signal) !== entry.id && !(soon && wasOne)) return this.#open(signal, vantage, entry.id)
    entry.overAt = null
    entry.record = { ...entry.record, foldedInto: null }
    this.#absorb(entry, signal)
    return this.#write(entry, 'reopened', 'it is back', vantage)
  }

  #reason(entry: Entry, signal: Signal): string | null {
    const { record } = entry
    const { update } = this.#settings
    if (signal.phase === 'resolved')
      return signal.because !== undefined
        ? signal.because
        : signal.endedAt === null
          ? 'it was given up: nothing came back, and nobody is expected to carry it any more'
          : 'it has been well for long enough'
    const well = signal.phase === 'resolving'
    if (!well && record.state === 'resolving') return 'it is getting worse again'
    if (well && record.state !== 'resolving' && signal.at - entry.wellAt >= update) {
      entry.wellAt = signal.at
      return signal.because ?? 'it is getting well'
    }
    const severity = this.#severity(entry, signal)
    if (!isExplained(record.verdict, signal) && isWorse(severity, entry.severity))
      return `severity rose to ${severity}`
    if (entry.confidence.level !== record.confidence.level)
      return `confidence is ${entry.confidence.level} now`
    if (signal.now.prefixes >= 2 * Math.max(1, record.counts.prefixes))
      return 'twice as many prefixes'
    if (signal.now.peerAsns >= 2 * Math.max(1, record.counts.peerAsns)) return 'twice as many peers'
    if (signal.segments.some((segment) => !entry.links.has(linkOf(segment)))) return 'a new segment'
    const joined = signal.kinds?.find((kind) => !record.kinds.includes(kind))
    if (joined !== undefined) return `${joined} is told with it`
    if (signal.at - entry.writtenAt >= update && !same(record.counts.now, signal.now))
      return 'it has changed'
    return null
  }

  #open(signal: Signal, vantage: Vantage, previousId: string | null): Incident | null {
    if (signal.phase === 'resolved') {
      this.#refused.delete(signal.key)
      return null
    }
    // Its own record of long ago makes room for it as well.
    if (!this.#entries.has(signal.key) && !this.#hasRoom()) {
      this.#refuse(signal)
      return null
    }
    this.#refused.delete(signal.key)
    const id = idOf(signal)
    const late = this.#settings.late(signal.startedAt)
    const confidence = withTag(confidenceOf(signal), late)
    const standing = signal.phase === 'standing'
    const over = standing || signal.phase === 'transient'
    const entry: Entry = {
      id,
      record: first(id, signal, previousId, this.#settings),
      writtenAt: signal.at,
      signal,
      peak: signal.now,
      worst: signal,
      links: new Set(),
      confidence,
      late,
      severity: 'info',
      overAt: over ? signal.at : null,
      wellAt: Number.NEGATIVE_INFINITY,
    }
    this.#entries.delete(signal.key)
    this.#entries.set(signal.key, entry)
    if (standing) return this.#write(entry, 'suppressed', 'it was so when we began', vantage)
    const why = over ? 'it was over before it could be confirmed' : 'confirmed'
    return this.#write(entry, over ? 'transient' : 'open', why, vantage)
  }

  /** Whether one more fits in. What is open stays: forgotten, it would be told as new at once. */
  #hasRoom(): boolean {
    if (this.#entries.size < this.#settings.most) return true
    for (const [key, { overAt }] of this.#entries) {
      if (overAt === null) continue
      this.#entries.delete(key)
      return true
    }
    return false
  }

  /** What there is no room for counts once, and is kept to be told when there is. */
  #refuse(signal: Signal): void {
    const { key, phase } = signal
    if (!this.#refused.has(key)) this.dropped++
    const lasts = phase === 'open' || phase === 'resolving'
    if (lasts && (this.#refused.has(key) || this.#refused.size < MOST_REFUSED))
      this.#refused.set(key, signal)
  }

  /** The worst so far, with what is said of it now. */
  #severity({ severity }: Entry, signal: Signal): Severity {
    const all = [severity, signal.severity, this.#settings.harm(signal)]
    return all.reduce((worst, one) => (isWorse(one, worst) ? one : worst))
  }

  #absorb(entry: Entry, signal: Signal): void {
    entry.signal = signal
    if (signal.now.prefixes >= entry.peak.prefixes) entry.worst = evidence(signal, entry.worst)
    entry.peak = worst(entry.peak, signal.now)
    const confidence = withTag(confidenceOf(signal), entry.late)
    // What was once well supported does not become doubtful because it is getting better.
    const rank = ({ level, score }: Confidence) => levels.indexOf(level) * 1_000 + score
    if (rank(confidence) >= rank(entry.confidence)) entry.confidence = confidence
  }

  #write(entry: Entry, state: State, because: string, vantage: Vantage): Incident {
    const { signal, record } = entry
    const verdict = this.#settings.verdict(signal, record.verdict)
    const explained = isExplained(verdict, signal)
    if (!explained) entry.severity = this.#severity(entry, signal)
    if (this.#settings.watches(signal.asn)) this.#watched.set(record.key, entry)
    const ended = signal.phase === 'resolved' || signal.phase === 'transient'
    for (const segment of signal.segments) entry.links.add(linkOf(segment))
    entry.writtenAt = signal.at
    entry.record = {
      ...record,
      // What was told of one family may come to be of both, and then was of both.
      afi: record.afi === signal.afi ? record.afi : null,
      revision: record.revision + 1,
      kinds: [...new Set([...record.kinds, ...(signal.kinds ?? [signal.kind])])],
      state,
      endedAt: ended && signal.endedAt !== null ? iso(signal.endedAt) : null,
      updatedAt: iso(signal.at),
      severity: explained ? 'info' : entry.severity,
      verdict,
      confidence: entry.confidence,
      counts: { ...entry.peak, now: signal.now },
      vantage,
      segments: together(entry.worst.segments, record.segments, signal.segments),
      samples: entry.worst.samples,
      rfc7908: signal.rfc7908 ?? record.rfc7908,
      because,
    }
    return entry.record
  }
}

const isWorse = (a: Severity, b: Severity): boolean => severities.indexOf(a) > severities.indexOf(b)

function isBehind({ overAt, record, signal }: Entry): boolean {
  if (overAt !== null) return false
  const turned = (signal.phase === 'resolving') !== (record.state === 'resolving')
  return turned || !same(record.counts.now, signal.now)
}

function stateOf(entry: Entry, { phase }: Signal): State {
  if (phase === 'resolved') return 'resolved'
  if (phase === 'resolving') return 'resolving'
  return entry.record.state === 'reopened' ? 'reopened' : 'open'
}
