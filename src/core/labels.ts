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
    (name) => !equipment.has(name) && (labels[name] ?? '').split(',').some(isHost),
  )

/** The same labels, single hosts made the /24 or /48 they are in. */
export function withoutHosts(labels: Labels): Labels {
  const hosts = new Set(hostsIn(labels))
  if (hosts.size === 0) return labels
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [
      name,
      hosts.has(name) ? [...new Set(value.split(',').map(blockOf))].join(',') : value,
    ]),
  )
}

const isHost = (text: string): boolean => blockOf(text) !== text

/** The /24 or /48 around an address or a longer prefix; anything else as it is. */
export function blockOf(text: string): string {
  const bare = text.trim()
  const prefix = parsePrefix(bare)
  const found = prefix ?? parseAddress(bare)
  if (!found) return text
  const most = found.afi === 4 ? 24 : 48
  if (prefix && prefix.length <= most) return text
  const [a, b, c, d] = found.words
  const masked = [a, b, c, d].map((word, i) => word & maskWord(most, i))
  return prefixText(found.afi, masked[0] ?? 0, masked[1] ?? 0, masked[2] ?? 0, masked[3] ?? 0, most)
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
