// A starting table as text, and back: what stands at the head of a journal, so that a journal needs
// nothing but itself to be played again.

import { parsePath } from '../core/path.ts'
import { parsePrefix } from '../core/prefix.ts'
import type { Seed, SeedOrigin, SeedPeer } from '../core/seed.ts'
import { UNKNOWN_PATH } from '../core/view.ts'
import type { Peer } from './peers.ts'
import { PATH } from './rib.ts'
import type { Table } from './table.ts'

/** So many prefixes a row at most: rows stay lines that an editor can open. */
const ROW = 1_000

/** The table before `start`. */
function seedsOf(table: Table): Iterable<Seed> {
  return rowsOf(table, false)
}

/** The table in full flight, with what it notes beside each path; `peersOf` belongs to it. */
function wordsOf(table: Table): Iterable<Seed> {
  return rowsOf(table, true)
}

function* rowsOf(table: Table, flagged: boolean): Iterable<Seed> {
  for (const peer of table.peers.list) yield* rowsOfPeer(table, peer, flagged)
}

/** What one vantage point holds at the moment of the call, though it be read later, in full flight. */
export const peerRows = (table: Table, peer: Peer): Iterable<Seed> => rowsOfPeer(table, peer, true)

function rowsOfPeer(table: Table, { id: vantage, known }: Peer, flagged: boolean): Iterable<Seed> {
  const kept = (word: number) => (flagged ? word : word & PATH)
  const byWord = new Map<number, number[]>()
  table.rib.sweep(vantage, (prefix, word) => {
    const list = byWord.get(kept(word))
    if (list) list.push(prefix)
    else byWord.set(kept(word), [prefix])
    return word
  })
  // Numbers of prefixes stay what they are; those of paths are given to others.
  const rows = [...byWord].map(([word, prefixes]) => {
    const path = word & PATH
    const row: Omit<Seed, 'prefixes'> = {
      vantage,
      path: path === 0 ? false : textOf(table, path),
      known,
      // In full flight a route without flags is one that is not ordinary.
      ...(flagged ? { flags: word & ~PATH } : {}),
    }
    return { row, prefixes }
  })
  const more = [...table.more.of(vantage)].map(([prefix, id, path]) => ({
    row: { vantage, path: textOf(table, path), known, id, ...(flagged ? { flags: 0 } : {}) },
    prefixes: [prefix],
  }))
  return (function* () {
    for (const { row, prefixes } of [...rows, ...more])
      for (let i = 0; i < prefixes.length; i += ROW)
        yield {
          ...row,
          prefixes: prefixes.slice(i, i + ROW).map((prefix) => table.prefixText(prefix)),
        }
  })()
}

const textOf = (table: Table, path: number): string | null =>
  path === UNKNOWN_PATH ? null : table.pathText(path)

function* peersOf(table: Table): Iterable<SeedPeer> {
  for (const peer of table.peers.list) yield peerState(peer)
}

export const peerState = (peer: Peer): SeedPeer => ({ vantage: peer.id, notes: notesOf(peer) })

/** What cannot be counted anew. */
function notesOf(peer: Peer): SeedPeer['notes'] {
  const { id: _, slot: _s, routes4: _4, routes6: _6, missing4: _m4, missing6: _m6, ...notes } = peer
  return notes
}

/** Whose prefixes they are at the moment of the call, though it be read later. */
export function originsOf(table: Table): Iterable<SeedOrigin> {
  const all = [...table.origins.all()].map(([asn, ids]) => [asn, [...ids]] as const)
  return (function* () {
    for (const [asn, ids] of all)
      for (let i = 0; i < ids.length; i += ROW)
        yield { asn, prefixes: ids.slice(i, i + ROW).map((id) => table.prefixText(id)) }
  })()
}

/** Where a journal gets its head from. */
export const journalSource = (table: Table) => ({
  rows: (first: boolean) => (first ? seedsOf(table) : wordsOf(table)),
  origins: () => originsOf(table),
  peers: () => peersOf(table),
})

/** Plants one row; false when it cannot be read. */
export function plant(table: Table, seed: Seed): boolean {
  const { vantage, path, known, flags, prefixes } = seed
  const one = seed.id
  if (one !== undefined && !Number.isInteger(one)) return false
  const id = pathOf(table, path)
  if (id < 0) return false
  for (const text of prefixes) {
    const prefix = idOf(table, text)
    if (prefix < 0) return false
    if (one !== undefined) table.seedOneOf(vantage, prefix, one, id, flags === undefined)
    else if (flags !== undefined) table.restore(vantage, prefix, id | flags)
    else if (path === false) table.seedLost(vantage, prefix)
    else table.seed(vantage, prefix, id, known)
  }
  return true
}

/** Notes that journals did not have from the beginning; without them they are what they are at first. */
const LATER = [
  'treatedAsWithdraw',
  'left4',
  'left6',
  'low',
  'lowBefore',
  'suspect',
  'outSince',
  'outFrom',
  'backSince',
  'silent',
  'stuck',
  'again',
  'retoldSince',
  'retold',
  'unheard',
  'heard',
  'heardAt',
  'spoke',
  'lostSince',
  'holeSince',
  'holeUntil',
  'hopeless',
  'adrift',
]

/** Says where a vantage point stands; after all rows of a snapshot. */
export function plantPeer(table: Table, { vantage, notes }: SeedPeer): boolean {
  // The same notes, of the same kinds, as we write: they may come from somebody else's file.
  for (const [name, value] of Object.entries(notesOf(table.peers.get(vantage)))) {
    if (LATER.includes(name) && !(name in notes)) continue
    const given = notes[name]
    if (name === 'lostTo' && (given === null || typeof given === 'string')) continue
    if (typeof given !== typeof value) return false
  }
  table.resume({ ...notes, id: vantage } as Parameters<Table['resume']>[0])
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

function pathOf(table: Table, path: Seed['path']): number {
  if (path === false) return 0
  if (path === null) return UNKNOWN_PATH
  const words: number[] = []
  if (!parsePath(path, words)) return -1
  return table.paths.intern(Int32Array.from(words), 0, words.length)
}

function idOf(table: Table, text: string): number {
  const prefix = parsePrefix(text)
  if (!prefix) return -1
  const [w0, w1, w2, w3] = prefix.words
  return table.internPrefix(prefix.afi, w0, w1, w2, w3, prefix.length)
}
