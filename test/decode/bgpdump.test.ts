// `dump -m` against bgpdump itself, octet by octet, and against what it is known to print.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BgpdumpText } from '../../src/decode/bgpdump.ts'
import { OctetText } from '../../src/decode/octet-text.ts'
import { readChunks } from '../../src/feeds/archive.ts'
import { mrt } from '../../src/scenario/mrt.ts'
import { decompress } from '../../src/wire/decompress.ts'
import { MrtFrames } from '../../src/wire/mrt-frames.ts'

const DATA = '../shared/data'

interface Dumped {
  lines: number
  hash: string
  text: string
  malformed: number
}

async function dumped(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Dumped> {
  const hash = createHash('md5')
  let text = ''
  const out = new OctetText((octets) => {
    hash.update(octets)
    if (text.length < 10_000) text += Buffer.from(octets).toString('latin1')
  })
  const dump = new BgpdumpText(out)
  const frames = new MrtFrames({ records: 0, malformed: 0, truncated: false })
  const drain = (last: boolean) => {
    while (frames.next(last)) dump.record(frames.bytes, frames.view, frames.at, frames.stop)
  }
  for await (const chunk of chunks) {
    frames.push(chunk)
    drain(false)
  }
  drain(true)
  out.flush()
  return { lines: dump.lines, hash: hash.digest('hex'), text, malformed: dump.malformed }
}

test('one line for each element, in the order of the message', async () => {
  const bytes = mrt()
    .at('2010-08-27T08:42:10Z')
    .peer('192.0.2.1', 64_496)
    .announce(['198.51.100.0/24', '203.0.113.0/24'], '64496 3356 {64500,64501}')
    .peer('2001:db8::1', 64_497)
    .announce('2001:db8:1::/48', '64497 64500')
    .after(20)
    .withdraw('2001:db8:1::/48')
    .bytes()
  const { text, lines } = await dumped([bytes])
  expect(lines).toBe(4)
  const parts = text.split('\n').map((line) => line.split('|').slice(0, 8))
  expect(parts).toEqual([
    [
      'BGP4MP',
      '1282898530',
      'A',
      '192.0.2.1',
      '64496',
      '198.51.100.0/24',
      '64496 3356 {64500,64501}',
      'IGP',
    ],
    [
      'BGP4MP',
      '1282898530',
      'A',
      '192.0.2.1',
      '64496',
      '203.0.113.0/24',
      '64496 3356 {64500,64501}',
      'IGP',
    ],
    ['BGP4MP', '1282898530', 'A', '2001:db8::1', '64497', '2001:db8:1::/48', '64497 64500', 'IGP'],
    ['BGP4MP', '1282898550', 'W', '2001:db8::1', '64497', '2001:db8:1::/48'],
    [''],
  ])
})

/** A record of BGP4MP with four octets that holds this UPDATE. */
function record(withdrawn: string, attributes: string, nlri: string): Uint8Array {
  const octets = (n: number, width: number) => n.toString(16).padStart(width * 2, '0')
  const body =
    octets(withdrawn.length / 2, 2) +
    withdrawn +
    octets(attributes.length / 2, 2) +
    attributes +
    nlri
  const message = `${'ff'.repeat(16)}${octets(19 + body.length / 2, 2)}02${body}`
  const peer = '0000fbf00000316e00000001c0000201c00002fe'
  const rest = peer + message
  return Buffer.from(`6553f10000100004${octets(rest.length / 2, 4)}${rest}`, 'hex')
}

const WELL = '4001010040020602010000fbf0400304c0000201'

test('everything that a line has room for', async () => {
  const more = '80040400000007400504000000644006 00c007080000fbf0c0000202c008080001ffffffffff01'
  const { text } = await dumped([record('', WELL + more.replace(' ', ''), '18cb0071')])
  expect(text).toBe(
    'BGP4MP|1700000000|A|192.0.2.1|64496|203.0.113.0/24|64496|IGP|192.0.2.1|100|7|' +
      '1:65535 no-export|AG|64496 192.0.2.2|\n',
  )
})

test('a prefix that cannot be read ends its list; what came before stands', async () => {
  const { text, malformed } = await dumped([record('', WELL, '18cb007121')])
  expect([text.split('\n').length - 1, malformed]).toEqual([1, 1])
  const bad = await dumped([record('', '40010200', '18cb0071'), record('18cb0071', '', '')])
  expect([bad.text.split('|')[2], bad.malformed]).toEqual(['W', 1])
})

test('a message whose lines are more than there is room for', async () => {
  // 10,000 prefixes with a thousand communities each: 50 MB.
  const communities = `d008${(4_000).toString(16).padStart(4, '0')}${'00010002'.repeat(1_000)}`
  const nlri = Array.from({ length: 10_000 }, (_, i) => `18cb${i.toString(16).padStart(4, '0')}`)
  const { lines, text } = await dumped([record('', WELL + communities, nlri.join(''))])
  expect(lines).toBe(10_000)
  const [first, second] = text.split('\n')
  expect(second).toBe(first?.replace('203.0.0.0/24', '203.0.1.0/24'))
})

/** What bgpdump 1.6.2 does not read rightly, and why ours differs. */
const WRONG: Readonly<Record<string, string>> = {
  'rrc00.updates.19991214.1621.type5.gz': 'it prints the address of the peer for what is withdrawn',
  'rrc00.updates.20000325.0345.damaged.gz': 'the same, and it gives up at the first torn record',
  openbgpd_rib_table: 'it takes an AGGREGATOR of eight octets for one of six',
}

const folders = ['incidents', 'quiet', 'rib', 'oddities', 'oddities/lab'].map((name) =>
  join(DATA, name),
)
const files = folders
  .filter((folder) => existsSync(folder))
  .flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, join(folder, name)] as const),
  )
const none =
  files.length === 0
    ? ' [skipped: no ../shared/data]'
    : spawnSync('bgpdump', ['-v']).error
      ? ' [skipped: no bgpdump]'
      : ''

describe.skipIf(none !== '')(`the same as bgpdump prints${none}`, () => {
  test('of many files', () => {
    expect(files.length).toBeGreaterThan(25)
  })

  test.each(files)('%s', async (name, path) => {
    const { stdout } = spawnSync('bgpdump', ['-m', path], { maxBuffer: 2 ** 30 })
    const ours = await dumped(decompress(readChunks(path)))
    const same = createHash('md5').update(stdout).digest('hex') === ours.hash
    if (WRONG[name] === undefined) expect(same).toBe(true)
    else expect(same, WRONG[name]).toBe(false)
  })
})
