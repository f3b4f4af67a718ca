// A starting table as text, and back: what stands at the head of a journal, so that a journal needs
// nothing but itself to be played again.

import { parsePath } from '../core/path.ts'
import { parsePrefix } from '../core/prefix.ts'
import type { Seed, SeedOrigin } from '../core/seed.ts'
import { UNKNOWN_PATH } from '../core/view.ts'
import { PATH, REFERENCE } from './rib.ts'
import type { Table } from './table.ts'

/** So many prefixes a row at most: rows stay lines that an editor can open. */
const ROW = 1_000

/** The table before `start`; rows in an order that depends on content alone. */
export function* seedsOf(table: Table): Iterable<Seed> {
  for (const peer of table.peers.list) {
    const byPath = new Map<number, string[]>()
    table.rib.sweep(peer.id, (prefix, word) => {
      const path = word & PATH
      if (path === 0 && (word & REFERENCE) === 0) return word
      const list = byPath.get(path)
      if (list) list.push(table.prefixText(prefix))
      else byPath.set(path, [table.prefixText(prefix)])
      return word
    })
    for (const [path, prefixes] of byPath) {
      const text = path === UNKNOWN_PATH ? null : table.pathText(path)
      for (let i = 0; i < prefixes.length; i += ROW) {
        yield {
          vantage: peer.id,
          path: text,
          known: peer.known,
          prefixes: prefixes.slice(i, i + ROW),
        }
      }
    }
  }
}

export function* originsOf(table: Table): Iterable<SeedOrigin> {
  for (const [asn, ids] of table.origins.all()) {
    const prefixes = ids.map((id) => table.prefixText(id))
    for (let i = 0; i < prefixes.length; i += ROW)
      yield { asn, prefixes: prefixes.slice(i, i + ROW) }
  }
}

/** Plants one row; false when it cannot be read. */
export function plant(table: Table, { vantage, path, known, prefixes }: Seed): boolean {
  const words: number[] = []
  if (path !== null && path !== '' && !parsePath(path, words)) return false
  const id =
    path === null ? UNKNOWN_PATH : table.paths.intern(Int32Array.from(words), 0, words.length)
  for (const text of prefixes) {
    const prefix = idOf(table, text)
    if (prefix < 0) return false
    if (path === '') table.seedLost(vantage, prefix)
    else table.seed(vantage, prefix, id, known)
  }
  return true
}

/** Says whose prefixes they are; after all rows, because it has the last word. */
export function plantOrigin(table: Table, { asn, prefixes }: SeedOrigin): boolean {
  for (const text of prefixes) {
    const prefix = idOf(table, text)
    if (prefix < 0) return false
    table.origins.assign(prefix, asn | 0)
  }
  return true
}

function idOf(table: Table, text: string): number {
  const prefix = parsePrefix(text)
  if (!prefix) return -1
  const [w0, w1, w2, w3] = prefix.words
  return table.internPrefix(prefix.afi, w0, w1, w2, w3, prefix.length)
}
