// How widely the prefixes of a network are seen, followed through time: a quarter lost within minutes
// is another thing than a quarter lost in two hours, and what is seen now does not tell which it was.
// Families are counted apart, for one falls without the other (Rogers 2022: IPv4 was back at midnight,
// IPv6 in the morning).

import type { Asn } from '../core/asn.ts'
import type { Onset } from '../core/evidence.ts'
import type { Afi } from '../core/prefix.ts'
import { hours, type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { Seen, type View } from '../core/view.ts'

/** Looks further apart than this are kept; those in between take the place of the last. */
const APART: Span = seconds(30)
/** So many looks are kept, six hours of them. */
const MOST_LOOKS = 720
/** Not looked at for so long, what was ordinary has to be learned anew. */
const FORGET: Span = hours(6)
/** A silence of this length between two looks: what happened in it was not followed. */
const GAP: Span = minutes(10)
const MOST_BOOKS = 2_000
/** So many falls within this are flapping. */
const FLAPS = 4
const FLAP_WITHIN: Span = minutes(15)
const MOST_FALLEN = 10_000

/** A step is what happens within this. */
const STEP: Span = minutes(5)
const BROAD = 0.3
export const PARTIAL = 0.05
/** Of what its carriers hold, where no prefix need be lost by half. */
const THINNED = 0.2
/** Below this nothing is under way. */
const CALM = 0.02
/** A slow loss takes longer than routes need to settle several times over. */
const SLOW_AFTER: Span = minutes(15)
/** CUSUM in units of the spread, which is at least a hundredth: k = 0.5, h = 5 (Siris 2004). */
const SPREAD = 0.01
const K = 0.5 * SPREAD
const H = 5 * SPREAD
/** The usual follows calm looks with this time constant. */
const MEMORY: Span = hours(6)
/** Path hunting goes on for minutes before a loss is seen as one: it began up to this long before. */
const HUNTING: Span = seconds(60)

export type Loss = 'none' | 'partial' | 'slow' | 'broad'

/** One family of one network at one look. */
export interface Sight {
  readonly afi: Afi
  /** Own prefixes that somebody ordinarily carries. */
  readonly of: number
  /** Those that half of their carriers or more have lost. */
  readonly lost: readonly number[]
  /** Those that all but a quarter still hold. */
  readonly up: number
  /** What carriers hold, as a part of what they ordinarily do; mean of all prefixes. */
  readonly held: number
  readonly loss: Loss
  /** Most prefixes lost within five minutes, as a part of all, while the present loss went on. */
  readonly step: number
  /** How long the present loss has gone on. */
  readonly runs: Span
  readonly onset: Onset | null
  /** Prefixes that fell again and again lately, and since when. */
  readonly flapping: readonly number[]
  readonly flapsSince: Instant
}

interface Look {
  at: Instant
  lost: number
  held: number
}

interface Book {
  readonly looks: Look[]
  /** Lost at the last look; when each fell lately. */
  lost: ReadonlySet<number>
  readonly falls: Map<number, Instant[]>
  usualLost: number
  usualHeld: number
}

interface Counted {
  readonly of: number
  readonly lost: number[]
  readonly up: number
  readonly held: number
}

/** Prefixes longer than these are for blackholing: who sees them says nothing of the network. */
export const isHostRoute = (afi: Afi, length: number): boolean => length > (afi === 4 ? 24 : 48)

export class Sights {
  /** Networks there was no room for, of which it is known what is lost and not how fast; prefixes that fell. */
  dropped = 0
  readonly #books = new Map<number, Book>()

  /** IPv4 and IPv6, of what the network has. Called at each tick it follows; more seldom it guesses. */
  look(view: View, asn: Asn, at: Instant): readonly Sight[] {
    const prefixes = view.prefixesOf(asn)
    return ([4, 6] as const).flatMap((afi) => {
      const counted = count(view, afi, prefixes)
      if (counted.of === 0 || view.voters(afi) === 0) return []
      const book = this.#book(asn * 8 + afi, at)
      const flaps = this.#flaps(book, counted.lost, at)
      return [{ ...judge(view, afi, counted, follow(view, book, counted, at)), ...flaps }]
    })
  }

  /** Falls between two looks that are already over are not seen; a detector counts those. */
  #flaps(book: Book, lost: readonly number[], at: Instant): Pick<Sight, 'flapping' | 'flapsSince'> {
    const { falls } = book
    if (book.looks.length > 0)
      for (const prefix of lost) {
        if (book.lost.has(prefix)) continue
        const times = falls.get(prefix)
        if (times) times.push(at)
        else if (falls.size < MOST_FALLEN) falls.set(prefix, [at])
        else this.dropped++
      }
    book.lost = new Set(lost)
    const flapping: number[] = []
    let flapsSince = at
    for (const [prefix, times] of falls) {
      while (times.length > 0 && at - (times[0] as number) > FLAP_WITHIN) times.shift()
      if (times.length === 0) falls.delete(prefix)
      else if (times.length >= FLAPS) {
        flapping.push(prefix)
        flapsSince = Math.min(flapsSince, times[0] as number)
      }
    }
    return { flapping, flapsSince }
  }

  #book(key: number, at: Instant): Book {
    const known = this.#books.get(key)
    const last = known?.looks.at(-1)
    if (known && last && at - last.at < FORGET) return known
    const made: Book = {
      looks: [],
      lost: new Set(),
      falls: new Map(),
      usualLost: 0,
      usualHeld: 1,
    }
    if (!known && this.#books.size >= MOST_BOOKS && !this.#makeRoom(at)) {
      this.dropped++
      return made
    }
    this.#books.set(key, made)
    return made
  }

  #makeRoom(at: Instant): boolean {
    for (const [key, { looks }] of this.#books)
      if (at - (looks.at(-1)?.at ?? at) >= FORGET) this.#books.delete(key)
    return this.#books.size < MOST_BOOKS
  }
}

function count(view: View, afi: Afi, prefixes: readonly number[]): Counted {
  const lost: number[] = []
  let of = 0
  let up = 0
  let held = 0
  for (const prefix of prefixes) {
    if (view.afi(prefix) !== afi || isHostRoute(afi, view.length(prefix))) continue
    const reference = view.reference(prefix)
    const seen = view.seen(prefix)
    if (reference === 0 || seen === Seen.new) continue
    of++
    held += Math.min(1, view.visible(prefix) / reference)
    if (seen === Seen.up) up++
    if (seen >= Seen.lost) lost.push(prefix)
  }
  return { of, lost, up, held: of === 0 ? 1 : held / of }
}

/** Takes the look down; of what was lost before the first one, the table knows when it began. */
function follow(view: View, book: Book, { of, lost, held }: Counted, at: Instant): Book {
  const { looks } = book
  const last = looks.at(-1)
  if (!last || at - last.at > GAP) {
    const starts = lost.map((prefix) => view.lossStart(prefix) || at).sort((a, b) => a - b)
    const first = Math.max(last?.at ?? 0, Math.min(starts[0] ?? at, at) - 1)
    if (!last) looks.push({ at: first, lost: 0, held: 1 })
    for (const [i, start] of starts.slice(0, MOST_LOOKS / 2).entries())
      if (start > first && start < at)
        looks.push({ at: start, lost: (i + 1) / of, held: 1 - (i + 1) / of })
  }
  const now: Look = { at, lost: lost.length / of, held }
  const before = looks.at(-2)
  const newest = looks.at(-1)
  if (newest && before && newest.at - before.at < APART) Object.assign(newest, now)
  else looks.push(now)
  if (looks.length > MOST_LOOKS) looks.splice(0, looks.length - MOST_LOOKS)
  // What was ordinary is not learned from trouble.
  if (now.lost - book.usualLost < PARTIAL && book.usualHeld - held < PARTIAL) {
    const part = last ? Math.min(1, (at - last.at) / MEMORY) : 1
    book.usualLost += part * (now.lost - book.usualLost)
    book.usualHeld += part * (held - book.usualHeld)
  }
  return book
}

type Judged = Omit<Sight, 'flapping' | 'flapsSince'>

function judge(view: View, afi: Afi, { of, lost, up, held }: Counted, book: Book): Judged {
  const { looks, usualLost, usualHeld } = book
  const calm = { afi, of, lost, up, held, loss: 'none', step: 0, runs: 0, onset: null } as const
  const missing = lost.length / of - usualLost
  const thinner = usualHeld - held
  if (missing < PARTIAL && thinner < PARTIAL) return calm
  const from = beginning(book)
  const run = looks.slice(from)
  const step = steepest(run, ({ lost }) => lost)
  const thinning = steepest(run, ({ held }) => -held)
  const runs = (looks.at(-1)?.at ?? 0) - (looks[from]?.at ?? 0)
  const whole = Math.max(missing, thinner)
  const gradual = runs >= SLOW_AFTER && cusum(run, usualHeld) >= H && thinning <= whole / 2
  // Prefixes that all lose one carrier after the other cross the bar at once: that is no step.
  const loss: Loss =
    step >= BROAD && thinning >= BROAD / 2 && missing >= BROAD / 2
      ? 'broad'
      : gradual
        ? 'slow'
        : missing >= PARTIAL || thinner >= THINNED
          ? 'partial'
          : 'none'
  if (loss === 'none') return calm
  const onset = loss === 'slow' ? slowly(looks[from]?.at ?? 0) : suddenly(view, lost, run)
  return { afi, of, lost, up, held, loss, step, runs, onset }
}

/** The last look at which all was as usual. */
function beginning({ looks, usualLost, usualHeld }: Book): number {
  for (let i = looks.length - 1; i > 0; i--) {
    const { lost, held } = looks[i] as Look
    if (lost - usualLost < CALM && usualHeld - held < CALM) return i
  }
  return 0
}

/** The largest rise within a step's time. */
function steepest(run: readonly Look[], of: (look: Look) => number): number {
  let most = 0
  for (let i = 0, from = 0; i < run.length; i++) {
    const now = run[i] as Look
    while (now.at - (run[from] as Look).at > STEP) from++
    for (let j = from; j < i; j++) most = Math.max(most, of(now) - of(run[j] as Look))
  }
  return most
}

/** Sum of what is missing beyond chance, in minutes. */
function cusum(run: readonly Look[], usual: number): number {
  let sum = 0
  for (const [i, { at, held }] of run.entries()) {
    const apart = Math.min(1, (at - (run[i - 1]?.at ?? at)) / minutes(1))
    sum = Math.max(0, sum + apart * (usual - held - K))
  }
  return sum
}

const slowly = (at: Instant): Onset => ({ at, within: STEP })

function suddenly(view: View, lost: readonly number[], run: readonly Look[]): Onset | null {
  const starts = lost.map((prefix) => view.lossStart(prefix)).filter((start) => start > 0)
  const first = starts.length > 0 ? Math.min(...starts) : run[0]?.at
  return first === undefined ? null : hunted(first)
}

/** When what is told by routes began: not after it was seen, and up to a minute before. */
export const hunted = (seen: Instant): Onset => ({ at: seen - HUNTING / 2, within: HUNTING / 2 })
