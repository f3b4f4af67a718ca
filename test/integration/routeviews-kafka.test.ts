// RouteViews played by a real Kafka broker: very many OpenBMP records in topics of its naming, in all codecs.
// The broker is killed and comes back, the daemon's feed is closed and goes on from its positions, and a new
// peer appears; each record counts once, by its content.

import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Batch, Message } from '../../src/core/batch.ts'
import { milliseconds, seconds } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { type RouteViewsSource, routeViews } from '../../src/live-routeviews.ts'
import type { LiveStream } from '../../src/live-source.ts'
import { type Broker, hasKafka, KAFKA_3, KAFKA_4, kafkaBroker } from './kafka.ts'
import { folder, type Running, remove, root, start, until } from './tools.ts'

const full = process.env['FULL'] === '1'
const here = hasKafka('RouteViews over Kafka')
const RECORDS = full ? 1_000_000 : 50_000
const TOPICS = 24
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd']
const PLACES = ['route-views2', 'route-views5', 'linx', 'amsix.ams', 'pacwave.lax', 'sfmix']
const ROUTEVIEWS = 6447

const peerOf = (topic: number) => 64_500 + topic
const nameOf = (topic: number) =>
  `routeviews.${PLACES[topic % PLACES.length]}.${peerOf(topic)}.bmp_raw`

const u16 = (n: number) => [(n >> 8) & 255, n & 255]
const u32 = (n: number) => [...u16(n >>> 16), ...u16(n & 0xffff)]
const text = (s: string) => [...u16(s.length), ...Buffer.from(s)]
const zeros = (n: number) => new Array<number>(n).fill(0)

/** One announced prefix, which is the record's number, on a path that RouteViews has put itself in front of or not. */
function openBmp(topic: number, n: number): Buffer {
  const peer = peerOf(topic)
  const path = [...(n % 2 ? [ROUTEVIEWS] : []), peer, 3356, 64_496]
  // A /64 whose last word is the number.
  const prefix = [64, 0x20, 0x01, 0x0d, 0xb8, ...u32(n)]
  const reach = [0, 2, 1, 16, 0x20, 0x01, 0x0d, 0xb8, ...zeros(11), 1, 0, ...prefix]
  const attributes = [
    ...[0x40, 1, 1, 0],
    ...[0x40, 2, 2 + 4 * path.length, 2, path.length, ...path.flatMap(u32)],
    ...[0x80, 14, reach.length, ...reach],
  ]
  const update = [0, 0, ...u16(attributes.length), ...attributes]
  const bgp = [...new Array<number>(16).fill(255), ...u16(19 + update.length), 2, ...update]
  const header = [0, 0, ...zeros(8), ...zeros(12), 192, 0, 2, topic, ...u32(peer), ...zeros(12)]
  const bmp = [3, ...u32(6 + header.length + bgp.length), 0, ...header, ...bgp]
  const admin = text('is-bmp1')
  const group = text(PLACES[topic % PLACES.length] as string)
  const length = 78 + admin.length - 2 + group.length - 2
  const at = Math.floor(Date.now() / 1e3)
  return Buffer.from([
    ...[0x4f, 0x42, 0x4d, 0x50, 1, 7, ...u16(length), ...u32(bmp.length), 0x80, 12],
    ...[...u32(at), ...u32(0), ...zeros(16), ...admin, ...zeros(16), ...zeros(16), ...group],
    ...[...u32(1), ...bmp],
  ])
}

/** Records `from` … `until` - 1, dealt out to the topics in turn, into a file for Produce.java. */
function writeRecords(path: string, from: number, until: number, topics: readonly number[]): void {
  const file = openSync(path, 'w')
  let chunk: Buffer[] = []
  for (let n = from; n < until; n++) {
    const index = n % topics.length
    const value = openBmp(topics[index] as number, n)
    chunk.push(Buffer.from([...u16(index), ...u16(value.length)]), value)
    if (chunk.length < 20_000 && n < until - 1) continue
    writeSync(file, Buffer.concat(chunk))
    chunk = []
  }
  closeSync(file)
}

/** Takes what comes and counts it. */
class Counted implements LiveStream {
  readonly name = 'routeviews'
  readonly asns = []
  readonly vantages = new VantagePoints()
  /** How often each record came. */
  readonly times: Uint8Array
  readonly told: string[] = []
  readonly logs: string[] = []
  readonly drops: string[] = []
  readonly resume = null
  count = 0
  wrong = 0
  bad = 0
  source: RouteViewsSource | null = null
  /** What is done when so many have come. */
  readonly hooks = new Map<number, () => void>()
  readonly #batch = new Batch()

  constructor(records: number) {
    this.times = new Uint8Array(records)
  }

  own = () => []
  reached = () => Number.NEGATIVE_INFINITY
  fact = () => null
  gap = (why: string, collector = 'all') => this.told.push(`gap ${collector}: ${why}`)
  sight = (collector = 'all') => this.told.push(`sight ${collector}`)
  dropped = (reason: string) => this.drops.push(reason)
  malformed = (count = 1) => {
    this.bad += count
  }
  log = (_: string, line: string) => this.logs.push(line)

  take(read: (batch: Batch) => boolean): boolean {
    const batch = this.#batch
    batch.clear()
    read(batch)
    for (let m = 0; m < batch.messages; m++) {
      const n = batch.word1[batch.first[m] as number] as number
      const { asn, collector } = this.vantages.get(batch.vantage[m] as number)
      const path = batch.path[batch.pathStart[m] as number]
      const isRight =
        batch.kind[m] === Message.update &&
        path === asn &&
        batch.pathLength[m] === 3 &&
        collector.replace('route-views.', '') === PLACES[(asn - 64_500) % PLACES.length]
      if (!isRight) this.wrong++
      this.times[n] = (this.times[n] as number) + 1
      this.count++
      this.source?.applied(batch.offset[m] as number)
      this.hooks.get(this.count)?.()
    }
    return batch.messages > 0
  }
}

const versions = full ? [KAFKA_3, KAFKA_4] : [KAFKA_3]

describe.skipIf(!here).each(versions)('RouteViews over Kafka %s', (version) => {
  const place = here ? folder() : ''
  let broker: Broker
  const producers: Running[] = []

  const produce = (file: string, topics: readonly number[]): Running => {
    const pairs = topics.map((topic) => `${nameOf(topic)}=${CODECS[topic % CODECS.length]}`)
    const source = join(root, 'test/integration/Produce.java')
    const args = ['-Xmx256m', '-cp', broker.classpath, source, broker.address, file, ...pairs]
    const producer = start('java', args)
    producers.push(producer)
    return producer
  }

  beforeAll(async () => {
    broker = await kafkaBroker(version)
    await broker.start()
  }, 400_000)

  afterAll(async () => {
    for (const producer of producers) producer.process.kill('SIGKILL')
    await broker?.remove()
    remove(place)
  })

  test(`${RECORDS} records are taken once each`, async () => {
    const topics = Array.from({ length: TOPICS }, (_, i) => i)
    const late = Math.floor(RECORDS / 50)
    const [before, middle] = [0.4 * RECORDS, 0.7 * RECORDS]
    writeRecords(join(place, 'first'), 0, before, topics)
    writeRecords(join(place, 'second'), before, RECORDS, topics)
    writeRecords(join(place, 'new'), RECORDS, RECORDS + late, [TOPICS])
    const stream = new Counted(RECORDS + late)
    const settings = {
      brokers: [broker.address],
      retryStart: milliseconds(200),
      retryMost: seconds(2),
      relist: seconds(2),
    }
    const open = (positions: Record<string, number>) => {
      stream.source = routeViews({ ...settings, positions })(stream)
      return stream.source
    }
    const first = produce(join(place, 'first'), topics)
    let source = open({})
    stream.hooks.set(RECORDS / 5, () => broker.kill())
    stream.hooks.set(middle, () => void source.close())
    try {
      await until('a fifth of it came', () => stream.count >= RECORDS / 5, 600_000)
      await until('it is blind', () => !source.status().sees, 120_000)
      expect(stream.told.filter((line) => line.startsWith('gap all'))).not.toEqual([])
      await broker.start()
      const second = produce(join(place, 'second'), topics)
      await until('more of it came', () => stream.count >= middle, 600_000)
      await source.close()
      // The daemon ended and begins anew from what its table had.
      expect(stream.count).toBe(middle)
      source = open(source.positions())
      await until('it goes on', () => stream.count > middle, 120_000)
      produce(join(place, 'new'), [TOPICS])
      await until('all of it came', () => stream.count >= RECORDS + late, 600_000)
      for (const [producer, count] of [
        [first, before],
        [second, RECORDS - before],
      ] as const) {
        await until('a producer is done', () => producer.process.exitCode !== null, 60_000)
        expect(producer.text()).toContain(`sent ${count}`)
      }
      expect(source.status()).toMatchObject({ sees: true, topics: TOPICS + 1 })
      // Whoever came twice comes now.
      await new Promise((done) => setTimeout(done, 2_000))
      const seen = stream.times.reduce(
        (counts, times) => counts.set(times, (counts.get(times) ?? 0) + 1),
        new Map(),
      )
      expect([...seen]).toEqual([[1, RECORDS + late]])
      expect([stream.wrong, stream.bad, stream.drops]).toEqual([0, 0, []])
      expect(stream.told.at(-1)).toMatch(/^sight/)
    } catch (error) {
      throw new Error(`${JSON.stringify(source.status())}\n${stream.logs.slice(-9).join('\n')}`, {
        cause: error,
      })
    } finally {
      await source.close()
    }
  }, 1_800_000)
})
