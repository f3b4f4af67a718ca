// What is heard of an incident, shaken: one plane taken away, or one thing made up that was not so. A verdict
// may then become less sure, and open; it must not turn a fault into a flood or a flood into a fault.

import type { Change, ChangeEvent, Plane, Sample } from './core/sample.ts'
import { planes } from './core/sample.ts'
import { type Instant, minutes } from './core/time.ts'

type Heard = Sample | Change

/** What can be taken away: a plane of samples or changes, or what collectors hear. */
export const removable: readonly (Plane | 'routes')[] = [...planes, 'routes']

/** Without all that a plane says; null when it said nothing. `routes` is no plane of samples. */
export function withoutPlane(heard: readonly Heard[], plane: string): readonly Heard[] | null {
  const rest = heard.filter((one) => (one.kind === 'change' ? 'change' : one.plane) !== plane)
  return rest.length < heard.length ? rest : null
}

/** One thing that is made up; of samples, new values where the series are there. */
type Spurious =
  | { readonly event: ChangeEvent; readonly labels: Change['labels'] }
  | {
      readonly metrics: readonly string[]
      readonly value: (was: number) => number
      /** Of the values of this label the first so many in order of text; all when absent. */
      readonly of?: readonly [label: string, most: number]
      /** Only series with these labels. */
      readonly where?: Readonly<Record<string, string>>
    }

const times = (factor: number) => (was: number) => was * factor
const plus = (more: number) => (was: number) => was + more
const to = (value: number) => () => value

/** By the evidence that it is to feign. */
export const spurious: Readonly<Record<string, Spurious>> = {
  'bgp.session_down_some': { metrics: ['session_up'], value: to(0), of: ['peer', 1] },
  'bgp.rx_prefix_flood': { metrics: ['rx_prefixes'], value: times(8), of: ['peer', 1] },
  'igp.lsdb_jump': { metrics: ['lsdb_routes'], value: times(5), of: ['router', 1] },
  'igp.spf_storm': { metrics: ['spf_runs'], value: plus(60), of: ['router', 3] },
  'igp.adj_loss': { metrics: ['adjacency_up'], value: to(0), of: ['router', 2] },
  'cpu.routing': { metrics: ['cpu_routing'], value: to(0.97), of: ['router', 2] },
  'cpu.punt': { metrics: ['cpu_punt_drops'], value: plus(6_000), of: ['router', 2] },
  'in.mild': { metrics: ['in_bps', 'in_pps'], value: times(2) },
  'in.surge': { metrics: ['in_bps', 'in_pps'], value: times(4) },
  'in.collapse': { metrics: ['in_bps', 'in_pps', 'out_bps'], value: times(0.3) },
  'in.saturated': { metrics: ['link_load'], value: to(0.99), of: ['link', 1] },
  'in.detector': { event: 'detector-start', labels: { direction: 'incoming', detector: 'x' } },
  'fl.victim_conc': { metrics: ['top_destination_bps'], value: times(20) },
  'fl.fingerprint': { metrics: ['reflection_share'], value: to(0.9) },
  'fl.src_new': { metrics: ['new_source_share'], value: to(0.95) },
  'fl.src_known': { metrics: ['own_source_share'], value: to(0.98) },
  'fl.unroutable': { metrics: ['unroutable_drops'], value: plus(50_000) },
  'fl.policed': { metrics: ['policed_drops'], value: plus(50_000) },
  'dns.queries': { metrics: ['qps'], value: times(3) },
  'dns.concentrated': { metrics: ['top1pct_source_share'], value: to(0.9) },
  'dns.upstream_fail': { metrics: ['servfail_ratio', 'timeout_ratio'], value: to(0.5) },
  'dns.random_names': { metrics: ['nxdomain_ratio'], value: to(0.7) },
  'dns.outside': { metrics: ['outside_source_share'], value: to(0.9) },
  'pr.inside_fail': { metrics: ['probe_success'], value: to(0), where: { set: 'inside' } },
  'ctx.change': { event: 'commit', labels: { router: 'made-up' } },
  'ctx.ours_upstream': { event: 'upstream-notice', labels: { from: 'made-up' } },
}

/** What is said that was not so, from `from` until `until`; null where there is nothing to say it with. */
export function withSpurious(
  heard: readonly Heard[],
  name: string,
  from: Instant,
  until: Instant,
): readonly Heard[] | null {
  const one = spurious[name]
  if (one === undefined) return null
  if ('event' in one) {
    const { event, labels } = one
    const at = event === 'commit' ? from - minutes(1) : from
    return [...heard, { kind: 'change', at, event, labels, note: '', uncertainty: minutes(1) }]
  }
  const { metrics, value, of, where = {} } = one
  const fits = (it: Heard): it is Sample =>
    it.kind === 'sample' &&
    metrics.includes(it.metric) &&
    Object.entries(where).every(([label, wanted]) => it.labels[label] === wanted)
  const chosen = of ? firstOf(heard.filter(fits), of) : null
  let changed = 0
  const out = heard.map((it) => {
    if (!fits(it) || it.at < from || it.at > until) return it
    if (of && !chosen?.has(it.labels[of[0]] ?? '')) return it
    changed++
    return { ...it, value: value(it.value) }
  })
  return changed > 0 ? out : null
}

function firstOf(samples: readonly Sample[], [label, most]: readonly [string, number]) {
  const all = new Set(samples.map(({ labels }) => labels[label] ?? ''))
  return new Set([...all].sort().slice(0, most))
}
