// A view for tests of single parts: what a test does not name, nobody may ask.

import type { View } from '../../src/core/view.ts'

export const view = (some: Partial<View>): View =>
  new Proxy(some, {
    get(target, name) {
      const known = Reflect.get(target, name) as unknown
      if (known === undefined) throw new Error(`the test has no ${String(name)}`)
      return known
    },
  }) as View
