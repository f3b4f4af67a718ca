// Labels of samples and changes: bounded, in one order, and without the addresses of single hosts.

import { maskWord, parseAddress, parsePrefix, prefixText } from './prefix.ts'
import { equipment, type Labels, sampleLimits } from './sample.ts'

const { labels: MOST, key: KEY, value: VALUE } = sampleLimits

/** As Prometheus has them, with `.` and `-`; two underscores in front are its own. */
const NAME = /^(?!__)[A-Za-z_][\w.-]*$/
/** No control characters: what is told is one line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** Whether a text is one line and no longer than so many characters. */
export const isLine = (text: unknown, most: number): text is string =>
  typeof text === 'string' && text.length <= most && !CONTROL.test(text)

/** Labels by name in order of text, without the empty ones; a text says what is wrong with them. */
export function readLabels(given: unknown): Labels | string {
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return 'labels: must be a group such as {"link":"ae0"}'
  const pairs = Object.entries(given as Record<string, unknown>)
  if (pairs.length > MOST) return `labels: there are ${pairs.length}; ${MOST} at most`
  const kept: [string, string][] = []
  for (const [name, value] of pairs) {
    if (name.length > KEY) return `labels: a name has ${name.length} characters; ${KEY} at most`
    if (!NAME.test(name))
      return `labels: a name must be letters, digits, "_", "." or "-", not ${JSON.stringify(name)}`
    if (typeof value !== 'string') return `labels.${name}: must be a text in quotes`
    if (value.length > VALUE)
      return `labels.${name}: has ${value.length} characters; ${VALUE} at most`
    if (!isLine(value, VALUE)) return `labels.${name}: must be one line without control characters`
    if (value !== '') kept.push([name, value])
  }
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The names that must be there and are not; `wanted` as in `metrics`. */
export const missingLabels = (labels: Labels, wanted: readonly string[]): string[] =>
  wanted.filter((name) => !name.endsWith('?') && labels[name] === undefined)

/** Names of labels that hold the address of a single host, and are none of equipment. */
export const hostsIn = (labels: Labels): string[] =>
  Object.keys(labels).filter(
    (name) => !equipment.has(name) && withoutHosts(labels[name] ?? '') !== labels[name],
  )

/** The same labels, single hosts made the /24 or /48 they are in; equipment keeps its address. */
export const labelsWithoutHosts = (labels: Labels): Labels =>
  Object.fromEntries(
    Object.entries(labels).map(([name, value]) => {
      const told = equipment.has(name) ? value : withoutHosts(value)
      // Several hosts of a list may be of one block.
      const kept = told === value ? value : [...new Set(told.split(','))].join(',')
      return [name, kept.slice(0, VALUE)]
    }),
  )

const ADDRESS =
  /(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?|(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:\/\d+)?(?![\w:])/gi

/** A text in which each address of a single host stands as its /24 or /48. */
export const withoutHosts = (text: string): string => text.replace(ADDRESS, blockOf)

/** The /24 or /48 around an address or a longer prefix; anything else as it is. */
export function blockOf(text: string): string {
  const prefix = parsePrefix(text)
  const found = prefix ?? parseAddress(text)
  if (!found) return text
  const length = Math.min(prefix?.length ?? 128, found.afi === 4 ? 24 : 48)
  const [a, b, c, d] = found.words
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = [a, b, c, d].map((word, i) => word & maskWord(length, i))
  return prefixText(found.afi, w0, w1, w2, w3, length)
}

/** An order of labels by content. */
export function compareLabels(a: Labels, b: Labels): number {
  if (a === b) return 0
  const names = Object.keys(a)
  const others = Object.keys(b)
  for (const [i, name] of names.entries()) {
    const other = others[i]
    if (other === undefined) return 1
    if (name !== other) return name < other ? -1 : 1
    const [x = '', y = ''] = [a[name], b[name]]
    if (x !== y) return x < y ? -1 : 1
  }
  return names.length - others.length
}
