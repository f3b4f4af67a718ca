// A real Kafka broker, from its own jars, holds flow records; the feed reads them, survives the broker's
// death, and goes on where it was.

import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sample } from '../../src/core/sample.ts'
import { iso, milliseconds } from '../../src/core/time.ts'
import { openFlowFeed } from '../../src/feeds/flows.ts'
import { openFlows } from '../../src/flow-feed.ts'
import { type Broker, hasKafka, KAFKA_3, kafkaBroker } from './kafka.ts'
import { until } from './tools.ts'

const here = hasKafka('flows over Kafka')

describe.skipIf(!here)('flows over Kafka', () => {
  let broker: Broker
  const kafka = () =>
    new Kafka({
      brokers: [broker.address],
      logLevel: logLevel.NOTHING,
      retry: { retries: 20 },
    })

  async function send(topic: string, values: readonly string[]): Promise<void> {
    const producer = kafka().producer()
    await producer.connect()
    // Minutes that are sent at once must come one after the other, as they do in life.
    const partition = topic === 'records' ? { partition: 0 } : {}
    const messages = values.map((value) => ({ value, ...partition }))
    await producer.send({ topic, messages })
    await producer.disconnect()
  }

  beforeAll(async () => {
    broker = await kafkaBroker(KAFKA_3, ['num.partitions=2'])
    await broker.start()
    await send('flows', ['first'])
    await send('records', ['first'])
  }, 400_000)

  afterAll(async () => {
    await broker?.remove()
  })

  test('go on where they were after the broker has died', async () => {
    const heard: string[] = []
    const told: string[] = []
    const feed = openFlowFeed(
      {
        brokers: [broker.address],
        topic: 'flows',
        group: 'one',
        retryStart: milliseconds(200),
        retryMost: milliseconds(2_000),
      },
      {
        message: (octets) => heard.push(octets.toString()),
        lost: () => undefined,
        gap: (why) => told.push(`gap: ${why}`),
        sight: () => told.push('sight'),
        log: () => undefined,
      },
    )
    try {
      await until('it hears', () => feed.status().sees, 60_000)
      // A new group begins at the end of the topic, wherever that is when it first looks.
      await until('its first word', async () => {
        await send('flows', ['first'])
        return heard.length > 0
      })
      const some = Array.from({ length: 2_000 }, (_, i) => `a${i}`)
      await send('flows', some)
      const heardOf = (letter: string) => heard.filter((text) => text.startsWith(letter))
      await until('all of it came', () => heardOf('a').length >= 2_000, 60_000)
      expect(heardOf('a').toSorted()).toEqual(some.toSorted())

      // A broker that has just started may have turned it away before.
      told.length = 0
      broker.kill()
      await until('it is blind', () => !feed.status().sees, 120_000)
      expect(told.length).toBe(1)
      expect(told[0]).toMatch(/^gap: ./)
      await broker.start()
      const more = Array.from({ length: 500 }, (_, i) => `b${i}`)
      await send('flows', more)
      await until('it sees', () => feed.status().sees, 120_000)
      await until('the rest came', () => new Set(heardOf('b')).size === 500, 60_000)
      expect(told.at(-1)).toBe('sight')
      expect(feed.status()).toMatchObject({ missing: 0, dropped: 0 })
    } finally {
      await feed.close()
      // Whatever went wrong above, the next test has a broker.
      if (!broker.isRunning) await broker.start()
    }

    // Whoever comes after it in its group begins where it ended.
    const later: string[] = []
    await send('flows', ['c0', 'c1'])
    const next = openFlowFeed(
      { brokers: [broker.address], topic: 'flows', group: 'one' },
      {
        message: (octets) => later.push(octets.toString()),
        lost: () => undefined,
        gap: () => undefined,
        sight: () => undefined,
        log: () => undefined,
      },
    )
    await until('what was sent meanwhile', () => later.length >= 2, 60_000)
    await next.close()
    expect(later.toSorted()).toEqual(['c0', 'c1'])
  }, 500_000)

  test('become samples, and whatever else is in the topic is counted', async () => {
    const samples: Sample[] = []
    const flows = openFlows(
      {
        feed: { brokers: [broker.address], topic: 'records', group: 'two' },
        minutes: { resolvers: ['198.51.100.53'] },
        own: ['198.51.100.0/24'],
      },
      { sample: (sample) => samples.push(sample), gap: () => undefined, log: () => undefined },
    )
    try {
      await until('it hears', () => flows.status().sees, 60_000)
      await until('its first word', async () => {
        await send('records', ['no record'])
        return flows.status().messages > 0
      })
      const record = (second: number, i: number) =>
        JSON.stringify({
          type: 'IPFIX',
          time_received_ns: (1730160000 + second) * 1e9,
          time_flow_end_ns: (1730160000 + second) * 1e9,
          sampling_rate: 100,
          sampler_address: '192.0.2.1',
          bytes: 750,
          packets: 1,
          src_addr: `203.0.113.${i}`,
          dst_addr: i % 2 ? '198.51.100.53' : `198.51.100.${i}`,
          proto: 'UDP',
          src_port: 40_000,
          dst_port: i % 2 ? 53 : 443,
          tcp_flags: 0,
          forwarding_status: 64,
        })
      for (let minute = 0; minute < 5; minute++) {
        const records = Array.from({ length: 50 }, (_, i) => record(60 * minute + i, i))
        await send('records', ['no record', ...records])
      }
      await until('minutes were told', () => samples.some(({ at }) => iso(at).includes('00:02:30')))
      const of = samples.filter(({ at }) => iso(at) === '2024-10-29T00:02:30.000Z')
      const told = Object.fromEntries(of.map(({ metric, value }) => [metric, value]))
      expect(told).toMatchObject({
        flow_bps: (50 * 750 * 100 * 8) / 60,
        top_destination_bps: (750 * 100 * 8) / 60,
        qps: 2_500 / 60,
        outside_source_share: 1,
        unroutable_drops: 0,
      })
      expect(flows.status().malformed).toBeGreaterThan(2)
      expect(JSON.stringify(samples)).not.toContain('203.0.113.')
    } finally {
      await flows.close()
    }
  }, 200_000)
})
