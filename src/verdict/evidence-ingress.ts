// Evidence at the border: whether something extra comes in from outside, or hardly anything passes any
// more. It is a question of conservation; how large a surge is weighs nothing.

import type { Finding } from '../core/evidence.ts'
import {
  type Border,
  border,
  detectorsOn,
  fell,
  fullLinks,
  inbound,
  newlyFull,
  rose,
} from './border.ts'
import { EXCESS } from './excess.ts'
import {
  against,
  change,
  clock,
  count,
  finding,
  grown,
  known,
  named,
  percent,
  some,
  times,
  wholly,
} from './measure.ts'
import type { PlanesView, SharedScene } from './scene.ts'

const SURGE = 3
/** So much more, or less, is within what can be foretold; beyond that and below `EXCESS` nothing is said. */
const MORE = 1.2
const LESS = 0.6
/** Inbound by outbound, against its usual. */
const LOPSIDED = 2

const discarding = grown(10, 100)

export function seekIngress({ at, planes }: SharedScene): readonly Finding[] {
  const sums = border(planes)
  const found = [...level(planes, sums), ...ratio(sums), ...full(planes)]
  const detectors = detectorsOn(planes.changes, at)
  const [first] = detectors
  if (first) {
    const by = [
      ...new Set(detectors.map(({ labels }) => labels['detector'] ?? 'a detector')),
    ].sort()
    found.push({
      id: 'in.detector',
      because: `${some(by)}: ${count(detectors.length, 'attack')} from outside on own hosts, the first since ${clock(first.at)}`,
      onset: { at: first.at, within: first.uncertainty },
      where: [],
    })
  }
  return found
}

/** Surge, mild, normal or collapse: one of them, or none. */
function level(planes: PlanesView, sums: Border): readonly Finding[] {
  const incoming = inbound(sums)
  if (!incoming) return []
  const said = `border inbound ${against(incoming, incoming.unit)}`
  const up = incoming.series.filter((series) => series.shift?.up)
  if (incoming.ratio >= SURGE) return up.length ? [finding('in.surge', said, up)] : []
  if (incoming.ratio >= EXCESS) return [finding('in.mild', said, up)]
  const { bothIn, bothOut } = sums
  const down = (sum: typeof bothIn) => sum.usual > 0 && sum.now <= LESS * sum.usual && fell(sum)
  if (down(bothIn) && down(bothOut) && fullLinks(planes).length === 0)
    return [
      finding(
        'in.collapse',
        `border inbound ${against(bothIn, 'bit/s')}; outbound ${against(bothOut, 'bit/s')}; no link is full`,
        [...bothIn.series, ...bothOut.series].filter((series) => series.shift?.up === false),
      ),
    ]
  const all = [sums.inBits, sums.inPackets].filter(({ usual }) => usual > 0)
  const within = all.every(({ now, usual }) => now < MORE * usual && now > LESS * usual)
  if (within && newlyFull(planes).length === 0 && wholly(planes, 'in_bps', 'in_pps'))
    return [{ id: 'in.normal', because: `${said}: nothing extra comes in`, onset: null, where: [] }]
  return []
}

/** Only while more comes in than usual: where less goes out, the ratio rises without any flood. */
function ratio({ bothIn, bothOut }: Border): readonly Finding[] {
  if (!(bothIn.usual > 0 && bothOut.usual > 0 && bothOut.now > 0)) return []
  const now = bothIn.now / bothOut.now
  const usual = bothIn.usual / bothOut.usual
  if (now < LOPSIDED * usual || bothIn.now < MORE * bothIn.usual || !rose(bothIn)) return []
  return [
    finding(
      'in.ratio',
      `inbound by outbound ${now.toFixed(2)}, ${times(now / usual)} the usual ${usual.toFixed(2)}`,
      bothIn.series.filter((series) => series.shift?.up),
    ),
  ]
}

function full(planes: PlanesView): readonly Finding[] {
  const links = newlyFull(planes)
  const discards = known(planes, 'in_discards').filter(discarding)
  if (links.length + discards.length === 0) return []
  const said = [
    links.length
      ? `${count(links.length, 'border link')} at ${percent(Math.max(...links.map(({ last }) => last)))} (${some(named(links, 'link'))})`
      : '',
    discards.length
      ? `discards on ${count(discards.length, 'link')} ${change(discards)} packets/s`
      : '',
  ]
  return [finding('in.saturated', said.filter(Boolean).join('; '), [...links, ...discards])]
}
