// What own routers tell of defence against floods: blackholes, which are routes with a community for
// it (RTBH, RFC 7999), and Flowspec rules (RFC 8955). Both come in UPDATEs that an own router passes on by
// BMP; here they begin and end as changes, and whom they protect stays hidden in its /24 or /48.

import { createHash } from 'node:crypto'
import { blockOf } from '../core/labels.ts'
import { type Afi, maskWord, type Prefix, parsePrefix } from '../core/prefix.ts'
import { type Change, changeUncertainty, type Labels, sampleLimits } from '../core/sample.ts'
import type { Instant } from '../core/time.ts'
import { prefixAt, readAction, readRule, textOf } from './flowspec.ts'
import {
  type MitigationSettings,
  mitigationDefaults,
  readCommunity,
} from './mitigation-settings.ts'
import { OwnPrefixes } from './own-prefixes.ts'
import { type Multiprotocol, type Part, UpdateParts } from './update-parts.ts'

const UNICAST = 1
const FLOWSPEC = 133
/** Behind a route distinguisher of 8 octets (RFC 8955 §8). */
const FLOWSPEC_VPN = 134
const DISTINGUISHER = 8
/** Longer rules are held by their hash. */
const LONGEST_KEY = 40
/** Of those that are over, when they ended: for so many. */
const MOST_ENDED = 1_000

const DISCARD = 'next hop into nothing'
const WITHDRAWN = 'withdrawn'
const NOT_OURS = 'it is of address space of others'
const REPLACED = 'announced anew in another way'

const NOTHING: readonly Change[] = []
const NO_ADD_PATH: ReadonlySet<string> = new Set()

/** One mitigation as it is told: all routes of a router of which nothing else is told. */
interface Group {
  readonly key: string
  readonly labels: Labels
  routes: number
  readonly since: Instant
}

interface Held {
  /** Null: it is none of ours, and nothing of it is told. */
  readonly group: Group | null
  readonly name: string
  readonly given: Given
}

/** What is told of one router by its BMP connection, whatever the number of its sessions and views. */
export class MitigationRoutes {
  /** Routes and rules there was no room for. */
  dropped = 0
  /** The same of what is not ours: customers of a transit network fight floods too. */
  passedOver = 0
  readonly #router: string
  readonly #settings: MitigationSettings
  readonly #standard = new Set<number>()
  readonly #large = new Set<string>()
  readonly #discard: readonly Prefix[]
  readonly #parts = new UpdateParts()
  /** By session, and in it by route or rule. */
  readonly #sessions = new Map<string, Map<string, Held>>()
  readonly #groups = new Map<string, Group>()
  readonly #ended = new Map<string, Instant>()
  #own = new OwnPrefixes([])
  #held = 0
  #ofOthers = 0
  /** Lengths of blackholes held, IPv4 at 0 and IPv6 behind: most withdrawals are of another one. */
  readonly #lengths = new Uint32Array(33 + 129)

  /** `router`: as it is called in labels. */
  constructor(router: string, settings: Partial<MitigationSettings> = {}) {
    this.#router = router
    this.#settings = { ...mitigationDefaults, ...settings }
    for (const text of this.#settings.communities) {
      const parts = readCommunity(text)?.split(':').map(Number) ?? []
      const [high = 0, low = 0] = parts
      if (parts.length === 2) this.#standard.add(high * 65_536 + low)
      else if (parts.length === 3) this.#large.add(parts.join(':'))
    }
    this.#discard = this.#settings.discard.flatMap((text) => parsePrefix(text) ?? [])
  }

  /** Mitigations in force. */
  get running(): number {
    return this.#groups.size
  }

  /**
   * Only what has to do with these counts from now on; none = all does. What others' routes are is kept in mind:
   * own prefixes are learned one by one, and a route is told once.
   */
  own(prefixes: readonly string[], at: Instant): readonly Change[] {
    this.#own = new OwnPrefixes(prefixes)
    const out: Change[] = []
    const all = [...this.#sessions.values()].flatMap((routes) => [...routes.values()])
    const wrong = all.filter(
      ({ group, given }) => (group !== null) !== this.#concerns(given.prefix),
    )
    // What is not ours makes room first.
    wrong.sort((a, b) => Number(a.group === null) - Number(b.group === null))
    for (const { given } of wrong) {
      this.#remove(given.session, given.key, at, NOT_OURS, out)
      this.#add({ ...given, at }, out)
    }
    return out
  }

  /**
   * One BGP message with its header, of one view of one session. `addPath`: families, as `AFI/SAFI`,
   * of which NLRI carry path identifiers (RFC 7911). What cannot be read changes nothing, and is
   * counted by whoever decodes the routes in it.
   */
  update(
    session: string,
    message: Uint8Array,
    at: Instant,
    addPath: ReadonlySet<string> = NO_ADD_PATH,
  ): readonly Change[] {
    const parts = this.#parts
    if (!parts.read(message)) return NOTHING
    const { reach, unreach } = parts
    const why = this.#whyBlackhole()
    const flows = isFlowspec(reach) || isFlowspec(unreach)
    if (why === '' && !flows && !this.#sessions.has(session)) return NOTHING
    const out: Change[] = []
    const classic = addPath.has('1/1')
    const each = (part: Part, afi: Afi, paths: boolean, reason: string | null) =>
      this.#prefixes(session, part, afi, paths, reason, at, out)
    // Withdrawn first: what a message has in both is announced (RFC 4271 §4.3).
    each(parts.withdrawn, 4, classic, null)
    if (unreach.safi === UNICAST) this.#multiprotocol(unreach, addPath, null, each)
    if (isFlowspec(unreach)) this.#rules(session, unreach, addPath, false, at, out)
    each(parts.nlri, 4, classic, why)
    if (reach.safi === UNICAST) this.#multiprotocol(reach, addPath, why, each)
    if (isFlowspec(reach)) this.#rules(session, reach, addPath, true, at, out)
    return out
  }

  /** A session of the router, or one view of it, is over, and all it told with it. */
  down(session: string, at: Instant, why: string): readonly Change[] {
    const routes = this.#sessions.get(session)
    if (!routes) return NOTHING
    const out: Change[] = []
    for (const key of [...routes.keys()]) this.#remove(session, key, at, why, out)
    return out
  }

  /** Nobody tells us anything any more: what is in force is not known from now on. */
  close(at: Instant, why: string): readonly Change[] {
    return [...this.#sessions.keys()].flatMap((session) => this.down(session, at, why))
  }

  /** By what the routes of the message are blackholes; '' when they are none. */
  #whyBlackhole(): string {
    const { bytes, communities, large, nextHop, reach, reachHop } = this.#parts
    for (let at = communities.from; at + 4 <= communities.end; at += 4)
      if (this.#standard.has(u32(bytes, at)))
        return `community ${u32(bytes, at) >>> 16}:${u32(bytes, at) & 0xffff}`
    if (this.#large.size > 0)
      for (let at = large.from; at + 12 <= large.end; at += 12) {
        const text = [0, 4, 8].map((i) => u32(bytes, at + i)).join(':')
        if (this.#large.has(text)) return `community ${text}`
      }
    if (nextHop.end - nextHop.from === 4 && this.#isDiscard(nextHop, 4)) return DISCARD
    const octets = reachHop.end - reachHop.from
    if (reach.safi !== UNICAST || (octets !== 4 && octets !== 16 && octets !== 32)) return ''
    return this.#isDiscard(reachHop, octets === 4 ? 4 : 6) ? DISCARD : ''
  }

  #isDiscard({ from, end }: Part, afi: Afi): boolean {
    const length = afi === 4 ? 32 : 128
    const hop = prefixAt(this.#parts.bytes, from, Math.min(end, from + length / 8), afi, length)
    return this.#discard.some((net) => isInside(hop, net))
  }

  #multiprotocol(
    part: Multiprotocol,
    addPath: ReadonlySet<string>,
    why: string | null,
    each: (part: Part, afi: Afi, paths: boolean, why: string | null) => void,
  ): void {
    const afi = afiOf(part.afi)
    if (afi !== null) each(part, afi, addPath.has(`${part.afi}/${UNICAST}`), why)
  }

  /** Prefixes of [from, end): blackholes by `why`, none when that is '', withdrawn when null. */
  #prefixes(
    session: string,
    { from, end }: Part,
    afi: Afi,
    paths: boolean,
    why: string | null,
    at: Instant,
    out: Change[],
  ): void {
    const { bytes } = this.#parts
    for (let octet = from; octet < end; ) {
      const id = paths && octet + 4 < end ? u32(bytes, octet) : 0
      if (paths) octet += 4
      const length = bytes[octet] as number
      const start = octet + 1
      const stop = start + ((length + 7) >> 3)
      if (octet >= end || stop > end || length > (afi === 4 ? 32 : 128)) return
      octet = stop
      // A next hop alone says little of what people do exchange.
      const isHole =
        why !== null && why !== '' && (why !== DISCARD || length > (afi === 4 ? 24 : 48))
      const slot = lengthSlot(afi, length)
      if (!isHole && this.#lengths[slot] === 0) continue
      const prefix = prefixAt(bytes, start, stop, afi, length)
      const key = `${afi} ${id} ${prefix.words.join(' ')}/${length}`
      if (!isHole) this.#remove(session, key, at, why === null ? WITHDRAWN : REPLACED, out)
      else
        this.#add(
          { session, key, slot, prefix, why, at, labels: { kind: 'rtbh', ...whom(prefix) } },
          out,
        )
    }
  }

  /** Rules, each behind its length in one octet or two (RFC 8955 §4.1). */
  #rules(
    session: string,
    { from, end, afi: number, safi }: Multiprotocol,
    addPath: ReadonlySet<string>,
    announced: boolean,
    at: Instant,
    out: Change[],
  ): void {
    const { bytes, extended, extendedIpv6 } = this.#parts
    const afi = afiOf(number)
    if (afi === null) return
    const paths = addPath.has(`${number}/${safi}`)
    const action = announced ? readAction(bytes, extended, extendedIpv6) : 'accept'
    for (let octet = from; octet < end; ) {
      const first = octet
      if (paths) octet += 4
      const head = bytes[octet++] as number
      const wide = head >= 0xf0
      const length = wide ? ((head & 0xf) << 8) | (bytes[octet++] as number) : head
      const stop = octet + length
      if (octet > end || stop > end) return
      const key = `${afi}/${safi} ${keyOf(bytes.subarray(first, stop))}`
      const rule = { from: octet + (safi === FLOWSPEC_VPN ? DISTINGUISHER : 0), end: stop }
      octet = stop
      if (!announced) {
        this.#remove(session, key, at, WITHDRAWN, out)
        continue
      }
      const read = rule.from > rule.end ? null : readRule(bytes, rule, afi)
      if (read === null) continue
      const { destination, match, takes } = read
      const labels = {
        kind: 'flowspec',
        ...(destination === null ? {} : whom(destination)),
        action,
        match,
        takes: takes.join(' '),
      }
      const why = `Flowspec, ${action}`
      this.#add({ session, key, slot: -1, prefix: destination, why, at, labels }, out)
    }
  }

  #add({ session, key, slot, prefix, why, at, labels: given }: Given, out: Change[]): void {
    const named = { ...given, router: this.#router }
    const labels = Object.fromEntries(
      Object.entries(named)
        .filter(([, value]) => value !== '')
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
    const name = JSON.stringify(labels)
    const known = this.#sessions.get(session)?.get(key)
    if (known?.name === name) return
    // The same route for another purpose: the old one is over.
    if (known) this.#remove(session, key, at, REPLACED, out)
    const isOurs = this.#concerns(prefix)
    const { mostRoutes } = this.#settings
    if (!isOurs && this.#ofOthers >= mostRoutes) {
      this.passedOver++
      return
    }
    const hasRoom = isOurs && this.#held < mostRoutes
    const group = hasRoom
      ? (this.#groups.get(name) ?? this.#open(name, labels, why, at, out))
      : null
    if (isOurs && group === null) {
      this.dropped++
      return
    }
    if (group === null) this.#ofOthers++
    else {
      group.routes++
      this.#held++
    }
    if (slot >= 0) this.#lengths[slot] = (this.#lengths[slot] as number) + 1
    let routes = this.#sessions.get(session)
    if (!routes) {
      routes = new Map()
      this.#sessions.set(session, routes)
    }
    routes.set(key, { group, name, given: { session, key, slot, prefix, why, at, labels: given } })
  }

  /** Null when there is no room. */
  #open(key: string, labels: Labels, why: string, at: Instant, out: Change[]): Group | null {
    if (this.#groups.size >= this.#settings.mostMitigations) return null
    // Routers stamp by the second; of two changes in one the later is the later all the same.
    const since = Math.max(at, (this.#ended.get(key) ?? Number.NEGATIVE_INFINITY) + 1)
    this.#ended.delete(key)
    const group = { key, labels, routes: 0, since }
    this.#groups.set(key, group)
    out.push(change('mitigation-start', since, labels, why))
    return group
  }

  #concerns(prefix: Prefix | null): boolean {
    return prefix === null || this.#own.isEmpty || this.#own.concerns(prefix)
  }

  #remove(session: string, key: string, at: Instant, why: string, out: Change[]): void {
    const routes = this.#sessions.get(session)
    const held = routes?.get(key)
    if (!routes || !held) return
    const { group, given } = held
    routes.delete(key)
    if (routes.size === 0) this.#sessions.delete(session)
    const { slot } = given
    if (slot >= 0) this.#lengths[slot] = (this.#lengths[slot] as number) - 1
    if (group === null) {
      this.#ofOthers--
      return
    }
    this.#held--
    if (--group.routes > 0) return
    this.#groups.delete(group.key)
    const end = Math.max(at, group.since + 1)
    this.#ended.set(group.key, end)
    const [oldest] = this.#ended.keys()
    if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest)
    out.push(change('mitigation-end', end, group.labels, why))
  }
}

interface Given {
  readonly session: string
  readonly key: string
  /** In the counts of lengths; -1 for rules. */
  readonly slot: number
  /** Whom it is for; null = all. */
  readonly prefix: Prefix | null
  readonly why: string
  readonly at: Instant
  readonly labels: Labels
}

function change(
  event: 'mitigation-start' | 'mitigation-end',
  at: Instant,
  labels: Labels,
  why: string,
): Change {
  const note = `BMP: ${why}`.slice(0, sampleLimits.note)
  return { kind: 'change', at, event, labels, note, uncertainty: changeUncertainty[event] }
}

/** The block it is in, and how long it is itself: only that tells a host from its whole network. */
const whom = (prefix: Prefix): Labels => ({
  prefix: blockOf(textOf(prefix)),
  length: String(prefix.length),
})

const isFlowspec = ({ safi }: Multiprotocol): boolean => safi === FLOWSPEC || safi === FLOWSPEC_VPN

const afiOf = (number: number): Afi | null => (number === 1 ? 4 : number === 2 ? 6 : null)

const lengthSlot = (afi: Afi, length: number): number => (afi === 4 ? length : 33 + length)

const isInside = (inner: Prefix, outer: Prefix): boolean =>
  inner.afi === outer.afi &&
  inner.length >= outer.length &&
  inner.words.every((word, i) => (word & maskWord(outer.length, i)) === outer.words[i])

/** Unsigned. */
const u32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) * 0x1_00_00_00 +
  (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))

/** Of a rule as it is on the wire, not longer than it need be. */
const keyOf = (octets: Uint8Array): string =>
  octets.length <= LONGEST_KEY
    ? Buffer.from(octets).toString('latin1')
    : createHash('sha256').update(octets).digest('base64')
