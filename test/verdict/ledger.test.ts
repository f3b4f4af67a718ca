import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Counts, Severity, Signal } from '../../src/core/incident.ts'
import { noSamples } from '../../src/core/incident.ts'
import { minutes, parseInstant, seconds } from '../../src/core/time.ts'
import type { Cause, Verdict } from '../../src/core/verdict.ts'
import { Ledger } from '../../src/verdict/ledger.ts'
import { confidenceOf } from '../../src/verdict/weigh.ts'

const start = parseInstant('2025-01-01T00:00:00Z') ?? 0
const inputs = { version: 'v', config: 'c', asRelationships: null, vrps: null }
const vantage = { active: 10, quarantined: 0, down: 0, unknown: 0 }
const ledger = (most?: number) =>
  new Ledger({ baseline: 'rib', inputs, ...(most === undefined ? {} : { most }) })

const counts = (prefixes: number, about: Partial<Counts> = {}): Counts => ({
  prefixes,
  ofPrefixes: 100,
  covered: 0,
  peerAsns: 10,
  collectors: 1,
  share: prefixes / 100,
  ...about,
})

/** What a detector says at so many seconds. */
function signal(at: number, prefixes: number, about: Partial<Signal> = {}): Signal {
  return {
    kind: 'outage.as',
    key: 'outage:7000:ipv4',
    asn: 7000,
    culprit: 7000,
    afi: 'ipv4',
    at: start + seconds(at),
    phase: 'open',
    startedAt: start,
    endedAt: null,
    severity: 'minor',
    tags: [{ name: 't', score: 5, because: 'b' }],
    cap: null,
    now: counts(prefixes),
    segments: [],
    samples: { ...noSamples, prefixes: [`${prefixes} prefixes`] },
    rfc7908: null,
    ...about,
  }
}

/** What follows from the signals of one tick. */
const told = (book: Ledger, signals: readonly Signal[]) =>
  book.take(signals, vantage, signals[0]?.at ?? start)

/** The reasons of the revisions that follow from signals, one tick each. */
function reasons(book: Ledger, ...signals: Signal[]): string[] {
  return signals.flatMap((s) => told(book, [s]).map(({ because }) => because))
}

test('the id is 16 hex of SHA-256 of the key and the first start, and stays', () => {
  const book = ledger()
  const [first] = told(book, [signal(60, 10)])
  const [second] = told(book, [signal(70, 30, { startedAt: start + seconds(9) })])
  const hash = createHash('sha256')
    .update(`outage:7000:ipv4|${start / 1_000}`)
    .digest('hex')
  expect([first?.id, second?.id]).toEqual([hash.slice(0, 16), hash.slice(0, 16)])
  expect([first?.revision, second?.revision]).toEqual([1, 2])
  expect(second?.startedAt).toBe('2025-01-01T00:00:00.000Z')
})

test('what has come to be of both families was of both, when one of them is well again too', () => {
  const book = ledger()
  const families = [signal(60, 10), signal(400, 30, { afi: null }), signal(800, 70)].map(
    (said) => told(book, [said])[0]?.afi,
  )
  expect(families).toEqual(['ipv4', null, null])
})

describe('a revision is written when', () => {
  const following = (...signals: Signal[]) => reasons(ledger(), signal(60, 10), ...signals).slice(1)

  test.each<[string, Signal, string]>([
    ['severity rises', signal(70, 10, { severity: 'major' }), 'severity rose to major'],
    [
      'confidence has another level',
      signal(70, 10, { tags: [{ name: 't', score: 8, because: 'b' }] }),
      'confidence is high now',
    ],
    ['prefixes have doubled', signal(70, 20), 'twice as many prefixes'],
    ['peers have', signal(70, 10, { now: counts(10, { peerAsns: 20 }) }), 'twice as many peers'],
    [
      'a new link is part of it',
      signal(70, 10, { segments: [{ from: 1, by: 2, to: 3, prefixes: 4 }] }),
      'a new segment',
    ],
    ['it gets well', signal(70, 0, { phase: 'resolving' }), 'it is getting well'],
    ['it has changed for five minutes', signal(360, 11), 'it has changed'],
  ])('%s', (_, next, why) => {
    expect(following(next)).toEqual([why])
    // And once only.
    expect(following(next, { ...next, at: next.at + seconds(10) })).toEqual([why])
  })

  test.each([
    ['nothing has changed for hours', signal(7_200, 10)],
    ['it has changed a little', signal(70, 19)],
    ['severity falls', signal(70, 10, { severity: 'info' })],
    ['it is less sure', signal(70, 10, { tags: [{ name: 't', score: 1, because: 'b' }] })],
  ])('not when %s', (_, next) => {
    expect(following(next)).toEqual([])
  })

  test('growth back to what it was is none', () => {
    const up = signal(90, 10)
    expect(following(signal(70, 0, { phase: 'resolving' }), signal(80, 4), up)).toEqual([
      'it is getting well',
      'it is getting worse again',
    ])
  })
})

test('counts are the worst so far, `now` the present, evidence that of the worst', () => {
  const book = ledger()
  told(book, [signal(60, 10)])
  told(book, [signal(70, 40, { severity: 'major' })])
  told(book, [signal(80, 2, { phase: 'resolving' })])
  const end = signal(400, 0, { phase: 'resolved', endedAt: start + seconds(79) })
  const [last] = told(book, [{ ...end, samples: noSamples }])
  expect(last).toMatchObject({ severity: 'major', endedAt: '2025-01-01T00:01:19.000Z' })
  expect(last?.counts).toMatchObject({ prefixes: 40, share: 0.4, now: { prefixes: 0 } })
  expect(last?.samples.prefixes).toEqual(['40 prefixes'])
})

test('segments are those of the worst, and those told of at other times', () => {
  const book = ledger()
  const link = (to: number, prefixes: number) => ({ from: 1, by: 2, to, prefixes })
  told(book, [signal(60, 50, { segments: [link(3, 50)] })])
  const [second] = told(book, [signal(70, 20, { segments: [link(4, 20)] })])
  expect(second?.segments).toEqual([link(3, 50), link(4, 20)])
  const [last] = told(book, [signal(80, 0, { phase: 'resolving' })])
  expect(last?.segments).toEqual([link(3, 50), link(4, 20)])
})

describe('confidence', () => {
  test.each<[number, string]>([
    [-2, 'low'],
    [3, 'low'],
    [4, 'medium'],
    [7, 'medium'],
    [8, 'high'],
  ])('of %i is %s', (score, level) => {
    const tags = [{ name: 't', score, because: 'b' }]
    expect(confidenceOf(signal(0, 1, { tags }))).toEqual({ score, level, tags })
  })

  test('is capped, and says why', () => {
    const capped = confidenceOf(
      signal(0, 1, {
        tags: [{ name: 't', score: 9, because: 'b' }],
        cap: { level: 'medium', because: 'few' },
      }),
    )
    expect(capped.level).toBe('medium')
    expect(capped.tags.at(-1)).toEqual({ name: 'cap.medium', score: 0, because: 'few' })
  })

  test('rises when a cap falls, though less is lost by then', () => {
    const book = ledger()
    const tags = (score: number) => [{ name: 't', score, because: 'b' }]
    const cap = { level: 'low', because: 'young' } as const
    const [first] = told(book, [signal(60, 10, { tags: tags(7), cap })])
    const [second] = told(book, [signal(70, 9, { tags: tags(6) })])
    expect([first?.confidence.level, second?.confidence.level]).toEqual(['low', 'medium'])
  })
})

describe('again', () => {
  const over = (book: Ledger) =>
    reasons(
      book,
      signal(60, 10),
      signal(100, 0, { phase: 'resolved', endedAt: start + seconds(90) }),
    )
  const later = (after: number, about: Partial<Signal> = {}) =>
    signal(100 + after / seconds(1), 10, { startedAt: start + seconds(50) + after, ...about })

  test('within half an hour it is reopened, and stays so until it is over', () => {
    const book = ledger()
    over(book)
    const [back] = told(book, [later(minutes(30))])
    expect(back).toMatchObject({ state: 'reopened', revision: 3, previousId: null, endedAt: null })
    const [worse] = told(book, [later(minutes(31), { severity: 'critical' })])
    expect(worse?.state).toBe('reopened')
  })

  test('later it is another', () => {
    const book = ledger()
    const [first] = told(book, [signal(60, 10)])
    over(book)
    const [back] = told(book, [later(minutes(30) + seconds(10))])
    expect(back).toMatchObject({ state: 'open', revision: 1, previousId: first?.id })
    expect(back?.id).not.toBe(first?.id)
  })

  test('later but of the same start it has the same id, so it is the same', () => {
    const book = ledger()
    over(book)
    const [back] = told(book, [later(minutes(40), { startedAt: start })])
    expect(back).toMatchObject({ state: 'reopened', revision: 3 })
  })

  test('a passing moment after it is over is told only when it is long over', () => {
    const book = ledger()
    over(book)
    expect(told(book, [later(minutes(10), { phase: 'transient' })])).toEqual([])
    const [transient] = told(book, [later(minutes(40), { phase: 'transient' })])
    expect(transient).toMatchObject({ state: 'transient', revision: 1 })
    expect(book.open).toBe(0)
  })

  test('that what was told has passed is no news, however late', () => {
    const book = ledger()
    told(book, [signal(60, 10)])
    told(book, [signal(360, 0, { phase: 'resolved', endedAt: start + seconds(60) })])
    expect(told(book, [signal(86_400, 10, { phase: 'transient' })])).toEqual([])
    expect(book.open).toBe(0)
  })

  test('what is still getting well opens nothing', () => {
    const book = ledger()
    over(book)
    expect(told(book, [later(minutes(1), { phase: 'resolving' })])).toEqual([])
    expect(told(book, [later(minutes(1), { phase: 'resolved' })])).toEqual([])
  })
})

test('who hovers about the bar says it once in five minutes that it gets well', () => {
  const book = ledger()
  told(book, [signal(60, 10)])
  const turns: string[] = []
  for (let at = 70; at <= 660; at += 10) {
    const phase = (at / 10) % 2 === 1 ? 'resolving' : 'open'
    turns.push(...reasons(book, signal(at, phase === 'open' ? 10 : 0, { phase })))
  }
  expect(turns).toEqual(
    Array.from({ length: 2 }, () => ['it is getting well', 'it is getting worse again']).flat(),
  )
})

describe('what another signal absorbs', () => {
  const burst = (at: number, about: Partial<Signal> = {}) =>
    signal(at, 50, { kind: 'withdrawal.burst', key: 'burst:1:ipv4', ...about })
  const whole = { absorbs: ['outage:7000:ipv4'] }

  test('is folded when it is open, and opens nothing when it is not', () => {
    const book = ledger()
    const [outage] = told(book, [signal(60, 10)])
    const [larger, folded] = told(book, [burst(70, whole)])
    expect(larger?.kind).toBe('withdrawal.burst')
    expect(folded).toMatchObject({ id: outage?.id, state: 'suppressed', foldedInto: larger?.id })
    const other = { absorbs: ['outage:7000:ipv4', 'outage:7001:ipv4'] }
    expect(told(book, [burst(80, other), signal(80, 9, { key: 'outage:7001:ipv4' })])).toEqual([])
  })

  test('stands for itself again when it outlasts it', () => {
    const book = ledger()
    told(book, [burst(60, whole), signal(60, 10)])
    const end = told(book, [burst(100, { ...whole, phase: 'resolved', endedAt: start })])
    expect(end.map(({ kind, state }) => [kind, state])).toEqual([
      ['withdrawal.burst', 'resolved'],
      ['outage.as', 'open'],
    ])
  })
})

describe('a part of an outage', () => {
  const part = (at: number, prefixes: number, about: Partial<Signal> = {}) =>
    signal(at, prefixes, { kind: 'withdrawal.mass', key: 'withdrawal:7000:ipv4', ...about })

  test('is folded when nothing of it stands alone, once, and stays so', () => {
    const book = ledger()
    told(book, [part(60, 10)])
    expect(told(book, [part(70, 10), signal(70, 30)])).toHaveLength(1)
    const folded = told(book, [part(80, 0), signal(80, 30)])
    expect(folded).toMatchObject([{ kind: 'withdrawal.mass', state: 'suppressed' }])
    expect(folded[0]?.foldedInto).toMatch(/^[0-9a-f]{16}$/)
    for (let at = 90; at < 400; at += 10)
      expect(told(book, [part(at, 0, { phase: 'resolving' }), signal(at, 30)])).toEqual([])
    expect(book.open).toBe(1)
  })

  test('of the other family is none', () => {
    const book = ledger()
    told(book, [part(60, 10, { key: 'withdrawal:7000:ipv6', afi: 'ipv6' })])
    const six = part(70, 0, { key: 'withdrawal:7000:ipv6', afi: 'ipv6' })
    expect(told(book, [six, signal(70, 30)]).map(({ kind }) => kind)).toEqual(['outage.as'])
  })
})

test('the order of signals does not matter', () => {
  const keys = ['leak:5', 'outage:7000:ipv4', 'outage:7001:ipv4', 'prefix:7002:ipv4']
  const inOrder = (order: readonly string[]) =>
    told(
      ledger(),
      order.map((key) => signal(60, 10, { key })),
    )
  expect(inOrder(keys.toReversed())).toEqual(inOrder(keys))
})

test('at the end those are told once more that know more than was written', () => {
  const book = ledger()
  told(book, [signal(60, 10), signal(60, 10, { key: 'outage:7001:ipv4' })])
  told(book, [signal(70, 12)])
  const last = book.finish(vantage, start + seconds(80))
  expect(last).toMatchObject([{ key: 'outage:7000:ipv4', state: 'open', endedAt: null }])
  expect(last[0]?.counts.now.prefixes).toBe(12)
})

test('there is an end to how many are kept: what is over goes first, and is no loss', () => {
  const book = ledger(3)
  const open = (n: number) => signal(60 + n, 10, { key: `outage:${n}:ipv4` })
  for (const n of [1, 2, 3]) told(book, [open(n)])
  told(book, [{ ...open(2), phase: 'resolved', endedAt: start }])
  told(book, [open(4)])
  expect([book.open, book.dropped]).toEqual([3, 0])
  told(book, [open(5)])
  expect([book.open, book.dropped]).toEqual([3, 1])
})

test('what is open stays: beyond, newcomers are refused once, and told when there is room', () => {
  const book = ledger(3)
  const all = (at: number) =>
    [1, 2, 3, 4, 5].map((n) => signal(at, 10, { key: `outage:${n}:ipv4`, asn: n }))
  const keys = (at: number, signals: Signal[]) =>
    book.take(signals, vantage, start + seconds(at)).map(({ asn, state }) => `${asn} ${state}`)
  expect(keys(60, all(60))).toEqual(['1 open', '2 open', '3 open'])
  for (const at of [70, 80, 90]) expect(keys(at, all(at))).toEqual([])
  expect([book.open, book.dropped]).toEqual([3, 2])
  // The fourth is over before there was room; the fifth says nothing new.
  expect(
    keys(
      100,
      all(100)
        .slice(3, 4)
        .map((s) => ({ ...s, phase: 'resolved' })),
    ),
  ).toEqual([])
  const over = all(110)
    .slice(0, 1)
    .map((s): Signal => ({ ...s, phase: 'resolved', endedAt: start }))
  expect(keys(110, over)).toEqual(['1 resolved'])
  expect(keys(120, [])).toEqual(['5 open'])
  expect(keys(130, [])).toEqual([])
  expect([book.open, book.dropped]).toEqual([3, 2])
})

test('what a detector does not repeat is written when its time has come', () => {
  const book = ledger()
  const quiet = (at: number) => book.take([], vantage, start + seconds(at))
  told(book, [signal(60, 10)])
  expect(told(book, [signal(70, 12)])).toEqual([])
  expect(quiet(350)).toEqual([])
  expect(quiet(360)).toMatchObject([
    { because: 'it has changed', counts: { now: { prefixes: 12 } } },
  ])
  expect(quiet(700)).toEqual([])
})

test('a part that was said before is folded when the outage opens', () => {
  const book = ledger()
  told(book, [signal(60, 1, { kind: 'outage.prefix', key: 'prefix:7000:ipv4' })])
  expect(told(book, [signal(120, 30)]).map(({ kind, state }) => `${kind} ${state}`)).toEqual([
    'outage.as open',
    'outage.prefix suppressed',
  ])
})

test('a worse signal without evidence keeps what there was', () => {
  const book = ledger()
  const element = { file: 'f', offset: 7 }
  told(book, [signal(60, 10, { samples: { ...noSamples, elements: [element] } })])
  const [worse] = told(book, [signal(70, 30, { samples: { ...noSamples, prefixes: ['p'] } })])
  expect(worse?.samples).toEqual({ prefixes: ['p'], paths: [], elements: [element] })
})

test('what ends without having come back was given up', () => {
  const book = ledger()
  const over = signal(70, 0, { phase: 'resolved' })
  expect(reasons(book, signal(60, 10), over)[1]).toContain('given up')
})

test('what more than routes tell of a network is no part of what is told of another', () => {
  const book = ledger()
  const burst = signal(60, 50, {
    kind: 'withdrawal.burst',
    key: 'burst',
    asn: 7001,
    absorbs: ['outage:7000:ipv4'],
  })
  const alone = signal(60, 10)
  const keys = (...signals: Signal[]) =>
    told(book, signals).map(({ key, state }) => `${key} ${state}`)
  expect(keys(burst, alone)).toEqual(['burst open'])
  // A flood is seen with it: that is another matter.
  const both = signal(90, 10, { kinds: ['outage.as', 'traffic.surge'] })
  expect(keys(both)).toEqual(['outage:7000:ipv4 open'])
  const over = {
    at: start + seconds(400),
    phase: 'resolved',
    endedAt: start + seconds(99),
  } as const
  expect(keys({ ...both, ...over })).toEqual(['outage:7000:ipv4 resolved'])
  expect(keys({ ...burst, ...over, at: start + seconds(410) })).toEqual(['burst resolved'])
})

test('harm that another plane sees makes it worse, once; what is explained does not repeat that it would', () => {
  let harm: Severity = 'info'
  let cause: Cause = 'undetermined'
  const book = new Ledger({
    baseline: 'rib',
    inputs,
    harm: () => harm,
    verdict: () => ({ cause, version: 1 }) as Verdict,
    watches: () => true,
  })
  const at = (s: number) => book.take([], vantage, start + seconds(s))
  expect(told(book, [signal(60, 10)])).toMatchObject([{ severity: 'minor' }])
  expect(at(70)).toEqual([])
  harm = 'critical'
  expect(at(80)).toMatchObject([{ severity: 'critical', because: 'severity rose to critical' }])
  expect(at(90)).toEqual([])
  cause = 'planned-maintenance'
  expect(told(book, [signal(400, 9)])).toMatchObject([{ severity: 'info' }])
  // The detector goes on to say what it says, worse than what is told.
  expect(reasons(book, signal(410, 9), signal(420, 9), signal(430, 9))).toEqual([])
  cause = 'routing-fault'
  harm = 'info'
  expect(told(book, [signal(800, 8)])).toMatchObject([{ severity: 'critical' }])
})

test('trouble of another kind that joins an incident is news of it, once', () => {
  const both = { kinds: ['outage.as', 'session.loss'] } as const
  const book = ledger()
  expect(
    reasons(book, signal(60, 10), signal(70, 10, both), signal(80, 10, both), signal(90, 10)),
  ).toEqual(['confirmed', 'session.loss is told with it'])
  expect(told(book, [signal(400, 30, both)])[0]?.kinds).toEqual(['outage.as', 'session.loss'])
})
