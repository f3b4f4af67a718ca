// `faultline explain ID`: the story of one incident, out of NDJSON that was written or from a running daemon.

import { createReadStream } from 'node:fs'
import type { Command } from 'commander'
import { command, InputError } from './command.ts'
import type { Incident } from './core/incident.ts'
import { LineSplitter } from './decode/line-splitter.ts'
import { Output } from './output.ts'
import { explanation } from './report/explanation.ts'

const DAEMON = 'http://127.0.0.1:9477'
/** Characters. No record of ours is that long. */
const LONGEST = 1_000_000
/** Revisions of one incident that are kept: the first ones and the last ones tell how it went. */
const MOST = 2_000
/** Milliseconds for an answer of the daemon. */
const PATIENCE = 10_000

export function explainCommand(): Command {
  return command('explain')
    .summary('tell the story of one incident, with the evidence')
    .description(
      'Tells one incident at length: the page, all versions of its verdict and why they changed, what ' +
        'speaks for and against, the order of onsets, what was blind.',
    )
    .argument('<id>', '16 hexadecimal digits, as in every record')
    .argument('[file...]', 'NDJSON as `--format ndjson` writes it; - is standard input')
    .option('--url <url>', `ask a running daemon; without files ${DAEMON} is asked`)
    .addHelpText(
      'after',
      '\nExamples:\n  faultline explain 0123456789abcdef\n' +
        '  faultline replay updates.gz --format ndjson | faultline explain 0123456789abcdef -\n',
    )
    .action(async (id: string, files: string[], { url }: { url?: string }) => {
      if (!/^[0-9a-f]{16}$/.test(id))
        throw new InputError(`${id} is no id of an incident: these are 16 hexadecimal digits`)
      if (url !== undefined && files.length > 0)
        throw new InputError('give files or --url, not both')
      const revisions =
        files.length > 0 ? await fromFiles(id, files) : await fromDaemon(id, url ?? DAEMON)
      const colour = process.stdout.isTTY === true && !process.env['NO_COLOR']
      const output = new Output(null)
      output.write(explanation(revisions, { colour }))
      output.close()
      if (output.fault !== null)
        throw new InputError(`standard output: not all could be written: ${output.fault}`)
    })
}

type Revisions = readonly [Incident, ...Incident[]]

async function fromFiles(id: string, files: readonly string[]): Promise<Revisions> {
  const found: Incident[] = []
  let records = 0
  let bad = 0
  for (const file of files) {
    const lines = new LineSplitter(LONGEST)
    const take = (line: string | null) => {
      if (line?.trim() === '') return
      const record = line === null ? undefined : recordOf(line)
      if (record === undefined) bad++
      else records++
      if (record?.id !== id) return
      // Of a very long story the middle goes.
      if (found.length === MOST) found.splice(MOST / 2, 1)
      found.push(record)
    }
    const from = file === '-' ? process.stdin : createReadStream(file)
    try {
      for await (const chunk of from.setEncoding('utf8'))
        for (const line of lines.push(chunk)) take(line)
      for (const line of lines.end()) take(line)
    } catch (error) {
      throw new InputError(`${file}: ${(error as Error).message}`)
    }
  }
  const [first, ...others] = found
  if (first) return [first, ...others]
  const strange = bad === 0 ? '' : `; ${bad} lines are no records of incidents`
  throw new InputError(
    `no incident ${id} in ${files.join(', ')}: ${records} records of others were read${strange}`,
  )
}

/** A line that is a record, by all that telling it needs; anything else is none. */
function recordOf(line: string): Incident | undefined {
  try {
    const value = JSON.parse(line) as Partial<Incident> | null
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Incident {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Record<string, unknown>
  const verdict = record['verdict'] as Record<string, unknown> | null | undefined
  const has = (of: Record<string, unknown>, type: string, names: readonly string[]) =>
    names.every((name) =>
      type === 'array' ? Array.isArray(of[name]) : typeof of[name] === type && of[name] !== null,
    )
  const whole =
    record['schema'] === 1 &&
    has(record, 'string', ['id', 'key', 'kind', 'state', 'startedAt', 'detectedAt', 'updatedAt']) &&
    has(record, 'number', ['revision', 'asn', 'culprit']) &&
    has(record, 'array', ['kinds', 'segments']) &&
    has(record, 'object', ['confidence', 'counts', 'vantage', 'samples'])
  if (!whole || verdict === null || verdict === undefined) return whole
  return (
    has(verdict, 'string', ['cause', 'because', 'order', 'doFirst', 'doNot', 'say']) &&
    has(verdict, 'number', ['version', 'confidence', 'routingDb', 'floodDb']) &&
    has(verdict, 'array', [
      'for',
      'against',
      'other',
      'blind',
      'ruledOut',
      'missing',
      'wouldChange',
    ])
  )
}

async function fromDaemon(id: string, url: string): Promise<Revisions> {
  const at = URL.canParse(url) ? new URL(`/api/v1/incidents/${id}?revisions=all`, url) : null
  if (at === null || !/^https?:$/.test(at.protocol))
    throw new InputError(`--url ${url}: give an address such as ${DAEMON}`)
  let reply: Response
  let body: string
  try {
    reply = await fetch(at, { signal: AbortSignal.timeout(PATIENCE) })
    body = await reply.text()
  } catch (error) {
    const { cause, message } = error as Error & { cause?: Error }
    throw new InputError(
      `${url} does not answer (${cause?.message || message}): is the daemon running? Give files, or --url`,
    )
  }
  if (reply.status === 404)
    throw new InputError(
      `no incident ${id} at ${url}; ${at.origin}/api/v1/incidents lists those kept`,
    )
  if (!reply.ok) throw new InputError(`${url} answers ${reply.status}: ${body.slice(0, 200)}`)
  const [first, ...others] = recordsOf(body)
  if (!first) throw new InputError(`${url} answers something else: is it a daemon of Faultline?`)
  return [first, ...others]
}

function recordsOf(body: string): Incident[] {
  try {
    const value: unknown = JSON.parse(body)
    return Array.isArray(value) ? value.filter(isRecord) : []
  } catch {
    return []
  }
}
