import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readYaml } from '../../src/config/yaml.ts'
import { minutes } from '../../src/core/time.ts'
import { readScript, scriptDefaults } from '../../src/scenario/script.ts'

test('the example is without faults and says something of everything', () => {
  const { data, faults } = readYaml(readFileSync('config/scenario.yaml', 'utf8'))
  expect(faults).toEqual([])
  const read = readScript(data)
  expect(read.faults).toEqual([])
  for (const name of Object.keys(scriptDefaults)) expect(data).toHaveProperty(name)
  expect(read.script.events[0]).toEqual({
    kind: 'outage',
    count: 1,
    at: minutes(40),
    duration: minutes(25),
    actor: 'watched',
  })
})

test('nothing said: the defaults; the command line has the last word', () => {
  expect(readScript({}).script).toEqual(scriptDefaults)
  expect(readScript({ seed: 2 }, { seed: 3 }).script.seed).toBe(3)
})

test.each([
  [{ hours: 0 }, '$.hours'],
  [{ ases: 7.5 }, '$.ases'],
  [{ colour: 1 }, '$.colour'],
  [{ collectors: ['x'] }, '$.collectors'],
  [{ events: {} }, '$.events'],
  [{ events: [{ kind: 'earthquake' }] }, '$.events[0].kind'],
  [{ events: [{ count: 2 }] }, '$.events[0]'],
  [{ events: [{ kind: 'outage', at: 20 }] }, '$.events[0].at'],
  [{ events: [{ kind: 'outage', actor: 'me' }] }, '$.events[0].actor'],
  [{ events: [{ kind: 'silent-reset', collector: 'rrc21' }] }, '$.events[0].collector'],
  [[], '$'],
])('%j is at fault at %s', (given, where) => {
  expect(readScript(given).faults.map((fault) => fault.where)).toContain(where)
})
