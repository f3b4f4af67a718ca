// `fetch` and `replay --collector` as an operator meets them, with an archive on loopback.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ArchiveServer, archiveServer } from '../feeds/archive-server.ts'
import { faultline, replay, workshop } from './program.ts'

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
