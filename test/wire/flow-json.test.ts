// Records as goflow2 and pmacct write them, and whatever else may be in a topic.

import { expect, it } from 'vitest'
import type { FlowRow } from '../../src/core/flow.ts'
import { addressText } from '../../src/core/prefix.ts'
import { iso, seconds } from '../../src/core/time.ts'
import { FlowReader } from '../../src/wire/flow-json.ts'
import { noise } from './octets.ts'

const TOLD = Date.UTC(2024, 9, 29, 0, 8) * 1e3

const goflow = {
  type: 'IPFIX',
  time_received_ns: 1730160425000000000,
  sequence_num: 7,
  sampling_rate: 1000,
  sampler_address: '192.0.2.1',
  time_flow_start_ns: 1730160420000000000,
  time_flow_end_ns: 1730160424123456000,
  bytes: 1500,
  packets: 3,
  src_addr: '203.0.113.7',
  dst_addr: '198.51.100.9',
  etype: 'IPv4',
  proto: 'TCP',
  src_port: 443,
  dst_port: 51000,
  in_if: 12,
  out_if: 13,
  forwarding_status: 64,
  tcp_flags: 24,
}
const pmacct = {
  event_type: 'purge',
  peer_ip_src: '192.0.2.1',
  iface_in: 12,
  ip_src: '2001:db8::7',
  ip_dst: '2001:db8:1::9',
  port_src: 53,
  port_dst: 51000,
  tcp_flags: '0',
  ip_proto: 'udp',
  fwd_status: '131',
  timestamp_start: '2024-10-29 00:07:00.000000',
  timestamp_end: '2024-10-29 00:07:04.123456',
  stamp_inserted: '2024-10-29 00:07:00',
  packets: 2,
  flows: 1,
  bytes: 3000,
}

function read(...messages: (string | object)[]) {
  const reader = new FlowReader()
  const rows: FlowRow[] = []
  for (const message of messages) {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    reader.read(Buffer.from(text), TOLD, (row) => rows.push({ ...row }))
  }
  return { rows, ...reader.stats }
}

const from = (row: FlowRow | undefined) =>
  row && addressText(row.sourceAfi, row.source0, row.source1, row.source2, row.source3)
const to = (row: FlowRow | undefined) =>
  row &&
  addressText(
    row.destinationAfi,
    row.destination0,
    row.destination1,
    row.destination2,
    row.destination3,
  )

it('reads a record of goflow2, sampling included', () => {
  const { rows, malformed } = read(goflow)
  const [row] = rows
  expect(malformed).toBe(0)
  expect([from(row), to(row)]).toEqual(['203.0.113.7', '198.51.100.9'])
  expect(iso(row?.at ?? 0)).toBe('2024-10-29T00:07:04.123Z')
  expect(row).toMatchObject({
    told: 1730160425000000,
    bytes: 1_500_000,
    packets: 3_000,
    counted: 3,
    sourcePort: 443,
    destinationPort: 51000,
    protocol: 6,
    tcpFlags: 24,
    forwarding: 64,
    inInterface: 12,
    exporter: '192.0.2.1',
  })
})

it('reads a record of pmacct, with numbers as text and names of flags', () => {
  const { rows } = read(
    pmacct,
    { ...pmacct, tcp_flags: ['SYN', 'ACK'], ip_proto: 'ipv6-icmp' },
    { ...pmacct, timestamp_end: '0000-00-00 00:00:00', timestamp_start: '1730160420.5' },
  )
  const [row] = rows
  expect([from(row), to(row), iso(row?.at ?? 0)]).toEqual([
    '2001:db8::7',
    '2001:db8:1::9',
    '2024-10-29T00:07:04.123Z',
  ])
  expect(row).toMatchObject({ bytes: 3_000, packets: 2, protocol: 17, forwarding: 131, told: TOLD })
  expect(rows[1]).toMatchObject({ tcpFlags: 18, protocol: 58 })
  expect(iso(rows[2]?.at ?? 0)).toBe('2024-10-29T00:07:00.500Z')
})

it('takes other notations of the same: text of instants, several in a message, no sampling', () => {
  const { rows, read: count } = read(
    { ...goflow, time_flow_end_ns: '2024-10-29T00:07:04.5Z', sampling_rate: 0, proto: 17 },
    `${JSON.stringify(goflow)}\n\n${JSON.stringify(pmacct)}\n`,
    [goflow, pmacct],
    { ...goflow, time_flow_end_ns: 0 },
    { ...goflow, time_flow_end_ns: 0, time_received_ns: undefined },
    { ...goflow, proto: 'Reliable Something' },
  )
  expect(count).toBe(8)
  expect(rows[0]).toMatchObject({ at: TOLD - seconds(55.5), bytes: 1_500, protocol: 17 })
  expect(rows[5]?.at).toBe(1730160425000000)
  expect(rows[6]?.at).toBe(TOLD)
  expect(rows[7]?.protocol).toBe(253)
})

it.each<[string, string | object]>([
  ['no JSON', '{"src_addr":'],
  ['no object', 'null'],
  ['a number', '17'],
  ['records of something else', { ip_prefix: '192.0.2.0/24', event_type: 'log' }],
  ['an empty list member', [null]],
  ['no destination', { ...goflow, dst_addr: undefined }],
  ['base64 for an address', { ...goflow, src_addr: 'ywBxBw==' }],
  ['an address with too many groups', { ...goflow, src_addr: '1:2:3:4:5:6:7:8:9' }],
  ['two families', { ...goflow, dst_addr: '2001:db8::1' }],
  ['more octets than a number holds', { ...goflow, bytes: 2 ** 52 }],
  ['less than nothing', { ...goflow, packets: -1 }],
  ['half a packet', { ...goflow, packets: 0.5, sampling_rate: 1 }],
  ['a port that is none', { ...goflow, src_port: 65_536 }],
  ['a port of words', { ...goflow, src_port: 'https' }],
  ['a rate of words', { ...goflow, sampling_rate: 'often' }],
  ['flags of objects', { ...goflow, tcp_flags: {} }],
])('%s is malformed, and nothing else happens', (_, message) => {
  expect(read(goflow, message, goflow)).toMatchObject({ malformed: 1, read: 2 })
})

it('survives anything', () => {
  const next = noise(3)
  const reader = new FlowReader()
  const whole = JSON.stringify([goflow, pmacct])
  for (let i = 0; i < 20_000; i++) {
    const octets = Buffer.from(whole)
    for (let n = 0; n <= i % 4; n++) octets[next(octets.length)] = next(256)
    reader.read(octets.subarray(0, i % 3 ? octets.length : next(octets.length)), TOLD, (row) => {
      expect(Number.isSafeInteger(row.bytes) && row.bytes >= 0).toBe(true)
    })
  }
  expect(reader.stats.malformed).toBeGreaterThan(5_000)
  expect(reader.stats.read).toBeGreaterThan(5_000)
  reader.read(Buffer.alloc(5 << 20, 32), TOLD, () => expect.unreachable())
})
