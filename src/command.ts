// What all commands share: the exit status, the operator's faults, the options that mean the same
// everywhere.

import { readFileSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { defaultConfig, type Settled, settle } from './config/settle.ts'
import { type Asn, parseAsn } from './core/asn.ts'
import { type Instant, parseInstant } from './core/time.ts'
import { type Archive, type ArchiveOptions, listArchive } from './feeds/archive.ts'

export const Exit = { done: 0, ours: 1, input: 2, found: 3 } as const

/** The operator's input is wrong; the message says what to do about it. */
export class InputError extends Error {}

/** Who was asked did not give what was needed; the message says what to do. Neither's fault. */
export class Unfinished extends Error {}

export const version: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
).version

export function asnOption(text: string, before: readonly Asn[] = []): Asn[] {
  const found = text.split(',').map((part) => parseAsn(part))
  if (found.includes(undefined))
    throw new InvalidArgumentError('Give a number from 1 to 4294967295, as in --asn 4766.')
  return [...before, ...(found as Asn[])]
}

export function instantOption(text: string): Instant {
  const at = parseInstant(text)
  if (at === undefined)
    throw new InvalidArgumentError('Give a time like 2024-10-29T00:05:00Z, or Unix seconds.')
  return at
}

/** More threads than there are cores anywhere. */
const MOST_JOBS = 256

export function jobsOption(text: string): number {
  const jobs = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : 0
  if (jobs < 1 || jobs > MOST_JOBS)
    throw new InvalidArgumentError(`Give a number from 1 to ${MOST_JOBS}, as in --jobs 2.`)
  return jobs
}

export const several = (text: string, before: readonly string[] = []): string[] => [...before, text]

/** The configuration a command runs with: the file's, changed by what the command line says. */
export async function settledConfig(
  path: string | undefined,
  asns: readonly Asn[],
): Promise<Settled> {
  if (path === undefined) return defaultConfig({ asns })
  // Reading YAML and checking it takes longer than replaying a small archive.
  const { loadConfig } = await import('./config/load.ts')
  const { formatFaults } = await import('./config/faults.ts')
  const loaded = loadConfig(path)
  if (!loaded.ok) throw new InputError(formatFaults(loaded.faults))
  if (asns.length === 0) return loaded
  const named = new Map(loaded.config.asns.map((entry) => [entry.asn, entry]))
  return settle({
    ...loaded.config,
    asns: [...new Set(asns)].map((asn) => named.get(asn) ?? { asn, prefixes: [] }),
  })
}

export function archiveOf(paths: readonly string[], options: ArchiveOptions = {}): Archive {
  const archive = listArchive(paths, options)
  if (!archive.ok)
    throw new InputError(archive.faults.map(({ path, why }) => `${path}: ${why}`).join('\n'))
  return archive
}

/** What we read must not be what we write: it would be empty before it is read. */
export function refuseOverwriting(
  inputs: readonly string[],
  outputs: Readonly<Record<string, string | undefined>>,
): void {
  const identity = (path: string): string | null => {
    const info = statSync(path, { throwIfNoEntry: false })
    return info?.isFile() ? `${info.dev}:${info.ino}` : null
  }
  const read = new Set(inputs.map(identity))
  for (const [name, path] of Object.entries(outputs)) {
    const file = path === undefined ? null : identity(path)
    if (file !== null && read.has(file))
      throw new InputError(`${name} ${path}: this is one of the inputs; give another name`)
  }
}

/** The default command would take a misspelt one for an argument of its own. */
export function unknownCommand(program: Command, word: string | undefined): string | null {
  const names = ['help', ...program.commands.map((sub) => sub.name())]
  if (word === undefined || word.startsWith('-') || names.includes(word)) return null
  return `unknown command ${word}: choose one of ${names.join(', ')}\n(--help says more)`
}

export function command(name: string): Command {
  return new Command(name).allowExcessArguments(false).showHelpAfterError('(--help says more)')
}

/** Below so many octets a thread takes longer to begin than it saves. */
const WORTH_A_THREAD = 4 << 20

/** How many threads to read so many octets of archives with, where nobody has said. */
export const jobsFor = (octets: number): number =>
  octets < WORTH_A_THREAD ? 1 : Math.min(availableParallelism(), MOST_JOBS)
