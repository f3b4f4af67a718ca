// A day on which nothing happens but to the sessions: they fall and come back, told of or not, while
// the Internet has its ordinary unrest. No network has lost anything. FULL=1 lives through more days.

import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { chooseTables } from '../../src/archive-choice.ts'
import { archiveOf } from '../../src/command.ts'
import type { Incident } from '../../src/core/incident.ts'
import { type Instant, minutes, type Span, seconds } from '../../src/core/time.ts'
import { PeerState } from '../../src/core/view.ts'
import { ReplayRun } from '../../src/replay-run.ts'
import { type Day, generateDay, updatesOf } from '../../src/scenario/day.ts'
import { Dice } from '../../src/scenario/dice.ts'
import type { Session } from '../../src/scenario/internet.ts'
import { type DayMessage, startingTables } from '../../src/scenario/sessions.ts'
import { workshop } from './program.ts'

const place = workshop()
const inputs = { version: 'test', config: '', asRelationships: null, vrps: null }

type Update = Extract<DayMessage, { kind: 'update' }>

interface Reset {
  readonly session: Session
  readonly from: Instant
  readonly until: Instant
  /** How long it takes to tell the table again. */
  readonly transfer: Span
  readonly told: boolean
  readonly endOfRib: boolean
}

/** Of each session those that do not overlap, and whole tables told. */
function resetsOf({ internet, start, end }: Day, count: number, dice: Dice): Reset[] {
  const taken = new Map<Session, number[]>()
  return Array.from({ length: count }, (_, i): Reset => {
    const session = dice.pick(internet.sessions)
    const hour = dice.int(0, Math.floor((end - start) / minutes(30)) - 2)
    const hours = taken.get(session) ?? []
    const free = hours.includes(hour) ? -1 : hour
    taken.set(session, [...hours, hour])
    const from = start + minutes(30) * free + dice.int(seconds(60), minutes(10))
    const until = from + dice.int(seconds(5), minutes(8))
    const transfer = dice.int(seconds(20), seconds(120))
    return { session, from, until, transfer, told: i % 2 === 0, endOfRib: dice.chance(0.5) }
  }).filter(({ from }) => from >= start + minutes(1))
}

/** What the day's sessions say when they are reset. */
function withResets(day: Day, resets: readonly Reset[]): DayMessage[] {
  const { internet } = day
  const out: DayMessage[] = []
  const tables = new Map(
    startingTables(internet).map((paths, i) => {
      const rows = internet.atoms.flatMap((atom, k) => {
        const path = paths[k]
        return path ? atom.prefixes.map((prefix) => [prefix, path] as const) : []
      })
      return [internet.sessions[i], new Map(rows)]
    }),
  )
  const moments = resets.flatMap((reset) => [
    { at: reset.from, reset, up: false },
    { at: reset.until, reset, up: true },
  ])
  moments.sort((a, b) => a.at - b.at)
  const down = new Set<Session>()
  const play = ({ at, reset, up }: (typeof moments)[number]) => {
    const { session, transfer, told, endOfRib } = reset
    if (up) down.delete(session)
    else down.add(session)
    if (told) out.push({ kind: 'state', at, session, from: up ? 5 : 6, to: up ? 6 : 1 })
    if (!up) return
    const table = [...(tables.get(session) ?? [])]
    table.forEach(([prefix, path], k) => {
      const then = at + Math.round((transfer * (k + 1)) / table.length)
      const announce = [prefix]
      out.push({ kind: 'update', at: then, session, withdraw: [], announce, path, communities: [] })
    })
    if (endOfRib) out.push({ kind: 'end-of-rib', at: at + transfer + 1_000, session })
  }
  const isUpdate = (m: DayMessage): m is Update => m.kind === 'update'
  for (const message of day.messages) {
    while (moments[0] && moments[0].at <= message.at) play(moments.shift() as (typeof moments)[0])
    if (isUpdate(message)) {
      const table = tables.get(message.session)
      for (const prefix of message.withdraw) table?.delete(prefix)
      for (const prefix of message.announce) table?.set(prefix, message.path)
    }
    if (!down.has(message.session)) out.push(message)
  }
  // What was told while a table was being told comes after it: the table is as of its beginning.
  return out.sort((a, b) => a.at - b.at)
}

async function live(seed: string, rate: number, count: number) {
  const day = generateDay({ seed, rate, trouble: [] })
  const resets = resetsOf(day, count, new Dice(`resets ${seed}`))
  const messages = withResets(day, resets)
  const paths: string[] = []
  for (const [kind, files] of [
    ['rib', day.rib],
    ['updates', updatesOf({ ...day, messages })],
  ] as const)
    for (const [collector, octets] of files) {
      paths.push(place(`${collector}.${kind}.20211025.0000.${seed}`))
      writeFileSync(paths.at(-1) as string, octets)
    }
  const { updates, ribs } = chooseTables(archiveOf(paths), null)
  const told: Incident[] = []
  const run = new ReplayRun({ updates, ribs, asns: null, inputs }, (one) => told.push(one))
  let unheard = 0
  run.journey.table.attach([
    {
      name: 'unheard',
      // After a fall that was told it is down first.
      peer: (_, before, after) => {
        if (before === PeerState.active && after === PeerState.transfer) unheard++
      },
      tick: () => [],
    },
  ])
  await run.read()
  const { table } = run.journey
  console.log(
    `${seed}: ${messages.length} messages, ${resets.length} resets, ${told.length} revisions ` +
      `of ${new Set(told.map(({ id }) => id)).size} incidents, ${unheard} resets noticed that were not told`,
  )
  expect(resets.length).toBeGreaterThan(count / 2)
  expect(unheard).toBeGreaterThan(resets.filter((reset) => !reset.told).length / 2)
  expect(table.vantage().active).toBeGreaterThan(0.9 * day.internet.sessions.length)
  return told
}

const full = process.env['FULL'] === '1'
if (!full) console.log('SKIPPED, without FULL=1: twenty more days of session resets')

test('sessions that are reset are no event', { timeout: 600_000 }, async () => {
  const runs = full ? Array.from({ length: 20 }, (_, i) => [`long ${i}`, 1.2, 300] as const) : []
  for (const [seed, rate, count] of [['short', 0.25, 120] as const, ...runs]) {
    const told = await live(seed.replace(' ', '-'), rate, count)
    const sure = told.filter(
      ({ confidence, kind }) => confidence.level !== 'low' && kind !== 'blind',
    )
    expect(sure.map((one) => `${one.startedAt} ${one.kind} ${one.key} ${one.state}`)).toEqual([])
  }
})
