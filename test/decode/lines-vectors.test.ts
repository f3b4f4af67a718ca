// All conformance vectors of ../shared/data, by the rules of their README.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../src/core/prefix.ts'
import { BmpSession } from '../../src/decode/bmp.ts'
import { Cursor } from '../../src/decode/cursor.ts'
import { decodeLine, type Format } from '../../src/decode/lines.ts'

const FOLDER = '../shared/data/vectors'

interface Vector {
  readonly id: string
  readonly kind: string
  readonly ctx: { readonly stream?: boolean }
  readonly hex?: string
  readonly json?: string
  readonly expect: unknown
  readonly lenient?: readonly string[]
}

const formats: Readonly<Record<string, Format>> = {
  'bgp-update': 'bgp',
  bgp: 'bgp',
  bmp: 'bmp',
  openbmp: 'openbmp',
  mrt: 'mrt',
  rislive: 'rislive',
}

const files = ['bgp', 'bmp', 'openbmp', 'mrt', 'mrt-legacy', 'rislive']
const at = (name: string) => join(FOLDER, `${name}.jsonl`)
const present = files.every((name) => existsSync(at(name)))
const vectors: Vector[] = present
  ? files.flatMap((name) =>
      readFileSync(at(name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Vector),
    )
  : []

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** In whatever order: prefixes, and members of sets. */
const UNORDERED = ['announced', 'withdrawn', 'malformed']

/** Of `has` only what `want` asks for, spelled the same way. */
function comparable(has: unknown, want: unknown, lenient: readonly string[], key = ''): unknown {
  if (isObject(want) && isObject(has)) {
    const keys = Object.keys(want).filter((name) => !lenient.includes(name) && name !== 'reason')
    return Object.fromEntries(
      keys.map((name) => [name, comparable(has[name], want[name], lenient, name)]),
    )
  }
  if (Array.isArray(want) && Array.isArray(has)) {
    if (has.length !== want.length) return has
    const order = (list: readonly unknown[]) =>
      UNORDERED.includes(key) ? [...list].sort((a, b) => (spell(a) < spell(b) ? -1 : 1)) : list
    const sorted = order(want)
    return order(has).map((one, i) => comparable(one, sorted[i], lenient))
  }
  if (key === 'path' && typeof has === 'string')
    return has.replace(/[{[][\d,]+[}\]]/g, (set) => [...set].sort().join(''))
  if (typeof has !== 'string') return has
  const address = parseAddress(has)
  return address ? `${address.words}` : has
}

const spell = (one: unknown): string =>
  isObject(one) && one['attr'] !== undefined ? String(one['attr']) : JSON.stringify(one, prefixOnly)
const prefixOnly = (key: string, value: unknown): unknown =>
  key === 'nextHop' || key === 'reason' ? undefined : value

describe.skipIf(!present)(`vectors${present ? '' : ' [skipped: no ../shared/data]'}`, () => {
  test('are all there', () => {
    expect(vectors.length).toBe(198)
  })

  test.each(vectors.map((vector) => [vector.id, vector] as const))('%s', (_, vector) => {
    const format = formats[vector.kind]
    if (!format) throw new Error(`no format for ${vector.kind}`)
    const has = decodeLine(format, JSON.stringify(vector))
    // What cannot be read must say so, and what can must not.
    if (vector.expect === 'error') {
      expect(has).toEqual({ error: expect.any(String) })
      return
    }
    const { lenient = [] } = vector
    expect(comparable(has, vector.expect, lenient)).toEqual(
      comparable(vector.expect, vector.expect, lenient),
    )
  })

  const streams = vectors.filter(({ kind, expect }) => kind === 'bmp' && expect !== 'error')
  test.each([1, 7, 4_096])('BMP in pieces of %i octets', (size) => {
    let messages = 0
    for (const { hex = '' } of streams) {
      const octets = Buffer.from(hex, 'hex')
      const session = new BmpSession()
      const seen: object[] = []
      let held = Buffer.alloc(0)
      for (let from = 0; from < octets.length; from += size) {
        held = Buffer.concat([held, octets.subarray(from, from + size)])
        const cursor = new Cursor(held)
        for (let one = session.read(cursor); one; one = session.read(cursor)) seen.push(one)
        held = Buffer.from(cursor.rest())
      }
      const whole = new Cursor(octets)
      const again = new BmpSession()
      const wanted: object[] = []
      for (let one = again.read(whole); one; one = again.read(whole)) wanted.push(one)
      expect(seen).toEqual(wanted)
      expect(held.length).toBe(0)
      messages += seen.length
    }
    expect(messages).toBeGreaterThan(30)
  })
})
