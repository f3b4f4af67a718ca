import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explainConfig } from '../../src/config/explain.ts'
import { loadConfig } from '../../src/config/load.ts'
import { planesOf } from '../../src/config/settle.ts'
import { parseInstant, seconds } from '../../src/core/time.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-planes-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function load(text: string) {
  writeFileSync(join(folder, 'c.yaml'), `version: 1\n${text}`)
  return loadConfig(join(folder, 'c.yaml'))
}
function sound(text: string) {
  const loaded = load(text)
  if (!loaded.ok) throw new Error(loaded.faults.map(({ where, why }) => `${where} ${why}`).join())
  return loaded
}
function faults(text: string): string[] {
  const loaded = load(text)
  if (loaded.ok) return []
  return loaded.faults.map(({ line, where, why, hint }) => `${line} ${where}: ${why}; ${hint}`)
}

const WINDOW = `maintenance:
  - {id: CHG-1, from: 2025-03-01T02:00:00Z, to: "2025-03-01T04:00:00+01:00", routers: [r2, r1], asns: [AS64500]}
`

test('planned work has its times and scope', () => {
  const from = parseInstant('2025-03-01T02:00:00Z') as number
  expect(sound(WINDOW.replace('04:00', '05:00')).config.maintenance).toEqual([
    {
      id: 'CHG-1',
      from,
      to: from + seconds(7_200),
      routers: ['r2', 'r1'],
      asns: [64_500],
      links: [],
      pops: [],
      prefixes: [],
    },
  ])
})

test('planned work that cannot be is refused, all of it at once', () => {
  const end = 'to: 2025-03-01T04:00:00Z'
  const many = Array.from({ length: 40 }, (_, i) => `router-${i}`).join(', ')
  expect(faults(WINDOW.replace('04:00:00+01:00', '03:00:00+01:00'))).toEqual([
    '3 $.maintenance[0].to: is not later than from; change one of the two',
  ])
  expect(
    faults(`maintenance:
  - {id: a, from: noon, ${end}}
  - {id: b, from: 2025-03-01, ${end}, routers: ["x,y"]}
  - {id: c, from: 2025-03-01, ${end}, routers: [${many}]}
  - {from: 2025-03-01, ${end}}
`),
  ).toEqual([
    '3 $.maintenance[0].from: must be a time in UTC, or with its zone, not "noon"; write it like 2025-03-01T02:00:00Z',
    '4 $.maintenance[1].routers[0]: must be a name of one line, without comma, not "x,y"; write it like r1.seoul',
    '5 $.maintenance[2].routers: has more than 256 characters in all; make two windows of it',
    '6 $.maintenance[3].id: is missing; add id: r1.seoul',
  ])
  const twice = `{id: a, from: 2025-03-01, ${end}}`
  expect(faults(`maintenance: [${twice}, ${twice}]`)).toEqual([
    '2 $.maintenance[1]: a stands in this list already, as number 1; remove one of the two',
  ])
})

test('a token is named, never written', () => {
  writeFileSync(join(folder, 'token'), 'secret\n')
  expect(sound('planes: {token: {file: token}}').config.planes.token).toEqual({
    file: join(folder, 'token'),
  })
  expect(sound('planes: {token: {env: X_Y}}').config.planes.token).toEqual({ env: 'X_Y' })
  expect(faults('planes: {token: {file: nowhere}}')).toEqual([
    `2 $.planes.token.file: ${join(folder, 'nowhere')} does not exist; paths are relative to the config file`,
  ])
  for (const wrong of ['secret', '{env: "a b"}', '{}', '{env: A, file: token}'])
    expect(faults(`planes: {token: ${wrong}}`)).toHaveLength(1)
})

test('what is told of a file says who may push', () => {
  const takes = (text: string) =>
    explainConfig(sound(text))
      .split('\n')
      .find((line) => line.startsWith('takes'))
  const open = 'listen: {address: "0.0.0.0:9477", exposed: true}\n'
  expect(takes(open)).toMatch(/from nobody: others reach it, and there is no planes.token/)
  expect(takes(`${open}planes: {token: {env: X}}`)).toMatch(/with the token/)
  expect(explainConfig(sound('planes: {uncertainty: {flow: 5m}}'))).toContain(
    'planes.uncertainty.flow 5 min (default 1m)',
  )
  expect(explainConfig(sound(WINDOW.replace('04:00', '05:00')))).toContain(
    'planned      CHG-1: 2025-03-01T02:00:00.000Z to 2025-03-01T04:00:00.000Z; AS64500, r2, r1',
  )
})

test('the hash knows what decides, in any order, and nothing of the token', () => {
  const hash = (text: string) => sound(text).hash
  const none = hash('')
  expect(hash('planes: {token: {env: X}}')).toBe(none)
  expect(hash('planes: {staleAfter: {dns: 3m}}')).not.toBe(none)
  const one = WINDOW.replace('04:00', '05:00')
  expect(hash(one)).not.toBe(none)
  expect(hash(one.replace('[r2, r1]', '[r1, r2]'))).toBe(hash(one))
  const address = (text: string) =>
    sound(`planes: {resolvers: ["${text}"]}`).config.planes.resolvers
  expect(address('2001:DB8:0::53')).toEqual(['2001:db8::53'])
  expect(faults('planes: {resolvers: [192.0.2.0/24]}')).toHaveLength(1)
})

test('points of presence are told by what is served from them', () => {
  const text = `planes:
  pops:
    - {name: seoul, prefixes: [198.51.100.0/24, "2001:DB8::/32"]}
    - {name: busan, prefixes: [198.51.0.0/16]}
`
  const { config, hash } = sound(text)
  const pops = { seoul: ['198.51.100.0/24', '2001:db8::/32'], busan: ['198.51.0.0/16'] }
  expect(planesOf(config)).toEqual({ staleAfter: config.planes.staleAfter, pops })
  expect(planesOf(sound('').config).pops).toEqual({})
  // They decide what is found; in which order they are written does not.
  expect(sound('').hash).not.toBe(hash)
  const turned = `planes:
  pops:
    - {name: busan, prefixes: [198.51.0.0/16]}
    - {name: seoul, prefixes: ["2001:db8::/32", 198.51.100.0/24]}
`
  expect(sound(turned).hash).toBe(hash)
})

test('points of presence that cannot be are refused, all of it at once', () => {
  const found = faults(`planes:
  pops:
    - {name: "a,b", prefixes: [198.51.100.0/24]}
    - {name: seoul, prefixes: []}
    - {name: seoul, prefixes: [198.51.100.1/24, nowhere]}
`)
  for (const place of [
    ...['pops[0].name', 'pops[1].prefixes', 'pops[2]'],
    ...['pops[2].prefixes[0]', 'pops[2].prefixes[1]'],
  ])
    expect(found.join('\n')).toContain(`$.planes.${place}: `)
})
