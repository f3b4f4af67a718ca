// The daemon hears RouteViews out of a real Kafka broker, is killed in the middle of it and started again,
// some times over; in the end it knows what a daemon knows that was never killed, and has counted
// no message twice since its last start.

import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import { type Broker, hasKafka, KAFKA_3, kafkaBroker } from './kafka.ts'
import { folder, freePort, main, type Running, remove, root, start, until } from './tools.ts'

const full = process.env['FULL'] === '1'
const here = hasKafka('a restart in the middle of RouteViews')
const TOPICS = 24
const PARTS = full ? 12 : 5
const RECORDS = full ? 20_000 : 3_000
const KILLS = 3
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd']
const PLACES = ['route-views2', 'route-views5', 'linx', 'amsix.ams']
const WATCHED = 64_496

const peerOf = (topic: number) => 64_500 + topic
const nameOf = (topic: number) =>
  `routeviews.${PLACES[topic % PLACES.length]}.${peerOf(topic)}.bmp_raw`
/** Sessions with path identifiers. */
const hasIds = (topic: number, session: number) => topic % 3 === 0 && session === 1

const u16 = (n: number) => [(n >> 8) & 255, n & 255]
const u32 = (n: number) => [...u16(n >>> 16), ...u16(n & 0xffff)]
const zeros = (n: number) => new Array<number>(n).fill(0)
const bgp = (type: number, body: readonly number[]) => [
  ...new Array<number>(16).fill(255),
  ...u16(19 + body.length),
  ...[type, ...body],
]

type Told = {
  readonly octets: number[]
  readonly elements: readonly [session: number, count: number]
}

/** BMP without stamps: what happens has the time at which the broker heard of it. */
function bmp(type: number, topic: number, session: number, body: readonly number[]): number[] {
  const address = [192, 0, 2 + session, topic]
  const head = [0, 0, ...zeros(8), ...zeros(12), ...address, ...u32(peerOf(topic)), ...zeros(12)]
  return [3, ...u32(6 + head.length + body.length), type, ...head, ...body]
}

function up(topic: number, session: number): number[] {
  const open = (mode: number) => {
    const capability = hasIds(topic, session) ? [2, 6, 69, 4, 0, 1, 1, mode] : []
    const body = [4, ...u16(23_456), 0, 180, 192, 0, 2, 1, capability.length, ...capability]
    return bgp(1, body)
  }
  const both = [...open(1), ...open(2)]
  return bmp(3, topic, session, [...zeros(16), ...u16(179), ...u16(40_000), ...both])
}

/** Of both families: the session has told all it has. */
const endsOfRib = (topic: number, session: number) => [
  ...bmp(0, topic, session, bgp(2, [0, 0, 0, 0])),
  ...bmp(0, topic, session, bgp(2, [0, 0, 0, 6, 0x80, 15, 3, 0, 2, 1])),
]

function announcement(topic: number, session: number, by: number, prefixes: readonly number[]) {
  const path = [peerOf(topic), by, WATCHED]
  const attributes = [
    ...[0x40, 1, 1, 0],
    ...[0x40, 2, 2 + 4 * path.length, 2, path.length, ...path.flatMap(u32)],
    ...[0x40, 3, 4, 192, 0, 2, 1],
  ]
  const body = [0, 0, ...u16(attributes.length), ...attributes, ...prefixes]
  return bmp(0, topic, session, bgp(2, body))
}

function update(topic: number, session: number, dice: Dice): Told {
  const count = dice.int(1, 4)
  const prefixes = Array.from({ length: count }, () => {
    const id = hasIds(topic, session) ? u32(dice.int(1, 3)) : []
    return [...id, 24, 10, dice.int(0, 1), dice.int(0, 99)]
  }).flat()
  const elements = [session, count] as const
  if (dice.chance(0.3)) {
    const body = [...u16(prefixes.length), ...prefixes, 0, 0]
    return { octets: bmp(0, topic, session, bgp(2, body)), elements }
  }
  const octets = announcement(topic, session, dice.int(3_000, 3_040), prefixes)
  return { octets, elements }
}

/** Record `n` of a topic: mostly an UPDATE or two, of one session or of both, and sometimes a reset. */
function record(topic: number, n: number): readonly Told[] {
  const dice = new Dice(`${topic} ${n}`)
  if (n === 0) return [{ octets: endsOfRib(topic, 0), elements: [0, 0] }]
  if (n === 1)
    return [0, 1].map((session) => {
      const octets = [...up(topic, session), ...endsOfRib(topic, session)]
      if (session === 1) return { octets, elements: [session, 0] }
      // Whose prefixes they are is known from here on, or what is counted as whose would depend on luck.
      const all = Array.from({ length: 200 }, (_, i) => [24, 10, i % 2, i >> 1])
      return {
        octets: [...octets, ...announcement(topic, 0, 3_000, all.flat())],
        elements: [0, 200],
      }
    })
  const session = dice.int(0, 1)
  if (n > 5 && dice.chance(0.01)) {
    const down = bmp(2, topic, session, [4])
    const octets = [...down, ...up(topic, session), ...endsOfRib(topic, session)]
    return [{ octets, elements: [session, 0] }]
  }
  return Array.from({ length: dice.int(1, 2) }, () => update(topic, dice.int(0, 1), dice))
}

function openBmp(topic: number, n: number): Buffer {
  const all = record(topic, n).flatMap(({ octets }) => octets)
  const group = [...Buffer.from(PLACES[topic % PLACES.length] as string)]
  return Buffer.from([
    ...[0x4f, 0x42, 0x4d, 0x50, 1, 7, ...u16(78 + group.length), ...u32(all.length), 0x80, 12],
    ...[...zeros(8), ...zeros(16), 0, 0, ...zeros(32), ...u16(group.length), ...group],
    ...[...u32(1), ...all],
  ])
}

interface State {
  readonly positions: Readonly<Record<string, number>>
  /** Routes, and how far each vantage point is. */
  readonly lines: readonly string[]
  /** By address of the vantage point: `topic/partition`, and the offset it goes on from. */
  readonly places: ReadonlyMap<string, { readonly queue: string; readonly next: number }>
}

function stateIn(path: string): State {
  const lines: string[] = []
  const who = new Map<number, string>()
  const places = new Map<string, { queue: string; next: number }>()
  let positions = {}
  for (const text of readFileSync(path, 'utf8').trimEnd().split('\n')) {
    const line = JSON.parse(text)
    if (line.state) positions = line.state.positions.routeviews
    else if (line.v) who.set(line.v[0], `${line.v[1]} ${line.v[2]} AS${line.v[3]}`)
    else if (line.seed) {
      const { vantage, path: by, id = '', prefixes } = line.seed
      if (by !== false)
        for (const p of prefixes) lines.push(`${who.get(vantage)} ${p} ${id}: ${by}`)
    } else if (line.peer) {
      const { vantage, notes, place } = line.peer
      const name = who.get(vantage) as string
      lines.push(`${name} ${notes.state} ${notes.routes} ${JSON.stringify(place)}`)
      if (place) places.set(name.split(' ')[1] as string, place)
    } else if (line.origin)
      for (const p of line.origin.prefixes) lines.push(`${p} of AS${line.origin.asn}`)
  }
  return { positions, lines: lines.sort(), places }
}

const sumOf = (positions: State['positions']): number =>
  Object.values(positions).reduce((sum, n) => sum + n, 0)

class Daemon {
  readonly place: string
  readonly url: string
  readonly #config: string
  #running: Running | null = null

  constructor(place: string, port: number, broker: string) {
    this.place = place
    this.url = `http://127.0.0.1:${port}`
    this.#config = join(place, 'faultline.yaml')
    writeFileSync(
      this.#config,
      [
        'version: 1',
        `asns: [${WATCHED}]`,
        `listen: 127.0.0.1:${port}`,
        'state: { folder: state, every: 1s }',
        'feeds:',
        `  - { type: routeviews, brokers: ['${broker}'], relist: 1h }`,
      ].join('\n'),
    )
  }

  get state(): string {
    return join(this.place, 'state/table.ndjson')
  }

  async begin(): Promise<void> {
    const running = start(process.execPath, [main, 'watch', this.#config])
    this.#running = running
    await until(
      'the daemon hears',
      () => {
        if (running.process.exitCode !== null) throw new Error(`it has ended: ${running.text()}`)
        return running.text().includes(`hearing ${TOPICS} topics`)
      },
      120_000,
    )
  }

  text = (): string => this.#running?.text() ?? ''

  async kill(): Promise<void> {
    const child = this.#running?.process
    const gone = new Promise((done) => child?.once('exit', done))
    child?.kill('SIGKILL')
    await gone
  }

  end = async (): Promise<number | null | undefined> => this.#running?.end()

  /** Sum over all labels that contain `label`. */
  async metric(name: string, label = ''): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    const rows = text.split('\n').filter((row) => row.startsWith(`faultline_${name}`))
    return rows
      .filter((row) => row.includes(label))
      .reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(' ') + 1)), 0)
  }
}

describe.skipIf(!here)('a daemon that is killed', () => {
  const place = here ? folder() : ''
  let broker: Broker
  const running: Running[] = []
  const daemons: Daemon[] = []
  const topics = Array.from({ length: TOPICS }, (_, i) => i)

  /** Records `from` … `until` - 1 of each topic. */
  const produce = async (from: number, until_: number): Promise<void> => {
    const path = join(place, `records-${from}`)
    const chunks: Buffer[] = []
    for (let n = from; n < until_; n++)
      for (const topic of topics) {
        const value = openBmp(topic, n)
        chunks.push(Buffer.from([...u16(topic), ...u16(value.length)]), value)
      }
    writeFileSync(path, Buffer.concat(chunks))
    const pairs = topics.map((topic) => `${nameOf(topic)}=${CODECS[topic % CODECS.length]}`)
    const source = join(root, 'test/integration/Produce.java')
    const args = ['-Xmx128m', '-cp', broker.classpath, source, broker.address, path, ...pairs]
    const producer = start('java', args)
    running.push(producer)
    await until('a part was sent', () => producer.process.exitCode !== null, 120_000)
    expect(producer.text()).toContain(`sent ${(until_ - from) * TOPICS}`)
  }

  beforeAll(async () => {
    broker = await kafkaBroker(KAFKA_3)
    await broker.start()
  }, 400_000)

  afterAll(async () => {
    for (const { process: child } of running) child.kill('SIGKILL')
    for (const daemon of daemons) {
      await daemon.end()
      remove(daemon.place)
    }
    await broker?.remove()
    remove(place)
  })

  test(`${KILLS} times knows what one knows that was not`, async () => {
    const dice = new Dice(String(Date.now()))
    await produce(0, 1)
    for (const _ of [0, 1]) daemons.push(new Daemon(folder(), await freePort(), broker.address))
    const [whole, killed] = daemons as [Daemon, Daemon]
    await Promise.all([whole.begin(), killed.begin()])
    let ended = false
    const perTopic = 2 + Math.floor(RECORDS / TOPICS) * PARTS
    const all = perTopic * TOPICS
    const producing = (async () => {
      await produce(1, 2)
      for (let part = 0; part < PARTS; part++)
        await produce(
          2 + (part * (perTopic - 2)) / PARTS,
          2 + ((part + 1) * (perTopic - 2)) / PARTS,
        )
      ended = true
    })()
    // Who waits for something else must not miss that it failed.
    producing.catch(() => undefined)
    await until('it has kept its table', () => existsSync(killed.state))
    const at: number[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const due = (all * (kill + 0.5)) / (KILLS + 1)
      await until('it is so far', () => sumOf(stateIn(killed.state).positions) >= due, 300_000)
      await new Promise((done) => setTimeout(done, dice.int(0, 2_000)))
      await killed.kill()
      copyFileSync(killed.state, join(place, 'last'))
      at.push(sumOf(stateIn(join(place, 'last')).positions))
      await killed.begin()
      expect(killed.text()).toContain('going on from there')
    }
    await until('all was sent', () => ended, 300_000)
    await producing
    await until(
      'both have applied all',
      async () => {
        const states = [whole, killed].map(({ state }) => stateIn(state).positions)
        return states.every((of) => sumOf(of) === all)
      },
      120_000,
    )
    const counted = await killed.metric('updates_total', `asn="${WATCHED}"`)
    const known = await killed.metric('feed_dropped_total', 'reason="known"')
    expect([await whole.end(), await killed.end()]).toEqual([0, 0])
    const [expected, found] = [stateIn(whole.state), stateIn(killed.state)]
    expect(found.lines).toEqual(expected.lines)
    expect(found.positions).toEqual(expected.positions)
    expect(found.lines.length).toBeGreaterThan(TOPICS * 150)
    // Elements that no picture had when it was started for the last time, each of them once.
    const { places } = stateIn(join(place, 'last'))
    let after = 0
    for (const topic of topics)
      for (let n = 1; n < perTopic; n++)
        for (const { elements } of record(topic, n)) {
          const from = places.get(`192.0.${2 + elements[0]}.${topic}`)
          if (n >= (from?.next ?? 0)) after += elements[1]
        }
    console.log(`killed at ${at} of ${all} records; ${known} of them known when they came again`)
    expect(counted).toBe(after)
  }, 900_000)
})
