// What is told of a leak: how much of it there is, whose it is, how sure that is, and samples.

import type { Asn } from '../core/asn.ts'
import type { Context } from '../core/context.ts'
import type { Counts, Signal } from '../core/incident.ts'
import { hours, type Instant, type Span } from '../core/time.ts'
import type { View } from '../core/view.ts'
import { firstOf } from './address.ts'
import { baselineCap, lowest } from './confidence.ts'
import { type LeakCase, Reason } from './leak-case.ts'
import { type Culprit, isMany, mayBeMass, segmentsOf, union } from './leak-culprit.ts'
import { typeOf } from './leak-evidence.ts'
import { isOnlyWeak, type LeakFacts, leakSeverity, leakTags } from './leak-score.ts'
import type { Relations } from './relations.ts'
import { pathSample, spreadOf } from './witnesses.ts'

const SHOWN = 20
const SAMPLES = 5
/** Whose own doings are told as part of the leak: those who have most routes in it. */
/** Neighbours that may look new to a victim. */
const MOST_WAYS = 8
const MOST_VICTIMS = 200
/** Leaks of so long ago are remembered, for a label (detection.md §10.4). */
const REMEMBERED: Span = hours(30 * 24)
const MOST_REMEMBERED = 10_000

export class LeakTeller {
  readonly #view: View
  readonly #massPrefixes: number
  readonly #context: Context
  /** Culprits whose leaks are over → when the last one was. */
  readonly #resolved = new Map<Asn, Instant>()

  constructor(view: View, { massPrefixes }: { readonly massPrefixes: number }, context: Context) {
    this.#view = view
    this.#massPrefixes = massPrefixes
    this.#context = context
  }

  /** Who leaks once may do so again (AS8048 did eleven times in a month). */
  remember(by: Asn, at: Instant): void {
    this.#resolved.delete(by)
    if (this.#resolved.size >= MOST_REMEMBERED) {
      const [oldest] = this.#resolved.keys()
      if (oldest !== undefined) this.#resolved.delete(oldest)
    }
    this.#resolved.set(by, at)
  }

  /** The leak of `by` over these links: numbers, samples, reasons. */
  about(by: Asn, leaks: readonly LeakCase[], relations: Relations) {
    const over = this.#resolved.get(by)
    const facts: LeakFacts = {
      counts: this.#counts(leaks),
      segments: segmentsOf(leaks),
      reasons: leaks.reduce((bits, leak) => bits | leak.reasons, 0),
      mass: leaks.some((leak) => mayBeMass(leak) && leak.peak >= this.#massPrefixes),
      degree: relations.degree(by),
      paths: leaks
        .flatMap((leak) => leak.samples)
        .slice(0, SAMPLES)
        .map((sample) => pathSample(this.#view, sample)),
      leakedBefore: over !== undefined && this.#view.cause.at - over <= REMEMBERED,
    }
    return { ...facts, tags: leakTags(facts, this.#context) }
  }

  signal(
    { by, open, startedAt }: Culprit,
    relations: Relations,
    at: Instant,
    phase: Signal['phase'],
    endedAt: Instant | null,
  ): Signal {
    const view = this.#view
    const { counts, segments, reasons, mass, paths, tags } = this.about(by, open, relations)
    const prefixes = union(open.map((leak) => leak.prefixes))
    const [first] = segments
    return {
      kind: 'leak.path',
      key: `leak:${by}`,
      asn: concerned(view, by, open) || by,
      culprit: by,
      afi: null,
      at,
      phase,
      startedAt,
      endedAt,
      severity: leakSeverity(counts),
      tags,
      cap: lowest(
        baselineCap(view, true),
        isOnlyWeak({ reasons, mass }) && (reasons & Reason.popUp) === 0
          ? { level: 'low', because: 'who pays whom is only supposed' }
          : null,
        counts.peerAsns < 3 && !mass && !open.some((leak) => isMany(leak))
          ? { level: 'low', because: `only ${counts.peerAsns} peer ASNs carry it` }
          : null,
        counts.collectors < 2 ? { level: 'medium', because: 'only one collector sees it' } : null,
      ),
      now: counts,
      segments,
      samples: {
        prefixes: firstOf(view, prefixes, SHOWN).map((p) => view.prefixText(p)),
        paths,
        elements: open
          .flatMap((leak) => leak.elements)
          .slice(0, SAMPLES)
          .map(({ file, offset }) => ({ file: view.fileName(file), offset })),
      },
      rfc7908: first ? typeOf(first, relations, this.#context) : null,
      absorbs: this.#victims(open),
    }
  }

  #counts(leaks: readonly LeakCase[]): Counts {
    const view = this.#view
    const vantages = union(leaks.map((leak) => leak.vantages))
    const prefixes = union(leaks.map((leak) => leak.prefixes)).size
    const active = Math.max(1, view.vantage().active)
    return {
      prefixes,
      ofPrefixes: prefixes,
      covered: 0,
      origins: union(leaks.map((leak) => leak.origins)).size,
      routes: leaks.reduce((n, leak) => n + leak.routes, 0),
      ...spreadOf(view, vantages),
      share: Math.round((vantages.size / active) * 10_000) / 10_000,
    }
  }

  /** What happens to the paths of those whose routes are leaked is the leak: it is told once. */
  #victims(open: readonly LeakCase[]): string[] {
    // Of networks nobody watches nothing is told that it could be the whole of.
    if (!this.#view.narrow) return []
    const routes = new Map<Asn, number>()
    for (const { origins } of open)
      for (const [asn, n] of origins)
        if (this.#view.watches(asn)) routes.set(asn, (routes.get(asn) ?? 0) + n)
    return [...routes]
      .sort(([a, x], [b, y]) => y - x || a - b)
      .slice(0, MOST_VICTIMS)
      .flatMap(([asn]) => {
        const ways = open.flatMap(({ by, from }) => [by, ...from.keys()]).slice(0, MOST_WAYS)
        const families = ['ipv4', 'ipv6'].flatMap((afi) => [
          `churn:${asn}:${afi}`,
          `flap:${asn}:${afi}`,
          `shift:${asn}:${afi}`,
          ...ways.map((way) => `new-upstream:${asn}:${way}:${afi}`),
        ])
        return [`specifics:${asn}`, ...families]
      })
  }
}

/** Two links of one leaker are one leak: their witnesses together. */
export const witnesses = (view: View, leaks: readonly LeakCase[]): number =>
  spreadOf(view, union(leaks.map((leak) => leak.vantages))).peerAsns

/** The watched AS it is about, in whole-table mode the leaker; 0 when it is about none that is watched. */
export function concerned(view: View, by: Asn, leaks: readonly LeakCase[]): Asn {
  if (!view.narrow || view.watches(by)) return by
  const victims = new Map<Asn, number>()
  for (const { to, from, origins } of leaks) {
    for (const asn of [to, ...from.keys()]) if (view.watches(asn)) victims.set(asn, 1)
    for (const [asn, n] of origins)
      if (view.watches(asn)) victims.set(asn, (victims.get(asn) ?? 0) + n)
  }
  return [...victims].sort(([a, x], [b, y]) => y - x || a - b)[0]?.[0] ?? 0
}
