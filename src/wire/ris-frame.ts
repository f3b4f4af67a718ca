// The outer shape of RIS Live's frames: which fields there may be, of what kind a frame is, and what
// the server says for itself. Nothing in here is trusted to be there or to be of its type.

import { Message } from '../core/batch.ts'

/** Every field this project looks at; a frame may hold any of them, or others, or none. */
export interface RisFields {
  type?: unknown
  data?: unknown
  timestamp?: unknown
  peer?: unknown
  peer_asn?: unknown
  host?: unknown
  state?: unknown
  path?: unknown
  announcements?: unknown
  withdrawals?: unknown
  prefixes?: unknown
  raw?: unknown
  message?: unknown
  command_type?: unknown
  subscription?: unknown
  socketOptions?: unknown
}

/** Answers of the server to what we asked, or its complaint. */
export type RisAnswer =
  /** It usually closes the socket next. */
  | { readonly kind: 'error'; readonly message: string; readonly command: string | null }
  | { readonly kind: 'pong' }
  | { readonly kind: 'subscribed'; readonly subscription: object; readonly socketOptions: object }
  /** Names of collectors, without the domain. */
  | { readonly kind: 'collectors'; readonly names: readonly string[] }

export function isFields(value: unknown): value is RisFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The answer in a frame that is no `ris_message`; null for a type that is not known. */
export function readAnswer(frame: RisFields): RisAnswer | null {
  const data: RisFields = isFields(frame.data) ? frame.data : {}
  switch (frame.type) {
    case 'pong':
      return { kind: 'pong' }
    case 'ris_error': {
      const { message, command_type: command } = data
      return {
        kind: 'error',
        message: typeof message === 'string' ? message : 'no reason given',
        command: typeof command === 'string' ? command : null,
      }
    }
    case 'ris_subscribe_ok': {
      const { subscription, socketOptions } = data
      return {
        kind: 'subscribed',
        subscription: isFields(subscription) ? subscription : {},
        socketOptions: isFields(socketOptions) ? socketOptions : {},
      }
    }
    case 'ris_rrc_list': {
      const list: readonly unknown[] = Array.isArray(frame.data) ? frame.data : []
      const names = list.filter((name) => typeof name === 'string')
      return { kind: 'collectors', names: names.map(collectorOf) }
    }
    default:
      return null
  }
}

/** `rrc21` for `rrc21.ripe.net`. Names of other projects hold dots that belong to them. */
export function collectorOf(host: string): string {
  const name = host.toLowerCase()
  return /^rrc\d+\./.test(name) ? name.slice(0, name.indexOf('.')) : name
}

/** The kind of a `ris_message`, of Message; -1 when it is of no use to us. */
export function kindOf(data: RisFields): number {
  switch (data.type) {
    case 'UPDATE':
      return Message.update
    case 'STATE':
    case 'RIS_PEER_STATE':
      return stateOf(data.state)
    case 'KEEPALIVE':
    case 'OPEN':
    case 'NOTIFICATION':
      return Message.alive
    case undefined:
    case null:
      // Old captures leave the type out; the fields tell.
      if (Array.isArray(data.announcements) || Array.isArray(data.withdrawals)) {
        return Message.update
      }
      return stateOf(data.state)
    default:
      return -1
  }
}

function stateOf(state: unknown): number {
  return state === 'connected' ? Message.sessionUp : state === 'down' ? Message.sessionDown : -1
}

export const NO_MARKER = -1

/**
 * The family of the End-of-RIB marker (RFC 4724 §2) whose whole message is `raw`, in hex: 4, 6, or
 * NO_MARKER when it is none of unicast routes.
 */
export function markerFamily(raw: string): number {
  // Header 19 octets; then two zero lengths, or one MP_UNREACH_NLRI of AFI and SAFI alone, whose
  // length takes one octet or, with the extended flag, two.
  if (raw.length === 46) return 4
  const body = raw.slice(38).toUpperCase()
  const short = body.startsWith('00000006') && body.slice(10, 14) === '0F03'
  const long = body.startsWith('00000007') && body.slice(10, 16) === '0F0003'
  if (!short && !long) return NO_MARKER
  const family = body.slice(short ? 14 : 16)
  return family === '000101' ? 4 : family === '000201' ? 6 : NO_MARKER
}
