// Frames of RIS Live, whole (protocols.md §1.4), with what `raw` says beside what the JSON says.

import { isIP } from 'node:net'
import { parsePrefix, prefixText } from '../core/prefix.ts'
import { readMessage, type Update } from './bgp.ts'
import { Cursor, Malformed } from './cursor.ts'
import { octetsOf } from './text.ts'

type Json = Readonly<Record<string, unknown>>

export function readFrame(line: string): object {
  let frame: unknown
  try {
    frame = JSON.parse(line)
  } catch (error) {
    throw new Malformed(`no JSON: ${(error as Error).message}`)
  }
  if (!isObject(frame)) throw new Malformed('the frame is no object')
  const { type, data } = frame
  if (typeof type !== 'string') throw new Malformed('the frame has no type')
  switch (type) {
    case 'ris_message':
      if (!isObject(data)) throw new Malformed('the message has no data')
      return readRisMessage(data)
    case 'ris_error':
      return { frame: type, message: textOf(isObject(data) ? data['message'] : data) }
    case 'ris_rrc_list':
      return { frame: type, rrcs: listOf(data).map((name) => hostOf(textOf(name))) }
    case 'ris_subscribe_ok':
      return { ...(isObject(data) ? data : {}), frame: type }
    case 'pong':
      return { frame: type }
    default:
      return { frame: 'unknown', type }
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const isScalar = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number'

const scalarOf = (value: unknown) => (isScalar(value) ? value : undefined)

/** Objects are not asked to become numbers or text: what they say of themselves may be anything. */
const numberOf = (value: unknown): number => (isScalar(value) ? Number(value) : Number.NaN)

const spelled = (value: unknown): string => (isScalar(value) ? String(value) : '?')

/** `rrc00.ripe.net` and `rrc00` are the same collector. */
const hostOf = (name: string): string => name.replace(/\.ripe\.net$/, '')

function readRisMessage(data: Json): object {
  const peer = textOf(data['peer'])
  if (isIP(peer) === 0) throw new Malformed('the message names no peer')
  const msgType = textOf(data['type'])
  const head = {
    frame: 'ris_message',
    msgType,
    collector: hostOf(textOf(data['host'])),
    timestamp: numberOf(data['timestamp']),
    peer,
    peerAsn: numberOf(data['peer_asn']),
    id: textOf(data['id']),
  }
  const raw = readRaw(data['raw'])
  if (msgType === 'UPDATE') return { ...head, ...readRisUpdate(data), ...raw }
  if (msgType === 'STATE' || msgType === 'RIS_PEER_STATE')
    return { ...head, msgType: 'STATE', state: textOf(data['state']) }
  if (msgType === 'OPEN') {
    const open = {
      direction: scalarOf(data['direction']),
      version: scalarOf(data['version']),
      asn: scalarOf(data['asn']),
      holdTime: scalarOf(data['hold_time']),
      routerId: scalarOf(data['router_id']),
      capabilities: data['capabilities'],
    }
    return { ...head, ...open, ...raw }
  }
  if (msgType === 'NOTIFICATION') {
    const { direction, notification } = data
    return { ...head, direction: scalarOf(direction), notification, ...raw }
  }
  return { ...head, ...raw }
}

function readRisUpdate(data: Json): object {
  const skipped: string[] = []
  const prefixes = (list: unknown): string[] =>
    listOf(list).flatMap((one) => {
      const prefix = parsePrefix(textOf(one))
      if (prefix) return [prefixText(prefix.afi, ...prefix.words, prefix.length)]
      skipped.push(spelled(one))
      return []
    })
  // Some frames name a prefix twice, once for each of its next hops: it is announced once.
  const nextHops = new Map<string, string>()
  for (const one of listOf(data['announcements'])) {
    if (!isObject(one)) continue
    const nextHop = globalOf(textOf(one['next_hop']))
    for (const prefix of prefixes(one['prefixes'])) {
      const known = nextHops.get(prefix)
      if (known === undefined || isLinkLocal(known)) nextHops.set(prefix, nextHop)
    }
  }
  const announced = [...nextHops].map(([prefix, nextHop]) =>
    nextHop === '' ? { prefix } : { prefix, nextHop },
  )
  const withdrawn = prefixes(data['withdrawals'])
  const hops = listOf(data['path'])
  const last = hops.at(-1)
  const { origin, med } = data
  return {
    announced,
    withdrawn,
    path: hops
      .map((hop) => (Array.isArray(hop) ? `{${hop.map(spelled).join(',')}}` : spelled(hop)))
      .join(' '),
    originAsns: last === undefined ? [] : listOf(Array.isArray(last) ? last : [last]).map(numberOf),
    ...(typeof origin === 'string' ? { origin: origin.toUpperCase() } : {}),
    ...(isScalar(med) ? { med } : {}),
    communities: listOf(data['community']).map((one) => listOf(one).map(spelled).join(':')),
    ...(skipped.length > 0 ? { skippedPrefixes: skipped } : {}),
  }
}

/** Of a global and a link-local address (RFC 2545), in whichever order. */
function globalOf(nextHop: string): string {
  const all = nextHop.split(',')
  return all.find((one) => !isLinkLocal(one)) ?? nextHop
}

const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address)

function readRaw(raw: unknown): object {
  if (typeof raw !== 'string') return {}
  try {
    const octets = octetsOf(raw)
    if (!octets) throw new Malformed('raw is no hex')
    const context = { as4: true, addPath: new Set<string>(), monitored: true }
    const bgp = readMessage(new Cursor(octets), context)
    const { otc, largeCommunities } = bgp.type === 'UPDATE' ? (bgp as Update).attrs : {}
    return {
      rawDecodes: true,
      ...(otc === undefined ? {} : { rawOtc: otc }),
      ...(largeCommunities ? { rawLargeCommunities: largeCommunities } : {}),
      raw: bgp,
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { rawDecodes: false, rawError: error.message }
  }
}
