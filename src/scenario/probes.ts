// Probes: from each place to the others, from each to the world, and from the world to own services.

import { type Reading, share } from './gauge.ts'
import { type Conditions, type Network, POPS } from './network.ts'

const FINE = 0.995
const FAILING = 0.08

export function probes({ targets }: Network, is: Conditions): Reading[] {
  const success = (fails: boolean) => (fails ? FAILING : FINE)
  return [
    ...POPS.flatMap((pop) => {
      const value = success(is.failingPops.includes(pop))
      return [
        share('probe', 'probe_success', { set: 'inside', pop }, value, 0.003),
        share('probe', 'probe_success', { set: 'outside', pop }, value, 0.003),
      ]
    }),
    ...targets.map((target) => {
      const fails = target === is.failingTarget || is.failingPops.length >= POPS.length / 2
      return share('probe', 'probe_success', { set: 'inbound', target }, success(fails), 0.003)
    }),
  ]
}
