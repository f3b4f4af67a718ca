import { describe, expect, test } from 'vitest'
import { parseInstant, seconds } from '../../src/core/time.ts'
import { type AlertRule, readNotice } from '../../src/feeds/notices.ts'
import { Dice } from '../../src/scenario/dice.ts'

const NOW = parseInstant('2021-10-25T02:16:00Z') as number

const brief = (body: unknown, rules?: readonly AlertRule[]) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const { facts, ignored, refused } = readNotice(text, NOW, rules)
  return {
    facts: facts.map(({ event, at, labels }) => [event, (at - NOW) / 1e6, labels]),
    ignored,
    refused: refused.map(({ line, why }) => `${line}: ${why}`),
  }
}

const detected = { direction: 'incoming', host: '198.51.100.0/24', detector: 'FastNetMon' }

describe('FastNetMon', () => {
  const ban = {
    ip: '198.51.100.77',
    alert_scope: 'host',
    action: 'ban',
    attack_details: { attack_direction: 'incoming', total_incoming_pps: 90_000 },
  }

  test('bans and lifts bans: a detector, and what it does about it', () => {
    expect(brief(ban)).toEqual({
      facts: [
        ['detector-start', 0, detected],
        ['mitigation-start', 0, { kind: 'rtbh', prefix: '198.51.100.0/24' }],
      ],
      ignored: 0,
      refused: [],
    })
    expect(brief({ ...ban, action: 'unban' }).facts.map(([event]) => event)).toEqual([
      'detector-end',
      'mitigation-end',
    ])
    expect(brief({ ...ban, action: 'partial_block' }).facts[1]?.[2]).toEqual({
      kind: 'flowspec',
      prefix: '198.51.100.0/24',
    })
  })

  test('tells the direction by word or by what there is more of', () => {
    const direction = (attack_details: object) => {
      const { facts } = readNotice(JSON.stringify({ ...ban, attack_details }), NOW)
      return facts[0]?.labels['direction']
    }
    expect(direction({ attack_direction: 'outgoing' })).toBe('outgoing')
    expect(direction({ total_incoming_pps: 5, total_outgoing_pps: 9 })).toBe('outgoing')
    expect(direction({ total_incoming_pps: 9, total_outgoing_pps: 5 })).toBe('incoming')
    expect(direction({})).toBe('incoming')
  })

  test('calls a script, whose arguments are the first line', () => {
    const { facts, refused } = brief('2001:db8:5:6::7 outgoing 90000 ban\nIP: 2001:db8:5:6::7\n…')
    expect(refused).toEqual([])
    expect(facts[0]).toEqual([
      'detector-start',
      0,
      { direction: 'outgoing', host: '2001:db8:5::/48', detector: 'FastNetMon' },
    ])
  })

  test('has no address for a group of hosts', () => {
    const { facts } = brief({ ...ban, ip: undefined, alert_scope: 'hostgroup' })
    expect(facts[0]?.[2]).toEqual({ direction: 'incoming', detector: 'FastNetMon' })
  })

  test('is refused with what was expected', () => {
    expect(brief({ ...ban, ip: 'x' }).refused).toEqual(['1: ip: must be an address'])
    expect(brief({ ...ban, action: 'toString' }).refused).toEqual([
      '1: action: must be one of ban, unban, partial_block, partial_unblock',
    ])
    for (const body of ['', 'hello', '198.51.100.7 incoming ban'])
      expect(brief(body).refused[0]).toMatch(/must begin with ADDRESS DIRECTION PPS ACTION/)
    expect(brief('{').refused).toEqual(['1: is not JSON'])
    expect(brief({ a: 1 }).refused[0]).toMatch(/must be a notice of FastNetMon/)
  })
})

describe('Alertmanager', () => {
  const alert = (labels: object, over: object = {}) => ({
    status: 'firing',
    labels,
    startsAt: '2021-10-25T02:15:00.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    fingerprint: 'abc',
    ...over,
  })
  const webhook = (...alerts: object[]) => ({ version: '4', status: 'firing', alerts })

  test('tells of attacks when the name says so; other alerts are ignored and counted', () => {
    const labels = { alertname: 'BorderDDoS', host: '198.51.100.7' }
    const ended = { status: 'resolved', endsAt: '2021-10-25T02:20:00Z' }
    const body = webhook(alert(labels), alert({ alertname: 'DiskFull' }), alert(labels, ended))
    const told = { direction: 'incoming', host: '198.51.100.0/24', detector: 'BorderDDoS' }
    expect(brief(body)).toEqual({
      facts: [
        ['detector-start', -59.877, told],
        ['detector-end', 240, told],
      ],
      ignored: 1,
      refused: [],
    })
  })

  test('by rules of the operator says other things', () => {
    const rules: AlertRule[] = [
      { label: 'team', contains: 'scrub', event: 'mitigation' },
      { label: 'alertname', contains: 'provider', event: 'upstream-notice' },
    ]
    const ended = { status: 'resolved', endsAt: '2021-10-25T02:20:00Z' }
    const body = webhook(
      alert({ team: 'Scrubbing', prefix: '192.0.2.0/23', kind: 'rtbh' }),
      alert({ alertname: 'ProviderTrouble', upstream: 'AS64500' }),
      alert({ alertname: 'ProviderTrouble', upstream: 'AS64500' }, ended),
      alert({ alertname: 'DDoS' }),
    )
    const { facts, ignored } = brief(body, rules)
    expect(facts.map(([event, , labels]) => [event, labels])).toEqual([
      ['mitigation-start', { kind: 'rtbh', prefix: '192.0.2.0/23' }],
      ['upstream-notice', { from: 'AS64500' }],
    ])
    expect(ignored).toBe(2)
  })

  test('is refused alert by alert', () => {
    const labels = { alertname: 'ddos' }
    const body = webhook(
      alert(labels, { startsAt: 'soon' }),
      alert(labels, { status: 'odd' }),
      alert(labels),
    )
    expect(brief(body).facts).toHaveLength(1)
    expect(brief({ alerts: [1] }).refused).toEqual(['1: must be an alert'])
    expect(brief(body).refused).toEqual([
      '1: startsAt: must be an instant',
      '2: status: must be firing or resolved',
    ])
  })

  test('never lets the address of a host through, not even in a name', () => {
    const body = webhook(
      alert({ alertname: 'DDoS on 203.0.113.99 (2001:db8:1:2::9)', ip: '203.0.113.99' }),
    )
    const { facts } = readNotice(JSON.stringify(body), NOW)
    const text = JSON.stringify(facts)
    expect(text).not.toContain('203.0.113.99')
    expect(text).not.toContain('2001:db8:1:2::9')
    expect(facts[0]?.labels['detector']).toBe('DDoS on 203.0.113.0/24 (2001:db8:1::/48)')
    expect(facts[0]?.uncertainty).toBe(seconds(60))
  })
})

test('whatever comes, nothing is thrown', () => {
  const dice = new Dice('notices')
  const bodies = [
    '198.51.100.7 incoming 9 ban',
    JSON.stringify({ ip: '198.51.100.7', action: 'ban', attack_details: {} }),
    JSON.stringify({
      alerts: [{ status: 'firing', labels: { alertname: 'ddos' }, startsAt: '2021-10-25T02:15Z' }],
    }),
  ]
  let facts = 0
  for (let i = 0; i < 5_000; i++) {
    let text = dice.pick(bodies)
    for (let n = dice.int(0, 3); n > 0; n--) {
      const at = dice.int(0, text.length)
      const odd = dice.pick(['null', '[]', '{', '"', '\u0000', '1e999', '__proto__', ''])
      text = text.slice(0, at) + odd + text.slice(at + dice.int(0, 4))
    }
    facts += readNotice(text, NOW).facts.length
  }
  expect(facts).toBeGreaterThan(500)
})
