import { describe, expect, test } from 'vitest'
import { Order } from '../../src/clock/order.ts'
import { Batch, Message } from '../../src/core/batch.ts'
import { milliseconds, parseInstant } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { generateDay, updatesOf } from '../../src/scenario/day.ts'
import { toFrames } from '../../src/scenario/frames.ts'
import { MrtReader } from '../../src/wire/mrt.ts'
import { RisDecoder } from '../../src/wire/ris-json.ts'

const T0 = parseInstant('2024-10-29T00:00:00Z') as number

interface Said {
  /** Milliseconds since T0. */
  readonly at: number
  readonly path?: readonly number[]
  /** Announced, third octets of 10.0.N.0/24; withdrawn. */
  readonly a?: readonly number[]
  readonly w?: readonly number[]
  readonly kind?: number
  readonly vantage?: number
}

function batchOf(said: readonly Said[]): Batch {
  const batch = new Batch(64, 64, 64)
  batch.clear()
  for (const { at, path = [], a = [], w = [], kind = Message.update, vantage = 0 } of said) {
    const m = batch.open(kind, T0 + milliseconds(at), vantage, 0)
    for (const [list, announced] of [
      [w, 0],
      [a, 1],
    ] as const)
      for (const n of list) {
        const e = batch.elements++
        batch.announced[e] = announced
        batch.afi[e] = 4
        batch.length[e] = 24
        batch.word0[e] = (10 << 24) | (n << 8)
        for (const word of [batch.word1, batch.word2, batch.word3]) word[e] = 0
      }
    if (path.length > 0) {
      batch.pathStart[m] = batch.pathWords
      batch.pathLength[m] = path.length
      for (const asn of path) batch.path[batch.pathWords++] = asn
    }
    batch.close()
  }
  return batch
}

/** What comes out when each of these is told by a stream of its own: `stream:at`. */
function heard(...streams: readonly (readonly Said[])[]): { out: string[]; duplicates: number } {
  const vantages = new VantagePoints()
  const collector = vantages.collector('rrc00')
  for (const n of [1, 2]) vantages.intern(collector, n, 0, 0, 0, 64_500 + n, 4)
  const out: string[] = []
  const of = new Map<Batch, number>()
  const message = (batch: Batch, m: number) => {
    const at = ((batch.at[m] as number) - T0) / milliseconds(1)
    out.push(`${of.get(batch)}:${at}`)
  }
  const order = new Order(vantages, { message, fact: () => undefined }, () => undefined)
  for (const [i, said] of streams.entries()) {
    const batch = batchOf(said)
    of.set(batch, i)
    order.push(order.stream(), batch)
  }
  order.flush()
  return { out, duplicates: order.duplicates }
}

const said = { at: 100, path: [1, 2, 3], a: [1, 2], w: [3] }

describe('the same through two feeds', () => {
  test('counts once, whatever the resolution of its stamps', () => {
    expect(heard([said], [{ ...said, at: 100.123 }])).toEqual({ out: ['0:100'], duplicates: 1 })
    expect(heard([{ ...said, at: 109.9 }], [said])).toEqual({ out: ['1:100'], duplicates: 1 })
  })

  test('and in whatever order its prefixes stand', () => {
    expect(heard([said], [{ ...said, a: [2, 1] }]).duplicates).toBe(1)
  })

  test.each<[string, Partial<Said>]>([
    ['at another time', { at: 111 }],
    ['by another path', { path: [1, 3, 2] }],
    ['of another prefix', { a: [1, 4] }],
    ['of one more', { a: [1, 2, 4] }],
    ['announced instead of withdrawn', { a: [1, 2, 3], w: [] }],
    ['of another vantage point', { vantage: 1 }],
    ['of another kind', { kind: Message.rib }],
  ])('is not what is told %s', (_, change) => {
    expect(heard([said], [{ ...said, ...change }])).toMatchObject({ duplicates: 0 })
  })

  test('what one feed tells twice was said twice', () => {
    expect(heard([said, said, said])).toMatchObject({ duplicates: 0 })
    expect(heard([said, said, said], [{ ...said, vantage: 1 }])).toMatchObject({ duplicates: 0 })
    expect(heard([said, said], [said, said])).toMatchObject({ duplicates: 2 })
    expect(heard([said, said, said], [said])).toMatchObject({ duplicates: 1 })
    expect(heard([said, said], [said, said], [said, said])).toMatchObject({ duplicates: 4 })
  })

  test('sessions and signs of life too', () => {
    const down = { at: 5, kind: Message.sessionDown }
    expect(heard([down], [down])).toMatchObject({ duplicates: 1 })
    expect(heard([down], [{ ...down, kind: Message.sessionUp }])).toMatchObject({ duplicates: 0 })
  })
})

test('live and archive of one collector are one of them', () => {
  const day = generateDay({ seed: 'twice', hours: 3, trouble: ['outage'] })
  const vantages = new VantagePoints()
  const [collector, octets] = [...updatesOf(day)].find(([name]) => /^rrc/.test(name)) ?? []
  if (collector === undefined || !octets) throw new Error('the day has no collector of RIS')

  const archive: Batch[] = []
  const reader = new MrtReader(vantages, collector, 0)
  reader.push(octets)
  for (let more = true; more; ) {
    const batch = new Batch()
    batch.clear()
    more = reader.read(batch, true)
    if (batch.messages > 0) archive.push(batch)
  }
  const live: Batch[] = []
  const decoder = new RisDecoder(vantages)
  let frames = 0
  for (const batch of archive) {
    const told = new Batch()
    told.clear()
    for (let m = 0; m < batch.messages; m++) {
      const frame = toFrames(batch, vantages, m)
      const text = Buffer.from(JSON.stringify({ type: 'ris_message', data: frame }))
      expect(decoder.decode(text, told, frames++).kind).toBe('read')
    }
    live.push(told)
  }

  const run = (...streams: readonly (readonly Batch[])[]) => {
    const out: string[] = []
    const message = (batch: Batch, m: number) => {
      const elements: string[] = []
      for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++)
        elements.push(`${batch.announced[e]} ${batch.word0[e]}/${batch.length[e]}`)
      const { length } = elements
      out.push(`${batch.vantage[m]} ${batch.kind[m]} ${length} ${elements.sort().join(' ')}`)
    }
    const order = new Order(vantages, { message, fact: () => undefined }, () => undefined)
    const numbers = streams.map(() => order.stream())
    for (const [i, batches] of streams.entries())
      for (const batch of batches) order.push(numbers[i] as number, batch)
    order.flush()
    return { out: out.sort(), duplicates: order.duplicates }
  }
  const alone = run(archive)
  const both = run(archive, live)
  expect(alone.duplicates).toBe(0)
  expect(alone.out.length).toBeGreaterThan(500)
  expect(both.duplicates).toBe(frames)
  expect(both.out).toEqual(alone.out)
})
