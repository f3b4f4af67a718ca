// A small world for stories: peers by letters (`a` … `j` sit at rrc00, `A` … `J` at rrc01), what they
// hold when it begins, what they say and when. It all goes through the real clock, table, detectors
// and ledger; `play` gives the revisions that come out.
//
//   const world = new World({ watch: [7000] }).holds('abcde', '198.51.100.0/24', '3356 7000')
//   world.at('00:10:00').withdraw('abcde', '198.51.100.0/24')
//   expect(lines(world.play('00:20:00'))).toEqual([…])

import { Order } from '../../src/clock/order.ts'
import type { Asn } from '../../src/core/asn.ts'
import { Batch, Message } from '../../src/core/batch.ts'
import { type Context, noContext } from '../../src/core/context.ts'
import type { Fact, SideInput } from '../../src/core/fact.ts'
import type { Baseline, Incident, Signal } from '../../src/core/incident.ts'
import { parsePath } from '../../src/core/path.ts'
import { parseAddress, parsePrefix } from '../../src/core/prefix.ts'
import { type Instant, parseInstant, seconds } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import type { View } from '../../src/core/view.ts'
import { type DetectSettings, detectDefaults } from '../../src/detect/detectors.ts'
import { Journey } from '../../src/journey.ts'
import type { Dice } from '../../src/scenario/dice.ts'
import { Learner } from '../../src/table/learn.ts'
import { tableLimits } from '../../src/table/table.ts'

export interface WorldSettings {
  /** Networks that are watched; all when absent. */
  readonly watch?: readonly Asn[]
  readonly baseline?: Baseline
  readonly detect?: Partial<DetectSettings>
  readonly mostIncidents?: number
  /** What is known beforehand. */
  readonly context?: Partial<Context>
  /** Peers whose AS is not the one that follows from their letter. */
  readonly asnOf?: Readonly<Record<string, Asn>>
}

type Prefixes = string | readonly string[]

type OnTick = (signals: readonly Signal[], view: View, at: Instant) => void

interface Step {
  readonly at: Instant
  readonly who: string
  readonly kind: number
  readonly announce: readonly string[]
  readonly withdraw: readonly string[]
  readonly path: string
  readonly afi: 4 | 6
  readonly otc: Asn
}

const asnOfLetter = (who: string): Asn =>
  who >= 'a' ? 201 + who.charCodeAt(0) - 97 : 301 + who.charCodeAt(0) - 65

const instant = (time: string): Instant => {
  const at = parseInstant(`2025-01-01T${time}Z`)
  if (at === undefined) throw new RangeError(`not a time: ${time}`)
  return at
}

/** `198.51.0.0/24`, `198.51.1.0/24` …: so many neighbours. */
export const many = (count: number, net = '198.51', length = 24): string[] =>
  Array.from({ length: count }, (_, i) => {
    const [a, b = 0] = net.split('.').map(Number)
    return `${a}.${b + (i >> 8)}.${i & 255}.0/${length}`
  })

export class World {
  readonly #settings: WorldSettings
  readonly #table: Step[] = []
  readonly #steps: Step[] = []
  readonly #facts: Fact[] = []
  #named = ''
  #otc = 0
  #at = instant('00:00:00')
  #onTick: OnTick | null = null

  constructor(settings: WorldSettings = {}) {
    this.#settings = settings
  }

  /** In the starting table. The path goes on behind the peer's own AS. */
  holds(who: string, prefixes: Prefixes, path: string): this {
    for (const peer of who) this.#table.push(this.#step(peer, Message.rib, prefixes, [], path))
    return this
  }

  /** Numbered before all others, and never heard. */
  names(who: string): this {
    this.#named += who
    return this
  }

  at(time: string): this {
    this.#at = instant(time)
    return this
  }

  /** Only-to-Customer of what is announced from here on; 0 = none. */
  otc(asn: Asn): this {
    this.#otc = asn
    return this
  }

  /** Each of `who` in turn, so many seconds apart. */
  announce(who: string, prefixes: Prefixes, path: string, apart = 0): this {
    return this.#say(who, apart, (peer) => this.#step(peer, Message.update, prefixes, [], path))
  }

  withdraw(who: string, prefixes: Prefixes, apart = 0): this {
    return this.#say(who, apart, (peer) => this.#step(peer, Message.update, [], prefixes, ''))
  }

  down(who: string): this {
    return this.#say(who, 0, (peer) => this.#step(peer, Message.sessionDown, [], [], ''))
  }

  up(who: string): this {
    return this.#say(who, 0, (peer) => this.#step(peer, Message.sessionUp, [], [], ''))
  }

  endOfRib(who: string, afi: 4 | 6 = 4): this {
    return this.#say(who, 0, (peer) => this.#step(peer, Message.endOfRib, [], [], '', afi))
  }

  /** A side input takes effect; made then, unless it says otherwise. */
  knows(
    what: SideInput['what'],
    content: string,
    name: string = what,
    date: Instant = this.#at,
  ): this {
    this.#facts.push({ kind: 'side-input', at: this.#at, what, name, date, sha256: '0', content })
    return this
  }

  /** The same of one that is whole already. */
  learns(input: SideInput): this {
    this.#facts.push({ ...input, at: this.#at })
    return this
  }

  /** Is told of every tick, after the detectors and before the ledger. */
  onTick(listen: OnTick): this {
    this.#onTick = listen
    return this
  }

  /** The feed falls silent, all of it or one collector, and is heard again. */
  gap(why: string, collector: string | null = null): this {
    this.#facts.push({ kind: 'gap', at: this.#at, feed: 'test', source: 0, collector, why })
    return this
  }

  /** With `fills` somebody looks for what was missed. */
  sight(collector: string | null = null, fills = false): this {
    const more = fills ? { fills: true as const } : {}
    this.#facts.push({ kind: 'gap-end', at: this.#at, feed: 'test', source: 0, collector, ...more })
    return this
  }

  unfilled(collector: string, from: string, until: string, why: string): this {
    const span = { from: instant(from), until: instant(until) }
    this.#facts.push({ kind: 'unfilled', at: this.#at, collector, ...span, why })
    return this
  }

  /** Everything is known that was said at a collector in that time. */
  filled(collector: string, from: string, until: string): this {
    const span = { from: instant(from), until: instant(until) }
    this.#facts.push({ kind: 'filled', at: this.#at, collector, ...span })
    return this
  }

  /**
   * Everything that is told until then. With dice the messages arrive in another order, as far as
   * the clock puts up with it, in batches of other sizes, from peers met in another order.
   */
  play(until: string, dice?: Dice): Incident[] {
    const told: Incident[] = []
    const { watch, baseline = 'rib', detect, mostIncidents, context } = this.#settings
    const vantages = new VantagePoints()
    const journey = new Journey(
      {
        vantages,
        asns: watch ? new Set(watch) : null,
        baseline,
        inputs: { version: 'test', config: 'test', asRelationships: null, vrps: null },
        detect: { ...detectDefaults, ...detect },
        ...(context ? { context: { ...noContext, ...context } } : {}),
        ...(mostIncidents === undefined ? {} : { mostIncidents }),
        // That paths are let go of at every tick must show as little.
        ...(dice ? { limits: { freshPaths: 0 } } : {}),
      },
      (incident) => told.push(incident),
    )
    const listen = this.#onTick
    if (listen) {
      const take = journey.ledger.take.bind(journey.ledger)
      journey.ledger.take = (signals, vantage, at) => {
        listen(signals, journey.table, at)
        return take(signals, vantage, at)
      }
    }
    journey.table.files.push('test')
    for (const who of this.#named) this.#intern(who, vantages)
    const steps = [...signsOfLife(this.#table), ...inOrder(this.#steps, dice)]
    if (baseline === 'rib') journey.table.load(this.#batch(this.#start(dice), vantages))
    else {
      const learner = new Learner(journey.table, tableLimits.routes)
      learner.read(this.#batch(steps, vantages))
      learner.finish()
    }
    journey.table.start()
    const order = new Order(vantages, journey, () => undefined)
    for (const fact of this.#facts) order.fact(fact)
    order.advance(instant('00:00:00'))
    const stream = order.stream()
    for (let from = 0; from < steps.length; ) {
      const to = from + (dice ? 1 + Math.floor(dice.float() * 40) : 1_000)
      order.push(stream, this.#batch(steps.slice(from, to), vantages))
      order.release()
      from = to
    }
    order.flush()
    order.advance(instant(until))
    journey.finish()
    return told
  }

  #intern(who: string, vantages: VantagePoints): number {
    const collector = vantages.collector(who >= 'a' ? 'rrc00' : 'rrc01')
    const [word = 0] = parseAddress(`192.0.2.${who.charCodeAt(0)}`)?.words ?? []
    return vantages.intern(collector, word, 0, 0, 0, this.#asn(who), 4)
  }

  #asn(who: string): Asn {
    return this.#settings.asnOf?.[who] ?? asnOfLetter(who)
  }

  /**
   * The starting table, with dice in another order. Everybody has some routes besides: who loses one
   * network is not left with none and without a vote.
   */
  #start(dice?: Dice): Step[] {
    const background = peersOf(this.#table).map((step): Step => {
      const announce = [...many(24, '100.64'), '2001:db8:ffff::/48']
      return { ...step, announce, path: `${this.#asn(step.who)} 900` }
    })
    const steps = [...background, ...this.#table]
    if (!dice) return steps
    return shuffled(steps, dice).map((step) => ({
      ...step,
      announce: shuffled(step.announce, dice),
    }))
  }

  #say(who: string, apart: number, step: (peer: string) => Step): this {
    for (const peer of who) {
      this.#steps.push(step(peer))
      this.#at += seconds(apart)
    }
    return this
  }

  #step(
    who: string,
    kind: number,
    announce: Prefixes,
    withdraw: Prefixes,
    path: string,
    afi: 4 | 6 = 4,
  ): Step {
    const list = (some: Prefixes) => (typeof some === 'string' ? [some] : some)
    const whole = path === '' ? '' : `${this.#asn(who)} ${path}`
    return {
      at: this.#at,
      who,
      kind,
      announce: list(announce),
      withdraw: list(withdraw),
      path: whole,
      afi,
      otc: this.#otc,
    }
  }

  #batch(steps: readonly Step[], vantages: VantagePoints): Batch {
    const elements = steps.reduce((n, s) => n + s.announce.length + s.withdraw.length, 0)
    const batch = new Batch(steps.length + 1, elements + 1, steps.length * 16 + 1)
    batch.clear()
    for (const step of steps) {
      const { at, who, kind, afi, path } = step
      const vantage = this.#intern(who, vantages)
      // The number of the step stands for its place in a file, whatever the order of arrival.
      const m = batch.open(kind, at, vantage, this.#steps.indexOf(step))
      batch.detail[m] = kind === Message.endOfRib ? afi : 0
      batch.otc[m] = step.otc
      if (path !== '') {
        const words: number[] = []
        if (!parsePath(path, words)) throw new RangeError(`not a path: ${path}`)
        batch.pathStart[m] = batch.pathWords
        batch.pathLength[m] = words.length
        for (const w of words) batch.path[batch.pathWords++] = w
      }
      for (const prefix of step.withdraw) element(batch, prefix, 0)
      for (const prefix of step.announce) element(batch, prefix, 1)
      batch.close()
    }
    return batch
  }
}

function element(batch: Batch, text: string, announced: 0 | 1): void {
  const prefix = parsePrefix(text)
  if (!prefix) throw new RangeError(`not a prefix: ${text}`)
  const e = batch.elements++
  const [w0, w1, w2, w3] = prefix.words
  batch.announced[e] = announced
  batch.afi[e] = prefix.afi
  batch.length[e] = prefix.length
  batch.word0[e] = w0
  batch.word1[e] = w1
  batch.word2[e] = w2
  batch.word3[e] = w3
  batch.pathId[e] = 0
}

/** One row of each peer. */
const peersOf = (table: readonly Step[]): Step[] => [
  ...new Map(table.map((step) => [step.who, step])).values(),
]

/** So that it is known through which feed a peer is heard, before that feed falls silent. */
const signsOfLife = (table: readonly Step[]): Step[] =>
  peersOf(table).map((step): Step => ({ ...step, kind: Message.alive, announce: [], path: '' }))

const shuffled = <T>(items: readonly T[], dice: Dice): T[] =>
  items
    .map((item) => ({ item, by: dice.float() }))
    .sort((a, b) => a.by - b.by)
    .map(({ item }) => item)

/** Each peer's messages stay in their order; with dice others come in between. */
function inOrder(steps: readonly Step[], dice?: Dice): Step[] {
  const due = steps.map((step) => ({ step, at: step.at + (dice ? dice.float() * 0.9e6 : 0) }))
  const last = new Map<string, number>()
  for (const row of due) {
    row.at = Math.max(row.at, last.get(row.step.who) ?? 0)
    last.set(row.step.who, row.at)
  }
  return due.sort((a, b) => a.at - b.at).map(({ step }) => step)
}

/** `00:10:50 outage.as AS7000 ipv4 open: confirmed`: a revision in a line. */
export const lines = (told: readonly Incident[]): string[] =>
  told.map(
    ({ updatedAt, kind, asn, afi, state, because }) =>
      `${clock(updatedAt)} ${kind} AS${asn}${afi ? ` ${afi}` : ''} ${state}: ${because}`,
  )

/** `00:10:50` of an ISO instant. */
export const clock = (iso: string | null): string => iso?.slice(11, 19) ?? '–'

/** How the only incident of a kind stands in the end; an error when there is none, or more. */
export function only(told: readonly Incident[], kind: Incident['kind']): Incident {
  const ids = new Set(told.filter((i) => i.kind === kind).map((i) => i.id))
  if (ids.size !== 1) throw new Error(`${ids.size} incidents ${kind}:\n${lines(told).join('\n')}`)
  return told.findLast((i) => i.kind === kind) as Incident
}
