// The envelope that OpenBMP puts BMP messages into on Kafka, raw header version 1.7, as RouteViews
// publishes it: one record of a topic holds one message, or several back to back.

import type { Batch } from '../core/batch.ts'
import { isCollector, routeViewsName } from '../core/collector.ts'
import { type Instant, minutes } from '../core/time.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { BmpDecoder, type BmpOutcome, type BmpSettings, received } from './bmp.ts'
import { BMP_HEADER } from './bmp-frames.ts'

const MAGIC = 0x4f424d50
const MAJOR = 1
const BMP_RAW = 12
/** Octets of the header without its two texts. */
const FIXED = 78
/** A name of a router or collector longer than this is none. */
const LONGEST_NAME = 255
/** Routers' names of whom a collector's number is remembered; RouteViews has some fifty. */
const MOST_NAMES = 1_024
/** How far the clock of a collector may be from the broker's. */
const CLOCKS: number = minutes(10)

/** RouteViews: its collectors speak BGP as this network, and some put it in front of paths. */
const ROUTEVIEWS_ASN = 6447

export interface OpenBmpSettings extends BmpSettings {
  /** Taken off a path that begins with it and goes on with the peer; 0 = none. */
  readonly collectorAsn: number
}

const nameText = new TextDecoder('utf-8')

/**
 * The collector as the archives name it: RouteViews writes `linx` for `route-views.linx`, and the names of
 * its newer collectors (`amsix.ams`) and numbered ones (`route-views5`) as they are.
 */
export function collectorName(router: string): string {
  const name = routeViewsName(router.trim())
  return name === '' || name.includes('.') || name.startsWith('route-views')
    ? name
    : `route-views.${name}`
}

export class OpenBmpReader {
  /** Of the message read last: its peer, its reasons, what it counts. */
  readonly bmp: BmpDecoder
  /** Of the record that is open: the collector as the archives name it, and when it had the message. */
  collector = ''
  heard: Instant = 0
  /** Records whose header could not be read, and those that hold no BMP. */
  malformed = 0
  skipped = 0
  /** Paths that the collector's own network was taken off. */
  stripped = 0
  readonly #collectorAsn: number
  readonly #vantages: VantagePoints
  /** By the router's name as it is written. */
  readonly #collectors = new Map<string, { name: string; numbers: readonly number[] }>()
  #view: DataView = new DataView(new ArrayBuffer(0))
  #numbers: readonly number[] = []
  #at = 0
  #end = 0

  constructor(vantages: VantagePoints, settings: Partial<OpenBmpSettings> = {}) {
    const { collectorAsn = ROUTEVIEWS_ASN, ...rest } = settings
    this.bmp = new BmpDecoder(vantages, rest)
    this.#vantages = vantages
    this.#collectorAsn = collectorAsn
  }

  /**
   * Opens the value of a record; false when it is malformed or nothing for us. `told`: when the broker
   * had it, to fall back on; `fallback`: the collector, where the header does not name the router.
   */
  open(value: Uint8Array, told: Instant, fallback: string): boolean {
    this.#at = this.#end = 0
    const view = new DataView(value.buffer, value.byteOffset, value.length)
    const size = value.length
    if (size < FIXED || view.getUint32(0) !== MAGIC || view.getUint8(4) !== MAJOR)
      return this.#bad()
    const header = view.getUint16(6)
    const length = view.getUint32(8)
    const admin = view.getUint16(38)
    if (FIXED + admin > header || header + length > size) return this.#bad()
    const group = view.getUint16(72 + admin)
    if (FIXED + admin + group > header) return this.#bad()
    if (view.getUint8(13) !== BMP_RAW) {
      this.skipped++
      return false
    }
    const router = nameText.decode(value.subarray(74 + admin, 74 + admin + group))
    const isName = group <= LONGEST_NAME && isCollector(router.trim())
    if (!this.#name(isName ? router : fallback)) return this.#bad()
    const micros = view.getUint32(18)
    const stamp = view.getUint32(14) * 1e6 + (micros < 1e6 ? micros : 0)
    this.heard = Math.abs(stamp - told) <= CLOCKS ? stamp : told
    this.#view = view
    this.#at = header
    this.#end = header + length
    this.bmp.use(value, view)
    return true
  }

  /** Octets of the open record that were not read. */
  get left(): number {
    return this.#end - this.#at
  }

  #bad(): false {
    this.malformed++
    return false
  }

  #name(router: string): boolean {
    let known = this.#collectors.get(router)
    if (!known) {
      const name = collectorName(router)
      if (name === '' || this.#collectors.size >= MOST_NAMES) return false
      const numbers = received(this.#vantages.collector(name))
      known = { name, numbers: this.#sameAs(name) ?? numbers }
      this.#collectors.set(router, known)
    }
    this.collector = known.name
    this.#numbers = known.numbers
    return true
  }

  /** One collector may be written in two ways; its peers are the same. */
  #sameAs(name: string): readonly number[] | undefined {
    for (const one of this.#collectors.values()) if (one.name === name) return one.numbers
    return undefined
  }

  /**
   * Reads the next message of the open record; null when there is none left. After `full` the
   * same message comes again. `offset`: for evidence.
   */
  next(offset: number, batch: Batch): BmpOutcome | null {
    const at = this.#at
    if (at >= this.#end) return null
    const stop = at + BMP_HEADER > this.#end ? 0 : at + this.#view.getUint32(at + 1)
    if (stop < at + BMP_HEADER || stop > this.#end) {
      // Where it ends is where the next one begins: the rest of the record is lost with it.
      this.#at = this.#end
      return 'malformed'
    }
    const messages = batch.messages
    const outcome = this.bmp.read(at, stop, this.#numbers, this.heard, offset, batch)
    if (outcome === 'full') return outcome
    this.#at = stop
    if (outcome === 'update' && this.#collectorAsn !== 0) this.#strip(batch, messages)
    return outcome
  }

  /**
   * A collector that passes its routes on to the BMP station as if by BGP has put itself in front of
   * their paths. A peer whose own path begins so is not confused with it: the peer comes second.
   */
  #strip(batch: Batch, m: number): void {
    const start = batch.pathStart[m] as number
    const words = batch.pathLength[m] as number
    const { path } = batch
    const asn = this.bmp.peer?.asn ?? 0
    if (start < 0 || words < 2) return
    const isPlain = path[start] !== 0
    // Of segments, the first has its head before it: type and how many (core/path.ts).
    const head = isPlain ? 0 : (path[start + 1] as number)
    if (!isPlain && (head >> 16 !== 2 || (head & 0xffff) < 2)) return
    const first = isPlain ? start : start + 2
    if (path[first] !== this.#collectorAsn || path[first + 1] !== (asn | 0)) return
    if (!isPlain) {
      path[start + 1] = 0
      path[start + 2] = head - 1
    }
    batch.pathStart[m] = start + 1
    batch.pathLength[m] = words - 1
    this.stripped++
  }
}
