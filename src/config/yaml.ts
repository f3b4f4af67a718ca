// YAML text to plain values, each with its place. Nothing here throws, recurses without a bound or
// takes more than linear time, whatever the file holds. The library alone does not promise that:
// its composer recurses (a few thousand brackets end the process, past any `catch`) and its checks of
// duplicate keys and of aliases are quadratic (a minute for a file of 1 MiB). So the depth is measured
// first on the flat syntax tree, duplicates are found here, and aliases, which a file this short has
// no need of, are refused.

import { type CST, isAlias, isMap, isScalar, isSeq, LineCounter, Parser, parseDocument } from 'yaml'

/** A fault at an offset of the text. */
export interface Found {
  readonly at: number
  readonly where: string
  readonly why: string
  readonly hint: string
}

/** Where a value stands and, if it has a name, where that does; and what the value is. */
export interface Mark {
  readonly key: number
  readonly value: number
  readonly content: unknown
}

interface Reading {
  readonly data: unknown
  /** By path, `$.asns[0].asn`. */
  readonly marks: ReadonlyMap<string, Mark>
  readonly faults: readonly Found[]
  /** Line and column of an offset, both from 1. */
  readonly place: (offset: number) => { readonly line: number; readonly column: number }
}

const MOST_DEPTH = 16

export function readYaml(text: string): Reading {
  const lines = new LineCounter()
  const marks = new Map<string, Mark>()
  const faults: Found[] = []
  const reading = { marks, faults, place: (at: number) => placeIn(lines, at) }

  const tokens = [...new Parser(lines.addNewLine).parse(text)]
  const deep = tooDeep(tokens)
  if (deep !== undefined) {
    const why = `is nested deeper than ${MOST_DEPTH} levels`
    faults.push({ at: deep, where: '$', why, hint: 'no setting is: look for stray brackets' })
    return { ...reading, data: undefined }
  }
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false })
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    faults.push({ at: pos[0], where: '$', ...inWords(code, message) })
  }
  // A tree grown around a syntax error holds further faults that nobody made.
  if (faults.length > 0) return { ...reading, data: undefined }
  const start = document.contents?.range?.[0] ?? 0
  const data = plain(document.contents, '$', start, { marks, faults })
  return { ...reading, data }
}

function plain(
  node: unknown,
  where: string,
  key: number,
  out: { readonly marks: Map<string, Mark>; readonly faults: Found[] },
): unknown {
  const at = rangeOf(node) ?? key
  const mark = <T>(content: T): T => {
    out.marks.set(where, { key, value: at, content })
    return content
  }
  if (isScalar(node)) return mark(node.value)
  if (isSeq(node)) {
    return mark(node.items.map((item, i) => plain(item, join(where, i), rangeOf(item) ?? at, out)))
  }
  if (isAlias(node)) {
    const hint = 'write the value out in this place'
    out.faults.push({ at, where, why: `is an alias, *${node.source}, which is not followed`, hint })
  }
  if (!isMap(node)) return mark(null)
  const entries = new Map<string, unknown>()
  for (const pair of node.items) {
    const keyAt = rangeOf(pair.key) ?? at
    const name = isScalar(pair.key) ? String(pair.key.value) : '?'
    const child = join(where, name)
    if (entries.has(name)) {
      const why = 'stands in this group already'
      out.faults.push({ at: keyAt, where: child, why, hint: 'keep one of the two' })
    }
    entries.set(name, plain(pair.value, child, keyAt, out))
  }
  return mark(Object.fromEntries(entries))
}

const rangeOf = (node: unknown): number | undefined =>
  isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined

/** `$.asns[0].name`; a key that is no plain word in quotes, so that no control character gets out. */
export function join(where: string, step: PropertyKey): string {
  if (typeof step === 'number') return `${where}[${step}]`
  const key = String(step)
  return /^\w{1,40}$/.test(key)
    ? `${where}.${key}`
    : `${where}[${JSON.stringify(key.slice(0, 40))}]`
}

/** The offset of the first token that is nested too deep. */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  const open: [token: CST.Token, depth: number][] = tokens.map((token) => [token, 0])
  for (let next = open.pop(); next; next = open.pop()) {
    const [token, depth] = next
    if (depth > MOST_DEPTH) return token.offset
    if (token.type === 'document' && token.value) open.push([token.value, depth])
    if (!('items' in token)) continue
    for (const { key, value } of token.items as readonly CST.CollectionItem[]) {
      if (key) open.push([key, depth + 1])
      if (value) open.push([value, depth + 1])
    }
  }
  return undefined
}

function placeIn(lines: LineCounter, offset: number) {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

const advice: Record<string, string> = {
  MULTIPLE_DOCS: 'one file is one configuration: remove the line --- and what belongs to another',
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'remove the word that begins with !',
}

function inWords(code: string, message: string) {
  const why = code === 'MULTIPLE_DOCS' ? 'a second document begins' : `is not YAML: ${message}`
  return {
    why,
    hint: advice[code] ?? 'look for an open quote or bracket, or indentation before it',
  }
}
