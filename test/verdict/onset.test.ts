import { describe, expect, test } from 'vitest'
import { minutes, seconds } from '../../src/core/time.ts'
import { Shifts } from '../../src/verdict/onset.ts'

/** Samples a minute apart, in units from the usual; which of them begin a shift. */
function play(zs: readonly number[], shifts = new Shifts(), first = 1): number[] {
  const begun: number[] = []
  zs.forEach((z, i) => {
    const at = minutes(first + i)
    if (shifts.take(at, z, at - minutes(1), seconds(10))) begun.push(i)
  })
  return begun
}

test('two samples far out are a shift, dated between the last usual one and the first other', () => {
  const shifts = new Shifts()
  expect(play([0.2, -0.3, 6, 7], shifts)).toEqual([3])
  expect(shifts.current).toEqual({
    up: true,
    onset: { at: minutes(2.5), within: seconds(40) },
  })
})

test('downwards as well', () => {
  const shifts = new Shifts()
  expect(play([0, -6, -6], shifts)).toEqual([2])
  expect(shifts.current?.up).toBe(false)
})

test('one sample is no shift however far out it is, nor is one every now and then', () => {
  expect(play([0, 1e6, 0.2, 0.6, 0.7, 0])).toEqual([])
  expect(play(Array.from({ length: 600 }, (_, i) => (i % 10 === 0 ? 50 : (i % 3) * 0.3)))).toEqual(
    [],
  )
})

test('what noise had summed up before a jump does not date it', () => {
  const shifts = new Shifts()
  play([0, 0.9, 0.8, 5, 5], shifts)
  expect(shifts.current?.onset.at).toBe(minutes(3.5))
})

test('what begins with half a step is dated by that', () => {
  const shifts = new Shifts()
  play([0, 1.8, 5, 5], shifts)
  expect(shifts.current?.onset.at).toBe(minutes(1.5))
})

describe('what comes slowly', () => {
  const slowly = Array.from({ length: 120 }, (_, i) => Math.min(1.8, i / 20))

  test('is found, and its onset is as uncertain as it took to tell', () => {
    const shifts = new Shifts()
    const [found = Number.NaN] = play(slowly, shifts)
    expect(found).toBeGreaterThan(10)
    expect(found).toBeLessThan(60)
    const { at = 0, within = 0 } = shifts.current?.onset ?? {}
    expect(at - within).toBeLessThan(minutes(1 + 10))
    expect(at + within).toBeGreaterThanOrEqual(minutes(1 + found) - minutes(1))
  })

  test('counts by time, not by how often one asks', () => {
    const shifts = new Shifts()
    let at = 0
    let found: number | null = null
    for (let i = 0; i < 3_000 && found === null; i++, at += seconds(5))
      if (shifts.take(at, 1.2, at - seconds(5), 0)) found = at
    // 0.7 every five minutes: more than 5 after 36 minutes.
    expect(found).toBeGreaterThan(minutes(34))
    expect(found).toBeLessThan(minutes(38))
  })
})

describe('the end', () => {
  const shifted = () => {
    const shifts = new Shifts()
    play([0, 6, 6], shifts)
    return shifts
  }

  test('comes after five minutes within three standard deviations', () => {
    const shifts = shifted()
    play([1.4, 1, 0.5, -1, 0], shifts, 4)
    expect(shifts.current).not.toBeNull()
    play([0], shifts, 9)
    expect(shifts.current).toBeNull()
  })

  test('waits anew when it goes out again', () => {
    const shifts = shifted()
    play([0, 0, 0, 0, 3, 0, 0, 0, 0, 0], shifts, 4)
    expect(shifts.current).not.toBeNull()
    play([0], shifts, 14)
    expect(shifts.current).toBeNull()
  })

  test('a surge that turns into a collapse has the onset of the collapse', () => {
    const shifts = shifted()
    expect(play([6, 6, -8, -8], shifts, 4)).toEqual([3])
    expect(shifts.current?.up).toBe(false)
    expect(shifts.current?.onset.at).toBe(minutes(5.5))
  })
})
