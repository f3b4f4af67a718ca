// A journal through the corridor: what the clock released once, without the clock.

import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isJournal, type JournalHeader, JournalReader, type JournalStats } from './clock/journal.ts'
import { Batch } from './core/batch.ts'
import type { Fact } from './core/fact.ts'
import type { Incident } from './core/incident.ts'
import type { Sink } from './core/sink.ts'
import type { Instant } from './core/time.ts'
import { VantagePoints } from './core/vantage.ts'
import type { DetectSettings } from './detect/detectors.ts'
import { readChunks } from './feeds/archive.ts'
import { Journey, type JourneySettings, tellFrom } from './journey.ts'
import { plant, plantOrigin, plantPeer } from './table/snapshot.ts'
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
        this.now = fact.at
        this.journey?.fact(fact)
      },
    }
    const reader = new JournalReader(this.vantages, this.#files, batch, {
      header: (header) => this.#begin(header),
      seed: (seed) => this.journey && plant(this.journey.table, seed),
      peer: (peer) => this.journey && plantPeer(this.journey.table, peer),
      origin: (origin) => this.journey && plantOrigin(this.journey.table, origin),
      start: () => this.journey?.table.start(),
      sink,
    })
    this.stats = reader.stats
    for (let at: string | null = path; at !== null; ) {
      await this.#lines(at, reader)
      const { next } = reader.stats
      // A segment that is not there any more, or not yet: what there is has been played.
      const beside: string | null = next === null ? null : join(dirname(at), basename(next))
      at = beside !== null && existsSync(beside) ? beside : null
    }
    this.journey?.finish()
    return this.journey !== null
  }

  async #lines(path: string, reader: JournalReader): Promise<void> {
    let rest = ''
    const text = new TextDecoder()
    for await (const chunk of decompress(this.#counted(path))) {
      const lines = (rest + text.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) reader.line(line)
    }
    reader.line(rest)
  }

  #begin({ baseline, inputs, asns, detect, from }: JournalHeader): void {
    const settings: JourneySettings = {
      ...this.#options,
      vantages: this.vantages,
      files: this.#files,
      asns: asns && new Set(asns),
      baseline,
      inputs,
      detect: detect as DetectSettings,
    }
    this.journey = new Journey(settings, tellFrom(from, this.#tell))
  }

  async *#counted(path: string): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of readChunks(path)) {
      this.#progress(chunk.length)
      yield chunk
    }
  }
}
