import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { defaultConfig, settle } from '../../src/config/settle.ts'

test('what runs without a file is what an empty file means', () => {
  const asns = [64_500, 64_501]
  const empty = configSchema.parse({ version: 1, asns })
  expect(defaultConfig({ asns: [...asns, 64_500] }).config).toEqual(empty)
  expect(defaultConfig({ asns }).hash).toBe(settle(empty).hash)
})
