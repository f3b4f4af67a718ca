// What is the same for all watched networks at one tick, found once: with hundreds of them it would take most
// of the tick to find it again for each.

import type { Afi } from '../core/prefix.ts'
import type { Instant } from '../core/time.ts'
import type { View } from '../core/view.ts'
import type { PlanesView, Scene } from './scene.ts'

interface Kept<T> {
  at: Instant
  found: Map<Afi | null, T>
}

function keeper<Key extends object, T>() {
  // An old table is forgotten with all that was known of it.
  const kept = new WeakMap<Key, Kept<T>>()
  return (of: Key, at: Instant, afi: Afi | null, find: () => T): T => {
    let known = kept.get(of)
    if (known?.at !== at) {
      known = { at, found: new Map() }
      kept.set(of, known)
    }
    const before = known.found.get(afi)
    if (before !== undefined) return before
    const found = find()
    known.found.set(afi, found)
    return found
  }
}

/** Of the table, one address family. What is found must not be changed. */
export function onceATick<T extends object>(find: (view: View, afi: Afi) => T) {
  const keep = keeper<View, T>()
  return ({ view, at }: Pick<Scene, 'view' | 'at'>, afi: Afi): T =>
    keep(view, at, afi, () => find(view, afi))
}

/** Of the planes, which all networks share. What is found must not be changed. */
export function onceForAll<T extends object>(
  find: (scene: Pick<Scene, 'planes' | 'at'>) => T,
): (scene: Pick<Scene, 'planes' | 'at'>) => T {
  const keep = keeper<PlanesView, T>()
  return ({ planes, at }) => keep(planes, at, null, () => find({ planes, at }))
}
