import { expect, test } from 'vitest'
import type { Baseline } from '../../src/core/incident.ts'
import { seconds } from '../../src/core/time.ts'
import { Seen, Watcher } from '../../src/core/view.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { DISPLACED, PATH, REFERENCE, STALE } from '../../src/table/rib.ts'
import { afiOf, Model, type ModelPeer } from './model.ts'
import { peerStates, Stage, states } from './stage.ts'

const PREFIXES = [
  ...Array.from({ length: 8 }, (_, i) => `10.${i}.0.0/16`),
  '10.0.1.0/24',
  ...Array.from({ length: 4 }, (_, i) => `2001:db8:${i + 1}::/48`),
]

class Duel {
  readonly stage: Stage
  readonly model: Model
  readonly counts: Record<string, number> = {}
  /** The table as the hooks for routes tell it; and states as the hooks for prefixes do. */
  readonly routes = new Map<string, string>()
  readonly seen = new Map<string, string>()
  /** Prefixes whose last word on being carried was that they are; origins that were told. */
  readonly carried = new Set<number>()
  readonly origins = new Map<number, number>()
  readonly dice: Dice
  calls = 0
  at = 24 * 3_600 * 365

  constructor(seed: string, baseline: Baseline) {
    this.dice = new Dice(seed)
    this.stage = new Stage({ baseline })
    const { table, vantages } = this.stage
    for (let i = 0; i < 7; i++) this.stage.peer(101 + (i % 5), i < 4 ? 'rrc00' : 'rrc01', i)
    this.model = new Model(baseline, vantages.list, PREFIXES)
    const key = () => `${table.cause.vantage} ${table.prefixText(table.cause.prefix)}`
    table.attach([
      {
        name: 'shadow',
        learnPath: (path) => table.mark(path, Watcher.link),
        newPath: (path) => table.mark(path, Watcher.link),
        watcher: Watcher.link,
        route: () => {
          this.calls++
          const { before, after } = table.cause
          expect(this.routes.get(key()) ?? '').toBe(table.pathText(before))
          if (after === 0) this.routes.delete(key())
          else this.routes.set(key(), table.pathText(after))
        },
        wanders: true,
        prefix: (p, before, after) => {
          this.calls++
          const name = table.prefixText(p)
          expect(this.seen.get(name) ?? 'new').toBe(states[before])
          this.seen.set(name, states[after] as string)
          // What it says happens now.
          expect(table.cause.at).toBe(seconds(this.at))
          expect(table.cause.prefix).toBe(p)
        },
        carried: (p) => {
          this.calls++
          if (!this.carried.delete(p)) this.carried.add(p)
        },
        origin: (p, before, after) => {
          expect(this.origins.get(p) ?? before).toBe(before)
          this.origins.set(p, after)
        },
        tick: () => [],
      },
    ])
  }

  /** What was told of a prefix without reference; of one that has one nothing is. */
  isCarried(p: number): boolean | '-' {
    return this.stage.table.seen(p) === Seen.new ? this.carried.has(p) : '-'
  }

  get peers(): readonly ModelPeer[] {
    return this.model.peers
  }

  path(peer: ModelPeer, prefix: string): string {
    const origin = this.dice.chance(0.9) ? 900 + PREFIXES.indexOf(prefix) : 999
    return `${peer.who.asn} ${this.dice.int(501, 503)} ${origin}`
  }

  /** One peer speaks with identifiers. */
  id(peer: ModelPeer): number {
    return peer.who.id === 2 ? this.dice.pick([1, 2, -5]) : 0
  }

  begin(withTable: boolean): void {
    const { stage, model, dice } = this
    if (withTable) {
      for (const peer of this.peers) {
        // The last but one is no full feed, the last is not in the table.
        const share = peer.who.id === 6 ? 0 : peer.who.id === 5 ? 0.3 : 0.95
        for (const prefix of PREFIXES) {
          if (!dice.chance(share)) continue
          for (let k = peer.who.id === 2 ? dice.int(1, 3) : 1; k > 0; k--) {
            const [id, path] = [this.id(peer), this.path(peer, prefix)]
            model.load(peer, prefix, path, id >>> 0)
            stage.load(peer.who.id, prefix, path, id)
          }
        }
      }
      for (const p of PREFIXES) model.of(p).origin = stage.table.origin(stage.id(p))
    }
    model.start()
    stage.table.start()
    for (let p = 0; p < stage.table.prefixes; p++)
      if (stage.table.standing.carried[p] === 1) this.carried.add(p)
    for (const peer of this.peers)
      for (const [prefix, route] of peer.routes)
        this.routes.set(`${peer.who.id} ${prefix}`, route.path as string)
    for (const p of PREFIXES) this.seen.set(p, model.of(p).seen)
    this.check('the start')
  }

  step(): void {
    const { dice, stage, model } = this
    const peer = dice.pick(this.peers)
    const v = peer.who.id
    const prefix = dice.pick(PREFIXES)
    const roll = dice.float()
    if (dice.chance(0.5)) this.at += dice.int(0, 20)
    const { at } = this
    let what = ''
    if (roll < 0.4) {
      what = 'announce'
      const [id, path] = [this.id(peer), this.path(peer, prefix)]
      model.element(peer, at, prefix, id >>> 0, path)
      stage.announce(at, v, prefix, path, id)
      if (dice.chance(0.2)) {
        what = 'announce again'
        const before = this.calls
        model.element(peer, at, prefix, id >>> 0, path)
        stage.announce(at, v, prefix, path, id)
        if (!this.displaced(v, prefix)) expect(this.calls).toBe(before)
      }
    } else if (roll < 0.68) {
      what = 'withdraw'
      const id = this.id(peer)
      model.element(peer, at, prefix, id >>> 0, null)
      stage.withdraw(at, v, prefix, id)
      if (dice.chance(0.3)) {
        what = 'withdraw again'
        const before = this.calls
        model.element(peer, at, prefix, id >>> 0, null)
        stage.withdraw(at, v, prefix, id)
        expect(this.calls).toBe(before)
      }
    } else if (roll < 0.78) {
      // Everybody loses it, or has it back.
      const gone = dice.chance(0.5)
      what = gone ? 'all withdraw' : 'all announce'
      for (const one of dice.shuffle(this.peers)) {
        const id = one.who.id === 2 ? 1 : 0
        const path = gone ? null : this.path(one, prefix)
        model.element(one, at, prefix, id, path)
        if (path === null) stage.withdraw(at, one.who.id, prefix, id)
        else stage.announce(at, one.who.id, prefix, path, id)
      }
    } else if (roll < 0.79) {
      what = 'down'
      model.down(peer, at)
      stage.down(at, v)
    } else if (roll < 0.8) {
      what = 'up'
      model.up(peer, at)
      stage.up(at, v)
    } else if (roll < 0.83) {
      what = 'table transfer'
      model.up(peer, at)
      stage.up(at, v)
      for (const p of PREFIXES) {
        if (!dice.chance(0.9)) continue
        const [id, path] = [v === 2 ? 1 : 0, this.path(peer, p)]
        model.element(peer, at, p, id, path)
        stage.announce(at, v, p, path, id)
      }
    } else if (roll < 0.85) {
      const holed = this.peers.find(({ hole }) => hole) ?? peer
      what = holed.hole ? 'hole' : 'no hole'
      const path = dice.chance(0.4) ? null : this.path(holed, prefix)
      model.tellHole(holed, at, prefix, path)
      stage.hole(at, holed.who.id, prefix, path)
      if (holed.hole && dice.chance(0.2)) {
        what = 'filled'
        const [from, until] = holed.hole
        // Sometimes it is not all of it.
        const end = dice.chance(0.8) ? until : until - 1
        model.filled(holed.who.collector, from, end, at)
        stage.filled(at, holed.who.collector, from, end)
      }
    } else if (roll < 0.87) {
      what = 'end of rib'
      const one = this.peers.find(({ state }) => state === 'transfer') ?? peer
      for (const afi of [4, 6] as const) {
        model.endOfRib(one, at, afi)
        stage.endOfRib(at, one.who.id, afi)
      }
    } else if (roll < 0.88) {
      what = 'gap'
      const collector = dice.pick([null, 'rrc00', 'rrc01'])
      model.gap(collector, at)
      stage.gap(at, collector)
    } else if (roll < 0.92) {
      what = 'sight'
      const collector = dice.pick([null, null, 'rrc00', 'rrc01'])
      model.sight(collector, at)
      stage.sight(at, collector)
    } else if (roll < 0.95) {
      what = 'leak'
      const route = [...peer.routes.values()].find(({ path }) => path !== null)
      const path = route?.path ?? [...model.leaked][0]
      if (!path) return
      const on = !model.leaked.has(path)
      if (on) model.leaked.add(path)
      else model.leaked.delete(path)
      stage.table.leaked(this.pathRef(path), on)
    } else {
      what = roll < 0.985 ? 'ticks' : roll < 0.996 ? 'twenty minutes' : 'a day'
      if (what === 'a day') this.at = Math.floor(this.at / 86_400 + 1) * 86_400 - 10
      for (let k = what === 'ticks' ? dice.int(1, 5) : what === 'a day' ? 60 : 120; k > 0; k--) {
        this.at = (Math.floor(this.at / 10) + 1) * 10
        model.tick(this.at)
        stage.tick(this.at)
      }
    }
    this.counts[what] = (this.counts[what] ?? 0) + 1
    this.check(what)
  }

  displaced(vantage: number, prefix: string): boolean {
    const { table } = this.stage
    return (table.rib.word(vantage, this.stage.id(prefix)) & DISPLACED) !== 0
  }

  pathRef(path: string): number {
    const words = Int32Array.from(path.split(' ').map(Number))
    return this.stage.table.paths.intern(words, 0, words.length)
  }

  check(what: string): void {
    const { table } = this.stage
    const has: string[] = []
    const want: string[] = []
    for (const peer of this.peers) {
      const { id } = peer.who
      const held = this.model.size(peer, 4) + this.model.size(peer, 6)
      const [four, six] = ([4, 6] as const).map(
        (afi) => this.model.whole(peer, afi) - this.model.size(peer, afi),
      )
      const { routes4, routes6, missing4, missing6, stale } = table.peers.get(id)
      has.push(
        `${id} ${peerStates[table.peerState(id)]} ${table.votes(id, 4)} ${table.votes(id, 6)} ` +
          `${table.known(id)} holds ${routes4 + routes6} misses ${missing4} ${missing6} stale ${stale}`,
      )
      want.push(
        `${id} ${peer.state} ${peer.votes[4]} ${peer.votes[6]} ` +
          `${peer.known} holds ${held} misses ${four} ${six} stale ${this.model.stale(peer)}`,
      )
      for (const prefix of PREFIXES) {
        const p = this.stage.id(prefix)
        const word = p < 0 ? 0 : table.rib.word(id, p)
        const route = peer.routes.get(prefix)
        const bits = [(word & STALE) !== 0, (word & REFERENCE) !== 0, (word & DISPLACED) !== 0]
        has.push(`${id} ${prefix} ${table.pathText(word & PATH)} ${bits}`)
        const { path, stale, ordinary, displaced } = route ?? { path: '' }
        want.push(`${id} ${prefix} ${path ?? ''} ${[stale, ordinary, displaced].map(Boolean)}`)
        if ((this.routes.get(`${id} ${prefix}`) ?? '') !== (path ?? ''))
          throw new Error(`hooks told of another route of ${id} to ${prefix} after ${what}`)
      }
    }
    for (const prefix of PREFIXES) {
      const p = this.stage.id(prefix)
      const s = this.model.of(prefix)
      const told = this.seen.get(prefix) ?? 'new'
      if (p >= 0) {
        const { lossStart, lastLoss } = table.standing
        const times = [lossStart[p], lastLoss[p]].map((t) => (t ?? 0) / 1e6)
        has.push(
          `${prefix} ${this.stage.standing(prefix)} ${told} ${times} AS${table.origin(p)} ` +
            `${table.lostAt([p])} ${this.isCarried(p)} AS${this.origins.get(p) ?? table.origin(p)}`,
        )
      }
      const lostAt = this.peers.filter((peer) => {
        const route = peer.routes.get(prefix)
        return peer.votes[afiOf(prefix)] && route?.ordinary && route.path === null
      })
      const voters = this.peers.filter((peer) => peer.votes[afiOf(prefix)]).length
      const isCarried = s.seen === 'new' ? s.visible * 2 >= Math.max(2, voters) : '-'
      if (p >= 0)
        want.push(
          `${prefix} ${s.visible}/${s.reference} ${s.seen} ${s.seen} ${[s.lossStart, s.lastLoss]} ` +
            `AS${s.origin} ${lostAt.map(({ who }) => who.id)} ${isCarried} AS${s.origin}`,
        )
    }
    if (has.join('\n') !== want.join('\n')) expect(has, what).toEqual(want)
  }
}

test.each([
  ['rib', 5, 1_200],
  ['learned-live', 5, 1_200],
] as const)('against a naive model, %s', (baseline, seeds, steps) => {
  const total: Record<string, number> = {}
  const seen = new Set<string>()
  let well = 0
  let displaced = 0
  let calls = 0
  for (let seed = 0; seed < seeds; seed++) {
    const duel = new Duel(`${baseline} ${seed}`, baseline)
    duel.begin(baseline === 'rib')
    for (let i = 0; i < steps; i++) {
      duel.step()
      for (const s of duel.model.standings.values()) {
        seen.add(s.seen)
        if (s.reference >= 4) well++
      }
      for (const { routes } of duel.peers)
        for (const route of routes.values()) if (route.displaced) displaced++
    }
    for (const [what, n] of Object.entries(duel.counts)) total[what] = (total[what] ?? 0) + n
    calls += duel.calls
  }
  // It has seen something of everything.
  expect([...seen].sort()).toEqual(['degraded', 'down', 'lost', 'new', 'up'])
  expect(Object.keys(total).length).toBe(19)
  for (const [what, n] of Object.entries(total)) expect(n, what).toBeGreaterThan(8)
  expect(calls).toBeGreaterThan(3_000)
  // Prefixes with four and more ordinary carriers, and routes that a leak displaced, at all steps.
  expect(well).toBeGreaterThan(10_000)
  expect(displaced).toBeGreaterThan(500)
})
