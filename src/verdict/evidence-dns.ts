// Evidence at the resolvers: who asks more, what for, and whether answers still come. Clients repeat what
// nobody answers, so a fault brings as many queries as an attack: only their composition says which.

import type { Finding } from '../core/evidence.ts'
import { shareOfExcess, surging } from './excess.ts'
import {
  against,
  change,
  count,
  finding,
  type Known,
  known,
  percent,
  risen,
  type Sum,
} from './measure.ts'
import type { PlanesView, SharedScene } from './scene.ts'

/** Part of the excess by a hundredth of the clients: so much is a few, so much is everybody. */
const FEW = 0.5
const EVERYBODY = 0.2
/** Part of the subscribers who ask more. */
const MANY = 0.5
/** Answers that fail: so many more, and so many times the usual. */
const FAILING = 0.05
const FAILING_TIMES = 3
/** Names: how far from the usual they still are the same; and what makes them others. */
const SAME = 0.1
const OTHER = 0.2
const OTHER_TIMES = 2
const BITS = 0.5

export function seekDns({ planes }: SharedScene): readonly Finding[] {
  const load = known(planes, 'qps')
  const excess = surging(load)
  const found = [...failing(planes), ...names(planes, load, excess)]
  if (!excess) return found
  found.push(...clients(planes, load, excess))
  const outside = shareOfExcess(known(planes, 'outside_source_share'), load, 'resolver')
  if (outside && outside.share >= FEW)
    found.push(
      finding(
        'dns.outside',
        `${percent(outside.share)} of the excess is from outside the own address space (all: ${change(outside.shares, percent)})`,
        [...outside.shares, ...outside.sum.series],
      ),
    )
  return found
}

function clients(planes: PlanesView, load: readonly Known[], excess: Sum): readonly Finding[] {
  const top = shareOfExcess(known(planes, 'top1pct_source_share'), load, 'resolver')
  if (!top) return []
  const queries = `queries ${against(top.sum, 'a second')}`
  if (top.share >= FEW)
    return [
      finding(
        'dns.concentrated',
        `the busiest 1% of clients make ${percent(top.share)} of the excess; ${queries}`,
        [...top.shares, ...top.sum.series],
      ),
    ]
  const spread = planes.series('diffuse_source_share').filter(({ labels }) => {
    const { resolver } = labels
    return (
      resolver === undefined || excess.series.some((one) => one.labels['resolver'] === resolver)
    )
  })
  const most = Math.max(0, ...spread.map(({ last }) => last))
  if (top.share >= EVERYBODY || most < MANY) return []
  return [
    finding(
      'dns.diffuse',
      `${percent(most)} of subscribers ask 2-30 times as much as usual, the busiest 1% make ${percent(top.share)} of the excess; ${queries}`,
      top.sum.series,
    ),
  ]
}

const jumped = (series: Known) =>
  risen(series) &&
  series.last - series.usual >= FAILING &&
  series.last >= FAILING_TIMES * series.usual

/** SERVFAIL without timeouts has other reasons (a broken signature), where timeouts are told. */
function failing(planes: PlanesView): readonly Finding[] {
  const refused = known(planes, 'servfail_ratio')
  const unanswered = known(planes, 'timeout_ratio')
  const repeated = known(planes, 'duplicate_ratio').filter(risen)
  const servfail = refused.filter(jumped)
  const timeout = unanswered.filter(jumped)
  if (timeout.length === 0 && (servfail.length === 0 || unanswered.length > 0)) return []
  const said = [
    servfail.length
      ? `SERVFAIL on ${count(servfail.length, 'resolver', refused.length)} ${change(servfail, percent)}`
      : '',
    timeout.length
      ? `no answer from outside on ${count(timeout.length, 'resolver', unanswered.length)} ${change(timeout, percent)}`
      : '',
    repeated.length ? `repeated queries ${change(repeated, percent)}` : '',
  ]
  return [
    finding('dns.upstream_fail', said.filter(Boolean).join('; '), [
      ...servfail,
      ...timeout,
      ...repeated,
    ]),
  ]
}

function names(planes: PlanesView, load: readonly Known[], excess: Sum | null): readonly Finding[] {
  const entropy = known(planes, 'label_entropy').filter(
    (series) => risen(series) && series.last - series.usual >= BITS,
  )
  const missing = others(known(planes, 'nxdomain_ratio'), load)
  const odd = others(known(planes, 'any_txt_ratio'), load)
  const said = [
    entropy.length ? `entropy of labels ${change(entropy)} bits a character` : '',
    missing.length ? `NXDOMAIN ${change(missing, percent)}` : '',
    odd.length ? `ANY and TXT ${change(odd, percent)}` : '',
  ].filter(Boolean)
  // Other names without more queries are a broken zone of somebody, not a flood.
  if (said.length && (excess || load.length === 0))
    return [finding('dns.random_names', said.join('; '), [...entropy, ...missing, ...odd])]
  if (!excess || said.length) return []

  const mix = known(planes, 'name_distance')
  if (mix.length === 0 || mix.some(({ last, usual }) => last - usual >= SAME)) return []
  return [
    finding(
      'dns.same_names',
      `names and types asked for are the usual ones (distance ${change(mix, percent)}) in ${against(excess, 'queries a second')}`,
      excess.series,
    ),
  ]
}

/** Ratios that have jumped, or that have most of the excess. */
function others(ratios: readonly Known[], load: readonly Known[]): readonly Known[] {
  const up = ratios.filter((series) => risen(series) && series.last - series.usual >= SAME)
  const jumps = up.filter(({ last, usual }) => last - usual >= OTHER && last >= OTHER_TIMES * usual)
  const part = shareOfExcess(up, load, 'resolver')
  return part && part.share >= FEW ? part.shares : jumps
}
