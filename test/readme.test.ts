// The documents against the program: what they name exists, and what exists they name.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Batch } from '../src/core/batch.ts'
import { iso } from '../src/core/time.ts'
import { VantagePoints } from '../src/core/vantage.ts'
import { MrtReader } from '../src/wire/mrt.ts'
import { exported } from './exported.ts'
import { outage } from './report/sample.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')
const map = read('src/README.md')

/** Rows of the table under a heading, as cells; without its head. */
function tableOf(text: string, heading: string): string[][] {
  const [, section = ''] = text.split(`\n## ${heading}\n`)
  const lines = section.split(/\n## /)[0]?.split('\n') ?? []
  const rows = lines.filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  )
}

const ticked = (cell = ''): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

function help(...args: string[]): string {
  const { stdout, status } = spawnSync(process.execPath, ['dist/main.js', ...args, '--help'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(status).toBe(0)
  return stdout
}

describe('README', () => {
  test('is short enough to be read', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(220)
  })

  test('what is told has a row for every kind, and no other', () => {
    const [, type = ''] = read('src/core/incident.ts').split('export type Kind =')
    const kinds = [...(type.split('export')[0] ?? '').matchAll(/'([^']+)'/g)].map(([, k]) => k)
    const [, table = ''] = read('src/detect/README.md').split('| kind | what')
    const rows = (table.split('\n\n')[0] ?? '').split('\n').slice(2)
    const told = rows.flatMap((row) => ticked(row.split('|')[1]))
    expect(kinds.length).toBeGreaterThan(20)
    expect(told.sort()).toEqual(kinds.sort())
  })

  test('has a row for every metric, and no other', async () => {
    const rows = tableOf(read('grafana/metrics.md'), 'Metrics').map(([name, type, labels]) => [
      ticked(name)[0],
      type,
      labels?.split(', ').filter(Boolean),
    ])
    const ours = [...(await exported())].filter(([name]) => name.startsWith('faultline_'))
    const expected = ours.map(([name, { type, labels }]) => [name, type, labels])
    expect(rows.length).toBeGreaterThan(15)
    expect(rows.sort()).toEqual(expected.sort())
  })

  test('names every command and every option, and no other command', () => {
    const commands = [...help().matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map(([, name = '']) => name)
    expect(commands).toContain('watch')
    const rows = tableOf(readme, 'Watch a network')
    const listed = rows.map(([name]) => ticked(name)[0]?.split(' ')[0])
    expect([...listed].sort()).toEqual([...commands].sort())
    for (const name of commands.filter((command) => command !== 'help')) {
      const [, options] = rows.find(([cell]) => ticked(cell)[0]?.split(' ')[0] === name) ?? []
      const found = [...help(name).matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)]
        .map(([, option = '']) => option)
        .filter((option) => option !== '--help')
      expect(ticked(options).sort(), name).toEqual(found.sort())
    }
  })

  test('commands it shows are commands there are', () => {
    const commands = ['demo', 'watch', 'replay', 'check', 'dump', 'decode', 'simulate', 'score']
    commands.push('explain', 'fetch', 'init')
    const shown = [...readme.matchAll(/(?:npm start --|node dist\/main\.js) (\S+)/g)]
    expect(shown.length).toBeGreaterThan(5)
    for (const [, name] of shown) expect(commands).toContain(name)
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const text of [readme, read('test/README.md'), read('grafana/README.md')])
      for (const [, name = ''] of text.matchAll(/npm run (\S+?)[`,; ]/g))
        expect(Object.keys(scripts)).toContain(name)
    for (const [, paths = ''] of readme.matchAll(/npx vitest run ([^`]+)`/g))
      for (const path of paths.split(' ')) expect(existsSync(join(root, path)), path).toBe(true)
  })

  test('has every field of the incident record, and no other', () => {
    const fields = tableOf(readme, 'The incident record').flatMap(([names]) => ticked(names))
    expect([...new Set(fields)].sort()).toEqual(Object.keys(outage).sort())
  })

  test.each([
    'README.md',
    'src/README.md',
    'test/README.md',
    'config/README.md',
    'config/scenarios.md',
    'src/decode/README.md',
    'src/verdict/README.md',
    'grafana/README.md',
  ])('links of %s lead somewhere', (path) => {
    for (const [, target = ''] of read(path).matchAll(/\]\(([^)#]+)\)/g))
      expect(existsSync(join(root, posix.dirname(path), target)), target).toBe(true)
  })
})

describe('the map', () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'bench')
    .map(({ name }) => name)
  const sourcesIn = (folder: string) =>
    readdirSync(join(root, 'src', folder)).filter((name) => name.endsWith('.ts'))

  test('names every file of every room, and no other', () => {
    const rows = tableOf(map, 'The rooms')
    expect(rows.map(([room]) => ticked(room)[0]).sort()).toEqual([...rooms].sort())
    for (const [room, files] of rows) {
      const folder = ticked(room)[0] ?? ''
      const listed = ticked(files).filter((name) => name.endsWith('.ts'))
      expect(listed.sort(), folder).toEqual(sourcesIn(folder).sort())
    }
  })

  test('names every file of the landing', () => {
    const [, section = ''] = map.split('## The landing')
    const listed = ticked(section.split('\n## ')[0]).filter((name) => /^[a-z-]+\.ts$/.test(name))
    const found = sourcesIn('.')
    for (const name of found) expect(listed).toContain(name)
  })

  test('follows a fact through functions that exist', () => {
    const rows = tableOf(map, 'One fact, from octets to a page')
    expect(new Set(rows.map(([room]) => room)).size).toBe(8)
    for (const [room = '', , place] of rows) {
      const names = ticked(place)
      expect(names.length).toBeGreaterThan(1)
      for (let i = 0; i < names.length; i += 2) {
        const source = read(join('src', room === 'landing' ? '' : room, names[i] ?? ''))
        expect(source).toMatch(new RegExp(`(^|[ *])${names[i + 1]}\\(`, 'm'))
      }
    }
  })

  test('shows octets that mean what it says', () => {
    const [, section = ''] = map.split('One fact, from octets to a page')
    const [, block = ''] = section.split('```\n')
    const hex = block.split('\n').map((line) => line.slice(0, 52).replace(/\s/g, ''))
    const vantages = new VantagePoints()
    const reader = new MrtReader(vantages, 'rrc00', 0)
    const batch = new Batch()
    reader.push(Buffer.from(hex.join(''), 'hex'))
    reader.read(batch, true)
    expect([batch.messages, batch.elements]).toEqual([1, 1])
    expect(iso(batch.at[0] as number)).toBe('2024-10-29T00:07:04.000Z')
    expect(vantages.list[batch.vantage[0] as number]).toMatchObject({
      address: '192.0.2.1',
      asn: 64496,
    })
    expect([batch.announced[0], batch.afi[0], batch.length[0]]).toEqual([0, 4, 24])
    expect((batch.word0[0] as number) >>> 0).toBe(0xc6336400)
  })
})
