import { expect, it } from 'vitest'
import { type Change, metrics, type Sample } from '../../src/core/sample.ts'
import { parseInstant, seconds } from '../../src/core/time.ts'
import { removable, spurious, withoutPlane, withSpurious } from '../../src/shaken.ts'

const start = parseInstant('2026-03-02T00:00:00Z') ?? 0
const sample = (s: number, metric: string, value: number, labels = {}): Sample => ({
  kind: 'sample',
  at: start + seconds(s),
  plane: metrics[metric]?.plane ?? 'bgp',
  metric,
  value,
  labels,
  uncertainty: seconds(15),
})
const commit: Change = {
  kind: 'change',
  at: start,
  event: 'commit',
  labels: {},
  note: '',
  uncertainty: 0,
}
const heard = [
  commit,
  sample(0, 'in_bps', 5, { link: 'a' }),
  sample(60, 'in_bps', 6, { link: 'b' }),
  sample(60, 'session_up', 1, { peer: 'AS2' }),
  sample(60, 'session_up', 1, { peer: 'AS1' }),
]
const at = (s: number) => start + seconds(s)

it('a plane is taken away whole, and nothing else; where it says nothing there is nothing to take', () => {
  expect(withoutPlane(heard, 'ingress')).toEqual([heard[0], heard[3], heard[4]])
  expect(withoutPlane(heard, 'change')).toEqual(heard.slice(1))
  expect(withoutPlane(heard, 'dns')).toBeNull()
  expect(removable).toContain('routes')
})

it('what is made up changes what there is, from the onset on, and there only', () => {
  const mild = withSpurious(heard, 'in.mild', at(30), at(90))
  expect(mild?.slice(1, 3)).toMatchObject([{ value: 5 }, { value: 12 }])
  expect(mild?.filter((_, i) => i !== 2)).toEqual(heard.filter((_, i) => i !== 2))
  const down = withSpurious(heard, 'bgp.session_down_some', at(30), at(90))
  expect(down?.slice(3)).toMatchObject([{ value: 1 }, { value: 0 }])
  expect(withSpurious(heard, 'in.mild', at(70), at(90))).toBeNull()
  expect(withSpurious(heard, 'dns.queries', at(0), at(90))).toBeNull()
  expect(withSpurious(heard, 'nonesuch', at(0), at(90))).toBeNull()
})

it('what is said by people can be made up where there is nothing else', () => {
  const more = withSpurious([], 'ctx.change', at(90), at(200))
  expect(more).toMatchObject([{ event: 'commit', at: at(30) }])
})

it('all that is made up is of metrics that there are', () => {
  for (const one of Object.values(spurious))
    if ('metrics' in one) for (const name of one.metrics) expect(metrics).toHaveProperty([name])
})
