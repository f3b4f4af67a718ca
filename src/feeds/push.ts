// Samples and changes in the body of a request: a line each, or one list.

import type { Change, Sample } from '../core/sample.ts'
import type { Refused } from './notices.ts'

type Reading =
  | { readonly ok: true; readonly fact: Sample | Change }
  | { readonly ok: false; readonly why: string }

/** How one of them is read. */
export interface SampleReader {
  line(text: string): Reading
  value(value: unknown): Reading
}

export interface PushReading {
  /** With the line, or the place in the list, that each was read from. */
  readonly facts: readonly { readonly line: number; readonly fact: Sample | Change }[]
  readonly refused: readonly Refused[]
}

export function readPush(body: string, reader: SampleReader): PushReading {
  const given = body.trimStart().startsWith('[') ? ofList(body, reader) : ofLines(body, reader)
  const facts: { line: number; fact: Sample | Change }[] = []
  const refused: Refused[] = []
  for (const { line, reading } of given) {
    if (reading.ok) facts.push({ line, fact: reading.fact })
    else refused.push({ line, why: reading.why })
  }
  return { facts, refused }
}

interface Read {
  readonly line: number
  readonly reading: Reading
}

function ofList(body: string, { value }: SampleReader): Read[] {
  let list: unknown
  try {
    list = JSON.parse(body)
  } catch {
    return [{ line: 1, reading: { ok: false, why: 'is not JSON' } }]
  }
  return (list as unknown[]).map((item, i) => ({ line: i + 1, reading: value(item) }))
}

function* ofLines(body: string, { line: read }: SampleReader): Generator<Read> {
  for (const [i, text] of body.split('\n').entries())
    if (text.trim() !== '') yield { line: i + 1, reading: read(text) }
}
