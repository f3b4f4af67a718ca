// `faultline check CONFIG` for a sound file: what the daemon would do, in a few lines.

import { iso, type Span, words } from '../core/time.ts'
import { risLiveDefaults } from '../feeds/ris-live-settings.ts'
import { rtrName } from '../feeds/rtr-settings.ts'
import { isArchived } from './archives.ts'
import { type FlowsFeed, withResolvers } from './feed-flows.ts'
import type { FeedOf } from './feeds.ts'
import { jsonSchema, schemasAt } from './json-schema.ts'
import { isLoopback } from './listen.ts'
import { queriesOf } from './query-sets.ts'
import { type Config, configSchema } from './schema.ts'
import type { Settled } from './settle.ts'

export function explainConfig({ config, hash, warnings }: Settled): string {
  const { asns, feeds, context, listen, journal, state, log, maintenance } = config
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  const reach = isLoopback(listen.host) ? 'this machine only' : 'open to other machines'
  const changes = changesOf(config)
  return [
    ...rows('watches', asns.length > 0 ? asns.map(watched) : ['no AS']),
    ...rows(
      'hears',
      feeds.flatMap((feed) => heard(feed, config)),
    ),
    ...rows('starts with', startsWith(context)),
    ...rows('mends', mends(config)),
    ...rows('knows', [...context.vrps, ...context.rtr.map(rtrName), ...context.asRelationships]),
    ...rows('serves', [`http://${host}:${listen.port}: page, metrics, API; ${reach}`]),
    ...rows('takes', [`samples and notices, ${takes(config)}`]),
    ...rows(
      'planned',
      maintenance.map((window) => `${window.id}: ${spanOf(window)}; ${scopeOf(window)}`),
    ),
    ...rows('keeps', state ? [`its table in ${state.folder}, every ${words(state.every)}`] : []),
    ...rows('journal', [journal ?? 'none']),
    ...rows('logs', [`${log.level} and above`]),
    ...rows('thresholds', changes.length > 0 ? changes : ['all as by default']),
    ...rows('hash', [hash]),
    ...rows(
      'warnings',
      warnings.map(({ where, why, hint }) => `${where}: ${why}; ${hint}`),
    ),
  ].join('\n')
}

function startsWith({ rib, bootstrap }: Config['context']): readonly string[] {
  const fetched =
    bootstrap.length > 0
      ? [`the newest tables of ${bootstrap.join(', ')}, fetched; what was said since follows`]
      : []
  return rib.length + fetched.length > 0 ? [...rib, ...fetched] : ['empty tables, and learns']
}

/** What becomes of what no feed has told. */
function mends(config: Config): readonly string[] {
  const { archives, context } = config
  if (!isArchived(config)) return ['nothing: what these feeds do not tell is in no archive']
  const { ris, routeviews, cache, mostCache } = archives
  if (!archives.resync && context.bootstrap.length === 0)
    return ['nothing: archives.resync is off, and what was not heard stays unknown']
  return [
    'what was not heard, when it appears in the archives',
    `  of RIS at ${withoutUser(ris)}, of RouteViews at ${withoutUser(routeviews)}`,
    `  kept in ${cache ?? 'the usual cache'}, up to ${(mostCache / 1e9).toFixed(1)} GB`,
  ]
}

const rows = (name: string, lines: readonly string[]) =>
  lines.map((line, i) => `${(i === 0 ? name : '').padEnd(13)}${line}`)

type Window = Config['maintenance'][number]

const spanOf = ({ from, to }: Window): string => `${iso(from)} to ${iso(to)}`

function scopeOf({ asns, routers, links, pops, prefixes }: Window): string {
  const all = [...asns.map((asn) => `AS${asn}`), ...routers, ...links, ...pops, ...prefixes]
  return all.join(', ') || 'everything'
}

function takes({ listen, planes }: Config): string {
  if (planes.token) return 'with the token'
  return isLoopback(listen.host)
    ? 'from this machine without a token'
    : 'from nobody: others reach it, and there is no planes.token'
}

function watched({ asn, name, prefixes }: Config['asns'][number]): string {
  const some =
    prefixes.length > 6 ? [...prefixes.slice(0, 5), `${prefixes.length - 5} more`] : prefixes
  return `AS${asn}${name ? ` ${name}` : ''}: ${some.join(', ') || 'no prefixes given'}`
}

function heard(feed: Config['feeds'][number], { planes }: Config): string[] {
  if (feed.type === 'bmp') return heardBmp(feed)
  if (feed.type === 'flows') return heardFlows(withResolvers(feed, planes.resolvers))
  if (feed.type === 'routeviews') return heardRouteViews(feed)
  return feed.type === 'prometheus' ? asked(feed) : heardLive(feed)
}

function asked(feed: FeedOf<'prometheus'>): string[] {
  const { type, url, interval, sets } = feed
  const { queries } = queriesOf(feed)
  const planes = [...new Set(queries.map(({ plane }) => plane))].sort()
  const own = feed.queries.length > 0 ? [`${feed.queries.length} of your own`] : []
  return [
    `${type} at ${withoutUser(url)}`,
    `  ${queries.length} queries every ${words(interval)}: ${[...sets, ...own].join(', ')}`,
    `  about ${planes.join(', ')}`,
  ]
}

function heardLive(feed: FeedOf<'ris-live'>): string[] {
  const { type, url, mode, hosts, includeRaw, history } = feed
  const what =
    mode === 'firehose'
      ? 'everything'
      : 'paths through the ASNs; their prefixes and what is more specific; session states'
  const { staleAfter } = risLiveDefaults
  return [
    `${type} at ${withoutUser(url)}`,
    `  ${mode}: ${what}${includeRaw ? '; whole messages' : ''}`,
    `  from ${hosts.length > 0 ? hosts.join(', ') : 'all collectors'}`,
    history || !staleAfter
      ? '  stamps of the past are expected'
      : `  stale when stamps are older than ${words(staleAfter)}`,
  ]
}

function heardRouteViews(feed: FeedOf<'routeviews'>): string[] {
  const { type, brokers, topics, collectors, peers, tls, sasl } = feed
  const ways = [tls === false ? 'not encrypted' : 'TLS', ...(sasl ? [`as ${sasl.username}`] : [])]
  return [
    `${type} in ${topics} at ${brokers.join(', ')}: ${ways.join(', ')}`,
    `  from ${collectors.join(', ') || 'all collectors'}, ${peers.map((asn) => `AS${asn}`).join(', ') || 'all peers'}`,
  ]
}

function heardFlows({ type, brokers, topic, group, tls, sasl, resolvers }: FlowsFeed): string[] {
  const ways = [tls === false ? 'not encrypted' : 'TLS', ...(sasl ? [`as ${sasl.username}`] : [])]
  return [
    `${type} in ${topic} at ${brokers.join(', ')}: ${ways.join(', ')}; group ${group}`,
    `  own resolvers: ${resolvers.join(', ') || 'none named, so nothing of DNS'}`,
  ]
}

function heardBmp({ type, listen, routers, allow }: FeedOf<'bmp'>): string[] {
  const named = routers.map(({ name, address }) => `${name} (${address})`)
  const others = allow.length > 0 ? `, and who else is in ${allow.join(', ')}` : ''
  return [
    `${type} on ${listen.host} port ${listen.port}`,
    `  from ${[...named, 'this machine'].join(', ')}${others}`,
  ]
}

/** What is printed is pasted into tickets. */
function withoutUser(text: string): string {
  if (!URL.canParse(text)) return text
  const url = new URL(text)
  if (!url.username && !url.password) return text
  url.username = url.password = ''
  return url.href
}

/** A list in an order of its own, because that of the file means nothing. */
const listed = (items: unknown): string =>
  (Array.isArray(items) ? items.map(String) : []).sort().join(', ') || 'none'

/** Thresholds and bounds that are not what they would be unsaid. */
function changesOf(config: Config): string[] {
  const root = jsonSchema()
  const usual = configSchema.parse({ version: 1 })
  const compare = (now: object, before: object, path: readonly string[]): string[] =>
    Object.entries(now).flatMap(([key, value]: [string, unknown]) => {
      const old: unknown = Object.entries(before).find(([name]) => name === key)?.[1]
      const here = [...path, key]
      if (Array.isArray(value)) {
        const [given, preset] = [listed(value), listed(old)]
        return given === preset ? [] : [`${here.join('.')} ${given} (default ${preset})`]
      }
      if (typeof value === 'object' && value && typeof old === 'object' && old) {
        return compare(value, old, here)
      }
      if (value === old) return []
      // A span is text in the file and microseconds in the config.
      const preset = schemasAt(root, here)[0]?.default
      const said =
        typeof preset === 'string' && typeof value === 'number' ? words(value as Span) : value
      return [`${here.join('.')} ${said} (default ${preset})`]
    })
  return [
    ...compare(config.detect, usual.detect, ['detect']),
    ...compare(config.limits, usual.limits, ['limits']),
    ...compare(config.planes.uncertainty, usual.planes.uncertainty, ['planes', 'uncertainty']),
    ...compare(config.planes.staleAfter, usual.planes.staleAfter, ['planes', 'staleAfter']),
  ]
}
