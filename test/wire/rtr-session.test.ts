import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { RtrSession, type RtrStep } from '../../src/wire/rtr-session.ts'
import { end, pdu, response, u32, vrp } from '../feeds/rtr-cache.ts'

const hear = (session: RtrSession, ...pdus: Uint8Array[]): RtrStep =>
  session.take(Buffer.concat(pdus))
const hex = (octets: Uint8Array | null | undefined): string | undefined =>
  octets ? Buffer.from(octets).toString('hex') : undefined
const aspa = (asn: number, announced: number, ...providers: number[]) =>
  pdu(2, 11, announced << 8, ...u32(asn), ...providers.flatMap(u32))

/** Connected in version 1, with 192.0.1.0/24 of AS1 and 192.0.2.0/24 of AS2, serial 5 of session 7. */
function settled(version: 0 | 1 | 2 = 1): RtrSession {
  const session = new RtrSession({ version })
  session.open()
  const step = hear(
    session,
    response(version),
    vrp(version, 1, 1),
    vrp(version, 2, 2),
    end(version, 5),
  )
  expect(step).toMatchObject({ settled: true, close: null, send: [] })
  return session
}

describe('what a cache says', () => {
  test('counts at its end of data, and not before', () => {
    const session = new RtrSession({ version: 1 })
    expect(hex(session.open())).toBe('0102000000000008')
    expect(hear(session, response(1), vrp(1, 1, 1)).settled).toBe(false)
    expect(session.count).toBe(0)
    expect(hear(session, end(1, 5)).settled).toBe(true)
    expect([...session.vrps]).toEqual(['1 192.0.1.0/24 24 0 -'])
    expect(session.times).toEqual({
      refresh: seconds(3600),
      retry: seconds(600),
      expire: seconds(7200),
    })
  })

  test('is asked for what has changed, at a notify and in its time', () => {
    const session = settled()
    expect(hear(session, pdu(1, 0, 7, ...u32(5))).send).toEqual([])
    const { send } = hear(session, pdu(1, 0, 7, ...u32(6)))
    expect(send.map(hex)).toEqual(['010100070000000c00000005'])
    // One question at a time.
    expect(session.ask()).toBeNull()
    hear(session, response(1), vrp(1, 1, 1, 0), vrp(1, 3, 3))
    expect(session.count).toBe(2)
    hear(session, end(1, 6))
    expect([...session.vrps].sort()).toEqual(['2 192.0.2.0/24 24 0 -', '3 192.0.3.0/24 24 0 -'])
    expect(hex(session.ask())).toBe('010100070000000c00000006')
  })

  test('is asked for all of it when it cannot say what has changed', () => {
    const session = settled()
    session.ask()
    expect(hear(session, pdu(1, 8, 0)).send.map(hex)).toEqual(['0102000000000008'])
    hear(session, response(1, 9), vrp(1, 9, 9), end(1, 1, 9))
    expect([...session.vrps]).toEqual(['9 192.0.9.0/24 24 0 -'])
  })

  test('of another session counts anew; what was said before stays until then', () => {
    const session = settled()
    const { send } = hear(session, pdu(1, 0, 8, ...u32(1)))
    expect(send.map(hex)).toEqual(['0102000000000008'])
    expect(session.count).toBe(2)
    session.closed()
    // After a cut only what has changed is asked for, if the session was known.
    expect(hex(session.open())).toBe('0102000000000008')
    const other = settled()
    other.closed()
    expect(hex(other.open())).toBe('010100070000000c00000005')
    expect(hear(other, response(1, 8))).toMatchObject({ again: true })
    other.closed()
    expect(hex(other.open())).toBe('0102000000000008')
  })

  test('ASPAs replace each other, and are of version 2', () => {
    const session = new RtrSession()
    session.open()
    hear(session, response(2), aspa(64500, 1, 1, 2), aspa(64501, 1, 3), end(2, 1))
    expect([...session.aspas]).toEqual(['A 64500 1 2', 'A 64501 3'])
    session.ask()
    hear(session, response(2), aspa(64500, 1, 4), aspa(64501, 0), end(2, 2))
    expect([...session.aspas]).toEqual(['A 64500 4'])
  })

  test('ASPAs of StayRTR 0.5.1: what replaces one comes before it goes', () => {
    const session = new RtrSession()
    const old = (announced: number, ...providers: number[]) => {
      const head = [announced, 0, 0, providers.length, ...u32(7_000)]
      return pdu(2, 11, 0, ...head, ...providers.flatMap(u32))
    }
    session.open()
    hear(session, response(2), old(1, 174, 3356), end(2, 1))
    session.ask()
    const step = hear(session, response(2), old(1, 2914), old(0, 174, 3356), end(2, 2))
    expect(step).toMatchObject({ settled: true, close: null })
    expect([...session.aspas]).toEqual(['A 7000 2914'])
    session.ask()
    hear(session, response(2), old(0, 2914), end(2, 3))
    expect([...session.aspas]).toEqual([])
  })

  test('is forgotten when it is too old', () => {
    const session = settled()
    session.expire()
    expect(session.count).toBe(0)
    expect(hex(session.ask())).toBe('0102000000000008')
  })

  test('that it has nothing yet is no fault', () => {
    const session = new RtrSession({ version: 1 })
    session.open()
    const step = hear(session, pdu(1, 10, 2, ...u32(0), ...u32(0)))
    expect(step).toMatchObject({ empty: true, close: null })
    expect(hex(session.ask())).toBe('0102000000000008')
  })

  test('times are kept within what RFC 8210 allows', () => {
    const session = new RtrSession({ version: 1 })
    session.open()
    const times = [...u32(0), ...u32(1e6), ...u32(1)]
    hear(session, response(1), pdu(1, 7, 7, ...u32(1), ...times))
    expect(session.times).toEqual({
      refresh: seconds(1),
      retry: seconds(7200),
      expire: seconds(7201),
    })
  })
})

describe('versions', () => {
  test('go down when the cache says that it does not know one', () => {
    const session = new RtrSession()
    session.open()
    const step = hear(session, pdu(1, 10, 4, ...u32(0), ...u32(0)))
    expect(step).toMatchObject({ again: true })
    expect(step.close).toContain('error 4')
    // Never is an error answered with an error.
    expect(step.send).toEqual([])
    session.closed()
    expect(hex(session.open())).toBe('0102000000000008')
  })

  test('go down when it answers in a lower one', () => {
    const session = new RtrSession()
    session.open()
    hear(session, response(0), vrp(0, 1, 1), end(0, 5))
    expect([session.version, session.count]).toEqual([0, 1])
  })

  test('go down when it says nothing at all, and begin again from the top', () => {
    const session = new RtrSession()
    const spoken = Array.from({ length: 8 }, () => {
      const [version] = session.open()
      session.closed()
      return version
    })
    expect(spoken).toEqual([2, 2, 1, 1, 0, 0, 2, 2])
  })

  test('a notify before both have agreed says nothing', () => {
    const session = new RtrSession()
    session.open()
    expect(hear(session, pdu(0, 0, 7, ...u32(1)))).toMatchObject({ send: [], close: null })
    expect(session.version).toBe(2)
  })
})

describe('what cannot be ends the connection, with a word why, and changes nothing', () => {
  test.each<[string, Uint8Array[], number]>([
    ['an announcement of what is there', [response(1), vrp(1, 1, 1)], 7],
    ['a withdrawal of what is not there', [response(1), vrp(1, 9, 9, 0)], 6],
    ['the same twice', [response(1), vrp(1, 9, 9), vrp(1, 9, 9)], 7],
    ['gone twice', [response(1), vrp(1, 1, 1, 0), vrp(1, 1, 1, 0)], 6],
    ['a record without a response', [vrp(1, 9, 9)], 3],
    ['an end without a beginning', [end(1, 6)], 3],
    ['another version', [response(0)], 8],
    ['a higher version', [response(2)], 8],
    ['the end of another session', [response(1), end(1, 6, 9)], 0],
    ['a type nobody knows', [pdu(1, 12, 0)], 5],
  ])('%s', (_, pdus, code) => {
    const session = settled()
    session.ask()
    const step = hear(session, ...pdus)
    expect(step.close).not.toBeNull()
    expect(step.settled).toBe(false)
    expect(step.send).toHaveLength(1)
    expect([...(step.send[0] as Uint8Array).subarray(0, 4)]).toEqual([1, 10, 0, code])
    expect(session.malformed).toBe(1)
    expect(session.count).toBe(2)
    session.closed()
    // What comes next might not fit.
    expect(hex(session.open())).toBe('0102000000000008')
  })

  test('more than there is room for', () => {
    const session = new RtrSession({ version: 1, most: 2 })
    session.open()
    const step = hear(session, response(1), vrp(1, 1, 1), vrp(1, 2, 2), vrp(1, 3, 3))
    expect(step.close).toBe('more than 2 records')
  })

  test('any octets at all', () => {
    const dice = new Dice('rtr')
    const whole = [response(2), vrp(2, 1, 1), aspa(1, 1, 2), end(2, 1)].map((part) => [...part])
    let closed = 0
    for (let round = 0; round < 3_000; round++) {
      const session = new RtrSession()
      session.open()
      const octets = whole.flat()
      for (let i = dice.int(1, 4); i > 0; i--)
        octets[dice.int(0, octets.length - 1)] = dice.int(0, 255)
      const cut = dice.int(0, octets.length)
      session.take(Uint8Array.from(octets.slice(0, cut)))
      if (session.take(Uint8Array.from(octets.slice(cut))).close !== null) closed++
      session.closed()
    }
    expect(closed).toBeGreaterThan(100)
  })
})
