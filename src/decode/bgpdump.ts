// What `bgpdump -m` prints of an MRT record: one line for each element, for the scripts that read it.
// Octets are turned into text where they lie; nothing is made of a message but its lines.

import { isHop, RouteText } from './bgpdump-route.ts'
import { Malformed } from './cursor.ts'
import type { OctetText } from './octet-text.ts'

const HEADER = 12
const BGP = 5
const TABLE_DUMP = 12
const TABLE_DUMP_V2 = 13
const BGP4MP = 16
const BGP4MP_ET = 17
const BGP_HEADER = 19
const BAR = 124
const NEWLINE = 10
const SLASH = 47
const DOT = 46

/** What a subtype of BGP4MP says of what follows, and how its lines begin, without and with microseconds. */
interface Form {
  readonly isState: boolean
  readonly as4: boolean
  readonly addPath: boolean
  /** Names who sent it, the collector; of others the lines name the peer, whoever sent it. */
  readonly isOurs: boolean
  readonly names: readonly [string, string]
}

const form = (more: Partial<Form>, suffix = ''): Form => {
  const names = [`BGP4MP${suffix}`, `BGP4MP_ET${suffix}`] as const
  return { isState: false, as4: false, addPath: false, isOurs: false, names, ...more }
}

const FORMS: readonly (Form | undefined)[] = [
  form({ isState: true }),
  form({}),
  undefined,
  undefined,
  form({ as4: true }),
  form({ isState: true, as4: true }),
  form({}, '_LOCAL'),
  form({ as4: true }, '_LOCAL'),
  form({ addPath: true }, '_AP'),
  form({ as4: true, addPath: true }, '_AP'),
  form({ addPath: true, isOurs: true }, '_AP'),
  form({ as4: true, addPath: true, isOurs: true }, '_AP'),
]

export class BgpdumpText {
  /** Records that could not be read, or not to their end. */
  malformed = 0
  lines = 0
  /** Lines that announce or withdraw. */
  elements = 0
  readonly #out: OctetText
  #bytes = new Uint8Array(0) as Uint8Array
  #view = new DataView(this.#bytes.buffer)
  /** Peers of the last index, as `address|ASN|`. */
  #peers: string[] = []

  /** Of type 5 no communities are printed. */
  #isOld = false

  readonly #route: RouteText

  constructor(out: OctetText) {
    this.#out = out
    this.#route = new RouteText(out)
  }

  /** The record at [at, stop), header and all. */
  record(bytes: Uint8Array, view: DataView, at: number, stop: number): void {
    this.#bytes = bytes
    this.#view = view
    const before = this.#out.written
    try {
      const type = view.getUint16(at + 4)
      const subtype = view.getUint16(at + 6)
      this.#isOld = type === BGP
      if (type === BGP4MP || type === BGP4MP_ET) this.#bgp4mp(at, stop, subtype)
      else if (type === TABLE_DUMP_V2) this.#tableDump2(at, stop, subtype)
      else if (type === TABLE_DUMP) this.#tableDump(at, stop, subtype)
      else if (type === BGP) this.#old(at, stop, subtype)
    } catch (error) {
      if (!(error instanceof Malformed || error instanceof RangeError)) throw error
      this.malformed++
      this.#out.back(before)
    }
    this.#out.pass()
  }

  #bgp4mp(at: number, stop: number, subtype: number): void {
    const view = this.#view
    const isEt = view.getUint16(at + 4) === BGP4MP_ET
    const form = FORMS[subtype]
    if (!form) return
    const { isState, as4, addPath, isOurs } = form
    const name = form.names[isEt ? 1 : 0]
    let body = at + HEADER + (isEt ? 4 : 0)
    const speaker = body + (isOurs ? (as4 ? 4 : 2) : 0)
    const asn = as4 ? view.getUint32(speaker) : view.getUint16(speaker)
    body += as4 ? 8 : 4
    const afi = view.getUint16(body + 2)
    if (afi !== 1 && afi !== 2) throw new Malformed('AFI')
    const octets = afi === 1 ? 4 : 16
    const peer = body + 4 + (isOurs ? octets : 0)
    body += 4 + 2 * octets
    if (isState) {
      this.#head(at, name, 'STATE', peer, afi, asn)
      this.#states(body, stop)
      return
    }
    if (body + BGP_HEADER > stop) throw new Malformed('length')
    const end = body + view.getUint16(body + 16)
    if (view.getUint8(body + 18) !== 2) return
    if (end > stop) throw new Malformed('length')
    const ones = view.getInt32(body) & view.getInt32(body + 4) & view.getInt32(body + 8)
    if ((ones & view.getInt32(body + 12)) !== -1) throw new Malformed('marker')
    this.#update(at, name, peer, afi, asn, body + BGP_HEADER, end, as4, addPath)
  }

  /** Type 5, of 1999: a BGP body without its header, behind who sent it. */
  #old(at: number, stop: number, subtype: number): void {
    const view = this.#view
    const asn = view.getUint16(at + HEADER)
    const peer = at + HEADER + 2
    const body = peer + 4
    if (subtype === 1) this.#update(at, 'BGP', peer, 1, asn, body + 6, stop, false, false)
    if (subtype !== 3) return
    this.#head(at, 'BGP', 'STATE', peer, 1, asn)
    this.#states(body, stop)
  }

  #states(at: number, stop: number): void {
    if (at + 4 > stop) throw new Malformed('length')
    this.#out.number(this.#view.getUint16(at))
    this.#out.octet(BAR)
    this.#out.number(this.#view.getUint16(at + 2))
    this.#newline()
  }

  /** `BGP4MP|1282898400|A|195.66.224.132|29636|`. */
  #head(at: number, name: string, kind: string, peer: number, afi: number, asn: number): void {
    const out = this.#out
    out.text(name)
    out.octet(BAR)
    out.number(this.#view.getUint32(at))
    if (this.#view.getUint16(at + 4) === BGP4MP_ET) {
      out.octet(DOT)
      out.micros(this.#view.getUint32(at + HEADER))
    }
    out.octet(BAR)
    out.text(kind)
    out.octet(BAR)
    this.#address(afi, peer)
    out.octet(BAR)
    out.number(asn)
    out.octet(BAR)
  }

  #address(afi: number, at: number): void {
    if (afi === 1) this.#out.ipv4(this.#bytes, at)
    else this.#out.ipv6(this.#bytes, at)
  }

  #newline(): void {
    this.#out.octet(NEWLINE)
    this.lines++
  }

  #update(
    at: number,
    name: string,
    peer: number,
    peerAfi: number,
    asn: number,
    from: number,
    end: number,
    as4: boolean,
    addPath: boolean,
  ): void {
    const view = this.#view
    const gone = from + 2
    const goneEnd = gone + view.getUint16(from)
    const list = goneEnd + 2
    const listEnd = list + view.getUint16(goneEnd)
    if (listEnd > end) throw new Malformed('attributes')
    this.#route.find(this.#bytes, view, list, listEnd)
    const head = (kind: string) => this.#head(at, name, kind, peer, peerAfi, asn)
    if (goneEnd > gone) this.#elements(gone, goneEnd, 1, addPath, head, 'W', 0, as4)
    const { unreach, reach } = this.#route
    if (unreach.at >= 0) {
      const afi = view.getUint16(unreach.at)
      const last = unreach.at + unreach.length
      if (isPlain(afi, view.getUint8(unreach.at + 2)) && last > unreach.at + 3)
        this.#elements(unreach.at + 3, last, afi, addPath, head, 'W', 0, as4)
    }
    if (end > listEnd) this.#elements(listEnd, end, 1, addPath, head, 'A', 0, as4)
    if (reach.at < 0) return
    const afi = view.getUint16(reach.at)
    const hop = reach.at + 4
    const nlri = hop + view.getUint8(reach.at + 3) + 1
    const last = reach.at + reach.length
    if (!isPlain(afi, view.getUint8(reach.at + 2)) || last <= nlri) return
    // Routes to nowhere are none; those before stand.
    if (isHop(view.getUint8(hop - 1))) this.#elements(nlri, last, afi, addPath, head, 'A', hop, as4)
    else this.malformed++
  }

  /** A line for each prefix; the head and what follows the prefix are written once and copied. */
  #elements(
    from: number,
    end: number,
    afi: number,
    addPath: boolean,
    head: (kind: string) => void,
    kind: string,
    hop: number,
    as4: boolean,
  ): void {
    const out = this.#out
    let headAt = 0
    let headEnd = 0
    let tailAt = 0
    let tailEnd = 0
    let first = true
    for (let at = from; at < end; ) {
      const line = out.written
      if (first) {
        headAt = out.at
        head(kind)
        headEnd = out.at
      } else out.again(headAt, headEnd)
      at = this.#prefix(at, end, afi, addPath)
      if (at < 0) {
        // What came before stands.
        out.back(line)
        this.malformed++
        return
      }
      if (kind === 'A') {
        if (first) {
          tailAt = out.at
          this.#route.write(hop, as4, this.#isOld)
          tailEnd = out.at
        } else out.again(tailAt, tailEnd)
      }
      this.#newline()
      this.elements++
      // What was to be copied has gone out.
      first = out.pass()
    }
  }

  /** Host bits stay as they are written. Where the next one begins; -1 when there is none to read. */
  #prefix(from: number, end: number, afi: number, addPath: boolean): number {
    const at = addPath ? from + 4 : from
    const length = at < end ? (this.#bytes[at] as number) : 0
    const octets = (length + 7) >> 3
    if (length > (afi === 1 ? 32 : 128) || at + 1 + octets > end) return -1
    const out = this.#out
    if (afi === 1) out.ipv4(this.#bytes, at + 1, octets)
    else out.ipv6(this.#bytes, at + 1, octets)
    out.octet(SLASH)
    out.small(length)
    if (addPath) {
      out.octet(BAR)
      out.number(this.#view.getUint32(from))
    }
    return at + 1 + octets
  }

  #tableDump(at: number, stop: number, subtype: number): void {
    const view = this.#view
    const out = this.#out
    if (subtype < 1 || subtype > 4) return
    const as4 = subtype > 2
    const afi = as4 ? subtype - 2 : subtype
    const octets = afi === 1 ? 4 : 16
    const body = at + HEADER
    const prefix = body + 4
    const peer = prefix + octets + 6
    const list = peer + octets + (as4 ? 6 : 4)
    const end = list + view.getUint16(list - 2)
    if (end > stop) throw new Malformed('attributes')
    this.#route.find(this.#bytes, view, list, end)
    out.text('TABLE_DUMP|')
    out.number(view.getUint32(at))
    out.text('|B|')
    this.#address(afi, peer)
    out.octet(BAR)
    out.number(as4 ? view.getUint32(peer + octets) : view.getUint16(peer + octets))
    out.octet(BAR)
    this.#address(afi, prefix)
    out.octet(SLASH)
    out.small(view.getUint8(prefix + octets))
    this.#route.write(afi === 2 ? this.#route.ribHop : 0, as4, false)
    this.#newline()
  }

  #tableDump2(at: number, stop: number, subtype: number): void {
    const body = at + HEADER
    if (subtype === 1) {
      this.#index(body, stop)
      return
    }
    // Of multicast nothing is printed: it would look like the other.
    const addPath = subtype === 8 || subtype === 10
    const base = addPath ? subtype - 6 : subtype
    if (base !== 2 && base !== 4) return
    const afi = base === 2 ? 1 : 2
    const view = this.#view
    const out = this.#out
    const prefix = body + 4
    const octets = ((this.#bytes[prefix] as number) + 7) >> 3
    let entry = prefix + 1 + octets
    if (entry + 2 > stop) throw new Malformed('length')
    const count = view.getUint16(entry)
    entry += 2
    for (let i = 0; i < count; i++) {
      const peer = this.#peers[view.getUint16(entry)]
      const list = entry + (addPath ? 12 : 8)
      const end = list + view.getUint16(list - 2)
      if (end > stop) throw new Malformed('entry')
      this.#route.find(this.#bytes, view, list, end)
      out.text(addPath ? 'TABLE_DUMP2_AP|' : 'TABLE_DUMP2|')
      out.number(view.getUint32(at))
      out.text('|B|')
      if (peer === undefined) throw new Malformed('peer')
      out.text(peer)
      if (this.#prefix(prefix, stop, afi, false) < 0) throw new Malformed('prefix')
      if (addPath) {
        out.octet(BAR)
        out.number(view.getUint32(entry + 6))
      }
      this.#route.write(this.#route.ribHop, true, false)
      this.#newline()
      out.pass()
      entry = end
    }
  }

  #index(body: number, stop: number): void {
    const view = this.#view
    // An index that cannot be read is none; the one before was of other rows.
    this.#peers = []
    let at = body + 4 + 2 + view.getUint16(body + 4)
    if (at + 2 > stop) throw new Malformed('length')
    const count = view.getUint16(at)
    at += 2
    for (let i = 0; i < count; i++) {
      const form = view.getUint8(at)
      const ip = at + 5
      const wide = (form & 1) !== 0
      const after = ip + (wide ? 16 : 4)
      const asn = (form & 2) !== 0 ? view.getUint32(after) : view.getUint16(after)
      at = after + ((form & 2) !== 0 ? 4 : 2)
      if (at > stop) throw new Malformed('peer')
      const text = this.#spelled(wide ? 2 : 1, ip)
      this.#peers.push(`${text}|${asn}|`)
    }
  }

  /** An address as text: peers are spelled once. */
  #spelled(afi: number, at: number): string {
    return this.#out.taken(() => this.#address(afi, at))
  }
}

const isPlain = (afi: number, safi: number): boolean =>
  (afi === 1 || afi === 2) && (safi === 1 || safi === 2)
