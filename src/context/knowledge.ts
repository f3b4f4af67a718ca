// All that is known beside the routes, as of now: side inputs replace each other as they come by. What
// no input has told is not known; it is never taken from another time.

import type { Asn } from '../core/asn.ts'
import type { Context, PrefixWords, Relation, Validity, VrpSet } from '../core/context.ts'
import type { SideInput } from '../core/fact.ts'
import type { Inputs } from '../core/incident.ts'
import { parsePrefix } from '../core/prefix.ts'
import { readDelta } from '../core/rpki-delta.ts'
import { iso } from '../core/time.ts'
import { Aspas } from './aspa.ts'
import { Relationships } from './relationships.ts'
import { Special, type SpecialSettings, specialDefaults } from './special.ts'
import { Vrps } from './vrps.ts'

export class Knowledge implements Context {
  generation = 0
  vrps: VrpSet | undefined
  /** Lines that could not be used, that contradict earlier ones, and that there was no room for. */
  dropped = 0
  #vrps: Vrps | null = null
  /** SHA-256 of the side input in force; '' before the first. */
  #rpki = ''
  #aspas: Aspas | null = null
  #relationships: Relationships | null = null
  #special = new Special(specialDefaults)
  #inputs: Pick<Inputs, 'vrps' | 'asRelationships'> = { vrps: null, asRelationships: null }

  /** What answers come from: names and hashes, for the records. */
  get inputs(): Pick<Inputs, 'vrps' | 'asRelationships'> {
    return this.#inputs
  }

  take(input: SideInput): void {
    this.generation++
    if (input.what === 'rpki' || input.what === 'rpki-delta') {
      if (input.what === 'rpki') this.#takeRpki(input)
      else if (!this.#changeRpki(input)) return
      this.#rpki = input.sha256
      this.#inputs = { ...this.#inputs, vrps: labelOf(input) }
    } else if (input.what === 'as-relationships') {
      this.#takeRelationships(input)
      this.#inputs = { ...this.#inputs, asRelationships: labelOf(input) }
    } else this.#takeSpecial(input)
  }

  #takeRpki(input: SideInput): void {
    const known = { vrps: new Vrps(), aspas: new Aspas() }
    for (const line of linesOf(input.content)) this.#read(line, known, true)
    this.dropped += known.vrps.dropped + known.aspas.dropped
    this.#rpkiIs(known, input)
  }

  /** What has changed of the set in force; of any other it says nothing. */
  #changeRpki(input: SideInput): boolean {
    const { from, added, removed } = readDelta(input.content)
    if (from !== this.#rpki) {
      this.dropped++
      return false
    }
    const known = { vrps: this.#vrps ?? new Vrps(), aspas: this.#aspas ?? new Aspas() }
    const before = known.vrps.dropped + known.aspas.dropped
    for (const line of removed) this.#read(line, known, false)
    for (const line of added) this.#read(line, known, true)
    this.dropped += known.vrps.dropped + known.aspas.dropped - before
    this.#rpkiIs(known, input)
    return true
  }

  /** A line comes, or goes. */
  #read(line: string, { vrps, aspas }: { vrps: Vrps; aspas: Aspas }, comes: boolean): void {
    const words = line.split(' ')
    if (words[0] === 'A') {
      const [customer = Number.NaN, ...providers] = words.slice(1).filter(Boolean).map(Number)
      if (!isAsn(customer) || !providers.every(isAsn)) this.dropped++
      else if (comes) aspas.add(customer, providers)
      else aspas.remove(customer)
      return
    }
    const [asn, text = '', maxLength, expires, anchor = '-'] = words
    const prefix = parsePrefix(text)
    const most = Number(maxLength)
    if (!prefix || !isAsn(Number(asn)) || !(most >= prefix.length && most <= 128)) {
      this.dropped++
      return
    }
    const end = Number(expires) * 1e6 || 0
    const name = anchor === '-' ? '' : anchor
    if (comes) vrps.add(prefix, most, Number(asn), name, end)
    else vrps.remove(prefix, most, Number(asn), name, end)
  }

  #rpkiIs({ vrps, aspas }: { vrps: Vrps; aspas: Aspas }, { name, date }: SideInput): void {
    this.#vrps = vrps.count > 0 ? vrps : null
    this.#aspas = aspas.count > 0 ? aspas : null
    const { count } = vrps
    // Who compares this set with a later one must not find that this one has changed meanwhile.
    const anchors = new Map(vrps.anchors)
    const covering = (prefix: PrefixWords) => vrps.covering(prefix)
    this.vrps = count > 0 ? { name, date: date ?? 0, count, anchors, covering } : undefined
  }

  #takeRelationships({ content }: SideInput): void {
    const known = new Relationships()
    for (const line of linesOf(content)) {
      const [a = '', b = '', kind = ''] = line.split('|')
      const relation = relations[kind]
      if (relation && isAsn(Number(a)) && isAsn(Number(b)))
        known.add(Number(a), Number(b), relation)
      else this.dropped++
    }
    this.dropped += known.dropped + known.contradictions
    this.#relationships = known
  }

  #takeSpecial({ content }: SideInput): void {
    const given = specialOf(content)
    if (given) this.#special = new Special(given)
    else this.dropped++
  }

  validity(prefix: PrefixWords, origin: Asn): Validity {
    return this.#vrps?.validity(prefix, origin) ?? 'unknown'
  }

  aspa(hops: ArrayLike<Asn>): 'valid' | 'invalid' | 'unknown' {
    return this.#aspas?.downstream(hops) ?? 'unknown'
  }

  relation(of: Asn, to: Asn): Relation | undefined {
    return this.#relationships?.relation(of, to)
  }

  sameOrganisation(a: Asn, b: Asn): boolean {
    return this.#special.sameOrganisation(a, b) || this.relation(a, b) === 'sibling'
  }

  isResearch(asn: Asn): boolean {
    return this.#special.isResearch(asn)
  }

  isRouteServer(asn: Asn): boolean {
    return this.#special.isRouteServer(asn)
  }

  isScrubber(asn: Asn): boolean {
    return this.#special.isScrubber(asn)
  }

  get scrubbers(): readonly Asn[] {
    return this.#special.scrubbers
  }

  isBeacon(prefix: PrefixWords): boolean {
    return this.#special.isBeacon(prefix)
  }
}

const relations: Record<string, Relation> = { '-1': 'provider', '0': 'peer', '1': 'sibling' }

const isAsn = (value: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= 0xffffffff

/** `rpki.json 2024-10-29T00:00:00.000Z sha256:…` */
const labelOf = ({ name, date, sha256 }: SideInput): string =>
  `${name} ${date === null ? 'undated' : iso(date)} sha256:${sha256}`

/** Without a list of them all, which would be as large as the text. */
function* linesOf(content: string): Iterable<string> {
  for (let from = 0; from < content.length; ) {
    const end = content.indexOf('\n', from)
    const to = end < 0 ? content.length : end
    if (to > from) yield content.slice(from, to)
    from = to + 1
  }
}

/** What a side input `special` says; undefined when it is none. */
function specialOf(content: string): SpecialSettings | undefined {
  let given: Partial<Record<keyof SpecialSettings, unknown>>
  try {
    given = JSON.parse(content)
  } catch {
    return undefined
  }
  const { siblings, research, routeServers, scrubbers, beacons } = given
  const areAsns = (list: unknown): list is Asn[] => Array.isArray(list) && list.every(isAsn)
  if (!areAsns(research) || !areAsns(routeServers) || !areAsns(scrubbers)) return undefined
  if (!Array.isArray(siblings) || !siblings.every(areAsns)) return undefined
  if (!Array.isArray(beacons) || !beacons.every((text) => parsePrefix(String(text))))
    return undefined
  return { siblings, research, routeServers, scrubbers, beacons: beacons.map(String) }
}
