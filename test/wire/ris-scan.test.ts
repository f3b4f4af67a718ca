// The scanner against JSON.parse: what it reads, it reads as that would; what it does not know, it leaves.

import { describe, expect, it } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import { RisScan } from '../../src/wire/ris-scan.ts'
import { decode } from './ris-frames.ts'

const usual = {
  timestamp: 1789019601.67,
  peer: '2001:7f8:4::3:2be1:1',
  peer_asn: '207841',
  id: '2001:7f8:4::3:2be1:1-01a089e0bb060006',
  host: 'rrc01.ripe.net',
  type: 'UPDATE',
  path: [207841, 6939, 57330],
  community: [
    [2914, 410],
    [2914, 1004],
  ],
  origin: 'IGP',
  announcements: [
    { next_hop: '2001:7f8:4::1,fe80::1', prefixes: ['2a12:3fc6::/48', '10.0.0.0/8'] },
  ],
  withdrawals: ['192.0.2.0/24'],
}
type Data = Record<string, unknown>
const textOf = (data: Data): string => JSON.stringify({ type: 'ris_message', data })
const scans = (text: string): boolean => new RisScan().read(Buffer.from(text))

/** As it is read, and as JSON.parse has it: a space at its head is enough for that. */
function both(text: string) {
  const [one, other] = [decode(text), decode(` ${text}`)].map(({ outcome, messages }) => ({
    kind: outcome.kind,
    messages,
  }))
  return { one, other }
}

describe('a frame of the usual shape', () => {
  it.each<[string, Data]>([
    ['is read', {}],
    ['without a list', { withdrawals: null }],
    ['with lists that are empty', { announcements: [], path: [], community: [] }],
    ['with other fields', { med: 1, aggregator: '1:192.0.2.1', atomic: null, raw: 'FFFF' }],
    ['with an ASN that is a number', { peer_asn: 207841 }],
    ['at a whole second', { timestamp: 1789019601 }],
    ['at a tenth', { timestamp: 1789019601.1 }],
    ['with microseconds', { timestamp: 1789019601.671234 }],
    ['with what a float makes of milliseconds', { timestamp: 1730074028.5370002 }],
    ['of two next hops', { announcements: [usual.announcements[0], usual.announcements[0]] }],
  ])('%s', (_, changes) => {
    const text = textOf({ ...usual, ...changes })
    expect(scans(text)).toBe(true)
    const { one, other } = both(text)
    expect(one).toEqual(other)
    expect(one?.kind).toBe('read')
  })

  it.each<[string, string]>([
    ['another type', textOf({ ...usual, type: 'KEEPALIVE' })],
    ['a state', textOf({ ...usual, state: 'down' })],
    ['an escape', textOf({ ...usual, id: 'a\\"b' })],
    ['a field twice', textOf(usual).replace('"origin"', '"path":[1],"origin"')],
    ['no host', textOf({ ...usual, host: undefined })],
    ['an object', textOf({ ...usual, capabilities: { a: 1 } })],
    ['space', textOf(usual).replace(':[', ': [')],
    ['an ASN with zeros in front', textOf(usual).replace('"207841"', '0207841')],
    ['an ASN that is no whole number', textOf(usual).replace('"207841"', '5.')],
    ['more behind it', `${textOf(usual)} `],
    ['an end in the middle', textOf(usual).slice(0, -1)],
  ])('is left to JSON.parse with %s', (_, text) => {
    expect(scans(text)).toBe(false)
    const { one, other } = both(text)
    expect(one).toEqual(other)
  })

  it.each<[string, Data]>([
    ['an AS_SET', { path: [207841, [1, 2]] }],
    ['AS 0 in front', { path: [0, 1] }],
    ['an ASN too large', { path: [4294967296] }],
    ['text in the path', { path: ['207841'] }],
    ['what is no prefix', { withdrawals: ['eor', '10.0.0.0/8'] }],
    ['an announcement with more to it', { announcements: [{ next_hop: 'a', prefixes: [], x: 1 }] }],
    ['prefixes first', { announcements: [{ prefixes: ['10.0.0.0/8'], next_hop: '192.0.2.1' }] }],
    ['nothing at all', { announcements: [], withdrawals: [] }],
    ['a peer that is none', { peer: 'me' }],
    ['a list of lists', { withdrawals: [['10.0.0.0/8']] }],
  ])('says the same with %s', (_, changes) => {
    const { one, other } = both(textOf({ ...usual, ...changes }))
    expect(one).toEqual(other)
  })
})

it('changed anywhere, it says what JSON.parse says, or what was meant', () => {
  const dice = new Dice('scan')
  const seen = { scanned: 0, left: 0, refused: 0 }
  const texts = [usual, { ...usual, withdrawals: [], peer_asn: 7 }].map(textOf)
  const marks = '"\\,:[]{}0123456789./ane-'
  for (let i = 0; i < 8_000; i++) {
    let text = dice.pick(texts)
    for (let n = dice.int(1, 3); n > 0; n--) {
      const at = dice.int(0, text.length)
      const roll = dice.float()
      const mark = marks[dice.int(0, marks.length - 1)] as string
      if (roll < 0.4) text = text.slice(0, at) + mark + text.slice(at + 1)
      else if (roll < 0.7) text = text.slice(0, at) + mark + text.slice(at)
      else text = text.slice(0, at) + text.slice(at + dice.int(1, 9))
    }
    const { one, other } = both(text)
    if (scans(text)) seen.scanned++
    else seen.left++
    // What it passes over may be no JSON.
    if (other?.kind === 'malformed' && one?.kind === 'read') {
      seen.refused++
      expect(() => JSON.parse(text), text).toThrow()
    } else expect([text, one]).toEqual([text, other])
  }
  console.log(`8000 changed frames: ${JSON.stringify(seen)}`)
  expect(seen.scanned).toBeGreaterThan(1_000)
  expect(seen.refused).toBeLessThan(0.2 * seen.scanned)
})
