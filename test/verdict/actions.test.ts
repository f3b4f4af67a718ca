import { describe, expect, test } from 'vitest'
import type { EvidenceId } from '../../src/core/evidence.ts'
import { type Cause, causes, type Verdict } from '../../src/core/verdict.ts'
import { actionsFor } from '../../src/verdict/actions.ts'

/** What is left of a line of the page behind its label. */
const ROOM = 99
const noFlood: Verdict['ruledOut'] = ['traffic-flood']

const actions = (
  cause: Cause,
  ids: readonly EvidenceId[] = [],
  ruledOut: Verdict['ruledOut'] = noFlood,
  harm: string | null = null,
  watched = true,
) =>
  actionsFor({
    cause,
    items: ids.map((id) => ({ id, because: `why ${id}` })),
    ruledOut,
    harm,
    watched,
  })

describe.each<Cause>([...causes])('%s', (cause) => {
  test.each<[EvidenceId[], string | null]>([
    [[], null],
    [['bgp.leak'], null],
    [['bgp.origin_foreign', 'ctx.change'], null],
    [['bgp.rx_prefix_flood'], null],
    [['igp.lsdb_jump'], null],
    [['ctx.ours_upstream'], null],
    [['dns.random_names'], null],
    [[], 'x'],
  ])('with %j and harm %j fits on the page', (ids, harm) => {
    for (const text of Object.values(actions(cause, ids, noFlood, harm)))
      expect(text.length, text).toBeLessThanOrEqual(ROOM)
  })

  test('does not speak of an attack before a flood is ruled out', () => {
    expect(actions(cause, [], []).say).not.toContain('attack')
  })

  test('names no cause to the press that is not its own', () => {
    const { say } = actions(cause)
    const routing = /routing|routes/i.test(say)
    const flood = /flood|far more traffic/i.test(say)
    const expected: Record<Cause, [boolean, boolean]> = {
      'routing-fault': [true, false],
      'routing-fault-with-secondary-surge': [true, false],
      'traffic-flood': [false, true],
      'flood-with-routing-collateral': [true, true],
      'concurrent-fault-and-flood': [true, true],
      mitigation: [false, false],
      'collector-artefact': [false, false],
      'planned-maintenance': [false, false],
      undetermined: [false, false],
    }
    expect([routing, flood]).toEqual(expected[cause])
  })
})

test.each<[Cause, EvidenceId[], string]>([
  ['routing-fault', ['ctx.change'], 'roll it back: why ctx.change'],
  ['routing-fault', ['bgp.leak', 'ctx.change'], 'call the network that leaks our routes'],
  [
    'routing-fault-with-secondary-surge',
    ['igp.lsdb_jump'],
    'serve stale DNS answers; freeze changes',
  ],
  ['traffic-flood', ['dns.concentrated'], 'at the resolvers, block the few clients'],
  ['traffic-flood', ['in.surge'], 'divert to the scrubber'],
])('%s with %j: %s', (cause, ids, says) => {
  expect(actions(cause, ids).doFirst).toContain(says)
})

test.each<Cause>([...causes])(
  '%s of a network of others is not ours to mend, or to speak for',
  (cause) => {
    const { doFirst, doNot, say } = actions(cause, ['ctx.change'], noFlood, null, false)
    expect([doFirst, doNot]).toEqual([
      'look whether we depend on it; tell its operator what is seen',
      'change anything of ours for this alone',
    ])
    expect(say).toMatch(/^Another network/)
    expect(/routing/.test(say)).toBe(cause === 'routing-fault')
  },
)
