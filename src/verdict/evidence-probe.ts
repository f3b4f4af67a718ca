// Evidence of probes: whether it hurts, and whom. They never say why.

import type { Finding } from '../core/evidence.ts'
import { quorum } from '../core/quorum.ts'
import { border, detectorsOn, fullLinks, inbound } from './border.ts'
import { EXCESS, surging } from './excess.ts'
import {
  count,
  fallen,
  finding,
  grown,
  type Known,
  known,
  mean,
  named,
  percent,
  some,
  wholly,
} from './measure.ts'
import type { SharedScene } from './scene.ts'

/** Of a POP or target that ordinarily answers, so few still do. */
const FAILS = 0.5
const ANSWERS = 0.8
/** So much of what usually succeeds must, for all to be well; of address blocks, IODA's measure. */
const WELL = 0.95
const BLOCKS = 0.8
/** POPs that must fail. */
const POPS = 3

const rate = (probes: readonly Known[]) => mean(probes.map(({ last }) => last))
const usually = (probes: readonly Known[]) => mean(probes.map(({ usual }) => usual))

const fails = (probes: readonly Known[]) =>
  usually(probes) >= ANSWERS && rate(probes) < FAILS && probes.some(fallen)

/** Probes by a label; those without it are one group of their own. */
function by(probes: readonly Known[], label: string): ReadonlyMap<string, readonly Known[]> {
  const groups = new Map<string, Known[]>()
  for (const probe of probes) {
    const key = probe.labels[label] ?? ''
    const group = groups.get(key)
    if (group) group.push(probe)
    else groups.set(key, [probe])
  }
  return groups
}

export function seekProbe(scene: SharedScene): readonly Finding[] {
  const probes = known(scene.planes, 'probe_success')
  if (probes.length === 0) return []
  const one = oneTarget(scene, probes)
  if (one) return one
  const inside = by(
    probes.filter(({ labels }) => labels['set'] === 'inside'),
    'pop',
  )
  const failing = [...inside].filter(([, group]) => fails(group))
  const lost = failing.flatMap(([, group]) => group)
  if (failing.length && failing.length >= quorum(POPS, inside.size, 1))
    return [
      finding(
        'pr.inside_fail',
        `inside probes fail in ${count(failing.length, 'POP', inside.size)} (${some(failing.map(([pop]) => pop))}): ${percent(rate(lost))} succeed, usual ${percent(usually(lost))}`,
        lost,
      ),
    ]
  return failing.length ? [] : allWell(scene, probes)
}

/** Everything but the one thing under load answers; null when that is not so. */
function oneTarget(scene: SharedScene, probes: readonly Known[]): readonly Finding[] | null {
  const lost = probes.filter((probe) => fails([probe]))
  const [first] = lost
  if (!first) return null
  const { target } = first.labels
  const sameTarget =
    target !== undefined &&
    lost.every(({ labels }) => labels['target'] === target) &&
    probes.some(({ labels }) => labels['target'] !== target)
  const full = new Set(fullLinks(scene.planes).map(({ labels }) => labels['link']))
  const acrossFull =
    lost.length < probes.length &&
    lost.every(({ labels: { link } }) => link !== undefined && full.has(link))
  const load = loaded(scene)
  if (!acrossFull && !(sameTarget && load)) return null
  return [
    finding(
      'pr.victim_only',
      acrossFull
        ? `only probes across full links fail (${some(named(lost, 'link'))}), ${count(lost.length, 'probe', probes.length)}`
        : `only probes of one target fail, ${count(lost.length, 'probe', probes.length)}, while ${load}`,
      lost,
    ),
  ]
}

const punted = grown(5, 50)
const piled = grown(3, 0)

/** What shows that something is under load; null when nothing does. */
function loaded({ at, planes }: SharedScene): string | null {
  const incoming = inbound(border(planes))
  if (incoming && incoming.ratio >= EXCESS) return 'more comes in at the border'
  if (fullLinks(planes).length) return 'a border link is full'
  if (detectorsOn(planes.changes, at).length) return 'a detector tells of an attack'
  if (known(planes, 'top_destination_bps').some(piled)) return 'one destination gets far more'
  if (surging(known(planes, 'qps'))) return 'resolvers are asked far more'
  return known(planes, 'cpu_punt_drops').some(punted) ? 'route engines are thrown at' : null
}

function allWell({ planes }: SharedScene, probes: readonly Known[]): readonly Finding[] {
  const groups = [...by(probes, 'set').values(), ...by(probes, 'pop').values()]
  const well =
    groups.every((group) => rate(group) >= WELL * usually(group)) &&
    usually(probes) >= ANSWERS &&
    known(planes, 'up_24s').every(({ last, usual }) => last >= BLOCKS * usual)
  if (!well || !wholly(planes, 'probe_success', 'up_24s')) return []
  return [
    {
      id: 'pr.ok',
      because: `${percent(rate(probes))} of ${count(probes.length, 'probe')} succeed, usual ${percent(usually(probes))}`,
      onset: null,
      where: [],
    },
  ]
}
