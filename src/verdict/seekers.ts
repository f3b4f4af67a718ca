// All who look for evidence. Each finds what its family has in one scene; what is found is weighed
// elsewhere. The order here is the order in which findings are told.

import type { Finding } from '../core/evidence.ts'
import { seekContext } from './evidence-context.ts'
import { seekDns } from './evidence-dns.ts'
import { seekFlow } from './evidence-flow.ts'
import { seekIgp } from './evidence-igp.ts'
import { seekIngress } from './evidence-ingress.ts'
import { seekProbe } from './evidence-probe.ts'
import type { Scene, Seeker } from './scene.ts'

/** Those of routes, order and space stand here beside them. */
export const seekers: readonly Seeker[] = [
  seekIgp,
  seekIngress,
  seekFlow,
  seekDns,
  seekProbe,
  seekContext,
]

export const seek = (scene: Scene): readonly Finding[] => seekers.flatMap((look) => look(scene))
