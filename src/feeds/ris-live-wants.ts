// What the RIS Live client asks for, as the messages it sends. Pure.
//
// A withdrawal carries no AS path, so a `path` subscription alone never hears that a prefix is gone;
// the prefixes of our own must be named. `path` hears what else goes through us: leaks, and prefixes
// nobody told us of. Session states and KEEPALIVEs show a lost peer and a feed that has gone silent.

import type { Asn } from '../core/asn.ts'
import { parsePrefix, prefixText } from '../core/prefix.ts'

export interface RisLiveWantsSettings {
  readonly mode: 'subscribe' | 'firehose'
  readonly asns: readonly Asn[]
  readonly prefixes: readonly string[]
  readonly hosts: readonly string[]
  readonly includeRaw: boolean
  /** Prefixes that come and go by the clock, heard to see whether what happens is told (canary.ts). */
  readonly canaries: readonly string[]
  readonly mostPrefixes: number
}

/** Prefixes a message; 500 of IPv6 are 20 kB. One array replaces as many single messages. */
const CHUNK = 500

export class RisLiveWants {
  /** Prefixes beyond `mostPrefixes`, and texts that are no prefix: not subscribed to. */
  dropped = 0
  invalid = 0
  readonly #settings: RisLiveWantsSettings
  #reported = { dropped: 0, invalid: 0 }
  readonly #prefixes = new Set<string>()

  constructor(settings: RisLiveWantsSettings) {
    this.#settings = settings
    this.#admit(settings.prefixes)
  }

  get prefixes(): number {
    return this.#prefixes.size
  }

  /** Everything, for a new socket. */
  all(): string[] {
    const { mode, asns, canaries } = this.#settings
    if (mode === 'firehose') return this.#messages([{}])
    return this.#messages([
      { type: 'RIS_PEER_STATE' },
      // Early, because they are the sign of life while the rest is being asked for.
      { type: 'KEEPALIVE' },
      ...chunks([...this.#prefixes]),
      ...asns.map((asn) => ({ path: String(asn) })),
      ...(canaries.length > 0 ? [{ prefix: canaries, moreSpecific: false }] : []),
    ])
  }

  /** Takes in more prefixes; the messages for those that are new. */
  add(prefixes: readonly string[]): string[] {
    const fresh = this.#admit(prefixes)
    return this.#settings.mode === 'firehose' ? [] : this.#messages(chunks(fresh))
  }

  /** What to tell the operator about prefixes left out since it was asked last. */
  remarks(): string[] {
    const { mode, asns, mostPrefixes } = this.#settings
    const out: string[] = []
    const beyond = this.dropped - this.#reported.dropped
    const wrong = this.invalid - this.#reported.invalid
    if (beyond > 0) {
      out.push(`${beyond} prefixes beyond ${mostPrefixes} are not subscribed to; use firehose mode`)
    }
    if (wrong > 0) out.push(`${wrong} of the prefixes are none and are left out`)
    if (mode === 'subscribe' && asns.length + this.prefixes === 0) {
      out.push('neither ASN nor prefix to watch: only session states will be heard')
    }
    this.#reported = { dropped: this.dropped, invalid: this.invalid }
    return out
  }

  #admit(texts: readonly string[]): string[] {
    const fresh: string[] = []
    for (const given of texts) {
      const prefix = parsePrefix(given)
      if (!prefix) {
        this.invalid++
        continue
      }
      const text = prefixText(prefix.afi, ...prefix.words, prefix.length)
      if (this.#prefixes.has(text)) continue
      if (this.#prefixes.size >= this.#settings.mostPrefixes) {
        this.dropped++
        continue
      }
      this.#prefixes.add(text)
      fresh.push(text)
    }
    return fresh
  }

  /** One message a filter, or one for each host and filter: `host` takes a single name. */
  #messages(filters: readonly object[]): string[] {
    const { hosts, includeRaw } = this.#settings
    const targets: readonly object[] = hosts.length === 0 ? [{}] : hosts.map((host) => ({ host }))
    // They belong to the socket and the last word counts, so each message says the same.
    const socketOptions = { includeRaw, acknowledge: true }
    return filters.flatMap((filter) =>
      targets.map((target) =>
        JSON.stringify({ type: 'ris_subscribe', data: { ...target, ...filter, socketOptions } }),
      ),
    )
  }
}

function chunks(prefixes: readonly string[]): object[] {
  const out: object[] = []
  for (let i = 0; i < prefixes.length; i += CHUNK) {
    out.push({ prefix: prefixes.slice(i, i + CHUNK), moreSpecific: true })
  }
  return out
}
