import { expect, test } from 'vitest'
import { blackholesSchema } from '../../src/config/blackholes.ts'
import { configSchema } from '../../src/config/schema.ts'
import { mitigationDefaults } from '../../src/wire/mitigation-settings.ts'

const read = (given: object) => blackholesSchema.safeParse(given)
const issues = (given: object) => read(given).error?.issues.map(({ path }) => path.join('.')) ?? []

test('is what RFC 7999 and custom say unless it is set', () => {
  const { communities, discard } = mitigationDefaults
  expect(configSchema.parse({ version: 1 }).context.blackholes).toEqual({ communities, discard })
})

test('communities are read in their one form, large ones too; prefixes as prefixes', () => {
  expect(
    read({ communities: ['65001:00666', '64500:666:0'], discard: ['192.0.2.66/32'] }).data,
  ).toEqual({ communities: ['65001:666', '64500:666:0'], discard: ['192.0.2.66/32'] })
  // None at all is meant as said.
  expect(read({ communities: [], discard: [] }).data).toEqual({ communities: [], discard: [] })
})

test('what is none of them is refused, all of it at once', () => {
  expect(
    issues({
      communities: ['65536:1', 'no-export', '1:2:3:4', '1:4294967296:0', '65535:666'],
      discard: ['192.0.2.66', '192.0.2.1/24'],
    }),
  ).toEqual([
    'communities.0',
    'communities.1',
    'communities.2',
    'communities.3',
    'discard.0',
    'discard.1',
  ])
})

test('twice the same is refused, however it is written', () => {
  expect(issues({ communities: ['65535:666', '65535:0666'] })).toEqual(['communities.1'])
  expect(issues({ other: 1 })).toEqual([''])
})
