import { expect, test } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { explanation } from '../../src/report/explanation.ts'
import { page, story } from '../../src/report/story.ts'
import { judged, outage } from './sample.ts'

const verdict = judged.verdict as Verdict
const version = (n: number, revision: number, more: Partial<Verdict> = {}): Incident => ({
  ...judged,
  revision,
  updatedAt: `2024-10-29T00:1${revision}:00.000Z`,
  verdict: { ...verdict, version: n, ...more },
})

test('tells all versions in their order, and counts those that nobody kept', () => {
  const first = version(1, 1, { cause: 'undetermined', confidence: 0, changedBecause: null })
  const told = explanation([
    version(5, 4, { changedBecause: 'gone: ctx.change' }),
    version(1, 2),
    first,
  ])
  expect(told.split('\n')).toEqual(
    expect.arrayContaining([
      '  v1 2024-10-29T00:11:00.000Z undetermined 0.00 (routing +37 dB, flood −31 dB)',
      '  (3 versions not kept)',
      '  v5 2024-10-29T00:14:00.000Z routing-fault-with-secondary-surge 0.95 (routing +37 dB, flood −31 dB): gone: ctx.change',
    ]),
  )
  // The second revision of the same version is no news.
  expect(told.match(/^ {2}v\d/gm)).toHaveLength(2)
})

test('holds the page, each ground with its sum, the order and the planes', () => {
  const told = explanation([judged])
  for (const line of page(judged)) expect(told).toContain(`  ${line}\n`)
  expect(told).toContain('For and against a routing fault, +37 dB in all:\n')
  expect(told).toContain('For and against a flood, −31 dB in all:\n')
  for (const { because } of [...verdict.for, ...verdict.against, ...verdict.other])
    expect(told).toContain(because)
  expect(told).toContain(
    '(igp.lsdb_jump: IS-IS/OSPF route or LSP/LSA count ≥ 3x baseline (KT: ~10k → several 100k))',
  )
  expect(told).toContain('Order:\n  unresolved: IS-IS 02:16:02')
  expect(told).toContain('  flow     blind: weighs nothing\n')
  expect(told).toContain('  dns      seen: dns.diffuse, dns.upstream_fail\n')
  expect(told).toContain('  change   seen, nothing found\n')
})

test('what has not been judged is told without a verdict', () => {
  expect(explanation([outage])).toBe(
    `${story(outage)}\n\nThis incident has not been judged: there is no verdict.\n`,
  )
})
