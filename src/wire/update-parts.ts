// Where in an UPDATE its parts are (RFC 4271 §4.3, RFC 4760), for those who look for more than paths:
// communities and families that the fast decoder passes by. Nothing is copied; one reader serves all
// messages.

const HEADER = 19
const UPDATE = 2
const EXTENDED = 0x10

const NEXT_HOP = 3
const COMMUNITIES = 8
const MP_REACH = 14
const MP_UNREACH = 15
const EXTENDED_COMMUNITIES = 16
const IPV6_EXTENDED_COMMUNITIES = 25
const LARGE_COMMUNITIES = 32

/** Octets [from, end) of the message; empty when it has no such part. */
export interface Part {
  from: number
  end: number
}

/** NLRI of MP_REACH_NLRI or MP_UNREACH_NLRI; `safi` 0 when there is none. */
export interface Multiprotocol extends Part {
  afi: number
  safi: number
}

const part = (): Part => ({ from: 0, end: 0 })
const multiprotocol = (): Multiprotocol => ({ ...part(), afi: 0, safi: 0 })

export class UpdateParts {
  bytes: Uint8Array = new Uint8Array(0)
  readonly withdrawn = part()
  readonly nlri = part()
  readonly nextHop = part()
  readonly communities = part()
  readonly extended = part()
  readonly extendedIpv6 = part()
  readonly large = part()
  readonly reach = multiprotocol()
  readonly reachHop = part()
  readonly unreach = multiprotocol()
  readonly #attributes: ReadonlyMap<number, Part> = new Map([
    [NEXT_HOP, this.nextHop],
    [COMMUNITIES, this.communities],
    [EXTENDED_COMMUNITIES, this.extended],
    [IPV6_EXTENDED_COMMUNITIES, this.extendedIpv6],
    [LARGE_COMMUNITIES, this.large],
  ])

  /** Of a whole BGP message with its header; false when it is no UPDATE, or one that cannot be parted. */
  read(message: Uint8Array): boolean {
    this.bytes = message
    this.reach.safi = this.unreach.safi = 0
    for (const one of [this.reach, this.reachHop, this.unreach, ...this.#attributes.values()])
      one.from = one.end = 0
    const end = message.length
    if (end < HEADER + 4 || message[18] !== UPDATE || this.#u16(16) !== end) return false
    const from = HEADER + 2
    const withdrawnEnd = from + this.#u16(HEADER)
    if (withdrawnEnd + 2 > end) return false
    const attributes = withdrawnEnd + 2
    const nlri = attributes + this.#u16(withdrawnEnd)
    if (nlri > end) return false
    set(this.withdrawn, from, withdrawnEnd)
    set(this.nlri, nlri, end)
    return this.#walk(attributes, nlri)
  }

  #walk(from: number, end: number): boolean {
    const { bytes } = this
    for (let at = from; at < end; ) {
      if (at + 3 > end) return false
      const isLong = ((bytes[at] as number) & EXTENDED) !== 0
      const type = bytes[at + 1] as number
      if (isLong && at + 4 > end) return false
      const start = at + (isLong ? 4 : 3)
      const stop = start + (isLong ? this.#u16(at + 2) : (bytes[at + 2] as number))
      if (stop > end) return false
      if (type === MP_REACH ? !this.#reach(start, stop) : !this.#other(type, start, stop))
        return false
      at = stop
    }
    return true
  }

  /** Of a repeated attribute the first counts (RFC 7606 §3.g), but an MP attribute there is only once. */
  #other(type: number, from: number, end: number): boolean {
    if (type === MP_UNREACH) {
      if (this.unreach.safi !== 0 || from + 3 > end) return false
      this.unreach.afi = this.#u16(from)
      this.unreach.safi = this.bytes[from + 2] as number
      set(this.unreach, from + 3, end)
      return true
    }
    const one = this.#attributes.get(type)
    if (one && one.end === 0) set(one, from, end)
    return true
  }

  #reach(from: number, end: number): boolean {
    if (this.reach.safi !== 0 || from + 5 > end) return false
    const hop = from + 4
    // Behind the next hop is one reserved octet (RFC 4760 §3).
    const nlri = hop + (this.bytes[from + 3] as number) + 1
    if (nlri > end) return false
    this.reach.afi = this.#u16(from)
    this.reach.safi = this.bytes[from + 2] as number
    set(this.reachHop, hop, nlri - 1)
    set(this.reach, nlri, end)
    return true
  }

  #u16(at: number): number {
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number)
  }
}

function set(one: Part, from: number, end: number): void {
  one.from = from
  one.end = end
}
