// What was broken already when we began: told once, as such. Nobody saw it go, so it is no event and
// pages nobody; but who is asked about a network should not be left to believe that all of it stands.

import type { Asn } from '../core/asn.ts'
import type { Counts, Signal } from '../core/incident.ts'
import { noSamples } from '../core/incident.ts'
import { type Afi, afiName } from '../core/prefix.ts'
import type { Instant } from '../core/time.ts'
import { type Detector, Seen, type View } from '../core/view.ts'
import { byAddress } from './address.ts'
import type { OutageSettings } from './outage-as.ts'
import { Space } from './space.ts'
import { spreadOf } from './witnesses.ts'

const SHOWN = 20

export class AtStart implements Detector {
  readonly name = 'at-start'
  readonly #view: View
  readonly #settings: OutageSettings
  #told = false

  constructor(view: View, settings: OutageSettings) {
    this.#view = view
    this.#settings = settings
  }

  /** Speaks at the first tick, and never again. */
  tick(at: Instant): Signal[] {
    if (this.#told) return []
    this.#told = true
    return [...this.#lost()].flatMap(([asn, lost]) =>
      ([4, 6] as const).flatMap((afi) => this.#signal(asn, afi, lost, at) ?? []),
    )
  }

  /** Networks that are watched → their prefixes that nobody held when the input began, if any. */
  #lost(): Map<Asn, Set<number>> {
    const view = this.#view
    const lost = new Map<Asn, Set<number>>()
    for (let prefix = 0; prefix < view.prefixes; prefix++) {
      // What has gone since has a beginning.
      if (view.seen(prefix) < Seen.lost || view.lossStart(prefix) > 0) continue
      const asn = view.origin(prefix)
      if (asn === 0 || !view.watches(asn)) continue
      const of = lost.get(asn) ?? new Set()
      lost.set(asn, of)
      of.add(prefix)
    }
    return new Map([...lost].sort(([a], [b]) => a - b))
  }

  #signal(asn: Asn, afi: Afi, lost: ReadonlySet<number>, at: Instant): Signal | null {
    const view = this.#view
    const all = view
      .prefixesOf(asn)
      .filter((prefix) => view.afi(prefix) === afi && (lost.has(prefix) || view.reachable(prefix)))
      .sort(byAddress(view))
    const carried = new Space().fill(
      view,
      all.filter((prefix) => !lost.has(prefix)),
    )
    const whole = new Space().fill(view, all)
    const mine = all.filter((prefix) => lost.has(prefix))
    const bare = mine.filter((prefix) => !carried.holds(view, prefix))
    const { prefixes, share: least } = this.#settings
    const share =
      whole.units > 0
        ? (whole.units - carried.units) / whole.units
        : bare.length / Math.max(1, all.length)
    // In the whole table somebody is always broken: what would not be an outage is not worth a line.
    const isOutage = share >= least && bare.length >= Math.min(all.length, prefixes)
    if (bare.length === 0 || !(view.narrow || isOutage)) return null
    const now: Counts = {
      prefixes: mine.length,
      ofPrefixes: all.length,
      covered: mine.length - bare.length,
      ...spreadOf(view, view.lostAt(bare)),
      share: Math.round(share * 10_000) / 10_000,
    }
    const because = 'it was so when we began: nobody saw it go'
    return {
      kind: isOutage ? 'outage.as' : 'outage.prefix',
      key: `${isOutage ? 'outage' : 'prefix'}:${asn}:${afiName(afi)}`,
      asn,
      culprit: asn,
      afi: afiName(afi),
      at,
      phase: 'standing',
      startedAt: at,
      endedAt: null,
      severity: 'info',
      tags: [{ name: 'at-start', score: 1, because }],
      cap: { level: 'low', because },
      now,
      segments: [],
      samples: {
        ...noSamples,
        prefixes: bare
          .slice(0, SHOWN)
          .map((prefix) => view.prefixText(prefix))
          .sort(),
      },
      rfc7908: null,
    }
  }
}
