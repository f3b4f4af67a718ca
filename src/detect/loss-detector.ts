// What the detectors of loss have in common: a condition on what one network has lost in one family,
// a hold-down before it is believed and one before it is let go, and a signal that tells it.

import { Hold } from '../core/hold.ts'
import type { Counts, Kind, Samples, Severity, Signal, Tag } from '../core/incident.ts'
import { afiName } from '../core/prefix.ts'
import type { Instant, Span } from '../core/time.ts'
import type { Detector, View } from '../core/view.ts'
import { capOf, lowest, silenceCap } from './confidence.ts'
import type { Loss, Losses } from './losses.ts'
import { spreadOf } from './witnesses.ts'

export interface LossRule {
  readonly kind: Kind
  /** First part of the key. */
  readonly family: string
  holds(loss: Loss): boolean
  /** Whether so little is left of it, compared with the worst so far, that it may be let go. */
  clears(loss: Loss, peak: number): boolean
  /** What is compared with the worst so far. */
  size(loss: Loss): number
  confirm(loss: Loss): Span
  readonly clear: Span
  /** The prefixes it is about, and when that began. */
  prefixes(loss: Loss): readonly number[]
  covered(loss: Loss): number
  since(loss: Loss): Instant
  share(loss: Loss): number
  severity(loss: Loss, view: View): Severity
  tags(loss: Loss, counts: Counts): Tag[]
  /** What it may not be surer of than, `age` after it began to hold. */
  cap(loss: Loss, age: Span): Signal['cap']
  /** Whether one that is over before it is confirmed is worth a line. */
  memorable(loss: Loss): boolean
}

interface Case {
  readonly key: string
  readonly hold: Hold
  peak: number
  voters: number
  startedAt: Instant
  /** Null when nothing came back: it was given up. */
  recoveredAt: Instant | null
  /** How long it has held, while it does. */
  age: Span
  lastSignal: Signal | null
  lastLoss: Loss | null
  /** While it waits: what has been lost all the time, and by when that was known. */
  kept: readonly number[]
  keptOf: Loss | null
  /** The loss about which all has been said; time alone changes nothing. */
  settled: Loss | null
  /** What was shown when most prefixes were lost since it was believed, and how many they were. */
  shown: Samples | null
  most: number
}

/** So many prefixes are asked who lost them; more would say the same. */
const ASKED = 32
const SHOWN = 20
/** Older than any cap that depends on age. */
const GROWN: Span = Number.POSITIVE_INFINITY

export class LossDetector implements Detector {
  readonly name: string
  readonly #view: View
  readonly #losses: Losses
  readonly #rule: LossRule
  readonly #cases = new Map<number, Case>()
  /** What was left when it was let go: it is told again when it grows, not because it is there. */
  readonly #left = new Map<number, number>()
  /** What is asked again at the next tick though nothing of it may have changed. */
  #restless = new Map<number, Loss>()
  #voters4 = 0
  #voters6 = 0

  constructor(view: View, losses: Losses, rule: LossRule) {
    this.name = rule.kind
    this.#view = view
    this.#losses = losses
    this.#rule = rule
  }

  tick(at: Instant): Signal[] {
    const out: Signal[] = []
    const asked = this.#asked(this.#losses.changed)
    for (const number of [...asked.keys()].sort((a, b) => a - b)) {
      const loss = asked.get(number) as Loss
      const open = this.#cases.get(number)
      const holds = this.#rule.holds(loss)
      if (!holds) this.#left.delete(number)
      if (open ? open.settled === loss && this.#sees(open, loss) : !holds) continue
      if (!open && this.#rule.size(loss) <= (this.#left.get(number) ?? 0)) continue
      const key = open?.key ?? `${this.#rule.family}:${loss.asn}:${afiName(loss.afi)}`
      const c = open ?? this.#open(key, loss)
      if (!open) this.#cases.set(number, c)
      this.#losses.use(loss, at)
      const signal = this.#judge(key, c, loss, at)
      if (signal) out.push(signal)
      if (holds && signal?.phase === 'resolved') this.#left.set(number, this.#rule.size(loss))
      if (c.hold.since === null) this.#cases.delete(number)
      // While nothing is settled, time alone changes the answer.
      if (c.settled !== loss) this.#restless.set(number, loss)
    }
    return out
  }

  /** What may be judged otherwise than at the tick before, by number. */
  #asked(changed: readonly Loss[]): Map<number, Loss> {
    const asked = this.#restless
    this.#restless = new Map()
    const [four, six] = [this.#view.voters(4), this.#view.voters(6)]
    // Who votes no longer may be half of those who could tell.
    if (four !== this.#voters4 || six !== this.#voters6)
      for (const [number, { settled }] of this.#cases)
        if (settled && !asked.has(number)) asked.set(number, settled)
    this.#voters4 = four
    this.#voters6 = six
    for (const loss of changed) {
      // Nearly all are too small to be anything.
      if (this.#cases.has(loss.key) || this.#rule.holds(loss)) asked.set(loss.key, loss)
      else {
        asked.delete(loss.key)
        this.#left.delete(loss.key)
      }
    }
    return asked
  }

  #sees(c: Case, { afi }: Loss): boolean {
    return this.#view.voters(afi) * 2 >= c.voters
  }

  #open(key: string, loss: Loss): Case {
    return {
      key,
      hold: new Hold(),
      peak: 0,
      voters: this.#view.voters(loss.afi),
      startedAt: this.#rule.since(loss),
      recoveredAt: 0,
      age: 0,
      lastSignal: null,
      lastLoss: null,
      kept: [],
      keptOf: null,
      settled: null,
      shown: null,
      most: 0,
    }
  }

  #judge(key: string, c: Case, loss: Loss, at: Instant): Signal | null {
    const rule = this.#rule
    const { hold } = c
    // Half of those who could tell have gone: what they no longer say is no recovery, and while we
    // do not see, nothing lasts long enough to be believed.
    if (!this.#sees(c, loss)) {
      if (hold.confirmedAt === null) hold.since = null
      return null
    }
    const size = rule.size(loss)
    // Losses that are told as something larger are not its own.
    if (size > c.peak && rule.holds(loss)) c.peak = size
    if (hold.confirmedAt === null) {
      // Lost without a loss: those who still had it lost their vote.
      c.startedAt = rule.since(loss) || (hold.since ?? at)
    }
    if (hold.confirmedAt === null && c.keptOf !== loss) this.#keep(c, loss)
    const wasClearing = hold.clearSince !== null
    const clears = rule.clears(loss, c.peak)
    const phase = hold.update(at, rule.holds(loss), clears, rule.confirm(loss), rule.clear)
    if (phase === 'lapsed') {
      return c.lastSignal && { ...c.lastSignal, at, endedAt: this.#endOf(c, loss, at) }
    }
    if (phase === 'idle' || phase === 'pending') {
      // Who lost it can only be asked while it is lost.
      if (rule.memorable(loss) && c.lastLoss !== loss)
        c.lastSignal = this.#signal(key, c, loss, at, 'transient', null)
      c.lastLoss = loss
      return null
    }
    if (hold.clearSince !== null && !wasClearing) c.recoveredAt = this.#endOf(c, loss, at)
    if (phase === 'resolved') {
      hold.since = null
      return this.#signal(key, c, loss, at, 'resolved', c.recoveredAt)
    }
    const young = c.age
    if (phase === 'open' && rule.holds(loss)) c.age = at - (hold.since ?? at)
    const cap = rule.cap(loss, c.age)?.level
    // Open, not getting well, and as sure as it will be: until the loss changes there is nothing to say.
    const rests = phase === 'open' && !clears && cap === rule.cap(loss, GROWN)?.level
    c.settled = rests ? loss : null
    const said = c.lastSignal?.phase === phase && c.lastLoss === loss
    if (said && cap === rule.cap(loss, young)?.level) return null
    c.lastLoss = loss
    c.lastSignal = this.#signal(key, c, loss, at, phase, null)
    return c.lastSignal
  }

  /** Prefixes that go and come back one after the other are not one loss that lasts. */
  #keep(c: Case, loss: Loss): void {
    if (!this.#rule.holds(loss)) return
    const lost = this.#rule.prefixes(loss)
    const now = new Set(lost)
    const kept = c.kept.filter((prefix) => now.has(prefix))
    c.keptOf = loss
    if (kept.length === 0) c.hold.since = null
    c.kept = kept.length === 0 ? lost : kept
  }

  /**
   * The last element that brought it back; something else may have ended it. Null when nothing has:
   * so long after, nobody is expected to carry it any more.
   */
  #endOf(c: Case, loss: Loss, at: Instant): Instant | null {
    const back = this.#losses.recoveredAt(loss)
    if (back > c.startedAt) return back
    return this.#losses.givenUpAt(loss) > c.startedAt ? null : at
  }

  #signal(
    key: string,
    c: Case,
    loss: Loss,
    at: Instant,
    phase: Signal['phase'],
    endedAt: Instant | null,
  ): Signal {
    const view = this.#view
    const rule = this.#rule
    const prefixes = rule.prefixes(loss)
    const step = Math.max(1, Math.floor(prefixes.length / ASKED))
    const counts: Counts = {
      prefixes: prefixes.length,
      ofPrefixes: loss.of,
      covered: rule.covered(loss),
      ...spreadOf(view, view.lostAt(prefixes, step)),
      share: Math.round(rule.share(loss) * 10_000) / 10_000,
    }
    const silence = silenceCap(view, prefixes)
    const severity = phase === 'transient' ? 'info' : rule.severity(loss, view)
    return {
      kind: rule.kind,
      key,
      asn: loss.asn,
      culprit: loss.asn,
      afi: afiName(loss.afi),
      at,
      phase,
      startedAt: c.startedAt,
      endedAt,
      // Those who never spoke of it may still have it.
      severity: silence && severity === 'critical' ? 'major' : severity,
      tags: rule.tags(loss, counts),
      cap: lowest(
        capOf(view, counts, loss.down === loss.of && loss.of >= 3),
        silence,
        rule.cap(loss, c.age),
      ),
      now: counts,
      segments: [],
      samples: this.#samples(c, loss, prefixes, phase),
      rfc7908: null,
    }
  }

  /** Of one that was larger before, what was shown then: it is what its record keeps (verdict/evidence.ts). */
  #samples(c: Case, loss: Loss, prefixes: readonly number[], phase: Signal['phase']): Samples {
    const lessens = prefixes.length > 0 && prefixes.length < c.most
    if (phase !== 'transient' && c.shown && lessens) return c.shown
    const samples = {
      prefixes: prefixes
        .map((p) => this.#view.prefixText(p))
        .sort()
        .slice(0, SHOWN),
      paths: this.#losses.paths(loss),
      elements: this.#losses.elements(loss),
    }
    if (phase !== 'transient' && prefixes.length >= c.most) {
      c.shown = samples
      c.most = prefixes.length
    }
    return samples
  }
}
