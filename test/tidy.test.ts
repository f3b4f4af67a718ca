// The rules of the house, kept by a test. Each is a function from files to offences, and each is shown
// to find an offence that was planted for it: a rule that cannot fail keeps nothing. Imports are read
// by the compiler; words are looked for in the text without its comments.

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

/** Path from the root, with slashes, and what the file holds. */
type Files = ReadonlyMap<string, string>
type Rule = (files: Files) => string[]

const root = fileURLToPath(new URL('..', import.meta.url))

/** What is not ours, or made from what is. */
const FOREIGN = new Set(['.git', 'node_modules', 'dist', 'coverage', '.cache'])
const BINARY = /\.(gz|bz2|tgz|mrt|png)$/

function readTree(folder = '', files = new Map<string, string>()): Files {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (FOREIGN.has(entry.name)) continue
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) readTree(path, files)
    else if (entry.isFile() && !BINARY.test(path))
      files.set(path, readFileSync(join(root, path), 'utf8'))
  }
  return files
}

const sources = (files: Files) =>
  [...files].filter(([path]) => path.startsWith('src/') && path.endsWith('.ts'))

const importsOf = (text: string): string[] =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')

/** `core`, `wire`, …; the landing and its benchmark are `landing`. */
function roomOf(path: string): string {
  const [, room = '', file] = path.split('/')
  return file === undefined || room === 'bench' ? 'landing' : room
}

const ROOMS = [
  'config',
  'feeds',
  'wire',
  'decode',
  'flow',
  'clock',
  'table',
  'detect',
  'context',
  'verdict',
  'report',
]
const NEIGHBOURS: Record<string, readonly string[]> = {
  core: [],
  // Settings and defaults of every room.
  config: ['core', ...ROOMS],
  // Encoders are checked against the decoder, and archives become frames.
  scenario: ['core', 'wire'],
  landing: ['core', 'scenario', ...ROOMS],
}

const roomsImportCore: Rule = (files) =>
  sources(files).flatMap(([path, text]) => {
    const room = roomOf(path)
    const allowed = [room, ...(NEIGHBOURS[room] ?? ['core'])]
    return importsOf(text)
      .filter((name) => name.startsWith('.'))
      .map((name) => posix.join(posix.dirname(path), name))
      .filter((target) => !allowed.includes(roomOf(target)))
      .map((target) => `${path} imports ${target}`)
  })

/** Which rooms may know a package; a package that is not here may be used nowhere. */
const PACKAGES: Record<string, readonly string[]> = {
  commander: ['landing'],
  pino: ['report'],
  'prom-client': ['report'],
  ws: ['feeds', 'scenario'],
  fzstd: ['feeds'],
  kafkajs: ['feeds'],
  'ipaddr.js': ['config'],
  yaml: ['config'],
  zod: ['config'],
}

const packagesHaveTheirRoom: Rule = (files) =>
  sources(files).flatMap(([path, text]) =>
    importsOf(text)
      .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
      .filter((name) => !PACKAGES[name]?.includes(roomOf(path)))
      .map((name) => `${path} imports ${name}`),
  )

/** Between the octets and the incident, now is the time of the event in hand and chance is none. */
const TIMELESS = new Set(['core', 'wire', 'flow', 'clock', 'table', 'detect', 'context', 'verdict'])
const OF_THE_WALL = [
  'Date.now',
  'performance.now',
  'setTimeout',
  'setInterval',
  'Math.random',
  'new Date(',
]
/** Text of an instant is made here, out of the instant. */
const MAY: Record<string, string> = { 'src/core/time.ts': 'new Date(' }

const corridorIsTimeless: Rule = (files) =>
  sources(files)
    .filter(([path]) => TIMELESS.has(roomOf(path)) || path === 'src/journey.ts')
    .flatMap(([path, text]) => {
      const code = withoutComments(text)
      return OF_THE_WALL.filter((word) => code.includes(word) && MAY[path] !== word).map(
        (word) => `${path} says ${word}`,
      )
    })

const LONGEST = 420
const LONGER: Record<string, string> = {
  'src/table/table.ts': 'one object owns the columns; its parts are already files of their own',
}

const filesAreShort: Rule = (files) => {
  const lines = (path: string) => (files.get(path) ?? '').split('\n').length - 1
  const long = sources(files)
    .filter(([path]) => lines(path) > LONGEST && !LONGER[path])
    .map(([path]) => `${path} has ${lines(path)} lines`)
  const stale = Object.keys(LONGER)
    .filter((path) => lines(path) <= LONGEST)
    .map((path) => `${path} is short by now: strike it from the exceptions`)
  return [...long, ...stale]
}

const DOORS = ['src/main.ts', 'src/bench.ts', 'src/fuzz.ts']

const allIsReached: Rule = (files) => {
  const reached = new Set<string>()
  const visit = (path: string) => {
    const text = files.get(path)
    if (text === undefined || reached.has(path)) return
    reached.add(path)
    for (const name of importsOf(text))
      if (name.startsWith('.')) visit(posix.join(posix.dirname(path), name))
    // Workers are named by their address.
    for (const [, name = ''] of text.matchAll(/new URL\('(\.[^']+\.[tj]s)'/g))
      visit(posix.join(posix.dirname(path), name.replace(/\.js$/, '.ts')))
  }
  DOORS.forEach(visit)
  return sources(files)
    .filter(([path]) => !reached.has(path))
    .map(([path]) => `${path} is reached from no door`)
}

/** A test of a whole room, or of roads through several, is named after what it asks. */
const QUESTIONS = ['bounds', 'cuts', 'noise', 'real', 'same', 'soak']
const OF_ROADS = ['landing', 'integration', 'bench']

const testsMirrorSources: Rule = (files) =>
  [...files.keys()].flatMap((path) => {
    const [, room = '', name = ''] = /^test\/([^/]+)\/(.+)\.test\.ts$/.exec(path) ?? []
    if (room === '' || OF_ROADS.includes(room)) return []
    const word = (base: string) => base.split('-')[0]
    const mirrored = sources(files).some(
      ([source]) =>
        posix.dirname(source) === `src/${room}` &&
        word(posix.basename(source, '.ts')) === word(name),
    )
    return mirrored || QUESTIONS.includes(name) ? [] : [`${path} is of no source in src/${room}`]
  })

// Put together here, or this file would offend.
const HOSTS = ['registry.npmjs', 'pypi', 'crates', 'proxy.golang', 'repo.maven', 'deb.debian'].map(
  (host) => `${host}.`,
)
const HOMES = ['work', 'home', 'root', 'Users'].map((folder) => `/${folder}/`)
const UNFINISHED = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX']

const nothingOfThisMachine: Rule = (files) =>
  [...files]
    // It names where each package came from; npm writes it.
    .filter(([path]) => path !== 'package-lock.json' && path !== 'test/tidy.test.ts')
    .flatMap(([path, text]) => [
      ...HOSTS.filter((host) => text.includes(host)).map((host) => `${path} names ${host}`),
      ...HOMES.filter((home) => new RegExp(`(^|[\\s'"\`(=:])${home}\\w`, 'm').test(text)).map(
        (home) => `${path} names a folder in ${home}`,
      ),
    ])

const nothingUnfinished: Rule = (files) =>
  [...files].flatMap(([path, text]) =>
    UNFINISHED.filter((word) => new RegExp(`\\b${word}\\b`).test(text)).map(
      (word) => `${path} says ${word}`,
    ),
  )

const here = readTree()

/** The house with one file more, or another one in its place. */
const planted = (path: string, text: string): Files => new Map([...here, [path, text]])
const changed = (path: string, more: string): Files => planted(path, `${here.get(path)}\n${more}`)

describe('the house', () => {
  test('was read', () => {
    expect(sources(here).length).toBeGreaterThan(80)
    expect(importsOf(here.get('src/main.ts') ?? '')).toContain('./watch.ts')
  })

  test.each<[says: string, rule: Rule, offences: readonly Files[]]>([
    [
      'a room imports core and nothing else',
      roomsImportCore,
      [
        planted('src/verdict/x.ts', "import { Table } from '../table/table.ts'"),
        planted('src/core/x.ts', "export { Table } from '../table/table.ts'"),
        planted('src/report/x.ts', "import type { Journey } from '../journey.ts'"),
        planted('src/scenario/x.ts', "import { Order } from '../clock/order.ts'"),
        planted('src/config/x.ts', "import { Dice } from '../scenario/dice.ts'"),
        planted('src/feeds/x.ts', "const wire = await import('../wire/mrt.ts')"),
      ],
    ],
    [
      'a package is known to the room it is for',
      packagesHaveTheirRoom,
      [
        planted('src/detect/x.ts', "import { Counter } from 'prom-client'"),
        planted('src/replay.ts', "import pino from 'pino'"),
        planted('src/report/x.ts', "import { WebSocket } from 'ws'"),
        planted('src/core/x.ts', "import { left } from 'left-pad'"),
      ],
    ],
    [
      'between octets and incidents nobody asks a clock or rolls dice',
      corridorIsTimeless,
      OF_THE_WALL.flatMap((word) => [
        planted('src/table/x.ts', `export const now = () => ${word}`),
        changed('src/journey.ts', `const x = ${word}`),
      ]),
    ],
    [
      `a source has at most ${LONGEST} lines`,
      filesAreShort,
      [
        planted('src/core/x.ts', '\n'.repeat(LONGEST + 1)),
        planted('src/table/table.ts', 'export class Table {}\n'),
      ],
    ],
    [
      'every source is reached from a door',
      allIsReached,
      [planted('src/core/orphan.ts', 'export const alone = true')],
    ],
    [
      'a test mirrors a source by name',
      testsMirrorSources,
      [planted('test/wire/nonesuch.test.ts', "test('x', () => {})")],
    ],
    [
      'no file names a package registry or a folder of somebody’s machine',
      nothingOfThisMachine,
      [
        ...HOSTS.map((host) => planted('README.md', `see https://${host}org/`)),
        ...HOMES.map((home) => planted('config/x.yaml', `journal: ${home}me/day.ndjson`)),
      ],
    ],
    [
      'nothing is left for later without an issue',
      nothingUnfinished,
      UNFINISHED.map((word) => planted('src/core/x.ts', `// ${word}: later`)),
    ],
  ])('%s', (_, rule, offences) => {
    expect(rule(here)).toEqual([])
    for (const files of offences) expect(rule(files)).not.toEqual([])
  })

  test('a word in a comment is no offence', () => {
    const said = '// Date.now() would be wrong here\n/* nor Math.random() */\nexport const x = 1'
    expect(corridorIsTimeless(planted('src/table/x.ts', said))).toEqual([])
  })
})
