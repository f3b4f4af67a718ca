// Every real file of the shared data, against bgpdump when it is installed: the same routes of the
// same peers, not only as many.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import { pathText } from '../../src/core/path.ts'
import { addressText, parseAddress } from '../../src/core/prefix.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { decompress, newReport } from '../../src/wire/decompress.ts'
import type { MrtStats } from '../../src/wire/mrt.ts'
import { elementText, feed, readMrt } from './mrt-text.ts'
import { DATA, join8, noise, shared } from './octets.ts'

const FOLDERS = /\/(oddities|incidents|quiet|rib)\//
const files = shared('').filter((path) => FOLDERS.test(path) && /\.(gz|bz2)$|\/lab\/./.test(path))
const absent = files.length === 0 ? ` (SKIPPED: no ${DATA})` : ''
const bgpdump = spawnSync('bgpdump', ['-v']).error === undefined
if (!bgpdump) console.warn('SKIPPED: no bgpdump to compare real files with')
const alone = bgpdump ? '' : ' (not compared: no bgpdump)'

/** Elements, and a sum over their texts that no order changes. */
class Tally {
  a = 0
  w = 0
  #sum = 0
  #withdrawnSum = 0
  add(announced: boolean, peer: string, asn: string, prefix: string, path: string): void {
    if (announced) this.a++
    else this.w++
    const text = announced ? `${peer}|${asn}|${prefix}|${path}` : `${peer}|${asn}|${prefix}`
    let h = announced ? 0x811c9dc5 : 0x1234567
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
    const part = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
    if (announced) this.#sum = (this.#sum + part) | 0
    else this.#withdrawnSum = (this.#withdrawnSum + part) | 0
  }
  get counts(): [number, number] {
    return [this.a, this.w]
  }
  get announced(): string {
    return `${this.a} A ${(this.#sum >>> 0).toString(16)}`
  }
  get all(): string {
    return `${this.announced}, ${this.w} W ${(this.#withdrawnSum >>> 0).toString(16)}`
  }
}

async function unpack(path: string): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  const report = newReport()
  const out: Uint8Array[] = []
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(readFileSync(path))
  }
  for await (const chunk of decompress(whole(), report)) out.push(chunk)
  return { bytes: join8(out), truncated: report.truncated }
}

function ours(bytes: Uint8Array): { tally: Tally; stats: MrtStats } {
  const tally = new Tally()
  const vantages = new VantagePoints()
  const chunks = function* (): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 1 << 18) yield bytes.subarray(at, at + (1 << 18))
  }
  const stats = feed(chunks(), {
    vantages,
    batch: new Batch(),
    each: (batch) => {
      for (let m = 0; m < batch.messages; m++) {
        const until = batch.first[m + 1] as number
        if (until === batch.first[m]) continue
        const { address, asn } = vantages.get(batch.vantage[m] as number)
        const start = batch.pathStart[m] as number
        const path = pathText(batch.path, start, batch.pathLength[m] as number)
        for (let e = batch.first[m] as number; e < until; e++)
          tally.add(batch.announced[e] === 1, address, String(asn), elementText(batch, e), path)
      }
    },
  })
  return { tally, stats }
}

function theirs(bytes: Uint8Array): Tally {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
  try {
    const file = join(folder, 'a.mrt')
    writeFileSync(file, bytes)
    const { stdout } = spawnSync('bgpdump', ['-m', file], { maxBuffer: 1 << 29 })
    const tally = new Tally()
    const addresses = new Map<string, string>()
    for (let from = 0; from < stdout.length; ) {
      const to = stdout.indexOf(10, from)
      const fields = stdout.toString('latin1', from, to).split('|')
      from = to + 1
      const [format = '', , kind = '', peer = '', asn = '', prefix = '', next = ''] = fields
      if (kind === 'STATE') continue
      // The collector's own routes; see mrt-table.test.ts.
      if (asn === '0' && format.startsWith('TABLE_DUMP2')) continue
      const addPath = format.endsWith('_AP')
      const id = addPath && next !== '0' ? `#${Number(next) >>> 0}` : ''
      tally.add(
        kind !== 'W',
        rfc5952(peer, addresses),
        asn,
        prefix + id,
        addPath ? (fields[7] ?? '') : next,
      )
    }
    return tally
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** bgpdump shortens a single group of zeros, which RFC 5952 §4.2.2 forbids. */
function rfc5952(text: string, known: Map<string, string>): string {
  const before = known.get(text)
  if (before !== undefined) return before
  const address = parseAddress(text)
  const after = address ? addressText(address.afi, ...address.words) : text
  known.set(text, after)
  return after
}

/** Where bgpdump 1.6.2 is no measure, and what is right instead. */
const OTHERWISE: Record<string, { why: string; a: number; w: number; malformed: number }> = {
  'rrc00.updates.19991214.1621.type5.gz': {
    why: "bgpdump -m prints the peer's address for withdrawn prefixes in records of type BGP",
    a: 54_126,
    w: 1_363,
    malformed: 0,
  },
  'rrc00.updates.20000325.0345.damaged.gz': {
    why: 'bgpdump goes on by torn lengths and prints octets of attributes as withdrawals (/54 in IPv4)',
    a: 4_660,
    w: 718,
    malformed: 2,
  },
  bird_bgp: {
    why: 'BIRD wrote path identifiers into MESSAGE_AS4; bgpdump prints them as routes 0.0.0.0/0',
    a: 0,
    w: 0,
    malformed: 33,
  },
  'updates.nlri_mask_trailing_bits.gz': {
    why: 'its NLRI ends in a length octet without prefix, malformed by RFC 4271 §6.3; bgpdump prints what came before',
    a: 0,
    w: 0,
    malformed: 1,
  },
}

/** What bgpdump does not read at all. */
const UNREAD: Record<string, { why: string; a: number }> = {
  'openbgpd_rib_table-mp': { why: 'bgpdump does not know BGP4MP_ENTRY', a: 31 },
}

/** Elements as counted in data/README.md, so that something is checked without bgpdump too. */
const KNOWN: Record<string, [number, number]> = {
  'google-leak.rrc06.updates.20170825.0300-0400.mrt.gz': [233_342, 99_316],
  'route-views2.updates.20241029.0000.bz2': [197_049, 16_438],
  'rrc01.updates.20100827.0840.gz': [141_819, 127_472],
  'sydney.updates.20220601.0230.bz2': [79_071, 6_272],
  'route-views2.updates.20241028.0000.bz2': [257_237, 23_018],
  'route-views2.rib.20140523.0600.first-1MB-truncated.bz2': [270_005, 0],
  'routeviews.route-views.jinx.ribs.1401487200.bz2': [503_590, 0],
  'updates.long_withdrawal.gz': [0, 4_096],
}

describe.skipIf(absent !== '')(`real files${absent}${alone}`, () => {
  for (const path of files) {
    const name = basename(path)
    const other = OTHERWISE[name]
    it(`${path.slice(DATA.length + 1)}${other ? `: ${other.why}` : ''}`, async () => {
      const { bytes, truncated } = await unpack(path)
      const { tally, stats } = ours(bytes)
      expect(stats.malformed).toBe(other?.malformed ?? 0)
      expect([truncated, stats.truncated]).toEqual(new Array(2).fill(/truncated/.test(name)))
      const known = KNOWN[name] ?? (other ? [other.a, other.w] : undefined)
      if (known) expect(tally.counts).toEqual(known)
      if (!bgpdump) return
      const reference = theirs(bytes)
      const unread = UNREAD[name]
      if (unread) {
        expect([tally.counts, reference.counts, unread.why]).toEqual([
          [unread.a, 0],
          [0, 0],
          unread.why,
        ])
        return
      }
      if (!other) expect(tally.all).toBe(reference.all)
      else {
        // When bgpdump is repaired, it becomes the measure again.
        expect(tally.all).not.toBe(reference.all)
        if (other.malformed === 0) {
          expect(tally.counts).toEqual(reference.counts)
          expect(tally.announced).toBe(reference.announced)
        }
      }
    })
  }

  it('rows of OpenBGPD in BGP4MP_ENTRY are those of the same table in TABLE_DUMP_V2', async () => {
    const rows = async (name: string) => {
      const path = files.find((file) => basename(file) === name) as string
      return readMrt((await unpack(path)).bytes).lines.sort()
    }
    const entries = await rows('openbgpd_rib_table-mp')
    expect(entries).toHaveLength(31)
    expect(entries).toEqual(await rows('openbgpd_rib_table-v2'))
  })

  it('there are as many of them as there were', () => {
    expect(files.length).toBe(38)
  })

  it('host bits beyond the mask are cleared', async () => {
    const path = files.find((file) => file.includes('nlri_mask_trailing_bits')) as string
    const { bytes } = await unpack(path)
    // Without the stray octet at its end, by which all lengths are one too long.
    const whole = bytes.subarray(0, bytes.length - 1)
    const view = new DataView(whole.buffer)
    view.setUint32(8, view.getUint32(8) - 1)
    view.setUint16(12 + 16 + 16, view.getUint16(12 + 16 + 16) - 1)
    expect(readMrt(whole).lines).toEqual(['update A 11.8.0.0/13 7018 3549 12389 48275 51044'])
  })
})

describe.skipIf(absent !== '')(`pieces of real files${absent}`, () => {
  const piece = async (part: string, octets: number, from = 0) => {
    const path = files.find((file) => file.includes(part)) as string
    const { bytes } = await unpack(path)
    return bytes.subarray(from, from + octets)
  }
  const PARTS: [string, number][] = [
    ['20000325.0345.damaged', 3_000],
    ['updates.20020722.2238', 1_500],
    ['rrc15.updates.20100227', 1_500],
    ['lab/bird6-mrtdump_rib', 900],
    ['lab/openbgpd_rib_table-v2', 1_500],
    ['jinx.updates', 1_500],
  ]

  it('cut at every octet give the messages that were whole', async () => {
    for (const [part, octets] of PARTS) {
      const from = part.includes('damaged') ? 13_500 : 0
      const bytes = await piece(part, octets, from)
      const all = readMrt(bytes, { who: true }).lines
      let most = 0
      for (let cut = 0; cut < bytes.length; cut++) {
        const read = readMrt(bytes.subarray(0, cut), { who: true }).lines
        expect([part, cut, read]).toEqual([part, cut, all.slice(0, read.length)])
        most = Math.max(most, read.length)
      }
      console.log(`${part}: ${bytes.length} cuts, up to ${most} of ${all.length} lines`)
      expect(most).toBeGreaterThan(0)
    }
  })

  it('with octets changed neither throw nor hang, whatever the chunks', async () => {
    const next = noise(1_999)
    let malformed = 0
    for (const [part] of PARTS) {
      const bytes = await piece(part, 20_000)
      const until = Date.now() + 300
      for (let round = 0; round < 60 && Date.now() < until; round++) {
        const damaged = bytes.slice()
        for (let k = 1 + next(40); k > 0; k--) damaged[next(damaged.length)] = next(256)
        const whole = readMrt(damaged, { who: true })
        expect(readMrt(damaged, { who: true, chunk: () => 1 + next(3_000) })).toEqual(whole)
        malformed += whole.stats.malformed
      }
    }
    expect(malformed).toBeGreaterThan(100)
  })
})
