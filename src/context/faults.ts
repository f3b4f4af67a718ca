// What is wrong with an operator's file: each fault with its line, all of them at once, up to a bound.

export interface FileFault {
  /** From 1; 0 when it is of the file as a whole. */
  readonly line: number
  readonly why: string
}

/** What became of a file: usable only when there are no faults. */
export interface FileReading {
  /** What it is a picture of, in microseconds since 1970; null when it does not say. */
  readonly date: number | null
  /** In our own notation (context.ts). */
  readonly content: string
  readonly faults: readonly FileFault[]
  /** Faults beyond those that are kept. */
  readonly more: number
}

const MOST_FAULTS = 20

export class Faults {
  readonly list: FileFault[] = []
  more = 0

  get any(): boolean {
    return this.list.length > 0
  }

  /** False when there is no room for more: it is counted only. */
  add(line: number, why: string): boolean {
    if (this.list.length >= MOST_FAULTS) {
      this.more++
      return false
    }
    this.list.push({ line, why })
    return true
  }
}

/** What stands in a file, short enough for a line. */
export function shown(value: unknown): string {
  // A list in a list in a list has no end that can be shown.
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? `a list of ${value.length}` : 'an object'
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
