import { expect, test } from 'vitest'
import { isPartOf } from '../../src/verdict/mitigation-told.ts'

test('a prefix is a part of another only in the same family', () => {
  expect(isPartOf('198.51.100.0/24', '198.51.0.0/16')).toBe(true)
  expect(isPartOf('198.51.0.0/16', '198.51.0.0/16')).toBe(true)
  expect(isPartOf('198.51.0.0/16', '198.51.0.0/17')).toBe(false)
  expect(isPartOf('198.52.0.0/24', '198.51.0.0/16')).toBe(false)
  expect(isPartOf('2001:db8:1::/48', '2001:db8::/32')).toBe(true)
  expect(isPartOf('2001:db8:1::/48', '0.0.0.0/0')).toBe(false)
  expect(isPartOf('none', '0.0.0.0/0')).toBe(false)
})
