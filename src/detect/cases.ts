// Conditions of whole networks that hold or do not: what was found of each, a hold-down on both sides,
// and a signal whenever that says something new.

import type { Asn } from '../core/asn.ts'
import { Hold } from '../core/hold.ts'
import type { Counts, Kind, Severity, Signal, Tag } from '../core/incident.ts'
import type { Instant, Span } from '../core/time.ts'
import type { View } from '../core/view.ts'

/** What is so of one network; a new object whenever it has changed. */
export interface Finding {
  /** By address. */
  readonly prefixes: readonly number[]
  readonly of: number
  readonly since: Instant
  readonly severity: Severity
  readonly tags: readonly Tag[]
  readonly cap: Signal['cap']
}

export interface CaseRule {
  readonly kind: Kind
  /** First part of the key. */
  readonly family: string
  readonly confirm: Span
  readonly clear: Span
}

interface Case {
  readonly asn: Asn
  readonly hold: Hold
  startedAt: Instant
  finding: Finding | null
  /** The last that was one. */
  last: Finding
  endedAt: Instant
  told: Finding | null
  phase: string
}

const SHOWN = 20

export class Cases {
  readonly #view: View
  readonly #rule: CaseRule
  readonly #cases = new Map<Asn, Case>()

  constructor(view: View, rule: CaseRule) {
    this.#view = view
    this.#rule = rule
  }

  /** What an AS is found in from `at` on; null = in nothing any more. AS 0 is nobody's. */
  find(asn: Asn, finding: Finding | null, at: Instant): void {
    let known = this.#cases.get(asn)
    if (!known) {
      if (!finding) return
      const { since: startedAt } = finding
      const hold = new Hold()
      known = { asn, hold, startedAt, finding, last: finding, endedAt: 0, told: null, phase: '' }
      this.#cases.set(asn, known)
    }
    if (known.finding && !finding) known.endedAt = at
    known.finding = finding
    if (finding) known.last = finding
  }

  tick(at: Instant): Signal[] {
    const { confirm, clear } = this.#rule
    const out: Signal[] = []
    for (const one of [...this.#cases.values()].sort((a, b) => a.asn - b.asn)) {
      const holds = one.finding !== null
      const phase = one.hold.update(at, holds, !holds, confirm, clear)
      if (phase === 'idle' || phase === 'lapsed' || phase === 'resolved')
        this.#cases.delete(one.asn)
      if (phase === 'idle' || phase === 'lapsed' || phase === 'pending') continue
      if (phase === one.phase && one.finding === one.told) continue
      one.phase = phase
      one.told = one.finding
      out.push(this.#signal(one, at, phase))
    }
    return out
  }

  #signal(one: Case, at: Instant, phase: 'open' | 'resolving' | 'resolved'): Signal {
    const { asn, finding, last, startedAt, endedAt } = one
    const { kind, family } = this.#rule
    const view = this.#view
    const { prefixes } = last
    return {
      kind,
      key: asn === 0 ? family : `${family}:${asn}`,
      asn,
      culprit: asn,
      afi: null,
      at,
      phase,
      startedAt,
      endedAt: phase === 'resolved' ? endedAt : null,
      severity: last.severity,
      tags: last.tags,
      cap: last.cap,
      now: countsOf(view, finding?.prefixes ?? [], last.of),
      segments: [],
      samples: {
        prefixes: prefixes.slice(0, SHOWN).map((prefix) => view.prefixText(prefix)),
        paths: [],
        elements: [],
      },
      rfc7908: null,
    }
  }
}

/** Votes stand for peers here: who holds what is known by number only. */
export function countsOf(view: View, prefixes: readonly number[], of: number): Counts {
  const peerAsns = witnesses(view, prefixes)
  const voters = Math.max(1, view.voters(4), view.voters(6))
  return {
    prefixes: prefixes.length,
    ofPrefixes: of,
    covered: 0,
    peerAsns,
    collectors: peerAsns === 0 ? 0 : Math.min(peerAsns, view.collectors),
    share: Math.min(1, Math.round((peerAsns / voters) * 10_000) / 10_000),
  }
}

/** Vantage points that carry the one that is carried by most. */
export const witnesses = (view: View, prefixes: readonly number[]): number =>
  prefixes.reduce((most, prefix) => Math.max(most, view.visible(prefix)), 0)

export function carriedTag(carry: number): Tag {
  return {
    name: 'witnesses',
    score: carry >= 10 ? 2 : carry >= 3 ? 1 : -1,
    because: carry === 1 ? 'only one vantage point carries it' : `${carry} vantage points carry it`,
  }
}
