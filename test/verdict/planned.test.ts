import { describe, expect, test } from 'vitest'
import type { Finding } from '../../src/core/evidence.ts'
import type { Change, Labels, Sample } from '../../src/core/sample.ts'
import { iso } from '../../src/core/time.ts'
import { BgpEvidence } from '../../src/verdict/evidence-bgp.ts'
import { isInWindow, plannedGate } from '../../src/verdict/planned.ts'
import type { Scene } from '../../src/verdict/scene.ts'
import { many, World } from '../detect/world.ts'
import { change, scenes, series } from './scenes.ts'

const ten = 'abcdeABCDE'
const list = many(10)
const calm = () => new World({ watch: [7000] }).holds(ten, list, '174 3356 7000')
const until = '00:30:00'

const from = (metric: string, labels: Labels, before: number, after: number) =>
  series(metric, labels, { '00:00:00': before, '00:20:00': after }, until)
const session = (router: string, link: string) =>
  from('session_up', { router, peer: link, link, pop: `pop-${router}` }, 1, 0)
const window = (labels: Labels) => change('00:15:00', 'window-start', { id: 'CHG-1', ...labels })

function gate(
  facts: readonly (Sample | Change)[],
  world = calm(),
  more: readonly Finding[] = [],
): string | null {
  const bgp = new BgpEvidence()
  let answer: string | null = null
  scenes(
    world,
    until,
    (scene) => {
      answer = plannedGate(scene, [...bgp.seek(scene), ...more])
    },
    facts,
  )
  return answer
}

test('work is under way from its start to its end, for whom it is', () => {
  const during: string[] = []
  const facts = [
    window({ asn: 'AS7000', router: 'r9' }),
    change('00:20:00', 'window-end', { id: 'CHG-1' }),
    change('00:05:00', 'window-start', { id: 'CHG-2', asn: '7001' }),
  ].sort((a, b) => a.at - b.at)
  const note = (scene: Scene) => {
    if (isInWindow(scene)) during.push(iso(scene.at).slice(11, 16))
  }
  scenes(calm(), until, note, facts)
  expect([during[0], during.at(-1)]).toEqual(['00:15', '00:19'])
})

describe('work in its scope', () => {
  test('by router, by link, by POP, in lists', () => {
    const down = session('r1', 't1')
    for (const labels of [{ router: 'r0, r1' }, { link: 't1' }, { pop: 'pop-r1,pop-r2' }])
      expect(gate([...down, window(labels)])).toBe(
        'all of it (1 sessions or adjacencies) lies in the scope of CHG-1',
      )
  })

  test('prefixes that are named, and parts of them', () => {
    const world = () => calm().at('00:20:00').withdraw(ten, list.slice(0, 2))
    expect(gate([window({ prefix: '198.51.0.0/23' })], world())).toBe(
      'all of it (2 prefixes) lies in the scope of CHG-1',
    )
    expect(gate([window({ prefix: '198.51.0.0/24' })], world())).toBeNull()
  })

  test('one thing outside, and it excuses nothing', () => {
    const both = [...session('r1', 't1'), ...session('r2', 't2')]
    expect(gate([...both, window({ router: 'r1' })])).toBeNull()
    expect(
      gate([
        ...both,
        window({ router: 'r1' }),
        { ...window({ link: 't2' }), labels: { id: 'CHG-2', link: 't2' } },
      ]),
    ).toContain('CHG-1, CHG-2')
    const world = calm().at('00:20:00').withdraw(ten, list.slice(0, 1))
    expect(gate([...session('r1', 't1'), window({ router: 'r1' })], world)).toBeNull()
    const probe = from('probe_success', { set: 'inside', pop: 'x' }, 1, 0)
    expect(gate([...session('r1', 't1'), ...probe, window({ router: 'r1' })])).toBeNull()
  })

  test('no plan floods the IGP, or makes the traffic collapse', () => {
    const facts = [...session('r1', 't1'), window({ router: 'r1' })]
    for (const id of ['igp.lsdb_jump', 'in.collapse', 'bgp.leak'] as const)
      expect(gate(facts, calm(), [{ id, because: '', onset: null, where: ['r1'] }])).toBeNull()
  })
})

describe('a window that names no parts', () => {
  const whole = window({ asn: '7000' })

  test('excuses sessions, and a few prefixes', () => {
    expect(gate([...session('r1', 't1'), whole])).toContain('CHG-1')
    const few = calm().at('00:20:00').withdraw(ten, list.slice(0, 3))
    expect(gate([...session('r1', 't1'), whole], few)).toContain('3 prefixes')
  })

  test('but not the loss of more than three tenths of them, nor probes that fail', () => {
    const many = calm().at('00:20:00').withdraw(ten, list.slice(0, 4))
    expect(gate([...session('r1', 't1'), whole], many)).toBeNull()
    const probe = from('probe_success', { set: 'inside', pop: 'x' }, 1, 0)
    expect(gate([...session('r1', 't1'), ...probe, whole])).toBeNull()
  })
})

describe('when it is in force', () => {
  const down = session('r1', 't1')

  test('not before it begins, not after it ends, and not for another network', () => {
    expect(gate([...down, window({ router: 'r1' })])).not.toBeNull()
    expect(
      gate([...down, change('00:45:00', 'window-start', { id: 'A', router: 'r1' })]),
    ).toBeNull()
    const ended = change('00:25:00', 'window-end', { id: 'CHG-1' })
    expect(gate([...down, window({ router: 'r1' }), ended])).toBeNull()
    expect(gate([...down, window({ router: 'r1', asn: '64500' })])).toBeNull()
    expect(gate([...down, window({ router: 'r1', asn: 'AS64500, AS7000' })])).not.toBeNull()
  })

  test('with nothing to excuse it says nothing', () => {
    expect(gate([window({ router: 'r1' })])).toBeNull()
  })
})
