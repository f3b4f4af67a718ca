// A configuration, settled: complete, checked, with a hash and with what is allowed but probably not
// meant.

import { createHash } from 'node:crypto'
import { specialDefaults } from '../context/special.ts'
import type { Asn } from '../core/asn.ts'
import { usualStaleAfter, usualUncertainty } from '../core/sample.ts'
import { hours } from '../core/time.ts'
import { detectDefaults } from '../detect/detectors.ts'
import { archiveDefaults } from '../feeds/archive-settings.ts'
import { alertRules } from '../feeds/notices.ts'
import { risLiveDefaults } from '../feeds/ris-live-settings.ts'
import { watchedDefaults } from '../feeds/watched-settings.ts'
import { tableLimits } from '../table/table.ts'
import { ledgerDefaults } from '../verdict/ledger.ts'
import { mitigationDefaults } from '../wire/mitigation-settings.ts'
import type { Remark } from './faults.ts'
import type { Config } from './schema.ts'
import { warningsOf } from './warnings.ts'

export interface Settled {
  readonly config: Config
  /** `sha256:…` of what decides which incidents are found; see `hashOf`. */
  readonly hash: string
  readonly warnings: readonly Remark[]
}

/**
 * What runs without a file: every default, these ASNs. Written out, because a replay of one file should
 * not have to wait for the schema; a test holds the two together.
 */
export function defaultConfig({ asns }: { readonly asns: readonly Asn[] }): Settled {
  const { url, mode, includeRaw, client } = risLiveDefaults
  const canaries = [...risLiveDefaults.canaries]
  return settle({
    version: 1,
    asns: [...new Set(asns)].map((asn) => ({ asn, prefixes: [] })),
    listen: { host: '127.0.0.1', port: 9477 },
    feeds: [
      { type: 'ris-live', url, mode, hosts: [], includeRaw, canaries, client, history: false },
    ],
    context: {
      rib: [],
      vrps: [],
      vrpsAhead: hours(24),
      vrpsRefresh: { file: watchedDefaults.file, url: watchedDefaults.url },
      rtr: [],
      asRelationships: [],
      siblings: [],
      research: [...specialDefaults.research],
      routeServers: [...specialDefaults.routeServers],
      scrubbers: [...specialDefaults.scrubbers],
      blackholes: {
        communities: [...mitigationDefaults.communities],
        discard: [...mitigationDefaults.discard],
      },
      beacons: [...specialDefaults.beacons],
      ignorePeers: [],
      bootstrap: [],
    },
    archives: {
      ris: archiveDefaults.ris,
      routeviews: archiveDefaults.routeviews,
      mostCache: archiveDefaults.mostKept,
      resync: true,
      parallel: archiveDefaults.parallel,
    },
    planes: {
      uncertainty: { ...usualUncertainty },
      staleAfter: { ...usualStaleAfter },
      resolvers: [],
      pops: [],
      alerts: [...alertRules],
    },
    maintenance: [],
    detect: {
      ...detectDefaults,
      leak: { ...detectDefaults.leak, clique: [...detectDefaults.leak.clique] },
    },
    limits: { ...tableLimits, incidents: ledgerDefaults.most },
    log: { level: 'info' },
  })
}

/** Again after the command line has changed something: the hash and the warnings go with the config. */
export function settle(config: Config): Settled {
  return { config, hash: hashOf(config), warnings: warningsOf(config) }
}

/** What the verdict is to know of planes. */
export const planesOf = ({ planes: { staleAfter, pops } }: Config) => ({
  staleAfter,
  pops: Object.fromEntries(pops.map(({ name, prefixes }) => [name, prefixes])),
})

/**
 * Of what decides which incidents are found, and of nothing else: not where facts come from or are
 * told, nor how talkative we are. So a replay and the daemon, on whatever machine, agree on it when
 * they judge alike. Whatever is added to the configuration counts until it is named here.
 */
function hashOf(config: Config): string {
  const {
    listen: _,
    feeds: _feeds,
    archives: _archives,
    context: {
      rib: _rib,
      vrps: _vrps,
      vrpsRefresh: _refresh,
      rtr: _rtr,
      asRelationships: _relationships,
      ...context
    },
    planes: { token: _token, ...planes },
    journal: _journal,
    state: _state,
    log: _log,
    ...rest
  } = config
  const asns = rest.asns
    .map((watched) => ({ ...watched, prefixes: watched.prefixes.toSorted() }))
    .sort((a, b) => a.asn - b.asn)
  const { detect } = rest
  const { siblings, research, routeServers, scrubbers, blackholes, beacons, ignorePeers } = context
  const sorted = (asns: readonly Asn[]) => asns.toSorted((a, b) => a - b)
  const lists = {
    ...context,
    siblings: siblings.map((list) => sorted(list).join(' ')).sort(),
    research: sorted(research),
    routeServers: sorted(routeServers),
    scrubbers: sorted(scrubbers),
    blackholes: {
      communities: blackholes.communities.toSorted(),
      discard: blackholes.discard.toSorted(),
    },
    beacons: beacons.toSorted(),
    ignorePeers: ignorePeers.toSorted(),
  }
  const maintenance = rest.maintenance
    .map((window) => ({
      ...window,
      asns: sorted(window.asns),
      routers: window.routers.toSorted(),
      links: window.links.toSorted(),
      pops: window.pops.toSorted(),
      prefixes: window.prefixes.toSorted(),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const pops = planes.pops
    .map((pop) => ({ ...pop, prefixes: pop.prefixes.toSorted() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const heard = { ...planes, resolvers: planes.resolvers.toSorted(), pops }
  const leak = { ...detect.leak, clique: detect.leak.clique.toSorted((a, b) => a - b) }
  return `sha256:${createHash('sha256')
    .update(
      canonical({
        ...rest,
        asns,
        context: lists,
        planes: heard,
        maintenance,
        detect: { ...detect, leak },
      }),
    )
    .digest('hex')}`
}

/** JSON with its keys in order. */
function canonical(value: object): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
