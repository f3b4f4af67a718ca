// Writes TABLE_DUMP_V2 fast enough for millions of routes; the builder of scenario/ is made to be read.

import type { Asn } from '../core/asn.ts'
import { mrt } from '../scenario/mrt.ts'

const RIB_IPV4 = 2
const RIB_IPV6 = 4
const CHUNK = 1 << 20
/** NEXT_HOP, and MP_REACH_NLRI as dumps abbreviate it (RFC 6396 §4.3.4); gobgp takes no route without. */
const NEXT_HOP = {
  4: Buffer.from('400304c0000201', 'hex'),
  6: Buffer.from('800e111020010db8000000000000000000000001', 'hex'),
}

export class DumpWriter {
  /** Room for one chunk, and for the largest record beyond it. */
  readonly #bytes = new Uint8Array(CHUNK + (8 << 20))
  readonly #view = new DataView(this.#bytes.buffer)
  readonly #out: (chunk: Uint8Array) => void
  readonly #stamp: number
  #at = 0
  #record = 0
  #count = 0
  #sequence = 0
  #afi = 4

  /** `out` gets chunks that are good until it returns. */
  constructor(
    stamp: number,
    peers: readonly { readonly address: string; readonly asn: Asn }[],
    out: (chunk: Uint8Array) => void,
  ) {
    this.#stamp = stamp
    this.#out = out
    out(
      mrt()
        .at(stamp * 1e6)
        .peers(peers)
        .bytes(),
    )
  }

  begin(afi: number, words: readonly number[], length: number): void {
    const view = this.#view
    this.#afi = afi
    this.#record = this.#at
    view.setUint32(this.#at, this.#stamp)
    view.setUint16(this.#at + 4, 13)
    view.setUint16(this.#at + 6, afi === 4 ? RIB_IPV4 : RIB_IPV6)
    view.setUint32(this.#at + 12, this.#sequence++)
    this.#bytes[this.#at + 16] = length
    let at = this.#at + 17
    for (let bits = 0; bits < length; bits += 8)
      this.#bytes[at++] = (words[bits >> 5] as number) >>> (24 - (bits & 31))
    this.#count = at
    this.#at = at + 2
  }

  /** The route of one peer; the path is a plain sequence, and the next hop always the same. */
  route(peer: number, path: Int32Array, start: number, hops: number): void {
    const view = this.#view
    const hop = NEXT_HOP[this.#afi as 4 | 6]
    let at = this.#at
    view.setUint16(at, peer)
    view.setUint32(at + 2, this.#stamp)
    view.setUint16(at + 6, 4 + 5 + hops * 4 + hop.length)
    // ORIGIN: IGP; AS_PATH: one sequence, extended length would need no more than 63 hops.
    view.setUint32(at + 8, 0x40010100)
    view.setUint16(at + 12, 0x4002)
    view.setUint8(at + 14, 2 + hops * 4)
    view.setUint16(at + 15, 0x0200 | hops)
    at += 17
    for (let i = 0; i < hops; i++, at += 4) view.setInt32(at, path[start + i] as number)
    for (let i = 0; i < hop.length; i++) this.#bytes[at++] = hop[i] as number
    this.#at = at
    view.setUint16(this.#count, view.getUint16(this.#count) + 1)
  }

  end(): void {
    this.#view.setUint32(this.#record + 8, this.#at - this.#record - 12)
    if (this.#at >= CHUNK) this.flush()
  }

  flush(): void {
    this.#out(this.#bytes.subarray(0, this.#at))
    this.#bytes.fill(0, 0, this.#at)
    this.#at = 0
  }
}
