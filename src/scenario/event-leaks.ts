// Route leaks (RFC 7908): what is told to those who must not hear it, or announced as one's own.

import { minutes, type Span, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import type { EventKind, Played, Wish } from './event.ts'
import type { Role } from './links.ts'
import type { Window } from './plot.ts'
import { propagate } from './propagate.ts'
import type { Path } from './routes.ts'
import { soSpecific } from './space.ts'
import { othersAtoms, played, type Stage, soon } from './stage.ts'

type Arrange = (stage: Stage, wish: Wish, dice: Dice) => Played | null

const USUAL: readonly [Span, Span] = [minutes(10), minutes(30)]
/** Origins whose routes are leaked; a whole table would be all of them. */
const ORIGINS = { least: 6, most: 45 }
const OWN_SPECIFICS = 128
/**
 * Half of all leaks are seen by hardly anybody (detection.md §4.6). So many are looked at, until one is
 * found that enough peers would see; else the best of them is played.
 */
const TRIES = 40
const WITNESSES = 0.12

/** Origins that a node reaches over one edge and can sell over another: they had no better route. */
function leakable(stage: Stage, node: number, from: number, to: number): number[] {
  const { to: hearer, role } = stage.edge(to)
  // What the leaker is to them, and what their present route is.
  const offered = role === 'provider' ? 0 : 1
  const rank = { customer: 0, peer: 1, provider: 2 }
  const out: number[] = []
  for (let origin = 0; origin < stage.net.asns.length; origin++) {
    if (origin === node || origin === hearer) continue
    const vias = stage.vias(origin)
    const had = vias[hearer] ?? -1
    if (vias[node] === from && had >= 0 && rank[stage.edge(had).role] > offered) out.push(origin)
  }
  return out
}

/** Share of the peers that would see it, by what they hear of one atom. */
function seen(stage: Stage, origins: readonly number[], a: number, b: number, dice: Dice): number {
  const { net } = stage
  const atom = net.atoms[stage.atoms(dice.pick(origins), 4)[0] ?? 0]
  if (!atom) return 0
  const heard = propagate(net, atom, [{ at: 0, kind: 'leak', edges: [b] }], dice)
  const shows = leaked(stage, a, b)
  const where = heard.flatMap(({ session, path }) => (path && shows(path) ? [session] : []))
  const peers = (list: readonly number[]) => new Set(list.map((i) => net.sessions[i]?.node)).size
  return peers(where) / peers(net.sessions.map((_, i) => i))
}

/** Paths that come over `a`, from whom it was learnt, and `b`, to whom it was told. */
function leaked(stage: Stage, a: number, b: number): (path: Path) => boolean {
  const by = stage.asn(stage.edge(a).from)
  const [before, after] = [stage.asn(stage.edge(a).to), stage.asn(stage.edge(b).to)]
  return (path) => path.some((x, i) => x === after && path[i + 1] === by && path[i + 2] === before)
}

/** Routes learnt from one neighbour are told to another. */
const leak =
  (from: Role, to: Role): Arrange =>
  (stage, wish, dice) => {
    const nodes =
      wish.actor === undefined
        ? dice.shuffle(stage.net.asns.map((_, node) => node).filter((n) => n !== stage.net.watched))
        : [stage.node(wish.actor)]
    let best = { share: -1, a: -1, b: -1, origins: [] as number[] }
    let tries = TRIES
    for (const node of nodes) {
      const pairs = stage
        .edgesTo(node, from)
        .flatMap((a) => stage.edgesTo(node, to).flatMap((b) => (a === b ? [] : [[a, b] as const])))
      for (const [a, b] of dice.shuffle(pairs).slice(0, 4)) {
        const origins = leakable(stage, node, a, b)
        if (origins.length < ORIGINS.least || tries-- <= 0) continue
        const share = seen(stage, origins, a, b, dice)
        if (share > best.share) best = { share, a, b, origins }
      }
      if (best.share >= WITNESSES || tries <= 0) break
    }
    const { a, b, origins } = best
    if (a < 0) return null
    const actor = stage.asn(stage.edge(a).from)
    const found = stage.cast({ ...wish, actor }, dice, USUAL, () => true)
    if (!found) return null
    const some = dice.some(origins, dice.int(ORIGINS.least, ORIGINS.most))
    return leaks(stage, wish, dice, found.window, a, b, some)
  }

function leaks(
  stage: Stage,
  wish: Wish,
  dice: Dice,
  window: Window,
  a: number,
  b: number,
  origins: readonly number[],
): Played {
  const atoms = origins.flatMap((origin) => stage.atoms(origin))
  for (const atom of atoms) {
    const lag = () => Math.round(seconds(Math.min(120, dice.lognormal(12, 0.8))))
    stage.add(atom, { at: window.from + lag(), kind: 'leak', edges: [b] })
    stage.add(atom, { at: window.until + lag(), kind: 'unleak', edges: [b] })
  }
  const by = stage.asn(stage.edge(a).from)
  const [before, after] = [stage.asn(stage.edge(a).to), stage.asn(stage.edge(b).to)]
  return played(window, {
    kind: wish.kind,
    asn: by,
    others: [before, after],
    expects: ['leak.path'],
    atoms: new Set(atoms),
    shows: leaked(stage, a, b),
  })
}

/** Type 5: the data still goes to the origin, the path does not say so. */
const reorigination: Arrange = (stage, wish, dice) => {
  const found = stage.cast(wish, dice, USUAL, (node) => stage.edgesTo(node, 'provider').length > 1)
  if (!found) return null
  const { node, window } = found
  const atoms = othersAtoms(stage, node, dice, dice.int(20, 40), 4)
  for (const atom of atoms) {
    stage.add(atom, { at: window.from + soon(dice), kind: 'originate', node, tail: [] })
    stage.add(atom, { at: window.until + soon(dice), kind: 'cease', node })
  }
  const asn = stage.asn(node)
  return played(window, {
    kind: wish.kind,
    asn,
    others: [...new Set([...atoms].map((i) => stage.asn(stage.net.atoms[i]?.origin ?? 0)))],
    expects: ['leak.reorigination', 'hijack.mass', 'hijack.moas'],
    atoms,
    shows: (path) => path.at(-1) === asn,
  })
}

/** Type 6: internal more-specifics of a large block get out. */
const ownSpecifics: Arrange = (stage, wish, dice) => {
  const block = (node: number) =>
    stage.prefixes(stage.atoms(node, 4)).find((p) => p.endsWith('/16'))
  const found = stage.cast(wish, dice, USUAL, (node) => block(node) !== undefined)
  if (!found) return null
  const { node, window } = found
  const had = new Set(stage.prefixes(stage.atoms(node, 4)))
  const all = soSpecific(block(node) as string, 24).filter((p) => !had.has(p))
  const list = dice.shuffle(all).slice(0, OWN_SPECIFICS)
  const atoms = new Set<number>()
  for (let i = 0; i < list.length; i += 8) {
    const atom = stage.newAtom(node, 4, list.slice(i, i + 8))
    atoms.add(atom)
    stage.add(atom, { at: window.from + soon(dice), kind: 'announce' })
    stage.add(atom, { at: window.until + soon(dice), kind: 'withdraw' })
  }
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(node),
    expects: ['leak.own-specifics'],
    atoms,
    shows: () => true,
  })
}

export const leakEvents = {
  'leak-1': leak('provider', 'provider'),
  'leak-2': leak('peer', 'peer'),
  'leak-3': leak('provider', 'peer'),
  'leak-4': leak('peer', 'provider'),
  'leak-5': reorigination,
  'leak-6': ownSpecifics,
} satisfies Partial<Record<EventKind, Arrange>>
