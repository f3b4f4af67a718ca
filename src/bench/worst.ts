// The generator's worst case for us, none for programs that keep nothing: 40 peers tell of 781,000
// prefixes in no order, nearly every announcement on a path of its own. Copies of real files flatter
// those who remember; this does not (research/performance.md §1, M26). Written as raw octets, because
// there are millions.

import { closeSync, openSync, writeSync } from 'node:fs'
import { Dice } from '../scenario/dice.ts'
import { type Corpus, START } from './corpus.ts'

const PEERS = 40
const PREFIXES = 781_000
const PREFIXES_EACH = 13
/** Paths of an origin that each peer may choose from: of 9.6 million, 1.5 are met. */
const PATHS_EACH = 4
/** The whole of it happens in so many seconds. */
const SPAN = 3_600
/** What was announced last, to be withdrawn. */
const RECENT = 1 << 16
const CHUNK = 1 << 20
/** No record is longer. */
const LONGEST = 512
/** Octets of a record on average. */
const RECORD = 128

const mix = (n: number): number => {
  let h = Math.imul(n ^ (n >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export interface Worst extends Corpus {
  readonly records: number
  readonly elements: number
}

/** About `octets` of it into `path`; the same for the same seed. */
export function writeWorst(path: string, octets: number, seed: string | number = 1): Worst {
  const dice = new Dice(`worst ${seed}`)
  const records = Math.max(1, Math.round(octets / RECORD))
  const file = openSync(path, 'w')
  const out = new UpdateWriter((chunk) => writeSync(file, chunk))
  const recent = new Int32Array(RECENT * 3)
  let announced = 0
  for (let i = 0; i < records; i++) {
    const stamp = START + Math.floor((i * SPAN) / records)
    const roll = dice.float()
    if (announced > 0 && roll < 0.1) {
      const at = 3 * dice.int(0, Math.min(announced, RECENT) - 1)
      const [peer = 0, first = 0, count = 0] = recent.subarray(at, at + 3)
      out.withdraw(stamp, peer, first, count)
      continue
    }
    // 1.6 prefixes, neighbours of one origin.
    const count = roll < 0.685 ? 1 : roll < 0.865 ? 2 : roll < 0.955 ? 3 : 5
    const peer = dice.int(0, PEERS - 1)
    const first = dice.int(0, PREFIXES - count)
    out.announce(stamp, peer, first, count, dice.int(0, PATHS_EACH - 1), dice.int(2, 15))
    recent.set([peer, first, count], 3 * (announced++ % RECENT))
  }
  out.flush()
  closeSync(file)
  const { elements, octets: bytes } = out
  return { path, bytes, records, elements, about: `generated, ${PEERS} peers, nothing met twice` }
}

class UpdateWriter {
  elements = 0
  octets = 0
  readonly #bytes = Buffer.alloc(CHUNK + LONGEST)
  readonly #out: (chunk: Uint8Array) => void
  #record = 0
  #at = 0

  constructor(out: (chunk: Uint8Array) => void) {
    this.#out = out
  }

  announce(
    stamp: number,
    peer: number,
    first: number,
    count: number,
    choice: number,
    communities: number,
  ): void {
    const bytes = this.#bytes
    this.#begin(stamp, peer)
    const origin = Math.floor(first / PREFIXES_EACH)
    const chosen = mix(origin * PATHS_EACH + choice)
    const transit = 5_000 + (chosen % 2_000)
    const hops = [
      asnOf(peer),
      1_000 + (mix(chosen ^ peer) % 200),
      transit,
      // Who sells to the origin: one of two.
      10_000 + (mix(origin * 2 + (choice & 1)) % 8_000),
      100_000 + origin,
    ]
    if (chosen >>> 29 === 0) hops.push(100_000 + origin)
    const attributes = 4 + (5 + 4 * hops.length) + 7 + (3 + 4 * communities)
    // No withdrawn routes; ORIGIN: IGP; AS_PATH: one sequence; NEXT_HOP; COMMUNITIES.
    let at = bytes.writeUInt16BE(0, this.#at)
    at = bytes.writeUInt16BE(attributes, at)
    at = bytes.writeUInt32BE(0x40010100, at)
    at = bytes.writeUInt16BE(0x4002, at)
    at = bytes.writeUInt8(2 + 4 * hops.length, at)
    at = bytes.writeUInt16BE(0x0200 | hops.length, at)
    for (const hop of hops) at = bytes.writeUInt32BE(hop, at)
    at = bytes.writeUIntBE(0x400304, at, 3)
    at = bytes.writeUInt32BE(addressOf(peer), at)
    at = bytes.writeUIntBE(0xc00800 | (4 * communities), at, 3)
    for (let i = 0; i < communities; i++)
      at = bytes.writeUInt32BE(((transit << 16) | (mix(chosen + i) & 0xfff)) >>> 0, at)
    this.#at = at
    this.#prefixes(first, count)
    this.#end(count)
  }

  withdraw(stamp: number, peer: number, first: number, count: number): void {
    const bytes = this.#bytes
    this.#begin(stamp, peer)
    const lengthAt = this.#at
    this.#at += 2
    this.#prefixes(first, count)
    bytes.writeUInt16BE(this.#at - lengthAt - 2, lengthAt)
    this.#at = bytes.writeUInt16BE(0, this.#at)
    this.#end(count)
  }

  flush(): void {
    this.octets += this.#at
    this.#out(this.#bytes.subarray(0, this.#at))
    this.#at = 0
  }

  #begin(stamp: number, peer: number): void {
    const bytes = this.#bytes
    this.#record = this.#at
    let at = bytes.writeUInt32BE(stamp, this.#at)
    // BGP4MP_MESSAGE_AS4; the length comes at the end. Peer and collector, IPv4.
    at = bytes.writeUInt32BE(0x00100004, at) + 4
    at = bytes.writeUInt32BE(asnOf(peer), at)
    at = bytes.writeUInt32BE(12_654, at)
    at = bytes.writeUInt32BE(0x00000001, at)
    at = bytes.writeUInt32BE(addressOf(peer), at)
    at = bytes.writeUInt32BE(0xc00002fe, at)
    bytes.fill(0xff, at, at + 16)
    this.#at = bytes.writeUInt8(2, at + 18)
  }

  #prefixes(first: number, count: number): void {
    for (let k = first; k < first + count; k++) {
      // One in 4,096 addresses each, and six of ten of length 24.
      const chance = mix(k) % 10
      const length = chance < 6 ? 24 : 14 + chance
      const at = this.#bytes.writeUInt8(length, this.#at)
      this.#at = this.#bytes.writeUIntBE((0x01000000 + k * 4_096) / 256, at, 3)
    }
  }

  #end(elements: number): void {
    const record = this.#record
    this.#bytes.writeUInt32BE(this.#at - record - 12, record + 8)
    this.#bytes.writeUInt16BE(this.#at - record - 32, record + 48)
    this.elements += elements
    if (this.#at >= CHUNK) this.flush()
  }
}

const asnOf = (peer: number): number => 20_000 + peer * 37
const addressOf = (peer: number): number => 0xc0000201 + peer
