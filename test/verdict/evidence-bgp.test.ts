import { describe, expect, test } from 'vitest'
import { BgpEvidence } from '../../src/verdict/evidence-bgp.ts'
import { many, World } from '../detect/world.ts'
import { at, findings, ids, series } from './scenes.ts'

const ten = 'abcdeABCDE'
const list = many(20)
const calm = () => new World({ watch: [7000] }).holds(ten, list, '174 3356 7000')
const seek = () => new BgpEvidence().seek

describe('how widely it is seen', () => {
  test('in calm: quiet, and nothing else', () => {
    const { last, ever } = findings(seek(), calm(), '00:30:00')
    expect(ids(last)).toEqual(['bgp.quiet'])
    expect(last[0]?.because).toBe('all of its 20 ipv4 prefixes are fully visible')
    expect([...ever]).toEqual(['bgp.quiet'])
  })

  test('a third of the prefixes gone within minutes is broad, and stays so while it lasts', () => {
    const world = calm().at('00:20:00').withdraw(ten, list.slice(0, 7), 10)
    const { last, of } = findings(seek(), world, '01:00:00')
    expect(ids(last)).toEqual(['bgp.vis_broad'])
    expect(of('bgp.vis_broad')?.because).toBe(
      '7 of 20 IPv4 prefixes (35 %) lost by half of those who carry them or more, 35 % within five minutes, seen from 2 collectors',
    )
    // It began within the minute before the first of them was heard.
    expect(of('bgp.vis_broad')?.onset).toEqual({ at: at('00:19:30'), within: 30e6 })
  })

  test('a fifth is partial; one in fifty is nothing, and is not quiet either', () => {
    const fifth = calm().at('00:20:00').withdraw(ten, list.slice(0, 4))
    expect(ids(findings(seek(), fifth, '00:40:00').last)).toEqual(['bgp.vis_partial'])
    const fifty = many(50)
    const one = new World({ watch: [7000] })
      .holds(ten, fifty, '174 3356 7000')
      .at('00:20:00')
      .withdraw(ten, fifty.slice(0, 1))
    expect(ids(findings(seek(), one, '00:24:00').last)).toEqual([])
  })

  test('it is quiet again when they are back', () => {
    const world = calm()
      .at('00:20:00')
      .withdraw(ten, list)
      .at('00:40:00')
      .announce(ten, list, '174 3356 7000')
    const { last, ever } = findings(seek(), world, '01:10:00')
    expect(ids(last)).toEqual(['bgp.quiet'])
    expect(ever).toContain('bgp.vis_broad')
  })

  test('prefix after prefix over two hours is slow, never broad', () => {
    const world = calm()
    for (let i = 0; i < 10; i++)
      world
        .at(`0${1 + Math.floor(i / 5)}:${String((i % 5) * 12).padStart(2, '0')}:00`)
        .withdraw(ten, list.slice(i, i + 1))
    const { last, ever, of } = findings(seek(), world, '03:10:00')
    expect(ids(last)).toEqual(['bgp.vis_slow'])
    expect(ever).not.toContain('bgp.vis_broad')
    expect(of('bgp.vis_slow')?.because).toContain(
      '10 of 20 IPv4 prefixes (50 %) lost little by little',
    )
  })

  test('carrier after carrier over two hours, of all prefixes, is slow as well', () => {
    const world = calm().at('01:00:00')
    // A peer every ten minutes: by half each prefix is lost, though none of them suddenly.
    for (const [i, peer] of [...'abcABC'].entries())
      world.at(`0${1 + Math.floor(i / 6)}:${i % 6}0:00`).withdraw(peer, list)
    const { last, ever } = findings(seek(), world, '02:10:00')
    expect(ids(last)).toContain('bgp.vis_slow')
    expect(ever).not.toContain('bgp.vis_broad')
  })

  test('a single collector can establish it', () => {
    const world = new World({ watch: [7000] })
      .holds('abcde', list, '174 3356 7000')
      .at('00:20:00')
      .withdraw('abcde', list)
    const { of } = findings(seek(), world, '00:30:00')
    expect(of('bgp.vis_broad')?.because).toContain('seen from one collector')
  })

  test('the worse family counts', () => {
    const six = ['2001:db8:1::/48', '2001:db8:2::/48', '2001:db8:3::/48']
    const world = new World({ watch: [7000] })
      .holds(ten, list, '174 3356 7000')
      .holds(ten, six, '174 3356 7000')
      .at('00:20:00')
      .withdraw(ten, six)
    const { of } = findings(seek(), world, '00:40:00')
    expect(of('bgp.vis_broad')?.because).toContain('3 of 3 IPv6 prefixes')
  })

  test('an upstream lost, all visible through the other: partial', () => {
    const world = new World({ watch: [7000] })
      .holds('abcAB', list, '174 3356 7000')
      .holds('deCDE', list, '174 1299 7000')
      .at('00:20:00')
      .announce('abcAB', list, '174 1299 7000', 1)
    expect(findings(seek(), world, '00:40:00').of('bgp.vis_partial')?.because).toBe(
      'upstream AS3356 has lost all of its paths, 20 prefixes behind it',
    )
  })

  test('without anybody who votes nothing is found, quiet least of all', () => {
    const world = calm().at('00:20:00').down(ten)
    expect(ids(findings(seek(), world, '00:30:00').last)).toEqual([])
  })

  test('half of the vantage points gone: what the others see is not called quiet', () => {
    const world = calm().at('00:20:00').down('abcde')
    expect(ids(findings(seek(), world, '00:30:00').last)).toEqual([])
  })

  test('asked for the first time in the middle of it, it knows from the table how fast it was', () => {
    const late = (world: World) => {
      const bgp = new BgpEvidence()
      return findings(
        (scene) => (scene.at < at('03:00:00') ? [] : bgp.seek(scene)),
        world,
        '03:02:00',
      )
    }
    const sudden = calm().at('01:00:00').withdraw(ten, list.slice(0, 10))
    expect(ids(late(sudden).last)).toEqual(['bgp.vis_broad'])
    const slow = calm()
    for (const [i, prefix] of list.slice(0, 10).entries())
      slow.at(`01:${String(i * 5).padStart(2, '0')}:00`).withdraw(ten, prefix)
    expect(ids(late(slow).last)).toEqual(['bgp.vis_slow'])
  })
})

describe('what an outside observer sees', () => {
  const seen = (values: Record<string, number>) =>
    findings(seek(), calm(), '01:10:00', series('visible_24s', {}, values, '01:10:00'))

  test('below nine tenths of the usual: partial; below four fifths, as IODA has it: broad', () => {
    expect(ids(seen({ '00:00:00': 1000, '01:00:00': 950 }).last)).toEqual(['bgp.quiet'])
    expect(ids(seen({ '00:00:00': 1000, '01:00:00': 850 }).last)).toEqual(['bgp.vis_partial'])
    const broad = seen({ '00:00:00': 1000, '01:00:00': 400 })
    expect(broad.of('bgp.vis_broad')?.because).toBe(
      'an outside observer sees 400 of ordinarily 1,000 /24s in routing (40 %)',
    )
  })
})

describe('what detectors say', () => {
  test('a part of a prefix from a stranger is a foreign origin', () => {
    const world = calm().at('00:20:00').announce(ten, '198.51.0.0/25', '174 666')
    const big = new World({ watch: [7000] })
      .holds(ten, '198.51.0.0/16', '174 3356 7000')
      .at('00:20:00')
      .announce(ten, '198.51.100.0/24', '174 666')
    const { of, last } = findings(seek(), big, '00:30:00')
    expect(of('bgp.origin_foreign')?.because).toContain('AS666 originates 1 of its prefixes')
    expect(ids(last)).not.toContain('bgp.leak')
    // A blackhole by another is none.
    expect(findings(seek(), world, '00:30:00').ever).not.toContain('bgp.origin_foreign')
  })

  test('nor is a scrubber one', () => {
    const context = { isScrubber: (asn: number) => asn === 666 }
    const world = new World({ watch: [7000], context })
      .holds(ten, '198.51.0.0/16', '174 3356 7000')
      .at('00:20:00')
      .announce(ten, '198.51.100.0/24', '174 666')
    expect(findings(seek(), world, '00:30:00').ever).not.toContain('bgp.origin_foreign')
  })

  test('a burst of own more-specifics is a leak', () => {
    const world = new World({ watch: [7000] })
      .holds(ten, ['198.51.0.0/16', '198.52.0.0/16', '198.53.0.0/16'], '174 3356 7000')
      .at('00:20:00')
      .announce(ten, [...many(20), ...many(20, '198.52'), ...many(20, '198.53')], '174 3356 7000')
    expect(findings(seek(), world, '00:40:00').of('bgp.leak')?.because).toContain(
      'a burst of more-specifics by this network itself',
    )
  })

  test('a prefix that falls four times in a quarter of an hour is a flap', () => {
    const world = (times: number) => {
      const world = calm()
      for (const minute of ['20', '24', '28', '34'].slice(0, times))
        world
          .at(`00:${minute}:00`)
          .withdraw(ten, list.slice(0, 1))
          .at(`00:${minute}:50`)
          .announce(ten, list.slice(0, 1), '174 3356 7000')
      return world
    }
    expect(findings(seek(), world(3), '00:40:00').ever).not.toContain('bgp.flap')
    expect(findings(seek(), world(4), '00:40:00').of('bgp.flap')).toMatchObject({
      because: 'one prefix goes and comes back again and again',
      // Seen at the tick at which it was down first, and fallen up to a minute before that.
      onset: { at: at('00:19:40'), within: 30e6 },
    })
  })

  test('paths that change all the time, of prefixes that stay, are churn', () => {
    const world = calm()
    for (let i = 0; i < 240; i++) {
      const minute = 60 + Math.floor(i / 12)
      const time = `0${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}:${String((i % 12) * 5).padStart(2, '0')}`
      world.at(time).announce(ten, list, `174 ${i % 2 ? '3356' : '2914 3356'} 7000`)
    }
    const { of } = findings(seek(), world, '01:25:00')
    expect(of('bgp.churn')?.because).toContain('it stays visible')
  })
})

describe('what own routers say', () => {
  const session = (peer: string, values: Record<string, number>) =>
    series('session_up', { router: 'r1', peer, link: `to-${peer}` }, values, '01:10:00')
  const up = { '00:00:00': 1 }

  test('a session that was up and is down', () => {
    const facts = [...session('a', up), ...session('b', { ...up, '01:00:00': 0 })]
    const { last, of } = findings(seek(), calm(), '01:05:00', facts)
    expect(ids(last)).toEqual(['bgp.session_down_some'])
    expect(of('bgp.session_down_some')).toMatchObject({
      because: '1 of 2 external sessions are down: to-b',
      where: ['to-b'],
    })
  })

  test('one that was never up, or is not heard any more, is no loss', () => {
    const never = session('b', { '00:00:00': 0 })
    const silent = series('session_up', { router: 'r1', peer: 'c' }, up, '00:50:00')
    const { ever } = findings(seek(), calm(), '01:05:00', [
      ...session('a', up),
      ...never,
      ...silent,
    ])
    expect([...ever]).toEqual(['bgp.quiet'])
  })

  const received = (metric: string, before: number, after: number) =>
    findings(
      seek(),
      calm(),
      '01:05:00',
      series(
        metric,
        { router: 'r1', peer: 'a' },
        { '00:00:00': before, '01:00:00': after },
        '01:05:00',
      ),
    )

  test('five times as many prefixes as ordinarily, or the limit reached', () => {
    expect(received('rx_prefixes', 20_000, 940_000).of('bgp.rx_prefix_flood')).toMatchObject({
      because: '940,000 prefixes received on a session of r1, ordinarily 20,000',
      where: ['r1'],
    })
    expect(received('rx_prefixes', 20_000, 90_000).ever).not.toContain('bgp.rx_prefix_flood')
    expect(ids(received('rx_prefix_limit_ratio', 0.4, 1).last)).toEqual(['bgp.rx_prefix_flood'])
    expect(ids(received('rx_prefix_limit_ratio', 0.4, 0.99).last)).toEqual(['bgp.quiet'])
  })
})

test('in another order of arrival the findings are the same', async () => {
  const { Dice } = await import('../../src/scenario/dice.ts')
  const once = (dice?: InstanceType<typeof Dice>) => {
    const world = calm().at('00:20:00').withdraw(ten, list.slice(0, 7), 3)
    const out: string[] = []
    const { seek } = new BgpEvidence()
    world.onTick((signals, view, now) => {
      const planes = {
        state: () => ({ state: 'blind', age: null }) as const,
        series: () => [],
        changes: [],
      }
      out.push(JSON.stringify(seek({ at: now, asn: 7000, planes, view, signals })))
    })
    world.play('00:30:00', dice)
    return out
  }
  const plain = once()
  for (let seed = 0; seed < 3; seed++) expect(once(new Dice(`bgp ${seed}`))).toEqual(plain)
})
