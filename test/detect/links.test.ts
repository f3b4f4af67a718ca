import { expect, test } from 'vitest'
import { Links } from '../../src/detect/links.ts'

test('who stands beside whom, in whatever order, and how many do', () => {
  const links = new Links()
  links.learn([201, 1299, 3356, 6000])
  links.learn([202, 1299, 174, 6000])
  expect([links.has(3356, 6000), links.has(6000, 3356)]).toEqual([true, true])
  expect([links.has(1299, 6000), links.has(1, 2)]).toEqual([false, false])
  expect([links.degree(6000), links.degree(1299), links.degree(1)]).toEqual([2, 4, 0])
  expect(links.size).toBe(6)
})

test('neighbours in common', () => {
  const links = new Links()
  links.learn([201, 1299, 3356, 6000])
  links.learn([202, 2914, 174, 5001])
  expect(links.shareNeighbour(1299, 6000)).toBe(true)
  expect(links.shareNeighbour(5001, 6000)).toBe(false)
  expect(links.shareNeighbour(5001, 9)).toBe(false)
})

test('who passes on what it has from others; a vantage point shows that of nobody but others', () => {
  const links = new Links()
  links.learn([201, 1299, 3356, 6000])
  expect([1299, 3356].map((asn) => links.isStub(asn))).toEqual([false, false])
  expect([201, 6000].map((asn) => links.isStub(asn))).toEqual([true, true])
  // Who was never met is not known to be one.
  expect(links.isStub(9)).toBe(false)
  links.learn([202, 1299, 6000, 7000])
  expect([links.isStub(6000), links.isStub(7000)]).toEqual([false, true])
})

test('reserved numbers are no neighbours, nor is who stands beyond them', () => {
  const links = new Links()
  links.learn([201, 64512, 6000])
  expect([links.size, links.has(201, 6000)]).toEqual([0, false])
})

test('what is beyond its room is counted, and the others are as they were', () => {
  const links = new Links(10_000)
  for (let asn = 1; asn <= 10_003; asn++) links.learn([asn, 4_199_999_999])
  expect([links.size, links.dropped]).toEqual([10_000, 3])
  expect([links.has(4_199_999_999, 10_000), links.has(10_001, 4_199_999_999)]).toEqual([
    true,
    false,
  ])
})
