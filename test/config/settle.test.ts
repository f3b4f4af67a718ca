import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { defaultConfig, settle } from '../../src/config/settle.ts'

test('what runs without a file is what an empty file means', () => {
  const asns = [64_500, 64_501]
  const empty = configSchema.parse({ version: 1, asns })
  expect(defaultConfig({ asns: [...asns, 64_500] }).config).toEqual(empty)
  expect(defaultConfig({ asns }).hash).toBe(settle(empty).hash)
})

test('who is ignored is written in one way, and counts for the hash', () => {
  const given = {
    version: 1,
    context: { ignorePeers: [64_500, 'AS1.10', '192.0.2.1', '2001:db8::/32'] },
  }
  const config = configSchema.parse(given)
  const ignorePeers = ['AS64500', 'AS65546', '192.0.2.1/32', '2001:db8::/32']
  expect(config.context.ignorePeers).toEqual(ignorePeers)
  const none = settle(configSchema.parse({ version: 1 })).hash
  const turned = configSchema.parse({
    version: 1,
    context: { ignorePeers: ignorePeers.toReversed() },
  })
  expect(settle(config).hash).not.toBe(none)
  expect(settle(turned).hash).toBe(settle(config).hash)
  for (const wrong of ['rrc00', '192.0.2.0/33', 1.5, 'AS0'])
    expect(configSchema.safeParse({ version: 1, context: { ignorePeers: [wrong] } }).success).toBe(
      false,
    )
})
