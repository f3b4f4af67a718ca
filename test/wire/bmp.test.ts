// BMP into columns: by hand, and against src/decode, which reads the same octets with words and objects:
// over the shared vectors, and over messages with octets changed at random.

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Batch, TREAT_AS_WITHDRAW } from '../../src/core/batch.ts'
import { pathText } from '../../src/core/path.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { BmpSession } from '../../src/decode/bmp.ts'
import { Cursor, Malformed } from '../../src/decode/cursor.ts'
import { BmpDecoder, received } from '../../src/wire/bmp.ts'
import { OpenBmpReader } from '../../src/wire/openbmp.ts'
import { checkBatch, elementText, lines } from './mrt-text.ts'
import { noise } from './octets.ts'

const HEARD = 1_730_160_000e6
const ALL_VIEWS = [0, 1, 2, 3, 4]

const u16 = (n: number) => [(n >> 8) & 255, n & 255]
const u32 = (n: number) => [...u16(n >>> 16), ...u16(n & 0xffff)]
const zeros = (n: number) => new Array<number>(n).fill(0)

interface Of {
  readonly type?: number
  readonly flags?: number
  readonly rd?: number
  readonly asn?: number
  readonly address?: number
  /** Seconds. */
  readonly at?: number
}
const header = ({ type = 0, flags = 0, rd = 0, asn = 64_496, address = 1, at = 0 }: Of = {}) => [
  ...[type, flags, ...u32(0), ...u32(rd)],
  ...(type === 3 ? zeros(16) : [...zeros(12), 192, 0, 2, address]),
  ...[...u32(asn), 192, 0, 2, address, ...u32(at), ...u32(5)],
]
const bmp = (type: number, body: readonly number[]) => [3, ...u32(6 + body.length), type, ...body]
const bgp = (type: number, body: readonly number[]) => [
  ...new Array<number>(16).fill(255),
  ...u16(19 + body.length),
  type,
  ...body,
]
const attribute = (type: number, value: readonly number[], flags = 0x40) => [
  flags,
  type,
  value.length,
  ...value,
]
const PATH = [2, 2, ...u32(64_496), ...u32(70_000)]
const update = (nlri: readonly number[], path: readonly number[] = PATH) => {
  const list = [...attribute(1, [0]), ...attribute(2, path), ...attribute(3, [192, 0, 2, 1])]
  return bgp(2, [0, 0, ...u16(list.length), ...list, ...nlri])
}
const route = (of: Of = {}, nlri = [24, 203, 0, 113], path = PATH) =>
  bmp(0, [...header(of), ...update(nlri, path)])
const open = (...capabilities: number[][]) => {
  const all = capabilities.flatMap((c) => [2, c.length, ...c])
  return bgp(1, [4, ...u16(64_496), 0, 180, 192, 0, 2, 1, all.length, ...all])
}
const addPath = (mode: number, afi = 1) => [69, 4, 0, afi, 1, mode]
const up = (of: Of = {}, sent = open(), from = open()) =>
  bmp(3, [...header(of), ...zeros(16), ...u16(179), ...u16(40_000), ...sent, ...from])
const down = (of: Of = {}, reason = [2, 0, 24]) => bmp(2, [...header(of), ...reason])

/** Reads messages as one router's; outcomes and lines. */
function read(
  messages: readonly (readonly number[])[],
  collectors: (c: number) => readonly number[] = received,
  prepare: (decoder: BmpDecoder) => void = () => undefined,
) {
  const vantages = new VantagePoints()
  const decoder = new BmpDecoder(vantages)
  prepare(decoder)
  const batch = new Batch()
  batch.clear()
  const numbers = collectors(vantages.collector('router'))
  const outcomes = messages.map((octets, i) => {
    const bytes = Uint8Array.from(octets)
    decoder.use(bytes, new DataView(bytes.buffer))
    return decoder.read(0, bytes.length, numbers, HEARD, i, batch)
  })
  checkBatch(batch)
  return { decoder, vantages, batch, outcomes, lines: lines(batch) }
}

describe('routes', () => {
  test('are of the peer in the header, at its time if that can be', () => {
    const at = (n: number) => read([route({ at: n })]).batch.at[0]
    expect(at(HEARD / 1e6 - 60)).toBe(HEARD - 60e6 + 5)
    // Not known; since the router was started; too far back; ahead.
    for (const odd of [0, 86_400, HEARD / 1e6 - 601, HEARD / 1e6 + 61]) expect(at(odd)).toBe(HEARD)
    const { vantages, lines } = read([route()])
    expect(vantages.list).toMatchObject([
      { collector: 'router', address: '192.0.2.1', asn: 64_496 },
    ])
    expect(lines).toEqual(['update A 203.0.113.0/24 64496 70000'])
  })
  test('come in one view of a peer, the first that is heard', () => {
    const { outcomes } = read([route({ flags: 0x40 }), route(), route({ flags: 0x40 })])
    expect(outcomes).toEqual(['update', 'passed', 'update'])
    // Until the session begins anew.
    expect(read([route(), down(), route({ flags: 0x40 })]).outcomes[2]).toBe('update')
    // What is sent to it is not what it believes.
    expect(read([route({ flags: 0x10 }), route({ type: 3 })]).outcomes).toEqual([
      'passed',
      'passed',
    ])
  })
  test('come in every view that has a collector of its own', () => {
    const each = (c: number) => ALL_VIEWS.map((view) => c + view)
    const views = [0, 0x40, 0x10, 0x50].map((flags) => route({ flags }))
    const { outcomes, batch } = read([...views, route({ type: 3, flags: 0x80 })], each)
    expect(outcomes).toEqual(new Array(5).fill('update'))
    expect(new Set(batch.vantage.subarray(0, 5)).size).toBe(5)
  })
  test('of the same address in two instances are not mixed', () => {
    const { outcomes } = read([route({ type: 1, rd: 1 }), route({ type: 1, rd: 2 })])
    expect(outcomes).toEqual(['update', 'passed'])
  })
  test('may have two-octet paths, told or not', () => {
    const two = [2, 2, ...u16(64_496), ...u16(64_497)]
    for (const flags of [0x20, 0]) {
      const { lines, batch, decoder } = read([route({ flags }, undefined, two)])
      expect(lines).toEqual(['update A 203.0.113.0/24 64496 64497'])
      expect(batch.detail[0]).toBe(0)
      expect(decoder.narrow).toBe(flags === 0 ? 1 : 0)
    }
    expect(read([route({}, undefined, [2, 9, 1])]).batch.detail[0]).toBe(TREAT_AS_WITHDRAW)
  })
  test('have path identifiers where the OPENs agree on them', () => {
    const withId = [...u32(9), 24, 203, 0, 113]
    const agreed = up({}, open(addPath(1)), open(addPath(2)))
    expect(read([agreed, route({}, withId)]).lines[1]).toContain('203.0.113.0/24#9 ')
    // Of IPv6 only: then IPv4 has none.
    const other = up({}, open(addPath(1, 2)), open(addPath(2, 2)))
    expect(read([other, route({}, withId)]).outcomes[1]).toBe('malformed')
    expect(read([other, route()]).outcomes[1]).toBe('update')
    // Peer Up was not heard: what can be read in no other way.
    const guessed = read([route({}, withId), route({}, [...u32(3), 0])])
    expect(guessed.lines).toEqual([
      expect.stringContaining('#9 '),
      expect.stringContaining('/0#3 '),
    ])
    expect(guessed.decoder.guessed).toBe(1)
  })
  test('that do not fit are read into the next batch', () => {
    const vantages = new VantagePoints()
    const decoder = new BmpDecoder(vantages)
    const batch = new Batch(5, 8, 8)
    batch.clear()
    const bytes = Uint8Array.from(route())
    decoder.use(bytes, new DataView(bytes.buffer))
    const numbers = received(vantages.collector('router'))
    const next = () => decoder.read(0, bytes.length, numbers, HEARD, 0, batch)
    expect([next(), next()]).toEqual(['update', 'full'])
    expect(batch.messages).toBe(1)
    batch.clear()
    expect(next()).toBe('update')
  })
})

describe('what routers do otherwise than they should', () => {
  test('FRR leaves NEXT_HOP out: a route is a route', () => {
    const list = [...attribute(1, [0]), ...attribute(2, PATH)]
    const bare = bgp(2, [0, 0, ...u16(list.length), ...list, 24, 203, 0, 113])
    const { outcomes, batch, lines } = read([bmp(0, [...header(), ...bare])])
    expect(outcomes).toEqual(['update'])
    expect(lines).toEqual(['update A 203.0.113.0/24 64496 70000'])
    expect(batch.detail[0]).toBe(0)
  })
  test('GoBGP tells of its Loc-RIB without a Peer Up', () => {
    const each = (c: number) => ALL_VIEWS.map(() => c)
    const { outcomes, vantages } = read([route({ type: 3, asn: 64_500 })], each)
    expect(outcomes).toEqual(['update'])
    expect(vantages.list).toMatchObject([{ address: '0.0.0.0', asn: 64_500 }])
  })
  test('the address of a peer is at the end where it is IPv4, and whole where it is IPv6', () => {
    const six = header({ flags: 0x80 })
    six.splice(10, 16, ...[0x20, 1, 0x0d, 0xb8], ...zeros(11), 7)
    const { vantages } = read([bmp(0, [...six, ...update([24, 203, 0, 113])]), route()])
    expect(vantages.list.map(({ address }) => address)).toEqual(['2001:db8::7', '192.0.2.1'])
  })
  test('Initiation may come again, and what is mirrored is no route', () => {
    const name = bmp(4, [0, 2, 0, 2, 0x72, 0x31])
    const mirrored = bmp(6, [...header(), 0, 0, 0, 23, ...bgp(2, zeros(4))])
    expect(read([name, name, mirrored, route()]).outcomes).toEqual([
      ...['initiation', 'initiation', 'mirroring', 'update'],
    ])
  })
  test('a session goes down for whatever reason, with or without what should come with it', () => {
    const none = { event: null, code: null, subcode: null }
    for (const [octets, told] of [
      [[1], { ...none, reason: 1 }],
      [[3, ...bgp(3, [6, 2])], { reason: 3, event: null, code: 6, subcode: 2 }],
      [[4], { ...none, reason: 4 }],
      [[5], { ...none, reason: 5 }],
      [[6, 0, 3, 0, 1, 0x61], { ...none, reason: 6 }],
      [[99, 1, 2, 3], { ...none, reason: 99 }],
    ] as const) {
      const { outcomes, decoder } = read([up(), down({}, [...octets])])
      expect([octets, outcomes, decoder.down]).toEqual([octets, ['up', 'down'], told])
    }
  })
  test('counters that nobody knows are told by their number, and stop none of the others', () => {
    const stats = [...u32(3), ...[0, 18, 0, 8, ...u32(0), ...u32(4)]]
    stats.push(...[0xff, 0xfb, 0, 3, 1, 2, 3], ...[0, 7, 0, 8, ...u32(0), ...u32(9)])
    const { outcomes, decoder } = read([bmp(1, [...header(), ...stats])])
    expect(outcomes).toEqual(['statistics'])
    expect(decoder.statistics).toContainEqual({ type: 7, afi: 0, safi: 0, value: 9 })
  })
})

describe('sessions', () => {
  test('come up with what was agreed, and go down with a reason', () => {
    const { outcomes, lines, decoder } = read([
      up({}, open([65, 4, ...u32(70_000)])),
      down({}, [3, ...bgp(3, [6, 4])]),
    ])
    expect(outcomes).toEqual(['up', 'down'])
    expect(lines).toEqual(['sessionUp 1', 'sessionDown'])
    expect(decoder.up).toMatchObject({
      sent: { asn: 70_000, as4: true, holdTime: 180 },
      received: { as4: false },
      remotePort: 40_000,
    })
    expect(decoder.down).toEqual({ reason: 3, event: null, code: 6, subcode: 4 })
    expect(read([down()]).decoder.down).toMatchObject({ reason: 2, event: 24 })
  })
  test('that are told once a view come up once', () => {
    const { outcomes, lines } = read([up(), up({ flags: 0x40 }), down(), down({ flags: 0x40 })])
    expect(outcomes).toEqual(['up', 'passed', 'down', 'passed'])
    expect(lines).toEqual(['sessionUp 1', 'sessionDown'])
  })
  test('are remembered by who goes on in the middle of them', () => {
    const [reads, sends] = [open(addPath(1)), open(addPath(2))]
    const before = read([up({ flags: 0x40 }, reads, sends)])
    const agreed = before.batch.detail[0] as number
    const withId = route({ flags: 0x40 }, [0, 0, 0, 7, 24, 203, 0, 113])
    const on = (recall: number) =>
      read([route(), withId, up({}, reads, sends), withId], received, (decoder) => {
        decoder.recall = () => recall
      })
    // The other view stays the other one, and an UPDATE is read as was agreed.
    const { outcomes, batch, decoder } = on(agreed)
    expect(outcomes).toEqual(['passed', 'update', 'passed', 'update'])
    expect([batch.elements, batch.pathId[0], batch.pathId[1]]).toEqual([2, 7, 7])
    expect(decoder.guessed).toBe(0)
    // Without, the first one heard speaks.
    expect(on(0).outcomes[0]).toBe('update')
    // A file may say anything.
    expect(on(2 ** 32 - 1).outcomes[0]).toBe('update')
  })
  test('are counted, and routers say who they are', () => {
    const stats = [...u32(3), ...[0, 7, 0, 8, ...u32(1), ...u32(2)]]
    stats.push(...[0, 9, 0, 11, 0, 2, 1, ...u32(0), ...u32(7)], ...[0, 0, 0, 4, ...u32(5)])
    const told = read([bmp(1, [...header(), ...stats]), bmp(4, [0, 2, 0, 2, 0x72, 0x31])])
    expect(told.outcomes).toEqual(['statistics', 'initiation'])
    expect(told.decoder.statistics).toEqual([
      { type: 7, afi: 0, safi: 0, value: 2 ** 32 + 2 },
      { type: 9, afi: 2, safi: 1, value: 7 },
      { type: 0, afi: 0, safi: 0, value: 5 },
    ])
    expect(told.decoder.information).toEqual([{ type: 2, text: 'r1', reason: null }])
    expect(read([bmp(5, [0, 1, 0, 2, 0, 3])]).decoder.information[0]?.reason).toBe(3)
  })
  test('beyond the limit are refused', () => {
    const vantages = new VantagePoints()
    const decoder = new BmpDecoder(vantages, { peers: 2 })
    const batch = new Batch()
    batch.clear()
    const numbers = received(vantages.collector('router'))
    const outcomes = [1, 2, 3, 1].map((address) => {
      const bytes = Uint8Array.from(route({ address }))
      decoder.use(bytes, new DataView(bytes.buffer))
      return decoder.read(0, bytes.length, numbers, HEARD, 0, batch)
    })
    expect(outcomes).toEqual(['update', 'update', 'refused', 'update'])
  })
})

// against src/decode

interface Peer {
  readonly peerType: number
  readonly adjRibOut?: boolean
}
interface Told {
  readonly msg: string
  readonly peer?: Peer
  readonly reason?: number
  readonly bgp?: {
    readonly type: string
    readonly announced: readonly { prefix: string; pathId?: number }[]
    readonly withdrawn: readonly { prefix: string; pathId?: number }[]
    readonly path?: string
    readonly eor?: string
    readonly attrs: { readonly otc?: number }
    readonly treatAsWithdraw?: boolean
  }
  readonly stats?: readonly { type: number; value?: string | number; afi?: number }[]
}

const OUTCOMES: Record<string, string> = {
  STATISTICS: 'statistics',
  PEER_DOWN: 'down',
  PEER_UP: 'up',
  INITIATION: 'initiation',
  TERMINATION: 'termination',
  ROUTE_MIRRORING: 'mirroring',
  UNKNOWN: 'passed',
}

const text = ({ prefix, pathId = 0 }: { prefix: string; pathId?: number }) =>
  pathId === 0 ? prefix : `${prefix}#${pathId}`

/** What the slow one says, in the words of `fast`. */
function slow(told: Told): unknown {
  const { bgp } = told
  if (!bgp) {
    const { stats = [] } = told
    const values = stats
      .filter(({ value }) => value !== undefined)
      .map(({ value }) => Number(value))
    return { outcome: OUTCOMES[told.msg], ...(told.msg === 'STATISTICS' ? { values } : {}) }
  }
  if (bgp.type !== 'UPDATE') return { outcome: 'passed' }
  if ((bgp.eor === '1/1' || bgp.eor === '2/1') && !bgp.treatAsWithdraw)
    return { outcome: 'endOfRib' }
  return {
    outcome: 'update',
    treated: bgp.treatAsWithdraw === true,
    announced: bgp.announced.map(text).sort(),
    withdrawn: bgp.withdrawn.map(text).sort(),
    ...(bgp.announced.length === 0 ? {} : { path: bgp.path, otc: bgp.attrs.otc ?? 0 }),
  }
}

class Both {
  readonly #vantages = new VantagePoints()
  readonly #decoder = new BmpDecoder(this.#vantages)
  readonly #numbers = ALL_VIEWS.map((view) => this.#vantages.collector(`c${view}`))
  readonly #session = new BmpSession()
  readonly #batch = new Batch()

  slow(octets: Uint8Array): unknown {
    try {
      const told = this.#session.read(new Cursor(octets)) as Told | null
      return told === null ? { outcome: 'malformed' } : slow(told)
    } catch (error) {
      if (error instanceof Malformed) return { outcome: 'malformed' }
      throw error
    }
  }

  fast(octets: Uint8Array): unknown {
    const batch = this.#batch
    batch.clear()
    const bytes = Uint8Array.from(octets)
    this.#decoder.use(bytes, new DataView(bytes.buffer))
    const outcome = this.#decoder.read(0, bytes.length, this.#numbers, HEARD, 0, batch)
    checkBatch(batch)
    if (outcome === 'statistics')
      return { outcome, values: this.#decoder.statistics.map(({ value }) => value) }
    if (outcome !== 'update') return { outcome }
    const lists: [string[], string[]] = [[], []]
    for (let e = 0; e < batch.elements; e++)
      lists[batch.announced[e] as 0 | 1].push(elementText(batch, e))
    const [withdrawn, announced] = lists
    const start = batch.pathStart[0] as number
    const path = start < 0 ? undefined : pathText(batch.path, start, batch.pathLength[0] as number)
    return {
      outcome,
      treated: batch.detail[0] === TREAT_AS_WITHDRAW,
      announced: announced.sort(),
      withdrawn: withdrawn.sort(),
      ...(announced.length === 0 ? {} : { path, otc: (batch.otc[0] as number) >>> 0 }),
    }
  }
}

const FOLDER = '../shared/data/vectors'
const absent = !existsSync(FOLDER)
if (absent) console.warn(`SKIPPED: no ${FOLDER}, so no vectors of BMP and OpenBMP are checked`)
const vectors = (kind: string) =>
  readFileSync(`${FOLDER}/${kind}.jsonl`, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { id: string; hex: string; expect: 'error' | Told })

describe.skipIf(absent)(`vectors${absent ? ' (SKIPPED: vectors absent)' : ''}`, () => {
  test('of BMP', () => {
    const all = vectors('bmp')
    for (const { id, hex, expect: expected } of all) {
      const fast = new Both().fast(Buffer.from(hex, 'hex'))
      const wanted = expected === 'error' ? { outcome: 'malformed' } : slow(expected)
      expect(fast, id).toEqual(wanted)
    }
    expect(all.length).toBeGreaterThan(40)
  })
  test('of OpenBMP', () => {
    for (const { id, hex, expect: expected } of vectors('openbmp')) {
      const vantages = new VantagePoints()
      const reader = new OpenBmpReader(vantages)
      const batch = new Batch()
      batch.clear()
      const isOpen = reader.open(Buffer.from(hex, 'hex'), HEARD, 'fallback')
      const outcome = isOpen ? reader.next(0, batch) : 'malformed'
      if (expected === 'error') {
        expect(outcome, id).toBe('malformed')
        continue
      }
      const inner = expected as unknown as { bmp: Told; routerGroup: string }
      expect(outcome, id).toBe((slow(inner.bmp) as { outcome: string }).outcome)
      expect(reader.collector, id).toContain(inner.routerGroup || 'fallback')
      expect(reader.next(0, batch), id).toBe(null)
    }
  })
})

/** Whatever is no OPEN the one for people reads too, in Peer Up, and what follows the second one. */
function isHeadOfOpen(octets: Uint8Array, at: number): boolean {
  if (octets[5] !== 3) return false
  const first = 48 + 20
  const second = first + ((octets[first + 16] as number) << 8) + (octets[first + 17] as number)
  return at < first + 19 || (at >= second && at < second + 19)
}

test('agrees with the decoder for people over changed messages', () => {
  const next = noise(7)
  const both = open(addPath(3), addPath(3, 2))
  const sound = [
    ...[
      up(),
      up({ flags: 0x40 }, both, both),
      up({ type: 3 }),
      down(),
      route(),
      route({ flags: 0x20 }),
    ],
    ...[route({ flags: 0x10 }), route({ type: 3 }), bmp(4, [0, 1, 0, 1, 65]), bmp(7, [1, 2])],
    bmp(0, [...header(), ...update([...u32(1), 24, 203, 0, 113])]),
    bmp(0, [...header(), ...bgp(2, [0, 4, 24, 203, 0, 113, 0, 0])]),
    bmp(0, [...header(), ...bgp(2, [0, 0, 0, 0])]),
    bmp(1, [...header(), ...u32(1), 0, 7, 0, 8, ...u32(0), ...u32(9)]),
  ]
  let [agreed, malformed] = [0, 0]
  for (let run = 0; run < 3_000; run++) {
    const pair = new Both()
    for (let i = 0; i < 4; i++) {
      const octets = Uint8Array.from(sound[next(sound.length)] as number[])
      // What is not asked of the fast one is left alone: lengths of the whole, reasons, mirrored messages.
      const changes = next(3)
      for (let k = 0; k < changes; k++) {
        const at = 48 + next(Math.max(1, octets.length - 48))
        if (at < octets.length && octets[5] !== 2 && !isHeadOfOpen(octets, at))
          octets[at] = next(4) ? next(256) : 0
      }
      const [fast, exact] = [pair.fast(octets), pair.slow(octets)] as { outcome: string }[]
      // Sessions told once a view come up, and go down, once.
      const isTwice = fast?.outcome === 'passed' && /^(up|down)$/.test(exact?.outcome ?? '')
      // Of messages that are no UPDATE the fast one reads the type.
      const isOther = octets[5] === 0 && octets[66] !== 2 && fast?.outcome === 'passed'
      if (!isTwice && !isOther) expect(fast, Buffer.from(octets).toString('hex')).toEqual(exact)
      agreed++
      if (fast?.outcome === 'malformed') malformed++
    }
  }
  expect(agreed).toBe(12_000)
  expect(malformed).toBeGreaterThan(500)
})
