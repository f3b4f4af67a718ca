// What evidence is looked for in: one watched network at one tick, on all planes.

import type { Asn } from '../core/asn.ts'
import type { Finding, Onset } from '../core/evidence.ts'
import type { Signal } from '../core/incident.ts'
import type { Change, Labels, Plane } from '../core/sample.ts'
import type { Instant, Span } from '../core/time.ts'
import type { View } from '../core/view.ts'

/** One series that is heard at present; one that has fallen silent is not shown at all. */
export interface SeriesView {
  readonly metric: string
  readonly labels: Labels
  readonly last: number
  readonly lastAt: Instant
  readonly uncertainty: Span
  /** What it would be without trouble; null before enough is known of it. */
  readonly usual: number | null
  /** What it was before it took its present value, and since when it has that; null: it never was another. */
  readonly before?: {
    readonly value: number
    readonly since: Instant
    readonly within: Span
  } | null
  /** `last` by `usual`; null where either is not known, Infinity where the usual is 0. */
  readonly ratio: number | null
  /** The deviation under way: which way, and when it began; null while it behaves as usual. */
  readonly shift: { readonly up: boolean; readonly onset: Onset } | null
}

export interface PlaneState {
  readonly state: 'normal' | 'anomalous' | 'blind'
  /** Since it was last heard; null: it never was. */
  readonly age: Span | null
}

export interface PlanesView {
  state(plane: Plane): PlaneState
  /** All series of a metric that are heard, by labels in order of text. Of a blind plane: none. */
  series(metric: string): readonly SeriesView[]
  /** How many series of it have fallen silent in the last hours: of them nothing is normal. */
  silent?(metric: string): number
  /** What was done or said lately, oldest first. */
  readonly changes: readonly Change[]
}

export interface Scene {
  readonly at: Instant
  readonly asn: Asn
  readonly planes: PlanesView
  readonly view: View
  /** Signals about this network that are open now, from all detectors. */
  readonly signals: readonly Signal[]
}

/** All that seekers may look at which look at no network of its own: all networks share it. */
export type SharedScene = Pick<Scene, 'at' | 'planes'>

/** Looks for evidence of one family; each file `evidence-….ts` has one. Of a blind plane it finds nothing. */
export type Seeker = (scene: Scene) => readonly Finding[]
