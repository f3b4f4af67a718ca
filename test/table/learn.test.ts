import { expect, test } from 'vitest'
import { Batch, Message } from '../../src/core/batch.ts'
import { seconds } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { Learner } from '../../src/table/learn.ts'
import { REFERENCE } from '../../src/table/rib.ts'
import { Stage, write } from './stage.ts'

const T = 1_000_000
const P = '10.0.0.0/16'

/** [when in seconds after the beginning, vantage point, path or null, prefix]. */
type Heard = readonly [number, number, string | null, string?]

function learn(heard: readonly Heard[], size = heard.length): { stage: Stage; learner: Learner } {
  const stage = new Stage({ baseline: 'learned-from-input' })
  stage.peers(12)
  const learner = new Learner(stage.table, 100_000)
  for (let i = 0; i < heard.length; i += size) {
    const batch = new Batch(64, 64, 256)
    batch.clear()
    for (const [at, vantage, path, prefix = P] of heard.slice(i, i + size))
      write(batch, Message.update, seconds(T + at), vantage, [{ prefix, path }])
    learner.read(batch)
  }
  learner.finish()
  stage.table.start()
  return { stage, learner }
}

const carriers = ({ table }: Stage, prefix = table.names.find(4, 0x0a000000, 0, 0, 0, 16)) =>
  table.peers.list
    .filter(({ id }) => (table.rib.word(id, prefix) & REFERENCE) !== 0)
    .map(({ id }) => id)

/** Something of no interest, so that the input begins at its beginning. */
const before: Heard = [0, 11, '112 900', '99.0.0.0/8']

test('who announces carries; who withdraws with the others did too', () => {
  const { stage, learner } = learn([
    before,
    [300, 0, null],
    [310, 1, null],
    [330, 2, null],
    [900, 0, '101 900'],
    [905, 1, '102 900'],
    [906, 4, '105 900'],
  ])
  expect(carriers(stage)).toEqual([0, 1, 2, 4])
  expect([learner.announced, learner.implied]).toEqual([4, 1])
  expect(stage.standing('10.0.0.0/16')).toBe('4/4 up')
  expect(stage.table.origin(stage.id(P))).toBe(900)
  expect(stage.table.pathText(1)).toBe('?')
  // Nothing of it is news, and nobody's whole table is known.
  expect(stage.hear()).toEqual([])
  expect(stage.table.known(0)).toBe(false)
})

test('a withdrawal alone, or far from the others, implies nothing', () => {
  const alone = learn([before, [300, 0, null], [310, 1, null]])
  expect(carriers(alone.stage)).toEqual([])
  const held = learn([before, [100, 0, '101 900'], [110, 1, '102 900'], [300, 2, null]])
  expect(carriers(held.stage)).toEqual([0, 1])
  // Half of those who announce must have withdrawn, and within five minutes of it.
  const third: Heard[] = [0, 1, 2].map((v) => [100, v, `${101 + v} 900`])
  expect(carriers(learn([before, ...third, [300, 0, null], [305, 5, null]]).stage)).toEqual([
    0, 1, 2,
  ])
  const half: Heard[] = [...third.slice(0, 2), [300, 0, null]]
  expect(carriers(learn([before, ...half, [599, 5, null]]).stage)).toEqual([0, 1, 5])
  expect(carriers(learn([before, ...half, [602, 5, null]]).stage)).toEqual([0, 1])
})

test('what is lost in the first 30 s is broken at the start, and no news', () => {
  const loss = (at: number): Heard[] => [
    before,
    ...[0, 1, 2, 3].map((v): Heard => [at + v, v, null]),
    ...[0, 1, 2, 3].map((v): Heard => [900, v, `${101 + v} 900`]),
  ]
  const broken = learn(loss(20)).stage
  expect(broken.standing(P)).toBe('0/4 down')
  for (let v = 0; v < 4; v++) broken.withdraw(T + 20, v, P)
  expect(broken.hear()).toEqual([])
  for (let v = 0; v < 4; v++) broken.announce(T + 900, v, P, `${101 + v} 900`)
  // Seen whole again, it can be lost like others.
  expect(broken.hear().filter((line) => line.startsWith('10'))).toEqual([
    '10.0.0.0/16 down > lost',
    '10.0.0.0/16 lost > up',
  ])
  expect(learn(loss(31)).stage.standing(P)).toBe('4/4 up')
  // One of four is gone at the beginning, the others only after a minute.
  const one = learn([...loss(100), [10, 0, null]]).stage
  expect(one.standing(P)).toBe('4/4 up')
  const two = learn([...loss(100), [10, 0, null], [60, 1, null]]).stage
  expect(two.standing(P)).toBe('0/4 down')
})

test('noise of those who do not carry it does not break it', () => {
  // Six repeat an old withdrawal at the beginning; those who carry it lose it much later.
  const { stage } = learn([
    before,
    ...[5, 6, 7, 8, 9, 10].map((v): Heard => [v, v, null]),
    ...[0, 1, 2].map((v): Heard => [600 + v, v, null]),
    ...[0, 1, 2].map((v): Heard => [900, v, `${101 + v} 900`]),
  ])
  expect(carriers(stage)).toEqual([0, 1, 2])
  expect(stage.standing(P)).toBe('3/3 up')
})

test('one damaged stamp does not move the beginning', () => {
  for (const damaged of [-T, 60 * 365 * 86_400]) {
    for (const place of [0, 2]) {
      const heard: Heard[] = [
        ...[1, 2, 3].map((at): Heard => [at, 10, '111 900', '98.0.0.0/8']),
        ...[0, 1, 2, 3].map((v): Heard => [20, v, null]),
        ...[0, 1, 2, 3].map((v): Heard => [900, v, `${101 + v} 900`]),
      ]
      heard.splice(place, 0, [damaged, 11, '112 900', '99.0.0.0/8'])
      expect(learn(heard).stage.standing(P)).toBe('0/4 down')
    }
  }
})

test('the order of batches does not matter', () => {
  const dice = new Dice('learn')
  let implied = 0
  let broken = 0
  for (let round = 0; round < 60; round++) {
    const heard: Heard[] = []
    for (let i = 0; i < 80; i++) {
      const v = dice.int(0, 9)
      const k = dice.int(0, 5)
      const event = dice.pick([10, 400, 1_500])
      const lost = dice.chance(0.5)
      const at = lost ? event + dice.int(0, 40) : dice.int(0, 3_000)
      heard.push([at, v, lost ? null : `${101 + v} ${900 + k}`, `10.${k}.0.0/16`])
    }
    const result = (list: readonly Heard[]) => {
      const { stage, learner } = learn(list, 8)
      implied += learner.implied
      return Array.from({ length: 6 }, (_, k) => {
        const prefix = stage.id(`10.${k}.0.0/16`)
        const standing = stage.standing(`10.${k}.0.0/16`)
        if (standing.endsWith('down')) broken++
        return `${carriers(stage, prefix)} ${standing} ${stage.table.origin(prefix)}`
      })
    }
    const batches = Array.from({ length: 10 }, (_, i) => heard.slice(i * 8, i * 8 + 8))
    expect(result(dice.shuffle(batches).flat())).toEqual(result(heard))
  }
  expect(implied).toBeGreaterThan(250)
  expect(broken).toBeGreaterThan(10)
})

test('bounds: routes that find no room are not learned, and nothing breaks', () => {
  const stage = new Stage({ baseline: 'learned-from-input', limits: { prefixes: 3, routes: 512 } })
  stage.peers(3)
  const learner = new Learner(stage.table, 512)
  const batch = new Batch(64, 64, 256)
  batch.clear()
  for (let k = 0; k < 6; k++)
    for (let v = 0; v < 3; v++)
      write(batch, Message.update, seconds(T), v, [{ prefix: `10.${k}.0.0/16`, path: '101 900' }])
  learner.read(batch)
  learner.finish()
  stage.table.start()
  expect(learner.announced).toBe(3)
  expect(stage.table.prefixes).toBe(3)
  expect(stage.table.dropped.find(({ table }) => table === 'prefixes')?.count).toBe(9)
})
