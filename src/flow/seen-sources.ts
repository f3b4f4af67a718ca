// Which sources have been heard of in the last two weeks. A flood from forged or hired addresses comes
// from networks that never sent anything here; a flash crowd, or the users of a broken neighbour, do not.
//
// There are only 2²⁴ IPv4 /24s, so each has its two octets and nothing is guessed: when it was seen
// first and when last, in slots of six hours. IPv6 /48s are 16-bit fingerprints in buckets of four. All
// of it is 48 MiB, whatever comes.
//
// Known is who was seen two slots ago, so that a flood does not make its own sources known while it
// lasts, and no longer than two weeks ago. Who is known is never forgotten for the sake of somebody new.

import { hours, type Instant, type Span } from '../core/time.ts'
import { hashOf } from './hash.ts'

const SLOT: Span = hours(6)
/** Two weeks. */
const KEPT = 56
/** From the second slot after the first sighting: six to twelve hours. */
const SETTLED = 2
/** Slots are counted around a circle, so that one fits into an octet; 0 is never. */
const CIRCLE = 250
/** The first sighting is not remembered as longer ago. */
const OLDEST = 100

const BLOCKS = 1 << 24
const BUCKETS = 1 << 20
const WAYS = 4

const octet = (slot: number): number => (slot % CIRCLE) + 1

/** Slots from `octet` to `slot`; a little in the future is now. */
function age(slot: number, stored: number): number {
  const slots = (octet(slot) - stored + CIRCLE) % CIRCLE
  return slots > CIRCLE - KEPT ? 0 : slots
}

export class SeenSources {
  /** Whether who is not known yet is taken down. */
  learns = true
  /** New IPv6 /48s for whom there was no room. */
  dropped = 0
  readonly #first4 = new Uint8Array(BLOCKS)
  readonly #last4 = new Uint8Array(BLOCKS)
  readonly #print6 = new Uint16Array(BUCKETS * WAYS)
  readonly #first6 = new Uint8Array(BUCKETS * WAYS)
  readonly #last6 = new Uint8Array(BUCKETS * WAYS)
  #slot = -1

  get octets(): number {
    const columns = [this.#first4, this.#last4, this.#print6, this.#first6, this.#last6]
    return columns.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** Whether it is known at this instant; from now on it has been seen. */
  sight(at: Instant, afi: number, w0: number, w1: number): boolean {
    const slot = Math.floor(at / SLOT)
    if (slot > this.#slot) this.#turn(slot)
    if (afi === 4) return this.#look(this.#first4, this.#last4, w0 >>> 8, slot)
    const bucket = (hashOf(1, w0, w1 >>> 16, 0, 0) & (BUCKETS - 1)) * WAYS
    const print = hashOf(2, w0, w1 >>> 16, 0, 0) & 0xffff
    for (let i = bucket; i < bucket + WAYS; i++)
      if (this.#last6[i] !== 0 && this.#print6[i] === print)
        return this.#look(this.#first6, this.#last6, i, slot)
    const place = this.learns ? this.#place(bucket, print, slot) : -1
    if (place < 0) return false
    this.#print6[place] = print
    this.#first6[place] = this.#last6[place] = octet(slot)
    return false
  }

  #look(first: Uint8Array, last: Uint8Array, i: number, slot: number): boolean {
    if (last[i] === 0) {
      if (this.learns) first[i] = last[i] = octet(slot)
      return false
    }
    if (age(slot, last[i] as number) > 0) last[i] = octet(slot)
    return age(slot, first[i] as number) >= SETTLED
  }

  /** Empty, or somebody as new as this one whose print is higher: so it does not matter who came first. */
  #place(bucket: number, print: number, slot: number): number {
    let found = -1
    for (let i = bucket; i < bucket + WAYS; i++) {
      if (this.#last6[i] === 0) return i
      if (this.#first6[i] !== octet(slot) || (this.#print6[i] as number) < print) continue
      if (found < 0 || (this.#print6[i] as number) > (this.#print6[found] as number)) found = i
    }
    this.dropped++
    return found
  }

  /** A slot begins: who was not seen for two weeks is forgotten. */
  #turn(slot: number): void {
    const long = this.#slot < 0 || slot - this.#slot > KEPT
    this.#slot = slot
    this.#sweep(this.#first4, this.#last4, long)
    this.#sweep(this.#first6, this.#last6, long)
  }

  #sweep(first: Uint8Array, last: Uint8Array, all: boolean): void {
    if (all) {
      first.fill(0)
      last.fill(0)
      return
    }
    for (let i = 0; i < last.length; i++) {
      const seen = last[i] as number
      if (seen === 0) continue
      if (age(this.#slot, seen) > KEPT) first[i] = last[i] = 0
      else if (age(this.#slot, first[i] as number) > OLDEST) first[i] = octet(this.#slot - OLDEST)
    }
  }
}
