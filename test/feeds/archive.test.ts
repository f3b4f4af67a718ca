import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseInstant } from '../../src/core/time.ts'
import { type Archive, listArchive, readChunks } from '../../src/feeds/archive.ts'
import { looksLikeMrt, readName } from '../../src/feeds/archive-name.ts'

const at = (text: string): number => parseInstant(text) as number

describe('names of archive files', () => {
  it('say whose they are, what they hold and when they begin', () => {
    const cases: [string, string | null, string, string | null][] = [
      ['rrc00/2024.10/updates.20241001.0055.gz', 'rrc00', 'updates', '2024-10-01T00:55'],
      ['rrc00/2024.10/bview.20241001.0800.gz', 'rrc00', 'rib', '2024-10-01T08:00'],
      ['ris/rrc21/latest-bview.gz', 'rrc21', 'rib', null],
      [
        'route-views2/bgpdata/2024.10/UPDATES/updates.20241029.0000.bz2',
        'route-views2',
        'updates',
        '2024-10-29T00:00',
      ],
      ['amsix.ams/bgpdata/2024.10/RIBS/rib.20241029.0000.bz2', 'amsix.ams', 'rib', '2024-10-29'],
      [
        'archive.routeviews.org/bgpdata/2003.02/UPDATES/updates.20030201.0012.bz2',
        'route-views2',
        'updates',
        '2003-02-01T00:12',
      ],
      [
        'mrt/route-views.sydney/updates.20220601.0230',
        'route-views.sydney',
        'updates',
        '2022-06-01T02:30',
      ],
      ['route-views2.updates.20241029.0000.bz2', 'route-views2', 'updates', '2024-10-29'],
      ['rrc01.updates.20100827.0840.gz', 'rrc01', 'updates', '2010-08-27T08:40'],
      [
        'google-leak.rrc06.updates.20170825.0300-0400.mrt.gz',
        'rrc06',
        'updates',
        '2017-08-25T03:00',
      ],
      ['quiet-control.rrc06.partial-rib.20230920.0400.mrt.gz', 'rrc06', 'rib', '2023-09-20T04:00'],
      [
        'routeviews.route-views.jinx.ribs.1401487200.bz2',
        'route-views.jinx',
        'rib',
        '2014-05-30T22:00',
      ],
      ['ris.rrc06.updates.1427846400.gz', 'rrc06', 'updates', '2015-04-01'],
      ['sydney.updates.20220601.0230.bz2', 'sydney', 'updates', '2022-06-01T02:30'],
      [
        'route-views2.rib.20140523.0600.first-1MB-truncated.bz2',
        'route-views2',
        'rib',
        '2014-05-23T06:00',
      ],
      ['mrt\\rrc03\\updates.20241001.0055.gz', 'rrc03', 'updates', '2024-10-01T00:55'],
      ['table-transfer.et-header.2015.gz', null, 'updates', null],
      ['lab/bird-mrtdump_rib', null, 'rib', null],
      ['updates.20241301.0055.gz', null, 'updates', null],
      ['updates.20240230.0055.gz', null, 'updates', null],
    ]
    for (const [path, collector, kind, slot] of cases) {
      const name = readName(path)
      const want = [path, collector, kind, slot === null ? null : at(slot)]
      expect([path, name.collector, name.kind, name.slot]).toEqual(want)
    }
    expect(cases.length).toBe(20)
  })

  it('tell archives from what lies beside them', () => {
    const mrt =
      'updates.20241001.0055.gz rib.20241029.0000.bz2 bird_bgp rrc00.x.damaged.gz a.mrt 1.type5'
    for (const name of mrt.split(' ')) expect([name, looksLikeMrt(name)]).toEqual([name, true])
    const not =
      'README README.md .hidden notes.txt a.json a.json.gz frames.jsonl roas.csv.gz MD5SUMS x.tar.gz ' +
      'updates.20241001.0055.gz.part updates.20241001.0055.gz.md5 acceptance.tar.gz.enc index.html'
    for (const name of not.split(' ')) expect([name, looksLikeMrt(name)]).toEqual([name, false])
  })
})

describe('archives on disk', () => {
  let root = ''
  const put = (path: string, size = 10): string => {
    const full = join(root, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, new Uint8Array(size).fill(7))
    return full
  }
  const list = (paths: string[], options = {}): Archive => {
    const archive = listArchive(paths, options)
    if (!archive.ok) throw new Error(JSON.stringify(archive.faults))
    return archive
  }
  const names = (archive: Archive): string[] =>
    archive.collectors.flatMap(({ collector, files }) =>
      files.map((file) => `${collector} ${file.path.slice(root.length + 1)}`),
    )

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'archive-'))
    put('ris/rrc01/2024.10/updates.20241001.0010.gz', 3)
    put('ris/rrc01/2024.10/updates.20241001.0005.gz', 4)
    put('ris/rrc01/2024.10/bview.20241001.0000.gz', 5)
    put('ris/rrc00/2024.10/updates.20241001.0005.gz', 6)
    put('ris/README.txt')
    put('ris/rrc00/.updates.20241001.0010.gz.swp')
    put('ris/rrc00/checks.json')
    put('flat/somebody.gz', 7)
    put('empty/README')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('are listed by collector and time, whatever the order of the paths', () => {
    const want = [
      'rrc00 ris/rrc00/2024.10/updates.20241001.0005.gz',
      'rrc01 ris/rrc01/2024.10/bview.20241001.0000.gz',
      'rrc01 ris/rrc01/2024.10/updates.20241001.0005.gz',
      'rrc01 ris/rrc01/2024.10/updates.20241001.0010.gz',
      'unknown flat/somebody.gz',
    ]
    const archive = list([join(root, 'ris'), join(root, 'flat')])
    expect(names(archive)).toEqual(want)
    expect(archive).toMatchObject({ bytes: 25, skipped: 0 })
    const backwards = [join(root, 'flat'), join(root, 'ris/rrc01'), join(root, 'ris/rrc00')]
    expect(names(list(backwards))).toEqual(want)
    expect(names(list([join(root, 'flat')], { collector: 'mine' }))).toEqual([
      'mine flat/somebody.gz',
    ])
    expect(list([join(root, 'ris')], { collector: 'mine' }).collectors.length).toBe(2)
  })

  it('are read once, however often they are named or linked', () => {
    const file = put('twice/a.gz')
    symlinkSync(file, join(root, 'twice/b.gz'))
    linkSync(file, join(root, 'twice/c.gz'))
    symlinkSync(join(root, 'twice'), join(root, 'twice/loop'))
    expect(names(list([file, join(root, 'twice'), file]))).toEqual(['unknown twice/a.gz'])
  })

  it('leave out files that lie outside the time asked for, but keep tables before it', () => {
    const ris = join(root, 'ris/rrc01')
    const cut = (from: string, until: string): [string[], number] => {
      const archive = list([ris], { from: at(from), until: at(until) })
      return [names(archive).map((name) => name.slice(-20)), archive.skipped]
    }
    const table = 'bview.20241001.0000.gz'.slice(-20)
    const [five, ten] = ['dates.20241001.0005.gz', 'dates.20241001.0010.gz'].map((n) =>
      n.slice(-20),
    )
    expect(cut('2024-10-01T00:20', '2024-10-02')).toEqual([[table, ten], 1])
    expect(cut('2024-10-01T00:19', '2024-10-02')).toEqual([[table, five, ten], 0])
    expect(cut('2024-10-01', '2024-10-01T00:10')).toEqual([[table, five], 1])
    expect(cut('2024-09-01', '2024-10-01')).toEqual([[], 3])
    const hour = put('span/x.rrc06.updates.20170825.0300-0400.mrt.gz')
    expect(list([hour], { from: at('2017-08-25T03:59') }).skipped).toBe(0)
    expect(list([hour], { from: at('2017-08-25T04:00') }).skipped).toBe(1)
  })

  it('are all checked before any is read: every fault comes at once', () => {
    const missing = join(root, 'nowhere.gz')
    const empty = join(root, 'empty')
    const result = listArchive([missing, join(root, 'flat'), empty, '/dev/null'])
    expect(result.ok).toBe(false)
    const faults = result.ok ? [] : result.faults
    expect(faults.map((fault) => fault.path)).toEqual([missing, empty, '/dev/null'])
    expect(faults.map((fault) => fault.why).join('\n')).toMatch(
      /does not exist.*\nholds no MRT files.*\nis neither a file nor a folder/,
    )
    expect(listArchive([])).toMatchObject({ ok: false, faults: [{ path: '' }] })
  })

  const root0 = process.getuid?.() === 0
  if (root0) console.warn('SKIPPED: root may read everything, so no file is unreadable')
  it.skipIf(root0)(`say which file may not be read${root0 ? ' [skipped: root]' : ''}`, () => {
    const file = put('locked/updates.20241001.0000.gz')
    chmodSync(file, 0)
    expect(listArchive([dirname(file)])).toMatchObject({ ok: false, faults: [{ path: file }] })
  })

  it('are read in chunks that stay as they are until the next but one', async () => {
    const octets = Uint8Array.from({ length: 2_500_000 }, (_, i) => i >> 12)
    const file = put('rising.mrt')
    writeFileSync(file, octets)
    const sizes: number[] = []
    let at = 0
    let before: Uint8Array = new Uint8Array(0)
    for await (const chunk of readChunks(file)) {
      // Whoever joins the end of one to the beginning of the next needs both.
      const both = octets.subarray(at - before.length, at + chunk.length)
      expect(Buffer.compare(Buffer.concat([before, chunk]), both)).toBe(0)
      before = chunk
      at += chunk.length
      sizes.push(chunk.length)
    }
    expect(sizes).toEqual([1 << 20, 1 << 20, 2_500_000 - (2 << 20)])
  })
})
