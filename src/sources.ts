// The feeds of a configuration, each by the source that hears it. A new kind of feed is a line here.

import { InputError } from './command.ts'
import { isService } from './config/archives.ts'
import { bmpSettings } from './config/feed-bmp.ts'
import { flowsSettings, withResolvers } from './config/feed-flows.ts'
import { routeViewsSettings } from './config/feed-routeviews.ts'
import { prometheusSettings } from './config/prometheus.ts'
import { queriesOf } from './config/query-sets.ts'
import { type Config, risLiveSettings } from './config/schema.ts'
import { flows } from './flow-feed.ts'
import { bmp } from './live-bmp.ts'
import { ownMitigations } from './live-mitigation.ts'
import { prometheus } from './live-prometheus.ts'
import { risLive } from './live-ris.ts'
import { routeViews, tellsOf } from './live-routeviews.ts'
import type { SourceSpec } from './live-source.ts'

type Feed = Config['feeds'][number]

/** Secrets and certificates are read once, now, while somebody is looking; throws when they cannot be. */
export function sourcesOf(config: Config): SourceSpec[] {
  const { feeds } = config
  try {
    return feeds.map((feed) => {
      const alike = feeds.filter(({ type }) => type === feed.type)
      const name = alike.length > 1 ? `${feed.type}-${alike.indexOf(feed) + 1}` : feed.type
      return { name, ...sourceOf(feed, config) }
    })
  } catch (error) {
    throw new InputError((error as Error).message)
  }
}

function sourceOf(feed: Feed, config: Config): Omit<SourceSpec, 'name'> {
  switch (feed.type) {
    case 'ris-live': {
      const { mode, history, url } = feed
      // RIS Live tells of RIS's collectors only; of a relay we do not know.
      const tells = (collector: string) => !isService(url) || /^rrc\d\d$/.test(collector)
      return {
        routes: { hearsAll: mode === 'firehose', historic: history, tells },
        open: risLive(risLiveSettings(config, feed)),
      }
    }
    case 'routeviews': {
      const settings = routeViewsSettings(feed)
      return {
        routes: { hearsAll: true, historic: false, tells: tellsOf(settings) },
        open: routeViews(settings),
      }
    }
    case 'bmp': {
      // No table of a collector is kept up to date by it: own routers are evidence, not witnesses.
      const own = config.asns.flatMap(({ prefixes }) => prefixes)
      return {
        routes: { hearsAll: true, historic: false, own: true, tells: () => false },
        open: bmp(bmpSettings(feed), { updates: ownMitigations(config.context.blackholes, own) }),
      }
    }
    case 'prometheus':
      return { routes: null, open: prometheus(prometheusSettings(feed, queriesOf(feed).queries)) }
    case 'flows': {
      const settings = flowsSettings(withResolvers(feed, config.planes.resolvers))
      const own = config.asns.flatMap(({ prefixes }) => prefixes)
      return { routes: null, open: flows({ ...settings, own }) }
    }
  }
}
