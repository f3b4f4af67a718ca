// Hijacks: address space of one network announced by another (detection.md §6.1).

import { type Afi, parsePrefix, prefixText } from '../core/prefix.ts'
import { minutes, type Span } from '../core/time.ts'
import type { Dice } from './dice.ts'
import type { EventKind, Played, Wish } from './event.ts'
import type { Window } from './plot.ts'
import type { Path } from './routes.ts'
import { soSpecific } from './space.ts'
import { othersAtoms, played, type Stage, soon } from './stage.ts'

type Arrange = (stage: Stage, wish: Wish, dice: Dice) => Played | null

const USUAL: readonly [Span, Span] = [minutes(8), minutes(40)]

const lengthOf = (text: string): number => Number(text.split('/')[1])

/** One who takes, one who is taken from, not linked to each other. */
function twoOf(
  stage: Stage,
  wish: Wish,
  dice: Dice,
  suits: (victim: number) => boolean,
): { attacker: number; victim: number; window: Window } | null {
  const found = stage.cast(wish, dice, USUAL, (node) => stage.edgesTo(node, 'provider').length > 0)
  if (!found) return null
  const { node: attacker, window } = found
  const near = stage.neighbours(attacker)
  const far = (node: number) => node !== attacker && !near.has(node) && suits(node)
  const victim = stage.second(wish.victim, dice, window, far)
  if (victim === null) return null
  if (!far(victim))
    throw new RangeError(`AS${stage.asn(victim)} cannot be the victim of ${wish.kind}`)
  return { attacker, victim, window }
}

function takes(
  stage: Stage,
  dice: Dice,
  atoms: Iterable<number>,
  node: number,
  window: Window,
  tail: Path = [],
) {
  for (const atom of atoms) {
    stage.add(atom, { at: window.from + soon(dice), kind: 'originate', node, tail })
    stage.add(atom, { at: window.until + soon(dice), kind: 'cease', node })
  }
}

const exact: Arrange = (stage, wish, dice) => {
  const found = twoOf(stage, wish, dice, (node) => stage.atoms(node, 4).length > 0)
  if (!found) return null
  const { attacker, victim, window } = found
  const atoms = new Set(dice.some(stage.atoms(victim, 4), dice.int(1, 3)))
  takes(stage, dice, atoms, attacker, window)
  const culprit = stage.asn(attacker)
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(victim),
    culprit,
    expects: ['hijack.moas'],
    atoms,
    shows: (path) => path.at(-1) === culprit,
  })
}

/** A prefix of the victim that leaves room below it, and one down there that nobody announces. */
function roomBelow(stage: Stage, victim: number, afi: Afi): string[] {
  const had = new Set(stage.prefixes(stage.atoms(victim, afi)))
  const limit = afi === 4 ? 24 : 48
  return [...had]
    .filter((p) => lengthOf(p) < limit && lengthOf(p) >= limit - 8)
    .flatMap((p) => soSpecific(p, Math.min(limit, lengthOf(p) + 8)))
    .filter((p) => !had.has(p))
}

const specific: Arrange = (stage, wish, dice) => {
  const found = twoOf(stage, wish, dice, (node) => roomBelow(stage, node, 4).length > 0)
  if (!found) return null
  const { attacker, victim, window } = found
  const list = dice.some(roomBelow(stage, victim, 4), dice.int(1, 3))
  const atoms = new Set([stage.newAtom(attacker, 4, list)])
  takes(stage, dice, atoms, attacker, window)
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(victim),
    culprit: stage.asn(attacker),
    expects: ['hijack.submoas'],
    atoms,
    shows: () => true,
  })
}

/** Where the victim's own prefixes are more specific, nothing is drawn away: it is the rest that is. */
const cover: Arrange = (stage, wish, dice) => {
  const bare = (node: number) => {
    const four = stage.prefixes(stage.atoms(node, 4))
    return four.length > 1 && !four.some((p) => p.endsWith('/16'))
  }
  const found = twoOf(stage, wish, dice, bare)
  if (!found) return null
  const { attacker, victim, window } = found
  const [one = ''] = stage.prefixes(stage.atoms(victim, 4))
  const wide = parsePrefix(`${one.split('.').slice(0, 2).join('.')}.0.0/16`)
  if (!wide) return null
  const text = prefixText(4, wide.words[0], 0, 0, 0, dice.pick([16, 17, 18]))
  const atoms = new Set([stage.newAtom(attacker, 4, [text])])
  takes(stage, dice, atoms, attacker, window)
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(victim),
    culprit: stage.asn(attacker),
    expects: ['hijack.less-specific'],
    // An aggregate around what stays up draws nothing away, and most are by right (detection.md §6.3).
    expectation: 'optional',
    atoms,
    shows: () => true,
  })
}

/** The right origin stands at the end; the link to it is invented. Half of them more specific. */
const forged: Arrange = (stage, wish, dice) => {
  const below = dice.chance(0.5)
  const found = twoOf(stage, wish, dice, (node) =>
    below ? roomBelow(stage, node, 4).length > 0 : stage.atoms(node, 4).length > 0,
  )
  if (!found) return null
  const { attacker, victim, window } = found
  const atoms = new Set(
    below
      ? [stage.newAtom(attacker, 4, dice.some(roomBelow(stage, victim, 4), 2))]
      : dice.some(stage.atoms(victim, 4), 2),
  )
  const [a, v] = [stage.asn(attacker), stage.asn(victim)]
  takes(stage, dice, atoms, attacker, window, [v])
  return played(window, {
    kind: wish.kind,
    asn: v,
    culprit: a,
    expects: ['hijack.forged-origin'],
    atoms,
    shows: (path) => path.at(-2) === a && path.at(-1) === v,
  })
}

const mass: Arrange = (stage, wish, dice) => {
  const found = stage.cast(wish, dice, USUAL, (node) => stage.edgesTo(node, 'provider').length > 0)
  if (!found) return null
  const { node, window } = found
  const atoms = othersAtoms(stage, node, dice, dice.int(15, 40), 4)
  takes(stage, dice, atoms, node, window)
  const culprit = stage.asn(node)
  const victims = [...atoms].map((i) => stage.asn(stage.net.atoms[i]?.origin ?? 0))
  return played(window, {
    kind: wish.kind,
    asn: culprit,
    others: [...new Set(victims)],
    expects: ['hijack.mass', 'leak.reorigination', 'hijack.moas'],
    atoms,
    shows: (path) => path.at(-1) === culprit,
  })
}

export const hijacks = {
  'hijack-exact': exact,
  'hijack-specific': specific,
  'hijack-cover': cover,
  'hijack-forged': forged,
  'hijack-mass': mass,
} satisfies Partial<Record<EventKind, Arrange>>
