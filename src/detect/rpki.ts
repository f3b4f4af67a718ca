// Health of the RPKI of watched networks. `rpki.invalid`: a prefix of theirs that is carried is refused
// by whoever validates; `rpki.expiring`: what makes one valid is about to end; `rpki.uncovered`: nothing
// speaks for it. And `rpki.collapsed`: the VRPs we ask lost much of what was in them, so what they say
// is doubtful (detection.md §6.2).
//
// Answers change when a prefix does, or when other VRPs are in force: nothing else is looked at.

import type { Asn } from '../core/asn.ts'
import type { Context, Validity, Vrp, VrpSet } from '../core/context.ts'
import type { Fact } from '../core/fact.ts'
import type { Signal, Tag } from '../core/incident.ts'
import { quorum } from '../core/quorum.ts'
import { hours, type Instant, iso, minutes, type Span, seconds } from '../core/time.ts'
import { type Detector, Seen, type View } from '../core/view.ts'
import { byAddress } from './address.ts'
import { Cases, carriedTag, type Finding, witnesses } from './cases.ts'

export interface RpkiSettings {
  /** Part of all VRPs whose disappearance makes us doubt the rest. */
  readonly shrink: number
  /** So soon after the VRPs were made a ROA must end to be told. */
  readonly expiring: Span
  readonly confirm: Span
  readonly clear: Span
}

export const rpkiDefaults: RpkiSettings = {
  // Trust anchors lose and gain a percent in a day; a tenth is a repository that could not be fetched.
  shrink: 0.1,
  // rpki-client gives the end of the whole chain, manifests and CRLs too, which live for a day and are
  // renewed when a third of it is left or so: with a day here nearly everything would be about to end.
  expiring: hours(4),
  // Validators ask every ten minutes or so; routers are not quicker.
  confirm: seconds(60),
  clear: minutes(5),
}

/** Prefixes of watched networks; the largest network there is has a fifth of that. */
const MOST_OWN = 100_000
/** Of a reason, so many examples. */
const SHOWN = 3

/** What is known of one own prefix. */
interface Own {
  readonly asn: Asn
  validity: Validity
  carried: boolean
  /** It was valid before it became what it is. */
  wasValid: boolean
  since: Instant
  /** When what makes it valid ends; null when that is not soon. */
  ends: Instant | null
}

export class Rpki implements Detector {
  readonly name = 'rpki'
  dropped = 0
  readonly #view: View
  readonly #context: Context
  readonly #settings: RpkiSettings
  readonly #own = new Map<number, Own>()
  /** Prefixes by network. */
  readonly #of = new Map<Asn, Set<number>>()
  /** To be looked at, and when what happened to them did. */
  readonly #dirty = new Map<number, Instant>()
  /** Not carried by enough yet. */
  readonly #awaited = new Map<number, Instant>()
  readonly #invalid: Cases
  readonly #expiring: Cases
  readonly #uncovered: Cases
  readonly #collapsed: Cases
  #generation = -1
  #changedAt: Instant = 0
  #set: VrpSet | undefined
  /** The VRPs there were before they became doubtful. */
  #sound: VrpSet | null = null
  #doubt: Tag[] = []

  constructor(view: View, context: Context, settings: RpkiSettings) {
    this.#view = view
    this.#context = context
    this.#settings = settings
    const { confirm, clear } = settings
    const cases = (kind: Signal['kind'], family: string) =>
      new Cases(view, { kind, family, confirm, clear })
    this.#invalid = cases('rpki.invalid', 'rpki-invalid')
    this.#expiring = cases('rpki.expiring', 'rpki-expiring')
    this.#uncovered = cases('rpki.uncovered', 'rpki-uncovered')
    const whole = {
      kind: 'rpki.collapsed',
      family: 'rpki-collapsed',
      confirm: 0,
      clear: 0,
    } as const
    this.#collapsed = new Cases(view, whole)
  }

  fact(fact: Fact): void {
    if (fact.kind !== 'side-input') return
    if (fact.what === 'rpki' || fact.what === 'rpki-delta') this.#changedAt = fact.at
  }

  prefix(prefix: number): void {
    if (this.#view.narrow) this.#touch(prefix)
  }

  carried(prefix: number): void {
    if (this.#view.narrow) this.#touch(prefix)
  }

  origin(prefix: number, before: Asn, after: Asn): void {
    const { narrow, cause } = this.#view
    if (!narrow || this.#context.vrps === undefined) return
    if (!(this.#view.watches(before) || this.#view.watches(after))) return
    this.#dirty.set(prefix, cause.at)
  }

  #touch(prefix: number): void {
    if (this.#context.vrps === undefined) return
    const asn = this.#view.origin(prefix)
    if (asn !== 0 && this.#view.watches(asn)) this.#dirty.set(prefix, this.#view.cause.at)
  }

  tick(at: Instant): Signal[] {
    const changed = this.#generation !== this.#context.generation
    if (changed) {
      this.#generation = this.#context.generation
      this.#lookAtAll()
    }
    this.#await()
    if (this.#dirty.size > 0) this.#judge()
    if (changed) this.#compare()
    return [this.#invalid, this.#expiring, this.#uncovered, this.#collapsed].flatMap((cases) =>
      cases.tick(at),
    )
  }

  /** Other VRPs are in force, or none were before. */
  #lookAtAll(): void {
    const view = this.#view
    if (!view.narrow || this.#set === this.#context.vrps) return
    for (const prefix of this.#own.keys()) this.#dirty.set(prefix, this.#changedAt)
    for (let prefix = 0; prefix < view.prefixes; prefix++) {
      const asn = view.origin(prefix)
      if (asn !== 0 && view.watches(asn)) this.#dirty.set(prefix, this.#changedAt)
    }
    this.#weigh()
  }

  /** What a few carry grows into what is seen without any change of its state. */
  #await(): void {
    for (const [prefix, at] of this.#awaited) {
      if (!this.#isCarried(prefix)) continue
      this.#awaited.delete(prefix)
      if (!this.#dirty.has(prefix)) this.#dirty.set(prefix, at)
    }
  }

  #isCarried(prefix: number): boolean {
    const view = this.#view
    const wanted = quorum(3, view.voters(view.afi(prefix)))
    return view.visible(prefix) >= wanted || view.reachable(prefix)
  }

  #judge(): void {
    const touched = new Map<Asn, Instant>()
    for (const [prefix, at] of this.#dirty) {
      const asn = this.#view.origin(prefix)
      const before = this.#own.get(prefix)
      if (before && before.asn !== asn) this.#lose(prefix, before, touched, at)
      if (!this.#view.watches(asn)) continue
      const own = before?.asn === asn ? before : undefined
      const found = this.#ask(prefix, asn, own, at)
      if (!own && this.#own.size >= MOST_OWN) {
        this.dropped++
        continue
      }
      if (!found.carried && this.#awaited.size < MOST_OWN) this.#awaited.set(prefix, at)
      this.#own.set(prefix, found)
      const all = this.#of.get(asn) ?? new Set()
      this.#of.set(asn, all.add(prefix))
      if (!own || !isSame(own, found)) touched.set(asn, Math.max(at, touched.get(asn) ?? 0))
    }
    this.#dirty.clear()
    for (const [asn, at] of touched) this.#find(asn, at)
  }

  #lose(prefix: number, { asn }: Own, touched: Map<Asn, Instant>, at: Instant): void {
    this.#own.delete(prefix)
    this.#awaited.delete(prefix)
    this.#of.get(asn)?.delete(prefix)
    touched.set(asn, Math.max(at, touched.get(asn) ?? 0))
  }

  #ask(prefix: number, asn: Asn, before: Own | undefined, at: Instant): Own {
    const view = this.#view
    const words = view.words(prefix)
    const validity = this.#context.validity(words, asn)
    const ends =
      validity === 'valid' ? this.#endOf(this.#context.vrps?.covering(words), asn, words) : null
    // Who validates drops it: that it is carried by fewer for this is no reason to forget it.
    const fades = before !== undefined && isInvalid(before) && view.seen(prefix) >= Seen.lost
    const carried = this.#isCarried(prefix) || fades
    const same = before?.validity === validity && before.carried === carried
    const wasValid =
      before?.validity === 'valid' || (before?.wasValid === true && validity !== 'valid')
    return { asn, validity, carried, wasValid, since: same ? before.since : at, ends }
  }

  /** The end of what makes it valid, when that is near: of several VRPs the last. */
  #endOf(vrps: readonly Vrp[] = [], asn: Asn, { length }: { length: number }): Instant | null {
    let last = 0
    for (const { asn: of, maxLength, expires } of vrps) {
      if (of !== asn || length > maxLength) continue
      if (expires === null) return null
      last = Math.max(last, expires)
    }
    const made = this.#context.vrps?.date ?? 0
    return last > 0 && last <= made + this.#settings.expiring ? last : null
  }

  #find(asn: Asn, at: Instant): void {
    const view = this.#view
    const all = [...(this.#of.get(asn) ?? [])].sort(byAddress(view))
    const of = (prefix: number) => this.#own.get(prefix) as Own
    const carried = all.filter((prefix) => of(prefix).carried)
    const sinceOf = (some: readonly number[]) => Math.min(...some.map((prefix) => of(prefix).since))
    const cap = this.#doubt.length > 0 ? doubtful : null
    const base = { of: carried.length, cap } as const
    const say = (cases: Cases, some: number[], rest: () => Pick<Finding, 'severity' | 'tags'>) =>
      cases.find(
        asn,
        some.length === 0 ? null : { ...base, prefixes: some, since: sinceOf(some), ...rest() },
        at,
      )
    const invalid = carried.filter((prefix) => isInvalid(of(prefix)))
    say(this.#invalid, invalid, () => {
      const before = invalid.filter((prefix) => of(prefix).wasValid)
      const tags: Tag[] = [
        {
          name: 'rpki.invalid',
          score: 4,
          because: `${invalid.length} of ${carried.length} prefixes carried are invalid: ${this.#why(invalid, asn)}`,
        },
        carriedTag(witnesses(view, invalid)),
      ]
      if (before.length > 0) {
        const because = `${before.length} of them were valid before: ${this.#names(before)}`
        tags.push({ name: 'rpki.was-valid', score: 3, because })
      }
      return { severity: before.length > 0 ? 'major' : 'minor', tags }
    })
    const ending = carried.filter((prefix) => of(prefix).ends !== null)
    say(this.#expiring, ending, () => {
      const first = Math.min(...ending.map((prefix) => of(prefix).ends as Instant))
      const because = `what makes ${ending.length} prefixes valid ends from ${iso(first)} on unless it is renewed: ${this.#names(ending)}`
      return { severity: 'minor', tags: [{ name: 'rpki.expiring', score: 5, because }] }
    })
    const bare = carried.filter((prefix) => of(prefix).validity === 'not-found')
    say(this.#uncovered, bare, () => {
      const because = `no ROA covers ${bare.length} of ${carried.length} prefixes carried: ${this.#names(bare)}`
      return { severity: 'info', tags: [{ name: 'rpki.not-found', score: 5, because }] }
    })
  }

  #names(prefixes: readonly number[]): string {
    const more = prefixes.length > SHOWN ? ` and ${prefixes.length - SHOWN} more` : ''
    const names = prefixes.slice(0, SHOWN).map((prefix) => this.#view.prefixText(prefix))
    return `${names.join(', ')}${more}`
  }

  /** Which ROA speaks against the first of them. */
  #why(prefixes: readonly number[], asn: Asn): string {
    const view = this.#view
    const reasons = prefixes.slice(0, SHOWN).map((prefix) => {
      const vrps = this.#context.vrps?.covering(view.words(prefix)) ?? []
      const own = vrps.filter((vrp) => vrp.asn === asn)
      // A ROA of its own, and too short, is more to the point than somebody else's.
      const [vrp] = own.length > 0 ? own.slice(-1) : vrps.slice(-1)
      if (!vrp) return view.prefixText(prefix)
      const { prefix: roa, maxLength, asn: of, anchor } = vrp
      const where = anchor === '' ? '' : `, ${anchor}`
      return `${view.prefixText(prefix)} against ROA ${roa} up to /${maxLength} of AS${of}${where}`
    })
    const more = prefixes.length > SHOWN ? `; and ${prefixes.length - SHOWN} more` : ''
    return reasons.join('; ') + more
  }

  /** Whether these VRPs are as good as those before; known before anything is concluded from them. */
  #weigh(): void {
    const now = this.#context.vrps
    const before = this.#sound ?? this.#set
    if (!before) return
    this.#doubt = lossOf(before, now, this.#settings.shrink)
    this.#sound = this.#doubt.length > 0 ? before : null
  }

  #compare(): void {
    const { vrps } = this.#context
    if (this.#set === vrps) return
    if (!this.#view.narrow) this.#weigh()
    this.#set = vrps
    const hit = [...this.#own]
      .filter(([, own]) => own.wasValid && own.validity !== 'valid')
      .map(([prefix]) => prefix)
      .sort(byAddress(this.#view))
    const at = this.#changedAt
    const severity = hit.length > 0 ? 'minor' : 'info'
    const finding = { prefixes: hit, of: this.#own.size, since: at, severity, cap: null } as const
    this.#collapsed.find(0, this.#doubt.length > 0 ? { ...finding, tags: this.#doubt } : null, at)
    // What was concluded from the VRPs is as doubtful as they are, or no longer.
    for (const asn of this.#of.keys()) this.#find(asn, at)
  }
}

const doubtful = {
  level: 'low',
  because: 'much of what was in the VRPs before is missing in these',
} as const

const isInvalid = ({ validity }: Own): boolean =>
  validity === 'invalid-asn' || validity === 'invalid-length'

const isSame = (a: Own, b: Own): boolean =>
  a.validity === b.validity &&
  a.carried === b.carried &&
  a.ends === b.ends &&
  a.wasValid === b.wasValid

/** What is missing, as reasons; none when all is well. */
function lossOf(before: VrpSet, now: VrpSet | undefined, shrink: number): Tag[] {
  const out: Tag[] = []
  const count = now?.count ?? 0
  if (count < (1 - shrink) * before.count) {
    const because = `there were ${before.count} VRPs in ${before.name}, and are ${count}`
    out.push({ name: 'vrps.fewer', score: 5, because })
  }
  // Where no trust anchors are told, none can be missing.
  const told = now !== undefined && [...now.anchors.keys()].some((name) => name !== '')
  const gone = [...before.anchors.keys()].filter((name) => name !== '' && !now?.anchors.has(name))
  if (gone.length > 0 && (told || count === 0)) {
    const because = `nothing is left of the trust anchor ${gone.sort().join(', ')}`
    out.push({ name: 'vrps.anchor-gone', score: 5, because })
  }
  return out
}
