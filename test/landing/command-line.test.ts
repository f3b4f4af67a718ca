import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { type DayFiles, dayFiles } from './day-files.ts'
import { faultline, incidentsIn, replay, workshop } from './program.ts'

const place = workshop()
let files: DayFiles
let args: string[]
beforeAll(() => {
  files = dayFiles(place)
  args = [...files.updates, ...files.withRibs, '--asn', '4766']
})

/** What a wrong command line is answered with: status 2, nothing on stdout, the reason on stderr. */
async function refused(...line: string[]): Promise<string> {
  const { status, out, err } = await faultline(...line)
  if (status !== 2) throw new Error(`${line.join(' ')}: status ${status}\n${err}`)
  expect([line.join(' '), out]).toEqual([line.join(' '), ''])
  expect(err).not.toMatch(/fault of Faultline|\n {4}at /)
  return err
}

describe('help and version', () => {
  it('are there for the program and for every command', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(await faultline('--version')).toEqual({ status: 0, out: `${version}\n`, err: '' })
    const whole = await faultline('--help')
    expect([whole.status, whole.err]).toEqual([0, ''])
    const commands = ['demo', 'watch', 'replay', 'check']
    for (const name of commands) expect(whole.out).toMatch(new RegExp(`^ {2}${name} .+`, 'm'))
    const each = await Promise.all(commands.map((name) => faultline(name, '--help')))
    each.forEach(({ status, out, err }, i) => {
      expect([status, err]).toEqual([0, ''])
      expect(out).toMatch(new RegExp(`^Usage: faultline ${commands[i]} `))
      // Wrapped once, not twice: no word stands alone between two long lines.
      const text = out.split('\n\n')[1] ?? ''
      const lines = text.split('\n').slice(0, -1)
      for (const line of lines) expect(line.length).toBeGreaterThan(55)
    })
    expect((await faultline('help', 'watch')).out).toBe((await faultline('watch', '--help')).out)
  })
})

describe('a command line that is wrong', () => {
  it('is refused with what to do instead', async () => {
    const file = files.updates[0] as string
    const cases: [string[], RegExp][] = [
      [['wacth', '--asn', '1'], /unknown command wacth.*watch, replay, /],
      [['toString'], /unknown command toString/],
      [['replay', '--nonsense', file], /unknown option '--nonsense'/],
      [['replay', file, '--rip', 'x'], /Did you mean --rib/],
      [['replay'], /missing required argument 'file'/],
      [['check'], /missing required argument 'config'/],
      [['check', 'a', 'b'], /too many arguments/],
      [['replay', file, '--asn'], /'--asn <asn>' argument missing/],
      [['replay', file, '--asn', 'KT'], /--asn <asn>.*'KT' is invalid. Give a number/],
      [['replay', file, '--asn', '4766,0'], /Give a number from 1 to 4294967295/],
      [['replay', file, '--from', 'noon'], /'noon' is invalid. Give a time like 2024-10-29T/],
      [['replay', file, '--from', '20', '--until', '10'], /--from is not before --until/],
      [['replay', file, '--from', '2031-01-01'], /outside of --from and --until/],
      [['replay', file, '--jobs', '0'], /'0' is invalid. Give a number from 1 to 256/],
      [['replay', file, '--format', 'parquet'], /parquet: choose one of ndjson, csv, text/],
      [['watch'], /nothing to watch: give --asn/],
      [['watch', '--asn', '1', '--format', 'xml'], /xml: choose one of/],
      [['watch', '--asn', '1', '--listen', '9477'], /as in 127\.0\.0\.1:9477/],
      [['watch', '--asn', '1', '--listen', '0.0.0.0:1'], /only a loopback.*exposed: true/],
      [['watch', '--asn', '1', '--ris-live', 'http://a'], /give a WebSocket address, wss:/],
      [['watch', place('none.yaml')], /none\.yaml: does not exist; config\/example\.yaml/],
      [['demo', '--speed', 'fast'], /Give a number from 1 to 100000/],
    ]
    await Promise.all(
      cases.map(async ([line, said]) => expect(await refused(...line)).toMatch(said)),
    )
  })

  it('names every input that is not there or is none', async () => {
    const folder = place('folder')
    mkdirSync(folder)
    writeFileSync(place('folder/README.txt'), 'nothing')
    const text = place('letter')
    writeFileSync(text, 'Dear router,\nhow are you?\n')
    const empty = place('empty.mrt')
    writeFileSync(empty, '')
    const [first, second] = [place('nowhere.gz'), place('no-table.gz')]
    const both = await refused('replay', first, folder)
    expect(both).toContain(`${first}: does not exist: check the spelling`)
    expect(both).toContain(`${folder}: holds no MRT files`)
    expect(await refused('replay', ...files.updates, '--rib', second)).toContain(
      'no-table.gz: does',
    )
    expect(await refused('replay', text)).toMatch(/no MRT record could be read: are these MRT/)
    expect(await refused('replay', empty)).toMatch(/no MRT record could be read/)
    const fake = place('journal')
    writeFileSync(fake, '{"faultline":"journal","schema":99}\n')
    expect(await refused('replay', fake)).toMatch(/it is no journal of this version/)
    expect(await refused('replay', fake, '--asn', '1')).toMatch(/--asn: a journal brings its own/)
    expect(await refused('replay', fake, text)).toMatch(/play one journal at a time/)
  })

  it('does not cost the operator what is there already', async () => {
    const kept = place('results')
    writeFileSync(kept, 'of yesterday')
    await refused('replay', place('nowhere.gz'), '--out', kept)
    expect(readFileSync(kept, 'utf8')).toBe('of yesterday')
    const [file, rib] = [files.updates[0] as string, files.ribs[0] as string]
    const sizes = () => [file, rib].map((path) => statSync(path).size)
    const before = sizes()
    expect(await refused('replay', file, '--out', file)).toMatch(/--out .* one of the inputs/)
    expect(await refused('replay', file, '--journal', file)).toMatch(/--journal .* one of the inp/)
    expect(await refused('replay', file, '--rib', rib, '--out', rib)).toMatch(/one of the inputs/)
    const watch = ['watch', '--asn', '1', '--listen', '127.0.0.1:0', '--collector', 'rrc00']
    expect(await refused(...watch, '--rib', rib, '--journal', rib)).toMatch(
      /^--journal .* one of the inputs/,
    )
    const config = place('itself.yaml')
    writeFileSync(config, 'version: 1\nasns: [{ asn: 1 }]\njournal: itself.yaml\n')
    expect(await refused('watch', config, '--listen', '127.0.0.1:0')).toMatch(
      /^journal .* one of the inputs/,
    )
    expect(sizes()).toEqual(before)
  })

  it('may name a place where nothing can be written', async () => {
    const nowhere = place('no/such/folder')
    expect(await refused('replay', ...args, '--out', nowhere)).toMatch(/^--out .*ENOENT/)
    expect(await refused('replay', ...args, '--journal', nowhere)).toMatch(/^--journal .*ENOENT/)
    const line = ['watch', '--asn', '1', '--listen', '127.0.0.1:0', '--journal', nowhere]
    expect(await refused(...line)).toMatch(/journal .*ENOENT/)
    const [config, file] = [place('kept.yaml'), place('no-folder')]
    writeFileSync(
      config,
      'version: 1\nasns: [1]\nlisten: 127.0.0.1:0\nstate: {folder: no-folder}\n',
    )
    writeFileSync(file, '')
    expect(await refused('watch', config)).toMatch(/state\.folder .*no-folder: EEXIST/)
  })

  const full = existsSync('/dev/full')
  if (!full) console.log('SKIPPED: no /dev/full to write to')
  it.skipIf(!full)('tells of a full disk', async () => {
    const err = await refused('replay', ...args, '--out', '/dev/full')
    expect(err).toMatch(/--out \/dev\/full: not all could be written: ENOSPC/)
  })
})

describe('a configuration', () => {
  it('is explained, or told all of its faults with line and column', async () => {
    const good = await faultline('check', 'config/example.yaml')
    expect([good.status, good.err]).toEqual([0, ''])
    expect(good.out).toMatch(/watches +AS4766 KT/)
    const bad = place('bad.yaml')
    const lines = [
      'version: 1',
      'asns: [x, 4766]',
      'listen: 0.0.0.0:80',
      'fedes: []',
      'detect: {outage: {share: 7, confirm: 3}}',
    ]
    writeFileSync(bad, `${lines.join('\n')}\n`)
    for (const line of [['check'], ['watch'], ['replay', files.updates[0] as string, '--config']]) {
      const err = await refused(...line, bad)
      const found = err
        .split('\n')
        .flatMap((text) => /:(\d+:\d+) +(\S+):/.exec(text)?.slice(1) ?? [])
      expect(found).toEqual([
        ...['2:8', '$.asns[0]', '3:9', '$.listen', '4:1', '$.fedes'],
        ...['5:26', '$.detect.outage.share', '5:38', '$.detect.outage.confirm'],
      ])
    }
  })

  it('changes thresholds and names ASNs; --asn names others', async () => {
    const strict = place('strict.yaml')
    writeFileSync(strict, 'version: 1\nasns: [4766]\ndetect: {outage: {confirm: 10m}}\n')
    const given = [...files.updates, ...files.withRibs, '--config', strict]
    const outage = ({ incidents }: Awaited<ReturnType<typeof replay>>) =>
      incidents.filter(({ kind, asn }) => kind === 'outage.as' && asn === 4766)
    const [usual, slow, other] = await Promise.all([
      replay(...args),
      replay(...given),
      replay(...given, '--asn', '64496'),
    ])
    const late = (one: typeof usual) => {
      const [first] = outage(one)
      return first ? Date.parse(first.detectedAt) - Date.parse(first.startedAt) : 0
    }
    expect([late(usual) > 0, late(usual) < 300_000]).toEqual([true, true])
    expect(outage(slow)[0]?.inputs.config).not.toBe(outage(usual)[0]?.inputs.config)
    expect(outage(other)).toEqual([])
  })
})

describe('results', () => {
  it('are the same each time, through a journal, and in a file', async () => {
    const [journal, out] = [place('day.ndjson'), place('day.out')]
    const turned = [...files.updates].reverse()
    const [first, again, filed] = await Promise.all([
      replay(...args, '--journal', journal),
      // In whatever order the files are named.
      replay(...turned, ...files.withRibs, '--asn', '4766'),
      faultline('replay', ...args, '--format', 'ndjson', '--out', out),
    ])
    expect(new Set(first.incidents.map(({ kind }) => kind))).toEqual(
      new Set(['outage.as', 'leak.path']),
    )
    expect(again.out).toBe(first.out)
    expect((await replay(journal)).out).toBe(first.out)
    expect(filed).toMatchObject({ status: 0, out: '' })
    expect(readFileSync(out, 'utf8')).toBe(first.out)
    const sha = (text: string) => createHash('sha256').update(text).digest('hex')
    const keys = first.incidents.map(({ key, startedAt }) => {
      return sha(`${key}|${Date.parse(startedAt)}`).slice(0, 16)
    })
    // `startedAt` may be put right later; the id is that of the first revision.
    const opened = first.incidents.map(({ revision }, i) => (revision === 1 ? i : -1))
    for (const i of opened.filter((at) => at >= 0)) expect(first.incidents[i]?.id).toBe(keys[i])
  })

  it('come as text, NDJSON or CSV; no progress is drawn where nobody looks', async () => {
    const [text, csv, { incidents }] = await Promise.all([
      faultline('replay', ...args),
      faultline('replay', ...args, '--format', 'csv'),
      replay(...args),
    ])
    expect(text.status).toBe(0)
    expect(text.out).toMatch(/02:1\d:\d\dZ|00:1\d:\d\dZ/)
    expect(text.out).toMatch(/outage\.as {2}AS4766 IPv4: 4\d of 48 prefixes gone/)
    expect(text.out).toMatch(/\n-- \d+ incidents .*vantage points/)
    expect(text.out).not.toMatch(/\p{Cc}(?<!\n)/u)
    const [head, ...rows] = csv.out.trimEnd().split('\r\n')
    expect(head).toMatch(
      /^id,key,revision,kind,state,asn,culprit,afi,started_at,detected_at,ended_at/,
    )
    expect(rows.map((row) => row.split(',').slice(0, 3).join())).toEqual(
      incidents.map(({ id, key, revision }) => `${id},${key},${revision}`),
    )
    for (const { err } of [text, csv]) expect(err).toBe('')
  })

  it('decide about the status when asked to be strict', async () => {
    const quiet = [...files.updates, ...files.withRibs, '--asn', '64496', '--strict']
    const both = [faultline('replay', ...args, '--strict'), faultline('replay', ...quiet)]
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([3, 0])
  })

  it('may be cut in time', async () => {
    const [{ incidents }, later] = await Promise.all([
      replay(...args, '--until', '2021-10-25T00:20:00Z'),
      replay(...args, '--from', '2021-10-25T02:10:00Z'),
    ])
    expect(incidents.length).toBeGreaterThan(0)
    for (const { updatedAt, state } of incidents)
      expect([updatedAt < '2021-10-25T00:20:00', state]).toEqual([true, 'open'])
    expect(later.incidents.map(({ kind }) => kind)).toContain('leak.path')
    for (const { startedAt } of later.incidents) expect(startedAt > '2021-10-25T02:10').toBe(true)
  })

  it('may be left in the middle by who reads them', async () => {
    const lines = [['replay', ...args], ['--help'], ['check', 'config/example.yaml']]
    const leave = async (line: string[]) => {
      const child = spawn(process.execPath, ['dist/main.js', ...line], { stdio: 'pipe' })
      // As `| head -0` would: the pipe is closed before anything is written into it.
      child.stdout.destroy()
      let err = ''
      child.stderr.on('data', (text) => {
        err += text
      })
      const status = await new Promise((done) => child.on('close', done))
      expect([line[0], status, err]).toEqual([line[0], 0, ''])
    }
    await Promise.all(lines.map(leave))
  })

  it('are none when only tables are given, which is told', async () => {
    const { status, out, err } = await faultline('replay', ...files.ribs, '--format', 'ndjson')
    expect([status, out]).toEqual([0, ''])
    expect(err).toMatch(
      /only starting tables: [1-9]\d* routes of 40 vantage points; name the update/,
    )
  })
})

describe('input that is damaged', () => {
  it('is used as far as it goes, and what is lost is told', async () => {
    const [file] = files.updates as [string]
    const octets = readFileSync(file)
    const cut = place('rrc00.updates.20211025.0005')
    writeFileSync(cut, octets.subarray(0, Math.floor(octets.length / 2) + 7))
    const half = await faultline('replay', cut, ...args.slice(files.updates.length))
    expect(half.status).toBe(0)
    expect(half.err).toMatch(/ends in the middle of a record; what came before was used/)

    const broken = Buffer.from(octets)
    // The type of every hundredth BGP message, found by its marker, is none that exists.
    let marks = 0
    for (let at = broken.indexOf(MARKER); at >= 0; at = broken.indexOf(MARKER, at + 16))
      if (marks++ % 100 === 0) broken[at + 18] = 0xee
    const dented = place('rrc00.updates.20211025.0010')
    writeFileSync(dented, broken)
    const { status, err, out } = await faultline(
      ...['replay', dented, ...files.updates.slice(1)],
      ...args.slice(files.updates.length),
      ...['--format', 'ndjson'],
    )
    expect(status).toBe(0)
    const [bad = 0, all = 0] = (/(\d+) of (\d+) records could not be read/.exec(err) ?? [])
      .slice(1)
      .map(Number)
    expect(bad).toBe(Math.ceil(marks / 100))
    expect(bad).toBeLessThan(0.02 * all)
    expect(incidentsIn(out).map(({ kind }) => kind)).toContain('outage.as')
  })

  it('may be anything: noise ends with status 0 or 2, never with our fault or never', async () => {
    const noise = (seed: number, size: number, head = ''): Buffer => {
      const out = Buffer.alloc(size)
      for (let i = 0, x = seed; i < size; i++) {
        x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
        out[i] = x >>> 24
      }
      out.write(head, 'latin1')
      return out
    }
    const heads = ['', '\x1f\x8b\x08', 'BZh9', 'BZh91AY&SY', '{"faultline":"journal","schema":1,']
    const lines = heads.map((head, i) => {
      const path = place(`noise-${i}.mrt`)
      writeFileSync(path, noise(i + 1, 300_000, head))
      return path
    })
    const hear = async (path: string) => {
      const { status, err } = await faultline('replay', path, '--format', 'ndjson')
      expect([path, status]).toEqual([path, expect.toSatisfy((n) => n === 0 || n === 2)])
      expect(err).not.toMatch(/fault of Faultline/)
      expect(err).not.toBe('')
    }
    await Promise.all(lines.map(hear))
    const [updates = ''] = files.updates
    const table = await faultline('replay', updates, '--rib', lines[0] as string)
    expect(table).toMatchObject({ status: 2, err: expect.stringContaining('no starting table') })
    const whose = await faultline('replay', ...files.updates, '--rib', lines[0] as string)
    expect(whose).toMatchObject({ status: 2, err: expect.stringMatching(/collector \(unknown\)/) })
  })
})

const MARKER = Buffer.alloc(16, 0xff)
