// How far a replay has come, on one line of stderr that writes over itself. Off a terminal it is
// silent unless asked: a log full of percentages helps nobody. Time comes in as an argument.

import { type Instant, iso, type Span, words } from '../core/time.ts'
import { count, many } from './plain.ts'

interface ProgressSettings {
  /** `bar` for a terminal, `lines` now and then for a log, `off`. */
  readonly mode: 'bar' | 'lines' | 'off'
  /** Octets of all input as it lies on disk; null when not known, then there is no end in sight. */
  readonly octets: number | null
  write(text: string): void
  /** Width of the terminal, asked each time: people resize. */
  columns?(): number
}

export interface Reached {
  readonly octets: number
  /** Of a download: files that are here, and all of them. The rest is of a replay. */
  readonly files?: readonly [here: number, of: number]
  readonly elements?: number
  /** Event time. */
  readonly at: Instant | null
  readonly incidents?: number
}

/** Ten times a second is as often as an eye follows; half a minute as often as a log wants. */
const EVERY: Record<'bar' | 'lines', Span> = { bar: 100_000, lines: 30_000_000 }
const BAR = 20
/** Before this much time a rate is a guess. */
const TOO_SOON: Span = 500_000

export class Progress {
  readonly #settings: ProgressSettings
  readonly #started: Instant
  #told: Instant
  /** Characters of the bar that stand on the terminal. */
  #shown = 0

  constructor(settings: ProgressSettings, now: Instant) {
    this.#settings = settings
    this.#started = now
    this.#told = now
  }

  /** Cheap enough to be called for every batch. */
  update(reached: Reached, now: Instant): void {
    const { mode, write, columns } = this.#settings
    if (mode === 'off' || now - this.#told < EVERY[mode]) return
    this.#told = now
    const text = this.#line(reached, now, mode === 'bar')
    if (mode === 'lines') {
      write(`${text}\n`)
      return
    }
    // The last column stays free: writing into it makes some terminals go to the next line.
    const fits = text.slice(0, Math.max(0, (columns?.() ?? 80) - 1))
    write(`\r${fits.padEnd(this.#shown)}`)
    this.#shown = fits.length
  }

  /** Makes room for other text; the next update draws it again. Also the end of it. */
  clear(): void {
    if (this.#shown === 0) return
    this.#settings.write(`\r${' '.repeat(this.#shown)}\r`)
    this.#shown = 0
  }

  #line({ octets, elements, at, incidents, files }: Reached, now: Instant, bar: boolean): string {
    const total = this.#settings.octets
    const share = total === null || total === 0 ? null : Math.min(1, octets / total)
    const spent = now - this.#started
    const perSecond = (n: number) => (n / Math.max(spent, 1)) * 1e6
    const parts: string[] = []
    if (share !== null) {
      parts.push(`${String(Math.floor(share * 100)).padStart(3)} %`)
      if (bar) parts.push(`[${'#'.repeat(Math.floor(share * BAR)).padEnd(BAR, '.')}]`)
    }
    if (spent >= TOO_SOON) {
      parts.push(`${(perSecond(octets) / 1e6).toFixed(1)} MB/s`)
      if (elements !== undefined)
        parts.push(`${(perSecond(elements) / 1e6).toFixed(2)} M elements/s`)
    }
    if (at !== null) parts.push(`${iso(at).slice(0, 19).replace('T', ' ')}Z`)
    if (incidents !== undefined) parts.push(many(incidents, 'incident'))
    if (files !== undefined) parts.push(`${count(files[0])} of ${many(files[1], 'file')}`)
    if (share !== null && share > 0 && spent >= TOO_SOON)
      parts.push(`ETA ${words((spent / share) * (1 - share))}`)
    return parts.join('  ')
  }
}
