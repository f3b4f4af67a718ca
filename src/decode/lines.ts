// A line of text → what the octets in it mean, as one object. Lines are independent of each other.

import { readMessage } from './bgp.ts'
import { BmpSession } from './bmp.ts'
import { Cursor, Malformed, TooMuch } from './cursor.ts'
import { readRecords } from './mrt.ts'
import { readOpenBmp } from './openbmp.ts'
import { readFrame } from './ris-live.ts'
import { octetsOf } from './text.ts'

export const formats = ['bgp', 'mrt', 'bmp', 'openbmp', 'rislive'] as const
export type Format = (typeof formats)[number]

interface Line {
  readonly octets: Uint8Array
  readonly json: string
  readonly as4: boolean
  readonly addPath: readonly string[] | null
  /** Several messages back to back. */
  readonly stream: boolean
}

/** The answer to a line, as JSON. Whatever is the matter with a line costs that line, no other. */
export function answer(format: Format, line: string): string {
  try {
    return JSON.stringify(decodeLine(format, line))
  } catch (error) {
    // What it holds may be nested too deep, or be too much, to be written.
    return JSON.stringify({ error: `the answer cannot be written: ${(error as Error).message}` })
  }
}

/** Never throws for what the line says: `{ error }` tells what is wrong with it. */
export function decodeLine(format: Format, line: string): object {
  try {
    return decode(format, readLine(format, line.trim()))
  } catch (error) {
    if (error instanceof Malformed || error instanceof TooMuch) return { error: error.message }
    throw error
  }
}

function decode(format: Format, { octets, json, as4, addPath, stream }: Line): object {
  const cursor = new Cursor(octets)
  const families = new Set(addPath ?? [])
  switch (format) {
    case 'bgp': {
      const message = readMessage(cursor, { as4, addPath: families, monitored: false })
      return cursor.left > 0 ? { ...message, trailing: cursor.left } : message
    }
    case 'mrt':
      return readRecords(octets)
    case 'bmp': {
      const session = new BmpSession(addPath && families)
      if (stream) return readStream(session, cursor)
      const message = session.read(cursor)
      if (!message) throw new Malformed('the message is cut off')
      return cursor.left > 0 ? { ...message, trailing: cursor.left } : message
    }
    case 'openbmp':
      return readOpenBmp(cursor, new BmpSession(addPath && families))
    case 'rislive':
      return readFrame(json)
  }
}

/** A message that cannot be read costs itself; where the next one begins cannot be told after a bad length. */
function readStream(session: BmpSession, cursor: Cursor): object {
  const messages: object[] = []
  while (cursor.left > 0) {
    const before = cursor.left
    try {
      const message = session.read(cursor)
      if (!message) return { messages, truncated: true }
      messages.push(message)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      messages.push({ error: error.message })
      if (cursor.left === before) break
    }
  }
  return { messages }
}

/** Bare hex, a bare frame of RIS Live, or an object that holds either and how to read it. */
function readLine(format: Format, line: string): Line {
  const plain = { octets: new Uint8Array(0), json: '', as4: true, addPath: null, stream: false }
  if (!line.startsWith('{'))
    return format === 'rislive' ? { ...plain, json: line } : { ...plain, octets: hexOf(line) }
  let given: { hex?: unknown; json?: unknown; ctx?: unknown }
  try {
    given = JSON.parse(line) as typeof given
  } catch (error) {
    throw new Malformed(`no JSON: ${(error as Error).message}`)
  }
  const { hex, json, ctx } = given
  if (format === 'rislive' && hex === undefined)
    return { ...plain, json: typeof json === 'string' ? json : line }
  if (typeof hex !== 'string') throw new Malformed('the line has no "hex"')
  const { as4, addPath, stream } = (ctx ?? {}) as Record<string, unknown>
  return {
    ...plain,
    octets: hexOf(hex),
    as4: as4 !== false,
    addPath: Array.isArray(addPath) ? addPath.map(familyOf) : null,
    stream: stream === true,
  }
}

function familyOf(one: unknown): string {
  if (typeof one !== 'string') throw new Malformed('"addPath" holds what is no family like "1/1"')
  return one
}

function hexOf(text: string): Uint8Array {
  const octets = octetsOf(text.replace(/^0x|[\s:]/g, ''))
  if (!octets) throw new Malformed('neither hex nor an object with "hex"')
  return octets
}
