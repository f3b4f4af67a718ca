// What happens to the routes of the watched network, part by part: several of these at once make one
// incident, which is why they do not ask whether somebody is free.

import type { Asn } from '../core/asn.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import type { Internet } from './internet.ts'
import { Web } from './links.ts'
import type { Window } from './plot.ts'
import { withScrubber } from './region.ts'
import { soSpecific } from './space.ts'
import { type Stage, soon } from './stage.ts'

export type RoutePart = (stage: Stage, dice: Dice, window: Window) => void

/** Akamai Prolexic, as GitHub had it on 2018-02-28. */
export const SCRUBBER: Asn = 32_787
/** RFC 7999. */
const BLACKHOLE = '65535:666'
/** So few sessions pass a blackhole on: most networks keep it to themselves. */
const HEAR_BLACKHOLES = 4

/** Of whole atoms, drawn until they hold such a part of all own prefixes. */
function someOwn(stage: Stage, dice: Dice, part: number): number[] {
  const mine = dice.shuffle(stage.atoms(stage.net.watched))
  const wanted = stage.prefixes(mine).length * part
  const out: number[] = []
  for (const atom of mine) {
    const more = [...out, atom]
    if (stage.prefixes(more).length <= wanted || out.length === 0) out.push(atom)
  }
  return out
}

function goAndCome(
  stage: Stage,
  dice: Dice,
  atoms: readonly number[],
  at: Instant[],
  until: number,
) {
  atoms.forEach((atom, i) => {
    stage.add(atom, { at: at[i] as Instant, kind: 'withdraw' })
    stage.add(atom, { at: until + dice.int(0, seconds(30)), kind: 'announce' })
  })
}

/** A part of the own prefixes is withdrawn, within a minute. */
export const withdraws =
  (part: number): RoutePart =>
  (stage, dice, { from, until }) => {
    const atoms = someOwn(stage, dice, part)
    const at = atoms.map((_, i) => from + (i === 0 ? 0 : soon(dice)))
    goAndCome(stage, dice, atoms, at, until)
  }

/** The same, evenly over so long a time. */
export const withdrawsSlowly =
  (part: number, over: Span): RoutePart =>
  (stage, dice, { from, until }) => {
    const atoms = someOwn(stage, dice, part)
    const at = atoms.map((_, i) => from + Math.round((over * i) / Math.max(1, atoms.length - 1)))
    goAndCome(stage, dice, atoms, at, until)
  }

/** The first quarter of the own IPv4 block; its text is `ownBlock`. */
export const withdrawsBlock: RoutePart = (stage, dice, { from, until }) => {
  const inside = (prefix: string) => Number(prefix.split('.')[2]) < 64
  const atoms = stage
    .atoms(stage.net.watched, 4)
    .filter((atom) => stage.prefixes([atom]).every(inside))
  goAndCome(
    stage,
    dice,
    atoms,
    atoms.map(() => from + soon(dice)),
    until,
  )
}

/** Address space as `space.ts` deals it out. */
const ownOf = ({ watched }: Internet): string => `${60 + (watched >> 8)}.${watched & 255}`
export const ownBlock = (net: Internet): string => `${ownOf(net)}.0.0/18`
export const ownHost = (net: Internet): string => `${ownOf(net)}.4.7/32`

/** A link to one who sells transit falls; its neighbour has other ways. */
export const losesProvider =
  (turn: number): RoutePart =>
  (stage, _dice, { from, until }) => {
    const e = stage.edgesTo(stage.net.watched, 'provider')[turn]
    if (e === undefined) throw new RangeError(`the watched network has no provider ${turn}`)
    for (const member of stage.cone(stage.net.watched))
      for (const atom of stage.atoms(member)) {
        stage.add(atom, { at: from, kind: 'down', link: e >> 1 })
        stage.add(atom, { at: until, kind: 'up', link: e >> 1 })
      }
  }

/** A few prefixes go and come, each at least six times in a quarter of an hour. */
export const flaps =
  (atoms: number): RoutePart =>
  (stage, dice, { from, until }) => {
    const some = dice.some(stage.atoms(stage.net.watched, 4), atoms)
    for (const atom of some)
      for (let at = from + soon(dice); at < until - minutes(2); at += dice.int(125e6, 145e6)) {
        stage.add(atom, { at, kind: 'withdraw' })
        stage.add(atom, { at: at + dice.int(55e6, 65e6), kind: 'announce' })
      }
  }

/** Paths of all own prefixes change twice a minute, and none is gone. */
export const churns: RoutePart = (stage, dice, { from, until }) => {
  const node = stage.net.watched
  const up = stage.edgesTo(node, 'provider')
  for (const atom of stage.atoms(node)) {
    const set = (at: Instant, extra: number) => {
      for (const edge of up) stage.add(atom, { at, kind: 'prepend', edge, extra })
    }
    let extra = 0
    for (let at = from; at < until; at += dice.int(seconds(20), seconds(40))) {
      extra = extra === 0 ? 3 : 0
      set(at, extra)
    }
    set(until, 0)
  }
}

/** More-specifics of own prefixes appear behind a customer of two, who tells one what the other said. */
export const leaksSpecifics: RoutePart = (stage, dice, { from, until }) => {
  const { net } = stage
  const had = new Set(stage.prefixes(stage.atoms(net.watched, 4)))
  const list = [...had]
    .filter((prefix) => /\/2[23]$/.test(prefix))
    .flatMap((prefix) => soSpecific(prefix, 24))
    .filter((prefix) => !had.has(prefix))
  const atom = stage.newAtom(net.watched, 4, list)
  const [before = 0] = stage.edgesTo(net.watched, 'provider')
  const tail = [stage.asn(stage.edge(before).to), stage.asn(net.watched)]
  stage.add(atom, { at: from + soon(dice), kind: 'originate', node: net.multihomed, tail })
  stage.add(atom, { at: until + soon(dice), kind: 'cease', node: net.multihomed })
}

/** Somebody far away announces a part of the own prefixes. */
export const hijacked =
  (part: number): RoutePart =>
  (stage, dice, { from, until }) => {
    const { net } = stage
    const near = stage.neighbours(net.watched)
    const fit = net.asns
      .map((_, node) => node)
      .filter((node) => node !== net.watched && node !== net.multihomed && !near.has(node))
      .filter((node) => stage.edgesTo(node, 'provider').length > 1)
    const node = dice.pick(fit)
    for (const atom of someOwn(stage, dice, part)) {
      stage.add(atom, { at: from + soon(dice), kind: 'originate', node, tail: [] })
      stage.add(atom, { at: until + soon(dice), kind: 'cease', node })
    }
  }

/** One address is announced with the community that asks others to drop what goes there. */
export const blackholes: RoutePart = (stage, dice, { from, until }) => {
  const { net } = stage
  const atom = stage.newAtom(net.watched, 4, [ownHost(net)], [BLACKHOLE])
  stage.add(atom, { at: from, kind: 'announce' })
  stage.add(atom, { at: until, kind: 'withdraw' })
  const all = net.sessions.map((_, session) => session)
  const deaf = dice.shuffle(all.filter((i) => net.sessions[i]?.afi === 4)).slice(HEAR_BLACKHOLES)
  const ever = { from: stage.day.from, until: Infinity }
  for (const session of deaf) stage.stuck.push({ session, atoms: new Set([atom]), ...ever })
}

/** All own routes go through a scrubber for a while: first there is one way more, then no other. */
export const diverts: RoutePart = (stage, _dice, { from, until }) => {
  const { net } = stage
  const there = net.asns.indexOf(SCRUBBER)
  if (there < 0) throw new RangeError(`AS${SCRUBBER} is not in this Internet`)
  const others = [
    ...stage.edgesTo(net.watched, 'provider'),
    ...stage.edgesTo(net.watched, 'peer'),
  ].map((e) => e >> 1)
  const link = stage.link(net.watched, there, 'provider') >> 1
  const later = seconds(45)
  for (const atom of stage.atoms(net.watched)) {
    stage.add(atom, { at: from, kind: 'up', link })
    for (const other of others) {
      stage.add(atom, { at: from + later, kind: 'down', link: other })
      stage.add(atom, { at: until, kind: 'up', link: other })
    }
    stage.add(atom, { at: until + later, kind: 'down', link })
  }
}

/** All sessions of a collector fall; networks are as they were. */
export const collectorFalls =
  (collector: string): RoutePart =>
  (stage, _dice, { from, until }) => {
    const sessions = stage.net.sessions.flatMap((s, i) => (s.collector === collector ? [i] : []))
    const apart = { down: seconds(1), up: seconds(2) }
    stage.troubles.push({ from, until, sessions, told: collector.startsWith('rrc'), apart })
  }

export const besideScrubber = (net: Internet): Internet => withScrubber(net, SCRUBBER)

/** The watched network has sold its way to the world to a scrubber, for good. */
export function behindScrubber(given: Internet): Internet {
  const net = withScrubber(given, SCRUBBER)
  const web = new Web()
  for (const asn of net.asns) web.add(asn)
  for (let e = 0; e < net.edges.length; e += 2) {
    const edge = net.edges[e]
    const back = net.edges[e + 1]
    if (!edge || !back) continue
    if (edge.from === net.watched && edge.role === 'provider') continue
    web.out[edge.from]?.push(web.edges.push(edge) - 1)
    web.out[back.from]?.push(web.edges.push(back) - 1)
  }
  web.transit(net.watched, net.asns.indexOf(SCRUBBER))
  return { ...net, edges: web.edges, out: web.out }
}
