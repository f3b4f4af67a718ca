// All who look for evidence. Each finds what its family has in one scene; what is found is weighed
// elsewhere. The order here is the order in which findings are told.

import type { Finding } from '../core/evidence.ts'
import { BgpEvidence } from './evidence-bgp.ts'
import { seekContext } from './evidence-context.ts'
import { seekDns } from './evidence-dns.ts'
import { seekFlow } from './evidence-flow.ts'
import { seekIgp } from './evidence-igp.ts'
import { seekIngress } from './evidence-ingress.ts'
import { seekOrder } from './evidence-order.ts'
import { seekProbe } from './evidence-probe.ts'
import { type Pops, spaceSeeker } from './evidence-space.ts'
import { onceForAll } from './once.ts'
import type { Scene, Seeker } from './scene.ts'

/** Those that look at no network in particular. */
const shared = [seekIgp, seekIngress, seekFlow, seekDns, seekProbe]

/** All but those that follow one network through time. */
export const seekers: readonly Seeker[] = [...shared, seekContext, seekOrder]

const seekShared = onceForAll((scene) => shared.flatMap((look) => look(scene)))

/** For one network: what is seen of its routes is followed through time, so it is asked at each tick. */
export function seekerOf(pops: Pops = {}): Seeker {
  const bgp = new BgpEvidence()
  const space = spaceSeeker(pops)
  const all = [bgp.seek, seekShared, seekContext, seekOrder, space]
  return (scene: Scene): readonly Finding[] => all.flatMap((look) => look(scene))
}
