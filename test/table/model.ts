// What the table should believe, written down as plainly as possible: maps of maps, and everything
// counted anew at every step.

import type { Baseline } from '../../src/core/incident.ts'
import type { VantagePoint } from '../../src/core/vantage.ts'

interface Route {
  path: string | null
  stale: boolean
  ordinary: boolean
  pending: boolean
  displaced: boolean
}

export interface ModelPeer {
  readonly who: VantagePoint
  state: 'unknown' | 'transfer' | 'active' | 'down'
  blind: boolean
  /** Since when; null when it is not, or is heard again and still not known. */
  lostSince: number | null
  /** What nobody has heard of it, from and until. */
  hole: [number, number] | null
  adrift: boolean
  unheard: boolean
  takenBack: Set<string>
  known: boolean
  votes: Record<4 | 6, boolean>
  /** When it ceased to vote, while its network's place is kept for it; else null. */
  left: Record<4 | 6, number | null>
  routes: Map<string, Route>
  ids: Map<string, Map<number, string>>
  since: number
  window: number
  announced: number
  before: number
  ended: Set<number>
  had: Set<number>
}

export interface Standing {
  visible: number
  reference: number
  seen: string
  lossStart: number
  lastLoss: number
  from: number
  lowest: number
  origin: number
}

/** Nothing is noted of it. */
const isEmpty = ({ path, ordinary, pending, displaced, stale }: Route): boolean =>
  path === null && !ordinary && !pending && !displaced && !stale

export const afiOf = (prefix: string): 4 | 6 => (prefix.includes(':') ? 6 : 4)
const originOf = (path: string): number => Number(path.split(' ').at(-1))
const MINUTE = 60
const HOUR = 3_600

export class Model {
  readonly peers: ModelPeer[]
  readonly prefixes: readonly string[]
  readonly standings = new Map<string, Standing>()
  readonly leaked = new Set<string>()
  readonly #baseline: Baseline
  #revoteAt: number | null = null

  constructor(baseline: Baseline, who: readonly VantagePoint[], prefixes: readonly string[]) {
    this.#baseline = baseline
    this.prefixes = prefixes
    this.peers = who.map((one) => ({
      who: one,
      state: 'unknown',
      blind: false,
      lostSince: null,
      hole: null,
      adrift: false,
      unheard: false,
      takenBack: new Set(),
      known: false,
      votes: { 4: false, 6: false },
      left: { 4: null, 6: null },
      routes: new Map(),
      ids: new Map(),
      since: 0,
      window: 0,
      announced: 0,
      before: 0,
      ended: new Set(),
      had: new Set(),
    }))
    for (const p of prefixes)
      this.standings.set(p, {
        visible: 0,
        reference: 0,
        seen: 'new',
        lossStart: 0,
        lastLoss: 0,
        from: 0,
        lowest: 0,
        origin: 0,
      })
  }

  of(prefix: string): Standing {
    return this.standings.get(prefix) as Standing
  }

  /** Counts everything anew. */
  settle(): void {
    for (const prefix of this.prefixes) {
      const s = this.of(prefix)
      s.visible = s.reference = 0
      let [held, ordinary] = [0, 0]
      for (const peer of this.peers) {
        const route = peer.routes.get(prefix)
        if (!route || !peer.votes[afiOf(prefix)]) continue
        if (route.path !== null) s.visible++
        if (route.ordinary) s.reference++
        const weight = peer.hole && route.stale ? 0.5 : 1
        if (route.path !== null) held += weight
        if (route.ordinary) ordinary += weight
      }
      const share = held / ordinary
      if (s.reference === 0) s.seen = 'new'
      else if (share >= 0.75) s.seen = 'up'
      else if (share <= 0.25) s.seen = 'down'
      else if (share < 0.5 || s.seen === 'lost' || s.seen === 'down') s.seen = 'lost'
      else s.seen = 'degraded'
      if (s.seen === 'up' && s.visible >= s.reference) s.lossStart = 0
    }
  }

  size(peer: ModelPeer, afi: 4 | 6): number {
    return [...peer.routes].filter(([p, r]) => afiOf(p) === afi && r.path !== null).length
  }

  /** What it holds, and what it ordinarily would. */
  whole(peer: ModelPeer, afi: 4 | 6): number {
    return [...peer.routes].filter(([p, r]) => afiOf(p) === afi && (r.path !== null || r.ordinary))
      .length
  }

  stale(peer: ModelPeer): number {
    return [...peer.routes.values()].filter((r) => r.stale).length
  }

  // the starting table

  load(peer: ModelPeer, prefix: string, path: string, id: number): void {
    peer.known = true
    peer.state = 'active'
    peer.had.add(afiOf(prefix))
    this.#fold(peer, prefix, id, path)
    const best = this.#best(peer, prefix) ?? path
    const route = { path: best, stale: false, ordinary: true, pending: false, displaced: false }
    peer.routes.set(prefix, route)
  }

  start(): void {
    this.#revote()
    this.settle()
  }

  // messages

  element(peer: ModelPeer, at: number, prefix: string, id: number, path: string | null): void {
    if (peer.state === 'down') this.#transfer(peer, at)
    else if (peer.state === 'unknown' && !peer.blind) {
      peer.state = 'active'
      this.#elect(peer)
    }
    this.#fold(peer, prefix, id, path)
    const after = this.#best(peer, prefix) ?? (peer.ids.has(prefix) ? null : path)
    if (after === null) this.#withdraw(peer, at, prefix)
    else this.#announce(peer, prefix, after)
    if (peer.state === 'transfer' && after !== null) peer.announced++
    this.settle()
  }

  #fold(peer: ModelPeer, prefix: string, id: number, path: string | null): void {
    if (id === 0) return
    const ids = peer.ids.get(prefix) ?? new Map<number, string>()
    if (path === null) ids.delete(id)
    else ids.set(id, path)
    peer.ids.set(prefix, ids)
  }

  #best(peer: ModelPeer, prefix: string): string | null {
    const ids = peer.ids.get(prefix)
    if (!ids || ids.size === 0) return null
    return ids.get(Math.min(...ids.keys())) ?? null
  }

  #announce(peer: ModelPeer, prefix: string, path: string): void {
    if (!peer.had.has(afiOf(prefix))) {
      peer.had.add(afiOf(prefix))
      if (peer.state === 'active') this.#elect(peer)
    }
    const s = this.of(prefix)
    const now = peer.routes.get(prefix)
    if (now && now.path === path && !now.stale && !now.displaced) return
    if (s.origin === 0 || (s.visible === 0 && s.reference === 0)) s.origin = originOf(path)
    const route = peer.routes.get(prefix) ?? {
      path: null,
      stale: false,
      ordinary: false,
      pending: false,
      displaced: false,
    }
    // On its way to become ordinary only while it is there.
    if (route.path === null) route.pending = false
    route.path = path
    route.stale = false
    if (route.displaced && !this.leaked.has(path)) {
      route.displaced = false
      route.ordinary = true
    }
    peer.routes.set(prefix, route)
  }

  #withdraw(peer: ModelPeer, at: number, prefix: string): void {
    const route = peer.routes.get(prefix)
    if (peer.hole && (!route || isEmpty({ ...route, path: null, pending: false, stale: false })))
      peer.takenBack.add(prefix)
    if (route) route.stale = false
    if (!route || route.path === null) return
    if (route.ordinary && this.leaked.has(route.path)) {
      route.ordinary = false
      route.displaced = true
    } else if (route.ordinary && peer.votes[afiOf(prefix)]) {
      const s = this.of(prefix)
      const left = s.visible - 1
      const back = at - s.lastLoss > MINUTE && left + 1 >= s.from
      const idle = at - s.lossStart > 5 * MINUTE && left >= s.lowest
      const over = s.seen === 'up' && (back || idle)
      if (s.lossStart === 0 || over || at - s.lastLoss > 5 * MINUTE) {
        s.lossStart = at
        s.from = left + 1
        s.lowest = left
      }
      s.lowest = Math.min(s.lowest, left)
      s.lastLoss = at
    }
    route.path = null
    route.stale = false
    route.pending = false
  }

  up(peer: ModelPeer, at: number): void {
    if (peer.state === 'active' || peer.blind) this.down(peer, at)
    if (peer.state !== 'transfer') this.#transfer(peer, at)
  }

  #leave(peer: ModelPeer, at: number): void {
    for (const afi of [4, 6] as const) if (peer.votes[afi]) peer.left[afi] = at
    peer.votes = { 4: false, 6: false }
  }

  down(peer: ModelPeer, at: number): void {
    if (peer.state === 'down') return
    if (peer.state === 'unknown' && !peer.blind) return
    peer.state = 'down'
    this.#found(peer)
    peer.hole = null
    peer.takenBack.clear()
    peer.unheard = false
    this.#leave(peer, at)
    peer.ids.clear()
    peer.before = this.size(peer, 4) + this.size(peer, 6)
    for (const route of peer.routes.values()) route.stale = route.path !== null
    this.settle()
  }

  #transfer(peer: ModelPeer, at: number): void {
    peer.state = 'transfer'
    peer.since = peer.window = at
    peer.announced = 0
    peer.ended.clear()
  }

  endOfRib(peer: ModelPeer, at: number, afi: 4 | 6): void {
    if (peer.hole && this.#toldAgain(peer, 0.5)) this.#unheard(peer, at)
    if (peer.state !== 'transfer') return
    peer.ended.add(afi)
    const none = (a: 4 | 6) => peer.before > 0 && this.size(peer, a) === 0
    if (([4, 6] as const).every((a) => peer.ended.has(a) || none(a))) {
      this.#transferred(peer)
      this.#elect(peer)
    }
  }

  #transferred(peer: ModelPeer): void {
    for (const [prefix, route] of peer.routes) {
      if (!route.stale) continue
      const { seen } = this.of(prefix)
      if (peer.unheard && seen !== 'lost' && seen !== 'down') route.stale = false
      else peer.routes.delete(prefix)
    }
    peer.unheard = false
    peer.known = true
    peer.state = 'active'
  }

  // facts

  gap(collector: string | null, at: number): void {
    for (const peer of this.peers) {
      if (collector !== null && peer.who.collector !== collector) continue
      if (peer.adrift) {
        peer.lostSince ??= at
        continue
      }
      if (peer.state !== 'active' && peer.state !== 'transfer') continue
      peer.state = 'unknown'
      peer.blind = true
      peer.lostSince = at
      this.#leave(peer, at)
    }
    this.settle()
  }

  sight(collector: string | null, at: number): void {
    const back: ModelPeer[] = []
    for (const peer of this.peers) {
      if (!peer.blind || (collector !== null && peer.who.collector !== collector)) continue
      if (peer.lostSince === null) continue
      if (this.stale(peer) > 0 && !peer.hole) {
        this.#found(peer)
        this.#transfer(peer, at)
        continue
      }
      peer.adrift ||= peer.known && at - peer.lostSince > 5 * MINUTE
      peer.hole = [peer.hole?.[0] ?? peer.lostSince, at]
      peer.lostSince = null
      peer.takenBack.clear()
      for (const route of peer.routes.values()) route.stale = !isEmpty(route)
      peer.before = this.stale(peer)
      if (peer.before === 0 && !peer.adrift) {
        peer.hole = null
        peer.takenBack.clear()
      }
      if (!peer.adrift) {
        this.#found(peer)
        peer.state = 'active'
        back.push(peer)
      }
    }
    this.#elect(...back)
  }

  #found(peer: ModelPeer): void {
    peer.blind = peer.adrift = false
    peer.lostSince = null
  }

  #toldAgain(peer: ModelPeer, share: number): boolean {
    return peer.before > 0 && peer.before - this.stale(peer) >= share * peer.before
  }

  /** Its table is being told, and nobody heard the beginning. */
  #unheard(peer: ModelPeer, at: number): void {
    this.#leave(peer, at)
    peer.unheard = true
    peer.hole = null
    peer.takenBack.clear()
    this.#found(peer)
    for (const route of peer.routes.values()) if (route.path === null) route.stale = false
    this.settle()
    if (peer.state !== 'transfer') this.#transfer(peer, at)
  }

  /** Somebody else tells what was said when nobody heard it. */
  tellHole(peer: ModelPeer, at: number, prefix: string, path: string | null): void {
    if (!peer.hole || peer.ids.size > 0) return
    const route = peer.routes.get(prefix)
    if (route && !isEmpty(route) ? !route.stale : path === null || peer.takenBack.has(prefix))
      return
    if (path === null) this.#withdraw(peer, at, prefix)
    else this.#announce(peer, prefix, path)
    const after = peer.routes.get(prefix)
    if (after) after.stale = true
    this.settle()
  }

  filled(collector: string, from: number, until: number, at: number): void {
    const back: ModelPeer[] = []
    for (const peer of this.peers) {
      if (!peer.hole || peer.lostSince !== null || peer.who.collector !== collector) continue
      if (peer.hole[0] < from || peer.hole[1] > until) continue
      if (peer.state === 'transfer' || peer.state === 'down') continue
      // What it has several routes for could not be filled.
      if (peer.ids.size > 0) continue
      this.#leave(peer, at)
      peer.hole = null
      peer.takenBack.clear()
      for (const route of peer.routes.values()) route.stale = false
      this.#found(peer)
      peer.state = 'active'
      back.push(peer)
    }
    if (back.length > 0) this.#elect(...back)
  }

  tick(at: number): void {
    const back: ModelPeer[] = []
    for (const peer of this.peers) {
      if (peer.state !== 'transfer') continue
      let over = at - peer.since >= 15 * MINUTE
      if (!over && at - peer.window >= 30) {
        const told = peer.before > 0 || this.size(peer, 4) + this.size(peer, 6) > 0
        const quiet = peer.announced < 50
        over = told && quiet && (peer.unheard || this.stale(peer) <= 0.05 * peer.before)
        peer.window = at
        peer.announced = 0
      }
      if (over) {
        this.#transferred(peer)
        back.push(peer)
      }
    }
    this.#elect(...back)
    for (const peer of this.peers)
      if (peer.hole && peer.lostSince === null && at - peer.hole[1] <= 5 * MINUTE)
        if ((peer.state === 'active' || peer.adrift) && peer.known && this.#toldAgain(peer, 0.7))
          this.#unheard(peer, at)
    const due = this.peers.filter((peer) =>
      ([4, 6] as const).some((afi) => this.#isLate(peer, afi, at)),
    )
    for (const peer of due)
      for (const afi of [4, 6] as const) if (this.#isLate(peer, afi, at)) peer.left[afi] = null
    this.#elect(...due)
    this.#revoteAt ??= at + HOUR
    if (at >= this.#revoteAt) {
      this.#revoteAt = at + HOUR
      this.#revote()
    }
    const turn = Math.floor(at / 10)
    for (const peer of this.peers) {
      if (peer.state !== 'active' || slotOf(peer.who) !== turn % 60) continue
      const forgetting = Math.floor(turn / 60) % 144 === 0
      for (const prefix of this.prefixes) this.#look(peer, prefix, at, forgetting)
    }
  }

  #look(peer: ModelPeer, prefix: string, at: number, forgetting: boolean): void {
    const route = peer.routes.get(prefix)
    if (!route) return
    if (route.path !== null) {
      if (route.ordinary || this.leaked.has(route.path)) return
      if (route.pending) {
        route.ordinary = true
        route.displaced = false
      }
      route.pending = !route.pending
    } else if (forgetting && route.ordinary) {
      const { seen, lastLoss } = this.of(prefix)
      if ((seen === 'lost' || seen === 'down') && at - lastLoss < 7 * 24 * HOUR) return
      if (route.pending) route.ordinary = false
      route.pending = !route.pending
    }
    this.settle()
  }

  // votes

  #mayVote(peer: ModelPeer, afi: 4 | 6): boolean {
    if (this.#baseline !== 'rib') return peer.had.has(afi)
    if (!peer.known) return false
    const largest = new Map<number, number>()
    for (const p of this.peers) {
      if (p.state !== 'active' && !(p.state === 'transfer' && p.known)) continue
      largest.set(p.who.asn, Math.max(largest.get(p.who.asn) ?? 0, this.whole(p, afi)))
    }
    const sizes = [...largest.values()].filter((n) => n > 0).sort((a, b) => b - a)
    if (sizes.length < 3) return this.whole(peer, afi) > 0
    const few = sizes.slice(1, 6)
    const mean = few.reduce((a, b) => a + b) / few.length
    return this.whole(peer, afi) >= (peer.votes[afi] ? 0.65 : 0.75) * mean
  }

  #isLate(peer: ModelPeer, afi: 4 | 6, at: number): boolean {
    const left = peer.left[afi]
    return left !== null && at - left > 5 * MINUTE
  }

  /** The networks of these; at a revote the largest of a network may take the place of another. */
  #elect(...peers: ModelPeer[]): void {
    this.#electNetworks(peers, false)
  }

  #electNetworks(peers: readonly ModelPeer[], resize: boolean): void {
    const chosen: [ModelPeer, 4 | 6, boolean][] = []
    for (const asn of new Set(peers.map(({ who }) => who.asn)))
      for (const afi of [4, 6] as const) {
        const sessions = this.peers.filter(({ who }) => who.asn === asn)
        const one = this.#choose(sessions, afi, resize)
        for (const peer of sessions) chosen.push([peer, afi, peer === one])
      }
    for (const [peer, afi, votes] of chosen) {
      peer.votes[afi] = votes
      if (votes)
        for (const { who, left } of this.peers) if (who.asn === peer.who.asn) left[afi] = null
    }
    this.settle()
  }

  #choose(sessions: readonly ModelPeer[], afi: 4 | 6, resize: boolean): ModelPeer | undefined {
    const fit = sessions.filter((peer) => peer.state === 'active' && this.#mayVote(peer, afi))
    const bySize = fit.toSorted(
      (a, b) => this.whole(b, afi) - this.whole(a, afi) || compare(a.who, b.who),
    )
    const voter = fit.find(({ votes }) => votes[afi])
    const largest = bySize[0]
    if (voter && largest && resize)
      return this.whole(voter, afi) < 0.75 * this.whole(largest, afi) ? largest : voter
    if (voter) return voter
    const waitedFor = sessions.filter(({ left }) => left[afi] !== null)
    return waitedFor.length > 0 ? bySize.find((peer) => waitedFor.includes(peer)) : largest
  }

  #revote(): void {
    this.#electNetworks(
      this.peers.filter(({ state }) => state === 'active'),
      true,
    )
  }
}

/** These differ in collector, or in the number that their address ends with. */
function compare(a: VantagePoint, b: VantagePoint): number {
  if (a.collector !== b.collector) return a.collector < b.collector ? -1 : 1
  return a.id - b.id
}

function slotOf({ collector, address, asn }: VantagePoint): number {
  let hash = asn | 0
  for (const c of collector + address) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193)
  return (hash >>> 0) % 60
}
