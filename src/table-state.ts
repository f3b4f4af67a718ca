// The table on disk, so that a daemon that starts again goes on where the last one stopped. A picture is
// taken one vantage point after the other, between other work; each brings with it how far its
// queue had been applied, so that what is read again is told from what is new. The file is the head of a
// journal with a digest at its end, and replaces the one before only when it is whole and on the disk.

import { createHash, type Hash } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  createReadStream,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { JournalHeader } from './clock/journal.ts'
import { JournalReader, type JournalTarget } from './clock/journal-reader.ts'
import { Batch } from './core/batch.ts'
import type { Seed, SeedOrigin, SeedPeer, SeedPlace } from './core/seed.ts'
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

/** Throws when no picture could be written there. */
export function makeStateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  accessSync(folder, constants.W_OK | constants.X_OK)
}

const fileOf = (folder: string): string => join(folder, 'table.ndjson')

/** Characters that are written at once, and of rows in one piece, before others have their turn. */
const CHUNK = 1 << 18
const PIECE = 1 << 18
/** Octets between two times that the disk is asked to have what was written: at the end little is left. */
const SYNC = 32 << 20

/** Octets of the first line that are looked at. */
const LONGEST_HEAD = 4 << 20

/** The last line, which is as long in every file. */
const endLine = (digest: string): string => `{"end":true,"sha256":"${digest}"}\n`
const END = endLine('0'.repeat(64)).length

/** One picture under way. A fault ends it; the one before stays. */
export class StatePicture {
  /** Octets written so far. */
  octets = 0
  readonly #path: string
  readonly #table: Table
  readonly #placeOf: (vantage: number) => SeedPlace | null
  readonly #peers: SeedPeer[] = []
  readonly #digest: Hash = createHash('sha256')
  #file: number
  #text = ''
  #next = 0
  #rows: Iterator<Seed> | null = null
  #origins: Iterator<SeedOrigin> | null = null
  #synced = 0
  #isSyncing = false
  #isWritten = false
  #fault: Error | null = null

  /** `placeOf`: how far the queue of a vantage point has been applied; null = it has none. Throws when it cannot write. */
  constructor(
    folder: string,
    header: JournalHeader,
    state: TableState,
    table: Table,
    placeOf: (vantage: number) => SeedPlace | null,
  ) {
    this.#path = fileOf(folder)
    makeStateFolder(folder)
    this.#table = table
    this.#placeOf = placeOf
    this.#file = openSync(`${this.#path}.part`, 'w', 0o600)
    this.#line({ faultline: 'journal', schema: 1, ...header, segment: 2, state })
  }

  /** Goes on for about so many milliseconds; true when it is whole and in its place. Throws when it cannot write. */
  step(milliseconds: number): boolean {
    const until = performance.now() + milliseconds
    while (!this.#isWritten) {
      this.#advance()
      if (performance.now() >= until) break
    }
    if (this.#fault) throw this.#fault
    if (!this.#isWritten || this.#isSyncing) return false
    if (this.#synced < this.octets) {
      this.#sync()
      return false
    }
    this.#place()
    return true
  }

  /** All the rest of it at once. Throws when it cannot write. */
  finish(): void {
    while (!this.#isWritten) this.#advance()
    fsyncSync(this.#file)
    this.#place()
  }

  /** Leaves no trace, where that is possible. */
  abandon(): void {
    if (this.#file < 0) return
    try {
      this.#close()
      rmSync(`${this.#path}.part`, { force: true })
    } catch {
      // The next one writes over it.
    }
  }

  /** Some more lines. */
  #advance(): void {
    const start = this.octets + this.#text.length
    while (this.#rows) {
      const { done, value } = this.#rows.next()
      if (done) this.#rows = null
      else this.#line({ seed: value })
      if (this.octets + this.#text.length - start > PIECE) return
    }
    const peer = this.#table.peers.list[this.#next]
    if (!peer) {
      this.#tail()
      return
    }
    this.#next++
    const { collector, address, asn } = this.#table.vantages.get(peer.id)
    this.#line({ v: [peer.id, collector, address, asn] })
    // All of it is of this moment, however long it takes to write.
    const place = this.#placeOf(peer.id)
    this.#peers.push({ ...peerState(peer), ...(place ? { place } : {}) })
    this.#rows = peerRows(this.#table, peer)[Symbol.iterator]()
  }

  /** Whose prefixes they are; and in the end where the vantage points stand. */
  #tail(): void {
    this.#origins ??= originsOf(this.#table)[Symbol.iterator]()
    const start = this.octets + this.#text.length
    while (this.octets + this.#text.length - start <= PIECE) {
      const { done, value } = this.#origins.next()
      if (!done) this.#line({ origin: value })
      else {
        this.#end()
        return
      }
    }
  }

  #end(): void {
    // Names of feeds and files as far as somebody was heard through them, or they would grow with every restart.
    for (const number of new Set(this.#peers.map(({ notes }) => Number(notes['source'])))) {
      const name = this.#table.files[number]
      if (name !== undefined) this.#line({ f: [number, name] })
    }
    for (const peer of this.#peers) this.#line({ peer })
    this.#line({ start: true })
    this.#flush()
    this.#text = endLine(this.#digest.digest('hex'))
    this.#write()
    this.#isWritten = true
  }

  /** Waiting for the disk would hold up everything else. */
  #sync(): void {
    const { octets } = this
    this.#isSyncing = true
    fsync(this.#file, (error) => {
      this.#isSyncing = false
      // Given up meanwhile.
      if (this.#file < 0) return
      if (error) this.#fault = error
      this.#synced = octets
    })
  }

  #place(): void {
    this.#close()
    renameSync(`${this.#path}.part`, this.#path)
    // The name too must survive a loss of power.
    const folder = openSync(dirname(this.#path), 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  }

  #close(): void {
    const file = this.#file
    this.#file = -1
    closeSync(file)
  }

  #line(value: object): void {
    this.#text += `${JSON.stringify(value)}\n`
    if (this.#text.length >= CHUNK) this.#flush()
  }

  #flush(): void {
    this.#digest.update(this.#text)
    this.#write()
    if (!this.#isSyncing && this.octets - this.#synced >= SYNC) this.#sync()
  }

  #write(): void {
    const octets = Buffer.from(this.#text)
    for (let at = 0; at < octets.length; ) at += writeSync(this.#file, octets, at)
    this.octets += octets.length
    this.#text = ''
  }
}

export interface Restored {
  readonly state: TableState
  /** How far its queue was applied, by vantage point. */
  readonly places: ReadonlyMap<number, SeedPlace>
  /** Lines that there was no use or no room for. */
  readonly lost: number
}

/** Of the run that wants to go on; only what was watched and heard in the same way can be gone on from. */
type Wanted = Pick<JournalHeader, 'asns' | 'baseline' | 'hearsAll'>

/** The picture into an empty table; null when there is none, else why it is of no use: then nothing was done. */
export async function restoreTable(
  { folder, mostAge }: StateSettings,
  table: Table,
  wanted: Wanted,
  now: Instant,
): Promise<Restored | string | null> {
  const path = fileOf(folder)
  let head: string
  try {
    // First it is looked at: half a table would be worse than none.
    head = await headIfWhole(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? null : message
  }
  let state: TableState | null = null
  let refused = 'it is damaged'
  readerInto(new VantagePoints(), [], {
    ...nothing,
    header: (header) => {
      if (!isState(header.state)) refused = 'it is no state of this version'
      else if (now - header.state.wall > mostAge) refused = 'it is too old'
      else if (String(header.asns) !== String(wanted.asns)) refused = 'other ASes were watched'
      else if (header.baseline !== wanted.baseline) refused = 'it began with another starting table'
      else if (header.hearsAll !== wanted.hearsAll) refused = 'feeds told of other prefixes'
      else state = header.state
      return true
    },
  }).line(head)
  if (state === null) return refused
  const places = new Map<number, SeedPlace>()
  const into = readerInto(table.vantages, table.files, {
    header: () => true,
    seed: (seed) => plant(table, seed),
    peer: (peer) => {
      if (peer.place) places.set(peer.vantage, peer.place)
      return plantPeer(table, peer)
    },
    origin: (origin) => plantOrigin(table, origin),
  })
  await journalLines(path, into, () => undefined)
  table.sessions.forgetTakenBack()
  return { state, places, lost: into.stats.malformed }
}

type Taker = Omit<JournalTarget, 'start' | 'sink'>
const nothing: Taker = {
  header: () => true,
  seed: () => true,
  peer: () => true,
  origin: () => true,
}

const readerInto = (vantages: VantagePoints, files: string[], target: Taker): JournalReader =>
  new JournalReader(vantages, files, new Batch(1, 1), {
    ...target,
    start: () => undefined,
    sink: { message: () => undefined, fact: () => undefined },
  })

/** Its first line; '' when the last one is not the digest of all before it. Throws when it cannot be read. */
async function headIfWhole(path: string): Promise<string> {
  const rest = statSync(path).size - END
  if (rest <= 0) return ''
  const digest = createHash('sha256')
  let head = ''
  for await (const chunk of createReadStream(path, { end: rest - 1, highWaterMark: CHUNK })) {
    digest.update(chunk as Buffer)
    // Positions of very many queues may fill some chunks.
    if (head.length < LONGEST_HEAD && !head.includes('\n')) head += String(chunk)
  }
  let last = ''
  for await (const chunk of createReadStream(path, { start: rest })) last += String(chunk)
  return last === endLine(digest.digest('hex')) ? head.slice(0, head.indexOf('\n')) : ''
}

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
