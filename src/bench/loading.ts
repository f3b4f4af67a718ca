// A large starting table, as every peer of a big collector would send it: how fast it is read, and what
// it weighs. It is made as it is read, so no file is needed; making it does not count.

import { Batch } from '../core/batch.ts'
import { VantagePoints } from '../core/vantage.ts'
import { Table } from '../table/table.ts'
import { MrtReader } from '../wire/mrt.ts'
import { START } from './corpus.ts'
import { DumpWriter } from './dump.ts'
import type { Measured } from './measured.ts'

/** The real table has thirteen prefixes an origin. */
const PREFIXES_EACH = 13
const TRANSITS = 200

/**
 * `prefixes` of `peers` full tables. Peers of the same of `networks` tell the same paths: with as many
 * networks as peers, there is a unique path for each thirteen routes.
 */
export async function loading(
  peers: number,
  prefixes: number,
  networks = peers,
): Promise<Measured> {
  const vantages = new VantagePoints()
  const table = new Table({ vantages, asns: null, baseline: 'rib' })
  const reader = new MrtReader(vantages, 'bench', 0)
  const batch = new Batch()
  let octets = 0
  let elements = 0
  let cpu = 0
  const read = (chunk: Uint8Array) => {
    const began = process.cpuUsage()
    octets += chunk.length
    reader.push(chunk)
    for (let more = true; more; ) {
      batch.clear()
      more = reader.read(batch)
      table.load(batch)
      elements += batch.elements
    }
    const { user, system } = process.cpuUsage(began)
    cpu += (user + system) / 1e6
  }
  const list = Array.from({ length: peers }, (_, i) => ({
    address: `192.0.${i >> 8}.${i & 255}`,
    asn: 64_512 + (i % networks),
  }))
  const before = process.memoryUsage().rss
  const out = new DumpWriter(START, list, read)
  const path = new Int32Array(5)
  for (let k = 0; k < prefixes; k++) {
    const origin = Math.floor(k / PREFIXES_EACH)
    // From 1.0.0.0 on, with holes, so that hashing is not made too easy.
    out.begin(4, [(0x01000000 + k * 3 * 256) | 0], 24)
    for (let peer = 0; peer < peers; peer++) {
      const network = peer % networks
      path[0] = 64_512 + network
      path[1] = 1_000 + ((Math.imul(origin + network, 0x9e3779b1) >>> 0) % TRANSITS)
      path[2] = 5_000 + ((Math.imul(origin, 0x85ebca6b) >>> 0) % (TRANSITS * 10))
      path[3] = 100_000 + origin
      out.route(peer, path, 0, 4)
    }
    out.end()
  }
  out.flush()
  const rss = process.memoryUsage().rss
  const paths = table.paths.size
  return { elements, octets, cpu, rss, perRoute: (rss - before) / elements, paths }
}
