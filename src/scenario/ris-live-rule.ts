// One RIS Live filter (research/protocols.md §1.3): what a client may ask for, and whether a frame is
// it. Prefixes are left to the index in ris-live-subscriptions.ts, because there are thousands.

import { addressText, type Prefix, parseAddress, parsePrefix } from '../core/prefix.ts'
import type { RisFrame, RisHop } from './frames.ts'

/** The conditions of a filter, all of which must hold; null = any. */
export interface Rule {
  /** The same for filters that ask the same, so that one can be taken back. */
  readonly key: string
  readonly host: string | null
  readonly type: string | null
  readonly require: 'announcements' | 'withdrawals' | null
  readonly peer: string | null
  readonly path: PathPattern | null
  /** Null when the filter names no prefixes. */
  readonly prefixes: readonly Prefix[] | null
  readonly moreSpecific: boolean
  readonly lessSpecific: boolean
}

interface PathPattern {
  readonly run: readonly string[]
  readonly atStart: boolean
  readonly atEnd: boolean
  readonly inverted: boolean
}

/** More than any client names in one message. */
const MOST_PREFIXES = 20_000
const TYPES = ['UPDATE', 'OPEN', 'NOTIFICATION', 'KEEPALIVE', 'RIS_PEER_STATE', 'STATE']

/** A frame as filters see it; what they need is worked out once, when the first asks. */
export class Sought {
  readonly frame: RisFrame
  readonly host: string
  #peer: string | undefined
  #hops: readonly string[] | undefined
  #prefixes: readonly Prefix[] | undefined

  constructor(frame: RisFrame) {
    this.frame = frame
    this.host = withoutDomain(frame.host)
  }

  get peer(): string {
    this.#peer ??= canonical(this.frame.peer) ?? this.frame.peer
    return this.#peer
  }

  get hops(): readonly string[] {
    this.#hops ??= (this.frame.path ?? []).map(hopText)
    return this.#hops
  }

  get prefixes(): readonly Prefix[] {
    if (!this.#prefixes) {
      const { withdrawals = [], announcements = [] } = this.frame
      const texts = [...withdrawals, ...announcements.flatMap((a) => a.prefixes)]
      this.#prefixes = texts.map(parsePrefix).filter((prefix) => prefix !== undefined)
    }
    return this.#prefixes
  }
}

/** Everything but the prefixes. */
export function holds(rule: Rule, sought: Sought): boolean {
  const { frame } = sought
  if (rule.host !== null && rule.host !== sought.host) return false
  if (rule.type !== null && rule.type !== typeOf(frame.type)) return false
  if (rule.require !== null && !frame[rule.require]?.length) return false
  if (rule.peer !== null && rule.peer !== sought.peer) return false
  return rule.path === null || carries(sought.hops, rule.path)
}

/** A message without a path has none to be unlike either: withdrawals never match. */
function carries(hops: readonly string[], pattern: PathPattern): boolean {
  if (hops.length === 0) return false
  const { run, atStart, atEnd, inverted } = pattern
  const last = hops.length - run.length
  const from = atEnd ? Math.max(last, 0) : 0
  const to = atStart ? Math.min(last, 0) : last
  let found = false
  for (let i = from; i <= to && !found; i++) found = run.every((hop, k) => hops[i + k] === hop)
  return found !== inverted
}

/** Reads a filter; a text that says what is wrong with it otherwise. Unknown keys mean nothing. */
export function readRule(filter: Readonly<Record<string, unknown>>): Rule | string {
  const { host, type, require, peer, path, prefix, moreSpecific, lessSpecific } = filter
  if (present(host) && typeof host !== 'string') return 'host must be a string'
  if (present(type) && !TYPES.includes(String(type))) return `unknown type ${String(type)}`
  if (present(require) && require !== 'announcements' && require !== 'withdrawals') {
    return 'require must be announcements or withdrawals'
  }
  const peerText = typeof peer === 'string' ? canonical(peer) : null
  if (present(peer) && !peerText) return 'peer must be an IP address'
  if (present(path) && typeof path !== 'string' && typeof path !== 'number') {
    return 'path must be a string or a number'
  }
  const pattern = present(path) ? readPattern(String(path)) : null
  if (pattern === undefined) return `cannot read path ${String(path)}`
  const prefixes = present(prefix) ? readPrefixes(prefix) : null
  if (typeof prefixes === 'string') return prefixes
  const rule = {
    host: typeof host === 'string' ? withoutDomain(host) : null,
    type: present(type) ? typeOf(String(type)) : null,
    require: present(require) ? (require as 'announcements' | 'withdrawals') : null,
    peer: peerText ?? null,
    path: pattern,
    moreSpecific: moreSpecific !== false,
    lessSpecific: lessSpecific === true,
  }
  return { ...rule, key: JSON.stringify(rule), prefixes }
}

function readPrefixes(value: unknown): Prefix[] | string {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > MOST_PREFIXES) return 'too many prefixes'
  const out: Prefix[] = []
  for (const text of list) {
    const prefix = typeof text === 'string' ? parsePrefix(text) : undefined
    if (!prefix) return `not a prefix: ${String(text)}`
    out.push(prefix)
  }
  return out
}

/** `^64496,64511$`, `!64500`, `64500,[64501,64502]$`. */
function readPattern(text: string): PathPattern | undefined {
  const match = /^(!?)(\^?)((?:\d+|\[\d+(?:,\d+)*\])(?:,(?:\d+|\[\d+(?:,\d+)*\]))*)(\$?)$/.exec(
    text,
  )
  if (!match) return undefined
  const run = match[3]?.match(/\d+|\[[^\]]*\]/g) ?? []
  const sets = run.map((hop) => (hop.startsWith('[') ? hopText(JSON.parse(hop)) : hop))
  return {
    run: sets,
    atStart: match[2] === '^',
    atEnd: match[4] === '$',
    inverted: match[1] === '!',
  }
}

const present = (value: unknown): boolean => value !== undefined && value !== null

/** The live feed calls STATE what its filters call RIS_PEER_STATE. */
const typeOf = (type: string): string => (type === 'STATE' ? 'RIS_PEER_STATE' : type)

const withoutDomain = (host: string): string => host.toLowerCase().replace(/^(rrc\d+)\..*$/, '$1')

function hopText(hop: RisHop): string {
  return typeof hop === 'number' ? String(hop) : `[${[...hop].sort((a, b) => a - b).join(',')}]`
}

function canonical(text: string): string | undefined {
  const address = parseAddress(text)
  return address && addressText(address.afi, ...address.words)
}
