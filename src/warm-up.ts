// A minute of invented routes through a corridor that is thrown away, before the real one is opened. Code
// that runs for the first time is read, not compiled: the first seconds of a busy feed would take ten times
// as long as all that follow, and the feed does not wait.

import { Order } from './clock/order.ts'
import { BatchPool } from './core/batch.ts'
import { VantagePoints } from './core/vantage.ts'
import { detectDefaults } from './detect/detectors.ts'
import { Journey } from './journey.ts'
import { RisDecoder } from './wire/ris-json.ts'

const MESSAGES = 60_000
const PEERS = 12
const PREFIXES = 600
/** Messages a second of event time, so that there are ticks among them. */
const RATE = 200
/** 2001-09-09T01:46:40Z. */
const START = 1_000_000_000

/** Takes a third of a second; leaves nothing behind. How many elements it heard. */
export function warmUp(messages = MESSAGES): number {
  const vantages = new VantagePoints()
  const inputs = { version: '', config: '', asRelationships: null, vrps: null }
  const asns = new Set([64_500, 64_501])
  const journey = new Journey(
    { vantages, asns, baseline: 'learned-live', inputs, detect: detectDefaults },
    () => undefined,
  )
  journey.table.files.push('warm-up')
  journey.table.start()
  const pool = new BatchPool()
  const order = new Order(vantages, journey, (batch) => pool.give(batch))
  const stream = order.stream()
  const decoder = new RisDecoder(vantages)
  let batch = pool.take()
  for (let i = 0; i < messages; i++) {
    decoder.decode(Buffer.from(frameOf(i)), batch, i)
    if (i % 64 !== 63) continue
    order.push(stream, batch)
    order.release()
    batch = pool.take()
  }
  order.push(stream, batch)
  order.flush()
  journey.finish()
  return journey.table.elements
}

function frameOf(i: number): string {
  const peer = i % PEERS
  const turn = Math.floor(i / PEERS)
  const prefix = (turn * 7) % PREFIXES
  const text = `"10.${prefix >> 8}.${prefix & 255}.0/24"`
  const origin = 64_500 + (prefix % 40)
  // Now and then all of them lose the same for a while.
  const gone = turn % (4 * PREFIXES) > 3 * PREFIXES && prefix % 5 === 0
  const hops = [65_000 - peer, 100 + ((turn >> 5) % 3), origin].join()
  const what = gone
    ? `"path":[],"community":[],"announcements":[],"withdrawals":[${text}]`
    : `"path":[${hops}],"community":[],"origin":"IGP","announcements":[{"next_hop":"192.0.2.${peer}","prefixes":[${text}]}],"withdrawals":[]`
  return (
    `{"type":"ris_message","data":{"timestamp":${START + i / RATE},"peer":"192.0.2.${peer}",` +
    `"peer_asn":"${65_000 - peer}","id":"192.0.2.${peer}-${i.toString(16)}","host":"rrc00.ripe.net","type":"UPDATE",${what}}}`
  )
}
