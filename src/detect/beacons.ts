// Which prefixes are beacons: asked for every one that is lost, so each is looked up once.

import type { Context } from '../core/context.ts'
import type { View } from '../core/view.ts'

const Is = { unasked: 0, no: 1, yes: 2 } as const

export function beaconsOf(view: View, context: Context): (prefix: number) => boolean {
  let known = new Uint8Array(1 << 10)
  let generation = context.generation
  return (prefix) => {
    if (generation !== context.generation) {
      known.fill(Is.unasked)
      generation = context.generation
    }
    if (prefix >= known.length) {
      const wider = new Uint8Array(Math.max(prefix + 1, known.length * 2))
      wider.set(known)
      known = wider
    }
    if (known[prefix] === Is.unasked)
      known[prefix] = context.isBeacon(view.words(prefix)) ? Is.yes : Is.no
    return known[prefix] === Is.yes
  }
}
