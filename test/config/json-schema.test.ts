// The schema for editors and the README stand beside each other in `config/`; neither may fall behind.
// After a change of the schema: `npx vitest run test/config -u` writes the file anew.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { branches, jsonSchema, type Node } from '../../src/config/json-schema.ts'

test('config/faultline.schema.json is what the code checks', async () => {
  const text = `${JSON.stringify(jsonSchema(), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('../../config/faultline.schema.json')
})

/** Every setting by its path, as the README writes it, with its schema. */
function settings(node: Node, path: string): [string, Node][] {
  return branches(node).flatMap(({ items, properties }) => {
    const inside = Object.entries(properties ?? {}).flatMap(([key, below]): [string, Node][] => {
      const here = path ? `${path}.${key}` : key
      return typeof below === 'object' ? [[here, below], ...settings(below, here)] : []
    })
    const item =
      typeof items === 'object' && !Array.isArray(items) ? settings(items, `${path}[]`) : []
    return [...inside, ...item]
  })
}

const all = new Map(settings(jsonSchema(), ''))

test('every setting has a row in the README, with its default, and the reverse', () => {
  const readme = readFileSync('config/README.md', 'utf8')
  const rows = new Map(
    [...readme.matchAll(/^\| `([\w.[\]-]+)` \|(.*)\|$/gm)].map(([, key = '', row = '']) => [
      key,
      row.split(' | ').map((cell) => cell.trim()),
    ]),
  )
  expect([...rows.keys()].sort()).toEqual([...all.keys()].sort())
  for (const [key, { default: preset }] of all) {
    if (typeof preset !== 'object' && preset !== undefined) {
      expect([key, rows.get(key)?.[2]]).toEqual([key, String(preset)])
    }
  }
})

test('every setting says what it is for', () => {
  expect([...all].filter(([, node]) => !node.description).map(([key]) => key)).toEqual([])
  expect(all.size).toBeGreaterThan(35)
})
