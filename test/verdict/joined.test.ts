import { describe, expect, test } from 'vitest'
import type { Counts, Signal } from '../../src/core/incident.ts'
import { Joined } from '../../src/verdict/joined.ts'
import { instant, said, start, surge } from './signals.ts'

const lost = (prefixes: number): Counts => ({ ...said(0).now, prefixes })
const joined = () => new Joined((asn) => asn === 7000 || asn === 7001)
/** What is told at so many seconds, shortly. */
const told = (book: Joined, s: number, ...signals: Signal[]) =>
  book.take(signals, instant(s)).map(({ key, phase }) => `${key} ${phase}`)

test('what begins within ten minutes is one, under the name of the first', () => {
  const book = joined()
  expect(told(book, 60, said(60))).toEqual(['outage:7000:ipv4 open'])
  const both = book.take([surge(90, { startedAt: instant(80) })], instant(90))
  expect(both).toMatchObject([
    { key: 'outage:7000:ipv4', kind: 'outage.as', kinds: ['outage.as', 'traffic.surge'] },
  ])
  expect(told(book, 900, surge(900, { key: 'igp:7000', startedAt: instant(900) }))).toEqual([
    'igp:7000 open',
  ])
})

test('signals of routes alone, of others, and of what only asks for a look stay apart', () => {
  const book = joined()
  const leak = said(60, { kind: 'leak.path', key: 'leak:7000' })
  const roa = said(60, { kind: 'rpki.invalid', key: 'rpki' })
  const other = surge(60, { asn: 7002 })
  expect(told(book, 60, said(60), leak, roa, other).sort()).toEqual(
    ['leak:7000 open', 'outage:7000:ipv4 open', 'rpki open', 'surge:7002 open'].sort(),
  )
  expect(told(book, 70, surge(70))).toEqual(['leak:7000 open'])
})

describe('the name stays', () => {
  const pair = () => {
    const book = joined()
    told(book, 60, said(60, { now: lost(5) }), surge(60))
    return book
  }

  test('when the first is over and another lasts', () => {
    const book = pair()
    const end = said(300, { phase: 'resolved' })
    expect(told(book, 300, end)).toEqual(['outage:7000:ipv4 open'])
    expect(told(book, 310, surge(310, { phase: 'resolving' }))).toEqual([
      'outage:7000:ipv4 resolving',
    ])
    const [over] = book.take(
      [surge(600, { phase: 'resolved', endedAt: instant(310) })],
      instant(600),
    )
    expect(over).toMatchObject({ phase: 'resolved', startedAt: start, endedAt: instant(310) })
  })

  test('when one that was over is there again', () => {
    const book = pair()
    told(book, 300, said(300, { phase: 'resolved' }))
    expect(told(book, 400, said(400, { phase: 'transient' }))).toEqual(['outage:7000:ipv4 open'])
    const back = said(500, { startedAt: instant(490), now: lost(7) })
    const [whole] = book.take([back], instant(500))
    expect(whole).toMatchObject({ phase: 'open', startedAt: start, now: { prefixes: 7 } })
  })

  test('when all was over and one comes back within half an hour', () => {
    const book = pair()
    told(book, 300, said(300, { phase: 'resolved' }), surge(300, { phase: 'resolved' }))
    expect(told(book, 900, surge(900, { startedAt: instant(890) }))).toEqual([
      'outage:7000:ipv4 open',
    ])
    // And what begins with it.
    const igp = surge(950, { kind: 'igp.anomaly', key: 'igp:7000', startedAt: instant(930) })
    expect(told(book, 950, igp)).toEqual(['outage:7000:ipv4 open'])
  })

  test('and is forgotten after that', () => {
    const book = pair()
    told(book, 300, said(300, { phase: 'resolved' }), surge(300, { phase: 'resolved' }))
    expect(told(book, 2_200, surge(2_200, { startedAt: instant(2_190) }))).toEqual([
      'surge:7000 open',
    ])
  })
})

test('one that stood alone begins anew, and others join it by its new beginning', () => {
  const book = joined()
  told(book, 60, surge(60))
  expect(told(book, 300, surge(300, { phase: 'resolved' }))).toEqual(['surge:7000 resolved'])
  told(book, 1_200, surge(1_200, { startedAt: instant(1_190) }))
  expect(told(book, 1_210, said(1_210, { startedAt: instant(1_200) }))).toEqual(['surge:7000 open'])
})

test('what passes by itself is told as it is', () => {
  const book = joined()
  expect(told(book, 60, said(60, { phase: 'transient' }))).toEqual(['outage:7000:ipv4 transient'])
  expect(told(book, 60, said(60, { phase: 'standing' }))).toEqual(['outage:7000:ipv4 standing'])
  expect(told(book, 70, said(70, { phase: 'resolved' }))).toEqual(['outage:7000:ipv4 resolved'])
})

test('lesser losses are part of an outage that goes by another name', () => {
  const book = joined()
  told(book, 60, surge(60))
  const [whole] = book.take([said(70, { now: lost(9), absorbs: ['surge:7000', 'x'] })], instant(70))
  expect(whole?.key).toBe('surge:7000')
  expect([...(whole?.absorbs ?? [])].sort()).toEqual([
    'partial:7000:ipv4',
    'prefix:7000:ipv4',
    'withdrawal:7000:ipv4',
    'x',
  ])
})

test('whose numbers are shown does not depend on the order of arrival', () => {
  const igp = surge(60, { kind: 'igp.anomaly', key: 'igp:7000', afi: null })
  const all = [surge(60), igp, said(60)]
  const shown = [all, all.toReversed(), [igp, surge(60), said(60)]].map((some) =>
    JSON.stringify(joined().take(some, instant(60))),
  )
  expect(new Set(shown).size).toBe(1)
})

test('an outage of both families counts both, and is of neither alone', () => {
  const counts = (of: number, about: Partial<Counts>): Counts => ({
    ...lost(0),
    ofPrefixes: of,
    ...about,
  })
  const four = said(60, { now: counts(30, { prefixes: 30, peerAsns: 9, share: 1 }) })
  const six = said(60, {
    key: 'outage:7000:ipv6',
    afi: 'ipv6',
    now: counts(10, { prefixes: 5, covered: 1, peerAsns: 4, collectors: 2, share: 0.5 }),
  })
  const book = joined()
  book.take([surge(60), four], instant(60))
  const [whole] = book.take([six], instant(70))
  expect(whole).toMatchObject({
    afi: null,
    kinds: ['outage.as', 'traffic.surge'],
    now: { prefixes: 35, ofPrefixes: 40, covered: 1, peerAsns: 9, collectors: 2, share: 0.875 },
  })
  // One of them is over: of the other as many are gone as were.
  const back = { ...six, phase: 'resolved' as const, at: instant(90), now: counts(10, {}) }
  expect(book.take([back], instant(90))).toMatchObject([{ now: { prefixes: 30, ofPrefixes: 40 } }])
})

test('a part of an outage is counted in it, and not beside it', () => {
  const part = said(60, { kind: 'outage.prefix', key: 'prefix:7000:ipv4', now: lost(2) })
  const [whole] = joined().take([surge(60), said(60, { now: lost(7) }), part], instant(60))
  expect(whole).toMatchObject({ afi: 'ipv4', now: { prefixes: 7 } })
})

test('it is of the family whose loss is counted, however many prefixes a surge is about', () => {
  const wide = surge(60, { afi: null, now: lost(9) })
  const [whole] = joined().take([wide, said(60, { now: lost(2) })], instant(60))
  expect(whole).toMatchObject({ afi: 'ipv4', now: { prefixes: 2 } })
})
