// Evidence of flows: what the excess is made of, and why packets are dropped. Without an excess its
// composition is nobody's, so only the drops are looked at then.

import type { Finding } from '../core/evidence.ts'
import { border } from './border.ts'
import { exceeds, partOfExcess, shareOfExcess, surging } from './excess.ts'
import {
  against,
  change,
  finding,
  grown,
  type Known,
  known,
  mean,
  percent,
  type Sum,
  sumOf,
} from './measure.ts'
import type { PlanesView, SharedScene } from './scene.ts'

/** One destination, or one kind of packet, has so much of the excess. */
const MOST = 0.5
/** Sources are so far of one sort. */
const NEARLY_ALL = 0.8
/** A share that has not moved by this much is as usual: then the excess is a mirror of the ordinary. */
const MOVED = 0.1
/** The part of known sources may fall by so much without strangers having come. */
const STEADY = 0.05

const dropping = grown(3, 10)

export function seekFlow({ planes }: SharedScene): readonly Finding[] {
  const load = known(planes, 'flow_bps')
  const all = sumOf(load)
  const more = exceeds(all)
  const found: Finding[] = []
  if (more) found.push(...victim(planes, load, all))
  found.push(...fingerprint(planes, load, all))
  found.push(...sources(planes, load, all))
  if (more && found.every(({ id }) => id === 'fl.src_known')) found.push(...shifted(planes, all))
  found.push(...drops(planes))
  return found
}

function victim(planes: PlanesView, load: readonly Known[], all: Sum): readonly Finding[] {
  const exporters = new Set(load.map(({ labels }) => labels['exporter']))
  const top = sumOf(
    known(planes, 'top_destination_bps').filter(({ labels }) => exporters.has(labels['exporter'])),
  )
  const share = Math.min(1, (top.now - top.usual) / (all.now - all.usual))
  if (top.series.length === 0 || share < MOST) return []
  return [
    finding(
      'fl.victim_conc',
      `one destination has ${percent(share)} of the excess: ${against(top, 'bit/s')}`,
      [...top.series, ...all.series],
    ),
  ]
}

/** Ports are told as parts of the traffic, SYN and lengths as parts of the packets. */
function fingerprint(planes: PlanesView, load: readonly Known[], bits: Sum): readonly Finding[] {
  const counted = border(planes).inPackets
  const packets = exceeds(counted) ? counted : bits
  const said: string[] = []
  const marks: Known[] = []
  const mark = (
    metric: string,
    what: string,
    part: (shares: readonly Known[]) => number | null,
  ) => {
    const shares = known(planes, metric)
    if (shares.length === 0) return
    const share = part(shares)
    const moved = mean(shares.map(({ last, usual }) => last - usual))
    if (share === null || share < MOST || moved < MOVED) return
    said.push(`${what} ${percent(share)} of the excess (all: ${change(shares, percent)})`)
    marks.push(...shares)
  }
  const ofPackets = (shares: readonly Known[]) =>
    exceeds(packets)
      ? partOfExcess(
          mean(shares.map(({ last }) => last)),
          mean(shares.map(({ usual }) => usual)),
          packets.now / packets.usual,
        )
      : null
  mark('reflection_share', 'ports that amplify', (shares) => {
    return shareOfExcess(shares, load, 'exporter')?.share ?? null
  })
  mark('syn_share', 'bare SYN', ofPackets)
  mark('one_length_share', 'packets of one protocol, port and length', ofPackets)
  return said.length ? [finding('fl.fingerprint', said.join('; '), [...marks, ...bits.series])] : []
}

function sources(planes: PlanesView, load: readonly Known[], all: Sum): readonly Finding[] {
  const fresh = known(planes, 'new_source_share')
  const unseen = shareOfExcess(fresh, load, 'exporter')
  if (unseen && unseen.share >= NEARLY_ALL)
    return [
      finding(
        'fl.src_new',
        `${percent(unseen.share)} of the excess is from sources not seen in two weeks (all: ${change(unseen.shares, percent)})`,
        [...unseen.shares, ...unseen.sum.series],
      ),
    ]

  const own = known(planes, 'own_source_share')
  const familiar = shareOfExcess(own, load, 'exporter')
  if (familiar)
    return familiar.share >= NEARLY_ALL
      ? [
          finding(
            'fl.src_known',
            `${percent(familiar.share)} of the excess is from own subscribers or sources seen before`,
            familiar.sum.series,
          ),
        ]
      : []

  // Queries hardly show among all traffic. Where only they rise, the sources are known when nearly all
  // are, and no fewer than usual.
  const queries = surging(known(planes, 'qps'))
  if (!queries || own.length === 0 || exceeds(all)) return []
  const now = mean(own.map(({ last }) => last))
  const usual = mean(own.map((one) => one.usual))
  if (now < NEARLY_ALL || usual - now >= STEADY) return []
  return [
    finding(
      'fl.src_known',
      `while queries rose, ${percent(now)} of the traffic is from own subscribers or sources seen before (usual ${percent(usual)})`,
      queries.series,
    ),
  ]
}

/** The excess looks like the ordinary, only more: somebody else's users, or a crowd. */
function shifted(planes: PlanesView, all: Sum): readonly Finding[] {
  const mix = known(planes, 'mix_distance')
  const sourcesSeen =
    known(planes, 'new_source_share').length + known(planes, 'own_source_share').length > 0
  if (mix.length === 0 || !sourcesSeen) return []
  const steady = mix.every(({ last, usual }) => last - usual < MOVED)
  const noStrangers = [
    ...known(planes, 'new_source_share'),
    ...known(planes, 'reflection_share'),
  ].every(({ last, usual }) => last - usual < MOVED)
  const spread = known(planes, 'destinations').every(({ last, usual }) => last >= usual / 2)
  if (!steady || !noStrangers || !spread) return []
  return [
    finding(
      'fl.shift_from_neighbor',
      `flows ${against(all, 'bit/s')}, in the usual mix of services (distance ${change(mix, percent)}), from no new sources`,
      all.series,
    ),
  ]
}

function drops(planes: PlanesView): readonly Finding[] {
  const found: Finding[] = []
  const lost = known(planes, 'unroutable_drops').filter(dropping)
  if (lost.length)
    found.push(finding('fl.unroutable', `dropped as unroutable: ${change(lost)} packets/s`, lost))
  const policed = known(planes, 'policed_drops').filter(dropping)
  if (policed.length)
    found.push(
      finding(
        'fl.policed',
        `dropped by filters and policers: ${change(policed)} packets/s`,
        policed,
      ),
    )
  return found
}
