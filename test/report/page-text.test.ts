import { describe, expect, test } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { type Cause, causes, type Verdict } from '../../src/core/verdict.ts'
import { pageText } from '../../src/report/page-text.ts'
import { page } from '../../src/report/story.ts'
import { judged, outage } from './sample.ts'

const verdict = judged.verdict as Verdict
const with_ = (more: Partial<Verdict>, incident: Partial<Incident> = {}): Incident => ({
  ...judged,
  ...incident,
  verdict: { ...verdict, ...more },
})

test('the page of 25 October 2021, before noon', () => {
  expect(page(judged)).toEqual([
    '[critical] AS4766 ROUTING FAULT WITH SECONDARY SURGE, confidence 0.95: no verdict is surer (v2, 00:08:50Z)',
    'IMPACT     inside probes fail in 9 of 11 POPs; timeouts towards outside 38 %, usually 0.4 %; DNS queries 4.1 × their forecast at 6…',
    'NOT FLOOD  ruled out at −31 dB: −10 71 % of subscribers ask 2 to 30 times as much as usual [dns.diffuse]; −10 border inflow is…',
    'FOR        +20 IS-IS holds 412,000 routes on 38 routers, usually 9,800 [igp.lsdb_jump] (+37 dB in all)',
    '           +10 timeouts towards outside 38 %, usually 0.4 % [dns.upstream_fail]',
    '           +7 inside probes fail in 9 of 11 POPs [pr.inside_fail]; +6 71 % of subscribers ask 2 to 30 times as much as usual…',
    'AGAINST    −4 before anything is known; −3 all 8,214 prefixes are visible [bgp.quiet]; −1 all of igp counts 20 dB at most',
    'ORDER      unresolved: IS-IS 02:16:02 ± 5 s, DNS 02:16:00 ± 45 s',
    'BLIND      flow',
    'CHANGES IF border inflow above 3 × its forecast, together with reflected packets would make it a fault and a flood at once',
    'DO FIRST   freeze changes; isolate the router that fills the IS-IS or OSPF table',
    'DO NOT     block or rate-limit own subscribers, or call it a DDoS',
    'SAY        We have a routing problem and are working on it. There is no sign of an attack.',
  ])
})

test('what is left open says so, and what is missing', () => {
  const open = with_({
    cause: 'undetermined',
    confidence: 0,
    capped: null,
    routingDb: 6,
    floodDb: -17,
    leaning: 'routing-fault',
    missing: ['border inflow', 'IS-IS or OSPF and its routers'],
    blind: ['ingress', 'igp'],
    doNot: 'announce a cause',
  })
  const lines = page(open)
  expect(lines[0]).toBe('[critical] AS4766 SURGE, CAUSE NOT ESTABLISHED (v2, 00:08:50Z)')
  expect(lines[2]).toMatch(/^NOT FLOOD {2}ruled out at −17 dB: −10 71 % of subscribers/)
  expect(lines[3]).toMatch(/^FAULT\? {5}leaning \+6 dB: \+20 IS-IS holds/)
  expect(lines).toContain('MISSING    border inflow; IS-IS or OSPF and its routers')
  expect(lines).toContain('DO NOT     announce a cause')
  const [calm] = page({ ...open, kinds: ['outage.as'] })
  expect(calm).toBe('[critical] AS4766 CAUSE NOT ESTABLISHED (v2, 00:08:50Z)')
})

test('the other hypothesis is accepted, refused, or open', () => {
  const line = (more: Partial<Verdict>) => page(with_(more))[2]
  expect(line({ cause: 'concurrent-fault-and-flood', floodDb: 25, ruledOut: [] })).toMatch(
    /^AND FLOOD {2}established at \+25 dB: \+1 all 8,214/,
  )
  expect(line({ floodDb: -5, ruledOut: [] })).toMatch(/^FLOOD\? {5}not ruled out, −5 dB: −10/)
  const flood = { cause: 'traffic-flood', routingDb: -31, floodDb: 37 } as const
  expect(line({ ...flood, ruledOut: ['routing-fault'] })).toMatch(
    /^NOT FAULT {2}ruled out at −31 dB/,
  )
})

test('of a gate, its reason speaks for it', () => {
  const because = 'all of it is of peers at rrc00'
  const lines = page(with_({ cause: 'collector-artefact', because }))
  expect(lines).toContain(`FOR        ${because}`)
})

test('where nobody probes, nobody claims to know what users feel', () => {
  const lines = page(with_({ blind: ['probe'], for: [], against: [], other: [] }))
  expect(lines[1]).toBe(
    'IMPACT     DNS queries 4.1 × their forecast at 6 of 6 resolvers; no probes tell what users feel',
  )
})

test('there is no page before there is a verdict', () => expect(page(outage)).toEqual([]))

describe('whatever is said', () => {
  const long = 'a very long sentence about routers and links '.repeat(20)
  const grounds = Array.from({ length: 40 }, () => ({
    id: 'igp.lsdb_jump' as const,
    db: 20,
    because: long,
  }))

  test.each<Cause>([...causes])('%s fits on a phone', (cause) => {
    const all = {
      cause,
      because: long,
      capped: long,
      for: grounds,
      against: grounds,
      other: grounds,
      order: long,
      wouldChange: [long, long, long],
      missing: [long],
      doFirst: long,
      doNot: long,
      say: long,
    }
    const lines = pageText(with_(all, { asn: 4_294_967_295 }), long)
    expect(lines.length).toBeLessThanOrEqual(13)
    for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(132)
    // However long the reasons are, one knows which version one reads.
    expect(lines[0]).toMatch(/\(v2, 00:08:50Z\)$/)
  })

  test('does nothing to a terminal', () => {
    const evil = 'red \u001b[31m\nNOT FLOOD  forged'
    const lines = pageText(with_({ say: evil, capped: evil, order: evil }), evil)
    expect(lines.length).toBe(13)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f]/)
  })
})
