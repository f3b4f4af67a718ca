import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { foldersOf, nameOf, spanOf } from '../../src/feeds/archive-layout.ts'
import { mrt } from '../../src/scenario/mrt.ts'
import { archiveServer } from '../feeds/archive-server.ts'
import { faultline, workshop } from './program.ts'

const place = workshop()

const PEERS = [101, 102, 103].map((asn, i) => ({ address: `192.0.2.${i + 1}`, asn }))
const by = (paths: readonly string[]) => paths.map((path, peer) => ({ peer, path }))

function table(): string {
  const path = place('rrc00.bview.20241029.0000')
  const out = mrt()
    .at('2024-10-29T00:00:00Z')
    .peers(PEERS)
    .rib('198.51.100.0/24', by(['101 201 64500', '102 201 64500', '103 202 64500']))
    .rib('203.0.113.0/24', by(['101 201 64500 64500', '102 201 64500', '103 201 64501']))
    .rib('192.0.2.0/25', by(['101 201 64500 300', '102 201 64500 300', '103 202 64500 300']))
    .rib('2001:db8::/32', by(['101 201 64500', '102 201 64500', '103 202 64500']))
    .rib('10.0.0.0/8', by(['101 5', '102 5', '103 5']))
  writeFileSync(path, out.bytes())
  return path
}

test('what a table says of a network is a configuration that passes', async () => {
  const vrps = place('vrps.json')
  const roas = [
    { asn: 'AS64500', prefix: '198.51.100.0/24', maxLength: 24, ta: 'ripe' },
    { asn: 'AS64999', prefix: '203.0.113.0/24', maxLength: 24, ta: 'ripe' },
  ]
  writeFileSync(vrps, JSON.stringify({ metadata: { buildtime: '2024-10-29T00:00:00Z' }, roas }))
  const out = place('faultline.yml')
  const args = ['--asn', '64500', '--asn', '64501', '--rib', table(), '--vrps', vrps, '--out', out]
  const made = await faultline('init', ...args)
  expect([made.status, made.err, made.out]).toEqual([0, '', ''])
  const text = readFileSync(out, 'utf8')
  expect(text).toContain('# Upstreams: AS201, AS202\n')
  expect(text).toContain('# Customers: AS300\n')
  expect(text).toContain('# ROAs: invalid-asn 1, not-found 1, valid 1\n')
  expect(text).toMatch(/- 198\.51\.100\.0\/24 # valid\n/)
  expect(text).toMatch(/- 203\.0\.113\.0\/24 {2}# RPKI invalid-asn; also of AS64501\n/)
  expect(text).toMatch(/- 2001:db8::\/32 {3}# no ROA\n/)
  expect(text).toContain('- [64500, 64501]\n')
  const checked = await faultline('check', out)
  expect([checked.status, checked.err]).toEqual([0, ''])
  // What is there is somebody's work.
  const again = await faultline('init', ...args)
  expect([again.status, again.err]).toEqual([
    2,
    expect.stringContaining('there is such a file already'),
  ])
}, 60_000)

test('the list of a BGPalerter is taken over, and what is not is said', async () => {
  const list = place('prefixes.yml')
  writeFileSync(
    list,
    `198.51.100.0/24:
  description: "the first: #1"
  asn:
    - 64500
    - 64501
  ignoreMorespecifics: true
  ignore: false
  group: noc
2001:db8::/32:
  description: six
  asn: [64500]
  ignoreMorespecifics: false
  ignore: false
203.0.113.0/24: {description: parked, asn: [64500], ignoreMorespecifics: false, ignore: true}
options:
  monitorASns:
    64500:
      group: default
      upstreams: [201, 202]
      downstreams: null
`,
  )
  const made = await faultline('init', '--from-bgpalerter', list)
  expect(made.status).toBe(0)
  expect(made.out).toContain('- asn: 64500\n')
  expect(made.out).toContain('# upstreams by prefixes.yml: AS201, AS202\n')
  expect(made.out).toContain('- 198.51.100.0/24 # the first: #1\n')
  expect(made.out).toContain('- [64500, 64501]\n')
  expect(made.out).not.toContain('- 203.0.113.0/24')
  for (const word of ['ignoreMorespecifics', 'ignore', 'group', 'upstreams'])
    expect(made.err).toContain(`not taken over: ${word}`)
  const out = place('taken.yml')
  writeFileSync(out, made.out)
  const checked = await faultline('check', out)
  expect([checked.status, checked.err]).toEqual([0, ''])
}, 60_000)

test('of a bad list every fault is told, with its line', async () => {
  const list = place('bad.yml')
  writeFileSync(
    list,
    `nonsense:
  asn: [64500]
198.51.100.0/24:
  description: no asn
203.0.113.0/24: 64500
2001:db8::/32:
  asn: [zero]
options:
  monitorASns:
    x: {}
`,
  )
  const { status, err } = await faultline('init', '--from-bgpalerter', list)
  expect(status).toBe(2)
  expect(err.match(/bad\.yml:\d+:/g)).toEqual([1, 3, 5, 6, 10].map((n) => `bad.yml:${n}:`))
  const none = await faultline('init')
  expect([none.status, none.err]).toEqual([2, expect.stringContaining('--from-bgpalerter')])
}, 60_000)

test('the table is fetched when a collector is named', async () => {
  const slot = Math.floor((Date.now() * 1e3) / spanOf('ris', 'rib')) * spanOf('ris', 'rib')
  const name = `${foldersOf('rrc00', 'rib', slot)[0]}${nameOf('ris', 'rib', slot)}`
  const server = await archiveServer(new Map([[name, gzipSync(readFileSync(table()))]]))
  process.env['XDG_CACHE_HOME'] = place('cache')
  try {
    const args = ['init', '--asn', '64500', '--archive', server.url]
    const made = await faultline(...args, '--bootstrap', 'rrc00')
    expect([made.status, made.out]).toEqual([0, expect.stringContaining('- 198.51.100.0/24')])
    expect(made.out).toContain(`Out of ${nameOf('ris', 'rib', slot)}.`)
    const wrong = await faultline(...args, '--bootstrap', 'sydney')
    expect([wrong.status, wrong.err]).toEqual([2, expect.stringContaining('--bootstrap sydney')])
  } finally {
    await server.close()
  }
})
