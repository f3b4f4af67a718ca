// What is printed of a record does not depend on what lies behind it: batches and chunks are cut anywhere.

import { expect, test } from 'vitest'
import { changed, targets } from '../../src/bench/fuzzing.ts'
import { BgpdumpText } from '../../src/decode/bgpdump.ts'
import { OctetText } from '../../src/decode/octet-text.ts'
import { Dice } from '../../src/scenario/dice.ts'

const HEADER = 12
const seeds = targets.find(({ name }) => name === 'dump')?.seeds ?? []

let text = ''
const out = new OctetText((part) => {
  text += Buffer.from(part).toString('latin1')
})

/** Text of the records, each with the same octet behind it and nothing else. */
function printed(octets: Uint8Array, behind: number): [text: string, malformed: number] {
  text = ''
  const dump = new BgpdumpText(out)
  const whole = new DataView(octets.buffer, octets.byteOffset, octets.length)
  for (let at = 0; at + HEADER <= octets.length; ) {
    const length = Math.min(whole.getUint32(at + 8), octets.length - at - HEADER)
    const record = new Uint8Array(HEADER + length + 300).fill(behind)
    record.set(octets.subarray(at, at + HEADER + length))
    const view = new DataView(record.buffer)
    view.setUint32(8, length)
    dump.record(record, view, 0, HEADER + length)
    at += HEADER + length
  }
  out.flush()
  return [text, dump.malformed]
}

test('a record is read to its end and no further, however it is damaged', () => {
  const dice = new Dice('behind')
  let malformed = 0
  let lines = 0
  for (let i = 0; i < 20_000; i++) {
    const octets = changed(seeds, dice)
    const told = printed(octets, 0)
    expect(printed(octets, 1), Buffer.from(octets).toString('hex')).toEqual(told)
    expect(printed(octets, 255), Buffer.from(octets).toString('hex')).toEqual(told)
    lines += told[0].length
    malformed += told[1]
  }
  expect(seeds.length).toBe(2)
  expect(malformed).toBeGreaterThan(5_000)
  expect(lines).toBeGreaterThan(1_000_000)
})
