// `dump -m` against bgpdump on files that dice have written: all subtypes that both read, every attribute
// that a line shows, in any order. What bgpdump is known to misread (bgpdump-cases.test.ts) is left out.

import { expect, test } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import {
  attribute,
  cat,
  HAS_AS4,
  noBgpdump,
  num,
  ours,
  record,
  theirs,
  update,
} from './mrt-octets.ts'

const many = <T>(dice: Dice, from: number, to: number, one: () => T): T[] =>
  Array.from({ length: dice.int(from, to) }, one)

const noise = (dice: Dice, octets: number): Buffer =>
  Buffer.from(Array.from({ length: octets }, () => dice.int(0, 255)))

function ipv6(dice: Dice): Buffer {
  const zeros = (octets: number) => Buffer.alloc(octets)
  switch (dice.int(0, 9)) {
    case 0:
      return zeros(16)
    case 1:
      return cat(zeros(10), 'ffff', noise(dice, 4))
    case 2:
      return cat(zeros(12), noise(dice, 4))
    case 3:
      return cat(zeros(14), num(dice.pick([1, 2, 0x100, dice.int(0, 0xffff)]), 2))
    case 4:
      return cat('fe80', zeros(6), noise(dice, 8))
    default:
      return cat(
        '2001',
        ...many(dice, 7, 7, () => num(dice.pick([0, 0, 1, 0xffff, dice.int(0, 0xffff)]), 2)),
      )
  }
}

const address = (dice: Dice, afi: number): Buffer => (afi === 1 ? noise(dice, 4) : ipv6(dice))

const PORT = 0x10000

const asn = (dice: Dice, width: number): Buffer => {
  const narrow = [dice.int(1, 65_535), 23_456, 0, 65_535]
  const wide = [...narrow, dice.int(PORT, 2 ** 32 - 1), 2 ** 32 - 1]
  return num(dice.pick(width === 4 ? wide : narrow), width)
}

function prefix(dice: Dice, afi: number, addPath: boolean): Buffer {
  const most = afi === 1 ? 32 : 128
  const length = dice.pick([0, most, afi === 1 ? 24 : 48, dice.int(0, most), dice.int(0, most)])
  // Host bits and all.
  const octets = address(dice, afi).subarray(0, Math.ceil(length / 8))
  return cat(
    addPath ? num(dice.pick([0, 1, dice.int(0, 2 ** 32 - 1)]), 4) : '',
    num(length, 1),
    octets,
  )
}

const prefixes = (dice: Dice, from: number, to: number, afi: number, addPath: boolean): Buffer =>
  cat(...many(dice, from, to, () => prefix(dice, afi, addPath)))

const segment = (dice: Dice, type: number, length: number, width: number): Buffer =>
  cat(num(type, 1), num(length, 1), ...many(dice, length, length, () => asn(dice, width)))

function path(dice: Dice, width: number): Buffer {
  const segments = dice.pick([0, 1, 1, 1, 1, 2, 3])
  const one = () => {
    const type = dice.chance(0.6) ? 2 : dice.int(1, 4)
    return segment(dice, type, dice.chance(0.02) ? 255 : dice.int(1, 6), width)
  }
  return cat(...many(dice, segments, segments, one))
}

const NAMED = [0xffffff01, 0xffffff02, 0xffffff03, 0xffffff04, 0xffff029a]

interface Wanted {
  readonly width: number
  /** Of NEXT_HOP. */
  readonly hop: number
  readonly others: readonly Buffer[]
  /** Larger numbers are printed as negative ones, where routes of IPv4 stand in MP_REACH_NLRI. */
  readonly largest: number
}

function attributes(dice: Dice, { width, hop, others, largest }: Wanted): Buffer {
  const out = [...others]
  const some = (probability: number, type: number, value: () => Buffer) => {
    if (dice.chance(probability)) out.push(attribute(type, value()))
  }
  some(0.95, 1, () => num(dice.int(0, 2), 1))
  // Both of one sequence, or AS4_PATH is put together in another way.
  const merges = width === 2 && dice.chance(0.4)
  const hops = dice.int(1, 6)
  some(0.95, 2, () => (merges ? segment(dice, 2, hops, 2) : path(dice, width)))
  if (merges) some(1, 17, () => segment(dice, 2, dice.int(1, hops + 1), 4))
  some(hop, 3, () => noise(dice, 4))
  some(0.4, 4, () => num(dice.int(0, largest), 4))
  some(0.4, 5, () => num(dice.int(0, largest), 4))
  some(0.2, 6, () => Buffer.alloc(0))
  some(0.3, 7, () => cat(asn(dice, width), noise(dice, 4)))
  const community = () => (dice.chance(0.2) ? num(dice.pick(NAMED), 4) : noise(dice, 4))
  some(0.4, 8, () => cat(...many(dice, 1, dice.chance(0.05) ? 300 : 8, community)))
  some(0.1, 9, () => noise(dice, 4))
  some(0.1, 10, () => noise(dice, 8))
  some(0.2, 16, () => noise(dice, 16))
  some(0.2, 32, () => noise(dice, 24))
  some(0.1, 35, () => noise(dice, 4))
  some(0.1, dice.int(100, 250), () => noise(dice, dice.int(0, 300)))
  // It aborts where AGGREGATOR comes behind this one.
  const last = dice.chance(0.3) && width === 2 ? attribute(18, asn(dice, 4), noise(dice, 4)) : ''
  return cat(...dice.shuffle(out), last)
}

const hopOf = (dice: Dice, afi: number): Buffer =>
  afi === 1 && dice.chance(0.5)
    ? noise(dice, 4)
    : cat(ipv6(dice), dice.chance(0.4) ? ipv6(dice) : '')

function message(dice: Dice, width: number, addPath: boolean, gones: readonly number[]): Buffer {
  const others: Buffer[] = []
  let largest = 2 ** 32 - 1
  const safi = () => num(dice.pick([1, 1, 1, 2]), 1)
  if (dice.chance(0.4)) {
    const afi = dice.pick([2, 2, 1])
    if (afi === 1) largest = 2 ** 31 - 1
    const hop = hopOf(dice, afi)
    const nlri = prefixes(dice, 0, 4, afi, addPath)
    others.push(attribute(14, num(afi, 2), safi(), num(hop.length, 1), hop, '00', nlri))
  }
  if (dice.chance(0.3)) {
    const afi = dice.pick(gones)
    others.push(attribute(15, num(afi, 2), safi(), prefixes(dice, 0, 4, afi, addPath)))
  }
  const gone = dice.chance(0.4) ? prefixes(dice, 1, 4, 1, addPath) : ''
  const nlri = dice.chance(0.6) ? prefixes(dice, 1, 4, 1, addPath) : ''
  const list = nlri !== '' || others.length > 0 || dice.chance(0.3)
  return update(gone, list ? attributes(dice, { width, hop: 0.9, others, largest }) : '', nlri)
}

function bgp4mp(dice: Dice): Buffer {
  const subtype = dice.pick([0, 1, 4, 4, 5, 6, 7, 8, 9, 10, 11])
  const width = HAS_AS4.includes(subtype) ? 4 : 2
  const isEt = dice.chance(0.3)
  const afi = dice.int(1, 2)
  // It shows the peer's address as IPv6 when the collector itself withdraws IPv6 from a peer of IPv4.
  const gones = (subtype === 6 || subtype === 7) && afi === 1 ? [1] : [2, 2, 1]
  const body =
    subtype === 0 || subtype === 5
      ? cat(num(dice.int(0, 7), 2), num(dice.int(0, 7), 2))
      : message(dice, width, subtype >= 8, gones)
  return record(
    isEt ? 17 : 16,
    subtype,
    isEt ? num(dice.int(0, 999_999), 4) : '',
    cat(asn(dice, width), asn(dice, width), '0000', num(afi, 2)),
    cat(address(dice, afi), address(dice, afi), body),
  )
}

function tableDump(dice: Dice): Buffer {
  const subtype = dice.int(1, 3)
  const [afi, width] = [subtype === 2 ? 2 : 1, subtype === 3 ? 4 : 2]
  const hop = cat(ipv6(dice), dice.chance(0.4) ? ipv6(dice) : '')
  const head = dice.chance(0.5) ? '000201' : ''
  const reach = attribute(14, head, num(hop.length, 1), hop, head === '' ? '' : '00')
  const others = afi === 2 && dice.chance(0.9) ? [reach] : []
  const list = attributes(dice, { width, hop: 0.9, others, largest: 2 ** 32 - 1 })
  return record(
    12,
    subtype,
    cat('0000', num(dice.int(0, 65_535), 2), address(dice, afi)),
    cat(num(dice.int(0, afi === 1 ? 32 : 128), 1), '01 00000000', address(dice, afi)),
    cat(asn(dice, width), num(list.length, 2), list),
  )
}

function tableDump2(dice: Dice): Buffer {
  const peers = many(dice, 1, 5, () => {
    const form = dice.int(0, 3)
    const asnOf = asn(dice, (form & 2) !== 0 ? 4 : 2)
    return cat(num(form, 1), noise(dice, 4), address(dice, 1 + (form & 1)), asnOf)
  })
  const name = dice.chance(0.5) ? Buffer.from('view') : Buffer.alloc(0)
  const index = record(13, 1, 'c0000201', num(name.length, 2), name, num(peers.length, 2), ...peers)
  const records = many(dice, 1, 6, () => {
    const subtype = dice.pick([2, 2, 4, 4, 3, 5, 8, 10, 9, 11])
    const addPath = subtype >= 8
    const base = addPath ? subtype - 6 : subtype
    const afi = base <= 3 ? 1 : 2
    const entries = many(dice, 0, 4, () => {
      const others: Buffer[] = []
      if (dice.chance(afi === 2 ? 0.9 : 0.2)) {
        const hop = hopOf(dice, afi)
        const whole = dice.chance(0.3) ? cat(num(afi, 2), '01') : ''
        others.push(attribute(14, whole, num(hop.length, 1), hop, whole === '' ? '' : '00'))
      }
      const hop = afi === 2 ? 0.1 : 0.9
      const list = attributes(dice, { width: 4, hop, others, largest: 2 ** 32 - 1 })
      const id = addPath ? num(dice.pick([0, 1, dice.int(0, 2 ** 32 - 1)]), 4) : ''
      return cat(num(dice.int(0, peers.length - 1), 2), '00000001', id, num(list.length, 2), list)
    })
    const head = cat('00000000', prefix(dice, afi, false), num(entries.length, 2))
    return record(13, subtype, head, ...entries)
  })
  return cat(index, ...records)
}

const writers = { BGP4MP: bgp4mp, TABLE_DUMP: tableDump, TABLE_DUMP_V2: tableDump2 }
const FILES = 20
const RECORDS = 150

test.skipIf(noBgpdump !== '').each(Object.entries(writers))(
  `random %s, line for line as bgpdump prints it${noBgpdump}`,
  (name, write) => {
    let compared = 0
    for (let file = 0; file < FILES; file++) {
      const dice = new Dice(`bgpdump ${name} ${file}`)
      const octets = cat(...many(dice, RECORDS, RECORDS, () => write(dice)))
      const has = ours(octets)
      const wanted = theirs(octets)
      expect([has.malformed, wanted.aborted]).toEqual([0, false])
      expect(has.text.split('\n')).toEqual(wanted.text.split('\n'))
      compared += has.text.split('\n').length - 1
    }
    console.log(`${name}: ${compared} lines in ${FILES * RECORDS} records are the same`)
    expect(compared).toBeGreaterThan(2_000)
  },
)
