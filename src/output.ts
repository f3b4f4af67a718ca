// Where results go: standard output or a file, one writer for both. Whoever reads us may leave early
// (`| head`): that is the end of the work, not a fault.

import { closeSync, openSync, writeSync } from 'node:fs'

/** Octets gathered before they are written. */
const CHUNK = 1 << 16

export class Output {
  /** The reader has gone: nothing more is wanted. */
  gone = false
  /** Why not all could be written; null when it was. Whose fault it is, the command knows. */
  fault: string | null = null
  readonly #file: number
  readonly #own: boolean
  #text = ''

  /** Throws when the file cannot be made. */
  constructor(path: string | null) {
    this.#own = path !== null
    this.#file = path === null ? 1 : openSync(path, 'w', 0o644)
  }

  write(text: string): void {
    this.#text += text
    if (this.#text.length >= CHUNK) this.flush()
  }

  flush(): void {
    const octets = Buffer.from(this.#text)
    this.#text = ''
    for (let at = 0; at < octets.length && !this.gone; ) {
      try {
        at += writeSync(this.#file, octets, at)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        // A pipe that is full for the moment: its reader is slower than we are.
        if (code === 'EAGAIN') Atomics.wait(pause, 0, 0, 5)
        else {
          this.gone = true
          if (code !== 'EPIPE') this.fault = (error as Error).message
        }
      }
    }
  }

  close(): void {
    this.flush()
    if (this.#own) closeSync(this.#file)
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))
