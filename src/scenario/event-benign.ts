// Events that are none: sessions that fall, networks that change for good, and much ado. Whoever is
// woken by one of these was woken for nothing.

import { minutes, type Span, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import type { EventKind, Played, Wish } from './event.ts'
import type { Window } from './plot.ts'
import { soSpecific } from './space.ts'
import { played, type Stage, soon } from './stage.ts'

type Arrange = (stage: Stage, wish: Wish, dice: Dice) => Played | null

const USUAL: readonly [Span, Span] = [minutes(10), minutes(40)]
/** From a fall to the next session: a hold time, a reboot. */
const RESET: readonly [Span, Span] = [seconds(40), minutes(4)]
const COLLECTOR: readonly [Span, Span] = [minutes(6), minutes(15)]
const QUIET = { expectation: 'quiet', expects: [] } as const
/** Sessions fall one after the other, and not while others of their collector do. */
const APART = { down: seconds(1), up: seconds(2) }
const DRAWS = 20
/** Of the well-known scrubbers one (context knows it too). */
export const SCRUBBER = 19_551

const hasLink = (stage: Stage, node: number) => stage.edgesTo(node, 'provider').length > 0

/** All atoms flip between two lengths of path, twice a minute. */
const churn: Arrange = (stage, wish, dice) => {
  const found = stage.cast(
    wish,
    dice,
    [minutes(15), minutes(30)],
    (node) =>
      stage.edgesTo(node, 'provider').length > 1 && stage.prefixes(stage.atoms(node)).length > 2,
  )
  if (!found) return null
  const { node, window } = found
  const up = stage.edgesTo(node, 'provider')
  for (const atom of stage.atoms(node)) {
    let extra = 0
    for (let at = window.from; at < window.until; at += dice.int(seconds(20), seconds(40))) {
      extra = extra === 0 ? 3 : 0
      for (const edge of up) stage.add(atom, { at, kind: 'prepend', edge, extra })
    }
    for (const edge of up) stage.add(atom, { at: window.until, kind: 'prepend', edge, extra: 0 })
  }
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(node),
    expects: ['churn.as', 'churn.prefix'],
    atoms: new Set(stage.atoms(node)),
    // What is ordinary is kept of watched networks only (detect/churn-as.ts).
    watchedOnly: true,
    shows: (path) => path.filter((asn) => asn === stage.asn(node)).length > 1,
  })
}

const flap: Arrange = (stage, wish, dice) => {
  const found = stage.cast(
    wish,
    dice,
    [minutes(20), minutes(40)],
    (node) => stage.atoms(node, 4).length >= 3,
  )
  if (!found) return null
  const { node, window } = found
  const atoms = stage.atoms(node, 4)
  let turn = 0
  for (let at = window.from; at < window.until; at += dice.int(seconds(60), seconds(100))) {
    const atom = atoms[turn++ % atoms.length] as number
    stage.add(atom, { at, kind: 'withdraw' })
    stage.add(atom, { at: at + dice.int(seconds(10), seconds(45)), kind: 'announce' })
  }
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(node),
    expects: ['churn.as', 'churn.prefix'],
    expectation: 'optional',
    atoms: new Set(atoms),
  })
}

function reset(
  stage: Stage,
  wish: Wish,
  dice: Dice,
  told: boolean,
  choose: (collector: string) => number[],
  usual: readonly [Span, Span],
): Played | null {
  const fit = stage.net.collectors.filter((name) =>
    wish.collector ? name === wish.collector : name.startsWith('rrc') === told,
  )
  if (fit.length === 0) throw new RangeError(`no collector is fit for ${wish.kind}`)
  for (let draw = 0; draw < DRAWS; draw++) {
    const collector = dice.pick(fit)
    const window = stage.window(wish, dice, usual)
    const sessions = choose(collector)
    const asn = stage.net.sessions[sessions[0] ?? -1]?.asn
    if (asn === undefined || !stage.plot.take(`collector ${collector}`, window)) continue
    stage.troubles.push({ ...window, sessions, told, apart: APART })
    return played(window, { kind: wish.kind, asn, ...QUIET, sessions })
  }
  return null
}

const one =
  (told: boolean): Arrange =>
  (stage, wish, dice) =>
    reset(
      stage,
      wish,
      dice,
      told,
      (collector) => {
        const there = stage.net.sessions.flatMap((s, i) => (s.collector === collector ? [i] : []))
        const asn = stage.net.sessions[dice.pick(there)]?.asn
        return there.filter((i) => stage.net.sessions[i]?.asn === asn)
      },
      RESET,
    )

const collectorOutage: Arrange = (stage, wish, dice) => {
  const told = wish.collector?.startsWith('rrc') ?? dice.chance(0.5)
  const all = (collector: string) =>
    stage.net.sessions.flatMap((s, i) => (s.collector === collector ? [i] : []))
  const event = reset(stage, wish, dice, told, all, COLLECTOR)
  return event && { ...event, expects: ['blind'], expectation: 'optional' }
}

/** A link that is there from now on. */
const joins =
  (role: 'peer' | 'provider'): Arrange =>
  (stage, wish, dice) => {
    const found = stage.cast(wish, dice, null, (node) => hasLink(stage, node))
    if (!found) return null
    const { node, window } = found
    const near = stage.neighbours(node)
    const sells = (other: number) => stage.edgesTo(other, 'customer').length
    const other = stage.second(undefined, dice, window, (candidate) => {
      if (candidate === node || near.has(candidate)) return false
      return role === 'peer' ? hasLink(stage, candidate) : sells(candidate) > sells(node) + 1
    })
    if (other === null) return null
    const link = stage.link(node, other, role) >> 1
    const cones = role === 'peer' ? [node, other] : [node]
    const atoms = cones.flatMap((end) => stage.atoms(end))
    for (const atom of atoms) stage.add(atom, { at: window.from, kind: 'up', link })
    const [a, b] = [stage.asn(node), stage.asn(other)]
    return played(window, {
      kind: wish.kind,
      asn: a,
      culprit: b,
      until: null,
      expects: ['path.new-upstream', 'path.shift'],
      expectation: 'optional',
      atoms: new Set(atoms),
      shows: (path) =>
        path.some((x, i) => (x === a && path[i + 1] === b) || (x === b && path[i + 1] === a)),
    })
  }

/** Another announces what is not its own, by right: a ROA says so. */
function second(
  stage: Stage,
  wish: Wish,
  dice: Dice,
  usual: readonly [Span, Span] | null,
  choose: (node: number, window: Window) => number | null,
): Played | null {
  const suits = (node: number) =>
    node < stage.net.asns.length && hasLink(stage, node) && stage.atoms(node, 4).length > 0
  const found = stage.cast(wish, dice, usual, suits)
  if (!found) return null
  const { node, window } = found
  const other = choose(node, window)
  if (other === null) return null
  const atoms = new Set(dice.some(stage.atoms(node, 4), 2))
  const asn = stage.asn(other)
  for (const prefix of stage.prefixes(atoms)) {
    const maxLength = Number(prefix.split('/')[1])
    stage.roas.push({ asn, prefix, maxLength }, { asn: stage.asn(node), prefix, maxLength })
  }
  for (const atom of atoms) {
    stage.add(atom, { at: window.from + soon(dice), kind: 'originate', node: other, tail: [] })
    if (usual) stage.add(atom, { at: window.until + soon(dice), kind: 'cease', node: other })
  }
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(node),
    culprit: asn,
    ...QUIET,
    until: usual ? window.until : null,
    atoms,
    shows: (path) => path.at(-1) === asn,
  })
}

const sibling: Arrange = (stage, wish, dice) =>
  second(stage, wish, dice, null, (node, window) => {
    const near = stage.edgesTo(node, 'provider').map((e) => stage.edge(e).to)
    const free = near.filter((other) => stage.plot.isFree(`as ${other}`, window))
    return free.length === 0 ? null : dice.pick(free)
  })

const scrubber: Arrange = (stage, wish, dice) =>
  second(stage, wish, dice, USUAL, () => {
    const node = stage.net.asns.indexOf(SCRUBBER)
    return node < 0 ? null : node
  })

/** The new one announces it before the old one stops. */
const transfer: Arrange = (stage, wish, dice) => {
  const event = second(stage, wish, dice, null, (node, window) =>
    stage.second(undefined, dice, window, (other) => other !== node && hasLink(stage, other)),
  )
  for (const atom of event?.atoms ?? [])
    stage.add(atom, { at: (event?.from ?? 0) + dice.int(minutes(2), minutes(6)), kind: 'withdraw' })
  return event
}

const prepend: Arrange = (stage, wish, dice) => {
  const found = stage.cast(wish, dice, USUAL, (node) => stage.edgesTo(node, 'provider').length > 1)
  if (!found) return null
  const { node, window } = found
  const edge = dice.pick(stage.edgesTo(node, 'provider'))
  const atoms = stage.atoms(node)
  for (const atom of atoms) {
    stage.add(atom, { at: window.from, kind: 'prepend', edge, extra: 3 })
    stage.add(atom, { at: window.until, kind: 'prepend', edge, extra: 0 })
  }
  const asn = stage.asn(node)
  return played(window, {
    kind: wish.kind,
    asn,
    expects: ['path.shift', 'path.upstream-lost'],
    expectation: 'optional',
    atoms: new Set(atoms),
    shows: (path) => path.filter((x) => x === asn).length > 1,
  })
}

/** Four halves of a prefix or so, as traffic engineering does it. */
const deaggregate: Arrange = (stage, wish, dice) => {
  const room = (node: number) =>
    stage.prefixes(stage.atoms(node, 4)).filter((p) => /\/2[23]$/.test(p))
  const found = stage.cast(wish, dice, USUAL, (node) => room(node).length > 0)
  if (!found) return null
  const { node, window } = found
  const had = new Set(stage.prefixes(stage.atoms(node, 4)))
  const list = soSpecific(dice.pick(room(node)), 24).filter((p) => !had.has(p))
  const atom = stage.newAtom(node, 4, list)
  stage.add(atom, { at: window.from, kind: 'announce' })
  stage.add(atom, { at: window.until, kind: 'withdraw' })
  return played(window, {
    kind: wish.kind,
    asn: stage.asn(node),
    ...QUIET,
    atoms: new Set([atom]),
    shows: () => true,
  })
}

export const benign = {
  churn,
  flap,
  'collector-outage': collectorOutage,
  'session-reset': one(true),
  'silent-reset': one(false),
  'new-peering': joins('peer'),
  'new-upstream': joins('provider'),
  'moas-sibling': sibling,
  'moas-scrubber': scrubber,
  transfer,
  prepend,
  'de-aggregate': deaggregate,
} satisfies Partial<Record<EventKind, Arrange>>
