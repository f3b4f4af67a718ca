/** An autonomous system number, 0 … 4294967295 (RFC 6793). 0 stands for "none known". */
export type Asn = number

/** Reads `4766`, `AS4766` or asdot `1.10` (RFC 5396); undefined if it is no usable ASN. */
export function parseAsn(text: string): Asn | undefined {
  const match = /^(?:AS)?(\d{1,10})(?:\.(\d{1,5}))?$/i.exec(text.trim())
  if (!match) return undefined
  const high = Number(match[1])
  if (match[2] === undefined) return high >= 1 && high <= 0xffffffff ? high : undefined
  const low = Number(match[2])
  return high <= 0xffff && low <= 0xffff && high + low > 0 ? high * 65536 + low : undefined
}

/** True for ASNs that say nothing about who carried a route: AS_TRANS, private, reserved (IANA). */
export function isReserved(asn: Asn): boolean {
  return (
    asn === 0 ||
    asn === 23456 ||
    (asn >= 64496 && asn <= 131071) ||
    (asn >= 4200000000 && asn <= 4294967295)
  )
}
