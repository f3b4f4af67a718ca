// The feed around a source that breaks, lags, loses and comes back; the source here is played by hand.

import { afterEach, expect, it } from 'vitest'
import { milliseconds, minutes } from '../../src/core/time.ts'
import type { FlowBatch, FlowSource } from '../../src/feeds/flow-source.ts'
import { openFlowFeed } from '../../src/feeds/flows.ts'
import type { FlowFeed } from '../../src/feeds/flows-settings.ts'
import { causeText, kafkaAdvice } from '../../src/feeds/kafka-client.ts'

const open: FlowFeed[] = []
afterEach(async () => {
  for (const feed of open.splice(0)) await feed.close()
})

class Played implements FlowSource {
  joined = () => {}
  take: (batch: FlowBatch) => Promise<void> = async () => {}
  fail: (error: Error) => void = () => {}
  closed = 0

  run(joined: () => void, take: (batch: FlowBatch) => Promise<void>): Promise<void> {
    this.joined = joined
    this.take = take
    return new Promise((_, reject) => {
      this.fail = reject
    })
  }

  async close(): Promise<void> {
    this.closed++
  }
}

const wall = () => Date.now() * 1e3
const texts = (...all: [value: string, age: number][]) =>
  all.map(([value, age]) => ({ value: Buffer.from(value), told: wall() - age }))

function start() {
  const sources: Played[] = []
  const told: string[] = []
  const heard: string[] = []
  const lost: [number, number][] = []
  const logs: string[] = []
  const feed = openFlowFeed(
    {
      brokers: ['k1:9092'],
      topic: 'flows',
      retryStart: milliseconds(1),
      retryMost: milliseconds(2),
    },
    {
      message: (octets) => heard.push(octets.toString()),
      lost: (from, to) => lost.push([from, to]),
      gap: (why) => told.push(`gap ${why}`),
      sight: () => told.push('sight'),
      log: (level, text) => logs.push(`${level} ${text}`),
    },
    () => {
      const source = new Played()
      sources.push(source)
      return source
    },
  )
  open.push(feed)
  const last = () => sources.at(-1) as Played
  return { feed, sources, told, heard, lost, logs, last }
}

const until = async (what: () => boolean) => {
  for (let i = 0; i < 500 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(what()).toBe(true)
}

it('hands on what comes after it joined, in order', async () => {
  const { feed, told, heard, lost, last } = start()
  expect([feed.status().state, feed.status().sees]).toEqual(['connecting', false])
  last().joined()
  await new Promise((resolve) => setTimeout(resolve, 5))
  await last().take({ partition: 0, first: 7, next: 9, messages: texts(['a', 0], ['b', 0]) })
  expect([told, heard, lost]).toEqual([['sight'], ['a', 'b'], []])
  expect(feed.status()).toMatchObject({
    sees: true,
    messages: 2,
    octets: 2,
    dropped: 0,
    missing: 0,
  })
})

it('comes back by itself, and says once that it saw nothing', async () => {
  const { feed, sources, told, logs, last } = start()
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9092'), {
    code: 'ECONNREFUSED',
  })
  last().fail(new Error('Connection error', { cause: refused }))
  await until(() => sources.length === 2)
  last().fail(new Error('again'))
  await until(() => sources.length === 3)
  last().joined()
  last().fail(new Error('broker gone'))
  await until(() => sources.length === 4)
  last().joined()
  expect(told).toEqual([
    'gap connect ECONNREFUSED 127.0.0.1:9092',
    'sight',
    'gap broker gone',
    'sight',
  ])
  expect(sources.map(({ closed }) => closed)).toEqual([1, 1, 1, 0])
  expect(feed.status()).toMatchObject({ connections: 2, failures: 3, lastFault: 'broker gone' })
  expect(logs[0]).toContain('error flows at k1:9092: connect ECONNREFUSED')
  expect(logs[0]).toContain('nobody listens there')
})

it('passes over what is too old, and tells what lay behind the moment it joined as not whole', async () => {
  const { feed, heard, lost, logs, last } = start()
  last().joined()
  const joined = wall()
  const messages = texts(
    ['old', minutes(9)],
    ['older', minutes(10)],
    ['late', minutes(2)],
    ['now', -1e6],
  )
  await last().take({ partition: 0, first: 0, next: 4, messages })
  expect(heard).toEqual(['late', 'now'])
  expect(feed.status()).toMatchObject({ dropped: 2, messages: 2 })
  expect(lost.length).toBe(1)
  const [[from, to] = [0, 0]] = lost
  expect(Math.abs(joined - minutes(10) - from)).toBeLessThan(2e6)
  expect(Math.abs(joined - to)).toBeLessThan(2e6)
  expect(logs.filter((text) => text.includes('too old')).length).toBe(1)
})

it('notices what the broker has thrown away, and does not mind a mark', async () => {
  const { feed, lost, last } = start()
  last().joined()
  await new Promise((resolve) => setTimeout(resolve, 5))
  const take = (partition: number, first: number) =>
    last().take({ partition, first, next: first + 1, messages: texts(['x', 0]) })
  for (const [partition, first] of [
    [0, 10],
    [1, 500],
    [0, 11],
    [0, 13],
    [0, 113],
  ] as const)
    await take(partition, first)
  expect(feed.status().missing).toBe(99)
  expect(lost.length).toBe(1)
})

it('says no more after it was closed', async () => {
  const { feed, sources, told, heard, last } = start()
  last().joined()
  const long = Array.from(
    { length: 2_500 },
    () => texts(['x', 0])[0] as { value: Buffer; told: number },
  )
  const taking = last().take({ partition: 0, first: 0, next: 2_500, messages: long })
  await feed.close()
  last().fail(new Error('late'))
  await taking
  expect([sources.length, told, heard.length, last().closed]).toEqual([1, ['sight'], 1_000, 1])
})

it('knows the troubles of Kafka', () => {
  expect(kafkaAdvice('Snappy compression not implemented')).toContain('gzip')
  expect(kafkaAdvice('SASL PLAIN authentication failed')).toContain('password')
  expect(kafkaAdvice('This server does not host this topic-partition')).toContain('topic')
  expect(kafkaAdvice('Not authorized to access group')).toContain('group')
  expect(kafkaAdvice('socket hang up')).toBeNull()
  expect(causeText('nothing')).toBe('nothing')
})
