// The log: JSON for machines, a readable line for a person at a terminal, always on stderr, because
// stdout carries results. Secrets do not belong in it, whatever object somebody hands over: each
// line is read once more before it goes out, and fields are hidden by their name at any depth,
// credentials inside URLs by their place. Log lines are few, and it costs microseconds.

import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'
import { clean } from './plain.ts'

type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

interface LogSettings {
  readonly level?: LogLevel
  /** Lines for people; the landing knows whether stderr is a terminal. */
  readonly readable: boolean
  /** Where lines go; stderr by default. A progress bar steps aside here. */
  write?(text: string): void
}

const SECRET = /token|secret|passw(or)?d|passphrase|authorization|cookie|credential/i
const KEY = /^key$|[_-]key$|[a-z0-9]Key$/
/** An incident's key is its name. */
const HARMLESS = /^incident_?key$/i
const HIDDEN = '[hidden]'
/** Octets that wait when the reader of stderr has stopped; beyond it lines are lost, not memory. */
const MOST_WAITING = 4 << 20

export function openLog({ level = 'info', readable, write }: LogSettings): Logger {
  return pino(
    {
      level,
      base: { name: 'faultline' },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: hideSecrets },
    },
    destination(readable, write),
  )
}

function destination(readable: boolean, write?: (text: string) => void): DestinationStream {
  // A terminal is written at once, so that its lines and those of others keep their order.
  const sink = write
    ? { write }
    : pino.destination({ fd: 2, sync: readable, ...(readable ? {} : { maxLength: MOST_WAITING }) })
  return readable ? { write: (line) => void sink.write(readableLine(line)) } : sink
}

function hideSecrets(line: string): string {
  const hidden: unknown = JSON.parse(line, (name, value: unknown) => {
    if ((SECRET.test(name) || KEY.test(name)) && !HARMLESS.test(name)) return HIDDEN
    return typeof value === 'string' ? hideInUrl(value) : value
  })
  return `${JSON.stringify(hidden)}\n`
}

const hideInUrl = (text: string): string =>
  text
    .replace(/(:\/\/)[^/\s@]+@/g, `$1${HIDDEN}@`)
    .replace(/([?&][^=&\s]*(?:token|key|secret|password)=)[^&\s]+/gi, `$1${HIDDEN}`)

/** `12:00:01.123 WARN  socket closed  feed=ris-live code=1006`, and a stack below. */
export function readableLine(line: string): string {
  const {
    level,
    time,
    name: _,
    msg = '',
    err,
    ...fields
  } = JSON.parse(line) as {
    [field: string]: unknown
    err?: { message?: string; stack?: string }
  }
  const words = Object.entries(fields).map(([key, value]) => ` ${clean(key)}=${fieldText(value)}`)
  const label = String(level).toUpperCase().padEnd(5)
  const head = `${String(time).slice(11, 23)} ${label} ${clean(String(msg))}`
  const stack =
    err === undefined || err === null ? [] : (err.stack ?? err.message ?? '').split('\n')
  const below = stack.map((part) => `    ${clean(part)}\n`).join('')
  return `${head}${words.length > 0 ? ` ${words.join('')}` : ''}\n${below}`
}

function fieldText(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value
  return clean(JSON.stringify(value))
}
