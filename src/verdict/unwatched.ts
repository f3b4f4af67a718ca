// Of a network that nobody watches only its routes are seen. What a detector says of them is all the evidence
// there is, and no more than three fifths of a certainty.

import type { EvidenceId, Finding } from '../core/evidence.ts'
import type { Kind, Signal } from '../core/incident.ts'
import { type Plane, planes } from '../core/sample.ts'
import { minutes } from '../core/time.ts'
import type { Verdict } from '../core/verdict.ts'
import { noGates } from './decide.ts'
import { judge, noHistory } from './judge.ts'

/** From this part of its address space on it is broadly gone. */
const BROAD = 0.3

const means: Readonly<Partial<Record<Kind, EvidenceId>>> = {
  'outage.as': 'bgp.vis_partial',
  'outage.prefix': 'bgp.vis_partial',
  'withdrawal.mass': 'bgp.vis_partial',
  'withdrawal.burst': 'bgp.vis_broad',
  'path.upstream-lost': 'bgp.vis_partial',
  'leak.path': 'bgp.leak',
  'leak.own-specifics': 'bgp.leak',
  'leak.reorigination': 'bgp.origin_foreign',
  'hijack.moas': 'bgp.origin_foreign',
  'hijack.submoas': 'bgp.origin_foreign',
  'hijack.forged-origin': 'bgp.leak',
  'hijack.mass': 'bgp.origin_foreign',
  'churn.as': 'bgp.churn',
  'churn.global': 'bgp.churn',
  'churn.prefix': 'bgp.flap',
}

const states = Object.fromEntries(
  planes.map((plane) => [plane, plane === 'bgp' ? 'anomalous' : 'blind']),
) as Record<Plane, 'anomalous' | 'blind'>

/** Null where the kind says nothing of a fault, such as a ROA that ends. */
export function unwatchedVerdict(signal: Signal, previous: Verdict | null): Verdict | null {
  const { kind, now, startedAt, tags } = signal
  const id = kind === 'outage.as' && now.share >= BROAD ? 'bgp.vis_broad' : means[kind]
  if (id === undefined) return previous
  const [first] = tags
  const finding: Finding = {
    id,
    because: first?.because ?? kind,
    onset: { at: startedAt, within: minutes(1) },
    where: [],
  }
  // What is getting less was established when it was more.
  if (previous !== null && signal.phase !== 'open') return previous
  const gates = noGates
  return judge({
    findings: [finding],
    planes: states,
    gates,
    watched: false,
    previous,
    history: noHistory,
  }).verdict
}
