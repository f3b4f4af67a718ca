// A journal through the corridor: what the clock released once, without the clock.

import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { JournalHeader } from './clock/journal.ts'
import { isJournal, JournalReader, type JournalStats } from './clock/journal-reader.ts'
import { Batch } from './core/batch.ts'
import type { Fact } from './core/fact.ts'
import type { Incident } from './core/incident.ts'
import type { Sink } from './core/sink.ts'
import type { Instant } from './core/time.ts'
import { VantagePoints } from './core/vantage.ts'
import { type DetectSettings, detectDefaults } from './detect/detectors.ts'
import { readChunks } from './feeds/archive.ts'
import { Journey, type JourneySettings, tellFrom } from './journey.ts'
import { plant, plantOrigin, plantPeer } from './table/snapshot.ts'
import type { PlanesSettings } from './verdict/planes.ts'
import { decompress } from './wire/decompress.ts'

/** Whether a file is a journal, packed or not; false when it cannot be read. */
export async function looksLikeJournal(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const head = new Uint8Array(64 << 10)
    const { bytesRead } = await file.read(head, 0, head.length)
    const some = async function* () {
      yield head.subarray(0, bytesRead)
    }
    for await (const chunk of decompress(some())) return isJournal(Buffer.from(chunk).toString())
    return false
  } catch {
    return false
  } finally {
    await file.close()
  }
}

/** Characters of a line: the longest that is written is an UPDATE of 65,536 prefixes. */
const LONGEST = 16 << 20
/** Stands for a line that is longer: it counts as one that cannot be read. */
const TOO_LONG = '!'

export type JournalOptions = Pick<JourneySettings, 'limits' | 'mostIncidents'>

export class JournalRun {
  readonly vantages = new VantagePoints()
  journey: Journey | null = null
  stats: JournalStats | null = null
  /** Event time of the first and the newest thing in it. */
  first: Instant | null = null
  now: Instant = Number.NEGATIVE_INFINITY
  readonly #options: JournalOptions
  readonly #tell: (incident: Incident) => void
  readonly #progress: (octets: number) => void
  readonly #files: string[] = []

  constructor(
    options: JournalOptions,
    tell: (incident: Incident) => void,
    progress: (octets: number) => void = () => undefined,
  ) {
    this.#options = options
    this.#tell = tell
    this.#progress = progress
  }

  /** False when the file has no header that can be read. */
  async read(path: string): Promise<boolean> {
    const batch = new Batch(1, 65_536)
    const sink: Sink = {
      message: (batch, m) => {
        this.now = batch.at[m] as number
        this.first ??= this.now
        this.journey?.message(batch, m)
      },
      fact: (fact: Fact) => {
        // What is known from then on is nothing that happened.
        if (fact.kind !== 'side-input') this.now = Math.max(this.now, fact.at)
        if (fact.kind === 'sample' || fact.kind === 'change') this.first ??= fact.at
        this.journey?.fact(fact)
      },
    }
    const reader = new JournalReader(this.vantages, this.#files, batch, {
      header: (header) => this.#begin(header),
      seed: (seed) => this.journey !== null && plant(this.journey.table, seed),
      peer: (peer) => this.journey !== null && plantPeer(this.journey.table, peer),
      origin: (origin) => this.journey !== null && plantOrigin(this.journey.table, origin),
      start: () => this.journey?.table.start(),
      sink,
    })
    this.stats = reader.stats
    let base: string | null = null
    let before = -1
    for (let at = path; ; ) {
      await journalLines(at, reader, this.#progress)
      const { goesOn, segment } = reader.stats
      // It was none of ours.
      if (segment === before) break
      before = segment
      // Where the others are follows from the name of this one, also after it was renamed.
      base ??= segment > 1 ? at.replace(new RegExp(`\\.${segment}$`), '') : at
      at = `${base}.${segment + 1}`
      // A segment that is not there any more, or not yet: what there is has been played.
      if (!goesOn || !existsSync(at)) break
    }
    this.journey?.finish()
    return this.journey !== null
  }

  #begin(header: JournalHeader): boolean {
    const { baseline, inputs, asns, detect, planes = {}, from, hearsAll = true } = header
    if (!isDetect(detect) || !isPlanes(planes)) return false
    const settings: JourneySettings = {
      ...this.#options,
      vantages: this.vantages,
      files: this.#files,
      asns: asns && new Set(asns),
      baseline,
      hearsAll,
      inputs,
      detect,
      planes,
    }
    this.journey = new Journey(settings, tellFrom(from, this.#tell))
    return true
  }
}

/** How long each plane may be silent, and places; others of its settings are not set by anybody. */
function isPlanes(given: unknown): given is Pick<PlanesSettings, 'staleAfter' | 'pops'> | object {
  if (!isGroup(given)) return false
  const { staleAfter = {}, pops = {}, ...others } = given
  if (!isGroup(staleAfter) || !isGroup(pops)) return false
  const isList = (list: unknown) =>
    Array.isArray(list) && list.every((prefix) => typeof prefix === 'string')
  return (
    Object.keys(others).length === 0 &&
    Object.values(staleAfter).every(Number.isSafeInteger) &&
    Object.values(pops).every(isList)
  )
}

const isGroup = (given: unknown): given is Record<string, unknown> =>
  typeof given === 'object' && given !== null

/** The settings of all detectors, as this version has them. */
function isDetect(given: unknown): given is DetectSettings {
  return Object.entries(detectDefaults).every(([group, usual]) => {
    const settings = (given as Record<string, Record<string, unknown> | null>)[group]
    if (typeof settings !== 'object' || settings === null) return false
    return Object.entries(usual).every(([name, value]) =>
      Array.isArray(value)
        ? Array.isArray(settings[name]) && settings[name].every(Number.isInteger)
        : typeof settings[name] === typeof value,
    )
  })
}

/** All lines of one file, packed or not, to the reader; octets read are told as they come. */
export async function journalLines(
  path: string,
  reader: JournalReader,
  progress: (octets: number) => void,
): Promise<void> {
  const counted = async function* () {
    for await (const chunk of readChunks(path)) {
      progress(chunk.length)
      yield chunk
    }
  }
  const decoder = new TextDecoder()
  // Pieces of the line that has not ended yet, and how long they are.
  let pieces: string[] = []
  let length = 0
  for await (const chunk of decompress(counted())) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n')
    const rest = lines.pop() ?? ''
    for (const line of lines) {
      reader.line(length > LONGEST ? TOO_LONG : pieces.join('') + line)
      pieces = []
      length = 0
    }
    length += rest.length
    if (length > LONGEST) pieces = []
    else pieces.push(rest)
  }
  reader.line(length > LONGEST ? TOO_LONG : pieces.join(''))
}
