// The whole corridor: what `replay` does, without printing. Without a starting table the baseline is
// learned from the input first.

import { type Archive, listArchive } from '../feeds/archive.ts'
import { ReplayRun } from '../replay-run.ts'
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
