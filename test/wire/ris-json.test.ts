import { describe, expect, it } from 'vitest'
import { Batch, Message, TREAT_AS_WITHDRAW } from '../../src/core/batch.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { RisDecoder } from '../../src/wire/ris-json.ts'
import { rawUpdates } from '../../src/wire/ris-raw.ts'
import { base, decode, frame } from './ris-frames.ts'

const update = (data: object) => decode(frame({ path: [64500, 64510], ...data }))

describe('a RIS Live UPDATE', () => {
  it('is one message, withdrawn before announced, even of the same prefix', () => {
    const { first, messages, batch } = update({
      announcements: [{ next_hop: '192.0.2.1', prefixes: ['203.0.113.0/24', '198.51.100.7/24'] }],
      withdrawals: ['203.0.113.0/24', '2001:db8:0:0:0:0:0:0/32'],
    })
    expect(messages.length).toBe(1)
    expect(first).toMatchObject({
      kind: Message.update,
      at: 1_700_000_000_120_000,
      offset: 7,
      path: '64500 64510',
      announced: ['203.0.113.0/24', '198.51.100.0/24'],
      withdrawn: ['203.0.113.0/24', '2001:db8::/32'],
    })
    expect([...batch.announced.slice(0, 4)]).toEqual([0, 0, 1, 1])
  })

  it('counts a prefix once when there are two next hops, and keeps different ones', () => {
    const { first } = update({
      announcements: [
        { next_hop: '2001:db8::1', prefixes: ['2001:db8:5::/48', '2001:db8:6::/48'] },
        { next_hop: 'fe80::1', prefixes: ['2001:db8:5:0:0:0:0:0/48', '2001:db8:6::/48'] },
        { next_hop: '192.0.2.1', prefixes: ['198.51.100.0/24'] },
      ],
    })
    expect(first?.announced).toEqual(['2001:db8:5::/48', '2001:db8:6::/48', '198.51.100.0/24'])
  })

  it('has sets in its path, members in place, and no path where nothing is announced', () => {
    const announcements = [{ prefixes: ['198.51.100.0/24'] }]
    const path = (path: unknown) => update({ path, announcements }).first?.path
    expect(path([64500, [64496, 64497], 64498])).toBe('64500 {64496,64497} 64498')
    expect(path([[4200000001], 1, 2, [], [3]])).toBe('{4200000001} 1 2 {3}')
    expect(path(['64500', 4294967295])).toBe('64500 4294967295')
    expect(path([0, 64500])).toBe('0 64500')
    expect(path(null)).toBe('')
    expect(update({ withdrawals: ['198.51.100.0/24'] }).first?.hasPath).toBe(false)
    for (const bad of [[64500, -1], [1.5], ['x'], [null], [{}], [4294967296], 'x', { 0: 1 }]) {
      const { outcome, messages, batch } = update({ path: bad, announcements })
      expect([outcome.kind, messages.length, batch.elements, batch.pathWords]).toEqual([
        'malformed',
        0,
        0,
        0,
      ])
    }
  })

  it('tells speakers apart whose names run together to the same', () => {
    const vantages = new VantagePoints()
    const decoder = new RisDecoder(vantages)
    const batch = new Batch()
    batch.clear()
    const speakers = [
      { peer: '192.0.193.1', peer_asn: 54512 },
      { peer: '192.0.193.15', peer_asn: 4512 },
    ]
    for (const speaker of [...speakers, ...speakers])
      decoder.decode(
        Buffer.from(JSON.stringify(frame({ ...speaker, withdrawals: ['::/0'] }))),
        batch,
        0,
      )
    expect([...batch.vantage.slice(0, 4)]).toEqual([0, 1, 0, 1])
    expect(vantages.list.map((v) => `${v.address} ${v.asn}`)).toEqual([
      '192.0.193.1 54512',
      '192.0.193.15 4512',
    ])
  })

  it('takes a host with and without domain, and an ASN as text or number, for the same', () => {
    const vantages = new VantagePoints()
    const decoder = new RisDecoder(vantages)
    const batch = new Batch()
    batch.clear()
    for (const host of ['rrc21', 'rrc21.ripe.net', 'RRC21.ripe.net']) {
      for (const peer_asn of ['64500', 64500]) {
        decoder.decode(
          Buffer.from(JSON.stringify(frame({ host, peer_asn, withdrawals: ['::/0'] }))),
          batch,
          0,
        )
      }
    }
    decoder.decode(
      Buffer.from(JSON.stringify(frame({ host: 'amsix.ams', withdrawals: ['::/0'] }))),
      batch,
      0,
    )
    expect(batch.messages).toBe(7)
    expect(vantages.list.map((v) => v.collector)).toEqual(['rrc21', 'amsix.ams'])
  })

  it('loses a bad prefix and not the others', () => {
    const bad = ['203.0.113.0/33', '', 'x', '1.2.3/8', null, 5, '2001:db8:::/32', ['10.0.0.0/8']]
    const { first, stats } = update({ withdrawals: [...bad, '10.0.0.0/8', ...bad] })
    expect(first?.withdrawn).toEqual(['10.0.0.0/8'])
    expect(stats.skippedPrefixes).toBe(2 * bad.length)
  })

  it('that is empty marks the end of the table of the family it came in', () => {
    const markers = (data: object) =>
      decode(frame(data)).messages.map((m) => (m.kind === Message.endOfRib ? m.detail : -m.kind))
    const hex = (body: string) =>
      'FF'.repeat(16) + (19 + body.length / 2).toString(16).padStart(4, '0') + body
    expect(markers({ announcements: [], withdrawals: [], path: [] })).toEqual([4])
    expect(markers({ announcements: [], peer: '2001:db8::1' })).toEqual([6])
    expect(markers({ announcements: [], peer: '::ffff:192.0.2.1' })).toEqual([4, 6])
    expect(markers({ announcements: [{ next_hop: '', prefixes: ['eor'] }] })).toEqual([4])
    expect(markers({ withdrawals: ['eor'] })).toEqual([4])
    // The raw message knows better than the address of the session.
    const raw = (body: string) => markers({ withdrawals: [], raw: hex(`02${body}`) })
    expect(raw('00000000')).toEqual([4])
    expect(raw('00000006800F03000201')).toEqual([6])
    expect(raw('00000007900F0003000201')).toEqual([6])
    expect(raw('00000006800F03000101')).toEqual([4])
    // Multicast, and routes that JSON has no words for: a sign of life, no marker.
    expect(raw('00000006800F03000102')).toEqual([-Message.alive])
    expect(markers({ withdrawals: [], path: [64500] })).toEqual([-Message.alive])
    expect(markers({ withdrawals: ['10.0.0.0/99'] })).toEqual([-Message.alive])
  })

  it('is graded by its raw message (RFC 7606), whatever the width of its ASNs', () => {
    const read = (...attributes: string[]) => {
      const list = attributes.join('')
      const octets = (n: number) => n.toString(16).padStart(4, '0')
      const body = `020000${octets(list.length / 2)}${list}18c63364`
      const raw = 'ff'.repeat(16) + octets(18 + body.length / 2) + body
      const json = frame({
        raw,
        announcements: [{ next_hop: '192.0.2.1', prefixes: ['198.51.100.0/24'] }],
        path: [1, 2],
      })
      const { first, stats } = decode(json, { raw: rawUpdates() })
      expect([first?.announced, first?.withdrawn, stats.rawFailed]).toEqual([
        ['198.51.100.0/24'],
        [],
        0,
      ])
      return [first?.detail, first?.hasPath ? first.path : null]
    }
    const four = '40020a02020000fbf0000003e7'
    const two = '4002060202fbf003e7'
    expect(read(four)).toEqual([0, '64496 999'])
    expect(read(two)).toEqual([0, '64496 999'])
    // Of what is missing nobody is accused: the collector may have left it out.
    expect(read('40010100')).toEqual([0, null])
    for (const path of [four, two])
      expect(read(path, 'c008050000000000')).toEqual([TREAT_AS_WITHDRAW, '64496 999'])
    expect(read('4002020901', 'c00804fbf00001')).toEqual([TREAT_AS_WITHDRAW, null])
  })

  it('falls back on JSON when raw is no message', () => {
    for (const raw of ['', 'zz', 'FF', 'F', `${'FF'.repeat(16)}001304`, 'F'.repeat(200_000)]) {
      const json = frame({ raw, withdrawals: ['10.0.0.0/8'] })
      const { first, stats } = decode(json, { raw: rawUpdates() })
      expect(first?.withdrawn).toEqual(['10.0.0.0/8'])
      expect(stats.rawFailed).toBe(1)
    }
  })
})

describe('other frames of RIS Live', () => {
  it('tell of sessions and of life', () => {
    const kind = (data: object) => {
      const { first, outcome } = decode(frame(data))
      return first?.kind ?? outcome.kind
    }
    for (const type of ['STATE', 'RIS_PEER_STATE', undefined]) {
      expect(kind({ type, state: 'down' })).toBe(Message.sessionDown)
      expect(kind({ type, state: 'connected' })).toBe(Message.sessionUp)
      expect(kind({ type, state: 'dancing' })).toBe('ignored')
    }
    for (const type of ['KEEPALIVE', 'OPEN', 'NOTIFICATION']) {
      expect(kind({ type })).toBe(Message.alive)
    }
    expect(kind({ type: undefined, withdrawals: ['10.0.0.0/8'] })).toBe(Message.update)
    expect(kind({ type: 'FUTURE' })).toBe('ignored')
  })

  it('are malformed when it cannot be said who spoke, or when', () => {
    const bad: object[] = [
      { peer: undefined },
      { peer: '192.0.2' },
      { peer_asn: null },
      { peer_asn: 'AS1' },
      { peer_asn: 2 ** 32 },
      { host: null },
      { host: '' },
      { host: 'bmp:edge1' },
      { host: 'rrc00\u001b[2J' },
      { host: 'x'.repeat(65) },
      { timestamp: '1700000000' },
      { timestamp: -1 },
      { timestamp: 1e300 },
      { withdrawals: 'x' },
      { withdrawals: {} },
      { announcements: ['10.0.0.0/8'] },
      { announcements: [{ prefixes: '10.0.0.0/8' }] },
      { withdrawals: Array(70_000).fill('10.0.0.0/8') },
    ]
    for (const data of bad) {
      const { outcome, batch } = decode(frame(data))
      expect([Object.keys(data), outcome.kind]).toEqual([Object.keys(data), 'malformed'])
      expect([batch.messages, batch.elements, batch.pathWords]).toEqual([0, 0, 0])
    }
  })

  it('do not run over a full batch, nor over the room for peers and collectors', () => {
    const vantages = new VantagePoints()
    const decoder = new RisDecoder(vantages)
    const batch = new Batch(3)
    batch.clear()
    // Both markers or none: the second would have no row.
    const json = JSON.stringify(frame({ peer: '::ffff:192.0.2.1', withdrawals: [] }))
    const alive = JSON.stringify(frame({ type: 'KEEPALIVE' }))
    const kinds = [json, json, alive, alive].map(
      (text, n) => decoder.decode(Buffer.from(text), batch, n).kind,
    )
    expect(kinds).toEqual(['read', 'full', 'read', 'full'])
    expect([batch.messages, decoder.stats.read]).toEqual([3, 2])

    for (let i = 0; i < 40_000; i++) {
      batch.clear()
      const peer = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
      const data = { ...base, type: 'KEEPALIVE', peer, host: `h${i % 2_000}` }
      decoder.decode(Buffer.from(JSON.stringify({ type: 'ris_message', data })), batch, 0)
    }
    expect(vantages.list.length).toBe(16_384)
    expect(vantages.collectors.length).toBeLessThanOrEqual(1_024)
    expect(decoder.stats.refused).toBe(40_000 + 2 - 16_384)
    expect(decoder.stats.malformed).toBe(0)
  })
})
