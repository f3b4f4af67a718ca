// What is wrong with a file and what to do about it, in the words of the schema: every value is "must
// be <what belongs there>, not <what stands there>", every unknown key comes with the nearest known one.

import type { z } from 'zod'
import { nearest } from '../core/nearest.ts'
import { branches, jsonSchema, keysAt, type Node, schemasAt } from './json-schema.ts'
import { type Found, join, type Mark } from './yaml.ts'

/** Something the operator should know, and what to do. */
export interface Remark {
  /** `$.asns[0].prefixes[1]`; `$` is the file as a whole. */
  readonly where: string
  readonly why: string
  readonly hint: string
}

export interface Fault extends Remark {
  readonly path: string
  /** From 1; 0 when the file could not be read at all. */
  readonly line: number
  readonly column: number
}

const MOST_LINES = 100

/** `config.yaml:12:5  $.feeds[0].url: must be …; write it like …`, a line each. */
export function formatFaults(faults: readonly Fault[]): string {
  const lines = faults.slice(0, MOST_LINES).map(({ path, line, column, where, why, hint }) => {
    const place = line === 0 ? `${path}:` : `${path}:${line}:${column} `
    return `${place} ${where === '$' ? '' : `${where}: `}${why}; ${hint}`
  })
  const more = faults.length - lines.length
  return [...lines, ...(more > 0 ? [`… and ${more} more like these`] : [])].join('\n')
}

/** What later versions will know, and older documents of ours already speak of. */
const later = new Set(['verdict', 'receivers', 'routes'])
const laterFeeds = new Set(
  ['routeviews', 'archive', 'push', 'samples'], // DESIGN §1
)
const notYet = 'is not available in this version yet'

/** The schema's complaints as faults with their place. */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  marks: ReadonlyMap<string, Mark>,
  root: Node = jsonSchema(),
): Found[] {
  const found: Found[] = []
  const typeAt = (path: readonly PropertyKey[]) =>
    marks.get([...path, 'type'].reduce<string>(join, '$'))?.content
  const add = (path: readonly PropertyKey[], why: string, hint: string, key = false) => {
    const where = path.reduce<string>(join, '$')
    found.push({ at: placeOf(marks, path, key), where, why, hint })
  }
  const explain = (issue: z.core.$ZodIssue, above: readonly PropertyKey[]): void => {
    const path = [...above, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(root, path, typeAt)
      for (const key of issue.keys) {
        const soon = path.length === 0 && later.has(key)
        const why = soon ? notYet : 'is not a setting we know'
        add(
          [...path, key],
          why,
          soon
            ? 'remove the section for now'
            : (meantBy(key, known) ?? `known here: ${known.join(', ')}`),
          true,
        )
      }
      return
    }
    const alternative = issue.code === 'invalid_union' ? meant(issue.errors) : undefined
    if (alternative) {
      for (const inner of alternative) explain(inner, path)
      return
    }
    const { hint } = (issue.code === 'custom' && issue.params) || {}
    if (typeof hint === 'string') add(path, issue.message, hint)
    else add(path, ...ofValue(path, marks.get(path.reduce<string>(join, '$'))))
  }
  const ofValue = (path: readonly PropertyKey[], mark: Mark | undefined): [string, string] => {
    const content = mark?.content
    const { be, like, choices } = wanted(schemasAt(root, path, typeAt))
    if (path.length === 0) {
      const why = content === null ? 'the file is empty' : `must be settings, not ${shown(content)}`
      return [why, 'begin with the line version: 1']
    }
    if (!mark) return ['is missing', `add ${String(path.at(-1))}: ${like}`]
    if (content === null) return ['has no value', 'give it one, or remove the line']
    if (path.at(-1) === 'type' && laterFeeds.has(String(content))) {
      return [`${shown(content)} ${notYet}`, `remove the feed for now, or use ${like}`]
    }
    const meantWord = typeof content === 'string' ? meantBy(content, choices) : undefined
    return [`must be ${be}, not ${shown(content)}`, meantWord ?? `write it like ${like}`]
  }
  for (const issue of issues) explain(issue, [])
  return found
}

/** Of several ways to write a value the one that was tried: the only one whose form at least fits. */
function meant(ways: readonly (readonly z.core.$ZodIssue[])[]) {
  const unfit = ({ code, path }: z.core.$ZodIssue) =>
    path.length === 0 && (code === 'invalid_type' || code === 'invalid_union')
  const fitting = ways.filter((issues) => !issues.some(unfit))
  return fitting.length === 1 ? fitting[0] : undefined
}

/** What belongs in a place, in words, how it is written, and what there is to choose from. */
function wanted(nodes: readonly Node[]) {
  const ways = nodes.flatMap(branches)
  const choices = ways.flatMap((way) => way.enum ?? (way.const === undefined ? [] : [way.const]))
  const node = nodes[0] ?? {}
  const bounds = `from ${node.minimum} to ${node.maximum}`
  const words: Record<string, string> = {
    integer: `a whole number ${bounds}`,
    number: `a number ${bounds}`,
    boolean: 'true or false',
    object: 'a group of settings',
    array: 'a list',
  }
  const one = `${choices.length > 1 ? 'one of ' : ''}${choices.join(', ')}`
  const be = choices.length > 0 ? one : (node.title ?? words[String(node.type)] ?? 'another value')
  return { be, like: ways.map(exampleOf)[0] ?? be, choices: choices.map(String) }
}

function exampleOf(node: Node): string {
  const { type, examples, properties } = node
  if (Array.isArray(examples)) return String(examples[0])
  if (type === 'object') return `{${Object.keys(properties ?? {})[0]}: …}`
  if (type === 'array') return `[${wanted(schemasAt(node, [0])).like}]`
  if (type === 'boolean') return 'true or false'
  return String(node.const ?? node.enum?.[0] ?? node.default)
}

/** A key's or value's offset; of what is not there, that of what it is missing from. */
function placeOf(
  marks: ReadonlyMap<string, Mark>,
  path: readonly PropertyKey[],
  ofKey: boolean,
): number {
  const mark = marks.get(path.reduce<string>(join, '$'))
  if (!mark) return path.length === 0 ? 0 : placeOf(marks, path.slice(0, -1), false)
  return ofKey || mark.content === null ? mark.key : mark.value
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? 'a list' : 'an empty list'
  if (typeof value === 'object' && value) return 'a group of settings'
  const whole = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return whole.length > 60 ? `${whole.slice(0, 58)}…"` : whole
}

function meantBy(word: string, known: readonly string[]): string | undefined {
  const name = nearest(word, known)
  return name === undefined ? undefined : `did you mean ${name}?`
}
