import { expect, test } from 'vitest'
import type { EvidenceId } from '../../src/core/evidence.ts'
import type { View } from '../../src/core/view.ts'
import { OwnSignals } from '../../src/verdict/own-signals.ts'
import { finding } from './cases.ts'
import { instant } from './signals.ts'

const view = { prefixesOf: () => [1, 2] } as unknown as View
const own = () => new OwnSignals(7000, view)

/** What is said, a tick every ten seconds. */
function say(book: OwnSignals, from: number, to: number, ids: EvidenceId[]) {
  const out: string[] = []
  for (let s = from; s <= to; s += 10)
    for (const { key, phase, severity } of book.tick(
      instant(s),
      ids.map((id) => finding(id)),
      { seen: 3, outside: false },
    ))
      out.push(`${s} ${key} ${phase} ${severity}`)
  return out
}

test('a surge is believed after twenty seconds, let go after five minutes, and said once each', () => {
  const book = own()
  expect(say(book, 0, 100, ['in.surge'])).toEqual(['20 surge:7000 open minor'])
  expect(book.isOpen).toBe(true)
  expect(say(book, 110, 500, [])).toEqual([
    '110 surge:7000 resolving minor',
    '410 surge:7000 resolved minor',
  ])
  expect([book.isOpen, book.keys, book.since]).toEqual([false, [], null])
})

test('what passes within twenty seconds is not said, and begins anew', () => {
  const book = own()
  expect(say(book, 0, 10, ['in.surge'])).toEqual([])
  expect(say(book, 20, 30, [])).toEqual([])
  expect(say(book, 40, 60, ['in.surge'])).toEqual(['60 surge:7000 open minor'])
  expect(book.since).toBe(instant(40))
})

test('it mends when nothing that is open has its evidence any more', () => {
  const book = own()
  say(book, 0, 100, ['in.surge', 'igp.spf_storm'])
  expect(book.mends).toBe(false)
  say(book, 110, 120, ['igp.spf_storm'])
  expect(book.mends).toBe(false)
  say(book, 130, 130, [])
  expect([book.isOpen, book.mends]).toEqual([true, true])
})

test('of a collector it is said who is not believed, and in the end who is again', () => {
  const book = own()
  const because: (string | undefined)[] = []
  for (let s = 0; s <= 500; s += 10) {
    const signal = book.blind(instant(s), s < 100 ? ['rrc00', 'rrc01'] : [])
    if (signal) because.push(`${signal.phase}: ${signal.tags[0]?.because}`)
  }
  expect(because).toEqual([
    'open: hardly anybody of rrc00, rrc01 is believed now',
    'resolving: rrc00, rrc01 is believed again',
    'resolved: rrc00, rrc01 is believed again',
  ])
})
