// The feed around a source that breaks, lags, loses, grows and comes back; the source here is played by hand.

import { afterEach, describe, expect, it } from 'vitest'
import { milliseconds, minutes, type Span } from '../../src/core/time.ts'
import type { KafkaOffsets, KafkaReading, KafkaSource } from '../../src/feeds/kafka-source.ts'
import { openRouteViewsFeed } from '../../src/feeds/routeviews.ts'
import type { RouteViewsFeed, RouteViewsSettings } from '../../src/feeds/routeviews-settings.ts'

const open: RouteViewsFeed[] = []
afterEach(async () => {
  for (const feed of open.splice(0)) await feed.close()
})

const wall = () => Date.now() * 1e3
const LINX = 'routeviews.linx.64500.bmp_raw'
const SIX = 'routeviews.amsix.ams.64501.bmp_raw'
const alive = async () => {}

class Played implements KafkaSource {
  readonly #topics: () => readonly string[]
  #end: () => void = () => {}
  reading: KafkaReading | null = null
  read: readonly string[] = []
  fail: (error: Error) => void = () => {}
  closed = 0

  constructor(topics: () => readonly string[]) {
    this.#topics = topics
  }

  topics = async () => [...this.#topics()]
  offsets = async (): Promise<KafkaOffsets[]> => [{ partition: 0, low: 10, high: 50 }]

  run(topics: readonly string[], reading: KafkaReading): Promise<void> {
    this.read = topics
    this.reading = reading
    reading.joined()
    return new Promise((resolve, reject) => {
      this.#end = resolve
      this.fail = reject
    })
  }

  async close(): Promise<void> {
    this.closed++
    this.#end()
  }

  /** Records of these offsets, so old. */
  give(topic: string, offsets: readonly number[], age: Span = 0): Promise<void> {
    const records = offsets.map((offset) => ({
      value: Buffer.from(`${offset}`),
      offset,
      told: wall() - age,
    }))
    return (this.reading as KafkaReading).take({ topic, partition: 0, records }, alive)
  }
}

const until = async (what: () => boolean) => {
  for (let i = 0; i < 1_000 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(what()).toBe(true)
}

async function start(settings: Partial<RouteViewsSettings> = {}) {
  const sources: Played[] = []
  const topics = [LINX, SIX, 'openbmp.parsed.peer', 'routeviews.x.bmp_raw']
  const [told, heard, logs, drops] = [[], [], [], []] as string[][] as [
    ...[string[], string[], string[], string[]],
  ]
  const feed = openRouteViewsFeed(
    { retryStart: milliseconds(1), retryMost: milliseconds(2), ...settings },
    {
      message: (value, { collector }) => heard.push(`${collector} ${value}`),
      gap: (why, collector = 'all') => told.push(`gap ${collector}: ${why}`),
      sight: (collector = 'all') => told.push(`sight ${collector}`),
      dropped: (reason, count) => drops.push(`${reason} ${count}`),
      log: (level, text) => logs.push(`${level} ${text}`),
    },
    () => {
      const source = new Played(() => topics)
      sources.push(source)
      return source
    },
  )
  open.push(feed)
  const last = () => sources.at(-1) as Played
  await until(() => sources[0]?.reading !== null && sources.length > 0)
  return { feed, sources, topics, told, heard, logs, drops, last }
}

describe('topics', () => {
  it('of its naming are read, dots in collectors or not', async () => {
    const { feed, last } = await start()
    expect(last().read).toEqual([SIX, LINX])
    expect(feed.status()).toMatchObject({ state: 'open', sees: true, topics: 2 })
  })
  it('may be chosen by collector, as archives name it, and by peer', async () => {
    expect((await start({ collectors: ['route-views.linx'] })).last().read).toEqual([LINX])
    expect((await start({ peers: [64_501] })).last().read).toEqual([SIX])
  })
  it('that are new are read from their beginning, and nobody looks away for it', async () => {
    const { feed, sources, topics, told, last } = await start({ relist: milliseconds(20) })
    await last().give(LINX, [50, 51])
    topics.push('routeviews.sfmix.64502.bmp_raw')
    await until(() => sources.length === 2 && last().read.length === 3)
    expect(sources[0]?.closed).toBe(1)
    const where = (topic: string) => last().reading?.where(topic, 0)
    expect([where(LINX), where(SIX)]).toEqual([52, 50])
    expect(where('routeviews.sfmix.64502.bmp_raw')).toBe(10)
    expect(told).toEqual(['sight all'])
    expect(feed.status().failures).toBe(0)
  })
  it('of which there are none are said to be missing, and looked for again', async () => {
    const { logs, topics, sources } = await start({ peers: [] })
    topics.length = 0
    sources[0]?.fail(new Error('broken'))
    await until(() => logs.some((line) => line.includes('no topic is named like')))
    topics.push(LINX)
    await until(() => sources.at(-1)?.reading != null)
  })
})

describe('our place', () => {
  it('is the end of each topic at first, and afterwards what was handed over', async () => {
    const { feed, last, heard } = await start()
    expect(feed.positions()).toEqual({ [`${LINX}/0`]: 50, [`${SIX}/0`]: 50 })
    await last().give(SIX, [50, 51])
    expect(heard).toEqual(['amsix.ams 50', 'amsix.ams 51'])
    expect(feed.positions()).toEqual({ [`${LINX}/0`]: 50, [`${SIX}/0`]: 52 })
  })
  it('may be given, and then a topic that is not in it is new', async () => {
    const { last } = await start({ positions: { [`${LINX}/0`]: 7 } })
    expect(last().reading?.where(LINX, 0)).toBe(7)
    expect(last().reading?.where(SIX, 0)).toBe(10)
  })
  it('survives a broken consumer; what comes again counts once', async () => {
    const { feed, sources, last, heard, told } = await start()
    await last().give(LINX, [50, 51, 52])
    last().fail(new Error('ECONNRESET'))
    await until(() => sources.length === 2 && last().reading !== null)
    expect(told).toEqual(['sight all', 'gap all: ECONNRESET', 'sight all'])
    expect(last().reading?.where(LINX, 0)).toBe(53)
    await last().give(LINX, [51, 52, 53])
    expect(heard).toEqual([50, 51, 52, 53].map((n) => `linx ${n}`))
    expect(feed.status()).toMatchObject({ failures: 1, connections: 2, missing: 0 })
  })
  it('that the broker does not keep any more is a gap of the collector', async () => {
    const { feed, last, told } = await start()
    // A jump of one is the mark of a transaction.
    await last().give(LINX, [51])
    expect(told.length).toBe(1)
    await last().give(LINX, [60])
    expect(told.slice(1)).toEqual(['gap linx: the broker no longer had all of it', 'sight linx'])
    expect(feed.status().missing).toBe(8)
  })
  it('that lies behind the end of a topic is none: it was made anew while we were away', async () => {
    const { last, heard, told } = await start({ positions: { [`${LINX}/0`]: 5_000 } })
    expect(last().reading?.where(LINX, 0)).toBe(10)
    expect(told).toEqual(['gap linx: its topic was made anew', 'sight linx', 'sight all'])
    await last().give(LINX, [10, 11])
    expect(heard).toEqual(['linx 10', 'linx 11'])
  })
  it('in a topic that was made anew, and has lost its beginning, is where that begins', async () => {
    const { last, heard, told } = await start()
    await last().give(LINX, [50, 51], minutes(5))
    await last().give(LINX, [7, 8])
    expect(heard).toEqual([50, 51, 7, 8].map((n) => `linx ${n}`))
    expect(told).toContain('gap linx: the broker no longer had all of it')
  })
  it('in a topic that was made anew is at its beginning', async () => {
    const { last, heard, told } = await start()
    await last().give(LINX, [50], minutes(1))
    await last().give(LINX, [0, 1])
    expect(heard).toEqual(['linx 50', 'linx 0', 'linx 1'])
    expect(told).toContain('sight linx')
  })
})

it('what has waited too long is passed over, and its collector is not seen meanwhile', async () => {
  const { feed, last, told, heard, drops } = await start()
  await last().give(LINX, [50, 51], minutes(20))
  expect(told.at(-1)).toMatch(/^gap linx: .*too old/)
  await last().give(SIX, [50])
  expect(told.length).toBe(2)
  await last().give(LINX, [52])
  expect(told.at(-1)).toBe('sight linx')
  expect(heard).toEqual(['amsix.ams 50', 'linx 52'])
  expect([feed.status().dropped, drops]).toEqual([2, ['too old 2']])
})

it('a collector that stalls while others speak is told, and told when it is back', async () => {
  const { last, told } = await start({ collectorSilence: milliseconds(1_500) })
  await last().give(LINX, [50])
  const speaking = setInterval(() => void last().give(SIX, [50 + told.length]), 100)
  await until(() => told.length === 2)
  clearInterval(speaking)
  expect(told[1]).toMatch(/^gap linx: it is silent/)
  await last().give(LINX, [51])
  expect(told[2]).toBe('sight linx')
})

it('silence of all is blindness, until something is heard', async () => {
  const { feed, last, told } = await start({ silence: milliseconds(100) })
  await until(() => told.length === 2)
  expect(told[1]).toMatch(/^gap all: nothing was heard/)
  expect(feed.status().sees).toBe(false)
  await last().give(SIX, [50])
  expect(told[2]).toBe('sight all')
})
