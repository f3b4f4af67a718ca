// What can happen to an atom, and what is heard of it: cause and effect, with BGP in between.

import type { Instant } from '../core/time.ts'
import type { Path } from './routes.ts'

/** Something that happens to one atom. */
export type Trigger =
  | { readonly at: Instant; readonly kind: 'withdraw' | 'announce' }
  | { readonly at: Instant; readonly kind: 'down' | 'up'; readonly link: number }
  /** The origin puts itself in the path `extra` more times towards one neighbour. */
  | {
      readonly at: Instant
      readonly kind: 'prepend'
      readonly edge: number
      readonly extra: number
    }
  /** What may not be told over these edges is told from now on, or no longer. */
  | {
      readonly at: Instant
      readonly kind: 'leak' | 'unleak'
      readonly edges: readonly number[]
    }
  /** Somebody announces it who is not its origin, on a path that ends as `tail` says; or stops. */
  | { readonly at: Instant; readonly kind: 'originate'; readonly node: number; readonly tail: Path }
  | { readonly at: Instant; readonly kind: 'cease'; readonly node: number }

/** A session's route changed: the path as the collector sees it, null when withdrawn. */
export interface Heard {
  readonly at: Instant
  readonly session: number
  readonly path: Path | null
}
