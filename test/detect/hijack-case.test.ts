import { describe, expect, test } from 'vitest'
import { Attacker, type HijackCase } from '../../src/detect/hijack-case.ts'
import { Conflict } from '../../src/detect/hijack-conflict.ts'
import { Dice } from '../../src/scenario/dice.ts'

const seconds = (n: number): number => n * 1_000_000

let prefix = 0
function take(one: HijackCase, since: number, about: Partial<Conflict> = {}): void {
  const { origin, victim } = one
  const conflict = new Conflict({
    prefix: prefix++,
    origin,
    victim,
    kind: 'hijack.moas',
    cover: -1,
  })
  conflict.held.add(1)
  one.add(Object.assign(conflict, { since: seconds(since), score: 5 }, about))
}

describe('one stroke', () => {
  test('is what was taken within a minute, each network once', () => {
    const attacker = new Attacker(5001)
    for (const since of [1_000, 1_030, 1_100, 1_200]) take(attacker.caseOf(6000), since)
    take(attacker.caseOf(6001), 1_060)
    take(attacker.caseOf(6002), 1_061)
    const stroke = attacker.stroke()
    expect([939, 940, 1_000, 1_001, 1_121, 1_140].map((at) => stroke(seconds(at)))).toEqual([
      0, 1, 2, 3, 2, 1,
    ])
  })

  test("without what is somebody's right, of no worth, or held by nobody", () => {
    const attacker = new Attacker(5001)
    take(attacker.caseOf(6000), 1_000)
    take(attacker.caseOf(6001), 1_000, { benign: true })
    take(attacker.caseOf(6002), 1_000, { score: 0 })
    take(attacker.caseOf(6003), 1_000, { held: new Set() })
    expect(attacker.stroke()(seconds(1_000))).toBe(1)
  })

  test('as counted one by one', () => {
    const dice = new Dice('stroke')
    const attacker = new Attacker(5001)
    for (let i = 0; i < 300; i++)
      take(attacker.caseOf(6000 + Math.floor(dice.float() * 60)), 1_000 + dice.float() * 1_500)
    const stroke = attacker.stroke()
    for (let at = 900; at < 2_600; at += 7) {
      const near = [...attacker.cases.values()].filter(({ conflicts }) =>
        [...conflicts].some(({ since }) => Math.abs(since - seconds(at)) <= seconds(60)),
      )
      expect(stroke(seconds(at))).toBe(near.length)
    }
  })

  test('of ten thousand networks is counted in no time', () => {
    const attacker = new Attacker(5001)
    for (let v = 0; v < 10_000; v++) take(attacker.caseOf(6000 + v), 1_000 + v / 1_000)
    const begun = performance.now()
    const stroke = attacker.stroke()
    for (let v = 0; v < 10_000; v++) expect(stroke(seconds(1_005)) === 10_000).toBe(true)
    // One by one it is a hundred million looks.
    expect(performance.now() - begun).toBeLessThan(1_000)
  })
})
