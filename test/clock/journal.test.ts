import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JournalWriter } from '../../src/clock/journal.ts'
import type { SideInput } from '../../src/core/fact.ts'
import type { Incident } from '../../src/core/incident.ts'
import { writeDelta } from '../../src/core/rpki-delta.ts'
import { hours, parseInstant } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { listArchive } from '../../src/feeds/archive.ts'
import { JournalRun } from '../../src/journal-run.ts'
import { ReplayRun } from '../../src/replay-run.ts'
import { generateDay, updatesOf } from '../../src/scenario/day.ts'
import { journalSource } from '../../src/table/snapshot.ts'

const inputs = { version: '0', config: 'sha256:0', asRelationships: null, vrps: null }

/** Of a day before, of two hours into the day, and of the day after. */
const sideInputs = [-24, 2, 24].map(
  (hour): SideInput => ({
    kind: 'side-input',
    at: (parseInstant('2021-10-25') as number) + hours(hour),
    what: 'rpki',
    name: `${hour}.csv`,
    date: (parseInstant('2021-10-25') as number) + hours(hour),
    sha256: 'abc',
    content: '64500 192.0.2.0/24 24 0 ripe',
  }),
)

let folder = ''
let updates: string[] = []
let ribs: string[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-journal-'))
  const day = generateDay({ hours: 6, outage: 40 * 60e6, leak: 15 * 60e6 })
  const write = (name: string, octets: Uint8Array) => {
    writeFileSync(join(folder, name), octets)
    return join(folder, name)
  }
  updates = [...updatesOf(day)].map(([c, o]) => write(`${c}.updates.20211025.0000`, o))
  ribs = [...day.rib].map(([c, o]) => write(`${c}.rib.20211025.0000`, o))
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Plays the day, journaled into segments of that size; what was told, and the names of the segments. */
async function live(segment: number, segments: number, withTables: boolean) {
  const told: Incident[] = []
  const name = `day-${segment}-${segments}-${withTables}.ndjson`
  let journal: JournalWriter | null = null
  const given = listArchive(updates)
  const tables = listArchive(ribs)
  if (!given.ok || !tables.ok) throw new Error('the day is missing')
  const run = new ReplayRun(
    {
      updates: given,
      ribs: withTables ? tables : null,
      asns: null,
      inputs,
      sideInputs,
      started: () => journal?.start(),
      tee: (journey) => {
        const { table } = journey
        journal = new JournalWriter(
          join(folder, name),
          { baseline: table.baseline, inputs, asns: null, detect: detectDefaults },
          table.vantages,
          table.files,
          journalSource(table),
          journey,
          { segment, segments },
        )
        return journal
      },
    },
    (incident) => told.push(incident),
  )
  await run.read()
  ;(journal as JournalWriter | null)?.close()
  const names = readdirSync(folder).filter((file) => file.startsWith(name))
  return { told, run, path: join(folder, name), names }
}

async function again(path: string) {
  const told: Incident[] = []
  const run = new JournalRun({}, (incident) => told.push(incident))
  expect(await run.read(path)).toBe(true)
  return { told, run }
}

const words = ({ table }: { table: ReplayRun['journey']['table'] }) =>
  table.peers.list.map(({ id, state, votes4, votes6, routes4, routes6 }) => {
    const { collector, address } = table.vantages.get(id)
    return `${collector} ${address} ${state} ${votes4} ${votes6} ${routes4} ${routes6}`
  })

describe('a journal', () => {
  test.each([true, false])(
    'played again tells the same to the byte (tables: %s)',
    async (tables) => {
      const day = await live(Number.POSITIVE_INFINITY, 1, tables)
      const { told, run } = await again(day.path)
      expect(day.told.length).toBeGreaterThan(3)
      expect(new Set(day.told.map((incident) => incident.inputs.vrps?.split(' ')[0]))).toEqual(
        new Set(['-24.csv', '2.csv']),
      )
      expect(JSON.stringify(told)).toBe(JSON.stringify(day.told))
      expect(run.stats).toMatchObject({ malformed: 0, truncated: false })
      console.log(`${run.stats?.lines} lines, ${told.length} revisions`)
    },
  )

  test('in segments, read in a row, tells the same to the byte', async () => {
    const day = await live(1 << 20, 1_000, true)
    expect(day.names.length).toBeGreaterThan(2)
    const { told, run } = await again(day.path)
    expect(JSON.stringify(told)).toBe(JSON.stringify(day.told))
    expect(run.stats).toMatchObject({ malformed: 0, truncated: false })
    console.log(`${day.names.length} segments`)
  })

  test('keeps only so many segments, and each stands by itself', async () => {
    const day = await live(1 << 20, 2, true)
    expect(day.names).toHaveLength(2)
    const { run } = await again(join(folder, day.names[0] as string))
    expect(run.stats?.malformed).toBe(0)
    const { journey } = run
    if (!journey) throw new Error('no journey')
    expect(words(journey).sort()).toEqual(words(day.run.journey).sort())
    expect(journey.knowledge.inputs.vrps).toMatch(/^2.csv /)
    expect(journey.knowledge.inputs).toEqual(day.run.journey.knowledge.inputs)
    expect(journey.pending).toEqual(day.run.journey.pending)
    expect(journey.pending).toHaveLength(1)
    for (const prefix of ['seen', 'visible', 'reference'] as const) {
      const of = ({ table }: typeof journey) =>
        Array.from(
          { length: table.prefixes },
          (_, p) => `${table.prefixText(p)} ${table[prefix](p)}`,
        )
      expect(of(journey).sort()).toEqual(of(day.run.journey).sort())
    }
  })

  test('a line that cannot be read costs itself only; one that was cut says so', async () => {
    const day = await live(Number.POSITIVE_INFINITY, 1, true)
    const lines = readFileSync(day.path, 'utf8').split('\n')
    const middle = Math.floor(lines.length / 2)
    const noise = [
      '{"t":',
      '[]',
      '{"t":1,"v":99999}',
      '{"seed":{"vantage":0}}',
      '{"fact":null}',
      '7',
    ]
    const damaged = join(folder, 'damaged.ndjson')
    writeFileSync(damaged, [...lines.slice(0, middle), ...noise, ...lines.slice(middle)].join('\n'))
    const { told, run } = await again(damaged)
    expect(JSON.stringify(told)).toBe(JSON.stringify(day.told))
    expect(run.stats?.malformed).toBe(noise.length)
    writeFileSync(damaged, lines.slice(0, middle).join('\n'))
    expect((await again(damaged)).run.stats).toMatchObject({ truncated: true, malformed: 0 })
  })
})

describe('a journal from a stranger', () => {
  const put = (name: string, ...lines: string[]) => {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
    return join(folder, name)
  }
  const head = (more: object = {}) =>
    JSON.stringify({
      faultline: 'journal',
      schema: 1,
      baseline: 'rib',
      inputs,
      asns: null,
      detect: detectDefaults,
      ...more,
    })
  const who = '{"v":[0,"rrc00","192.0.2.1",64500]}'

  test.each([
    '{"seed":{"vantage":0,"path":null,"known":true,"prefixes":[null]}}',
    '{"seed":{"vantage":0,"path":5,"known":true,"prefixes":["192.0.2.0/24"]}}',
    '{"origin":{"asn":1,"prefixes":[7]}}',
    '{"peer":{"vantage":0,"notes":null}}',
    '{"peer":{"vantage":0,"notes":{"state":"up"}}}',
    '{"t":1e300,"v":0,"f":0,"b":0,"w":["192.0.2.0/24"]}',
    '{"t":1,"v":0,"f":0,"b":0,"k":77}',
    '{"t":1,"v":0,"f":0,"b":0,"w":[{}]}',
    '{"fact":{"kind":"gap","at":1}}',
    '{"fact":{"kind":"tick","at":"now"}}',
  ])('%s is counted, and nothing worse', async (line) => {
    const { run } = await again(put('strange.ndjson', head(), who, line, '{"end":true}'))
    expect(run.stats).toMatchObject({ malformed: 1, truncated: false })
  })

  test.each([
    { schema: 2 },
    { baseline: 'guessed' },
    { detect: {} },
    { inputs: null },
    { asns: ['1'] },
  ])('a header with %o is none', async (more) => {
    const run = new JournalRun({}, () => undefined)
    expect(await run.read(put('headless.ndjson', head(more)))).toBe(false)
  })

  test('that says it goes on in itself, or in one of another run, ends', async () => {
    const next = '{"next":"x"}'
    const first = put('mine.ndjson', head({ run: 'a' }), next)
    put('mine.ndjson.2', head({ run: 'b', segment: 2 }), who, '{"t":1,"v":0,"f":0,"b":0}', next)
    const { run } = await again(first)
    expect(run.vantages.list).toEqual([])
    put('mine.ndjson.2', head({ run: 'a', segment: 1 }), next)
    expect((await again(first)).run.stats?.segment).toBe(1)
  })

  test('a line without an end costs itself, and no more time than it takes to read', async () => {
    const long = `{"t":1,"x":"${'x'.repeat(40 << 20)}"}`
    const { run } = await again(put('long.ndjson', head(), long, who, '{"end":true}'))
    expect(run.stats).toMatchObject({ malformed: 1, truncated: false, lines: 4 })
  })
})

test('each segment begins with all VRPs, whatever number of changes there was', () => {
  const path = join(folder, 'changes')
  const vantages = new VantagePoints()
  const none = { rows: () => [], origins: () => [], peers: () => [] }
  const sink = { message: () => undefined, fact: () => undefined }
  const writer = new JournalWriter(
    path,
    { baseline: 'learned-live', inputs, asns: [64_500], detect: detectDefaults },
    vantages,
    [],
    none,
    sink,
    { segment: 1, segments: 10 },
  )
  const side = (n: number, what: SideInput['what'], content: string): SideInput => {
    const sha256 = `s${n}`
    return { kind: 'side-input', at: n, what, name: `n${n}`, date: n, sha256, content }
  }
  writer.start()
  writer.fact(side(0, 'rpki', '64500 192.0.2.0/24 24 0 ripe'))
  for (let n = 1; n <= 200; n++) {
    const line = (of: number) => `${of} 198.51.100.0/24 24 0 ripe`
    const removed = n > 1 ? [line(n - 1)] : []
    writer.fact(side(n, 'rpki-delta', writeDelta({ from: `s${n - 1}`, removed, added: [line(n)] })))
    if (n % 100 === 0) writer.fact({ kind: 'tick', at: n })
  }
  // Of what is to come only what is told is known.
  writer.fact(side(300, 'rpki-delta', writeDelta({ from: 's200', removed: [], added: ['x'] })))
  writer.fact({ kind: 'tick', at: 201 })
  writer.close()
  const beginning = (segment: string) => {
    const lines = readFileSync(segment, 'utf8').trim().split('\n')
    const facts = lines.slice(0, lines.indexOf('{"start":true}')).map((line) => JSON.parse(line))
    return facts.flatMap(({ fact }) => (fact ? [fact] : []))
  }
  const all = (n: number) => ({
    ...side(n, 'rpki', `64500 192.0.2.0/24 24 0 ripe\n${n} 198.51.100.0/24 24 0 ripe`),
  })
  expect(beginning(`${path}.2`)).toEqual([all(100)])
  expect(beginning(`${path}.3`)).toEqual([all(200)])
  expect(beginning(`${path}.4`)).toEqual([all(200), expect.objectContaining({ at: 300 })])
})
