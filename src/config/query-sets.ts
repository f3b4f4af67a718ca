// The ready-made questions of `config/queries/`: one file an exporter, data and no code.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { PrometheusQuery } from '../feeds/prometheus-settings.ts'
import { explainIssues, type Fault } from './faults.ts'
import { group } from './fields.ts'
import { type Node, nodeOf } from './json-schema.ts'
import { filled, parameter, parametersOf, type QueryFault, query, type Written } from './query.ts'
import { type Found, join, readYaml } from './yaml.ts'

const setSchema = group({
  parameters: z
    .record(
      z.string(),
      group({
        default: parameter.describe('Its value when none is given.'),
        what: parameter.describe('What it is.'),
      }),
    )
    .prefault({})
    .describe('What can be set.'),
  queries: z.array(query).min(1).describe('What is asked.'),
})

export type QuerySet = z.output<typeof setSchema>

const folder = new URL('../../config/queries/', import.meta.url)

type Loaded =
  | { readonly ok: true; readonly set: QuerySet }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** A set by its name, read and checked. */
export function loadQuerySet(name: string): Loaded {
  const path = fileURLToPath(new URL(`${name}.yaml`, folder))
  try {
    return readQuerySet(readFileSync(path, 'utf8'), path)
  } catch (error) {
    const why = `cannot be read: ${(error as Error).message}`
    const hint = 'install Faultline again'
    return { ok: false, faults: [{ path, line: 0, column: 0, where: '$', why, hint }] }
  }
}

export function readQuerySet(text: string, path: string): Loaded {
  const { data, marks, faults, place } = readYaml(text)
  const found: Found[] = [...faults]
  if (data !== undefined) {
    const parsed = setSchema.safeParse(data)
    found.push(...explainIssues(parsed.error?.issues ?? [], marks, setNode()))
    if (parsed.success && found.length === 0) {
      const set = parsed.data
      const preset = new Map(
        Object.entries(set.parameters).map(([key, { default: v }]) => [key, v]),
      )
      fillAll(set.queries, 'set', preset, ({ path: at, why, hint }) => {
        const where = at.reduce<string>(join, '$')
        const mark = marks.get(where) ?? marks.get(at.slice(0, 2).reduce<string>(join, '$'))
        found.push({ at: mark?.value ?? 0, where, why, hint })
      })
      if (found.length === 0) return { ok: true, set }
    }
  }
  found.sort((a, b) => a.at - b.at)
  return { ok: false, faults: found.map(({ at, ...told }) => ({ path, ...place(at), ...told })) }
}

let node: Node | undefined
function setNode(): Node {
  node ??= nodeOf(setSchema)
  return node
}

function fillAll(
  written: readonly Written[],
  set: string,
  parameters: ReadonlyMap<string, string>,
  fault: (fault: QueryFault) => void,
): PrometheusQuery[] {
  return written.flatMap((one, i) => {
    const tell = (told: QueryFault) => fault({ ...told, path: ['queries', i, ...told.path] })
    return filled(one, set, parameters, tell) ?? []
  })
}

interface Wanted {
  readonly sets: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
  readonly queries: readonly Written[]
}

export interface Queries {
  readonly queries: readonly PrometheusQuery[]
  /** Of what the operator has written, with its place below the feed. */
  readonly faults: readonly QueryFault[]
  /** Of the sets themselves. */
  readonly setFaults: readonly Fault[]
}

/** All that a feed asks: its sets, filled in with its parameters, and what it adds of its own. */
export function queriesOf({ sets, parameters, queries: own }: Wanted): Queries {
  const faults: QueryFault[] = []
  const setFaults: Fault[] = []
  const queries: PrometheusQuery[] = []
  const given = new Map(Object.entries(parameters))
  const known = new Set(own.flatMap(parametersOf))
  for (const name of sets) {
    const loaded = loadQuerySet(name)
    if (!loaded.ok) {
      setFaults.push(...loaded.faults)
      continue
    }
    const all = new Map<string, string>()
    for (const [key, { default: preset }] of Object.entries(loaded.set.parameters)) {
      known.add(key)
      all.set(key, given.get(key) ?? preset)
    }
    // The set is sound: what is wrong now is wrong with a parameter that was given.
    const tell = ({ why }: QueryFault) =>
      faults.push({ path: ['parameters'], why: `do not fit the set ${name}: ${why}`, hint: HINT })
    queries.push(...fillAll(loaded.set.queries, name, all, tell))
  }
  queries.push(...fillAll(own, 'own', given, (told) => faults.push(told)))
  if (setFaults.length === 0) {
    for (const key of given.keys()) {
      if (known.has(key)) continue
      const hint = known.size > 0 ? `known here: ${[...known].sort().join(', ')}` : 'remove it'
      faults.push({ path: ['parameters', key], why: 'is no parameter of these queries', hint })
    }
  }
  return { queries, faults: unique(faults), setFaults }
}

const HINT = 'see the head of its file in config/queries'

/** One wrong parameter is wrong in each query of a set, but is one fault. */
const unique = (faults: readonly QueryFault[]): QueryFault[] => [
  ...new Map(faults.map((one) => [`${one.path.join('.')} ${one.why}`, one])).values(),
]
