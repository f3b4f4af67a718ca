// Networks and prefixes that the rules for everybody else do not fit. The lists are short, known by
// name and can be replaced in the configuration: a list that pretends to be whole is worse.

import type { Asn } from '../core/asn.ts'
import type { PrefixWords } from '../core/context.ts'
import { maskWord, type Prefix, parsePrefix } from '../core/prefix.ts'

export interface SpecialSettings {
  /** Networks of one organisation, a list each. */
  readonly siblings: readonly (readonly Asn[])[]
  readonly research: readonly Asn[]
  readonly routeServers: readonly Asn[]
  readonly scrubbers: readonly Asn[]
  /** They and all that is more specific come and go on purpose; none = every prefix counts. */
  readonly beacons: readonly string[]
}

export const specialDefaults: SpecialSettings = {
  siblings: [],
  research: [
    11537, // Internet2
    20965, // GÉANT
    22388, // TransPAC
    7660, // APAN-JP
    2153, // CENIC (CalREN)
    3754, // NYSERNet
    11164, // Internet2 commercial peering
    24490, // TEIN
    27750, // RedCLARA
    36944, // UbuntuNet Alliance
    2603, // NORDUnet
    786, // Jisc (JANET)
    680, // DFN
    2200, // RENATER
    137, // GARR
    1103, // SURF
    7575, // AARNet
    6509, // CANARIE
    293, // ESnet
    2500, // WIDE
    2907, // SINET
    4538, // CERNET
    9270, // KOREN
    1916, // RNP
  ],
  routeServers: [
    6695, // DE-CIX
    6777, // AMS-IX
    8714, // LINX LON1
    24115, // Equinix
    26162, // IX.br
    51706, // France-IX
    8631, // MSK-IX
    42476, // SwissIX
    24029, // NIXI
    37195, // NAPAfrica
    11670, // TorIX
  ],
  // Those that originate a customer's prefix while it is under attack; a network that only filters in
  // passing shows in no origin. Cloudflare and Akamai's own network do so under contract (Magic Transit,
  // Prolexic), so they stand here though both are far more than scrubbers.
  scrubbers: [
    32787, // Akamai Prolexic
    20940, // Akamai
    19905, // Vercara (UltraDDoS Protect)
    19551, // Imperva
    198949, // Radware
    13335, // Cloudflare (Magic Transit)
    200020, // NBIP NaWas
    209242, // Cloudflare (customers' own space)
    57724, // DDoS-Guard
    262254, // DDoS-Guard
    35280, // F5 Silverline
  ],
  // Beacons and anchors of RIPE RIS (RIPE's list of routing beacons): all of their space is for experiments.
  beacons: ['84.205.64.0/19', '93.175.144.0/20', '2001:7fb::/32'],
}

export class Special {
  readonly #research: ReadonlySet<Asn>
  readonly #routeServers: ReadonlySet<Asn>
  readonly #scrubbers: ReadonlySet<Asn>
  readonly #organisation = new Map<Asn, number>()
  readonly #beacons: readonly Prefix[]

  constructor({ siblings, research, routeServers, scrubbers, beacons }: SpecialSettings) {
    this.#research = new Set(research)
    this.#routeServers = new Set(routeServers)
    this.#scrubbers = new Set(scrubbers)
    this.#beacons = beacons.flatMap((text) => parsePrefix(text) ?? [])
    for (const [number, list] of siblings.entries()) this.#join(list, number + 1)
  }

  /** Lists that share a network are of one organisation. */
  #join(list: readonly Asn[], number: number): void {
    const others = new Set(list.flatMap((asn) => this.#organisation.get(asn) ?? []))
    for (const [asn, of] of this.#organisation)
      if (others.has(of)) this.#organisation.set(asn, number)
    for (const asn of list) this.#organisation.set(asn, number)
  }

  sameOrganisation(a: Asn, b: Asn): boolean {
    const of = this.#organisation.get(a)
    return a === b || (of !== undefined && of === this.#organisation.get(b))
  }

  isResearch(asn: Asn): boolean {
    return this.#research.has(asn)
  }

  isRouteServer(asn: Asn): boolean {
    return this.#routeServers.has(asn)
  }

  isScrubber(asn: Asn): boolean {
    return this.#scrubbers.has(asn)
  }

  get scrubbers(): readonly Asn[] {
    return [...this.#scrubbers]
  }

  isBeacon({ afi, word0, word1, word2, word3, length }: PrefixWords): boolean {
    return this.#beacons.some(
      ({ afi: of, words, length: bits }) =>
        of === afi &&
        bits <= length &&
        (word0 & maskWord(bits, 0)) === words[0] &&
        (word1 & maskWord(bits, 1)) === words[1] &&
        (word2 & maskWord(bits, 2)) === words[2] &&
        (word3 & maskWord(bits, 3)) === words[3],
    )
  }
}
