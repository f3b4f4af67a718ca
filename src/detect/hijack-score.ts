// What speaks for a hijack and what against (detection.md §6.3): most prefixes that appear from two
// origins do so by right. Each reason is a tag; their sum is the confidence, and at 0 nothing is said.

import { type Asn, isReserved } from '../core/asn.ts'
import { type Context, noContext, type PrefixWords } from '../core/context.ts'
import type { Tag } from '../core/incident.ts'
import { parsePrefix } from '../core/prefix.ts'
import { hours, type Instant, type Span } from '../core/time.ts'
import { Seen, type View } from '../core/view.ts'
import { byAddress } from './address.ts'
import { CONVERGED, type Conflict, SMALL } from './hijack-conflict.ts'
import { Links } from './links.ts'
import { hearing } from './present.ts'
import { spreadOf } from './witnesses.ts'

/** So many new prefixes in an hour, and such a part of all, are days' worth where the table was whole. */
const THIN = 1_000
const THIN_SHARE = 0.02
/** Of one origin so many count: who tells a thousand parts of its own says nothing about the table. */
const EACH = 10
const WINDOW: Span = hours(1)

/** What the detectors of hijacks know of the time before. */
export class Known {
  readonly view: View
  readonly context: Context
  readonly links = new Links()
  /** Whether a path is told of as forged: nothing is learned from it meanwhile. */
  isSuspect: (path: number) => boolean = () => false
  /** Prefixes that came anew in this window, those of each origin, and how many are too many. */
  #born = 0
  readonly #bornOf = new Map<Asn, number>()
  #bar = THIN
  #until: Instant = 0
  /** Of the last tick. */
  now: Instant = 0
  /** Whether there were too many in the window before. */
  #was = false

  constructor(view: View, context: Context = noContext) {
    this.view = view
    this.context = context
  }

  /** One more prefix that was in no table. */
  bear(origin: Asn): void {
    const { view } = this
    this.#roll(view.cause.at)
    const n = this.#bornOf.get(origin) ?? 0
    // Once there are too many there is nothing more to count.
    if (n >= EACH || this.#born > this.#bar) return
    this.#bornOf.set(origin, n + 1)
    if (++this.#born !== THIN) return
    // Not asked of the table how many it has: it numbers what it will hear as well.
    let before = 0
    for (let p = 0; p < view.prefixes; p++) if (view.reference(p) > 0) before++
    this.#bar = Math.max(THIN, THIN_SHARE * before)
  }

  /** What came anew long ago says nothing about now: what was unknown is known by then. */
  tick(at: Instant): void {
    this.now = at
    this.#roll(at)
  }

  #roll(at: Instant): void {
    if (at < this.#until) return
    this.#was = this.#born > this.#bar && at < this.#until + WINDOW
    this.#until = at + WINDOW
    this.#born = 0
    this.#bar = THIN
    this.#bornOf.clear()
  }

  /** Whether what we know of the time before is a part only: then much that seems new is not. */
  get isThin(): boolean {
    return this.#was || this.#born > this.#bar
  }

  /** With nobody to ask about it, what seems new is then not worth a look. */
  get isVain(): boolean {
    return this.isThin && !this.view.narrow
  }
}

/** Who sees it: peers by ASN, collectors, and the part of those who vote. */
export interface Witnesses {
  readonly asns: number
  readonly collectors: number
  readonly share: number
}

export function witnessesOf(view: View, vantages: Iterable<number>, afi: 4 | 6): Witnesses {
  const heard = [...vantages].filter(hearing(view))
  const votes = heard.filter((id) => view.votes(id, afi)).length
  const share = Math.round((votes / Math.max(1, view.voters(afi))) * 10_000) / 10_000
  const { peerAsns, collectors } = spreadOf(view, heard)
  return { asns: peerAsns, collectors, share }
}

/** Peers by ASN below which it may be anything, where there are as many. */
const FEW = 3
/** With so few voters, that all of them changed over is no sign that the old origin has gone. */
const MANY_VOTERS = 10
/** Still holding the old origin after a move: stuck routes. */
const STUCK = 0.02
/** A reason against of this weight settles it. */
const SETTLES = -4

/** Local, shared, private, link-local and multicast space (RFC 6890): nobody's to take. */
const NOBODYS = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
  ...['fc00::/7', 'fe80::/10', '2001:db8::/32'],
].flatMap((text) => parsePrefix(text) ?? [])

function isNobodys({ afi, word0, length }: PrefixWords): boolean {
  return NOBODYS.some(
    (net) =>
      net.afi === afi &&
      length >= net.length &&
      (net.words[0] ^ word0) >>> (32 - Math.min(32, net.length)) === 0,
  )
}

/** `victims`: other networks' prefixes that the same origin took within a minute of this one. */
export function tagsOf(known: Known, conflict: Conflict, seen: Witnesses, victims: number): Tag[] {
  const { view } = known
  const { origin, victim, kind, prefix } = conflict
  const words = view.words(prefix)
  const tags: Tag[] = []
  const add = (name: string, score: number, because: string) => tags.push({ name, score, because })
  const text = view.prefixText(prefix)

  add(
    'origin.new',
    2,
    victim === 0
      ? `AS${origin} announces ${text}, which nobody did before`
      : `AS${origin} announces ${text}, which was AS${victim}'s`,
  )
  if (kind === 'hijack.submoas' && conflict.cover >= 0)
    add('more.specific', 2, `it is inside ${view.prefixText(conflict.cover)} of AS${victim}`)
  if (kind === 'hijack.less-specific') lessSpecific(view, conflict, add)
  const invalid = originValidation(known, conflict, words, add)
  if (seen.share >= 0.25 || seen.asns >= FEW) {
    const score = seen.share >= 0.5 ? 3 : seen.share >= 0.25 ? 2 : 1
    const percent = Math.round(seen.share * 100)
    add('spread', score, `${seen.asns} peer ASNs, ${percent} % of those who vote, took it`)
  }
  if (seen.asns < Math.min(FEW, view.voters(words.afi)))
    add('witnesses.few', -4, `only ${seen.asns} peer ASNs took it`)
  if (victims >= 3)
    add(
      'victims.many',
      victims >= 10 ? 5 : 3,
      `within a minute AS${origin} took prefixes of ${victims} networks`,
    )
  if (conflict.newLink && view.baseline === 'rib')
    add('link.new', 1, `AS${origin} stands behind a network it was not a neighbour of`)
  against(known, conflict, words, invalid, add)
  return tags
}

type Add = (name: string, score: number, because: string) => void

function lessSpecific(view: View, { inside, victim }: Conflict, add: Add): void {
  const gone = inside.filter((p) => view.seen(p) === Seen.lost || view.seen(p) === Seen.down)
  const of = `${gone.length} of ${inside.length} more-specifics of AS${victim} inside it`
  if (gone.length * 2 >= inside.length && gone.length > 0)
    add('specifics.lost', 1, `${of} are lost, so it takes their traffic`)
  // Its owner wants to know who stands ready for the day they are lost (GRIP has it benign).
  else
    add(
      'aggregate.new',
      view.narrow && view.watches(victim) ? -3 : -5,
      `${of} are lost: the others keep their traffic`,
    )
}

/** Route origin validation of the new and the old; true when the new one is not authorised. */
function originValidation(known: Known, c: Conflict, words: PrefixWords, add: Add): boolean {
  const { view, context } = known
  const validity = context.validity(words, c.origin)
  if (validity === 'valid') add('rov.valid', -8, `a ROA lets AS${c.origin} originate it`)
  if (validity === 'invalid-length')
    add('rov.length', 0, `a ROA lets AS${c.origin} originate a less specific of it`)
  if (validity !== 'invalid-asn') return false
  const theirs = c.cover >= 0 ? c.cover : (c.inside[0] ?? c.prefix)
  const wasValid =
    c.victim !== 0 &&
    (context.validity(view.words(theirs), c.victim) === 'valid' ||
      context.validity(words, c.victim) === 'valid')
  if (wasValid) add('rov.invalid', 5, `ROAs let AS${c.victim} originate it, not AS${c.origin}`)
  else if (c.victim === 0)
    add('squatting', 3, `ROAs let others originate it, or nobody (AS0), and nobody did`)
  else add('rov.invalid', 3, `ROAs do not let AS${c.origin} originate it`)
  return true
}

/** Every ordinary way in which a prefix comes to have another origin. */
function against(known: Known, c: Conflict, words: PrefixWords, invalid: boolean, add: Add): void {
  const { view, context, links } = known
  const { origin, victim } = c
  const relation = context.relation(origin, victim)
  if (context.sameOrganisation(origin, victim) || relation === 'sibling')
    add('same.organisation', -8, `AS${origin} and AS${victim} are one organisation`)
  if (context.isScrubber(origin))
    add('scrubber', -6, `AS${origin} originates prefixes of its customers to clean their traffic`)
  if (isReserved(origin))
    add('origin.reserved', -6, `AS${origin} is nobody's number: a misconfiguration`)
  if (c.typo) add('fat_finger', -2, `AS${origin} reads like a slip of the pen for AS${victim}`)
  // A number of prepends stands behind the victim by its nature, which makes them no neighbours.
  const beside = !c.typo || origin > SMALL
  if (relation === 'customer' || relation === 'provider')
    add('related', -5, `AS${origin} is a ${relation} of AS${victim}`)
  else if (c.upstream > 0)
    add('related', -5, `AS${origin} was on the way to AS${victim} before: it carries its traffic`)
  else if (beside && c.behind * 2 >= c.looked && c.behind > 0)
    add('related', -5, `AS${origin} is behind AS${victim}, which passes it on`)
  else if (beside && links.has(origin, victim))
    add('related', -5, `AS${origin} and AS${victim} are neighbours`)
  const defends =
    c.upstream > 0 ||
    relation !== undefined ||
    context.isScrubber(origin) ||
    context.sameOrganisation(origin, victim)
  // ROAs are for what is exchanged; who blackholes for another asks for none (RFC 7999 §3.3).
  if (isBlackhole(words) && defends)
    add('very.specific', -8, `so long a prefix is for blackholing, which AS${origin} does for it`)
  else if (isBlackhole(words) && !invalid)
    add('very.specific', -4, 'so long a prefix is for blackholing, not for traffic')
  const theirs = c.kind === 'hijack.submoas' ? c.cover : c.prefix
  if (c.kind !== 'hijack.less-specific' && !invalid && isNew(view, theirs, victim))
    add('newcomers', -5, 'nobody ordinarily announces it')
  if (isNobodys(words)) add('space.reserved', -5, "it is reserved space, nobody's to take")
  moves(known, c, words, add)
}

/** A move is quick; a slow one is a transfer, or somebody who takes more and more. */
function moves({ view, now }: Known, c: Conflict, words: PrefixWords, add: Add): void {
  const all = hasMoved(view, c, words)
  if (all) {
    if (c.movedAt === 0) c.movedAt = now
    c.movedUntil = 0
  } else if (c.movedAt > 0 && c.movedUntil === 0) c.movedUntil = now
  // Its undoing is as little of a conflict while it is as quick.
  if (c.movedAt === 0 || (!all && now - c.movedUntil > CONVERGED)) return
  const gone = `nobody holds it from AS${c.victim} any more`
  if (c.movedAt - c.since <= CONVERGED) add('transition', -3, `${gone}: it looks like a move`)
  else add('transfer', -2, `${gone}, and it took long`)
}

/** Whether it is no more than a prefix that has moved. ROAs that forbid it know of no move. */
export function isMove(tags: readonly Tag[]): boolean {
  const has = (name: string) => tags.some((tag) => tag.name === name)
  return has('transition') && !has('rov.invalid')
}

const isNew = (view: View, prefix: number, victim: Asn): boolean =>
  victim === 0 || prefix < 0 || view.reference(prefix) === 0

export const isBlackhole = ({ afi, length }: PrefixWords): boolean => length > (afi === 4 ? 24 : 48)

/** Nothing that networks exchange is inside it. */
export const isSmallest = ({ afi, length }: PrefixWords): boolean => length >= (afi === 4 ? 24 : 48)

function hasMoved(view: View, c: Conflict, { afi }: PrefixWords): boolean {
  if (c.kind !== 'hijack.moas' || c.held.size === 0) return false
  const voters = view.voters(afi)
  let ours = 0
  for (const id of c.held) if (view.votes(id, afi)) ours++
  const rest = view.visible(c.prefix) - ours
  return rest <= STUCK * voters && (voters >= MANY_VOTERS || c.vacated * 2 >= c.held.size)
}

/** Whether it is somebody's right, so that it takes no part in anything larger; customers are asked apart. */
export function isBenign(tags: readonly Tag[]): boolean {
  return tags.some(
    ({ name, score }) => score <= SETTLES && name !== 'witnesses.few' && name !== 'related',
  )
}

export const isRelated = (tags: readonly Tag[]): boolean => tags.some((t) => t.name === 'related')

export const sum = (tags: readonly Tag[]): number => tags.reduce((n, { score }) => n + score, 0)

/** More-specifics of the network that has most there, of a watched one first; by address. */
export function insideOf(view: View, prefix: number, origin: Asn): number[] {
  const by = new Map<Asn, number[]>()
  if (isSmallest(view.words(prefix))) return []
  for (const inner of view.inside(prefix)) {
    const whose = view.origin(inner)
    if (whose === 0 || whose === origin) continue
    const list = by.get(whose)
    if (list) list.push(inner)
    else by.set(whose, [inner])
  }
  const rank = (asn: Asn) => (view.narrow && view.watches(asn) ? 0 : 1)
  const [most] = [...by].sort(([a, x], [b, y]) => rank(a) - rank(b) || y.length - x.length || a - b)
  return (most?.[1] ?? []).sort(byAddress(view))
}
