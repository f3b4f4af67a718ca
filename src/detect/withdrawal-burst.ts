// `withdrawal.burst`: many prefixes of many networks are lost within a minute. If most of them were
// reached through one transit network it is that one's trouble, else the whole world's (a worm, a
// malformed attribute). One incident, in which the outages of its members are told while most of what
// they have lost is part of it.

import type { Asn } from '../core/asn.ts'
import { Hold } from '../core/hold.ts'
import type { Counts, Signal } from '../core/incident.ts'
import { type Afi, afiName } from '../core/prefix.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { type Detector, Seen, UNKNOWN_PATH, type View } from '../core/view.ts'
import { firstOf } from './address.ts'
import {
  type Burst,
  barOf,
  causeOf,
  goesThrough,
  heldPath,
  type Lost,
  sameKeys,
  severityOf,
  tagsOf,
} from './burst-cause.ts'
import { capOf } from './confidence.ts'
import type { Loss, Losses } from './losses.ts'
import { pathSample, spreadOf } from './witnesses.ts'

export interface BurstSettings {
  /** Prefixes lost within `within`, of so many networks; in a small table this part of it is enough. */
  readonly prefixes: number
  readonly origins: number
  readonly tableShare: number
  readonly within: Span
  /** Part of them that must have gone through one network, for it to be the cause. */
  readonly transitShare: number
  readonly confirm: Span
  /** An outage is told as part of it while this part of its loss is. */
  readonly memberShare: number
  readonly closeOfPeak: number
  readonly clear: Span
}

export const burstDefaults: BurstSettings = {
  // Single networks lose more than that; twenty do not in the same minute (detection.md §10.4).
  prefixes: 200,
  origins: 20,
  tableShare: 0.1,
  within: seconds(60),
  transitShare: 0.7,
  confirm: seconds(60),
  memberShare: 0.7,
  closeOfPeak: 0.2,
  clear: minutes(5),
}

/** Prefixes kept of one family, and bursts at once. */
const MOST_LOST = 500_000
const MOST_BURSTS = 32
/** Networks told as part of one; the ledger names each. */
const MOST_MEMBERS = 10_000
/** Prefixes asked at one tick which paths others hold. */
const MOST_ASKED = 2_000
const ASKED = 64
const SHOWN = 20
/** Times `within`, for which losses are kept that may turn out to have been its beginning. */
const LEAD = 2
/** Starts of losses that lie further apart belong to something before it. */
const PAUSE: Span = seconds(60)
const COUNT: Span = minutes(5)
const LOOK: Span = seconds(30)

/** Losses of one family that belong to no burst yet. */
interface Pool {
  readonly afi: Afi
  readonly losses: Map<number, Lost>
  since: Instant | null
}

export class WithdrawalBurst implements Detector {
  readonly name = 'withdrawal.burst'
  /** Losses and bursts there was no room for. */
  dropped = 0
  readonly #view: View
  readonly #losses: Losses
  readonly #settings: BurstSettings
  readonly #pools: readonly Pool[] = [
    { afi: 4, losses: new Map(), since: null },
    { afi: 6, losses: new Map(), since: null },
  ]
  readonly #bursts = new Map<string, Burst>()
  /** Which of them a prefix is a member of. */
  readonly #burstOf = new Map<number, Burst>()
  #asked = 0
  /** Prefixes that anybody ordinarily carries, and when that is counted next. */
  #table = 0
  #countAt: Instant = 0

  constructor(view: View, losses: Losses, settings: BurstSettings) {
    this.#view = view
    this.#losses = losses
    this.#settings = settings
  }

  prefix(prefix: number, before: number, after: number): void {
    const is = after >= Seen.lost
    if (is === before >= Seen.lost) return
    const { cause } = this.#view
    const burst = this.#burstOf.get(prefix)
    if (!is) {
      this.#pools[this.#view.afi(prefix) === 4 ? 0 : 1]?.losses.delete(prefix)
      if (burst?.lost.delete(prefix)) {
        const origin = burst.members.get(prefix)?.origin ?? 0
        burst.byOrigin.set(origin, (burst.byOrigin.get(origin) ?? 1) - 1)
        burst.regainedAt = cause.at
        burst.changed = true
      }
      return
    }
    // Where only a vote has changed nobody has lost anything.
    if (cause.before === cause.after) return
    if (burst) {
      this.#join(burst, prefix, burst.members.get(prefix) as Lost)
      return
    }
    this.#lose(prefix)
  }

  #lose(prefix: number): void {
    const view = this.#view
    const origin = view.origin(prefix)
    const pool = this.#pools[view.afi(prefix) === 4 ? 0 : 1] as Pool
    if (origin === 0 || this.#losses.ignores(prefix)) return
    if (pool.losses.size >= MOST_LOST) {
      this.dropped++
      return
    }
    const { at, vantage, before, file, offset } = view.cause
    let path = before
    if (path <= UNKNOWN_PATH && this.#asked < MOST_ASKED) {
      this.#asked++
      path = heldPath(view, prefix)
    }
    const guessed = path !== before
    pool.losses.set(prefix, { at, origin, vantage, path, guessed, file, offset })
  }

  #join(burst: Burst, prefix: number, loss: Lost): void {
    burst.members.set(prefix, loss)
    this.#burstOf.set(prefix, burst)
    if (burst.lost.has(prefix)) return
    burst.lost.add(prefix)
    burst.byOrigin.set(loss.origin, (burst.byOrigin.get(loss.origin) ?? 0) + 1)
    burst.changed = true
  }

  *heldPaths(): Iterable<number> {
    for (const { losses } of this.#pools) for (const { path } of losses.values()) yield path
    for (const { members } of this.#bursts.values())
      for (const { path } of members.values()) yield path
  }

  /** Whether a loss may yet turn out to be part of a burst: what waits for that says nothing alone. */
  awaits(loss: Loss): boolean {
    return this.#pools[loss.afi === 4 ? 0 : 1]?.since != null
  }

  tick(at: Instant): Signal[] {
    this.#asked = 0
    const out: Signal[] = []
    // What is numbered but not yet heard does not count: how much that is, is no fact of the stream.
    if (at >= this.#countAt) {
      this.#table = this.#view.carried(4) + this.#view.carried(6)
      this.#countAt = at + COUNT
    }
    for (const pool of this.#pools) this.#gather(pool, at)
    for (const key of [...this.#bursts.keys()].sort()) {
      const burst = this.#bursts.get(key) as Burst
      const signal = this.#judge(burst, at)
      if (signal) out.push(signal)
    }
    return out
  }

  #gather(pool: Pool, at: Instant): void {
    const { within, confirm } = this.#settings
    const { losses, afi } = pool
    if (losses.size === 0) {
      pool.since = null
      return
    }
    for (const burst of this.#bursts.values()) if (burst.afi === afi) this.#grow(burst, pool, at)
    // What is waited with is not forgotten meanwhile, and what led up to it may be part of it.
    const from = (pool.since ?? at) - within
    for (const [prefix, loss] of losses) {
      if (loss.at >= from - LEAD * within) break
      losses.delete(prefix)
    }
    const bar = barOf(this.#settings, this.#table)
    if (losses.size < bar.prefixes) {
      pool.since = null
      return
    }
    const found = causeOf(this.#view, new Map([...losses].filter(([, l]) => l.at >= from)), bar)
    if (!found) {
      pool.since = null
      return
    }
    pool.since ??= at
    if (at - pool.since < confirm) return
    this.#open(pool, found, at)
    pool.since = null
  }

  /** Losses that go on belong to it as long as they come in numbers, and the same way. */
  #grow(burst: Burst, pool: Pool, at: Instant): void {
    if (at > burst.growsUntil) return
    const before = burst.lost.size
    for (const [prefix, loss] of pool.losses) {
      if (!goesThrough(this.#view, loss, burst.transit)) continue
      pool.losses.delete(prefix)
      this.#join(burst, prefix, loss)
    }
    const grown = burst.lost.size - before
    if (grown * 20 >= barOf(this.#settings, this.#table).prefixes)
      burst.growsUntil = at + this.#settings.within
  }

  #open(pool: Pool, { transit, share }: { transit: Asn; share: number }, at: Instant): void {
    if (this.#bursts.size >= MOST_BURSTS) {
      this.dropped++
      pool.losses.clear()
      return
    }
    const { losses, afi } = pool
    const key = `burst:${transit}:${afiName(afi)}`
    const ways = [...losses].filter(([, loss]) => goesThrough(this.#view, loss, transit))
    const startedAt = this.#startOf(ways)
    const mine = ways.filter(([, loss]) => loss.at >= startedAt - this.#settings.within)
    const hold = new Hold()
    hold.since = pool.since
    hold.confirmedAt = at
    const burst = this.#bursts.get(key) ?? {
      key,
      transit,
      share,
      afi,
      hold,
      startedAt,
      members: new Map(),
      lost: new Set(),
      byOrigin: new Map(),
      peak: 0,
      growsUntil: 0,
      regainedAt: at,
      told: null,
      changed: true,
      toldAt: at,
      toldOf: 0,
      absorbs: [],
      keysOf: new Map(),
      samples: { prefixes: [], paths: [], elements: [] },
    }
    burst.growsUntil = at + this.#settings.within
    this.#bursts.set(key, burst)
    for (const [prefix, loss] of mine) {
      losses.delete(prefix)
      this.#join(burst, prefix, loss)
    }
  }

  /** The first withdrawal of the run, but not that of a prefix which had been failing for long. */
  #startOf(mine: readonly (readonly [number, Lost])[]): Instant {
    const starts = mine
      .map(([prefix, loss]) => this.#view.lossStart(prefix) || loss.at)
      .sort((a, b) => a - b)
    let i = starts.length >> 1
    while (i > 0 && (starts[i] as number) - (starts[i - 1] as number) <= PAUSE) i--
    return starts[i] as number
  }

  #judge(burst: Burst, at: Instant): Signal | null {
    const { closeOfPeak, clear } = this.#settings
    const { hold, lost } = burst
    burst.peak = Math.max(burst.peak, lost.size)
    const clears = lost.size <= closeOfPeak * burst.peak
    const phase = hold.update(at, true, clears, 0, clear)
    if (phase !== 'open' && phase !== 'resolving' && phase !== 'resolved') return null
    // While it goes on, what changes by little is told twice a minute.
    const grows = lost.size * 20 > burst.toldOf * 21
    if (phase === burst.told && !grows && at - burst.toldAt < LOOK) return null
    burst.toldAt = at
    burst.toldOf = lost.size
    const absorbs = this.#members(burst)
    const same = phase === burst.told && !burst.changed && sameKeys(absorbs, burst.absorbs)
    if (same) return null
    burst.told = phase
    burst.changed = false
    burst.absorbs = absorbs
    const asn = this.#concerned(burst)
    const signal = asn === null ? null : this.#signal(burst, asn, at, phase)
    if (phase === 'resolved') {
      for (const prefix of burst.members.keys()) this.#burstOf.delete(prefix)
      this.#bursts.delete(burst.key)
    }
    return signal
  }

  /** Keys of what its members say of themselves, of those who lost little besides. */
  #members(burst: Burst): readonly string[] {
    const family = afiName(burst.afi)
    const keys: string[] = []
    const asns = [...burst.byOrigin.keys()].sort((a, b) => a - b)
    for (const asn of asns.slice(0, MOST_MEMBERS)) {
      const loss = this.#losses.of(asn, burst.afi)
      if (loss && !this.#isMember(burst, loss)) continue
      let own = burst.keysOf.get(asn)
      if (!own) {
        const whose = `${asn}:${family}`
        own = [`outage:${whose}`, `prefix:${whose}`, `withdrawal:${whose}`]
        burst.keysOf.set(asn, own)
      }
      for (const key of own) keys.push(key)
    }
    return keys
  }

  #isMember(burst: Burst, { uncovered, covered }: Loss): boolean {
    let part = 0
    for (const prefix of uncovered) if (this.#isPart(burst, prefix)) part++
    for (const prefix of covered) if (this.#isPart(burst, prefix)) part++
    return part >= this.#settings.memberShare * (uncovered.length + covered.length)
  }

  /** Of a network that is in it also what went a little earlier, before it was a burst. */
  #isPart({ lost, startedAt, growsUntil }: Burst, prefix: number): boolean {
    const start = this.#view.lossStart(prefix)
    return lost.has(prefix) || (start >= startedAt - this.#settings.within && start <= growsUntil)
  }

  #signal(burst: Burst, asn: Asn, at: Instant, phase: 'open' | 'resolving' | 'resolved'): Signal {
    const view = this.#view
    const { transit, lost, members, afi } = burst
    const some = firstOf(view, lost, ASKED)
    let origins = 0
    for (const n of burst.byOrigin.values()) if (n > 0) origins++
    const of = Math.max(members.size, view.carried(afi))
    const counts: Counts = {
      prefixes: lost.size,
      ofPrefixes: of,
      covered: 0,
      origins,
      ...spreadOf(view, view.lostAt(some)),
      share: Math.round((lost.size / Math.max(1, of)) * 10_000) / 10_000,
    }
    if (lost.size >= burst.peak) burst.samples = this.#samples(burst)
    return {
      kind: 'withdrawal.burst',
      key: burst.key,
      asn,
      culprit: transit,
      afi: afiName(afi),
      at,
      phase,
      startedAt: burst.startedAt,
      endedAt: phase === 'resolved' ? burst.regainedAt : null,
      severity: severityOf(counts),
      tags: tagsOf(transit, burst.share, members, counts),
      cap: capOf(view, counts, false),
      now: counts,
      segments: [],
      samples: burst.samples,
      rfc7908: null,
      absorbs: burst.absorbs,
    }
  }

  /** The watched network that lost most in it; in whole-table mode whose trouble it is. Null: nobody's we watch. */
  #concerned({ transit, byOrigin }: Burst): Asn | null {
    const view = this.#view
    if (!view.narrow || view.watches(transit)) return transit
    const watched = [...byOrigin].filter(([asn]) => view.watches(asn))
    return watched.sort(([a, n], [b, m]) => m - n || a - b)[0]?.[0] ?? null
  }

  #samples({ members, lost }: Burst): Signal['samples'] {
    const view = this.#view
    const prefixes = firstOf(view, lost, SHOWN)
    const shown = prefixes.slice(0, 5).map((p) => [p, members.get(p) as Lost] as const)
    return {
      prefixes: prefixes.map((p) => view.prefixText(p)),
      paths: shown.map(([prefix, { vantage, path, guessed }]) => {
        const before = guessed ? UNKNOWN_PATH : path
        return pathSample(view, { vantage, prefix, before, after: 0 })
      }),
      elements: shown.map(([, { file, offset }]) => ({ file: view.fileName(file), offset })),
    }
  }
}
