// Samples and changes in a replay: with archives and alone, out of files as they come, and again out of
// a journal.

import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import type { Fact } from '../../src/core/fact.ts'
import type { Change, Sample } from '../../src/core/sample.ts'
import { minutes, parseInstant, seconds } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { formatSample } from '../../src/wire/sample-json.ts'
import { type DayFiles, dayFiles } from './day-files.ts'
import { faultline, replay, workshop } from './program.ts'

const place = workshop()
let files: DayFiles
/** Samples of four links, each minute of the day, and a commit. */
let facts: (Sample | Change)[]

beforeAll(() => {
  files = dayFiles(place)
  const { start } = files.day
  const links = ['ae0', 'ae1', 'ae2', 'ae3']
  facts = Array.from({ length: 180 }, (_, minute) =>
    links.map(
      (link, i): Sample => ({
        kind: 'sample',
        at: start + minutes(minute) + seconds(7),
        plane: 'ingress',
        metric: 'in_bps',
        value: 1e9 * (i + 1) + minute,
        labels: { link },
        uncertainty: seconds(30),
      }),
    ),
  ).flat()
  facts.push({
    kind: 'change',
    at: start + minutes(10) + seconds(7),
    event: 'commit',
    labels: { router: 'r1' },
    note: 'CHG-1',
    uncertainty: seconds(1),
  })
})

function write(name: string, given: readonly (Sample | Change)[], packed = false): string {
  const text = given.map((fact) => `${formatSample(fact)}\n`).join('')
  writeFileSync(place(name), packed ? gzipSync(text) : text)
  return place(name)
}

/** The facts a journal holds, without what is known beside the routes. */
const factsIn = (path: string): Fact[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"fact"'))
    .map((line) => (JSON.parse(line) as { fact: Fact }).fact)
    .filter(({ kind }) => kind !== 'side-input')

test('with archives they come in their time, in whatever order and files they were, and again', async () => {
  const dice = new Dice('shuffle')
  const shuffled = dice.some(facts, facts.length)
  const one = write('one.ndjson', facts)
  const two = [
    write('a.ndjson', shuffled.slice(0, 300)),
    write('b.ndjson.gz', shuffled.slice(300), true),
  ]
  const args = [...files.updates, ...files.withRibs, '--asn', '4766']
  const first = await replay(...args, '--samples', one, '--journal', place('first.journal'))
  const samples = two.flatMap((path) => ['--samples', path])
  const second = await replay(...args, ...samples, '--journal', place('second.journal'))
  expect(second.out).toBe(first.out)
  const journal = readFileSync(place('first.journal'), 'utf8')
  expect(readFileSync(place('second.journal'), 'utf8') === journal).toBe(true)
  expect(first.incidents.map(({ kind }) => kind)).toContain('outage.as')

  const told = factsIn(place('first.journal')).filter(({ kind }) => kind !== 'tick')
  expect(told).toHaveLength(facts.length)
  const times = told.map(({ at }) => at)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  // Each stands behind what happened before it, and before what happened later.
  let now = 0
  let wrong = 0
  for (const line of journal.split('\n')) {
    const at = Number(/^\{"t":(\d+)|^\{"fact":\{.*?"at":(\d+)/.exec(line)?.slice(1).find(Boolean))
    if (!(at > 0)) continue
    if (at < now) wrong++
    now = Math.max(now, at)
  }
  expect(wrong).toBe(0)
  expect((await replay(place('first.journal'))).out).toBe(first.out)
})

test('alone they are played too, and make time pass', async () => {
  const path = write('alone.ndjson', facts)
  const journal = place('alone.journal')
  const { status, out, err } = await faultline(
    ...['replay', '--samples', path, '--asn', '64500', '--journal', journal],
  )
  expect([status, err]).toEqual([0, ''])
  expect(out).toContain('2021-10-25')
  const told = factsIn(journal)
  expect(told.filter(({ kind }) => kind === 'sample')).toHaveLength(720)
  // Three hours of them, less what is left of the last minute.
  const ticks = told.filter(({ kind }) => kind === 'tick')
  expect(ticks.length).toBe((3 * 60 - 1) * 6)
  const again = await faultline('replay', journal)
  expect([again.status, again.out]).toEqual([0, out])
})

test('planned work of the configuration begins and ends in it', async () => {
  const config = place('planned.yaml')
  writeFileSync(
    config,
    `version: 1
asns: [64500]
maintenance:
  - {id: CHG-7, from: 2021-10-25T00:30:00Z, to: 2021-10-25T01:00:00Z, routers: [r2, r1], asns: [64500]}
  - {id: CHG-8, from: 2021-10-26T00:30:00Z, to: 2021-10-26T01:00:00Z}
`,
  )
  const journal = place('planned.journal')
  const path = write('planned.ndjson', facts)
  await replay('--samples', path, '--config', config, '--journal', journal)
  const from = parseInstant('2021-10-25T00:30:00Z') as number
  const labels = { asn: '64500', id: 'CHG-7', router: 'r2,r1' }
  expect(
    factsIn(journal).filter((fact) => fact.kind === 'change' && fact.event !== 'commit'),
  ).toEqual(
    [['window-start', from] as const, ['window-end', from + minutes(30)] as const].map(
      ([event, at]) => ({
        ...{ kind: 'change', at, event, labels, note: '', uncertainty: minutes(5) },
      }),
    ),
  )
})

test('--from and --until bound what is heard and told', async () => {
  const journal = place('cut.journal')
  const path = write('cut.ndjson', facts)
  const cut = ['--from', '2021-10-25T01:00:00Z', '--until', '2021-10-25T02:00:00Z']
  await replay('--samples', path, '--asn', '64500', '--journal', journal, ...cut)
  const told = factsIn(journal).filter(({ kind }) => kind === 'sample')
  // What is usual is learned from before; what comes later is not known yet.
  expect(told).toHaveLength(4 * 120)
})

test('faults of all files are told at once, twenty of each', async () => {
  const bad = place('bad.ndjson')
  const lines = Array.from({ length: 25 }, () => '{"plane":"ingres"}')
  writeFileSync(bad, ['', formatSample(facts[0] as Sample), ...lines].join('\n'))
  const odd = place('odd.ndjson')
  writeFileSync(odd, `${formatSample(facts[0] as Sample).replace('in_bps', 'in_bsp')}\n`)
  writeFileSync(place('empty.ndjson'), '')
  writeFileSync(place('short.gz'), gzipSync(formatSample(facts[0] as Sample)).subarray(0, 30))
  const given = [bad, odd, place('empty.ndjson'), place('short.gz'), place('none')]
  const { status, out, err } = await faultline(
    ...['replay', '--asn', '64500', ...given.flatMap((path) => ['--samples', path])],
  )
  expect([status, out]).toEqual([2, ''])
  const told = err.split('\n')
  expect(told.filter((line) => line.includes('bad.ndjson'))).toHaveLength(21)
  expect(told[0]).toContain(`${bad}:3: plane: "ingres" is not known; did you mean ingress?`)
  expect(err).toContain(`${bad}: … and 5 more like these`)
  expect(err).toContain(`${odd}:1: metric: "in_bsp" is not known; did you mean in_bps?`)
  expect(err).toMatch(/empty\.ndjson: is empty/)
  expect(err).toMatch(/short\.gz: it is not whole; fetch it again/)
  expect(err).toMatch(/none: .*no such file/)
})

test('a journal brings its own, and nothing at all is no input', async () => {
  const journal = place('brought.journal')
  const path = write('brought.ndjson', facts.slice(0, 4))
  await replay('--samples', path, '--asn', '64500', '--journal', journal)
  const twice = await faultline('replay', journal, '--samples', path)
  expect([twice.status, twice.err]).toEqual([
    2,
    expect.stringContaining('--samples: a journal brings its own'),
  ])
  const over = await faultline('replay', '--samples', path, '--journal', path)
  expect([over.status, over.err]).toEqual([2, expect.stringContaining('this is one of the inputs')])
  const none = await faultline('replay', '--asn', '64500')
  expect([none.status, none.err]).toEqual([2, expect.stringContaining('give --samples')])
})
