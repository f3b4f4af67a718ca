// RPKI to Router: what a validator (a cache) sends to those who ask it for VRPs and ASPAs. Versions 0
// (RFC 6810), 1 (RFC 8210) and 2 (draft-ietf-sidrops-8210bis, with ASPA). Octets in, PDUs out; who
// says what when is in rtr-session.ts.
//
//   version u8 · type u8 · session, error code, flags or zero u16 · length of the whole u32 · the rest

import { maskWord, prefixText } from '../core/prefix.ts'

/** RFC 8210 §5. */
const Pdu = {
  notify: 0,
  serialQuery: 1,
  resetQuery: 2,
  response: 3,
  ipv4: 4,
  ipv6: 6,
  end: 7,
  reset: 8,
  routerKey: 9,
  error: 10,
  aspa: 11,
} as const

/** RFC 8210 §12, and 9 of the draft. */
export const RtrError = {
  corrupt: 0,
  internal: 1,
  noData: 2,
  badRequest: 3,
  badVersion: 4,
  badType: 5,
  unknownWithdrawal: 6,
  duplicate: 7,
  otherVersion: 8,
  aspaProviders: 9,
} as const

/** One PDU. Lines are in the notation of context/rpki-file.ts, because that is what becomes of them. */
export type RtrPdu = { readonly version: number; readonly octets: Uint8Array } & (
  | { readonly type: 'notify'; readonly session: number; readonly serial: number }
  | { readonly type: 'response'; readonly session: number }
  | { readonly type: 'vrp'; readonly announced: boolean; readonly line: string }
  /** `customer` names the record that is replaced: the AS, and in older drafts the family too. */
  | {
      readonly type: 'aspa'
      readonly announced: boolean
      readonly customer: string
      readonly providers: number
      readonly line: string
    }
  | {
      readonly type: 'end'
      readonly session: number
      readonly serial: number
      /** In seconds; null in version 0, which has none. */
      readonly times: { refresh: number; retry: number; expire: number } | null
    }
  | { readonly type: 'reset' }
  /** A key of BGPsec, which nobody here asks for. */
  | { readonly type: 'router-key' }
  | { readonly type: 'error'; readonly code: number; readonly text: string }
  /** What cannot be: the code to report it with, and why. */
  | { readonly type: 'bad'; readonly code: number; readonly why: string }
)

const HEADER = 8
/** An ASPA with all providers there may be (16,380, of validators) has 65,532 octets. */
const MOST_OCTETS = 1 << 17
const NEWEST = 2

/** Cuts a stream of octets into PDUs. */
export class RtrReader {
  #rest: Uint8Array = new Uint8Array(0);

  /** PDUs that are whole now. After a bad one nothing more can be told apart: the stream is over. */
  *read(octets: Uint8Array): Generator<RtrPdu> {
    const all = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets])
    this.#rest = new Uint8Array(0)
    let at = 0
    while (all.length - at >= HEADER) {
      const length = u32(all, at + 4)
      const version = all[at] as number
      if (length < HEADER || length > MOST_OCTETS) {
        const head = all.subarray(at, at + HEADER)
        yield bad(head, version, RtrError.corrupt, `a PDU of ${length} octets`)
        return
      }
      if (all.length - at < length) break
      const pdu = readPdu(all.subarray(at, at + length))
      yield pdu
      if (pdu.type === 'bad') return
      at += length
    }
    // A copy: what it was a part of may be large, and is somebody else's.
    this.#rest = Uint8Array.from(all.subarray(at))
  }
}

const bad = (octets: Uint8Array, version: number, code: number, why: string): RtrPdu => ({
  version,
  octets,
  type: 'bad',
  code,
  why,
})

/** One PDU, whole by its own length. */
function readPdu(octets: Uint8Array): RtrPdu {
  const [version = 0, type = 0] = octets
  const base = { version, octets }
  const word = u16(octets, 2)
  const corrupt = (why: string) => bad(octets, version, RtrError.corrupt, why)
  const { length } = octets
  if (version > NEWEST) return bad(octets, version, RtrError.badVersion, `version ${version}`)
  switch (type) {
    case Pdu.notify:
      if (length !== 12) return corrupt(`a notify of ${length} octets`)
      return { ...base, type: 'notify', session: word, serial: u32(octets, 8) }
    case Pdu.response:
      if (length !== 8) return corrupt(`a cache response of ${length} octets`)
      return { ...base, type: 'response', session: word }
    case Pdu.ipv4:
    case Pdu.ipv6:
      return readVrp(octets, version)
    case Pdu.end: {
      if (length !== (version === 0 ? 12 : 24)) return corrupt(`an end of data of ${length} octets`)
      const times =
        version === 0
          ? null
          : { refresh: u32(octets, 12), retry: u32(octets, 16), expire: u32(octets, 20) }
      return { ...base, type: 'end', session: word, serial: u32(octets, 8), times }
    }
    case Pdu.reset:
      if (length !== 8) return corrupt(`a cache reset of ${length} octets`)
      return { ...base, type: 'reset' }
    case Pdu.routerKey:
      if (version === 0) break
      return length < 32
        ? corrupt(`a router key of ${length} octets`)
        : { ...base, type: 'router-key' }
    case Pdu.error:
      return { ...base, type: 'error', code: word, text: errorText(octets) }
    case Pdu.aspa:
      if (version < 2) break
      return readAspa(octets, version)
  }
  return bad(octets, version, RtrError.badType, `a PDU of type ${type}`)
}

/** RFC 8210 §5.6, §5.7. */
function readVrp(octets: Uint8Array, version: number): RtrPdu {
  const corrupt = (why: string) => bad(octets, version, RtrError.corrupt, why)
  const afi = octets[1] === Pdu.ipv4 ? 4 : 6
  const size = afi === 4 ? 4 : 16
  if (octets.length !== 16 + size) return corrupt(`an IPv${afi} prefix of ${octets.length} octets`)
  const [flags = 0, bits = 0, most = 0] = octets.subarray(8, 11)
  if (bits > most || most > size * 8) return corrupt(`a prefix /${bits} up to /${most}`)
  const words = [0, 0, 0, 0]
  for (let i = 0; i < size / 4; i++) words[i] = u32(octets, 12 + 4 * i) | 0
  if (words.some((word, i) => (word & maskWord(bits, i)) !== word))
    return corrupt('a prefix with bits set behind its length')
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words
  const asn = u32(octets, 12 + size)
  const line = `${asn} ${prefixText(afi, w0, w1, w2, w3, bits)} ${most} 0 -`
  return { version, octets, type: 'vrp', announced: (flags & 1) === 1, line }
}

/**
 * ASPA as the draft has it since its version 17: flags in the header, then customer and providers. Caches
 * that are older have zero there, and flags, family and number of providers behind the header.
 */
function readAspa(octets: Uint8Array, version: number): RtrPdu {
  const { length } = octets
  if (length < 12 || length % 4 !== 0)
    return bad(octets, version, RtrError.corrupt, `an ASPA of ${length} octets`)
  const old = octets[2] === 0 && octets[3] === 0 && length >= 16
  const flags = (old ? octets[8] : octets[2]) ?? 0
  const announced = (flags & 1) === 1
  const from = old ? 16 : 12
  const asn = u32(octets, from - 4)
  const providers: number[] = []
  for (let at = from; at < length; at += 4) providers.push(u32(octets, at))
  if (old && u16(octets, 10) !== providers.length)
    return bad(octets, version, RtrError.corrupt, 'an ASPA of another number of providers')
  if (announced ? providers.length === 0 : !old && providers.length > 0)
    return bad(octets, version, RtrError.aspaProviders, `an ASPA of ${providers.length} providers`)
  const customer = old ? `${asn} ${octets[9]}` : `${asn}`
  const sorted = [...new Set(providers)].sort((a, b) => a - b)
  const line = `A ${asn} ${sorted.join(' ')}`
  return { version, octets, type: 'aspa', announced, customer, providers: sorted.length, line }
}

const SHOWN = 200

/** What the other side says went wrong (RFC 8210 §5.11); whatever it is, it is text. */
function errorText(octets: Uint8Array): string {
  if (octets.length < 16) return ''
  const enclosed = u32(octets, 8)
  if (enclosed > octets.length - 16) return ''
  const text = octets.subarray(16 + enclosed, 16 + enclosed + SHOWN)
  return new TextDecoder().decode(text).replace(/[^\x20-\x7e]/g, '?')
}

export function resetQuery(version: number): Uint8Array {
  return Uint8Array.of(version, Pdu.resetQuery, 0, 0, 0, 0, 0, 8)
}

export function serialQuery(version: number, session: number, serial: number): Uint8Array {
  const out = new Uint8Array(12)
  out.set([version, Pdu.serialQuery, session >>> 8, session & 0xff, 0, 0, 0, 12])
  new DataView(out.buffer).setUint32(8, serial)
  return out
}

/** Enclosed is as much of what was wrong as is of use to whoever reads it. */
export function errorReport(
  version: number,
  code: number,
  of: Uint8Array,
  why: string,
): Uint8Array {
  const enclosed = of.subarray(0, 64)
  const text = new TextEncoder().encode(why).subarray(0, SHOWN)
  const out = new Uint8Array(16 + enclosed.length + text.length)
  const view = new DataView(out.buffer)
  out.set([version, Pdu.error])
  view.setUint16(2, code)
  view.setUint32(4, out.length)
  view.setUint32(8, enclosed.length)
  out.set(enclosed, 12)
  view.setUint32(12 + enclosed.length, text.length)
  out.set(text, 16 + enclosed.length)
  return out
}

const u16 = (octets: Uint8Array, at: number): number =>
  ((octets[at] as number) << 8) | (octets[at + 1] as number)

const u32 = (octets: Uint8Array, at: number): number =>
  u16(octets, at) * 65_536 + u16(octets, at + 2)
