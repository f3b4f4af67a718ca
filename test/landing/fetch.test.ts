// `fetch` and `replay --collector` as an operator meets them, with an archive on loopback.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ArchiveServer, archiveServer } from '../feeds/archive-server.ts'
import { faultline, incidentsIn, replay, workshop } from './program.ts'

const place = workshop()
const when = ['--from', '2021-10-25T01:30Z', '--until', '2021-10-25T02:30Z']
let server: ArchiveServer

beforeAll(async () => {
  const world = place('world')
  const small = ['--ases', '300', '--prefixes', '600', '--vantages', '12']
  const made = await faultline('simulate', 'kt', ...small, '--out', world)
  if (made.status !== 0) throw new Error(made.err)
  const names = readdirSync(world, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  server = await archiveServer(
    new Map(names.map((path) => [relative(world, path), readFileSync(path)])),
  )
})
afterAll(() => server?.close())

/** Without the folders that files lie in here. */
const told = (out: string) => out.replace(/"file":"[^"]*\//g, '"file":"')

test('what is fetched and replayed, and what a replay fetches itself, tell the same', async () => {
  const archive = ['--archive', server.url]
  const who = ['--collector', 'rrc00,rrc10']
  server.manners = { cutAfter: 2_000, cuts: 20 }
  const fetched = await faultline(
    'fetch',
    ...who,
    ...when,
    ...archive,
    '--rib',
    '--out',
    place('out'),
  )
  expect([fetched.status, fetched.out]).toEqual([0, ''])
  server.manners = {}
  const byHand = await replay(place('out'), ...when)
  process.env['XDG_CACHE_HOME'] = place('cache')
  const byItself = await replay(...who, ...when, ...archive)
  expect(byHand.incidents.length).toBeGreaterThan(0)
  expect(told(byItself.out)).toBe(told(byHand.out))
  expect(existsSync(join(place('cache'), 'faultline', 'archives', 'rrc10'))).toBe(true)
})

test('of the time of a file that the archive lacks nothing was seen, and that is no outage', async () => {
  const name = [...server.files.keys()].find(
    (path) => path.includes('rrc00') && path.includes('updates.20211025.0150'),
  )
  const octets = server.files.get(name ?? '')
  if (name === undefined || octets === undefined) throw new Error('there is no such file')
  server.files.delete(name)
  process.env['XDG_CACHE_HOME'] = place('other-cache')
  const archive = ['--archive', server.url, '--collector', 'rrc00']
  const short = ['--from', '2021-10-25T01:30Z', '--until', '2021-10-25T02:10Z']
  const { out, err } = await faultline('replay', ...archive, ...short, '--format', 'ndjson')
  const incidents = incidentsIn(out)
  server.files.set(name, octets)
  expect(err).toContain(
    'there are no files of 2021-10-25T01:50:00.000Z to 2021-10-25T01:55:00.000Z',
  )
  const blind = incidents.filter(({ kind }) => kind === 'blind')
  expect(blind.map(({ key, state }) => [key, state])).toEqual([
    ['blind:archive of rrc00', 'open'],
    ['blind:archive of rrc00', 'resolved'],
  ])
  expect(blind[1]?.endedAt).toBe('2021-10-25T01:55:00.000Z')
  expect(incidents.filter(({ kind }) => kind.startsWith('outage'))).toEqual([])
})

test('where results cannot go nothing is fetched for them', async () => {
  const before = server.asked.length
  const archive = ['--archive', server.url, '--collector', 'rrc00', ...when]
  const nowhere = ['--out', place('no/such/folder/out.ndjson'), '--journal', place('.')]
  const { status, err } = await faultline('replay', ...archive, ...nowhere)
  expect([status, server.asked.length]).toEqual([2, before])
  for (const word of ['--out', 'ENOENT', '--journal', 'this is a folder'])
    expect(err).toContain(word)
})

test('all that is wrong is said at once, and nothing is fetched', async () => {
  const wrong = ['--from', '2021-10-25T05:00Z', '--until', '2021-10-25T04:00Z']
  const { status, err } = await faultline('fetch', '--collector', 'sydney', ...wrong)
  expect(status).toBe(2)
  for (const word of ['sydney', '--from is not before --until', '--out is missing'])
    expect(err).toContain(word)
  const archive = ['--archive', server.url, '--out', place('none')]
  const gone = await faultline('fetch', '--collector', 'rrc77', ...when, ...archive)
  expect([gone.status, gone.err]).toEqual([2, expect.stringContaining('rrc77: the archive has no')])
  expect((await faultline('replay', '--collector', 'rrc00')).err).toContain('--until is missing')
})
