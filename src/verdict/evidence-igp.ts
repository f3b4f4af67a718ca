// Evidence of the control plane inside: how many routes the IGP holds, how often it computes, which
// adjacencies are gone, and what keeps the route engines busy.

import type { Finding } from '../core/evidence.ts'
import { quorum } from '../core/quorum.ts'
import { FULL } from './border.ts'
import {
  amount,
  change,
  count,
  fallen,
  finding,
  grown,
  type Known,
  known,
  named,
  percent,
  risen,
  some,
  wholly,
} from './measure.ts'
import type { PlanesView, SharedScene } from './scene.ts'

/** Three times the routes, and no small lab: three entries that become nine are none. */
const jumped = grown(3, 20)
/** Ten times as often, and often: a quiet IGP computes once in many minutes. */
const storming = grown(10, 5)
const purging = grown(10, 10)
const punted = grown(5, 50)

/** What still counts as ordinary; between that and a jump or storm nothing is said. */
const ORDINARY = 1.5
const ORDINARY_RUNS = 3
/** So many runs or purges a minute are never a storm. */
const FEW = 5

const busy = (series: Known) =>
  risen(series) && series.last >= 0.8 && series.last - series.usual >= 0.3

/** An adjacency that ordinarily stands, or one of a number of them. */
const lostOne = (series: Known) => fallen(series) && series.usual >= 0.5 && series.last < 0.5
const lostSome = (series: Known) => fallen(series) && series.usual - series.last >= 0.9

export function seekIgp({ planes }: SharedScene): readonly Finding[] {
  const found: Finding[] = []
  const routes = known(planes, 'lsdb_routes')
  const jumps = routes.filter(jumped)
  if (jumps.length)
    found.push(
      finding(
        'igp.lsdb_jump',
        `IGP routes of ${count(jumps.length, 'router', routes.length)} ${change(jumps)}`,
        jumps,
      ),
    )

  const runs = known(planes, 'spf_runs')
  const purges = known(planes, 'lsp_purges')
  const storms = runs.filter(storming)
  const purged = purges.filter(purging)
  if (storms.length || purged.length)
    found.push(
      finding(
        'igp.spf_storm',
        [
          storms.length
            ? `shortest-path runs a minute on ${count(storms.length, 'router', runs.length)} ${change(storms)}`
            : '',
          purged.length
            ? `purges a minute on ${count(purged.length, 'router', purges.length)} ${change(purged)}`
            : '',
        ]
          .filter(Boolean)
          .join('; '),
        [...storms, ...purged],
      ),
    )

  found.push(...adjacencies(planes))
  found.push(...processors(planes))
  if (found.every(({ id }) => id.startsWith('cpu.')))
    found.push(...normal(planes, routes, runs, purges))
  return found
}

/** Lost ones are told apart by whether their link is full, which only `link_load` says. */
function adjacencies(planes: PlanesView): readonly Finding[] {
  const single = known(planes, 'adjacency_up')
  const counted = known(planes, 'adjacencies')
  const lost = single.filter(lostOne)
  const fewer = counted.filter(lostSome)
  if (lost.length + fewer.length === 0 || planes.state('ingress').state === 'blind') return []

  const loads = planes.series('link_load')
  const full = new Set(loads.filter(({ last }) => last >= FULL).map(({ labels }) => labels['link']))
  const onFull = lost.filter(({ labels }) => full.has(labels['link']))
  const elsewhere = lost.filter(({ labels }) => !full.has(labels['link']))
  // A number of adjacencies names no link: it is elsewhere for certain only while no link is full.
  const off = full.size === 0 ? [...elsewhere, ...fewer] : elsewhere
  const routers = named(off, 'router')
  if (routers.length >= quorum(2, named([...single, ...counted], 'router').length, 1))
    return [
      finding(
        'igp.adj_loss',
        `adjacencies lost on ${count(routers.length, 'router')} (${some(routers)}) over links that are not full`,
        off,
      ),
    ]
  if (onFull.length && elsewhere.length === 0)
    return [
      finding(
        'igp.adj_loss_saturated',
        `${onFull.length === 1 ? 'the only adjacency lost is' : `all ${onFull.length} adjacencies lost are`} on full links (${some(named(onFull, 'link'))}, ${percent(FULL)} or more)`,
        onFull,
      ),
    ]
  return []
}

/** Busy with routing, or with what is thrown at them: only the two apart say something. */
function processors(planes: PlanesView): readonly Finding[] {
  const drops = known(planes, 'cpu_punt_drops')
  const hit = drops.filter(punted)
  const load = known(planes, 'cpu_routing')
  const quiet = new Set(
    named(
      drops.filter((one) => !risen(one)),
      'router',
    ),
  )
  const busyOnes = load.filter((one) => busy(one) && quiet.has(one.labels['router'] ?? ''))
  const found: Finding[] = []
  if (busyOnes.length && hit.length === 0)
    found.push(
      finding(
        'cpu.routing',
        `routing processes load ${count(busyOnes.length, 'route engine', load.length)} ${change(busyOnes, percent)}; their policers are quiet`,
        busyOnes,
      ),
    )
  if (hit.length)
    found.push(
      finding(
        'cpu.punt',
        `policers before ${count(hit.length, 'route engine', drops.length)} drop ${change(hit)} packets/s`,
        hit,
      ),
    )
  return found
}

/** All that is heard is as it was, and among it is one of the two that every fault of an IGP moves. */
function normal(
  planes: PlanesView,
  routes: readonly Known[],
  runs: readonly Known[],
  purges: readonly Known[],
): readonly Finding[] {
  const single = known(planes, 'adjacency_up')
  const counted = known(planes, 'adjacencies')
  const ordinary =
    routes.every(({ last, usual }) => last <= ORDINARY * usual && usual <= ORDINARY * last) &&
    [...runs, ...purges].every(({ last, usual }) => last <= Math.max(FEW, ORDINARY_RUNS * usual)) &&
    single.every(({ last, usual }) => usual < 0.5 || last >= 0.5) &&
    counted.every(({ last, usual }) => usual - last < 0.9)
  if (!ordinary || routes.length + runs.length === 0) return []
  if (!wholly(planes, 'lsdb_routes', 'spf_runs', 'adjacency_up', 'adjacencies')) return []
  const parts = [
    routes.length ? `${count(routes.length, 'router')} with ${range(routes)} routes` : '',
    runs.length
      ? `${amount(Math.max(...runs.map(({ last }) => last)))} shortest-path runs a minute at most`
      : '',
    single.length + counted.length ? 'no adjacency lost' : '',
  ]
  return [
    {
      id: 'igp.normal',
      because: `IGP as usual: ${parts.filter(Boolean).join(', ')}`,
      onset: null,
      where: [],
    },
  ]
}

function range(series: readonly Known[]): string {
  const low = amount(Math.min(...series.map(({ last }) => last)))
  const high = amount(Math.max(...series.map(({ last }) => last)))
  return low === high ? low : `${low} … ${high}`
}
