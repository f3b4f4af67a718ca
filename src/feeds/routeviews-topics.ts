// What the name of a topic says: whose collector and whose routes. Collectors have dots in their names
// (`routeviews.amsix.ams.61955.bmp_raw`), so the peer's number is told from the end.

import type { RouteViewsSettings } from './routeviews-settings.ts'

/** Names that are remembered; there are more only if somebody makes them up. */
const MOST = 16_384

/** `route-views.linx` and `linx` are one collector: archives and topics write it differently. */
const bare = (collector: string): string =>
  collector.toLowerCase().replace(/^route-?views\.(?=.)/, '')

export class TopicNames {
  readonly #pattern: RegExp
  readonly #collectors: ReadonlySet<string>
  readonly #peers: ReadonlySet<number>
  readonly #known = new Map<string, string | null>()

  constructor({
    topics,
    collectors,
    peers,
  }: Pick<RouteViewsSettings, 'topics' | 'collectors' | 'peers'>) {
    const [before, between, after] = topics
      .split('+')
      .map((text) => text.replace(/[.*?^${}()|[\]\\]/g, '\\$&'))
    this.#pattern = new RegExp(`^${before}(.+)${between}(\\d{1,10})${after}$`)
    this.#collectors = new Set(collectors.map(bare))
    this.#peers = new Set(peers)
  }

  /** The collector of a topic that is wanted; null of others. */
  collectorOf(topic: string): string | null {
    const known = this.#known.get(topic)
    if (known !== undefined) return known
    const found = this.#read(topic)
    if (this.#known.size < MOST) this.#known.set(topic, found)
    return found
  }

  #read(topic: string): string | null {
    const [, collector, peer] = this.#pattern.exec(topic) ?? []
    if (collector === undefined) return null
    if (this.#collectors.size > 0 && !this.#collectors.has(bare(collector))) return null
    return this.#peers.size > 0 && !this.#peers.has(Number(peer)) ? null : collector
  }
}
