import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hours, type Instant, iso, milliseconds, minutes } from '../../src/core/time.ts'
import { ArchiveSite, type RemoteFile } from '../../src/feeds/archive-http.ts'
import { readIndex } from '../../src/feeds/archive-index.ts'
import { foldersOf, nameOf, projectOf, slots } from '../../src/feeds/archive-layout.ts'
import { readName } from '../../src/feeds/archive-name.ts'
import { ArchiveError, Unreached } from '../../src/feeds/archive-request.ts'
import {
  type ArchiveSettings,
  archiveAddress,
  archiveDefaults,
} from '../../src/feeds/archive-settings.ts'
import { type ArchiveServer, archiveServer } from './archive-server.ts'

const at = (text: string): Instant => Date.parse(text) * 1e3
const T0 = at('2024-10-29T00:00:00Z')

/** A file that packs badly, so that its length is about that of the text. */
function packed(octets: number, seed = 1): Buffer {
  const text = Buffer.alloc(octets)
  for (let i = 0, x = seed; i < octets; i++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) & 0x7fffffff
    text[i] = x >> 16
  }
  return gzipSync(text)
}

describe('the layout', () => {
  test('names are those that archive-name.ts reads', () => {
    for (const [collector, project] of [
      ['rrc00', 'ris'],
      ['route-views2', 'routeviews'],
      ['route-views.sydney', 'routeviews'],
      ['route-views2.saopaulo', 'routeviews'],
      ['amsix.ams', 'routeviews'],
      ['ix-br2.gru', 'routeviews'],
    ] as const) {
      expect(projectOf(collector)).toBe(project)
      for (const kind of ['updates', 'rib'] as const) {
        const slot = slots(project, kind, T0 + hours(24), T0 + hours(48))[0] as Instant
        const path = `x/${foldersOf(collector, kind, slot).at(-1)}${nameOf(project, kind, slot)}`
        expect(readName(path)).toMatchObject({ collector, kind, slot })
      }
    }
    expect(projectOf('rrc0')).toBeNull()
    expect(projectOf('../etc')).toBeNull()
    expect(projectOf('sydney')).toBeNull()
  })

  test('is that of the archives', () => {
    expect(foldersOf('rrc06', 'rib', T0)).toEqual(['rrc06/2024.10/'])
    expect(nameOf('ris', 'rib', T0)).toBe('bview.20241029.0000.gz')
    expect(nameOf('ris', 'updates', T0 + minutes(5))).toBe('updates.20241029.0005.gz')
    expect(foldersOf('route-views.jinx', 'updates', T0)).toEqual([
      'route-views.jinx/bgpdata/2024.10/UPDATES/',
    ])
    expect(foldersOf('route-views2', 'rib', T0)).toEqual([
      'bgpdata/2024.10/RIBS/',
      'route-views2/bgpdata/2024.10/RIBS/',
    ])
    expect(nameOf('routeviews', 'rib', T0 + hours(2))).toBe('rib.20241029.0200.bz2')
  })

  test('slots are those that hold something of the time', () => {
    const of = (from: number, until: number) =>
      slots('ris', 'updates', T0 + minutes(from), T0 + minutes(until)).map((slot) =>
        iso(slot).slice(11, 16),
      )
    expect(of(5, 15)).toEqual(['00:05', '00:10'])
    expect(of(6, 16)).toEqual(['00:05', '00:10', '00:15'])
    expect(slots('ris', 'rib', T0 + 1, T0 + hours(16))).toEqual([T0 + hours(8)])
  })
})

describe('an index', () => {
  test('of Apache, as a list and as a table, and of nginx', () => {
    const list = `<pre><a href="?C=N;O=D">Name</a> <hr><a href="/x/">Parent Directory</a>
<img alt="[   ]"> <a href="updates.20241029.0000.gz">updates.20241029.0000.gz</a> 2024-10-29 00:05  1.5M
<a href="bview.20241029.0000.gz">bview.20241029.0000.gz</a>   2024-10-29 00:31  398M  `
    expect(readIndex(list)).toEqual([
      { name: 'updates.20241029.0000.gz', kind: 'updates', slot: T0, about: 1.5 * (1 << 20) },
      { name: 'bview.20241029.0000.gz', kind: 'rib', slot: T0, about: 398 * (1 << 20) },
    ])
    const table =
      '<tr><td><a href="/a/rib.20241029.0200.bz2">rib</a></td><td align="right">2024-10-29 02:03  </td>' +
      '<td align="right"> 12K</td></tr><tr><td><a href="x.txt">x</a></td></tr>'
    expect(readIndex(table)).toMatchObject([{ name: 'rib.20241029.0200.bz2', about: 12_288 }])
    const nginx = `<a href='./updates.20241029.0015.bz2'>up..&gt;</a>    29-Oct-2024 00:31     1234567\r\n`
    expect(readIndex(nginx)).toMatchObject([{ slot: T0 + minutes(15), about: 1_234_567 }])
  })
  test('is read in its length, whatever a page is made of', () => {
    // Each of these can be cut in very many ways; tried one by one they took most of a minute.
    const page = `<a ${'href=x'.repeat(100)}`.repeat(6_000)
    const began = performance.now()
    expect(readIndex(page)).toEqual([])
    expect(performance.now() - began).toBeLessThan(20_000)
  }, 300_000)

  test('anything else is passed over', () => {
    expect(readIndex('')).toEqual([])
    expect(
      readIndex('<a href="../../etc/passwd">x</a><a href="updates.20241399.0000.gz">'),
    ).toEqual([])
    expect(readIndex(`<a href="${'x'.repeat(1e6)}`)).toEqual([])
    const hostile = '<a href=updates.20241029.0000.gz'.repeat(20_000)
    expect(readIndex(hostile).length).toBeLessThan(2)
  })
})

test('an address of an archive is one that files can be below', () => {
  expect(archiveAddress('https://mirror.example.net/ris/')).toBe('https://mirror.example.net/ris/')
  for (const wrong of ['ftp://x/', 'x', 'https://u:p@x/', 'https://x/?a=1', 'file:///etc'])
    expect(archiveAddress(wrong)).toBeUndefined()
})

describe('a site', () => {
  let server: ArchiveServer
  let folder: string
  let site: ArchiveSite
  let told: string[]
  const quarter = packed(20_000)
  const quick = { retryStart: milliseconds(1), retryMost: milliseconds(5) }

  const open = (more: Partial<ArchiveSettings> = {}) => {
    site?.close()
    site = new ArchiveSite(
      {
        ...archiveDefaults,
        ...quick,
        ris: server.url,
        routeviews: server.url,
        folder,
        program: 'faultline/test',
        ...more,
      },
      {
        log: (_, text) => told.push(text),
        isWhole: async (path) => {
          try {
            gunzipSync(readFileSync(path))
            return true
          } catch {
            return false
          }
        },
      },
    )
    return site
  }

  beforeEach(async () => {
    told = []
    folder = mkdtempSync(join(tmpdir(), 'faultline-archives-'))
    const files = new Map<string, Buffer>()
    for (let i = 0; i < 36; i++)
      files.set(`rrc00/2024.10/${nameOf('ris', 'updates', T0 + i * minutes(5))}`, packed(20_000, i))
    files.set('rrc00/2024.10/updates.20241029.0000.gz', quarter)
    files.set('rrc00/2024.10/bview.20241028.1600.gz', packed(3_000))
    files.set('bgpdata/2024.10/UPDATES/updates.20241029.0000.bz2', quarter)
    files.set('route-views3/bgpdata/2024.10/RIBS/rib.20241028.2200.bz2', packed(2_000))
    files.set('rrc00/2024.11/bview.20241105.0800.gz', packed(2_000))
    server = await archiveServer(files)
    open()
  })

  afterEach(async () => {
    site.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const first = async (collector = 'rrc00'): Promise<RemoteFile> => {
    const [file] = await site.list(collector, 'updates', T0, T0 + minutes(5))
    if (!file) throw new Error('the server has no such file')
    return file
  }
  const count = (method: string) => server.asked.filter((one) => one.method === method).length
  const same = (path: string) => readFileSync(path).equals(quarter)

  test('a few files are asked for by name, with their size to the octet', async () => {
    const files = await site.list('rrc00', 'updates', T0 + minutes(3), T0 + minutes(12))
    expect(files.map(({ name }) => name)).toEqual([
      'updates.20241029.0000.gz',
      'updates.20241029.0005.gz',
      'updates.20241029.0010.gz',
    ])
    expect(files[0]).toMatchObject({
      collector: 'rrc00',
      slot: T0,
      exact: true,
      size: quarter.length,
    })
    expect([count('HEAD'), count('GET')]).toEqual([3, 0])
  })

  test('many come from the index of the month, which is asked once', async () => {
    const files = await site.list('rrc00', 'updates', T0, T0 + hours(3))
    expect(files).toHaveLength(36)
    expect(files.every(({ exact, size }) => !exact && (size ?? 0) > 1_000)).toBe(true)
    await site.list('rrc00', 'updates', T0, T0 + hours(2))
    expect([count('HEAD'), count('GET')]).toEqual([0, 1])
  })

  test('holes are told, with an index and without', async () => {
    server.files.delete('rrc00/2024.10/updates.20241029.0010.gz')
    for (const secretive of [false, true]) {
      server.manners = { secretive }
      for (const span of [minutes(30), hours(3)]) {
        const { files, missing } = await open().survey('rrc00', 'updates', T0, T0 + span)
        expect(missing).toEqual(['updates.20241029.0010.gz'])
        expect(files).toHaveLength(span / minutes(5) - 1)
      }
    }
  })

  test('files that are not due yet are no holes, and nobody asks for the future', async () => {
    const now = Date.now() * 1e3
    const { files, missing } = await site.survey(
      'rrc00',
      'updates',
      now - minutes(20),
      now + hours(9),
    )
    expect([files, missing]).toEqual([[], []])
    expect(count('HEAD')).toBeLessThan(8)
  })

  test('the newest table at or before a time: by name, else by index, also of the month before', async () => {
    const newest = async (collector: string, before: Instant) =>
      (await site.newestRib(collector, before))?.name ?? null
    expect(await newest('rrc00', T0)).toBe('bview.20241028.1600.gz')
    expect(await newest('rrc00', at('2024-10-28T16:00:00Z'))).toBe('bview.20241028.1600.gz')
    expect(await newest('rrc00', at('2024-10-28T15:59:00Z'))).toBeNull()
    expect(await newest('rrc00', at('2024-11-03T00:00:00Z'))).toBe('bview.20241028.1600.gz')
    expect(await newest('rrc00', at('2024-12-03T00:00:00Z'))).toBe('bview.20241105.0800.gz')
    expect(await newest('route-views3', T0)).toBe('rib.20241028.2200.bz2')
  })

  test('the oldest collector is found at the top of the archive, or in a folder of its own', async () => {
    const path = await site.get(await first('route-views2'))
    expect(readName(path)).toMatchObject({ collector: 'route-views2', slot: T0 })
    expect(same(path)).toBe(true)
    const moved = 'bgpdata/2024.10/UPDATES/updates.20241029.0000.bz2'
    server.files.delete(moved)
    server.files.set(`route-views2/${moved}`, quarter)
    expect((await first('route-views2')).url).toBe(`${server.url}route-views2/${moved}`)
  })

  test('a file is fetched once, and read from the disk the next time', async () => {
    const file = await first()
    const [path, again] = await Promise.all([site.get(file), site.get(file)])
    expect([again, same(path)]).toEqual([path, true])
    expect(readdirSync(dirname(path))).toEqual(['updates.20241029.0000.gz'])
    expect(await open().get(file)).toBe(path)
    expect(count('GET')).toBe(1)
    expect(server.asked[0]?.headers['user-agent']).toBe('faultline/test')
    // As the server has it.
    expect(statSync(path).mtime.toISOString()).toBe('2024-10-29T00:20:00.000Z')
  })

  test('a young file is asked after, and fetched anew when it has changed', async () => {
    open({ settled: hours(24 * 365 * 500) })
    const file = { ...(await first()), size: null, exact: false }
    const path = await site.get(file)
    await site.get(file)
    expect(server.asked.map(({ status }) => status)).toEqual([200, 200, 304])
    const newer = packed(25_000, 7)
    server.files.set('rrc00/2024.10/updates.20241029.0000.gz', newer)
    await site.get(file)
    expect(readFileSync(path).equals(newer)).toBe(true)
  })

  test('a download that is cut again and again is gone on with', async () => {
    const file = await first()
    server.manners = { cutAfter: 3_000 }
    const seen: number[] = []
    const path = await site.get(file, { onProgress: (octets) => seen.push(octets) })
    expect(same(path)).toBe(true)
    const got = server.asked.filter(({ method }) => method === 'GET')
    expect(got.map(({ status }) => status)).toEqual([200, ...Array(got.length - 1).fill(206)])
    expect(got.length).toBeGreaterThan(6)
    expect(seen.at(-1)).toBe(quarter.length)
  })

  test('what an earlier run has left is gone on with, unless it is of another file', async () => {
    const file = await first()
    server.manners = { cutAfter: 5_000 }
    const ends = new AbortController()
    const cut = site.get(file, {
      signal: ends.signal,
      onProgress: (octets) => octets > 4_000 && ends.abort(),
    })
    await expect(cut).rejects.toThrow(/abort/i)
    const part = join(folder, 'rrc00/2024.10/updates.20241029.0000.gz.part')
    expect(existsSync(part)).toBe(true)
    server.manners = {}
    server.asked.length = 0
    const path = await open().get(file)
    expect([same(path), existsSync(part)]).toEqual([true, false])
    expect(server.asked.map(({ status }) => status)).toEqual([206])

    // The same again, and meanwhile the server has another one.
    rmSync(path)
    server.manners = { cutAfter: 5_000 }
    const ends2 = new AbortController()
    const cut2 = site.get(file, {
      signal: ends2.signal,
      onProgress: (octets) => octets > 4_000 && ends2.abort(),
    })
    await expect(cut2).rejects.toThrow(/abort/i)
    const other = packed(22_000, 9)
    server.files.set('rrc00/2024.10/updates.20241029.0000.gz', other)
    server.manners = {}
    await open().get({ ...file, size: null, exact: false })
    expect(readFileSync(path).equals(other)).toBe(true)
  })

  test('all but the last step was done: nothing is asked for', async () => {
    const file = await first()
    const path = await site.get(file)
    writeFileSync(`${path}.part`, quarter)
    rmSync(path)
    writeFileSync(
      join(dirname(path), '.updates.20241029.0000.gz.json'),
      JSON.stringify({ url: file.url, etag: '"x"', modified: null, size: quarter.length }),
    )
    server.asked.length = 0
    expect(same(await open().get(file))).toBe(true)
    expect(server.asked).toEqual([])
  })

  test('a part without a word of what it is a part of, or with nonsense, is begun anew', async () => {
    const file = await first()
    const path = join(folder, 'rrc00/2024.10/updates.20241029.0000.gz')
    for (const said of [null, '{', '[]', '7', JSON.stringify({ url: file.url, etag: 7 })]) {
      mkdirSync(dirname(path), { recursive: true })
      rmSync(path, { force: true })
      writeFileSync(`${path}.part`, 'not the beginning of it')
      if (said !== null) writeFileSync(join(dirname(path), '.updates.20241029.0000.gz.json'), said)
      expect(same(await open().get(file))).toBe(true)
    }
  })

  test.each<[says: string, manners: ArchiveServer['manners']]>([
    ['knows no ranges', { ranges: false, cutAfter: 9_000, cuts: 2 }],
    ['does not name its versions', { nameless: true, cutAfter: 9_000, cuts: 2 }],
    ['does not say how long files are', { chunked: true }],
    ['cuts where nobody can tell', { chunked: true, cutAfter: 9_000, cuts: 1 }],
    ['labels a .gz as an encoding', { encoding: 'x-gzip' }],
    ['is busy for a moment', { busy: { status: 503, times: 3 } }],
    ['has had enough of us', { busy: { status: 429, times: 1, after: '1' } }],
    ['falls silent', { stallAfter: 4_000 }],
  ])('a server that %s', async (_, manners) => {
    open({ stall: milliseconds(500) })
    const file = await first()
    server.manners = manners
    expect(same(await site.get(file))).toBe(true)
  })

  test('a pause that was asked for is kept by all', async () => {
    const file = await first()
    const [, other] = await site.list('rrc00', 'updates', T0, T0 + minutes(10))
    server.manners = { busy: { status: 503, times: 1, after: '1' } }
    const start = performance.now()
    await site.get(file)
    await site.get(other as RemoteFile)
    expect(performance.now() - start).toBeGreaterThan(950)
  })

  test.each<[says: string, manners: ArchiveServer['manners'], fault: RegExp]>([
    ['lies about lengths', { lie: 50 }, /after \d+ attempts/],
    ['is broken', { busy: { status: 500, times: 99 } }, /says 500, after 5 attempts/],
    [
      'wants to be left alone for a day',
      { busy: { status: 503, times: 99, after: '86400' } },
      /left alone for 24 h/,
    ],
    ['cuts at the same place for ever', { ranges: false, cutAfter: 7_000 }, /cut|attempts/],
  ])('a server that %s is given up, for this time', async (_, manners, fault) => {
    const file = await first()
    server.manners = manners
    const path = join(folder, 'rrc00/2024.10/updates.20241029.0000.gz')
    const failed = await site.get(file).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(Unreached)
    expect(String(failed)).toMatch(fault)
    expect(existsSync(path)).toBe(false)
  })

  test('a server that is not there', async () => {
    const file = await first()
    await server.close()
    await expect(open().get(file)).rejects.toThrow(/ECONNREFUSED.*nobody listens there/s)
  })

  test('what the server says no to is not asked again', async () => {
    const file = await first()
    server.files.clear()
    const failed = await site.get(file).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(ArchiveError)
    expect((failed as ArchiveError).isMissing).toBe(true)
    expect(count('GET')).toBe(1)
  })

  test('redirections are followed within http, and not for ever', async () => {
    const path = 'rrc00/2024.10/updates.20241029.0000.gz'
    const file = await first()
    server.files.set('elsewhere', quarter)
    server.manners = { redirects: { [path]: '/elsewhere' } }
    expect(same(await site.get(file))).toBe(true)
    for (const [location, fault] of [
      ['file:///etc/passwd', /no http or https/],
      ['http://[', /no http or https/],
      [`/${path}`, /more than 5 times/],
    ] as const) {
      rmSync(join(folder, 'rrc00'), { recursive: true, force: true })
      server.manners = { redirects: { [path]: location } }
      await expect(open().get(file)).rejects.toThrow(fault)
    }
  })

  test('a file larger than is taken leaves nothing behind, announced or not', async () => {
    const file = { ...(await first()), size: null, exact: false }
    for (const chunked of [false, true]) {
      server.manners = { chunked }
      await expect(open({ mostOctets: 10_000 }).get(file)).rejects.toThrow(/larger than/)
      expect(readdirSync(join(folder, 'rrc00/2024.10'))).toEqual([])
    }
  })

  test('a file that is damaged there is used as it is; one that may still be written is not', async () => {
    const file = await first()
    server.files.set('rrc00/2024.10/updates.20241029.0000.gz', quarter.subarray(0, 9_000))
    const remote = { ...file, size: null, exact: false }
    await expect(open({ settled: hours(24 * 365 * 500) }).get(remote)).rejects.toThrow(Unreached)
    const path = await open().get(remote)
    expect(statSync(path).size).toBe(9_000)
    expect(told).toEqual([expect.stringContaining('damaged in the archive itself')])
  })

  test('no more requests at once than are allowed', async () => {
    server.manners = { slow: 20 }
    open({ parallel: 2 })
    const files = await site.list('rrc00', 'updates', T0, T0 + hours(1))
    await Promise.all(files.map((file) => site.get(file)))
    expect(server.most).toBe(2)
  })

  test('the cache is bounded: what was used longest ago goes, what is in use stays', async () => {
    open({ mostKept: 4.5 * quarter.length })
    const files = (await site.list('rrc00', 'updates', T0, T0 + minutes(40))).slice(0, 8)
    const paths: string[] = []
    for (const [i, file] of files.entries()) {
      const path = await site.get(file)
      paths.push(path)
      if (i > 0) site.release(path)
      await new Promise((next) => setTimeout(next, 15))
    }
    // The first one is still in use.
    expect(paths.map((path) => existsSync(path)).filter(Boolean).length).toBeLessThan(5)
    expect(paths.map((path) => existsSync(path)).at(0)).toBe(true)
    expect(paths.map((path) => existsSync(path)).at(-1)).toBe(true)
    // All that fits is in use.
    open({ mostKept: 2.5 * quarter.length })
    await site.get(files[0] as RemoteFile)
    await site.get(files[1] as RemoteFile)
    await expect(site.get(files[2] as RemoteFile)).rejects.toThrow(/archives\.mostCache/)
  })

  test('a folder that is none', async () => {
    writeFileSync(join(folder, 'rrc00'), 'a file')
    await expect(site.get(await first())).rejects.toThrow(/a file is where a folder should be/)
  })

  test('closing ends what is under way', async () => {
    const file = await first()
    server.manners = { slow: 60_000 }
    const going = site.get(file)
    going.catch(() => undefined)
    setTimeout(() => site.close(), 30)
    await expect(going).rejects.toThrow(/abort/i)
    await expect(site.get(file)).rejects.toThrow(/abort/i)
  })
})
