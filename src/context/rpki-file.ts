// What validators write: VRPs and ASPA as JSON (rpki-client, Routinator, and those who write like
// them), VRPs as CSV. It becomes our own lines, the same whatever it came from:
//
//   13335 1.1.1.0/24 24 1730160000 apnic     AS, prefix, maximal length, end (Unix seconds, 0 = unknown), anchor
//   A 64500 64501 64502                      customer, providers

import { addressText, parseAddress, parsePrefix, prefixText } from '../core/prefix.ts'
import { type Instant, parseInstant } from '../core/time.ts'
import { Faults, type FileReading, shown } from './faults.ts'
import { lineOfFault, linesOf } from './json-place.ts'

type Row = Readonly<Record<string, unknown>>

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function readRpkiFile(text: string): FileReading {
  const steps = readInSteps(text)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Rows of a step: a few hundredths of a second. */
const STEP = 2_000

/** The same for those who must not be busy with it for seconds: they may do something else in between. */
export function readInSteps(text: string): Generator<void, FileReading> {
  return /^\ufeff?\s*[{[]/.test(text.slice(0, 1_000)) ? readJson(text) : readCsv(text)
}

function* readJson(text: string): Generator<void, FileReading> {
  const faults = new Faults()
  let whole: unknown
  try {
    whole = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    faults.add(lineOfFault(text, error as Error), `is no JSON: ${(error as Error).message}`)
  }
  if (!isRow(whole)) {
    if (!faults.any) faults.add(1, 'must be an object with a list "roas"')
    return { date: null, content: '', faults: faults.list, more: faults.more }
  }
  const lines: string[] = []
  const read = function* (key: string, line: (row: Row) => string): Generator<void> {
    const list = whole[key]
    if (list === undefined) return
    if (!Array.isArray(list)) {
      faults.add(0, `"${key}" must be a list, not ${shown(list)}`)
      return
    }
    const wrong = new Map<number, string>()
    for (const [i, row] of list.entries()) {
      if (i % STEP === STEP - 1) yield
      try {
        if (!isRow(row)) throw new Wrong(`must be an object, not ${shown(row)}`)
        lines.push(line(row))
      } catch (error) {
        if (!(error instanceof Wrong)) throw error
        if (faults.list.length + wrong.size < 20) wrong.set(i, `${key}[${i}] ${error.message}`)
        else faults.more++
      }
    }
    if (wrong.size === 0) return
    const places = linesOf(text, key, new Set(wrong.keys()))
    for (const [i, why] of wrong) faults.add(places.get(i) ?? 0, why)
  }
  yield* read('roas', ({ asn, prefix, maxLength, ta, expires }) =>
    vrpLine(asn, prefix, maxLength, ta, expires),
  )
  yield* read('aspas', aspaLine)
  if (whole['roas'] === undefined && whole['aspas'] === undefined)
    faults.add(1, 'has neither "roas" nor "aspas": it is no output of a validator')
  const { metadata } = whole
  const date = isRow(metadata) ? dateOf(metadata) : null
  return { date, content: unique(lines), faults: faults.list, more: faults.more }
}

/** What stands there twice is one: when it is gone, it is gone. */
const unique = (lines: readonly string[]): string => [...new Set(lines)].join('\n')

/** rpki-client: buildtime; Routinator: generated, in seconds, and generatedTime. */
function dateOf({ buildtime, generated, generatedTime }: Row): Instant | null {
  for (const given of [buildtime, generatedTime, generated]) {
    const date = given === undefined ? undefined : parseInstant(String(given))
    if (date !== undefined) return date
  }
  return null
}

class Wrong extends Error {}

function vrpLine(
  asn: unknown,
  prefix: unknown,
  maxLength: unknown,
  anchor: unknown,
  expires: unknown,
): string {
  const text = String(prefix)
  const address = parseAddress(text.replace(/\/.*/, ''))
  // The libraries of some who export leave out the length of a single address.
  const alone = address && !text.includes('/') ? `/${address.afi === 4 ? 32 : 128}` : ''
  const found = parsePrefix(text + alone)
  if (!found || !address) throw new Wrong(`prefix must be a prefix, not ${shown(prefix)}`)
  const clean = prefixText(found.afi, ...found.words, found.length)
  if (clean !== `${addressText(address.afi, ...address.words)}/${found.length}`)
    throw new Wrong(`prefix ${shown(prefix)} has bits set behind its length`)
  const most = maxLength === undefined || maxLength === '' ? found.length : Number(maxLength)
  if (!Number.isInteger(most) || most < found.length || most > (found.afi === 4 ? 32 : 128))
    throw new Wrong(
      `maxLength must be from ${found.length} to ${found.afi === 4 ? 32 : 128}, not ${shown(maxLength)}`,
    )
  const end = expires === undefined || expires === '' ? 0 : Number(expires)
  if (!Number.isInteger(end) || end < 0 || end > 1e11)
    throw new Wrong(`expires must be Unix seconds, not ${shown(expires)}`)
  return `${asnOf(asn, 'asn')} ${clean} ${most} ${end} ${anchorOf(anchor)}`
}

const anchorOf = (given: unknown): string =>
  typeof given === 'string' && /^[\w.-]{1,40}$/.test(given) ? given : '-'

/** rpki-client: customer_asid and numbers; Routinator: customer, and text as "AS64500". */
function aspaLine(row: Row): string {
  const customer = asnOf(row['customer_asid'] ?? row['customer'], 'customer')
  const { providers } = row
  if (!Array.isArray(providers))
    throw new Wrong(`providers must be a list, not ${shown(providers)}`)
  return `A ${customer} ${providers.map((asn) => asnOf(asn, 'provider')).join(' ')}`
}

/** AS0 is one: it says that nobody may. */
function asnOf(given: unknown, what: string): number {
  const digits = typeof given === 'number' ? given : /^(?:AS)?(\d{1,10})$/i.exec(String(given))?.[1]
  const asn = digits === undefined ? Number.NaN : Number(digits)
  if (!Number.isInteger(asn) || asn < 0 || asn > 0xffffffff)
    throw new Wrong(`${what} must be an AS number, not ${shown(given)}`)
  return asn
}

/** A head names the columns; without one they are AS, prefix, maximal length, and what follows is not read. */
function* readCsv(text: string): Generator<void, FileReading> {
  const faults = new Faults()
  const lines: string[] = []
  let anchorAt = -1
  let expiresAt = -1
  for (const [i, line] of text.split('\n').entries()) {
    if (i % STEP === STEP - 1) yield
    const row = line.trim()
    if (row === '' || row.startsWith('#')) continue
    const cells = row.split(',').map((cell) => cell.trim())
    if (lines.length === 0 && /^asn$/i.test(cells[0] ?? '')) {
      anchorAt = cells.findIndex((cell) => /^(trust anchor|ta)$/i.test(cell))
      expiresAt = cells.findIndex((cell) => /^expires$/i.test(cell))
      continue
    }
    try {
      if (cells.length < 2) throw new Wrong(`must be asn,prefix,maxLength, not ${shown(row)}`)
      const [asn, prefix, maxLength] = cells
      lines.push(vrpLine(asn, prefix, maxLength, cells[anchorAt], cells[expiresAt]))
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      faults.add(i + 1, error.message)
    }
  }
  if (lines.length === 0 && !faults.any) faults.add(0, 'holds no VRP')
  return { date: null, content: unique(lines), faults: faults.list, more: faults.more }
}
