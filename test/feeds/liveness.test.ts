import { expect, it } from 'vitest'
import { minutes, seconds } from '../../src/core/time.ts'
import { Liveness } from '../../src/feeds/liveness.ts'
import { adviceFor, faultText, Retry } from '../../src/feeds/retry.ts'
import { risLiveDefaults } from '../../src/feeds/ris-live-settings.ts'

const NOON = 1_700_000_000_000_000

/** Something told at a time that does not matter here. */
const SOME = NOON + seconds(1e6)

/** Plays second after second until the connection is given up; after how many, and why. */
function play(
  signs: (s: number) => number,
  told: (s: number) => number,
  event?: (s: number) => number,
  liveness = new Liveness(risLiveDefaults),
): [number, string] {
  liveness.opened(0)
  for (let s = 1; s < 20_000; s++) {
    if (told(s) !== told(s - 1)) liveness.seen(event?.(s) ?? SOME)
    const verdict = liveness.check(seconds(s), NOON + seconds(s), signs(s))
    if (verdict !== 'alive') return [s, verdict]
  }
  return [20_000, 'alive']
}

it('calls a connection dead, silent or stale in its time', () => {
  const always = (s: number) => s
  const until = (end: number) => (s: number) => Math.min(s, end)
  expect(play(until(100), until(100))).toEqual([130, 'dead'])
  // Pongs go on; nothing is told. Noticed within a minute.
  expect(play(always, until(100))).toEqual([155, 'silent'])
  expect(play(always, always, (s) => NOON + seconds(s) - minutes(2))).toEqual([20_000, 'alive'])
  expect(play(always, always, (s) => NOON + seconds(s) - minutes(4))).toEqual([61, 'stale'])
})

it('does not expect to be told anything while not all is asked for', () => {
  const liveness = new Liveness(risLiveDefaults)
  liveness.opened(0)
  const verdicts: [number, string][] = []
  for (let s = 1; s < 200; s++) {
    if (s <= 100) liveness.asking(seconds(s))
    const verdict = liveness.check(seconds(s), NOON, s)
    if (verdict !== 'alive') verdicts.push([s, verdict])
  }
  expect(verdicts[0]).toEqual([155, 'silent'])
})

it('has ever more patience with a service that lags, and less again when it has caught up', () => {
  const liveness = new Liveness(risLiveDefaults)
  const always = (s: number) => s
  const late = (s: number) => NOON + seconds(s) - minutes(10)
  const waits = Array.from({ length: 9 }, () => play(always, always, late, liveness)[0])
  expect(waits).toEqual([61, 121, 241, 481, 961, 1921, 3601, 3601, 3601])
  liveness.opened(0)
  liveness.seen(NOON)
  liveness.check(seconds(1), NOON, 1)
  expect(play(always, always, late, liveness)[0]).toBe(61)
})

it('does not blame the other side for the time we slept, and plays history when told to', () => {
  const liveness = new Liveness(risLiveDefaults)
  liveness.opened(0)
  expect(liveness.check(minutes(90), NOON, 0)).toBe('alive')
  const history = new Liveness({ ...risLiveDefaults, staleAfter: null, silentAfter: null })
  const [s, verdict] = play(
    (s) => s,
    () => 0,
    () => 0,
    history,
  )
  expect([s, verdict]).toEqual([20_000, 'alive'])
})

it('waits twice as long each time, up to a minute, with full jitter', () => {
  const bounds = (random: number, n = 12) => {
    const retry = new Retry({ start: seconds(0.5), most: seconds(60) }, () => random)
    return Array.from({ length: n }, () => retry.next() / 1e6)
  }
  expect(bounds(1)).toEqual([0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60])
  expect(bounds(0.5, 3)).toEqual([0.25, 0.5, 1])
  expect(new Set(bounds(0))).toEqual(new Set([0]))
  const retry = new Retry({ start: seconds(1), most: seconds(60) }, () => 1)
  for (let i = 0; i < 2_000; i++) retry.next()
  expect(retry.next()).toBe(seconds(60))
  retry.succeeded()
  expect(retry.next()).toBe(seconds(1))
})

it('says what to do about what went wrong', () => {
  const both = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })
  expect(faultText(both)).toBe('ECONNREFUSED')
  expect(faultText('x')).toBe('x')
  expect(adviceFor(faultText(both))).toMatch(/port/)
  expect(adviceFor('getaddrinfo ENOTFOUND x')).toMatch(/DNS/)
  expect(adviceFor('Opening handshake has timed out')).toMatch(/firewall/)
  expect(adviceFor('self-signed certificate')).toMatch(/clock/)
  expect(adviceFor('Unexpected server response: 404')).toMatch(/path/)
})
