import { describe, expect, it } from 'vitest'
import type { RisFrame } from '../../src/scenario/frames.ts'
import { readRule, Sought } from '../../src/scenario/ris-live-rule.ts'
import { Subscriptions } from '../../src/scenario/ris-live-subscriptions.ts'
import { announce, frame, withdraw } from './ris-live-pair.ts'

describe('a filter of RIS Live', () => {
  const passes = (filter: Record<string, unknown>, data: RisFrame): boolean => {
    const rule = readRule(filter)
    if (typeof rule === 'string') throw new Error(rule)
    const wants = new Subscriptions()
    wants.add(rule)
    const before = wants.matches(new Sought(data))
    wants.remove(rule)
    expect([wants.size, wants.matches(new Sought(data))]).toEqual([0, false])
    return before
  }
  const set = announce('10.0.0.0/8', [64500, [64502, 64501]])

  it.each<[Record<string, unknown>, RisFrame, boolean]>([
    [{}, withdraw('10.0.0.0/8'), true],
    [{ host: 'rrc00' }, withdraw(), true],
    [{ host: 'rrc01' }, withdraw(), false],
    [{ type: 'RIS_PEER_STATE' }, frame({ type: 'STATE', state: 'down' }), true],
    [{ type: 'KEEPALIVE' }, frame({ type: 'STATE', state: 'down' }), false],
    [{ require: 'withdrawals' }, withdraw('10.0.0.0/8'), true],
    [{ require: 'announcements' }, withdraw('10.0.0.0/8'), false],
    [{ peer: '2001:DB8:0:0::1' }, frame({ peer: '2001:db8::1' }), true],
    [{ peer: '192.0.2.2' }, frame({}), false],
    [{ path: 64510 }, announce('10.0.0.0/8'), true],
    [{ path: '64500,64510' }, announce('10.0.0.0/8'), true],
    [{ path: '64510,64500' }, announce('10.0.0.0/8'), false],
    [{ path: '^64500' }, announce('10.0.0.0/8'), true],
    [{ path: '^64510' }, announce('10.0.0.0/8'), false],
    [{ path: '64510$' }, announce('10.0.0.0/8'), true],
    [{ path: '64500$' }, announce('10.0.0.0/8'), false],
    [{ path: '^64500,64510$' }, announce('10.0.0.0/8'), true],
    [{ path: '^64500$' }, announce('10.0.0.0/8'), false],
    [{ path: '!64999' }, announce('10.0.0.0/8'), true],
    [{ path: '!64510' }, announce('10.0.0.0/8'), false],
    [{ path: '!64510' }, withdraw('10.0.0.0/8'), false],
    [{ path: '645' }, announce('10.0.0.0/8'), false],
    [{ path: '64500,[64501,64502]$' }, set, true],
    [{ path: '[64501,64503]' }, set, false],
    [{ prefix: '10.0.0.0/8' }, withdraw('10.1.0.0/16'), true],
    [{ prefix: '10.0.0.0/8', moreSpecific: false }, withdraw('10.1.0.0/16'), false],
    [{ prefix: '10.0.0.0/8', moreSpecific: false }, withdraw('10.0.0.0/8'), true],
    [{ prefix: '10.0.0.0/8' }, withdraw('0.0.0.0/0'), false],
    [{ prefix: '10.0.0.0/8', lessSpecific: true }, withdraw('0.0.0.0/0'), true],
    [{ prefix: '10.0.0.0/8', lessSpecific: true }, withdraw('::/0'), false],
    [{ prefix: ['192.0.2.0/24', '2001:db8::/32'] }, withdraw('2001:db8:5:0:0:0:0:0/48'), true],
    [{ prefix: ['192.0.2.0/24', '2001:db8::/32'] }, withdraw('2001:db9::/32'), false],
    [{ prefix: '10.0.0.0/8', host: 'rrc01' }, withdraw('10.0.0.0/8'), false],
    [{ prefix: '10.0.0.0/8', path: '64510' }, announce('10.0.0.0/9'), true],
  ])('%j holds for its frames and no others (case %#)', (filter, data, expected) => {
    expect(passes(filter, data)).toBe(expected)
  })

  it('that makes no sense is refused with a reason', () => {
    const bad = [
      { host: 5 },
      { type: 'X' },
      { require: 'x' },
      { peer: 'x' },
      { path: '64500.*' },
      { path: [1] },
      { prefix: 'x' },
      { prefix: [5] },
      { prefix: Array(20_001).fill('10.0.0.0/8') },
    ]
    for (const filter of bad) expect(typeof readRule(filter)).toBe('string')
  })

  it('of 10,000 prefixes costs a frame a few look-ups', () => {
    const prefix = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 6}.${(i & 63) * 4}.0/22`)
    const rule = readRule({ prefix })
    if (typeof rule === 'string') throw new Error(rule)
    const wants = new Subscriptions()
    expect(wants.add(rule)).toBe(true)
    const frames = Array.from({ length: 20_000 }, (_, i) => withdraw(`10.${i % 256}.5.0/24`))
    const begun = performance.now()
    const hits = frames.filter((data) => wants.matches(new Sought(data))).length
    const each = ((performance.now() - begun) * 1_000) / frames.length
    console.log(`${each.toFixed(2)} us a frame against 10000 prefixes, ${hits} hits`)
    expect(hits).toBe(frames.filter((_, i) => i % 256 <= 156).length)
    expect(each).toBeLessThan(100)
  })
})
