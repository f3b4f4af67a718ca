// What goes over the border, and what flow exporters say of it. A flood adds to what comes in, a fault
// takes from both directions, and no link carries more than it can.

import type { Instant } from '../core/time.ts'
import { ofTheDay, type Reading, reading, share } from './gauge.ts'
import type { BorderLink, Conditions, Network } from './network.ts'

/** Part of a link that is used on an ordinary day, on average; subscribers fetch more than they send. */
const USED = 0.19
const OUT_OF_IN = 0.45
/** Octets of an ordinary packet, on average. */
const LENGTH = 800
/** What is ordinary in flows. */
const USUAL = {
  reflected: 0.012,
  syn: 0.015,
  oneLength: 0.06,
  fresh: 0.02,
  /** Of all traffic, the part of the one destination with most. */
  top: 0.015,
  mix: 0.04,
  unroutable: 20,
  policed: 60,
}
/** Destinations that carry half of the ordinary traffic of an exporter. */
const DESTINATIONS = 40_000
/** A query with its answer, octets. */
const QUERY = 90

/** What is on one link, bit/s. */
interface OnLink {
  readonly link: BorderLink
  readonly legitimate: number
  readonly flood: number
  readonly out: number
  /** Before the link is full. */
  readonly offered: number
}

export class Traffic {
  readonly #net: Network

  constructor(net: Network) {
    this.#net = net
  }

  read(at: Instant, is: Conditions): Reading[] {
    const links = this.#net.border.map((link) => this.#onLink(link, at, is))
    return [...links.flatMap((one) => border(one, is)), ...this.#flows(links, at, is)]
  }

  #onLink(link: BorderLink, at: Instant, is: Conditions): OnLink {
    const usual = link.capacity * USED * ofTheDay(at)
    const ordinary = usual * is.demand * (1 - is.lost)
    const { flood } = is
    const through = flood?.links ?? this.#net.border.map(({ name }) => name)
    const sum = this.#net.border
      .filter(({ name }) => through.includes(name))
      .reduce((n, { capacity }) => n + capacity, 0)
    const extra = flood && through.includes(link.name) ? (flood.bps * link.capacity) / sum : 0
    const offered = ordinary + extra
    // A full link drops of each in proportion.
    const passes = Math.min(1, link.capacity / offered)
    return {
      link,
      legitimate: ordinary * passes,
      flood: extra * passes,
      out: Math.min(link.capacity, ordinary * OUT_OF_IN + extra * (flood?.leaving ?? 0)),
      offered,
    }
  }

  /** One exporter a place with a border, and one in front of the resolvers there. */
  #flows(links: readonly OnLink[], at: Instant, is: Conditions): Reading[] {
    const pops = [...new Set(links.map(({ link }) => link.pop))]
    const all = links.reduce((n, one) => n + one.legitimate, 0)
    return pops.flatMap((pop) => {
      const mine = links.filter(({ link }) => link.pop === pop)
      const legitimate = mine.reduce((n, one) => n + one.legitimate, 0)
      const flood = mine.reduce((n, one) => n + one.flood, 0)
      return flows(`flow-${pop}`, legitimate, flood, legitimate / Math.max(1, all), at, is)
    })
  }
}

function border({ link, legitimate, flood, out, offered }: OnLink, is: Conditions): Reading[] {
  const labels = { link: link.name, pop: link.pop }
  const inbound = legitimate + flood
  const length = is.flood?.length ?? LENGTH
  const packets = legitimate / 8 / LENGTH + flood / 8 / length
  const mean = inbound / 8 / Math.max(1, packets)
  const dropped = Math.max(0, offered - link.capacity) / 8 / Math.max(64, mean)
  return [
    reading('ingress', 'in_bps', labels, inbound),
    reading('ingress', 'out_bps', labels, out),
    reading('ingress', 'in_pps', labels, packets),
    share('ingress', 'link_load', labels, inbound / link.capacity, 0.005),
    reading('ingress', 'in_discards', labels, 3 + dropped, 0.2),
  ]
}

function flows(
  exporter: string,
  legitimate: number,
  attack: number,
  part: number,
  at: Instant,
  is: Conditions,
): Reading[] {
  const labels = { exporter }
  const { flood } = is
  const total = Math.max(1, legitimate + attack)
  const packets = legitimate / 8 / LENGTH
  const attackPackets = attack / 8 / (flood?.length ?? LENGTH)
  const allPackets = Math.max(1, packets + attackPackets)
  const ofBits = (usual: number, those: number) => (legitimate * usual + attack * those) / total
  const ofPackets = (usual: number, those: number) =>
    (packets * usual + attackPackets * those) / allPackets
  const fresh = ofBits(USUAL.fresh, flood?.fresh ?? 0)
  const one = flood?.victim ?? 0
  // A flood that has one victim makes that one carry half of everything; spread, it adds thousands.
  const spread = attack > legitimate ? (one > 0.5 ? 1 : DESTINATIONS / 10) : DESTINATIONS
  return [
    reading('flow', 'flow_bps', labels, total),
    reading(
      'flow',
      'top_destination_bps',
      labels,
      Math.max(legitimate * USUAL.top, attack * one + legitimate * 0.002),
    ),
    reading('flow', 'destinations', labels, spread, 0.05),
    share('flow', 'reflection_share', labels, ofBits(USUAL.reflected, flood?.reflected ?? 0)),
    share('flow', 'syn_share', labels, ofPackets(USUAL.syn, flood?.syn ?? 0)),
    share('flow', 'one_length_share', labels, ofPackets(USUAL.oneLength, flood?.oneLength ?? 0)),
    share('flow', 'new_source_share', labels, fresh),
    share('flow', 'own_source_share', labels, 1 - fresh, 0.002),
    // The service that is flooded is one among many.
    share('flow', 'mix_distance', labels, USUAL.mix + (0.9 * attack) / total, 0.1),
    reading(
      'flow',
      'unroutable_drops',
      labels,
      USUAL.unroutable * ofTheDay(at) + is.unroutable * part,
      0.15,
    ),
    reading(
      'flow',
      'policed_drops',
      labels,
      USUAL.policed * ofTheDay(at) + is.policed * part,
      0.15,
    ),
  ]
}

/** What the exporter in front of the resolvers tells: queries are traffic, too, and nearly all own. */
export function resolverFlows(qps: number, outside: number): Reading[] {
  const labels = { exporter: 'flow-resolvers' }
  return [
    reading('flow', 'flow_bps', labels, qps * QUERY * 8),
    share('flow', 'own_source_share', labels, 0.995 * (1 - outside), 0.001),
  ]
}
