// Incidents that no route shows: a surge, a collapse of traffic, an IGP that is not itself, lost sessions of
// own routers. Opened by evidence, held and let go as all others are. How bad it is harm.ts says.

import type { Asn } from '../core/asn.ts'
import { type EvidenceId, evidence, type Finding } from '../core/evidence.ts'
import { Hold } from '../core/hold.ts'
import { type Counts, type Kind, noSamples, type Signal, type Tag } from '../core/incident.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { View } from '../core/view.ts'
import { listed } from './told.ts'

interface Rule {
  readonly kind: Kind
  /** First part of the key. */
  readonly family: string
  readonly by: readonly EvidenceId[]
  /** Only where an outside observer tells how much of the network is seen: of routes detectors speak. */
  readonly outside?: true
}

const rules: readonly Rule[] = [
  {
    kind: 'traffic.surge',
    family: 'surge',
    by: [
      'in.surge',
      'in.mild',
      'in.ratio',
      'in.detector',
      'fl.fingerprint',
      'fl.victim_conc',
      'fl.src_new',
      'fl.shift_from_neighbor',
      'dns.diffuse',
      'dns.concentrated',
      'dns.upstream_fail',
      'dns.random_names',
      'dns.outside',
    ],
  },
  { kind: 'traffic.collapse', family: 'collapse', by: ['in.collapse'] },
  {
    kind: 'igp.anomaly',
    family: 'igp',
    by: [
      'igp.lsdb_jump',
      'igp.spf_storm',
      'igp.adj_loss',
      'igp.adj_loss_saturated',
      'cpu.routing',
      'cpu.punt',
    ],
  },
  {
    kind: 'outage.as',
    family: 'outside',
    by: ['bgp.vis_broad', 'bgp.vis_partial', 'bgp.vis_slow'],
    outside: true,
  },
  {
    kind: 'session.loss',
    family: 'session',
    by: ['bgp.session_down_some', 'bgp.rx_prefix_flood'],
  },
]

/** Our own witnesses are in trouble: that is said, and nobody is woken. */
const artefact: Rule = { kind: 'blind', family: 'artefact', by: [] }

/** A finding has passed its own tests; one scrape more is enough. */
const CONFIRM: Span = seconds(20)
const CLEAR: Span = minutes(5)

type Phase = 'open' | 'resolving' | 'resolved'

interface Case {
  readonly rule: Rule
  readonly key: string
  hold: Hold
  startedAt: Instant
  /** The last tick at which its evidence was there. */
  lastAt: Instant
  /** What was said last. */
  said: string
}

export class OwnSignals {
  readonly #asn: Asn
  readonly #view: View
  readonly #cases: readonly Case[]
  readonly #blind: Case
  /** Of whom nobody was believed last. */
  #troubled: readonly string[] = []

  constructor(asn: Asn, view: View) {
    this.#asn = asn
    this.#view = view
    const caseOf = (rule: Rule): Case => ({
      rule,
      key: `${rule.family}:${asn}`,
      hold: new Hold(),
      startedAt: 0,
      lastAt: 0,
      said: '',
    })
    this.#cases = rules.map(caseOf)
    this.#blind = caseOf(artefact)
  }

  get isOpen(): boolean {
    return this.#cases.some(({ hold }) => hold.confirmedAt !== null)
  }

  get keys(): string[] {
    return this.#cases.filter(({ hold }) => hold.confirmedAt !== null).map(({ key }) => key)
  }

  /** None that is open has its evidence any more. */
  get mends(): boolean {
    return this.#cases.every(({ hold }) => hold.confirmedAt === null || hold.clearSince !== null)
  }

  get since(): Instant | null {
    const open = this.#cases.filter(({ hold }) => hold.confirmedAt !== null)
    return open.length === 0 ? null : Math.min(...open.map(({ startedAt }) => startedAt))
  }

  /** What is said of collectors of which nobody is believed; asked first, for it may explain the rest. */
  blind(at: Instant, collectors: readonly string[]): Signal | null {
    const one = this.#blind
    if (collectors.length > 0) this.#troubled = collectors
    const phase = step(one, at, collectors.length > 0, [])
    if (phase === null) return null
    const said = [phase, ...collectors].join()
    if (said === one.said) return null
    one.said = said
    const because =
      collectors.length > 0
        ? `hardly anybody of ${listed(collectors)} is believed now`
        : `${listed(this.#troubled)} is believed again`
    const tags = [{ name: 'collector', score: 2, because }]
    const signal = this.#signal(one, { at, phase, severity: 'info', tags, cap: null })
    if (phase === 'resolved') reset(one)
    return signal
  }

  /** `seen`: planes that are not blind; `outside`: an outside observer tells what it sees. */
  tick(
    at: Instant,
    findings: readonly Finding[],
    { seen, outside }: { readonly seen: number; readonly outside: boolean },
  ): Signal[] {
    const out: Signal[] = []
    const cap: Signal['cap'] =
      seen < 2 ? { level: 'medium', because: 'only one plane is seen' } : null
    for (const one of this.#cases) {
      const asked = outside || !one.rule.outside
      const own = asked ? findings.filter(({ id }) => one.rule.by.includes(id)) : []
      const phase = step(one, at, own.length > 0, own)
      if (phase === null) continue
      const said = [phase, ...own.map(({ id }) => id)].join()
      if (said === one.said) continue
      one.said = said
      out.push(this.#signal(one, { at, phase, severity: 'minor', tags: own.map(tagOf), cap }))
      if (phase === 'resolved') reset(one)
    }
    return out
  }

  #signal(
    { rule, key, startedAt, lastAt }: Case,
    about: Pick<Signal, 'at' | 'severity' | 'tags' | 'cap'> & { readonly phase: Phase },
  ): Signal {
    return {
      kind: rule.kind,
      key,
      asn: this.#asn,
      culprit: this.#asn,
      afi: null,
      ...about,
      startedAt,
      endedAt: about.phase === 'resolved' ? lastAt : null,
      now: this.#counts(),
      segments: [],
      samples: noSamples,
      rfc7908: null,
    }
  }

  #counts(): Counts {
    return {
      prefixes: 0,
      ofPrefixes: this.#view.prefixesOf(this.#asn).length,
      covered: 0,
      peerAsns: 0,
      collectors: 0,
      share: 0,
    }
  }
}

/** Null while there is nothing to say. */
function step(one: Case, at: Instant, holds: boolean, own: readonly Finding[]): Phase | null {
  const { hold } = one
  if (holds) one.lastAt = at
  if (hold.confirmedAt === null && holds) {
    const onsets = own.flatMap(({ onset }) => (onset === null ? [] : [onset.at]))
    one.startedAt = onsets.length > 0 ? Math.min(...onsets) : (hold.since ?? at)
  }
  const phase = hold.update(at, holds, !holds, CONFIRM, CLEAR)
  return phase === 'open' || phase === 'resolving' || phase === 'resolved' ? phase : null
}

function reset(one: Case): void {
  one.hold = new Hold()
  one.said = ''
}

/** Decibels by four: as sure as a signal of routes with as much behind it. */
function tagOf({ id, because }: Finding): Tag {
  const { routing, flood } = evidence[id]
  return { name: id, score: Math.max(0, Math.round(Math.max(routing, flood) / 4)), because }
}
