import { describe, expect, test } from 'vitest'
import type { Asn } from '../../src/core/asn.ts'
import { type Context, noContext, type Relation } from '../../src/core/context.ts'
import { Reason } from '../../src/detect/leak-case.ts'
import { LeakEvidence, typeOf } from '../../src/detect/leak-evidence.ts'
import { Relations } from '../../src/detect/relations.ts'

const CLIQUE = [174, 1299, 3356]
/** 5000 buys from 8001 and 8002; 7001 and 7002 are peers, each with customers that pass on. */
const ordinary = [
  [3356, 8001, 5000, 6001],
  [1299, 8002, 5000, 6001],
  [3356, 8001, 6002, 6012],
  [1299, 7001, 7101, 7201],
  [1299, 7002, 7102, 7202],
  [3356, 7001, 7103, 7203],
]
function book(): Relations {
  const relations = new Relations(CLIQUE)
  for (const path of ordinary) for (const peer of [201, 202, 203]) relations.learn([peer, ...path])
  relations.learn([7103, 7001, 7002, 7102, 7202])
  return relations
}

/** What a file of relationships says, in the words `5000 customer 8001`. */
const filed = (...says: string[]): Partial<Context> => ({
  relation: (of, to) => {
    const said = says.find((line) => line.startsWith(`${of} `) && line.endsWith(` ${to}`))
    return said?.split(' ')[1] as Relation | undefined
  },
})

const names = (reasons: number) =>
  Object.entries(Reason)
    .filter(([, bit]) => (reasons & bit) !== 0)
    .map(([name]) => name)

function judged(path: Asn[], { otc = 0, ripe = false, ...context }: Judging = {}): string[] {
  const evidence = new LeakEvidence(book(), { ...noContext, ...context })
  return evidence
    .of(path, otc, ripe)
    .map(({ from, by, to, reasons }) => `${from} ${by} ${to}: ${names(reasons).join(' ')}`)
}
type Judging = Partial<Context> & { otc?: Asn; ripe?: boolean }

describe('by votes', () => {
  test('a hairpin between two providers', () => {
    expect(judged([201, 8002, 5000, 8001, 6002])).toEqual(['8001 5000 8002: hairpin'])
  })

  test('a third network between two of the clique', () => {
    expect(judged([201, 1299, 5001, 3356, 6000])).toEqual(['3356 5001 1299: cliqueBreak'])
  })

  test('of two between them the one that was not paid', () => {
    // 8001 sells to 5000: it did right, 5000 did not.
    expect(judged([201, 1299, 5000, 8001, 3356, 6000])).toEqual(['8001 5000 1299: cliqueBreak'])
    expect(judged([201, 1299, 5009, 8001, 3356, 6000])).toEqual(['3356 8001 5009: cliqueBreak'])
  })

  test('what ordinary paths have is no leak', () => {
    for (const path of ordinary) expect(judged([201, ...path], { ripe: true })).toEqual([])
    expect(judged([7103, 7001, 7002, 7102, 7202], { ripe: true })).toEqual([])
  })

  test('customers are told anything, and their routes told to anybody', () => {
    expect(judged([201, 5000, 8001, 3356, 6000], { ripe: false })).toEqual([])
    expect(judged([201, 8002, 5000, 6005], { ripe: false })).toEqual([])
  })
})

describe('a peering by missing votes', () => {
  test('that is told to a provider is weak, and type 4', () => {
    const path = [201, 3356, 7001, 7002, 7102, 7202]
    expect(judged(path, { ripe: true })).toEqual(['7002 7001 3356: unpaid'])
    expect(judged(path, { ripe: false })).toEqual([])
    expect(typeOf({ from: 7002, by: 7001, to: 3356 }, book(), noContext)).toBe(4)
  })

  test('provider to peer is type 3, provider to provider type 1, peer to peer type 2', () => {
    const type = (from: Asn, by: Asn, to: Asn, says: string[] = []) =>
      typeOf({ from, by, to }, book(), { ...noContext, ...filed(...says) })
    expect(type(1299, 7001, 7002)).toBe(3)
    expect(type(8001, 5000, 8002)).toBe(1)
    expect(type(3356, 1299, 174)).toBe(2)
    expect(type(6001, 5000, 8001)).toBeNull()
    expect(type(9001, 5000, 8001)).toBeNull()
    expect(type(9001, 5000, 8001, ['9001 peer 5000'])).toBe(4)
  })
})

describe('Only-to-Customer (RFC 9234)', () => {
  // 8001 told its customer 5000, and said so.
  const path = [201, 8002, 5000, 8001, 6002]

  test('set by the one from whom the leaker had it', () => {
    expect(judged(path, { otc: 8001 })).toEqual(['8001 5000 8002: hairpin otc'])
  })

  test('set further away', () => {
    expect(judged(path, { otc: 6002 })).toEqual(['8001 5000 8002: hairpin otc'])
  })

  test('set by the leaker or behind it, or by nobody of the path, says nothing', () => {
    for (const otc of [5000, 8002, 201, 9999])
      expect(judged(path, { otc })).toEqual(['8001 5000 8002: hairpin'])
  })

  test('says nothing where it went on to a customer, or nobody knows to whom', () => {
    expect(judged([201, 5000, 8001, 3356, 6002], { otc: 3356 })).toEqual([])
    expect(judged([201, 9002, 9001, 8001, 6002], { otc: 8001 })).toEqual([])
  })

  test('a peer by the file counts, a customer by the file does not', () => {
    const strange = [201, 9002, 9001, 9003, 6002]
    expect(judged(strange, { otc: 9003, ...filed('9002 peer 9001') })).toEqual([
      '9003 9001 9002: otc',
    ])
    expect(judged(path, { otc: 8001, ...filed('8002 customer 5000') })).toEqual([])
  })
})

describe('what is known beforehand', () => {
  test('a file that has neither as a customer', () => {
    const says = filed('9002 provider 9001', '9003 peer 9001')
    expect(judged([201, 9002, 9001, 9003, 6000], says)).toEqual(['9003 9001 9002: filed'])
    expect(judged([201, 9002, 9001, 9003, 6000], filed('9002 provider 9001'))).toEqual([])
  })

  test('a file that has one of them as a customer overrules votes', () => {
    expect(judged([201, 8002, 5000, 8001, 6002], filed('8001 customer 5000'))).toEqual([])
  })

  test('ASPA: the one that told the first of the shortest invalid end', () => {
    // Invalid once 9002 has it from 9001.
    const aspa = (hops: ArrayLike<Asn>) =>
      Array.from(hops).includes(9002) ? ('invalid' as const) : ('unknown' as const)
    expect(judged([201, 1299, 9002, 9001, 9003, 6000], { aspa })).toEqual(['9003 9001 9002: aspa'])
  })

  test('the number of a route server is left out before anything is judged', () => {
    const isRouteServer = (asn: Asn) => asn === 6695
    expect(judged([201, 8002, 6695, 5000, 8001, 6002], { isRouteServer })).toEqual([
      '8001 5000 8002: hairpin',
    ])
  })
})

test('somebody who never passed anything on, between two large ones', () => {
  const relations = book()
  for (let i = 0; i < 25; i++)
    for (const large of [8001, 8002]) relations.learn([201, large, 20_000 + i, 30_000 + i])
  const evidence = new LeakEvidence(relations, noContext)
  const reasons = (path: Asn[]) => evidence.of(path, 0, true).flatMap((s) => names(s.reasons))
  expect(reasons([201, 8001, 9001, 8002, 30_003])).toContain('popUp')
  // The route of a neighbour is a new customer's, as likely as not.
  expect(reasons([201, 8001, 9001, 8002])).not.toContain('popUp')
  expect(reasons([201, 8001, 20_001, 8002, 30_003])).not.toContain('popUp')
})
