// The whole corridor: what `replay` does, without printing. Without a starting table the baseline is
// learned from the input first.

import { closeSync, openSync, writeSync } from 'node:fs'
import { isSegmented } from '../core/path.ts'
import { type Archive, listArchive } from '../feeds/archive.ts'
import { ReplayRun } from '../replay-run.ts'
import { PATH } from '../table/rib.ts'
import { START } from './corpus.ts'
import { firstRoutes } from './decoding.ts'
import { DumpWriter } from './dump.ts'
import { type Measured, used } from './measured.ts'

export async function replaying(path: string, rib?: string, jobs = 1): Promise<Measured> {
  const updates = archive(path)
  const ribs = rib === undefined ? null : archive(rib)
  const inputs = { version: 'bench', config: 'none', asRelationships: null, vrps: null }
  const run = new ReplayRun({ updates, ribs, asns: null, inputs, jobs }, () => undefined)
  await run.read()
  const { table } = run.journey
  const routes = table.peers.list.reduce((n, { routes4, routes6 }) => n + routes4 + routes6, 0)
  return { elements: table.elements, octets: updates.bytes, routes, ...used() }
}

function archive(path: string): Archive {
  const found = listArchive([path], { collector: 'bench' })
  if (!found.ok) throw new Error(`${path} cannot be read`)
  return found
}

/** Writes the table the updates of `path` may have started from; how many routes it holds. */
export async function writeStart(path: string, to: string): Promise<number> {
  const table = await firstRoutes(path)
  const { names, paths, rib, vantages } = table
  const file = openSync(to, 'w')
  const out = new DumpWriter(START - 1, vantages.list, (chunk) => writeSync(file, chunk))
  let routes = 0
  for (let prefix = 0; prefix < names.count; prefix++) {
    const words = [names.word0, names.word1, names.word2, names.word3].map((w) => w[prefix] ?? 0)
    out.begin(names.afi[prefix] as number, words, names.length[prefix] as number)
    for (let vantage = 0; vantage < vantages.list.length; vantage++) {
      const id = rib.word(vantage, prefix) & PATH
      const [start, hops] = [paths.start[id] as number, paths.length[id] as number]
      if (id === 0 || hops === 0 || hops > 60 || isSegmented(paths.words, start, hops)) continue
      out.route(vantage, paths.words, start, hops)
      routes++
    }
    out.end()
  }
  out.flush()
  closeSync(file)
  return routes
}
