import { spawn } from 'node:child_process'
import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { mrt } from '../../src/scenario/mrt.ts'
import { noise } from '../wire/octets.ts'
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

test('a folder is refused with what to do, not opened', async () => {
  const { status, out, err } = await faultline('dump', '-m', at(''))
  expect([status, out]).toEqual([2, ''])
  expect(err).toMatch(/is a folder; name the files/)
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

const again = (octets: Uint8Array, times: number): Buffer =>
  Buffer.concat(Array.from({ length: times }, () => octets))

const peers = [{ address: '192.0.2.7', asn: 64_499 }]
const index = mrt().at('2010-08-27T08:42:10Z').peers(peers).bytes()
const table = mrt()
  .at('2010-08-27T08:42:10Z')
  .peers(peers)
  .rib('203.0.113.0/24', [{ peer: 0, path: '64499 701' }])
  .bytes()

/** A file that is there, may be opened, and cannot be read. */
const unreadable = existsSync('/proc/self/mem')
if (!unreadable) console.log('SKIPPED, no /proc/self/mem: a file that cannot be read to its end')

/** The same record, said to be shorter than what it holds. */
function cutShort(record: Uint8Array): Uint8Array {
  const out = Buffer.from(record.subarray(0, -3))
  out.writeUInt32BE(out.length - 12, 8)
  return out
}

test.skipIf(!unreadable)('what was read before a file could not be is printed', async () => {
  const first = file('first', again(bytes, 20_000))
  // It is there, of a size, and cannot be read.
  const args = ['dump', '-m', first, '/proc/self/mem']
  const [one, two] = await Promise.all(['1', '2'].map((jobs) => faultline(...args, '--jobs', jobs)))
  expect(one?.out.split('\n').length).toBe(40_001)
  expect([two?.status, two?.out === one?.out]).toEqual([2, true])
  for (const ended of [one, two]) {
    expect(ended?.status).toBe(2)
    expect(ended?.err).toMatch(/mem: it could not be read to its end/)
  }
})

test('any number of threads prints the same, says the same and ends the same', async () => {
  const next = noise(17)
  const damaged = again(bytes, 20_000)
  for (let i = 0; i < 200; i++) damaged[next(damaged.length)] = next(256)
  const routes = again(table.subarray(index.length), 40_000)
  const paths = [
    file('updates', again(bytes, 20_000)),
    file('empty', Buffer.alloc(0)),
    // One index, many batches that need it; then another file that has none.
    file('table', Buffer.concat([index, routes])),
    // A second index that is cut: the rows behind it are of nobody, whoever prints them.
    file('lost', Buffer.concat([index, routes, cutShort(index), routes.subarray(0, 9_000)])),
    file('orphans', routes.subarray(0, 6_000)),
    file('damaged', damaged),
    file('small.gz', gzipSync(bytes)),
    file('cut.gz', gzipSync(again(bytes, 9_000)).subarray(0, 3_000)),
  ]
  const told = async (jobs: string) => {
    const { status, out, err } = await faultline('dump', '-m', '--jobs', jobs, ...paths)
    return { status, out, err: err.replace(/"time":"[^"]+"/g, '') }
  }
  const one = await told('1')
  expect(one.status).toBe(0)
  expect(one.out.split('\n').length).toBeGreaterThan(120_000)
  expect(one.err.split('\n').map((line) => /: (\d+ of|it ends)/.exec(line)?.[1])).toEqual(
    expect.arrayContaining(['it ends']),
  )
  expect(one.err).toMatch(/orphans: (\d+) of \1 records are malformed/)
  for (const jobs of ['2', '3', '7']) {
    const many = await told(jobs)
    expect([many.status, many.err]).toEqual([one.status, one.err])
    expect(many.out === one.out).toBe(true)
  }
})

test('threads end when nobody reads any more', async () => {
  const path = file('long', again(bytes, 60_000))
  const child = spawn(process.execPath, ['dist/main.js', 'dump', '--jobs', '3', path, path], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let err = ''
  child.stderr.on('data', (text) => {
    err += text
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const status = await new Promise((end) => child.on('close', end))
  expect([status, err]).toEqual([0, ''])
})

test('a thread that dies is a fault of ours, and no hang', async () => {
  const path = file('some', again(bytes, 20_000))
  cpSync('dist', at('dist'), { recursive: true })
  cpSync('package.json', at('package.json'))
  symlinkSync(resolve('node_modules'), at('node_modules'))
  for (const [does, says] of [
    ['process.exit(3)', 'a thread ended (3)'],
    ["throw new Error('no more')", 'no more'],
  ] as const) {
    const start = "import { parentPort } from 'node:worker_threads'"
    writeFileSync(
      at('dist/dump-worker.js'),
      `${start}\nparentPort.on('message', () => { ${does} })`,
    )
    const child = spawn(process.execPath, [at('dist/main.js'), 'dump', '--jobs', '2', path], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let err = ''
    child.stderr.on('data', (text) => {
      err += text
    })
    const status = await new Promise((end) => child.on('close', end))
    expect([status, err]).toEqual([1, expect.stringContaining(says)])
  }
})

test.each(['0', '257', '-1', '1.5', '2x', ''])('--jobs %j is refused', async (jobs) => {
  const { status, out, err } = await faultline('dump', '--jobs', jobs, at('updates'))
  expect([status, out]).toEqual([2, ''])
  expect(err).toContain('Give a number from 1 to 256')
})
