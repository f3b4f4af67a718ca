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
/** Characters of one text in a line: what a server says could be megabytes. */
const LONGEST = 2_000
/** Octets that wait when the reader of stderr has stopped; beyond it lines are lost, not memory. */
const MOST_WAITING = 4 << 20
/** Attempts, 100 ms apart, to be rid of what waits when all has to wait for it, as at the end. */
const ATTEMPTS = 5

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
  const sink = write ? { write } : openStderr(readable)
  return readable ? { write: (line) => void sink.write(readableLine(line)) } : sink
}

/** Whatever becomes of stderr, a full disk or a pipe nobody reads: we lose lines, and nothing else. */
function openStderr(readable: boolean) {
  let attempts = Number.POSITIVE_INFINITY
  const out = pino.destination({
    fd: 2,
    // A terminal is written at once, so that its lines and those of others keep their order.
    sync: readable,
    maxLength: MOST_WAITING,
    // While nobody has to wait it may be tried for ever.
    retryEAGAIN: () => attempts-- > 0,
  })
  const bounded = (wanted: () => void) => {
    attempts = ATTEMPTS
    try {
      wanted()
    } catch {
      // There is nobody left who could be told.
    }
    attempts = Number.POSITIVE_INFINITY
  }
  const [flushSync, put] = [out.flushSync.bind(out), out.write.bind(out)]
  // Called when the process ends, and after a fatal line.
  out.flushSync = () => bounded(flushSync)
  if (readable) {
    out.write = (line) => {
      bounded(() => put(line))
      return true
    }
  }
  const nothing = () => true
  out.on('error', (error: NodeJS.ErrnoException) => {
    // A reader who is only slow: what could not be written goes out with the next line.
    if (error.code === 'EAGAIN' || error.code === 'EBUSY') return
    Object.assign(out, { write: nothing, flush: nothing, flushSync: nothing, end: nothing })
  })
  return out
}

function hideSecrets(line: string): string {
  const hidden: unknown = JSON.parse(line, (name, value: unknown) => {
    if ((SECRET.test(name) || KEY.test(name)) && !HARMLESS.test(name)) return HIDDEN
    return typeof value === 'string' ? hideInUrl(cut(value)) : value
  })
  return `${JSON.stringify(hidden)}\n`
}

const cut = (text: string): string =>
  text.length > LONGEST
    ? `${text.slice(0, LONGEST)}... [${text.length - LONGEST} characters cut]`
    : text

/** Bounded names: strangers send us text in which a longer search would take minutes. */
const hideInUrl = (text: string): string =>
  text
    .replace(/(:\/\/)[^/\s@]+@/g, `$1${HIDDEN}@`)
    .replace(/([?&][^=&?\s]{0,64}=)[^&\s]+/g, (all: string, name: string) =>
      /(token|key|secret|password)=$/i.test(name) ? name + HIDDEN : all,
    )

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
