// Events in which address space goes, or the way to it changes.

import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import type { EventKind, Played, Wish } from './event.ts'
import type { Window } from './plot.ts'
import { played, type Stage, soon } from './stage.ts'

type Arrange = (stage: Stage, wish: Wish, dice: Dice) => Played | null

/** Of one family at least so many prefixes: fewer make no outage of an AS (detection.md §10.4). */
const ENOUGH = 4
const USUAL: readonly [Span, Span] = [minutes(12), minutes(45)]

/** A burst is of twenty origins (same place), some of which may be busy; most of their paths in common. */
const BURST = { origins: 26, through: 0.75 }

const size = (stage: Stage, atoms: readonly number[]) => stage.prefixes(atoms).length

/** Withdraws atoms at the times given for each, and brings all back. */
function goes(stage: Stage, atoms: readonly number[], until: Instant, dice: Dice, at: Instant[]) {
  atoms.forEach((atom, i) => {
    stage.add(atom, { at: at[i] as Instant, kind: 'withdraw' })
    stage.add(atom, { at: until + dice.int(0, seconds(30)), kind: 'announce' })
  })
}

/** An AS that goes away; `times` says when each of its atoms does. */
const away =
  (
    usual: readonly [Span, Span],
    leastAtoms: number,
    times: (window: Window, atoms: number, dice: Dice) => Instant[],
    more: (window: Window, times: readonly Instant[]) => Partial<Played> = () => ({}),
  ): Arrange =>
  (stage, wish, dice) => {
    const found = stage.cast(
      wish,
      dice,
      usual,
      (node) =>
        size(stage, stage.atoms(node, 4)) >= ENOUGH && stage.atoms(node, 4).length >= leastAtoms,
    )
    if (!found) return null
    const { node, window } = found
    const atoms = dice.shuffle(stage.atoms(node))
    const at = times(window, atoms.length, dice)
    goes(stage, atoms, window.until, dice, at)
    return played(window, {
      kind: wish.kind,
      asn: stage.asn(node),
      expects: ['outage.as', 'withdrawal.burst'],
      atoms: new Set(atoms),
      ...more(window, at),
    })
  }

const sudden = ({ from }: Window, atoms: number, dice: Dice) =>
  Array.from({ length: atoms }, (_, i) => from + (i === 0 ? 0 : soon(dice)))

const outage = away(USUAL, 1, sudden)

const staged = away([minutes(20), minutes(45)], 3, ({ from }, atoms, dice) =>
  Array.from({ length: atoms }, (_, i) => from + (i % 3) * minutes(5) + (i ? soon(dice) : 0)),
)

/** It is a matter of taste when it begins: anywhere between the first prefix and the last. */
const slow = away(
  [minutes(30), minutes(60)],
  4,
  ({ from, until }, atoms, dice) => {
    const spread = Math.min(dice.int(minutes(12), minutes(40)), Math.round((until - from) * 0.7))
    return Array.from({ length: atoms }, (_, i) => from + Math.round((spread * i) / (atoms - 1)))
  },
  ({ from }, at) => ({ tolerance: Math.max(minutes(5), Math.max(...at) - from) }),
)

const maintenance = away([minutes(8), minutes(15)], 1, sudden, ({ from, until }) => ({
  planned: [from - minutes(5), until + minutes(10)],
}))

const zombie: Arrange = (stage, wish, dice) => {
  const one = outage(stage, wish, dice)
  if (!one) return null
  const sessions = stage.net.sessions.map((_, i) => i)
  for (const session of dice.some(sessions, Math.max(2, Math.round(sessions.length * 0.08))))
    stage.stuck.push({ session, atoms: one.atoms, from: one.from, until: one.until ?? Infinity })
  return one
}

/** Its most specific prefixes go, the /16 that covers them stays. */
const covered: Arrange = (stage, wish, dice) => {
  const covers = (i: number) => stage.net.atoms[i]?.prefixes.some((p) => p.endsWith('/16')) === true
  const specifics = (node: number) => stage.atoms(node, 4).filter((i) => !covers(i))
  const found = stage.cast(wish, dice, USUAL, (node) => {
    const four = stage.atoms(node, 4)
    return four.some(covers) && size(stage, specifics(node)) >= Math.max(8, size(stage, four) / 2)
  })
  if (!found) return null
  const { node, window } = found
  const atoms = dice.shuffle(specifics(node))
  goes(stage, atoms, window.until, dice, sudden(window, atoms.length, dice))
  const expects = ['withdrawal.mass'] as const
  return played(window, { kind: wish.kind, asn: stage.asn(node), expects, atoms: new Set(atoms) })
}

/** Not one that another of the same network covers, and of a network that has others. */
const prefix: Arrange = (stage, wish, dice) => {
  const single = (node: number) =>
    stage.atoms(node, 4).filter((i) => stage.net.atoms[i]?.prefixes.length === 1)
  const found = stage.cast(wish, dice, USUAL, (node) => {
    const four = stage.prefixes(stage.atoms(node, 4))
    return four.length >= 4 && !four.some((p) => p.endsWith('/16')) && single(node).length > 0
  })
  if (!found) return null
  const { node, window } = found
  const atom = dice.pick(single(node))
  goes(stage, [atom], window.until, dice, [window.from])
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(node),
    expects: ['outage.prefix', 'outage.as'],
    atoms: new Set([atom]),
    watchedOnly: true,
  })
}

/** Node → origins that most vantage points reach through it. */
function reachedThrough(stage: Stage): Map<number, number[]> {
  const out = new Map<number, number[]>()
  for (let origin = 0; origin < stage.net.asns.length; origin++) {
    if (stage.atoms(origin).length === 0) continue
    const on = new Map<number, number>()
    for (const { node } of stage.net.sessions)
      for (const at of stage.way(node, origin).slice(0, -1)) on.set(at, (on.get(at) ?? 0) + 1)
    for (const [node, sessions] of on)
      if (sessions >= BURST.through * stage.net.sessions.length)
        out.set(node, [...(out.get(node) ?? []), origin])
  }
  return out
}

/** A cable, a power cut: those who are reached through one network are gone in the same minute. */
const burst: Arrange = (stage, wish, dice) => {
  const behind = reachedThrough(stage)
  const enough = (node: number) => (behind.get(node)?.length ?? 0) >= BURST.origins
  const found = stage.cast(wish, dice, USUAL, enough)
  if (!found) return null
  const { node, window } = found
  const free = (behind.get(node) ?? []).filter((origin) =>
    stage.plot.isFree(`as ${origin}`, window),
  )
  const gone = dice.some(free, dice.int(BURST.origins, BURST.origins + 8))
  for (const origin of gone) stage.plot.take(`as ${origin}`, window)
  const atoms = gone.flatMap((origin) => stage.atoms(origin))
  const at = atoms.map(() => window.from + soon(dice))
  goes(stage, atoms, window.until, dice, at)
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(node),
    others: gone.map((origin) => stage.asn(origin)),
    expects: ['withdrawal.burst', 'outage.as'],
    atoms: new Set(atoms),
  })
}

/** A link falls for all origins behind its lower end; who has no other way must not be there. */
function cut(stage: Stage, lower: number, e: number, window: Window): Set<number> {
  const atoms = [...stage.cone(lower)].flatMap((member) => stage.atoms(member))
  for (const atom of atoms) {
    stage.add(atom, { at: window.from, kind: 'down', link: e >> 1 })
    stage.add(atom, { at: window.until, kind: 'up', link: e >> 1 })
  }
  return new Set(atoms)
}

/** Whether the collectors go to an origin over this edge, by how many of them. */
function carriers(stage: Stage, origin: number, from: number, to: number): number {
  return stage.net.sessions.filter(({ node }) => {
    const way = stage.way(node, origin)
    return way.some((x, i) => x === to && way[i + 1] === from)
  }).length
}

const upstream: Arrange = (stage, wish, dice) => {
  const main = (node: number) =>
    stage
      .edgesTo(node, 'provider')
      .map((e) => ({ e, n: carriers(stage, node, node, stage.edge(e).to) }))
      .filter(({ n }) => n >= stage.net.sessions.length * 0.2)
  const found = stage.cast(
    wish,
    dice,
    USUAL,
    (node) =>
      stage.edgesTo(node, 'provider').length > 1 &&
      stage.cone(node).size < 12 &&
      main(node).length > 0,
  )
  if (!found) return null
  const { node, window } = found
  const { e } = dice.pick(main(node))
  const [a, b] = [stage.asn(node), stage.asn(stage.edge(e).to)]
  return played(window, {
    kind: wish.kind,
    asn: a,
    others: [b],
    expects: ['path.upstream-lost', 'path.shift'],
    atoms: cut(stage, node, e, window),
    // Of those who came over the link: that they do no more. Judged by what they had before.
    shows: (path) => !path.some((x, i) => x === b && path[i + 1] === a),
    watchedOnly: true,
  })
}

/** Seen by a customer without other providers: the link of its provider to that one's provider. */
const shift: Arrange = (stage, wish, dice) => {
  const choices = (node: number) => {
    const [only, ...others] = stage.edgesTo(node, 'provider')
    if (only === undefined || others.length > 0) return []
    const provider = stage.edge(only).to
    const up = stage.edgesTo(provider, 'provider')
    if (up.length < 2 || stage.cone(provider).size > 40) return []
    return up
      .map((e) => ({ e, n: carriers(stage, node, provider, stage.edge(e).to) }))
      .filter(({ n }) => n >= stage.net.sessions.length * 0.35)
  }
  const found = stage.cast(wish, dice, USUAL, (node) => choices(node).length > 0)
  if (!found) return null
  const { node, window } = found
  const { e } = dice.pick(choices(node))
  const { from: provider, to } = stage.edge(e)
  if (!stage.plot.take(`as ${provider}`, window)) return null
  const [a, b] = [stage.asn(provider), stage.asn(to)]
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(node),
    culprit: a,
    others: [b, ...[...stage.cone(provider)].map((member) => stage.asn(member))],
    expects: ['path.shift', 'path.upstream-lost'],
    atoms: cut(stage, provider, e, window),
    shows: (path) => !path.some((x, i) => x === b && path[i + 1] === a),
    watchedOnly: true,
  })
}

export const outages = {
  outage,
  'outage-staged': staged,
  'outage-slow': slow,
  'outage-covered': covered,
  'outage-prefix': prefix,
  maintenance,
  zombie,
  burst,
  'upstream-loss': upstream,
  'path-shift': shift,
} satisfies Partial<Record<EventKind, Arrange>>
