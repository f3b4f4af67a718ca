import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formatFaults } from '../../src/config/faults.ts'
import { feedsOf } from '../../src/config/feeds.ts'
import { loadConfig } from '../../src/config/load.ts'
import { risLiveSettings } from '../../src/config/schema.ts'
import { defaultConfig, settle } from '../../src/config/settle.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { risLiveDefaults } from '../../src/feeds/ris-live-settings.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { tableLimits } from '../../src/table/table.ts'
import { ledgerDefaults } from '../../src/verdict/ledger.ts'

const home = mkdtempSync(join(tmpdir(), 'faultline-config-'))
afterAll(() => rmSync(home, { recursive: true }))
mkdirSync(join(home, 'directory'))
writeFileSync(join(home, 'rib.bz2'), '')
const file = join(home, 'c.yaml')

function load(text: string | Uint8Array) {
  writeFileSync(file, text)
  return loadConfig(file)
}

/** The faults of a file as an operator reads them, with its directory left out. */
function faults(text: string | Uint8Array): string[] {
  const loaded = load(text)
  return loaded.ok ? [] : formatFaults(loaded.faults).replaceAll(`${home}/`, '').split('\n')
}

function sound(text: string) {
  const loaded = load(text)
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults))
  return loaded
}

const known =
  'version, asns, listen, feeds, context, archives, planes, maintenance, detect, limits, state, journal, log'
const open =
  'can be reached from other machines, and the page and the API ask for no password; ' +
  'listen on 127.0.0.1:9477; or, behind a firewall or a proxy that asks, ' +
  'write listen: {address: "0.0.0.0:9477", exposed: true}'

describe('a setting that is wrong', () => {
  test.each([
    ['a version of the future', 'version: 2', '1:10 $.version: must be 1, not 2; write it like 1'],
    ['no version', 'asns: [1]', '1:1 $.version: is missing; add version: 1'],
    ['an empty file', '# nothing\n', '1:1 the file is empty; begin with the line version: 1'],
    [
      'a list for a file',
      '- 1',
      '1:1 must be settings, not a list; begin with the line version: 1',
    ],
    ['a misspelt key', 'asnz: [1]', '2:1 $.asnz: is not a setting we know; did you mean asns?'],
    ['swapped letters', 'feesd: [1]', '2:1 $.feesd: is not a setting we know; did you mean feeds?'],
    [
      'a key like nothing',
      'quagga: 1',
      `2:1 $.quagga: is not a setting we know; known here: ${known}`,
    ],
    [
      'a key of JavaScript',
      '__proto__: 1',
      `2:1 $.__proto__: is not a setting we know; known here: ${known}`,
    ],
    [
      'a key of control characters',
      '"\\e[2J": 1',
      `2:1 $["\\u001b[2J"]: is not a setting we know; known here: ${known}`,
    ],
    [
      'a misspelt key further in',
      'detect: {outage: {shares: 0.2}}',
      '2:19 $.detect.outage.shares: is not a setting we know; did you mean share?',
    ],
    [
      'a section of later versions',
      'receivers: []',
      '2:1 $.receivers: is not available in this version yet; remove the section for now',
    ],
    ['a section left empty', 'asns:', '2:1 $.asns: has no value; give it one, or remove the line'],
    [
      'a value for a list',
      'asns: 4766',
      '2:7 $.asns: must be a list, not 4766; write it like [4766]',
    ],
    [
      'a list for a group',
      'limits: []',
      '2:9 $.limits: must be a group of settings, not an empty list; write it like {prefixes: …}',
    ],
    [
      'an ASN too large',
      'asns: [AS4294967296]',
      '2:8 $.asns[0]: must be an AS number from 1 to 4294967295, or a group with asn, name and prefixes, not "AS4294967296"; write it like 4766',
    ],
    [
      'asdot without quotes',
      'asns: [1.10]',
      '2:8 $.asns[0]: is a decimal number in YAML; put asdot in quotes, as in "1.10"',
    ],
    [
      'neither number nor group',
      'asns: [true]',
      '2:8 $.asns[0]: must be an AS number from 1 to 4294967295, or a group with asn, name and prefixes, not true; write it like 4766',
    ],
    [
      'an AS without its number',
      'asns: [{name: KT}]',
      '2:8 $.asns[0].asn: is missing; add asn: 4766',
    ],
    [
      'one AS twice, written differently',
      'asns:\n  - 4766\n  - 1\n  - asn: AS4766',
      '5:5 $.asns[2]: AS4766 stands in this list already, as number 1; remove one of the two',
    ],
    [
      'a name with a line break',
      'asns: [{asn: 1, name: "a\\nb"}]',
      '2:23 $.asns[0].name: must be a name of one line, not "a\\nb"; write it like Example Net',
    ],
    [
      'no prefix',
      'asns: [{asn: 1, prefixes: [192.0.2.0]}]',
      '2:28 $.asns[0].prefixes[0]: must be an IPv4 or IPv6 prefix, not "192.0.2.0"; write it like 192.0.2.0/24',
    ],
    [
      'a prefix with host bits',
      'asns: [{asn: 1, prefixes: [192.0.2.1/24]}]',
      '2:28 $.asns[0].prefixes[0]: has bits set behind its length; write 192.0.2.0/24, or the length you mean',
    ],
    [
      'a default route',
      'asns: [{asn: 1, prefixes: ["::/0"]}]',
      '2:28 $.asns[0].prefixes[0]: is shorter than /16; name the prefixes as they are announced',
    ],
    [
      'a prefix twice, written differently',
      'asns: [{asn: 1, prefixes: ["2001:db8::/32", "2001:DB8:0::/32"]}]',
      '2:45 $.asns[0].prefixes[1]: 2001:db8::/32 stands in this list already, as number 1; remove one of the two',
    ],
    ['everybody may look', 'listen: 0.0.0.0:9477', `2:9 $.listen: ${open}`],
    ['the same in a group', 'listen: {address: 0.0.0.0:9477}', `2:19 $.listen.address: ${open}`],
    [
      'a port alone',
      'listen: 9477',
      '2:9 $.listen: must be an address and a port, not 9477; write it like 127.0.0.1:9477',
    ],
    [
      'a port too large',
      'listen: 127.0.0.1:99999',
      '2:9 $.listen: must be an address and a port, not "127.0.0.1:99999"; write it like 127.0.0.1:9477',
    ],
    [
      'no feed',
      'feeds: []',
      '2:8 $.feeds: must be a list of at least one feed, not an empty list; write it like [{type: …}]',
    ],
    [
      'a feed of later versions',
      'feeds: [{type: samples}]',
      '2:16 $.feeds[0].type: "samples" is not available in this version yet; remove the feed for now, or use ris-live',
    ],
    [
      'a misspelt feed',
      'feeds: [{type: rislive}]',
      '2:16 $.feeds[0].type: must be one of ris-live, routeviews, prometheus, flows, bmp, not "rislive"; did you mean ris-live?',
    ],
    [
      'no folder',
      'state: {every: 5m}',
      '2:8 $.state.folder: is missing; add folder: /var/lib/faultline',
    ],
    ['no type', 'feeds: [{mode: firehose}]', '2:9 $.feeds[0].type: is missing; add type: ris-live'],
    [
      'not a WebSocket',
      'feeds: [{type: ris-live, url: "http://a"}]',
      '2:31 $.feeds[0].url: must be a WebSocket address, not "http://a"; write it like wss://ris-live.ripe.net/v1/ws/',
    ],
    [
      'a misspelt word',
      'feeds: [{type: ris-live, mode: firehoes}]',
      '2:32 $.feeds[0].mode: must be one of subscribe, firehose, not "firehoes"; did you mean firehose?',
    ],
    [
      'no collector',
      'feeds: [{type: ris-live, hosts: [route-views2]}]',
      '2:34 $.feeds[0].hosts[0]: must be the name of a collector, not "route-views2"; write it like rrc00',
    ],
    [
      'yes, which is text since YAML 1.2',
      'feeds: [{type: ris-live, history: yes}]',
      '2:35 $.feeds[0].history: must be true or false, not "yes"; write it like true or false',
    ],
    [
      'per cent',
      'detect: {outage: {share: 10}}',
      '2:26 $.detect.outage.share: must be a number from 0 to 1, not 10; write it like 0.1',
    ],
    [
      'half a prefix',
      'detect: {leak: {prefixes: 0.5}}',
      '2:27 $.detect.leak.prefixes: must be a whole number from 1 to 10000000, not 0.5; write it like 10',
    ],
    [
      'a time without a unit',
      'detect: {blind: {after: 30}}',
      '2:25 $.detect.blind.after: must be a time from "1s" to "24h" with its unit, not 30; write it like 45s',
    ],
    [
      'a time too short',
      'detect: {blind: {after: 30ms}}',
      '2:25 $.detect.blind.after: must be a time from "1s" to "24h" with its unit, not "30ms"; write it like 45s',
    ],
    [
      'the quick confirmation slower than the careful one',
      'detect: {outage: {confirm: 40s, fastConfirm: 45s}}',
      '2:46 $.detect.outage.fastConfirm: is longer than confirm; shorten it, or lengthen confirm',
    ],
    [
      'the same, one of them unsaid',
      'detect:\n  leak: {confirm: 5s}',
      '3:9 $.detect.leak.fastConfirm: is longer than confirm; shorten it, or lengthen confirm',
    ],
    [
      'a transit-free network named twice',
      'detect: {leak: {clique: [174, 3356, AS174]}}',
      '2:37 $.detect.leak.clique[2]: AS174 stands in this list already, as number 1; remove one of the two',
    ],
    [
      'a transit-free network that is none',
      'detect: {leak: {clique: [Cogent]}}',
      '2:26 $.detect.leak.clique[0]: must be an AS number from 1 to 4294967295, not "Cogent"; write it like 4766',
    ],
    [
      'a table that is not there',
      'context: {rib: [rib.bz2, none.bz2]}',
      '2:26 $.context.rib[1]: none.bz2 does not exist; paths are relative to the config file',
    ],
    [
      'a table that is a directory',
      'context: {rib: [directory]}',
      '2:17 $.context.rib[0]: directory is a directory; name a file in it',
    ],
    [
      'a journal in no directory',
      'journal: none/journal',
      '2:10 $.journal: there is no directory none; make it, or name another',
    ],
    [
      'a journal that is a directory',
      'journal: directory',
      '2:10 $.journal: directory is a directory; name a file in it',
    ],
    [
      'a level nobody has',
      'log: {level: verbose}',
      '2:14 $.log.level: must be one of trace, debug, info, warn, error, fatal, silent, not "verbose"; write it like trace',
    ],
  ])('%s', (says, text, expected) => {
    const whole = ['a version of the future', 'no version', 'an empty file', 'a list for a file']
    const given = whole.includes(says) ? text : `version: 1\n${text}`
    expect(faults(given)).toEqual([`c.yaml:${expected.replace(' ', '  ')}`])
  })

  test('every fault at once, in the order of the file', () => {
    const text = `
version: 1
asns: [4766, true, 4766]
listen: 0.0.0.0:1
detect: {outage: {fastConfirm: 45}}
context: {rib: [none.bz2]}
journall: x
`
    const places = faults(text).map((line) => line.replace(/: .*/, ''))
    expect(places).toEqual([
      'c.yaml:3:14  $.asns[1]',
      'c.yaml:3:20  $.asns[2]',
      'c.yaml:4:9  $.listen',
      'c.yaml:5:32  $.detect.outage.fastConfirm',
      'c.yaml:6:17  $.context.rib[0]',
      'c.yaml:7:1  $.journall',
    ])
  })

  test('more faults than anybody reads are counted', () => {
    const lines = faults(`version: 1\nasns: [${'x, '.repeat(1000)}]`)
    expect(lines).toHaveLength(101)
    expect(lines.at(-1)).toBe('… and 900 more like these')
  })
})

describe('a file that cannot be read', () => {
  const told = (path: string) => {
    const loaded = loadConfig(path)
    return loaded.ok ? '' : formatFaults(loaded.faults).replaceAll(`${home}/`, '')
  }

  test('says so, and what to do', () => {
    expect(told(join(home, 'none.yaml'))).toBe(
      'none.yaml: does not exist; config/example.yaml is one to start from',
    )
    expect(told(join(home, 'directory'))).toBe('directory: is a directory; name a file in it')
    expect(told('/dev/null')).toBe('/dev/null: is not a regular file; copy what it gives into one')
    expect(told('\0')).toBe(
      '\0: cannot be read (ERR_INVALID_ARG_VALUE); see what it is and where it lies',
    )
    expect(faults('#'.repeat((1 << 20) + 1))).toEqual([
      'c.yaml: is larger than 1 MiB; no configuration is: name another file',
    ])
  })

  const root = process.getuid?.() === 0
  test.skipIf(root)(`nor may be${root ? ' (SKIPPED: root may read all)' : ''}`, () => {
    const path = join(home, 'secret.yaml')
    writeFileSync(path, 'version: 1')
    chmodSync(path, 0)
    expect(told(path)).toBe('secret.yaml: must not be read by this user; see its owner and mode')
  })

  test('is not UTF-8: the first place that is not', () => {
    const latin1 = Buffer.from('version: 1\n# Küche\n', 'latin1')
    expect(faults(latin1)).toEqual(['c.yaml:2:4  is not UTF-8; save it as UTF-8'])
    const utf16 = Buffer.from('\ufeffversion: 1\n', 'utf16le')
    expect(faults(utf16)).toEqual(['c.yaml:1:1  is not UTF-8; save it as UTF-8'])
  })
})

describe('a sound file', () => {
  test('alone gives every default', () => {
    const { config, warnings } = sound('\ufeffversion: 1')
    expect(config).toEqual(defaultConfig({ asns: [] }).config)
    expect(config).toMatchObject({
      asns: [],
      listen: { host: '127.0.0.1', port: 9477 },
      feeds: [{ type: 'ris-live', url: risLiveDefaults.url, mode: 'subscribe', history: false }],
      detect: detectDefaults,
      limits: { ...tableLimits, incidents: ledgerDefaults.most },
      log: { level: 'info' },
    })
    expect(warnings.map(({ where }) => where)).toEqual(['$.asns'])
  })

  test('may write the same in several ways', () => {
    const { config } = sound(`
version: 1
asns: [4766, AS9318, "1.10", {asn: as3, name: Três, prefixes: [2001:DB8:0::/32]}]
listen: "[::1]:0"
context: {rib: [rib.bz2]}
journal: j.ndjson
`)
    expect(config.asns).toEqual([
      { asn: 4766, prefixes: [] },
      { asn: 9318, prefixes: [] },
      { asn: 65546, prefixes: [] },
      { asn: 3, name: 'Três', prefixes: ['2001:db8::/32'] },
    ])
    expect(config.listen).toEqual({ host: '::1', port: 0 })
    expect(config.context.rib).toEqual([join(home, 'rib.bz2')])
    expect(config.journal).toBe(join(home, 'j.ndjson'))
  })

  test.each(['127.0.0.1:1', 'localhost:65535', '{address: "127.9.9.9:1"}'])(
    'listens on %s',
    (at) => {
      expect(sound(`version: 1\nlisten: ${at}`).warnings.map((w) => w.where)).not.toContain(
        '$.listen',
      )
    },
  )

  test('needs no prefixes with a table to start from that is fetched', () => {
    const { warnings } = sound('version: 1\nasns: [1]\ncontext: {bootstrap: [rrc00]}\n')
    expect(warnings).toEqual([])
  })

  test('is warned of what is probably not meant', () => {
    const many = Array.from({ length: 10_001 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`)
    const { warnings } = sound(`
version: 1
asns: [64500, {asn: 1, prefixes: [${many}]}]
listen: {address: "0.0.0.0:9477", exposed: true}
feeds: [{type: ris-live, history: true}]
`)
    expect(warnings.map(({ where, why }) => `${where}: ${why}`)).toEqual([
      '$.asns[0]: AS64500 is reserved and never seen on the public Internet',
      '$.asns[0]: no prefixes given for AS64500: withdrawals carry no path, so only announcements are heard until prefixes are known',
      '$.asns: of 10001 prefixes only 10000 are subscribed to',
      '$.listen: 0.0.0.0 can be reached from other machines without a password',
      '$.feeds[0].history: the public service is live, but it will not be noticed when it grows stale',
    ])
  })

  test('opens the RIS Live client', () => {
    const { config } = sound(`
version: 1
asns: [1, {asn: 2, prefixes: [192.0.2.0/24]}]
feeds: [{type: ris-live, url: "ws://127.0.0.1:1/", history: true, hosts: [rrc06]}]
`)
    expect(feedsOf(config, 'ris-live').map((feed) => risLiveSettings(config, feed))).toEqual([
      {
        ...risLiveDefaults,
        url: 'ws://127.0.0.1:1/',
        hosts: ['rrc06'],
        asns: [1, 2],
        prefixes: ['192.0.2.0/24'],
        staleAfter: null,
      },
    ])
  })
})

describe('the hash', () => {
  const base =
    'version: 1\nasns: [1, 2]\ndetect: {outage: {share: 0.2, clear: 5m}, leak: {clique: [1, 2]}}\n'
  test.each([
    [
      'order',
      'detect: {leak: {clique: [2, 1]}, outage: {clear: 5m, share: 0.2}}\nasns: [2, 1]\nversion: 1',
    ],
    [
      'comments and form',
      '# a\nversion: 1\nasns:\n  - asn: AS1\n  - 2\ndetect: {outage: {share: 0.2}, leak: {clique: [1, 2]}}',
    ],
    ['how a time is written', base.replace('5m', '300s')],
    [
      'where facts come from and go',
      `${base}listen: "127.0.0.1:1"\nlog: {level: warn}\njournal: j`,
    ],
  ])('is the same whatever %s', (_, text) => {
    expect(sound(text).hash).toBe(sound(base).hash)
  })

  test.each([
    ['another AS', base.replace('2]', '3]')],
    ['a prefix', base.replace('2]', '{asn: 2, prefixes: [192.0.2.0/24]}]')],
    ['a threshold', base.replace('0.2', '0.3')],
    ['another clique', base.replace('clique: [1', 'clique: [3')],
    ['a limit', `${base}limits: {paths: 1000}`],
  ])('is another with %s', (_, text) => {
    expect(sound(text).hash).not.toBe(sound(base).hash)
  })

  test('goes with what the command line changes', () => {
    const { config, hash } = defaultConfig({ asns: [1, 2, 1] })
    expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(hash).toBe(sound('version: 1\nasns: [2, 1]').hash)
    expect(settle({ ...config, asns: config.asns.slice(1) }).hash).not.toBe(hash)
  })
})

test('noise and cuts of the example are faults or sound, never a throw', () => {
  const example = readFileSync('config/example.yaml', 'utf8')
  const dice = new Dice('config')
  let refused = 0
  for (let i = 0; i < 400; i++) {
    const at = Math.floor(dice.float() * example.length)
    const noise = String.fromCharCode(
      ...Array.from({ length: 3 }, () => 1 + Math.floor(dice.float() * 126)),
    )
    const text = i % 2 ? example.slice(0, at) : example.slice(0, at) + noise + example.slice(at + 1)
    const loaded = load(text)
    if (loaded.ok) continue
    refused++
    for (const { line, column, why, hint } of loaded.faults) {
      expect(Math.min(line, column, why.length, hint.length)).toBeGreaterThan(0)
    }
  }
  expect(refused).toBeGreaterThan(50)
  expect(refused).toBeLessThan(400)
})

test('100,000 unknown keys are told within seconds', () => {
  const start = performance.now()
  const loaded = load(Array.from({ length: 100_000 }, (_, i) => `k${i}:`).join('\n'))
  expect(loaded.ok || loaded.faults.length).toBe(100_001)
  expect(performance.now() - start).toBeLessThan(20_000)
})
