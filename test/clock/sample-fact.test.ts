import { expect, test } from 'vitest'
import { unpackSample } from '../../src/clock/sample-fact.ts'

const sample = {
  kind: 'sample',
  at: 1_635_127_200_000_001,
  plane: 'ingress',
  metric: 'in_bps',
  value: 1.5,
  labels: { link: 'ae0' },
  uncertainty: 45_000_000,
}
const change = {
  kind: 'change',
  at: 1_635_127_200_000_001,
  event: 'detector-start',
  labels: { direction: 'incoming', host: '192.0.2.0/24' },
  note: 'x',
  uncertainty: 0,
}

test('what was written is read as the same, to the byte', () => {
  for (const given of [sample, change])
    expect(JSON.stringify(unpackSample(JSON.parse(JSON.stringify(given))))).toBe(
      JSON.stringify(given),
    )
})

test('what does not hold together is not believed', () => {
  const wrong = [
    { ...sample, kind: 'gap' },
    { ...sample, at: -1 },
    { ...sample, at: 0.5 },
    { ...sample, metric: 'toString' },
    { ...sample, plane: 'flow' },
    { ...sample, value: null },
    { ...sample, value: -1 },
    { ...sample, labels: {} },
    { ...sample, labels: { link: 'a\nb' } },
    { ...sample, uncertainty: undefined },
    { ...change, event: 'storm' },
    { ...change, labels: {} },
    { ...change, note: undefined },
    { ...change, note: 'x'.repeat(513) },
  ]
  for (const given of wrong) expect(unpackSample(given)).toBeUndefined()
})
