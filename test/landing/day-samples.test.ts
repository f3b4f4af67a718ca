import { expect, it } from 'vitest'
import { minutes } from '../../src/core/time.ts'
import { daySamples, playSamples } from '../../src/day-samples.ts'

const all = daySamples()
const few = all.slice(0, 3_000)

it('samples are posted in order, when their time has come, moved to the day that is played', async () => {
  const bodies: string[] = []
  let now = (few[0]?.at ?? 0) - minutes(1)
  const shift = minutes(60 * 24)
  const playing = playSamples(
    few,
    () => {
      now += minutes(2)
      return now + shift
    },
    async (body) => {
      bodies.push(body)
      for (const line of body.trimEnd().split('\n'))
        expect(Date.parse(JSON.parse(line).at) * 1e3).toBeLessThanOrEqual(now + shift)
    },
    shift,
  )
  expect(playing.until).toBe(Number.NEGATIVE_INFINITY)
  await playing.done
  expect(playing.until).toBe(Number.POSITIVE_INFINITY)
  const lines = bodies.join('').trimEnd().split('\n')
  expect(lines.length).toBe(few.length)
  expect(JSON.parse(lines[0] ?? '').at.slice(0, 10)).toBe('2021-10-26')
  for (const body of bodies) expect(body.split('\n').length - 1).toBeLessThanOrEqual(2_000)
})

it('what cannot be posted is lost, and stopping stops', async () => {
  let tries = 0
  const playing = playSamples(
    few,
    () => Number.MAX_SAFE_INTEGER,
    async () => {
      tries++
      throw new Error('nobody listens')
    },
  )
  await playing.done
  expect(tries).toBe(2)
  const stopped = playSamples(
    few,
    () => 0,
    async () => {},
  )
  stopped.stop()
  await stopped.done
})
