import { expect, it } from 'vitest'
import { Batch, Message } from '../../src/core/batch.ts'
import { parsePrefix } from '../../src/core/prefix.ts'
import { hours, minutes, parseInstant, seconds } from '../../src/core/time.ts'
import { Canary, dueBefore, isAnnounced, risBeacons } from '../../src/feeds/canary.ts'

const noon = parseInstant('2026-11-30T12:00:00Z') as number
const two = noon + hours(2)

it('knows the schedule of RIS’s beacons: up every four hours from midnight, down two hours later', () => {
  expect(isAnnounced(noon)).toBe(true)
  expect(isAnnounced(two)).toBe(false)
  expect(dueBefore(two - 1)).toBe(noon)
  expect(dueBefore(two)).toBe(two)
})

it('measures the first word of what was scheduled: stamped, heard, decided', () => {
  const canary = new Canary(risBeacons)
  canary.heard(true, noon + seconds(7), noon + seconds(9))
  // Others follow, and say it again.
  canary.heard(true, noon + seconds(8), noon + seconds(10))
  const heard = { scheduled: noon, stamped: seconds(7), heard: seconds(9) }
  expect(canary.last).toEqual({ ...heard, decided: null })
  canary.reached(noon + seconds(7), noon + seconds(12))
  expect(canary.last?.decided).toBeNull()
  canary.reached(noon + seconds(8), noon + seconds(14))
  canary.reached(noon + seconds(90), noon + seconds(95))
  expect(canary.last).toEqual({ ...heard, decided: seconds(14) })
})

it('takes no table transfer, and no chase after a withdrawal, for what was scheduled', () => {
  const canary = new Canary(risBeacons)
  canary.heard(true, two + seconds(20), two + seconds(22))
  canary.heard(false, two + minutes(11), two + minutes(11))
  expect(canary.last).toBeNull()
})

it('is a symptom when nobody tells of it, until somebody tells of the next', () => {
  const canary = new Canary(risBeacons)
  canary.sight(true, noon - minutes(30))
  expect(canary.check(noon + minutes(9))).toBe(false)
  expect(canary.check(noon + minutes(10))).toBe(true)
  expect(canary.check(noon + minutes(11))).toBe(false)
  expect([canary.missed, canary.symptom]).toEqual([
    1,
    'no peer has told of the announcement of the beacons scheduled at 2026-11-30T12:00:00.000Z',
  ])
  canary.heard(false, two + seconds(30), two + seconds(32))
  expect(canary.symptom).toBeNull()
  expect(canary.check(two + minutes(20))).toBe(false)
  expect(canary.missed).toBe(1)
})

it('is heard late from a feed that lags, though it was missed before', () => {
  const canary = new Canary(risBeacons)
  canary.sight(true, noon - minutes(30))
  expect(canary.check(noon + minutes(10))).toBe(true)
  canary.heard(true, noon + seconds(9), noon + minutes(25))
  expect([canary.symptom, canary.missed]).toEqual([null, 1])
  expect(canary.last).toMatchObject({ stamped: seconds(9), heard: minutes(25) })
})

it('misses nothing that happened while we were blind, or had just begun to see', () => {
  const canary = new Canary(risBeacons)
  expect(canary.check(noon + minutes(30))).toBe(false)
  canary.sight(true, noon + minutes(31))
  expect(canary.check(noon + minutes(32))).toBe(false)
  canary.sight(false, two + minutes(1))
  canary.sight(true, two + minutes(2))
  expect(canary.check(two + minutes(30))).toBe(false)
  expect([canary.missed, canary.symptom]).toEqual([0, null])
})

it('finds its prefixes in messages, of both families, and none that are only like them', () => {
  const canary = new Canary(['84.205.64.0/24', '2001:7fb:fe00::/48', 'nonsense'])
  const batch = new Batch()
  const say = (at: number, announced: number, text: string) => {
    const prefix = parsePrefix(text)
    if (!prefix) throw new Error(text)
    const m = batch.open(Message.update, at, 0, 0)
    const e = batch.elements++
    batch.announced[e] = announced
    batch.afi[e] = prefix.afi
    batch.length[e] = prefix.length
    ;[batch.word0, batch.word1, batch.word2, batch.word3].forEach((column, i) => {
      column[e] = prefix.words[i] as number
    })
    batch.close()
    canary.message(batch, m, at + seconds(1))
    return canary.last?.scheduled
  }
  expect(say(noon, 1, '84.205.64.0/23')).toBeUndefined()
  expect(say(noon, 1, '84.205.65.0/24')).toBeUndefined()
  expect(say(noon, 1, '2001:7fb:fe01::/48')).toBeUndefined()
  expect(say(noon + seconds(1), 1, '84.205.64.0/24')).toBe(noon)
  expect(say(two, 0, '2001:7fb:fe00::/48')).toBe(two)
  expect(new Canary([]).on).toBe(false)
})
