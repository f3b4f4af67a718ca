// The ordinary unrest of the Internet: prefixes that flap, links that fall and are repaired, paths
// made longer on purpose. Nobody is cut off by it for more than a minute.

import { type Instant, minutes, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import type { Edge } from './links.ts'
import type { Plot, Window } from './plot.ts'
import { stableRoutes } from './routes.ts'

/** Share of messages that repeat a path with other attributes: 29 to 31 % (detection.md §5.3b). */
export const REPEATS = 0.3
/** UPDATEs that one session sends because one atom changed and changed back; measured. */
const HEARD = { flap: 3.1, link: 1.3, prepend: 1.1 }
/** A link that carries more origins than this towards the collectors is no everyday affair. */
const MOST_ORIGINS = 8

interface EverydayLink {
  readonly link: number
  /** The end that buys; of peers the first. */
  readonly lower: number
  readonly origins: readonly number[]
}

/** Writes changes into the plot until they make `rate` UPDATEs a second, repeats included. */
export function addUnrest(plot: Plot, day: Window, rate: number, dice: Dice): void {
  const { net } = plot
  const wanted = (rate * (1 - REPEATS) * (day.until - day.from)) / 1e6
  const singles = net.atoms.flatMap((atom, i) =>
    atom.prefixes.length === 1 && !atom.absent ? [i] : [],
  )
  const flappy = dice.shuffle(singles)
  const links = dice.shuffle(everydayLinks(plot))
  const origins = net.asns.flatMap((_, node) =>
    node !== net.watched && plot.providersOf(node).length > 1 ? [node] : [],
  )
  // Half of the sessions are of the atom's family.
  let left = wanted / (net.sessions.length / 2)
  while (left > 0) {
    const at = dice.int(day.from + minutes(2), day.until - minutes(10))
    const kind = dice.float()
    // A small part of all prefixes causes a large part of all updates: a skewed lot.
    if (kind < 0.5) left -= flap(plot, dice, at, dice.pick(flappy, 2.5))
    else if (kind < 0.75) left -= cut(plot, dice, { at, day }, dice.pick(links, 1.5))
    else left -= prepend(plot, dice, { at, day }, dice.pick(origins))
    // A turn that found everybody busy costs a little, so that this always ends.
    left -= 0.01
  }
}

interface Moment {
  readonly at: Instant
  readonly day: Window
}

/** When it ends: after `span`, and before the day does. */
const undone = ({ at, day }: Moment, span: number): Instant =>
  Math.min(at + Math.round(span), day.until - minutes(8))

function flap(plot: Plot, dice: Dice, at: Instant, atom: number): number {
  const origin = plot.net.atoms[atom]?.origin ?? 0
  const window = { from: at, until: at + dice.int(seconds(5), seconds(60)) }
  if (!plot.isFree(`as ${origin}`, window) || !plot.take(`atom ${atom}`, window)) return 0
  plot.add(atom, { at, kind: 'withdraw' })
  plot.add(atom, { at: window.until, kind: 'announce' })
  return HEARD.flap
}

function cut(plot: Plot, dice: Dice, moment: Moment, everyday: EverydayLink): number {
  const span = Math.min(600, Math.max(20, dice.lognormal(90, 0.8)))
  const { link, lower, origins } = everyday
  const window = { from: moment.at, until: undone(moment, seconds(span)) }
  if (!plot.take(`as ${lower}`, window)) return 0
  const atoms = origins.flatMap((origin) => plot.atomsOf(origin))
  for (const i of atoms) {
    plot.add(i, { at: window.from, kind: 'down', link })
    plot.add(i, { at: window.until, kind: 'up', link })
  }
  return HEARD.link * atoms.length
}

function prepend(plot: Plot, dice: Dice, moment: Moment, origin: number): number {
  const window = { from: moment.at, until: undone(moment, dice.int(minutes(5), minutes(60))) }
  if (!plot.take(`as ${origin}`, window)) return 0
  const { out, edges } = plot.net
  const edge = dice.pick((out[origin] ?? []).filter((e) => edges[e]?.role === 'provider'))
  const atoms = plot.atomsOf(origin)
  const extra = dice.int(1, 3)
  for (const i of atoms) {
    plot.add(i, { at: window.from, kind: 'prepend', edge, extra })
    plot.add(i, { at: window.until, kind: 'prepend', edge, extra: 0 })
  }
  return HEARD.prepend * atoms.length
}

/** Links whose loss the collectors would notice, nobody would be cut off by, and few would mind. */
function everydayLinks(plot: Plot): EverydayLink[] {
  const { net } = plot
  const detour = (node: number) => plot.providersOf(node).length > 1
  return [...carriedOrigins(plot)].flatMap(([link, origins]) => {
    const { from: lower, to, role } = net.edges[2 * link] as Edge
    const safe = detour(lower) && (role === 'provider' || detour(to))
    const ordinary = lower !== net.watched && to !== net.watched && !origins.has(net.watched)
    return safe && ordinary && origins.size <= MOST_ORIGINS
      ? [{ link, lower, origins: [...origins] }]
      : []
  })
}

/** Link → the origins whose routes reach some vantage point over it. */
function carriedOrigins({ net }: Plot): Map<number, Set<number>> {
  const carried = new Map<number, Set<number>>()
  const watchers = new Set(net.sessions.map((s) => s.node))
  net.asns.forEach((_, origin) => {
    const routes = stableRoutes(net, origin)
    for (let node of watchers) {
      while (node !== origin) {
        const via = routes[node]?.via ?? -1
        if (via < 0) break
        carried.set(via >> 1, (carried.get(via >> 1) ?? new Set()).add(origin))
        node = (net.edges[via] as Edge).to
      }
    }
  })
  return carried
}
