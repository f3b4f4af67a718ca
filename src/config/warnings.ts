// What is allowed but probably not meant, or has a price that should be known.

import { isReserved } from '../core/asn.ts'
import { risLiveDefaults } from '../feeds/ris-live-settings.ts'
import type { Remark } from './faults.ts'
import { feedsOf } from './feeds.ts'
import { isLoopback } from './listen.ts'
import type { Config } from './schema.ts'

export function warningsOf(config: Config): Remark[] {
  const { asns, feeds, context, listen } = config
  const live = feedsOf(config, 'ris-live')
  const out: Remark[] = []
  const warn = (where: string, why: string, hint: string) => out.push({ where, why, hint })
  const subscribing = live.some(({ mode }) => mode === 'subscribe')
  if (asns.length === 0) {
    warn('$.asns', 'no AS is watched', 'list yours, or give --asn on the command line')
  }
  for (const [i, { asn, prefixes }] of asns.entries()) {
    if (isReserved(asn)) {
      const why = `AS${asn} is reserved and never seen on the public Internet`
      warn(`$.asns[${i}]`, why, 'check the number')
    }
    // A withdrawal names a prefix and no path, so a subscription by path never hears one.
    const tables = [...context.rib, ...context.bootstrap]
    if (prefixes.length > 0 || tables.length > 0 || !subscribing) continue
    warn(
      `$.asns[${i}]`,
      `no prefixes given for AS${asn}: withdrawals carry no path, so only announcements are heard` +
        ' until prefixes are known',
      'list its prefixes, or have a table to start from: context.rib or context.bootstrap',
    )
  }
  if (live.length + feedsOf(config, 'routeviews').length === 0) {
    warn('$.feeds', 'no feed tells of routes', 'add {type: ris-live}')
  }
  const own = asns.some(({ prefixes }) => prefixes.length > 0) || context.rib.length > 0
  if (feedsOf(config, 'flows').length > 0 && !own) {
    const why = 'no prefix of yours is known, so flows are not told inbound from outbound'
    warn('$.feeds', why, 'list the prefixes of your AS, or give a table in context.rib')
  }
  const wanted = asns.reduce((sum, { prefixes }) => sum + prefixes.length, 0)
  if (subscribing && wanted > risLiveDefaults.mostPrefixes) {
    const why = `of ${wanted} prefixes only ${risLiveDefaults.mostPrefixes} are subscribed to`
    warn('$.asns', why, 'use mode: firehose')
  }
  if (!isLoopback(listen.host)) {
    const why = `${listen.host} can be reached from other machines without a password`
    warn('$.listen', why, 'keep a firewall or a proxy that asks before it')
  }
  for (const [i, feed] of feeds.entries()) {
    if (feed.type !== 'bmp' || isLoopback(feed.listen.host)) continue
    const why = `${feed.listen.host} can be reached from other machines, and BMP knows no password`
    warn(`$.feeds[${i}].listen`, why, 'let only your routers reach it')
  }
  for (const [i, feed] of feeds.entries()) {
    if (feed.type !== 'ris-live' || !feed.history || feed.url !== risLiveDefaults.url) continue
    const why = 'the public service is live, but it will not be noticed when it grows stale'
    warn(`$.feeds[${i}].history`, why, 'remove it')
  }
  return out
}
