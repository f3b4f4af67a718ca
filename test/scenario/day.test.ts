import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { minutes, seconds } from '../../src/core/time.ts'
import { type Day, generateDay, updatesOf } from '../../src/scenario/day.ts'
import type { DayMessage } from '../../src/scenario/sessions.ts'
import { bgpdump, hasBgpdump, why } from './bgpdump.ts'
import { hasValley } from './valley.ts'

type Update = Extract<DayMessage, { kind: 'update' }>
const short = { hours: 3 }
const isUpdate = (m: DayMessage): m is Update => m.kind === 'update'
const updates = (day: Day) => day.messages.filter(isUpdate)
const truth = (day: Day, kind: string) => {
  const found = day.truth.find((t) => t.kind === kind)
  if (!found) throw new Error(`no ${kind} in this day`)
  return found
}
const quantile = (list: number[], q: number) =>
  list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))] ?? 0

const days = [1, 2, 3, 4, 5].map((seed) => generateDay({ ...short, seed }))
const day = days[0] as Day

function hash(options: object): string {
  const made = generateDay({ ...short, ...options })
  const h = createHash('sha256').update(JSON.stringify(made.truth))
  for (const files of [made.rib, updatesOf(made)])
    for (const [name, bytes] of files) h.update(name).update(bytes)
  return h.digest('hex')
}

test('same seed, same octets; another seed, other octets', () => {
  const first = hash({ seed: 'repeat' })
  expect(hash({ seed: 'repeat' })).toBe(first)
  expect(hash({ seed: 'repeat 2' })).not.toBe(first)
})

test('a whole day has the size and the hours it should have', () => {
  const began = performance.now()
  const whole = generateDay()
  const took = performance.now() - began
  const said = updates(whole)
  console.info(
    `24 h: ${said.length} UPDATEs, ${whole.messages.length} messages in ${took.toFixed(0)} ms`,
  )
  expect(said.length).toBeGreaterThan(80_000)
  expect(said.length).toBeLessThan(130_000)
  expect(whole.end - whole.start).toBe(minutes(24 * 60))
  expect(whole.truth.map((t) => t.kind)).toEqual(['outage', 'session-reset', 'leak'])
  const outage = truth(whole, 'outage')
  expect(outage.until - outage.from).toBe(minutes(89))
  expect(outage.asn).toBe(4766)
  expect(took).toBeLessThan(15_000)
})

test('messages stand in order of time, inside the day', () => {
  for (const { messages, start, end } of days) {
    expect(messages.every((m, i) => m.at >= (messages[i - 1]?.at ?? start))).toBe(true)
    expect(messages.every((m) => m.at < end && Number.isInteger(m.at))).toBe(true)
  }
})

describe('outage', () => {
  test('most of the watched AS goes, half of the carriers after 30 to 70 s', () => {
    const halves: number[] = []
    for (const one of days) {
      const { startedAt, halfAt, endedAt, from, until, prefixes, sessions } = truth(one, 'outage')
      expect(prefixes.length).toBeGreaterThanOrEqual(50)
      expect(prefixes.length).toBeLessThan(60)
      expect(sessions).toBe(40)
      expect(startedAt - from).toBeLessThan(seconds(30))
      expect(endedAt - until).toBeLessThan(minutes(3))
      halves.push(((halfAt ?? 0) - startedAt) / 1e6)
    }
    console.info(`half of the carriers gone after ${halves.map((s) => s.toFixed(0)).join(', ')} s`)
    expect(Math.min(...halves)).toBeGreaterThan(25)
    expect(quantile(halves, 0.5)).toBeGreaterThan(30)
    expect(quantile(halves, 0.5)).toBeLessThan(70)
  })

  test('nine tenths are gone after 60 to 200 s; longer paths come before the end', () => {
    const { startedAt, until, prefixes } = truth(day, 'outage')
    const gone = new Map<string, number>()
    const length = new Map<string, number>()
    let longer = 0
    const mine = new Set(prefixes)
    for (const m of updates(day)) {
      if (m.at < startedAt - minutes(1) || m.at >= until) continue
      for (const p of [...m.withdraw, ...m.announce].filter((text) => mine.has(text))) {
        const key = `${m.session.address} ${p}`
        if (m.announce.length === 0) gone.set(key, (m.at - startedAt) / 1e6)
        else {
          if (m.path.length > (length.get(key) ?? 3)) longer++
          length.set(key, m.path.length)
          gone.delete(key)
        }
      }
    }
    const times = [...gone.values()]
    console.info(`${longer} longer paths before ${times.length} withdrawals were final`)
    expect(times.length).toBe(prefixes.length * 20)
    expect(quantile(times, 0.9)).toBeGreaterThan(60)
    expect(quantile(times, 0.9)).toBeLessThan(200)
    expect(longer).toBeGreaterThan(times.length / 4)
  })
})

test('a leak is of type 1, large, and the only thing that makes valleys', () => {
  for (const one of days) {
    const { asn, from, startedAt, endedAt, prefixes, origins, halfAt } = truth(one, 'leak')
    expect(prefixes.length).toBeGreaterThanOrEqual(150)
    expect(origins.length).toBeGreaterThanOrEqual(30)
    expect(origins).toContain(4766)
    expect(halfAt).toBeGreaterThan(startedAt)
    const valleys = updates(one).filter((m) => hasValley(one.internet, m.path))
    for (const m of valleys) {
      expect(m.at).toBeGreaterThanOrEqual(startedAt)
      expect(m.at).toBeLessThan(endedAt)
      const i = m.path.indexOf(asn)
      const around = [m.path[i - 1], m.path[i + 1]].map((x) => one.internet.asns.indexOf(x ?? 0))
      // Both neighbours are of the clique: a provider's route was told to another provider.
      for (const node of around) expect(node >= 0 && node < 12).toBe(true)
    }
    expect(valleys[0]?.at).toBe(startedAt)
    expect(startedAt - from).toBeLessThan(minutes(1))
    const seen = new Set(valleys.map((m) => m.session.asn))
    const where = new Set(valleys.map((m) => m.session.collector))
    console.info(
      `leak of ${prefixes.length} prefixes seen by ${seen.size} peers, ${where.size} RCs`,
    )
    expect(seen.size).toBeGreaterThanOrEqual(3)
    expect(where.size).toBeGreaterThanOrEqual(2)
  }
})

/** Session → prefix → path, as the last UPDATEs left it; `visit` sees every step. */
function replay(one: Day, visit?: (m: Update, tables: Map<string, Map<string, string>>) => void) {
  const tables = new Map<string, Map<string, string>>()
  for (const m of updates(one)) {
    const table = tables.get(m.session.address) ?? new Map<string, string>()
    tables.set(m.session.address, table)
    for (const p of m.withdraw) table.delete(p)
    for (const p of m.announce) table.set(p, m.path.join(' '))
    visit?.(m, tables)
  }
  return tables
}

test.runIf(hasBgpdump)(`when the day is over all is as it was${why}`, () => {
  for (const one of days) {
    const tables = replay(one)
    const start = [...one.rib.values()].flatMap(bgpdump)
    const rows = start.map((row) => [row[3] ?? '', row[5] ?? '', row[6] ?? ''] as const)
    const touched = rows.filter(([peer, prefix]) => tables.get(peer)?.has(prefix))
    expect(rows.length).toBe(one.internet.atoms.flatMap((a) => a.prefixes).length * 20)
    expect(touched.length).toBeGreaterThan(rows.length / 2)
    for (const [peer, prefix, path] of touched) expect(tables.get(peer)?.get(prefix)).toBe(path)
  }
})

test('in a calm day nobody is cut off: no prefix is away from half of the peers for 3 min', () => {
  const calm = generateDay({ hours: 6, seed: 'calm', trouble: [] })
  expect(calm.truth).toEqual([])
  expect(calm.messages.some((m) => m.kind === 'state')).toBe(false)
  const away = new Map<string, Map<string, number>>()
  const since = new Map<string, number>()
  let longest = 0
  let withdrawn = 0
  for (const m of updates(calm)) {
    expect(hasValley(calm.internet, m.path)).toBe(false)
    for (const p of [...m.withdraw, ...m.announce]) {
      const peers = away.get(p) ?? new Map<string, number>()
      away.set(p, peers)
      if (m.withdraw.length > 0) peers.set(m.session.address, m.at)
      else peers.delete(m.session.address)
      if (m.withdraw.length > 0) withdrawn++
      const began = since.get(p)
      if (peers.size >= 10 && began === undefined) since.set(p, m.at)
      if (peers.size < 10 && began !== undefined) {
        longest = Math.max(longest, (m.at - began) / 1e6)
        since.delete(p)
      }
    }
  }
  console.info(`calm: ${withdrawn} withdrawals, longest absence ${longest.toFixed(0)} s`)
  expect(since.size).toBe(0)
  expect(withdrawn).toBeGreaterThan(500)
  expect(longest).toBeLessThan(180)
})

test('a session that is down says nothing, then sends its whole table and End-of-RIB', () => {
  for (const one of days) {
    const { asn, from, until, sessions, endedAt } = truth(one, 'session-reset')
    expect(sessions).toBe(2)
    const mine = one.messages.filter((m) => m.session.asn === asn)
    for (const address of new Set(mine.map((m) => m.session.address))) {
      const said = mine.filter((m) => m.session.address === address)
      const states = said.filter((m) => m.kind === 'state')
      expect(states.map((m) => `${m.from} ${m.to}`)).toEqual(['6 1', '5 6'])
      const [down = 0, up = 0] = states.map((m) => said.indexOf(m))
      expect(up).toBe(down + 1)
      expect((said[up]?.at ?? 0) - (said[down]?.at ?? 0)).toBeGreaterThan(seconds(90))
      const end = said.findIndex((m) => m.kind === 'end-of-rib')
      const sent = new Set(said.slice(up, end).flatMap((m) => (isUpdate(m) ? m.announce : [])))
      const afi = said[up]?.session.afi
      const all = one.internet.atoms.filter((a) => a.afi === afi).flatMap((a) => a.prefixes)
      expect(sent.size).toBeGreaterThan(all.length * 0.97)
      expect(said[end]?.at).toBeLessThanOrEqual(endedAt)
    }
    expect(from).toBeLessThan(until)
  }
})

test('a day too short for its troubles is refused', () => {
  expect(() => generateDay({ hours: 2 })).toThrow('too short')
  expect(generateDay({ hours: 1, outage: minutes(20), leak: minutes(5) }).truth).toHaveLength(3)
})

test.runIf(hasBgpdump)(`bgpdump reads back every prefix and every path${why}`, () => {
  let lines = 0
  for (const [collector, bytes] of updatesOf(day)) {
    const expected = day.messages
      .filter((m) => m.session.collector === collector)
      .flatMap((m) => {
        const { address, asn } = m.session
        const stamp = (m.at / 1e6).toFixed(6)
        if (m.kind === 'state') return [`${stamp}|STATE|${address}|${asn}|${m.from}|${m.to}`]
        if (m.kind !== 'update') return []
        return [
          ...m.withdraw.map((p) => `${stamp}|W|${address}|${asn}|${p}|`),
          ...m.announce.map((p) => `${stamp}|A|${address}|${asn}|${p}|${m.path.join(' ')}`),
        ]
      })
    const read = bgpdump(bytes).map((f) => [f[1], f[2], f[3], f[4], f[5], f[6] ?? ''].join('|'))
    expect(read).toEqual(expected)
    lines += read.length
  }
  console.info(`bgpdump agreed on ${lines} lines`)
  expect(lines).toBeGreaterThan(15_000)
})
