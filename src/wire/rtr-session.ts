// The conversation with one cache (RFC 8210 §8), without a socket: octets in, octets to send out. It
// outlives connections, so that after a cut only what has changed is asked for. What a cache says counts
// as a whole, at its End of Data; what it said before stays as it was until then.

import { minutes, type Span, seconds } from '../core/time.ts'
import { errorReport, RtrError, type RtrPdu, RtrReader, resetQuery, serialQuery } from './rtr.ts'

export interface RtrSessionSettings {
  /** Tried first; from there it goes down to what the cache speaks. */
  readonly version: 0 | 1 | 2
  /** VRPs and ASPAs held; a cache with more is not listened to. */
  readonly most: number
}

const rtrSessionDefaults: RtrSessionSettings = {
  version: 2,
  // Four times of what there is in 2026: 120 MB.
  most: 2_000_000,
}

/** What the octets came to. */
export interface RtrStep {
  readonly send: readonly Uint8Array[]
  /** Why the connection is to be closed; null while all is well. */
  readonly close: string | null
  /** Worth another connection at once, in a lower version. */
  readonly again: boolean
  /** A whole set has come, or what has changed of it. */
  readonly settled: boolean
  /** The cache has nothing to say yet, and is to be asked again later. */
  readonly empty: boolean
}

/** Times of a cache (RFC 8210 §6), within what that allows. */
export interface RtrTimes {
  readonly refresh: Span
  readonly retry: Span
  readonly expire: Span
}

const usualTimes: RtrTimes = { refresh: minutes(60), retry: minutes(10), expire: minutes(120) }

/** VRPs by line; ASPAs by customer. */
interface Records {
  readonly vrps: Set<string>
  readonly aspas: Map<string, string>
}

/** What a cache has said since its Cache Response. */
interface Answer extends Records {
  readonly session: number
  /** Complete in itself; else it is a change of what there is. */
  readonly whole: boolean
  readonly goneVrps: Set<string>
  readonly goneAspas: Set<string>
}

const none = (): Records => ({ vrps: new Set(), aspas: new Map() })

export class RtrSession {
  /** Spoken with this cache at present. */
  version: number
  /** Since it was opened last. */
  serial: number | null = null
  times: RtrTimes = usualTimes
  /** PDUs that could not be. */
  malformed = 0
  /** PDUs heard. */
  heard = 0
  readonly #settings: RtrSessionSettings
  #session: number | null = null
  #records: Records = none()
  #answer: Answer | null = null
  #reader = new RtrReader()
  /** What was asked and not answered yet. */
  #asked: 'reset' | 'serial' | null = null
  /** The cache has spoken on this connection, so both know the version. */
  #agreed = false
  /** Connections closed without a word. */
  #mute = 0

  constructor(settings: Partial<RtrSessionSettings> = {}) {
    this.#settings = { ...rtrSessionDefaults, ...settings }
    this.version = this.#settings.version
  }

  get count(): number {
    return this.#records.vrps.size + this.#records.aspas.size
  }

  get vrps(): ReadonlySet<string> {
    return this.#records.vrps
  }

  /** Lines of ASPAs; one may stand there twice, for two families. */
  get aspas(): Iterable<string> {
    return this.#records.aspas.values()
  }

  /** A connection stands: what to say first. */
  open(): Uint8Array {
    this.#reader = new RtrReader()
    this.#answer = null
    this.#agreed = false
    this.#asked = null
    return this.#query()
  }

  /** It is time to ask what has changed; null while an answer is awaited. */
  ask(): Uint8Array | null {
    return this.#asked || this.#answer ? null : this.#query()
  }

  /** The connection is gone. Some caches say nothing at all when they do not know a version. */
  closed(): void {
    this.#answer = null
    if (this.#agreed) this.#mute = 0
    else if (++this.#mute % 2 === 0)
      this.version = this.version > 0 ? this.version - 1 : this.#settings.version
  }

  /** It is too old to be used (RFC 8210 §6): all is forgotten, and asked for anew. */
  expire(): void {
    this.#forget()
    this.#records = none()
  }

  take(octets: Uint8Array): RtrStep {
    const send: Uint8Array[] = []
    let settled = false
    let empty = false
    for (const pdu of this.#reader.read(octets)) {
      this.heard++
      const { refused, again = false, ...did } = this.#hear(pdu)
      if (did.send) send.push(did.send)
      settled ||= did.settled === true
      empty ||= did.empty === true
      if (refused !== undefined) return { send, close: refused, again, settled, empty }
    }
    return { send, close: null, again: false, settled, empty }
  }

  #query(): Uint8Array {
    if (this.#session !== null && this.serial !== null) {
      this.#asked = 'serial'
      return serialQuery(this.version, this.#session, this.serial)
    }
    this.#asked = 'reset'
    return resetQuery(this.version)
  }

  /** What is held stays until there is another; only it is no base for changes any more. */
  #forget(): void {
    this.#session = null
    this.serial = null
    this.#answer = null
  }

  #hear(pdu: RtrPdu): Heard {
    if (pdu.type === 'bad') return this.#refuse(pdu, pdu.code, pdu.why)
    if (pdu.type === 'error') return this.#complaint(pdu)
    if (pdu.version !== this.version) {
      // Before both have agreed, a notify of another version says nothing (RFC 8210 §7).
      if (!this.#agreed && pdu.type === 'notify') return {}
      if (this.#agreed || pdu.version > this.version)
        return this.#refuse(pdu, RtrError.otherVersion, `version ${pdu.version} of a sudden`)
      // What was held in another version may be more than this one can say.
      if (pdu.type === 'response' && this.#asked === 'serial') {
        this.#forget()
        this.version = pdu.version
        return { refused: `the cache speaks version ${pdu.version}`, again: true }
      }
      this.version = pdu.version
    }
    if (pdu.type !== 'notify') this.#agreed = true
    switch (pdu.type) {
      case 'notify':
        return this.#notified(pdu.session, pdu.serial)
      case 'response':
        return this.#begins(pdu)
      case 'reset':
        if (this.#asked !== 'serial') return this.#unasked(pdu, 'a cache reset')
        this.#forget()
        return { send: this.#query() }
      case 'end':
        return this.#ends(pdu)
      case 'router-key':
        return this.#answer ? {} : this.#unasked(pdu, 'a router key')
      default:
        return this.#record(pdu)
    }
  }

  #notified(session: number, serial: number): Heard {
    // Before the first answer we have asked already.
    if (!this.#agreed || this.#asked || this.#answer) return {}
    if (session !== this.#session) this.#forget()
    else if (serial === this.serial) return {}
    return { send: this.#query() }
  }

  #begins(pdu: RtrPdu & { type: 'response' }): Heard {
    const { session } = pdu
    if (!this.#asked || this.#answer) return this.#unasked(pdu, 'a cache response')
    if (this.#asked === 'serial' && session !== this.#session) {
      this.#forget()
      const why = 'another session than was asked for'
      return { ...this.#refuse(pdu, RtrError.corrupt, why), again: true }
    }
    const whole = this.#asked === 'reset'
    this.#asked = null
    const gone = { goneVrps: new Set<string>(), goneAspas: new Set<string>() }
    this.#answer = { session, whole, ...none(), ...gone }
    return {}
  }

  #record(pdu: RtrPdu & { type: 'vrp' | 'aspa' }): Heard {
    const answer = this.#answer
    if (!answer) return this.#unasked(pdu, `a record`)
    const { announced, line } = pdu
    const [held, goneKeys, key] =
      pdu.type === 'vrp'
        ? ([this.#records.vrps, answer.goneVrps, line] as const)
        : ([this.#records.aspas, answer.goneAspas, pdu.customer] as const)
    const news: Pick<Map<string, unknown>, 'has' | 'delete'> = pdu.type === 'vrp'
      ? answer.vrps
      : answer.aspas
    const known = news.has(key) || (!answer.whole && held.has(key) && !goneKeys.has(key))
    if (!announced) {
      if (!known)
        return this.#refuse(pdu, RtrError.unknownWithdrawal, 'withdraws what is not there')
      // Older caches announce what replaces it first, and then withdraw it, with its providers.
      if (pdu.type === 'aspa' && pdu.providers > 0) {
        const current = answer.aspas.get(key) ?? this.#records.aspas.get(key)
        if (current !== line) return {}
      }
      news.delete(key)
      if (!answer.whole && held.has(key)) goneKeys.add(key)
      return {}
    }
    // An ASPA replaces the one before of its customer.
    if (pdu.type === 'vrp') {
      if (known) return this.#refuse(pdu, RtrError.duplicate, 'announces what is there already')
      answer.vrps.add(line)
    } else answer.aspas.set(pdu.customer, line)
    const before = answer.whole ? 0 : this.count
    const coming = answer.vrps.size + answer.aspas.size
    const going = answer.goneVrps.size + answer.goneAspas.size
    if (before - going + coming > this.#settings.most) {
      const why = `more than ${this.#settings.most} records`
      return this.#refuse(pdu, RtrError.internal, why)
    }
    return {}
  }

  #ends(pdu: RtrPdu & { type: 'end' }): Heard {
    const answer = this.#answer
    if (!answer) return this.#unasked(pdu, 'an end of data')
    if (pdu.session !== answer.session)
      return this.#refuse(pdu, RtrError.corrupt, 'the end of another session')
    if (answer.whole) this.#records = { vrps: answer.vrps, aspas: answer.aspas }
    else {
      const { vrps, aspas } = this.#records
      for (const line of answer.goneVrps) vrps.delete(line)
      for (const customer of answer.goneAspas) aspas.delete(customer)
      for (const line of answer.vrps) vrps.add(line)
      for (const [customer, line] of answer.aspas) aspas.set(customer, line)
    }
    this.#session = answer.session
    this.serial = pdu.serial
    this.#answer = null
    this.#mute = 0
    if (pdu.times) this.times = bounded(pdu.times)
    return { settled: true }
  }

  /** RFC 8210 §7, §8, §12. Never is an error answered with one. */
  #complaint({ version, code, text }: RtrPdu & { type: 'error' }): Heard {
    if (code === RtrError.noData) {
      this.#agreed = true
      this.#asked = null
      this.#answer = null
      this.#forget()
      return { empty: true }
    }
    const lower = code === RtrError.badVersion && !this.#agreed && this.version > 0
    if (lower) this.version = Math.max(0, Math.min(version, this.version - 1))
    // Whoever is answered is not mute.
    this.#agreed = true
    this.#forget()
    return { refused: `the cache says error ${code}${text ? `: ${text}` : ''}`, again: lower }
  }

  #unasked(pdu: RtrPdu, what: string): Heard {
    return this.#refuse(pdu, RtrError.badRequest, `${what} that nobody asked for`)
  }

  #refuse({ octets }: RtrPdu, code: number, why: string): Heard {
    this.malformed++
    this.#agreed = true
    // What comes next may not fit to what we hold.
    this.#forget()
    return { refused: why, send: errorReport(this.version, code, octets, why) }
  }
}

interface Heard {
  readonly send?: Uint8Array
  readonly refused?: string
  readonly again?: boolean
  readonly settled?: boolean
  readonly empty?: boolean
}

const within = (value: number, least: number, most: number): Span =>
  seconds(Math.min(most, Math.max(least, value)))

/** RFC 8210 §6: what a cache may ask for, in seconds. */
function bounded({ refresh, retry, expire }: Record<keyof RtrTimes, number>): RtrTimes {
  const times = {
    refresh: within(refresh, 1, 86_400),
    retry: within(retry, 1, 7_200),
    expire: within(expire, 600, 172_800),
  }
  // Data must live until it could be asked for again.
  const least = Math.max(times.refresh, times.retry) + seconds(1)
  return { ...times, expire: Math.max(times.expire, least) }
}
