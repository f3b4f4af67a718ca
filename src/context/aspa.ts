// ASPA verification (draft-ietf-sidrops-aspa-verification): who may pass routes of whom upwards. A path
// is a ramp up from its origin and a ramp down to us; each hop is attested, denied, or neither.

import type { Asn } from '../core/asn.ts'

/** Of a customer and a would-be provider. */
export type Hop = 'provider' | 'not-provider' | 'no-attestation'

export type PathValidity = 'valid' | 'invalid' | 'unknown'

/** Customers that attest; more than there are networks on the Internet. */
const MOST_CUSTOMERS = 200_000
/** Providers of one of them: what validators take (draft-ietf-sidrops-aspa-profile). */
const MOST_PROVIDERS = 16_380

export class Aspas {
  dropped = 0
  readonly #providers = new Map<Asn, Set<Asn>>()

  get count(): number {
    return this.#providers.size
  }

  /** Several objects of one customer count as one with all of their providers. */
  add(customer: Asn, providers: Iterable<Asn>): void {
    let known = this.#providers.get(customer)
    if (!known) {
      if (this.#providers.size >= MOST_CUSTOMERS) {
        this.dropped++
        return
      }
      known = new Set()
      this.#providers.set(customer, known)
    }
    for (const provider of providers) {
      if (known.size < MOST_PROVIDERS) known.add(provider)
      else this.dropped++
    }
  }

  /** It attests nothing any more. */
  remove(customer: Asn): void {
    this.#providers.delete(customer)
  }

  hop(customer: Asn, provider: Asn): Hop {
    const providers = this.#providers.get(customer)
    if (!providers) return 'no-attestation'
    return providers.has(provider) ? 'provider' : 'not-provider'
  }

  /**
   * A path received from a customer, a peer or a route server: all of it must be a ramp up. Hops
   * nearest us first, prepends folded; 0 stands for an AS_SET.
   */
  upstream(hops: ArrayLike<Asn>): PathValidity {
    if (isUnfit(hops)) return 'invalid'
    const { most, least } = this.#up(hops)
    return most < hops.length ? 'invalid' : least < hops.length ? 'unknown' : 'valid'
  }

  /** A path received from a provider: up, and down again to us, with one hop between them at most. */
  downstream(hops: ArrayLike<Asn>): PathValidity {
    if (isUnfit(hops)) return 'invalid'
    const up = this.#up(hops)
    const down = this.#down(hops)
    if (up.most + down.most < hops.length) return 'invalid'
    return up.least + down.least < hops.length ? 'unknown' : 'valid'
  }

  /** Length of the ramp that begins at the origin: at most, and as far as it is attested. */
  #up(hops: ArrayLike<Asn>): Ramp {
    return this.#ramp(hops.length, (i) => hops[hops.length - i] as Asn)
  }

  /** The same from our end: a ramp down is one up, seen from its other end. */
  #down(hops: ArrayLike<Asn>): Ramp {
    return this.#ramp(hops.length, (i) => hops[i - 1] as Asn)
  }

  /** `at`: networks from the foot of the ramp, counted from 1. */
  #ramp(length: number, at: (i: number) => Asn): Ramp {
    let least = length
    for (let i = 1; i < length; i++) {
      const hop = this.hop(at(i), at(i + 1))
      if (hop === 'provider') continue
      least = Math.min(least, i)
      if (hop === 'not-provider') return { most: i, least }
    }
    return { most: length, least }
  }
}

interface Ramp {
  readonly most: number
  readonly least: number
}

/** Without hops, or with an AS_SET among them. */
function isUnfit(hops: ArrayLike<Asn>): boolean {
  for (let i = 0; i < hops.length; i++) if (hops[i] === 0) return true
  return hops.length === 0
}
