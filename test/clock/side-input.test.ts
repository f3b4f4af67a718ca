import { expect, test } from 'vitest'
import { inForce, pack, unpack, whole } from '../../src/clock/side-input.ts'
import type { SideInput } from '../../src/core/fact.ts'
import { writeDelta } from '../../src/core/rpki-delta.ts'

const input = (at: number, what: SideInput['what'] = 'rpki', content = 'x'): SideInput => ({
  kind: 'side-input',
  at,
  what,
  name: 'n',
  date: null,
  sha256: 's',
  content,
})
const again = (value: object) => unpack(JSON.parse(JSON.stringify(value)))

test('what is short can be read, what is long is short', () => {
  const short = input(1)
  expect(pack(short)).toEqual(short)
  expect(again(pack(short))).toEqual(short)
  const long = input(1, 'rpki', '64500 192.0.2.0/24 24 0 ripe\n'.repeat(100_000))
  expect(JSON.stringify(pack(long)).length).toBeLessThan(100_000)
  expect(again(pack(long))).toEqual(long)
})

test.each([
  [{ what: 'other' }],
  [{ at: 'x' }],
  [{ date: 1.5 }],
  [{ name: 1 }],
  [{ sha256: null }],
  [{ content: 1 }],
  [{ content: undefined, deflated: 'AAAA' }],
  // A small text that would be 300 MB.
  [{ content: undefined, deflated: pack(input(1, 'rpki', ' '.repeat(300 << 20))).deflated }],
])('%# is none', (change) => {
  expect(unpack({ ...input(1), ...change })).toBeUndefined()
})

test('of a kind the last that is due is in force, and all that are to come', () => {
  const all = [input(1), input(2), input(3), input(9), input(0, 'special'), input(10, 'special')]
  expect(inForce(all, 5).map(({ at, what }) => `${what} ${at}`)).toEqual([
    'special 0',
    'rpki 3',
    'rpki 9',
    'special 10',
  ])
})

const change = (at: number, from: string, sha256: string, removed: string[], added: string[]) => ({
  ...input(at, 'rpki-delta', writeDelta({ from, removed, added })),
  sha256,
})

test('changes of the VRPs count beside what they change, until all are told anew', () => {
  const all = [
    input(1, 'rpki', 'a\nb'),
    change(2, 's', 't', ['a'], ['c']),
    change(3, 't', 'u', [], ['d']),
    change(9, 'u', 'v', ['d'], []),
  ]
  expect(inForce(all, 5)).toEqual(all)
  expect(inForce([...all, input(4, 'rpki', 'z')], 5).map(({ at }) => at)).toEqual([4, 9])
})

test('a change is written and read as any other', () => {
  const one = change(2, 's', 't', ['a'], ['c'])
  expect(again(pack(one))).toEqual(one)
})

test('a segment begins with all VRPs in one, and what is still to come', () => {
  const all = [
    input(0, 'special'),
    input(1, 'rpki', 'a\nb'),
    change(2, 's', 't', ['a'], ['c']),
    // Of another set: it says nothing of this one.
    change(2.5, 'x', 'y', ['b'], ['e']),
    change(3, 't', 'u', [], ['d']),
    change(9, 'u', 'v', ['d'], []),
  ]
  const [special, rpki, ...rest] = whole(all, 5)
  expect(special).toEqual(all[0])
  expect(rpki).toMatchObject({ at: 3, what: 'rpki', sha256: 'u', content: 'b\nc\nd' })
  expect(rest).toEqual([all[5]])
  // Without a change due it is as it was.
  expect(whole(all.slice(0, 2), 5)).toEqual(all.slice(0, 2))
})
