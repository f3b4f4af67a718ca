// What own routers tell of blackholes and Flowspec rules, as changes in the stream (wire/mitigation-routes.ts):
// an own router is the one place where both are seen, for networks do not pass them on.

import type { Change } from './core/sample.ts'
import type { OwnUpdates } from './live-bmp-router.ts'
import type { LiveStream } from './live-source.ts'
import { VIEWS } from './wire/bmp-peers.ts'
import { MitigationRoutes } from './wire/mitigation-routes.ts'
import type { MitigationSettings } from './wire/mitigation-settings.ts'

/** Families with path identifiers, by the bits of AddPath. */
const FAMILIES: readonly ReadonlySet<string>[] = [[], ['1/1'], ['2/1'], ['1/1', '2/1']].map(
  (families) => new Set(families),
)
/** More routers than anybody has. */
const MOST_ROUTERS = 256

/** `watched`: own prefixes of which the configuration knows; more of them are in the table. */
export const ownMitigations =
  (settings: Partial<MitigationSettings> = {}, watched: readonly string[] = []) =>
  (stream: LiveStream): OwnUpdates => {
    let own: readonly string[] = [...watched, ...stream.own()]
    const routers = new Map<string, MitigationRoutes>()
    const tell = (changes: readonly Change[]): void => {
      for (const change of changes) {
        const unheard = stream.fact(change)
        if (unheard !== null) stream.dropped(`mitigation-${unheard}`)
      }
    }
    const of = (router: string): MitigationRoutes | null => {
      const known = routers.get(router)
      if (known) return known
      if (routers.size >= MOST_ROUTERS) return null
      const made = new MitigationRoutes(router, settings)
      // A router of a transit network tells of customers' blackholes too: they are none of ours.
      made.own(own, 0)
      routers.set(router, made)
      return made
    }
    /** Tells what follows, and for what there was no room. */
    const counting = (routes: MitigationRoutes, ask: () => readonly Change[]): void => {
      const { dropped, passedOver } = routes
      tell(ask())
      if (routes.dropped > dropped) stream.dropped('mitigations', routes.dropped - dropped)
      if (routes.passedOver > passedOver)
        stream.dropped('mitigations-of-others', routes.passedOver - passedOver)
    }
    const session = (peer: string, asn: number, view: number) => `${peer} ${asn} ${view}`
    return {
      update(message, { router, peer, peerAsn, view, addPath }, at) {
        const routes = of(router)
        if (routes === null) return stream.dropped('mitigation-routers')
        counting(routes, () =>
          routes.update(session(peer, peerAsn, view), message, at, FAMILIES[addPath]),
        )
      },
      own(prefixes, at) {
        own = [...watched, ...prefixes]
        for (const routes of routers.values()) counting(routes, () => routes.own(own, at))
      },
      down({ router, peer, peerAsn }, at) {
        const routes = routers.get(router)
        if (!routes) return
        const why = `the session with AS${peerAsn} is over`
        for (let view = 0; view < VIEWS; view++)
          tell(routes.down(session(peer, peerAsn, view), at, why))
      },
      lost(router, at) {
        tell(routers.get(router)?.close(at, 'the router is not heard any more') ?? [])
        routers.delete(router)
      },
    }
  }
