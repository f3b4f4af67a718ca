// UPDATEs made by hand, for tests of what is in them beside paths.

import { parsePrefix } from '../../src/core/prefix.ts'

export const octets = (hex: string): Uint8Array =>
  new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))

const u16 = (n: number): string => n.toString(16).padStart(4, '0')
const u8 = (n: number): string => n.toString(16).padStart(2, '0')

/** Length and prefix as they stand in NLRI. */
export function nlri(...prefixes: readonly string[]): string {
  return prefixes
    .map((text) => {
      const prefix = parsePrefix(text)
      if (!prefix) throw new Error(text)
      const words = prefix.words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
      return u8(prefix.length) + words.slice(0, 2 * ((prefix.length + 7) >> 3))
    })
    .join('')
}

/** An attribute; flags 0xc0 unless told. */
export const attribute = (type: number, value: string, flags = 0xc0): string =>
  u8(flags | 0x10) + u8(type) + u16(value.length / 2) + value

export const nextHop = (hex: string): string => attribute(3, hex, 0x40)
export const communities = (...pairs: readonly string[]): string =>
  attribute(8, pairs.map((pair) => pair.split(':').map(Number).map(u16).join('')).join(''))
export const reach = (family: string, hop: string, routes: string): string => {
  const [afi = 0, safi = 0] = family.split('/').map(Number)
  return attribute(14, `${u16(afi)}${u8(safi)}${u8(hop.length / 2)}${hop}00${routes}`, 0x80)
}
export const unreach = (family: string, routes: string): string => {
  const [afi = 0, safi = 0] = family.split('/').map(Number)
  return attribute(15, `${u16(afi)}${u8(safi)}${routes}`, 0x80)
}

/** A message with its header. */
export function update(parts: {
  readonly withdrawn?: string
  readonly attributes?: string
  readonly nlri?: string
}): Uint8Array {
  const { withdrawn = '', attributes = '', nlri: routes = '' } = parts
  const body =
    u16(withdrawn.length / 2) + withdrawn + u16(attributes.length / 2) + attributes + routes
  return octets(`${'ff'.repeat(16)}${u16(19 + body.length / 2)}02${body}`)
}
