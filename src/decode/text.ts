// Octets as people write them.

import { type Afi, addressText, maskWord, prefixText } from '../core/prefix.ts'
import { type Cursor, Malformed } from './cursor.ts'

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The octets that hex stands for; null when it is none. */
export function octetsOf(hex: string): Uint8Array | null {
  // Looking for what must not be there needs no way back, however long the text is.
  if (hex.length === 0 || hex.length % 2 !== 0 || /[^0-9a-f]/i.test(hex)) return null
  return Buffer.from(hex, 'hex')
}

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

function words(bytes: Uint8Array): [number, number, number, number] {
  const out: [number, number, number, number] = [0, 0, 0, 0]
  for (let i = 0; i < bytes.length; i++)
    out[(i >> 2) as 0 | 1 | 2 | 3] |= (bytes[i] as number) << (24 - 8 * (i & 3))
  return out
}

/** IPv4 out of 4 octets, IPv6 out of 16. */
export const address = (bytes: Uint8Array): string =>
  addressText(bytes.length === 4 ? 4 : 6, ...words(bytes))

export interface Nlri {
  /** RFC 7911. */
  readonly pathId?: number
  readonly prefix: string
}

/** One prefix (RFC 4271 §4.3, RFC 4760 §5), host bits cleared. */
export function readNlri(cursor: Cursor, afi: Afi, addPath: boolean): Nlri {
  cursor.make()
  const pathId = addPath ? { pathId: cursor.u32('path identifier') } : {}
  return { ...pathId, prefix: readPrefix(cursor, afi) }
}

export function readPrefix(cursor: Cursor, afi: Afi): string {
  const length = cursor.u8('prefix length')
  const most = afi === 4 ? 32 : 128
  if (length > most) throw new Malformed(`prefix length ${length} is more than ${most}`)
  const [w0, w1, w2, w3] = words(cursor.bytes(Math.ceil(length / 8), 'prefix'))
  return prefixText(
    afi,
    w0 & maskWord(length, 0),
    w1 & maskWord(length, 1),
    w2 & maskWord(length, 2),
    w3 & maskWord(length, 3),
    length,
  )
}

export function readAllNlri(cursor: Cursor, afi: Afi, addPath: boolean): Nlri[] {
  const out: Nlri[] = []
  while (cursor.left > 0) out.push(readNlri(cursor, afi, addPath))
  return out
}

/** The number of an address family (RFC 4760) as ours; undefined for other families. */
export const afiOf = (afi: number): Afi | undefined => (afi === 1 ? 4 : afi === 2 ? 6 : undefined)
