import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { mrt } from '../../src/scenario/mrt.ts'
import { faultline, workshop } from './program.ts'

const at = workshop()

const bytes = mrt()
  .at('2010-08-27T08:42:10Z')
  .peer('192.0.2.1', 64_496)
  .announce('198.51.100.0/24', '64496 3356')
  .after(20)
  .withdraw('198.51.100.0/24')
  .bytes()

function file(name: string, octets: Uint8Array): string {
  writeFileSync(at(name), octets)
  return at(name)
}

test('files one after the other, packed or not', async () => {
  const [plain, packed] = [file('plain', bytes), file('packed.gz', gzipSync(bytes))]
  const { status, out, err } = await faultline('dump', '-m', plain, packed)
  expect([status, err]).toEqual([0, ''])
  const lines = out.trimEnd().split('\n')
  expect(lines.map((line) => line.split('|')[2])).toEqual(['A', 'W', 'A', 'W'])
  expect(lines.slice(0, 2)).toEqual(lines.slice(2))
})

test('what is cut off or is no archive is said, and what can be printed is', async () => {
  const cut = await faultline('dump', file('cut', bytes.subarray(0, bytes.length - 5)))
  expect([cut.status, cut.out.split('\n').length]).toEqual([0, 2])
  expect(cut.err).toContain('ends in the middle')
  const other = await faultline('dump', file('other', Buffer.from('no archive at all, only words')))
  expect([other.status, other.out]).toEqual([2, ''])
  expect(other.err).toContain('RFC 6396')
  const missing = await faultline('dump', at('nowhere'))
  expect([missing.status, missing.out]).toEqual([2, ''])
  expect(missing.err).toContain('does not exist')
})
