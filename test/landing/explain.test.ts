// `faultline explain` as an operator meets it: files, standard input, a daemon, and what is not there.

import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, it } from 'vitest'
import { recordText } from '../../src/report/format.ts'
import { judged, outage } from '../report/sample.ts'
import { faultline, workshop } from './program.ts'

const place = workshop()
const file = place('told.ndjson')
const later = {
  ...judged,
  revision: 2,
  verdict: judged.verdict && { ...judged.verdict, version: 3, changedBecause: 'gone: ctx.change' },
}
writeFileSync(file, `${[outage, judged, later].map(recordText).join('\n')}\nno record\n{"id":1}\n`)

it('an incident out of a file, whatever else the file holds', async () => {
  const { status, out, err } = await faultline('explain', judged.id, file)
  expect([status, err]).toEqual([0, ''])
  expect(out).toContain('AS4766 ROUTING FAULT WITH SECONDARY SURGE')
  expect(out).toMatch(/v2 .*\n {2}v3 .*: gone: ctx\.change\n/)
})

it('one that is not there ends with status 2 and says what was read', async () => {
  const { status, out, err } = await faultline('explain', '0000000000000000', file)
  expect([status, out, err]).toEqual([
    2,
    '',
    `no incident 0000000000000000 in ${file}: 3 records of others were read; 2 lines are no records of incidents\n`,
  ])
})

it.each([
  ['no id', ['explain', 'KT'], 'KT is no id of an incident'],
  ['no file', ['explain', judged.id, place('nowhere')], 'ENOENT'],
  ['no address', ['explain', judged.id, '--url', 'daemon'], '--url daemon: give an address'],
  ['nobody there', ['explain', judged.id, '--url', 'http://127.0.0.1:1'], 'does not answer'],
  ['both', ['explain', judged.id, file, '--url', 'http://127.0.0.1:1'], 'not both'],
])('%s is said, with status 2', async (_, args, says) => {
  const { status, out, err } = await faultline(...args)
  expect([status, out]).toEqual([2, ''])
  expect(err).toContain(says)
})

const server = createServer(({ url }, reply) => {
  const known = url === `/api/v1/incidents/${judged.id}?revisions=all`
  reply.statusCode = known || url?.includes('f'.repeat(16)) ? 200 : 404
  reply.end(known ? `[${recordText(judged)},${recordText(later)}]` : '<html>')
})
afterAll(() => server.close())

it('out of a daemon, by the API it has', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const told = await faultline('explain', judged.id, '--url', url)
  expect([told.status, told.err]).toEqual([0, ''])
  expect(told.out).toBe((await faultline('explain', judged.id, file)).out)
  const absent = await faultline('explain', '0'.repeat(16), '--url', url)
  expect([absent.status, absent.err]).toEqual([2, expect.stringContaining('no incident 0000')])
  const other = await faultline('explain', 'f'.repeat(16), '--url', url)
  expect([other.status, other.err]).toEqual([2, expect.stringContaining('answers something else')])
})
