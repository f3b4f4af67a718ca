// `churn.global`: half of all vantage points say far more than they ordinarily do, at once, and it is no
// table transfer: a worm, a router bug that travels, somebody's optimiser (detection.md §7).

import type { Asn } from '../core/asn.ts'
import { Hold } from '../core/hold.ts'
import type { Counts, Signal, Tag } from '../core/incident.ts'
import { noSamples } from '../core/incident.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { type Detector, PeerState, type View } from '../core/view.ts'
import { lowest, witnessCap } from './confidence.ts'
import { Ordinary } from './ordinary.ts'
import { witnessTag } from './outage-as.ts'

export interface ChurnSettings {
  /** Part of the vantage points that must be out of the ordinary at once. */
  readonly peers: number
  /** Deviations above the median, and times the median. */
  readonly z: number
  readonly times: number
  /** Elements of one vantage point in five minutes; fewer are never much. */
  readonly floor: number
  /** Part of its prefixes that must be touched, for the churn of a network. */
  readonly prefixShare: number
  /** Times a prefix was lost and came back within half an hour. */
  readonly cycles: number
}

export const churnDefaults: ChurnSettings = {
  peers: 0.5,
  z: 8,
  times: 10,
  floor: 1_000,
  prefixShare: 0.3,
  cycles: 5,
}

export const BIN: Span = minutes(5)
/** Bins before anything is compared; before it is believed as far as scarce evidence is; a day. */
const FEW_BINS = 3
const HOUR_BINS = 12
const DAY_BINS = 288
/** Calm for so many bins it is over. */
const CALM: Span = 2 * BIN
const CALM_Z = 3
const FEW_PEERS = 3

/** What may be concluded from so short a memory. */
export function historyCap(bins: number): Signal['cap'] {
  if (bins >= DAY_BINS) return null
  return {
    level: bins < HOUR_BINS ? 'low' : 'medium',
    because: `only ${bins * 5} minutes before it are known`,
  }
}

export class ChurnGlobal implements Detector {
  readonly name = 'churn.global'
  readonly #view: View
  readonly #settings: ChurnSettings
  readonly #ordinary: Ordinary[] = []
  readonly #spoken: number[] = []
  /** Those whose bin tells of a session, not of the world. */
  readonly #disturbed = new Set<number>()
  readonly #hold = new Hold()
  #binEnd: Instant = 0
  #startedAt: Instant = 0
  #calmAt: Instant = 0

  constructor(view: View, settings: ChurnSettings) {
    this.#view = view
    this.#settings = settings
  }

  peer(vantage: number): void {
    this.#disturbed.add(vantage)
  }

  tick(at: Instant): Signal[] {
    if (at < this.#binEnd) return []
    const whole = this.#binEnd !== 0
    this.#binEnd = (Math.floor(at / BIN) + 1) * BIN
    const signal = this.#bin(at, whole)
    this.#disturbed.clear()
    return signal ? [signal] : []
  }

  /** `whole`: what was counted is that of five minutes. */
  #bin(at: Instant, whole: boolean): Signal | null {
    const { z, times, floor, peers } = this.#settings
    const view = this.#view
    const loud = new Set<Asn>()
    const collectors = new Set<string>()
    let asked = 0
    let many = 0
    let calm = 0
    let bins = Number.POSITIVE_INFINITY
    let elements = 0
    for (let id = 0; id < view.vantagePoints; id++) {
      const all = view.spoken(id)
      const x = all - (this.#spoken[id] ?? 0)
      this.#spoken[id] = all
      if (!whole || this.#disturbed.has(id) || view.peerState(id) !== PeerState.active) continue
      const usual = this.#ordinary[id] ?? new Ordinary()
      this.#ordinary[id] = usual
      const known = usual.bins >= FEW_BINS
      const much = known && x >= floor && usual.z(x) >= z && x >= times * usual.median
      if (known) {
        asked++
        bins = Math.min(bins, usual.bins)
        if (usual.z(x) < CALM_Z || x < floor) calm++
      }
      if (much) {
        const { asn, collector } = view.vantagePoint(id)
        many++
        elements += x
        loud.add(asn)
        collectors.add(collector)
      }
      usual.add(much ? usual.median : x)
    }
    const holds = asked >= FEW_PEERS && many >= peers * asked
    if (this.#hold.since === null && holds) this.#startedAt = at - BIN
    const clears = calm > (1 - peers) * asked
    const was = this.#hold.clearSince
    const phase = this.#hold.update(at, holds, clears, BIN, CALM)
    if (this.#hold.clearSince !== null && was === null) this.#calmAt = at - BIN
    if (phase !== 'open' && phase !== 'resolving' && phase !== 'resolved') return null
    const counts: Counts = {
      prefixes: 0,
      ofPrefixes: 0,
      covered: 0,
      routes: elements,
      peerAsns: loud.size,
      collectors: collectors.size,
      share: asked === 0 ? 0 : Math.round((many / asked) * 10_000) / 10_000,
    }
    if (phase === 'resolved') this.#hold.since = null
    return {
      kind: 'churn.global',
      key: 'churn:0',
      asn: 0,
      culprit: 0,
      afi: null,
      at,
      phase,
      startedAt: this.#startedAt,
      endedAt: phase === 'resolved' ? this.#calmAt : null,
      severity: counts.share >= 0.8 ? 'major' : 'minor',
      tags: tagsOf(counts, asked),
      cap: lowest(historyCap(bins), witnessCap(counts)),
      now: counts,
      segments: [],
      samples: noSamples,
      rfc7908: null,
    }
  }
}

function tagsOf(counts: Counts, asked: number): Tag[] {
  const { share, routes = 0 } = counts
  return [
    {
      name: 'peers.loud',
      score: share >= 0.8 ? 5 : 4,
      because:
        `${Math.round(share * 100)} % of ${asked} vantage points say far more than ordinarily, ` +
        `${routes} elements in five minutes`,
    },
    witnessTag(counts, 'do'),
  ]
}
