// The table on disk, so that a daemon that starts again goes on where the last one stopped. A picture is
// taken one vantage point after the other, between other work; each brings with it how far its
// queue had been applied, so that what is read again is told from what is new. The file is the head of a
// journal, and replaces the one before only when it is whole.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { JournalHeader } from './clock/journal.ts'
import { JournalReader, type JournalTarget } from './clock/journal-reader.ts'
import { Batch } from './core/batch.ts'
import type { Seed, SeedPeer } from './core/seed.ts'
import type { StateSettings } from './core/state.ts'
import type { Instant } from './core/time.ts'
import { VantagePoints } from './core/vantage.ts'
import { journalLines } from './journal-run.ts'
import { originsOf, peerRows, peerState, plant, plantOrigin, plantPeer } from './table/snapshot.ts'
import type { Table } from './table/table.ts'

/** Where each queue of each feed is to be read from again. */
export type Positions = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface TableState {
  /** Event time, and that of the wall, at which it was begun. */
  readonly at: Instant
  readonly wall: Instant
  readonly positions: Positions
}

const fileOf = (folder: string): string => join(folder, 'table.ndjson')

const CHUNK = 1 << 18
/** Of rows in one piece, before others have their turn. */
const PIECE = 1 << 20

/** One picture under way. A fault ends it; the one before stays. */
export class StatePicture {
  /** Octets written so far. */
  octets = 0
  readonly #path: string
  readonly #table: Table
  readonly #applied: (vantage: number) => number
  readonly #peers: SeedPeer[] = []
  readonly #files: readonly string[]
  #file: number
  #text = ''
  #next = 0
  #rows: Iterator<Seed> | null = null

  /** `applied`: what of its queue was applied last of a vantage point; -1 = it has none. Throws when it cannot write. */
  constructor(
    folder: string,
    header: JournalHeader,
    state: TableState,
    table: Table,
    applied: (vantage: number) => number,
  ) {
    this.#path = fileOf(folder)
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    this.#table = table
    this.#applied = applied
    this.#files = [...table.files]
    this.#file = openSync(`${this.#path}.part`, 'w', 0o600)
    this.#line({ faultline: 'journal', schema: 1, ...header, segment: 2, state })
    for (const [number, name] of this.#files.entries()) this.#line({ f: [number, name] })
  }

  /** Goes on for about so many milliseconds; true when it is whole and in its place. Throws when it cannot write. */
  step(milliseconds: number): boolean {
    const until = performance.now() + milliseconds
    do {
      if (!this.#advance()) {
        this.#end()
        return true
      }
    } while (performance.now() < until)
    return false
  }

  /** Leaves no trace. */
  abandon(): void {
    if (this.#file < 0) return
    closeSync(this.#file)
    this.#file = -1
    rmSync(`${this.#path}.part`, { force: true })
  }

  /** Some more lines; false when there are no more vantage points. */
  #advance(): boolean {
    const start = this.octets + this.#text.length
    while (this.#rows) {
      const { done, value } = this.#rows.next()
      if (done) this.#rows = null
      else this.#line({ seed: value })
      if (this.octets + this.#text.length - start > PIECE) return true
    }
    const peer = this.#table.peers.list[this.#next++]
    if (!peer) return false
    const { collector, address, asn } = this.#table.vantages.get(peer.id)
    this.#line({ v: [peer.id, collector, address, asn] })
    // All of it is of this moment, however long it takes to write.
    const place = this.#applied(peer.id)
    this.#peers.push({ ...peerState(peer), ...(place < 0 ? {} : { place }) })
    this.#rows = peerRows(this.#table, peer)[Symbol.iterator]()
    return true
  }

  #end(): void {
    for (const origin of originsOf(this.#table)) this.#line({ origin })
    for (const peer of this.#peers) this.#line({ peer })
    this.#line({ start: true })
    this.#line({ end: true })
    this.#flush()
    fsyncSync(this.#file)
    closeSync(this.#file)
    this.#file = -1
    renameSync(`${this.#path}.part`, this.#path)
    // The name too must survive a loss of power.
    const folder = openSync(dirname(this.#path), 'r')
    fsyncSync(folder)
    closeSync(folder)
  }

  #line(value: object): void {
    this.#text += `${JSON.stringify(value)}\n`
    if (this.#text.length >= CHUNK) this.#flush()
  }

  #flush(): void {
    const octets = Buffer.from(this.#text)
    for (let at = 0; at < octets.length; ) at += writeSync(this.#file, octets, at)
    this.octets += octets.length
    this.#text = ''
  }
}

export interface Restored {
  readonly state: TableState
  /** What of its queue was applied last, by vantage point. */
  readonly places: ReadonlyMap<number, number>
}

/** The picture into an empty table; null when there is none, else why it is of no use: then nothing was done. */
export async function restoreTable(
  { folder, mostAge }: StateSettings,
  table: Table,
  { asns, baseline }: Pick<JournalHeader, 'asns' | 'baseline'>,
  now: Instant,
): Promise<Restored | string | null> {
  const path = fileOf(folder)
  if (!existsSync(path)) return null
  let state: TableState | null = null
  let refused: string | null = null
  // First it is looked at: half a table would be worse than none.
  const look = readerInto(new VantagePoints(), [], {
    header: (header) => {
      if (!isState(header.state)) refused = 'it is no state of this version'
      else if (now - header.state.wall > mostAge) refused = 'it is too old'
      else if (String(header.asns) !== String(asns)) refused = 'other ASes were watched'
      else if (header.baseline !== baseline) refused = 'it began with another starting table'
      else state = header.state
      return refused === null
    },
    seed: () => true,
    peer: () => true,
    origin: () => true,
  })
  await journalLines(path, look, () => undefined)
  const { truncated, malformed } = look.stats
  if (refused !== null) return refused
  if (state === null || truncated || malformed > 0) return 'it is damaged'
  const places = new Map<number, number>()
  const into = readerInto(table.vantages, table.files, {
    header: () => true,
    seed: (seed) => plant(table, seed),
    peer: (peer) => {
      if (peer.place !== undefined) places.set(peer.vantage, peer.place)
      return plantPeer(table, peer)
    },
    origin: (origin) => plantOrigin(table, origin),
  })
  await journalLines(path, into, () => undefined)
  return { state, places }
}

const readerInto = (
  vantages: VantagePoints,
  files: string[],
  target: Omit<JournalTarget, 'start' | 'sink'>,
): JournalReader =>
  new JournalReader(vantages, files, new Batch(1, 1), {
    ...target,
    start: () => undefined,
    sink: { message: () => undefined, fact: () => undefined },
  })

const isNumbers = (value: unknown): value is Readonly<Record<string, number>> =>
  typeof value === 'object' && value !== null && Object.values(value).every(Number.isSafeInteger)

function isState(value: unknown): value is TableState {
  if (typeof value !== 'object' || value === null) return false
  const { at, wall, positions } = value as Record<string, unknown>
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(wall)) return false
  return (
    typeof positions === 'object' && positions !== null && Object.values(positions).every(isNumbers)
  )
}
