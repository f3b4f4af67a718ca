// Every decoder, given messages that were good until dice changed them. What must hold: nothing is
// thrown, each input comes to an end, and what is kept does not grow with the number of inputs.

import { gzipSync } from 'node:zlib'
import { Batch } from '../core/batch.ts'
import { VantagePoints } from '../core/vantage.ts'
import { BgpdumpText } from '../decode/bgpdump.ts'
import { answer, decodeLine, type Format } from '../decode/lines.ts'
import { OctetText } from '../decode/octet-text.ts'
import type { Dice } from '../scenario/dice.ts'
import { mrt } from '../scenario/mrt.ts'
import { decompress, newReport } from '../wire/decompress.ts'
import { MrtReader } from '../wire/mrt.ts'
import { MrtFrames } from '../wire/mrt-frames.ts'
import { RisDecoder } from '../wire/ris-json.ts'
import { rawUpdates } from '../wire/ris-raw.ts'
import { reshaped } from './reshaped.ts'

/** What became of one input: all of it could be read, or not. */
export type Verdict = 'good' | 'bad'

export interface Target {
  readonly name: string
  /** Good messages; the dice change them. */
  readonly seeds: readonly Uint8Array[]
  /** How, when not octet by octet. */
  readonly change?: typeof changed
  readonly feed: (octets: Uint8Array) => Verdict | Promise<Verdict>
}

const updates = mrt({ micros: true })
  .at('2024-10-29T00:00:00Z')
  .peer('192.0.2.1', 64_496)
  .announce(['198.51.100.0/24', '203.0.113.0/25', '0.0.0.0/0'], '64496 3356 {64500,64501}')
  .withdraw(['198.51.100.0/24', '203.0.113.0/25'])
  .peer('2001:db8::1', 4_200_000_001)
  .announce(['2001:db8:1::/48', '::/0'], '4200000001 64500')
  .endOfRib(6)
  .state(6, 1)
  .as({ as4: false, micros: false })
  .announce('192.0.2.0/24', '64496 4200000001')
  .as({ as4: true, addPath: true })
  .announce('192.0.2.0/24', '64496 64500')
  .keepalive()
  .bytes()

const table = mrt()
  .at('2024-10-29T00:00:00Z')
  .peers([
    { address: '192.0.2.1', asn: 64_496 },
    { address: '2001:db8::1', asn: 64_497 },
  ])
  .rib('198.51.100.0/24', [
    { peer: 0, path: '64496 3356' },
    { peer: 1, path: '64497 3356' },
  ])
  .rib('2001:db8::/32', [{ peer: 1, path: '64497' }])
  .peer('192.0.2.1', 64_496)
  .tableDump('203.0.113.0/24', '64496 701')
  .bytes()

const hex = (text: string): Uint8Array => Buffer.from(text.replace(/ /g, ''), 'hex')

const MARKER = 'ff'.repeat(16)
const UPDATE = `${MARKER}0037 02 0000 001c 40010100 40020e0203 0000fbf0 00010001 0000fbf1 400304c0000201 18cb0071`
const PEER = `0000 ${'00'.repeat(8)} ${'00'.repeat(12)}c0000201 0000fbf0 c0000201 6553f100 0003d090`
const OPEN = `${MARKER}0033 01 04 fbf0 00b4 c0000201 16 0214 010400010001 41040000fbf0 450400010103 0600`
const messages = [
  UPDATE,
  OPEN,
  `${MARKER}0017 02 0000 0000`,
  `${MARKER}001d 03 0602 07 73656520796f75`,
  `${MARKER}0017 05 00010001`,
  `${MARKER}0041 02 0000 002a 40010100 400206020100000001 800e1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8`,
].map(hex)

function bmpOf(type: number, body: string): Uint8Array {
  const octets = hex(body)
  const head = hex(`03 ${(octets.length + 6).toString(16).padStart(8, '0')} 0${type}`)
  return Buffer.concat([head, octets])
}

const bmp = [
  bmpOf(0, PEER + UPDATE),
  bmpOf(3, `${PEER} ${'00'.repeat(12)}c0000202 00b3 00b3 ${OPEN} ${OPEN}`),
  bmpOf(2, `${PEER} 02 0018`),
  bmpOf(1, `${PEER} 00000002 0007 0008 00000000000f4240 0009 000b 0002 01 000000000001869f`),
  bmpOf(4, '0001 0005 7379734465'),
  bmpOf(6, `${PEER} 0001 0002 0001`),
]

function openBmp(message: Uint8Array): Uint8Array {
  const length = message.length.toString(16).padStart(8, '0')
  const head =
    `4f424d50 01 07 0053 ${length} 80 0c 6553f101 000001f4 ${'11'.repeat(16)} 0005 636f6c2d31 ` +
    `${'22'.repeat(16)} c00002fe${'00'.repeat(12)} 0000 00000001`
  return Buffer.concat([hex(head), message])
}

const frames = [
  '{"type":"ris_message","data":{"timestamp":1730160000.12,"peer":"2001:db8::1","peer_asn":"64496","id":"1","host":"rrc00.ripe.net","type":"UPDATE","path":[64496,3356],"community":[],"origin":"IGP","announcements":[{"next_hop":"2001:db8::1","prefixes":["2001:db8:1::/48"]},{"next_hop":"fe80::1","prefixes":["2001:db8:1::/48"]}],"withdrawals":[]}}',
  `{"type":"ris_message","data":{"timestamp":1730160000.12,"peer":"192.0.2.1","peer_asn":"64496","id":"1","host":"rrc00.ripe.net","type":"UPDATE","withdrawals":["198.51.100.0/24"],"raw":"${MARKER}001b020004186433640000"}}`,
  '{"type":"ris_message","data":{"timestamp":1730160000.12,"peer":"192.0.2.1","peer_asn":"64496","id":"1","host":"rrc00.ripe.net","type":"UPDATE","path":[64496,3356,[64500,64501]],"origin":"IGP","community":[[64496,1]],"announcements":[{"next_hop":"192.0.2.1","prefixes":["198.51.100.0/24","203.0.113.0/24"]}],"withdrawals":["192.0.2.0/24"]}}',
  '{"type":"ris_message","data":{"timestamp":1730160000,"peer":"2001:db8::1","peer_asn":"64497","host":"rrc01","type":"RIS_PEER_STATE","state":"down"}}',
  '{"type":"ris_error","data":{"message":"no"}}',
].map((text) => Buffer.from(text))

/** Of no use to the pipeline; `decode` shows them. */
const rareFrames = [
  '{"type":"ris_message","data":{"timestamp":1730160000,"peer":"192.0.2.1","peer_asn":"64496","host":"rrc00","type":"OPEN","direction":"sent","version":4,"asn":64496,"hold_time":180,"router_id":"192.0.2.1","capabilities":{"1":{"name":"multiprotocol","families":["ipv4/unicast"]}}}}',
  '{"type":"ris_message","data":{"timestamp":1730160000,"peer":"192.0.2.1","peer_asn":"64496","host":"rrc00","type":"NOTIFICATION","direction":"received","notification":{"code":6,"subcode":2}}}',
  '{"type":"ris_subscribe_ok","data":{"subscription":{"type":"UPDATE","require":null},"socketOptions":{"acknowledge":true}}}',
  '{"type":"ris_rrc_list","data":["rrc00.ripe.net","rrc01"]}',
]

/** Made with bzip2 -1 out of 784 octets. */
const BZIP2 =
  'QlpoMTFBWSZTWegXxGgAATf+AH//////////kIJAACAAiCFATTTTJiZAYhpiYjBMRpkwAVKqZDQMmmg0MQxGhoaaNG1Mg0M6' +
  'EElFmG6DtJ+pDWilsTUV2rL7t/Djy5sMtT9cgABAkREA7N93MHb3d+Hw8fLF50CKBHrkyiKQj34RFIRlpiNeEUWRFMRZ2BG3' +
  'ufGbP8/X3+aOCSH7/CKwjSI0iNQu5IpwoSHQL4jQ'

const lines = (format: Format, seeds: readonly Uint8Array[]): Target => ({
  name: `decode ${format}`,
  seeds,
  feed: (octets) => {
    const text =
      format === 'rislive'
        ? Buffer.from(octets).toString('utf8')
        : Buffer.from(octets).toString('hex')
    return asked(format, text)
  },
})

/** Nothing is thrown to be caught by who writes the answer, but for what cannot be written. */
function asked(format: Format, line: string): Verdict {
  decodeLine(format, line)
  const told = answer(format, line)
  if (told.includes('\n') || !told.startsWith('{')) throw new Error(`no object: ${told}`)
  return told.startsWith('{"error"') ? 'bad' : 'good'
}

const shapes = (format: Format, seeds: readonly string[]): Target => ({
  name: `decode ${format} shapes`,
  seeds: seeds.map((text) => Buffer.from(text)),
  change: changedShape,
  feed: (octets) => asked(format, Buffer.from(octets).toString()),
})

const changedShape: typeof changed = (seeds, dice) =>
  Buffer.from(reshaped(Buffer.from(dice.pick(seeds)).toString(), dice))

const asLine = (octets: Uint8Array, ctx: object): string =>
  JSON.stringify({ hex: Buffer.from(octets).toString('hex'), ctx })

/** Anew each time, so that nothing carries over: every input can be tried again alone. */
export const targets: readonly Target[] = [
  { name: 'mrt', seeds: [updates, table], feed: feedMrt },
  { name: 'dump', seeds: [updates, table], feed: feedDump },
  { name: 'rislive', seeds: frames, feed: feedRis },
  { name: 'rislive shapes', seeds: frames, feed: feedRis, change: changedShape },
  { name: 'gzip', seeds: [gzipSync(updates), gzipSync(table)], feed: feedPacked },
  { name: 'bzip2', seeds: [Buffer.from(BZIP2, 'base64')], feed: feedPacked },
  lines('bgp', messages),
  lines('mrt', [updates, table]),
  lines('bmp', bmp),
  lines('openbmp', bmp.map(openBmp)),
  lines('rislive', frames),
  shapes('rislive', [...frames.map(String), ...rareFrames]),
  shapes('bgp', [asLine(messages[0] as Uint8Array, { as4: true, addPath: ['2/1'] })]),
  shapes('bmp', [asLine(Buffer.concat(bmp), { stream: true, addPath: ['1/1'] })]),
]

const batch = new Batch()

function feedMrt(octets: Uint8Array): Verdict {
  const reader = new MrtReader(new VantagePoints(), 'fuzz', 0)
  reader.push(octets)
  for (let more = true; more; ) {
    batch.clear()
    more = reader.read(batch, true)
  }
  const { malformed, truncated, records } = reader.stats
  if (malformed > records) throw new Error(`${malformed} of ${records} records are malformed`)
  return malformed > 0 || truncated ? 'bad' : 'good'
}

const text = new OctetText(() => undefined)

function feedDump(octets: Uint8Array): Verdict {
  const stats = { records: 0, malformed: 0, truncated: false }
  const frames = new MrtFrames(stats)
  const dump = new BgpdumpText(text)
  frames.push(octets)
  while (frames.next(true)) dump.record(frames.bytes, frames.view, frames.at, frames.stop)
  text.flush()
  return stats.malformed + dump.malformed > 0 || stats.truncated ? 'bad' : 'good'
}

function feedRis(octets: Uint8Array): Verdict {
  const frame = Buffer.from(octets)
  const kinds = [{}, { raw: rawUpdates() }].map((options) => {
    batch.clear()
    return new RisDecoder(new VantagePoints(), options).decode(frame, batch, 0).kind
  })
  return kinds.includes('malformed') ? 'bad' : 'good'
}

async function feedPacked(octets: Uint8Array): Promise<Verdict> {
  const report = newReport()
  for await (const chunk of decompress(one(octets), report)) if (chunk.length === 0) return 'bad'
  return report.damaged > 0 || report.truncated ? 'bad' : 'good'
}

async function* one(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets
}

/** A seed with some octets changed, added, left out, or an end cut off; sometimes as it is. */
export function changed(seeds: readonly Uint8Array[], dice: Dice): Uint8Array {
  const seed = seeds[dice.int(0, seeds.length - 1)] as Uint8Array
  let octets = Uint8Array.from(seed)
  for (let left = dice.int(0, 4); left > 0 && octets.length > 0; left--) {
    const at = dice.int(0, octets.length - 1)
    switch (dice.int(0, 5)) {
      case 0:
        octets[at] = dice.int(0, 255)
        break
      case 1:
        octets[at] = (octets[at] as number) ^ (1 << dice.int(0, 7))
        break
      case 2:
        // Lengths and counts like these.
        octets[at] = [0, 1, 0x7f, 0x80, 0xff][dice.int(0, 4)] as number
        break
      case 3:
        octets = octets.slice(0, at)
        break
      case 4: {
        const end = Math.min(octets.length, at + dice.int(1, 16))
        octets = Uint8Array.of(...octets.subarray(0, end), ...octets.subarray(at))
        break
      }
      default: {
        const end = Math.min(octets.length, at + dice.int(1, 8))
        octets = Uint8Array.of(...octets.subarray(0, at), ...octets.subarray(end))
      }
    }
  }
  return octets
}

export interface Found {
  readonly inputs: number
  readonly good: number
  readonly bad: number
  /** Milliseconds that the slowest took. */
  readonly longest: number
}

/** Throws with the input that did it, as hex, when a decoder throws. */
export async function fuzz(
  target: Target,
  dice: Dice,
  inputs: number,
  until = Number.POSITIVE_INFINITY,
): Promise<Found> {
  const count = { good: 0, bad: 0 }
  let longest = 0
  let done = 0
  for (let before = performance.now(); done < inputs && before < until; done++) {
    const octets = (target.change ?? changed)(target.seeds, dice)
    try {
      const verdict = target.feed(octets)
      count[typeof verdict === 'string' ? verdict : await verdict]++
    } catch (error) {
      const cause = Buffer.from(octets).toString('hex')
      throw new Error(`${target.name}: ${(error as Error).message}, given ${cause}`, {
        cause: error,
      })
    }
    const now = performance.now()
    longest = Math.max(longest, now - before)
    before = now
  }
  return { inputs: done, ...count, longest }
}
