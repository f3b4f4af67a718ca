// Where results go: standard output or a file, one writer for both. Whoever reads us may leave early
// (`| head`): that is the end of the work, not a fault.

import { closeSync, openSync, writeSync } from 'node:fs'

/** Octets gathered before they are written. */
const CHUNK = 1 << 16
/** Octets that wait for a slow reader, where nobody waits with them. */
const MOST_WAITING = 4 << 20
/** Milliseconds between attempts, and for the last of them all. */
const PAUSE = 50
const FAREWELL = 500

export class Output {
  /** The reader has gone: nothing more is wanted. */
  gone = false
  /** Why not all could be written; null when it was. Whose fault it is, the command knows. */
  fault: string | null = null
  /** Lines for which there was no room while the reader stood still. */
  lost = 0
  readonly #file: number
  readonly #own: boolean
  readonly #waits: boolean
  #text = ''
  /** What has been gathered and not written yet, the oldest first. */
  #waiting: Buffer[] = []
  #octets = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * Throws when the file cannot be made. With `waits` everything stands still until a slow reader has
   * taken all; without, for who has more to do, it is kept, as much as there is room for.
   */
  constructor(path: string | null, { waits = true } = {}) {
    this.#waits = waits
    this.#own = path !== null
    this.#file = path === null ? 1 : openSync(path, 'w', 0o644)
  }

  /** Whole lines, where not everything may be kept. */
  write(text: string): void {
    this.#text += text
    if (this.#text.length >= CHUNK) this.flush()
  }

  flush(): void {
    this.#keep()
    this.#send(this.#waits ? Number.POSITIVE_INFINITY : 0)
    if (this.#octets > 0) this.#timer ??= setTimeout(() => this.#again(), PAUSE).unref()
  }

  /** What does not go out now is lost. */
  close(): void {
    clearTimeout(this.#timer)
    this.#keep()
    this.#send(this.#waits ? Number.POSITIVE_INFINITY : FAREWELL)
    this.#drop()
    if (this.#own) closeSync(this.#file)
  }

  #again(): void {
    this.#timer = undefined
    this.flush()
  }

  #keep(): void {
    let octets = Buffer.from(this.#text)
    this.#text = ''
    const room = this.#waits ? octets.length : MOST_WAITING - this.#octets
    if (octets.length > room) {
      const end = octets.subarray(0, room).lastIndexOf(LINE_END) + 1
      this.lost += lines(octets.subarray(end))
      octets = octets.subarray(0, end)
    }
    if (octets.length === 0) return
    this.#waiting.push(octets)
    this.#octets += octets.length
  }

  /** Writes what waits, for so many milliseconds at most. */
  #send(patience: number): void {
    const end = performance.now() + patience
    for (let octets = this.#waiting[0]; octets && !this.gone; octets = this.#waiting[0]) {
      try {
        const written = writeSync(this.#file, octets)
        this.#octets -= written
        if (written < octets.length) this.#waiting[0] = octets.subarray(written)
        else this.#waiting.shift()
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code !== 'EAGAIN') {
          this.gone = true
          if (code !== 'EPIPE') this.fault = (error as Error).message
        } else if (performance.now() >= end) return
        // A pipe that is full for the moment: its reader is slower than we are.
        else Atomics.wait(pause, 0, 0, 5)
      }
    }
    if (this.gone) this.#drop()
  }

  #drop(): void {
    for (const octets of this.#waiting) this.lost += lines(octets)
    this.#waiting = []
    this.#octets = 0
  }
}

const LINE_END = 10

function lines(octets: Buffer): number {
  let count = 0
  for (let at = octets.indexOf(LINE_END); at >= 0; at = octets.indexOf(LINE_END, at + 1)) count++
  return count
}

const pause = new Int32Array(new SharedArrayBuffer(4))
