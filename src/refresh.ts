// VRPs and ASPAs while the daemon runs: caches over RTR, files and addresses are listened to, and each
// set that differs from the one before goes into the stream as a dated fact, at most once a minute.
//
// The VRPs are those of the first cache that has some, else of the newest file; the ASPAs likewise, because
// older caches have none. What a cache said counts until it is too old (RFC 8210 §6); when nothing is left,
// nothing is known, which is not the same as that there are no VRPs.

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { setImmediate as aMoment } from 'node:timers/promises'
import { dated } from './context/dated.ts'
import type { SideInput } from './core/fact.ts'
import { writeDelta } from './core/rpki-delta.ts'
import { hours, type Instant, iso, milliseconds, minutes, type Span } from './core/time.ts'
import { openRtr } from './feeds/rtr.ts'
import { type RtrSettings, rtrName } from './feeds/rtr-settings.ts'
import { openWatched } from './feeds/watched.ts'
import { isUrl, type WatchedSettings, watchedDefaults } from './feeds/watched-settings.ts'
import { readRpkiApart } from './rpki-reading.ts'
import { RtrSession } from './wire/rtr-session.ts'

export interface RefreshSettings {
  /** Files and addresses; those with a date of their own, `FILE@DATE`, are of the past and are not watched. */
  readonly vrps: readonly string[]
  readonly rtr: readonly RtrSettings[]
  readonly vrpsRefresh: Pick<WatchedSettings, 'file' | 'url'>
  /** Between two facts at least. */
  readonly apart?: Span
}

export interface RefreshHear {
  /** Into the stream. */
  fact(input: SideInput): void
  /** Event time as the wall has it. */
  now(): Instant
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export interface RefreshSource {
  readonly name: string
  readonly up: boolean
  readonly fault: string | null
  /** VRPs and ASPAs of it. */
  readonly count: number
}

export interface RefreshStatus {
  readonly sources: readonly RefreshSource[]
  /** In force: how many VRPs and ASPAs, and what they are a picture of; null when nothing is known. */
  readonly count: number
  readonly date: Instant | null
  /** Sets told so far. */
  readonly told: number
  /** Sets that were not taken because too little was in them. */
  readonly refused: number
  /** PDUs of caches that could not be. */
  readonly malformed: number
}

export interface Refresh {
  status(): RefreshStatus
  close(): void
}

/** Anybody to listen to? */
export const refreshes = ({ vrps, rtr }: Pick<RefreshSettings, 'vrps' | 'rtr'>): boolean =>
  rtr.length > 0 || vrps.some((given) => dated(given).date === null)

/** `known`: side inputs that are in the stream already. */
export function openRefresh(
  settings: RefreshSettings,
  known: readonly SideInput[],
  hear: RefreshHear,
): Refresh {
  return new Refreshing(settings, known, hear)
}

/** What one source holds at present. */
interface Holding {
  readonly vrps: ReadonlySet<string>
  readonly aspas: ReadonlySet<string>
  readonly date: Instant
  /** Of the file; null where there is none. */
  readonly sha256: string | null
}

interface Source extends RefreshSource {
  readonly label: string
  up: boolean
  fault: string | null
  count: number
  holding: Holding | null
}

const APART: Span = minutes(1)
/** A set with less than this part of the one before is doubted … */
const COLLAPSED = 0.5
/** … if that had so many … */
const LEAST = 100
/** … until it has been so for so long: somebody may have meant it. */
const DOUBTED: Span = hours(1)
/** Lines compared in one go: others want to be heard too. */
const SLICE = 20_000
const EMPTY: ReadonlySet<string> = new Set()

class Refreshing implements Refresh {
  readonly #hear: RefreshHear
  readonly #apart: Span
  readonly #caches: Source[] = []
  readonly #files: Source[] = []
  readonly #closers: { close(): void }[] = []
  readonly #sessions: RtrSession[] = []
  /** Lines in force, and the side input they came by. */
  readonly #lines: Set<string>
  #sha256: string | null
  #date: Instant | null
  #told = 0
  #refused = 0
  #doubtedSince: Instant | null = null
  #toldAt = Number.NEGATIVE_INFINITY
  #busy = false
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(settings: RefreshSettings, known: readonly SideInput[], hear: RefreshHear) {
    this.#hear = hear
    this.#apart = settings.apart ?? APART
    const base = known
      .filter(({ what, at }) => what === 'rpki' && at <= hear.now())
      .sort((a, b) => a.at - b.at)
      .at(-1)
    this.#lines = new Set(base?.content.split('\n').filter((line) => line !== ''))
    this.#sha256 = base?.sha256 ?? null
    this.#date = base?.date ?? null
    for (const cache of settings.rtr) this.#listen(cache)
    const watching = { ...watchedDefaults, ...settings.vrpsRefresh }
    for (const place of settings.vrps)
      if (dated(place).date === null) this.#watch(place, watching, base)
  }

  status(): RefreshStatus {
    return {
      sources: [...this.#caches, ...this.#files].map(({ name, up, fault, count }) => {
        return { name, up, fault, count }
      }),
      count: this.#lines.size,
      date: this.#date,
      told: this.#told,
      refused: this.#refused,
      malformed: this.#sessions.reduce((sum, { malformed }) => sum + malformed, 0),
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const closer of this.#closers) closer.close()
  }

  #listen(settings: RtrSettings): void {
    const session = new RtrSession({ version: settings.version })
    const name = rtrName(settings)
    const client = openRtr(settings, session, {
      settled: () => {
        source.count = session.count
        const aspas = customersOf(session.aspas)
        const date = this.#hear.now()
        source.holding = { vrps: session.vrps, aspas, date, sha256: null }
        this.#soon()
      },
      expired: () => {
        this.#hear.log('warn', `${name}: what it said is too old to be used`)
        source.holding = null
        source.count = 0
        this.#soon()
      },
      log: this.#hear.log,
    })
    const source: Source = {
      name,
      label: name,
      get up() {
        return client.up
      },
      get fault() {
        return client.fault
      },
      count: 0,
      holding: null,
    }
    this.#sessions.push(session)
    this.#caches.push(source)
    this.#closers.push(client)
  }

  #watch(place: string, settings: WatchedSettings, base: SideInput | undefined): void {
    const name = isUrl(place) ? new URL(place).host : basename(place)
    const source: Source = { name, label: name, up: true, fault: null, count: 0, holding: null }
    // What was read when the daemon began is not read again before it changes.
    const known = base !== undefined && !isUrl(place) && base.name === name
    if (known)
      void holdingOf(base).then((holding) => {
        source.holding ??= holding
      })
    source.count = this.#lines.size
    const fails = (why: string | null) => {
      if (why !== null && why !== source.fault)
        this.#hear.log('warn', `${place}: ${why}; what was known of it before still counts`)
      else if (why === null && source.fault !== null && !source.up)
        this.#hear.log('info', `${place}: can be read again`)
      source.up = why === null
      source.fault = why
    }
    // That its octets come again is no sign that they mean something by now.
    let unfit = false
    this.#files.push(source)
    this.#closers.push(
      openWatched(place, settings, known, {
        fault: (why) => {
          if (why !== null || !unfit) fails(why)
        },
        changed: async (octets, at) => {
          const read = await readRpkiApart(octets, name)
          if (this.#closed) return true
          unfit = read.input === null
          if (read.input === null) fails(read.faults.slice(0, 3).join('; '))
          else {
            fails(null)
            const date = read.input.date ?? at ?? this.#hear.now()
            source.holding = await holdingOf({ ...read.input, date })
            source.count = source.holding.vrps.size + source.holding.aspas.size
            this.#soon()
          }
          return true
        },
      }),
    )
  }

  /** Something may have changed: told now, or when the last time is long enough ago. */
  #soon(): void {
    if (this.#closed || this.#timer) return
    const wait = Math.max(0, this.#toldAt + this.#apart / milliseconds(1) - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#busy) return this.#soon()
      this.#busy = true
      this.#tell()
        .catch((error: unknown) => this.#hear.log('error', `VRPs: ${String(error)}`))
        .finally(() => {
          this.#busy = false
        })
    }, wait)
  }

  /** Of the caches in their order, then of the files, newest first: who holds something of a kind. */
  #first(kind: 'vrps' | 'aspas'): Source | undefined {
    const files = this.#files.toSorted(
      (a, b) => (b.holding?.date ?? 0) - (a.holding?.date ?? 0) || 0,
    )
    return [...this.#caches, ...files].find(({ holding }) => (holding?.[kind].size ?? 0) > 0)
  }

  async #tell(): Promise<void> {
    const [ofVrps, ofAspas] = [this.#first('vrps'), this.#first('aspas')]
    const vrps = ofVrps?.holding?.vrps ?? EMPTY
    const aspas = ofAspas?.holding?.aspas ?? EMPTY
    const holdings = [ofVrps, ofAspas].flatMap((source) => source?.holding ?? [])
    const count = vrps.size + aspas.size
    // That all have become too old is known; that a set is nearly empty may be somebody's mistake.
    if (count > 0 && this.#doubts(count)) return
    this.#doubtedSince = null
    const lines = this.#lines
    const added: string[] = []
    const removed: string[] = []
    let compared = 0
    for (const line of chain(vrps, aspas)) {
      if (!lines.has(line)) added.push(line)
      if (++compared % SLICE === 0) await aMoment()
    }
    for (const line of lines) {
      if (!vrps.has(line) && !aspas.has(line)) removed.push(line)
      if (++compared % SLICE === 0) await aMoment()
    }
    if (this.#closed) return
    const names = [...new Set([ofVrps, ofAspas].flatMap((source) => source?.label ?? []))]
    const file = holdings.every(({ sha256 }) => sha256 !== null)
    const same = added.length + removed.length === 0
    // A cache says nothing of when its data is made, and so nothing new when nothing has changed.
    const date = holdings.length > 0 ? Math.max(...holdings.map((of) => of.date)) : null
    if (same && (!file || date === this.#date)) return
    for (const line of removed) lines.delete(line)
    for (const line of added) lines.add(line)
    const from = this.#sha256
    const isDelta = from !== null && (added.length + removed.length) * 2 < lines.size
    const content = isDelta ? writeDelta({ from, removed, added }) : [...lines].join('\n')
    const own = holdings.length > 0 && names.length === 1 ? (holdings[0]?.sha256 ?? null) : null
    const sha256 =
      own ??
      createHash('sha256')
        .update(isDelta ? from : '')
        .update(content)
        .digest('hex')
    const name = names.join(' + ') || 'nothing known'
    this.#sha256 = sha256
    this.#date = date
    this.#told++
    this.#toldAt = performance.now()
    const what = isDelta ? 'rpki-delta' : 'rpki'
    this.#hear.fact({ kind: 'side-input', at: this.#hear.now(), what, name, date, sha256, content })
    this.#hear.log(
      'info',
      `${name}: ${lines.size} VRPs and ASPAs, ${added.length} of them new, ${removed.length} gone` +
        (date === null ? '' : `, of ${iso(date)}`),
    )
  }

  /** Whether so few are a mistake rather than the truth. */
  #doubts(count: number): boolean {
    const before = this.#lines.size
    if (before < LEAST || count >= before * COLLAPSED) return false
    const now = performance.now() * 1e3
    if (this.#doubtedSince === null) {
      this.#refused++
      this.#hear.log(
        'warn',
        `VRPs: there are ${count} where there were ${before}; those count on, for an hour at most`,
      )
    }
    this.#doubtedSince ??= now
    if (now - this.#doubtedSince >= DOUBTED) return false
    const again = setTimeout(() => this.#soon(), (DOUBTED + minutes(1)) / milliseconds(1))
    again.unref()
    return true
  }
}

function* chain(...sets: readonly ReadonlySet<string>[]): Iterable<string> {
  for (const set of sets) yield* set
}

async function holdingOf({ content, date, sha256 }: SideInput): Promise<Holding> {
  const vrps = new Set<string>()
  const aspas: string[] = []
  let read = 0
  for (let from = 0; from < content.length; ) {
    const end = content.indexOf('\n', from)
    const to = end < 0 ? content.length : end
    const line = content.slice(from, to)
    if (line.startsWith('A ')) aspas.push(line)
    else if (line !== '') vrps.add(line)
    from = to + 1
    if (++read % SLICE === 0) await aMoment()
  }
  return { vrps, aspas: customersOf(aspas), date: date ?? 0, sha256 }
}

/** One line a customer, whatever number of objects it has. */
function customersOf(lines: Iterable<string>): ReadonlySet<string> {
  const providers = new Map<string, Set<number>>()
  for (const line of lines) {
    const [, customer = '', ...of] = line.split(' ')
    const known = providers.get(customer) ?? new Set()
    for (const provider of of) if (provider !== '') known.add(Number(provider))
    providers.set(customer, known)
  }
  const out = new Set<string>()
  for (const [customer, of] of providers)
    out.add(`A ${customer} ${[...of].sort((a, b) => a - b).join(' ')}`)
  return out
}
