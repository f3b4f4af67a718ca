// Side inputs as an operator gives them, and as the stream carries them: dated, hashed, and the same
// again out of a journal.

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { specialDefaults } from '../../src/context/special.ts'
import { hours, iso, parseInstant } from '../../src/core/time.ts'
import { generateDay, updatesOf } from '../../src/scenario/day.ts'
import { readSideInputs, unusedSideInputs } from '../../src/side-inputs.ts'
import { faultline, replay, workshop } from './program.ts'

const place = workshop()
const usual = { ...specialDefaults, vrps: [], asRelationships: [], vrpsAhead: hours(24) }
const json = (date: string | null, roas: object[]) =>
  JSON.stringify({ metadata: date === null ? {} : { buildtime: date }, roas })
const roa = { asn: 64500, prefix: '192.0.2.0/24', maxLength: 24, ta: 'ripe' }
const sha = (octets: Uint8Array | string) => createHash('sha256').update(octets).digest('hex')

beforeAll(() => {
  writeFileSync(place('monday.json'), json('2021-10-25T00:00:00Z', [roa]))
  writeFileSync(place('tuesday.json.gz'), gzipSync(json('2021-10-26T00:00:00Z', [roa])))
  writeFileSync(place('undated.json'), json(null, [roa]))
  writeFileSync(place('20211001.as-rel.txt'), '3356|64500|-1\n')
  writeFileSync(place('bad.json'), json('2021-10-25', [{ ...roa, maxLength: 99 }, roa]))
  writeFileSync(place('bad-rel.txt'), '3356|64500\n')
  writeFileSync(place('cut.json.gz'), gzipSync(json('2021-10-25', [roa])).subarray(0, 40))
})

describe('files into facts', () => {
  test('each holds from its date on, and only the first from a little before', async () => {
    const vrps = [
      place('tuesday.json.gz'),
      place('monday.json'),
      `${place('undated.json')}@2021-10-27`,
    ]
    const asRelationships = [place('20211001.as-rel.txt')]
    const found = await readSideInputs({ ...usual, vrps, asRelationships }, () => undefined)
    expect(found.map(({ what, name, at }) => `${what} ${name} ${iso(at)}`)).toEqual([
      'special lists 1970-01-01T00:00:00.000Z',
      'rpki monday.json 2021-10-24T00:00:00.000Z',
      'rpki tuesday.json.gz 2021-10-26T00:00:00.000Z',
      'rpki undated.json 2021-10-27T00:00:00.000Z',
      'as-relationships 20211001.as-rel.txt 2021-08-31T00:00:00.000Z',
    ])
    expect(found[2]?.sha256).toBe(sha(readFileSync(place('tuesday.json.gz'))))
    expect(found[2]?.content).toBe('64500 192.0.2.0/24 24 0 ripe')
  })

  test('without a date it is not used, and that is said', async () => {
    const said: string[] = []
    const vrps = [place('undated.json')]
    const found = await readSideInputs({ ...usual, vrps }, (text) => said.push(text))
    expect(found.map(({ what }) => what)).toEqual(['special'])
    expect(said).toEqual([
      `${place('undated.json')}: not used, because it does not say of when it is; give ${place('undated.json')}@2025-01-31`,
    ])
  })

  test('faults of all files come at once, each with its place', async () => {
    const vrps = [place('bad.json'), place('nowhere.json'), place('cut.json.gz')]
    const asRelationships = [place('bad-rel.txt')]
    const reading = readSideInputs({ ...usual, vrps, asRelationships }, () => undefined)
    const told = await reading.catch((error: Error) => error.message)
    expect(
      String(told)
        .replaceAll(`${place('')}/`, '')
        .split('\n'),
    ).toEqual([
      'bad.json:1: roas[0] maxLength must be from 24 to 32, not 99',
      expect.stringMatching(/^nowhere.json: ENOENT/),
      'cut.json.gz: it is not whole; fetch it again',
      'bad-rel.txt:1: must be one|other|-1, 0 or 1, with -1, 0 or 1, not "3356|64500"',
    ])
  })

  test('what is of another time is said', async () => {
    const vrps = [place('monday.json'), place('tuesday.json.gz')]
    const found = await readSideInputs({ ...usual, vrps }, () => undefined)
    const at = (text: string) => parseInstant(text) ?? 0
    const told = (from: string, until: string) => unusedSideInputs(found, at(from), at(until))
    expect(told('2021-10-25T01:00:00', '2021-10-26T01:00:00')).toEqual([])
    expect(told('2021-10-20', '2021-10-21')).toEqual([
      'monday.json: not used, it is of 2021-10-25T00:00:00.000Z; nothing is taken from then for events until 2021-10-21T00:00:00.000Z',
      'tuesday.json.gz: not used, it is of 2021-10-26T00:00:00.000Z; nothing is taken from then for events until 2021-10-21T00:00:00.000Z',
    ])
    expect(told('2021-10-23', '2021-10-26')).toEqual([
      'no VRPs are known for events before 2021-10-24T00:00:00.000Z',
    ])
    expect(told('2021-11-26', '2021-11-26')).toEqual([
      'tuesday.json.gz: 744 h older than the last event',
    ])
  })
})

describe('a replay with side inputs', () => {
  const day = generateDay({ hours: 2, outage: 20 * 60e6, leak: 15 * 60e6 })
  let files: string[] = []
  beforeAll(() => {
    const write = (name: string, octets: Uint8Array) => {
      writeFileSync(place(name), octets)
      return place(name)
    }
    files = [
      ...[...updatesOf(day)].map(([c, octets]) => write(`${c}.updates.20211025.0000`, octets)),
      ...[...day.rib].flatMap(([c, octets]) => ['--rib', write(`${c}.rib.20211025.0000`, octets)]),
    ]
  })

  test('names them in its records, and its journal holds them', async () => {
    const journal = place('day.ndjson')
    const vrps = [
      '--vrps',
      place('monday.json'),
      '--as-relationships',
      place('20211001.as-rel.txt'),
    ]
    const once = await replay(...files, ...vrps, '--journal', journal)
    expect(once.incidents.length).toBeGreaterThan(0)
    for (const { inputs } of once.incidents)
      expect(inputs).toMatchObject({
        vrps: `monday.json 2021-10-25T00:00:00.000Z sha256:${sha(readFileSync(place('monday.json')))}`,
        asRelationships: expect.stringMatching(
          /^20211001.as-rel.txt 2021-10-01T.* sha256:[0-9a-f]{64}$/,
        ),
      })
    expect((await replay(journal)).out).toBe(once.out)
    expect((await replay(...files, ...vrps)).out).toBe(once.out)
    // Without them the journal is another one.
    const lines = readFileSync(journal, 'utf8').split('\n')
    const without = place('without.ndjson')
    writeFileSync(without, lines.filter((line) => !line.includes('"side-input"')).join('\n'))
    expect((await replay(without)).incidents[0]?.inputs).toMatchObject({ vrps: null })
  })

  test("never takes today's VRPs for the past", async () => {
    writeFileSync(place('today.json'), json('2026-11-25T00:00:00Z', [roa]))
    const { err, out, status } = await faultline(
      'replay',
      ...files,
      '--vrps',
      place('today.json'),
      '--format',
      'ndjson',
    )
    expect(status).toBe(0)
    expect(err).toContain('today.json: not used, it is of 2026-11-25T00:00:00.000Z')
    expect(out).toContain('"vrps":null')
  })

  test('ends with status 2 when one is at fault, and a journal takes none', async () => {
    const bad = await faultline('replay', ...files, '--vrps', place('bad.json'))
    expect([bad.status, bad.out]).toEqual([2, ''])
    expect(bad.err).toContain('bad.json:1: roas[0] maxLength')
    const twice = await faultline('replay', place('day.ndjson'), '--as-relationships', place('x'))
    expect(twice.status).toBe(2)
    expect(twice.err).toContain('--as-relationships: a journal brings its own')
  })
})
