// The list of prefixes of a BGPalerter, taken over. A group a prefix:
//
//   192.0.2.0/24: {description: …, asn: [64500], ignoreMorespecifics: false, ignore: false, group: noc, …}
//   options: {monitorASns: {'64500': {group: noc, upstreams: […], downstreams: […]}}}
//
// What we have no setting for is said, by its place: nobody should think that it is still in force.

import { shown } from '../context/faults.ts'
import { type Asn, parseAsn } from '../core/asn.ts'
import { parsePrefix, prefixText } from '../core/prefix.ts'
import type { FoundPrefix, StartingConfig } from './starting.ts'
import { join, readYaml } from './yaml.ts'

export interface Takeover {
  readonly config: StartingConfig
  /** What is in the list and has no like here. */
  readonly left: readonly string[]
}

export interface TakeoverFaults {
  readonly ok: false
  readonly faults: readonly { readonly line: number; readonly why: string }[]
  /** And so many more like these. */
  readonly more: number
}

const MOST_FAULTS = 20
const MOST_LEFT = 50
const MOST_ENTRIES = 100_000

type Group = Readonly<Record<string, unknown>>
const isGroup = (value: unknown): value is Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What the words mean that are not taken over, and what stands in for them. */
const WITHOUT: Readonly<Record<string, string>> = {
  ignoreMorespecifics:
    'more specific prefixes are heard all the same; mute their incidents instead',
  ignore:
    'it is left out of the list, and its incidents are told all the same if its AS is watched',
  excludeMonitors: 'thresholds are set per kind of trouble, under detect',
  includeMonitors: 'thresholds are set per kind of trouble, under detect',
  path: 'paths are learned from the table; expressions on them are not taken',
  group: 'who is told is not decided by the prefix',
}

export function fromBgpalerter(
  text: string,
  name: string,
): (Takeover & { readonly ok: true }) | TakeoverFaults {
  const { data, marks, faults: found, place } = readYaml(text)
  const faults: { line: number; why: string }[] = []
  let more = 0
  const fault = (where: string, why: string, at?: number) => {
    const offset = at ?? marks.get(where)?.key ?? 0
    if (faults.length < MOST_FAULTS) faults.push({ line: place(offset).line, why })
    else more++
  }
  for (const { at, where, why, hint } of found) fault('', `${where} ${why}; ${hint}`, at)
  if (found.length === 0 && !isGroup(data))
    fault('$', 'must be a list of prefixes, a group each, as BGPalerter writes it')
  const left = new Map<string, number>()
  const leave = (what: string) => {
    if (left.has(what) || left.size < MOST_LEFT) left.set(what, (left.get(what) ?? 0) + 1)
  }
  const asns = new Map<Asn, { prefixes: FoundPrefix[]; remarks: string[] }>()
  const of = (asn: Asn) => {
    const known = asns.get(asn) ?? { prefixes: [], remarks: [] }
    asns.set(asn, known)
    return known
  }
  const siblings: (readonly Asn[])[] = []
  const readAsns = (value: unknown, where: string, what: string): Asn[] => {
    const given = Array.isArray(value) ? value : [value]
    const read = given.map((one) =>
      typeof one === 'string' || Number.isInteger(one) ? parseAsn(String(one)) : undefined,
    )
    if (given.length === 0 || read.includes(undefined)) {
      fault(where, `${what} must be AS numbers, as in [64500], not ${shown(value)}`)
      return []
    }
    return read as Asn[]
  }
  const entries = isGroup(data) ? Object.entries(data) : []
  if (entries.length > MOST_ENTRIES)
    fault('$', `holds ${entries.length} prefixes; at most ${MOST_ENTRIES} are taken`)
  for (const [key, value] of entries.slice(0, MOST_ENTRIES)) {
    const where = join('$', key)
    if (key === 'options') {
      if (isGroup(value)) readOptions(value, where)
      else fault(where, `options must be a group, not ${shown(value)}`)
      continue
    }
    const parsed = parsePrefix(key)
    if (!parsed) {
      fault(where, `${shown(key)} is no prefix, as in 192.0.2.0/24`)
      continue
    }
    if (!isGroup(value)) {
      fault(where, `${key} must be a group with description and asn, not ${shown(value)}`)
      continue
    }
    const prefix = prefixText(parsed.afi, ...parsed.words, parsed.length)
    const { description = '', asn, ignore = false } = value
    if (asn === undefined)
      fault(where, `${key} has no asn: say who originates it, as in asn: [64500]`)
    const origins = asn === undefined ? [] : readAsns(asn, where, `asn of ${key}`)
    for (const [word, set] of Object.entries(value)) {
      const plain = set === false || set === null || (word === 'group' && set === 'default')
      if (word in WITHOUT && !plain) leave(`${word}: ${WITHOUT[word]}`)
      else if (!(word in WITHOUT) && word !== 'description' && word !== 'asn')
        leave(`${word}: there is no such setting here`)
    }
    if (ignore === true) continue
    const remark = typeof description === 'string' ? description : ''
    for (const one of new Set(origins)) of(one).prefixes.push({ prefix, remark })
    if (origins.length > 1) siblings.push(origins)
  }

  function readOptions(options: Group, where: string): void {
    for (const [word, set] of Object.entries(options)) {
      if (word !== 'monitorASns') {
        leave(`options.${word}: there is no such setting here`)
        continue
      }
      if (!isGroup(set)) {
        fault(join(where, word), `monitorASns must be a group by AS number, not ${shown(set)}`)
        continue
      }
      for (const [number, about] of Object.entries(set)) {
        const asn = parseAsn(number)
        if (asn === undefined) {
          fault(join(join(where, word), number), `monitorASns: ${shown(number)} is no AS number`)
          continue
        }
        const entry = of(asn)
        if (!isGroup(about)) continue
        for (const [what, list] of Object.entries(about)) {
          if (what === 'upstreams' || what === 'downstreams') {
            if (list === null || list === undefined || list === false) continue
            const read = readAsns(list, join(join(where, word), number), `${what} of AS${asn}`)
            if (read.length === 0) continue
            entry.remarks.push(`${what} by ${name}: ${read.map((n) => `AS${n}`).join(', ')}`)
            leave(
              `${what} of monitorASns: they stand as a remark; neighbours are learned from the table`,
            )
          } else if (!(what === 'group' && list === 'default'))
            leave(`${what} of monitorASns: ${WITHOUT[what] ?? 'there is no such setting here'}`)
        }
      }
    }
  }

  if (faults.length === 0 && asns.size === 0)
    fault('$', 'holds no AS to watch: neither a prefix with an asn nor options.monitorASns')
  if (faults.length > 0) return { ok: false, faults: faults.sort((a, b) => a.line - b.line), more }
  const notes = [...left].map(([what, count]) => (count === 1 ? what : `${what} (${count} times)`))
  return {
    ok: true,
    left: notes,
    config: {
      head: [
        `Taken over from ${name}, the list of a BGPalerter.`,
        ...notes.map((note) => `Not taken over: ${note}.`),
      ],
      asns: [...asns]
        .sort(([a], [b]) => a - b)
        .map(([asn, { prefixes, remarks }]) => ({ asn, prefixes, remarks })),
      context: {
        vrps: [],
        asRelationships: [],
        siblings: joined(siblings),
        remarks: siblings.length > 0 ? ['They originate the same prefixes:'] : [],
      },
    },
  }
}

/** Lists that share a network are of one organisation. */
function joined(lists: readonly (readonly Asn[])[]): Asn[][] {
  const out: Set<Asn>[] = []
  for (const list of lists) {
    const whole = new Set(list)
    for (let i = out.length - 1; i >= 0; i--) {
      const other = out[i] as Set<Asn>
      if (![...whole].some((asn) => other.has(asn))) continue
      for (const asn of other) whole.add(asn)
      out.splice(i, 1)
    }
    if (whole.size > 1) out.push(whole)
  }
  return out.map((set) => [...set].sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))
}
