// BGP messages, whole (RFC 4271 §4, RFC 8654 sizes).

import {
  AS_PATH,
  type Attributes,
  BGPSEC_PATH,
  type Context,
  type Fault,
  NEXT_HOP,
  ORIGIN,
  pathOf,
  readAttributes,
} from './attributes.ts'
import { type Cursor, Malformed } from './cursor.ts'
import { address, hex, type Nlri, readAllNlri, text } from './text.ts'

export interface Announced extends Nlri {
  readonly nextHop?: string
}

export interface Update {
  readonly type: 'UPDATE'
  readonly announced: readonly Announced[]
  readonly withdrawn: readonly Nlri[]
  readonly attrs: Attributes
  readonly path?: string
  /** `AFI/SAFI` when it is the End-of-RIB marker of that family (RFC 4724 §2). */
  readonly eor?: string
  readonly malformed?: readonly Fault[]
  readonly treatAsWithdraw?: boolean
}

export interface Open {
  readonly type: 'OPEN'
  readonly version: number
  readonly asn: number
  readonly holdTime: number
  readonly bgpId: string
  /** Of capability 65 (RFC 6793). */
  readonly as4?: number
  readonly capabilities: readonly { readonly code: number; readonly hex: string }[]
}

export type Message = Update | Open | Readonly<Record<string, string | number>>

const HEADER = 19

/** The message at the cursor; whatever follows it stays. */
export function readMessage(cursor: Cursor, context: Context): Message {
  if (cursor.bytes(16, 'marker').some((octet) => octet !== 0xff))
    throw new Malformed('marker is not all ones')
  const length = cursor.u16('message length')
  if (length < HEADER) throw new Malformed(`message length ${length}`)
  const type = cursor.u8('message type')
  const body = cursor.part(length - HEADER, 'message')
  switch (type) {
    case 1:
      return readOpen(body)
    case 2:
      return readUpdate(body, context)
    case 3:
      return readNotification(body)
    case 4:
      if (body.left > 0) throw new Malformed(`KEEPALIVE of ${length} octets`)
      return { type: 'KEEPALIVE' }
    case 5:
      return readRefresh(body)
    default:
      throw new Malformed(`message type ${type}`)
  }
}

export function readUpdate(body: Cursor, context: Context): Update {
  const isEmpty = body.left === 4
  const classic = context.addPath.has('1/1')
  const gone = readAllNlri(body.part(body.u16('withdrawn length'), 'withdrawn'), 4, classic)
  const list = body.part(body.u16('attributes length'), 'attributes')
  const { attrs, malformed, present } = readAttributes(list, context)
  const nlri = readAllNlri(body, 4, classic)
  const { mpReach, mpUnreach, nextHop } = attrs
  const announced: Announced[] = nlri.map((one) => (nextHop ? { ...one, nextHop } : one))
  if (mpReach?.safi === 1 && mpReach.nlri) {
    const [first] = mpReach.nextHops
    for (const one of mpReach.nlri) announced.push(first ? { ...one, nextHop: first } : one)
  }
  const withdrawn = mpUnreach?.safi === 1 ? [...gone, ...(mpUnreach.nlri ?? [])] : gone
  const action = context.monitored ? 'warn' : 'treat-as-withdraw'
  for (const attr of missing(present, nlri.length, announced.length))
    malformed.push({ attr, reason: 'missing well-known attribute', action })
  const path = pathOf(attrs, context.as4)
  const eor = isEmpty
    ? '1/1'
    : present.size === 1 && gone.length + nlri.length === 0 && eorOf(attrs)
  return {
    type: 'UPDATE',
    announced,
    withdrawn,
    attrs,
    ...(path === undefined ? {} : { path }),
    ...(eor ? { eor } : {}),
    ...(malformed.length === 0
      ? {}
      : { malformed, treatAsWithdraw: malformed.some((m) => m.action === 'treat-as-withdraw') }),
  }
}

/** Mandatory attributes that are not there (RFC 4271 §5, RFC 7606 §3 d). */
function missing(present: ReadonlySet<number>, classic: number, announced: number): number[] {
  if (announced === 0) return []
  const needed = [ORIGIN]
  // BGPsec_PATH stands for it (RFC 8205 §4).
  if (!present.has(BGPSEC_PATH)) needed.push(AS_PATH)
  if (classic > 0) needed.push(NEXT_HOP)
  return needed.filter((attr) => !present.has(attr))
}

function eorOf({ mpUnreach }: Attributes): string | undefined {
  if (!mpUnreach) return undefined
  const { afi, safi, nlri, flowspec, nlriHex } = mpUnreach
  const empty = (nlri ?? flowspec ?? nlriHex)?.length === 0
  return empty ? `${afi}/${safi}` : undefined
}

const CAPABILITIES = 2
const FOUR_OCTET_AS = 65

function readOpen(body: Cursor): Open {
  const version = body.u8('version')
  const asn = body.u16('ASN')
  const holdTime = body.u16('hold time')
  const bgpId = address(body.bytes(4, 'BGP identifier'))
  const short = body.u8('parameters length')
  // RFC 9072: 255, and a first parameter of type 255, stand for wider lengths.
  const wide = short === 255 && body.left > 0 && peek(body) === 255
  if (wide) body.u8('extended')
  const parameters = body.part(wide ? body.u16('parameters length') : short, 'parameters')
  const capabilities: { code: number; hex: string }[] = []
  while (parameters.left > 0) {
    const type = parameters.u8('parameter type')
    const length = wide ? parameters.u16('parameter length') : parameters.u8('parameter length')
    const value = parameters.part(length, 'parameter')
    while (type === CAPABILITIES && value.left > 0) {
      const code = value.u8('capability')
      const content = value.bytes(value.u8('capability length'), 'capability')
      capabilities.push({ code, hex: hex(content) })
    }
  }
  const four = capabilities.find(({ code, hex }) => code === FOUR_OCTET_AS && hex.length === 8)
  const as4 = four ? { as4: Number.parseInt(four.hex, 16) } : {}
  return { type: 'OPEN', version, asn, holdTime, bgpId, ...as4, capabilities }
}

const peek = (cursor: Cursor): number | undefined => cursor.ahead(1)[0]

const CEASE = 6
const SHUTDOWN = [2, 4]

function readNotification(body: Cursor): Message {
  const code = body.u8('error code')
  const subcode = body.u8('error subcode')
  const data = body.rest()
  const [length = 0] = data
  // Words of the operator (RFC 9003).
  const said =
    code === CEASE && SHUTDOWN.includes(subcode) && length > 0 && length < data.length
      ? { text: text(data.subarray(1, 1 + length)) }
      : null
  return { type: 'NOTIFICATION', code, subcode, data: hex(data), ...said }
}

function readRefresh(body: Cursor): Message {
  const afi = body.u16('AFI')
  const subtype = body.u8('subtype')
  const safi = body.u8('SAFI')
  const rest = body.left > 0 ? { orf: hex(body.rest()) } : null
  return { type: 'ROUTE_REFRESH', afi, subtype, safi, ...rest }
}
