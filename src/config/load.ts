// A file becomes one settled configuration. Faults come all at once, never as a throw.

import { isUtf8 } from 'node:buffer'
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { dated } from '../context/dated.ts'
import { isUrl } from '../feeds/watched-settings.ts'
import { explainIssues, type Fault } from './faults.ts'
import { filesOfKafka, placed } from './feed-kafka.ts'
import type { FeedOf } from './feeds.ts'
import { askedFields, keptFields } from './prometheus.ts'
import { queriesOf } from './query-sets.ts'
import { filesOfCaches, placedCaches } from './rtr.ts'
import { type Config, configSchema } from './schema.ts'
import { type Settled, settle } from './settle.ts'
import { type Found, join, type Mark, readYaml } from './yaml.ts'

interface Refused {
  readonly ok: false
  readonly faults: readonly Fault[]
}

/** An operator's file is a few hundred lines; what is larger is another file. */
const MOST_OCTETS = 1 << 20

export function loadConfig(path: string): (Settled & { readonly ok: true }) | Refused {
  const octets = readSome(path)
  if (Array.isArray(octets)) {
    const [why, hint] = octets
    return { ok: false, faults: [{ path, line: 0, column: 0, where: '$', why, hint }] }
  }
  const text = octets.toString('utf8').replace(/^\ufeff/, '')
  const { data, marks, faults, place } = readYaml(text)
  const found = [...faults]
  if (!isUtf8(octets)) {
    const at = text.indexOf('\ufffd')
    found.splice(0, found.length, { at, where: '$', why: 'is not UTF-8', hint: 'save it as UTF-8' })
  } else if (data !== undefined) {
    const parsed = configSchema.safeParse(data)
    const files = fileFaults(data, dirname(path), marks)
    const asked = queryFaults(data, marks)
    if (asked.sets.length > 0) return { ok: false, faults: asked.sets }
    files.push(...asked.own)
    if (parsed.success && faults.length + files.length === 0) {
      return { ok: true, ...settle(withAbsolutePaths(parsed.data, dirname(path))) }
    }
    found.push(...explainIssues(parsed.error?.issues ?? [], marks), ...files)
  }
  found.sort((a, b) => a.at - b.at)
  return { ok: false, faults: found.map(({ at, ...told }) => ({ path, ...place(at), ...told })) }
}

function withAbsolutePaths(config: Config, base: string): Config {
  const { context, journal, feeds, planes, archives, state } = config
  const { token } = planes
  return {
    ...config,
    feeds: feeds.map((feed) => {
      if (feed.type === 'flows') return placed(feed, base)
      if (feed.type === 'routeviews') return placed(feed, base)
      return feed.type === 'prometheus' ? withAbsolute(feed, base) : feed
    }),
    context: {
      ...context,
      rib: context.rib.map((file) => resolve(base, file)),
      vrps: context.vrps.map((place) => (isUrl(place) ? place : resolve(base, place))),
      rtr: placedCaches(context.rtr, base),
      asRelationships: context.asRelationships.map((file) => resolve(base, file)),
    },
    ...(token && 'file' in token
      ? { planes: { ...planes, token: { file: resolve(base, token.file) } } }
      : {}),
    ...(archives.cache !== undefined && {
      archives: { ...archives, cache: resolve(base, archives.cache) },
    }),
    ...(journal !== undefined && { journal: resolve(base, journal) }),
    ...(state !== undefined && { state: { ...state, folder: resolve(base, state.folder) } }),
  }
}

type Secret = { env: string } | { file: string }

function withAbsolute(feed: FeedOf<'prometheus'>, base: string): FeedOf<'prometheus'> {
  const kept = (place: Secret) => ('file' in place ? { file: resolve(base, place.file) } : place)
  const { bearer, basic, ca } = feed
  return {
    ...feed,
    ...(bearer && { bearer: kept(bearer) }),
    ...(basic && { basic: { ...basic, password: kept(basic.password) } }),
    ...(ca !== undefined && { ca: resolve(base, ca) }),
  }
}

/** Of a file that may be wrong otherwise. */
function feedsIn(data: unknown): [number, unknown][] {
  const feeds = typeof data === 'object' && data && 'feeds' in data ? data.feeds : undefined
  return Array.isArray(feeds) ? [...(feeds as unknown[]).entries()] : []
}

/** What is asked of a Prometheus must be complete; and the files of the sets, which are ours, in order. */
function queryFaults(data: unknown, marks: ReadonlyMap<string, Mark>) {
  const own: Found[] = []
  const sets: Fault[] = []
  for (const [i, feed] of feedsIn(data)) {
    const asked = askedFields.safeParse(feed)
    if (!asked.success) continue
    const { faults, setFaults } = queriesOf(asked.data)
    sets.push(...setFaults)
    for (const { path, why, hint } of faults) {
      const full = ['feeds', i, ...path]
      const steps = full.map((_, n) => full.slice(0, full.length - n).reduce<string>(join, '$'))
      const mark = steps.map((where) => marks.get(where)).find((found) => found !== undefined)
      own.push({ at: mark?.value ?? 0, where: full.reduce<string>(join, '$'), why, hint })
    }
  }
  return { own, sets }
}

type Reason = [why: string, hint: string]

/** The file's octets, or why not and what to do. */
function readSome(path: string): Buffer | Reason {
  return attempt((): Buffer | Reason => {
    const unfit = unfitFile(path)
    if (unfit) return unfit
    if (statSync(path).size <= MOST_OCTETS) return readFileSync(path)
    return ['is larger than 1 MiB', 'no configuration is: name another file']
  }, 'config/example.yaml is one to start from')
}

function unfitFile(path: string): Reason | undefined {
  const stat = statSync(path)
  if (stat.isDirectory()) return ['is a directory', 'name a file in it']
  if (!stat.isFile()) return ['is not a regular file', 'copy what it gives into one']
  accessSync(path, constants.R_OK)
  return undefined
}

function attempt<T>(act: () => T, ifMissing: string): T | Reason {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    const { code } = error
    if (code === 'ENOENT' || code === 'ENOTDIR') return ['does not exist', ifMissing]
    if (code === 'EACCES') return ['must not be read by this user', 'see its owner and mode']
    return [`cannot be read (${code})`, 'see what it is and where it lies']
  }
}

/** Files that are named must be there, even when something else is wrong as well. */
function fileFaults(data: unknown, base: string, marks: ReadonlyMap<string, Mark>): Found[] {
  const found: Found[] = []
  const add = (where: string, why: string, hint: string) =>
    found.push({ at: marks.get(where)?.value ?? 0, where, why, hint })
  for (const [i, feed] of feedsIn(data)) {
    const kept = keptFields.safeParse(feed)
    for (const [key, name] of kept.success ? filesOf(kept.data) : []) {
      const file = resolve(base, name)
      const unfit = attempt(() => unfitFile(file), 'paths are relative to the config file')
      if (unfit) add(`$.feeds[${i}].${key}`, `${file} ${unfit[0]}`, unfit[1])
    }
  }
  const wanted = { context: true, journal: true, planes: true } as const
  const named = configSchema.pick(wanted).strip().safeParse(data)
  if (!named.success) return found
  const { context, journal, planes } = named.data
  for (const key of ['rib', 'vrps', 'asRelationships'] as const)
    for (const [i, name] of context[key].entries()) {
      if (key === 'vrps' && isUrl(name)) continue
      const file = resolve(base, key === 'rib' ? name : dated(name).path)
      const unfit = attempt(() => unfitFile(file), 'paths are relative to the config file')
      if (unfit) add(`$.context.${key}[${i}]`, `${file} ${unfit[0]}`, unfit[1])
    }
  for (const [key, name] of filesOfCaches(context.rtr)) {
    const file = resolve(base, name)
    const unfit = attempt(() => unfitFile(file), 'paths are relative to the config file')
    if (unfit) add(`$.context.rtr${key}`, `${file} ${unfit[0]}`, unfit[1])
  }
  if (planes.token && 'file' in planes.token) {
    const file = resolve(base, planes.token.file)
    const unfit = attempt(() => unfitFile(file), 'paths are relative to the config file')
    if (unfit) add('$.planes.token.file', `${file} ${unfit[0]}`, unfit[1])
  }
  const fed = configSchema.pick({ feeds: true }).strip().safeParse(data)
  for (const [i, feed] of fed.success ? fed.data.feeds.entries() : []) {
    if (feed.type !== 'flows' && feed.type !== 'routeviews') continue
    for (const [key, name] of filesOfKafka(feed)) {
      const file = resolve(base, name)
      const unfit = attempt(() => unfitFile(file), 'paths are relative to the config file')
      if (unfit) add(`$.feeds[${i}].${key}`, `${file} ${unfit[0]}`, unfit[1])
    }
  }
  if (journal === undefined) return found
  const file = resolve(base, journal)
  if (isDirectory(file)) add('$.journal', `${file} is a directory`, 'name a file in it')
  if (!isDirectory(dirname(file))) {
    add('$.journal', `there is no directory ${dirname(file)}`, 'make it, or name another')
  }
  return found
}

function filesOf({
  bearer,
  basic,
  ca,
}: Pick<FeedOf<'prometheus'>, 'bearer' | 'basic' | 'ca'>): [key: string, file: string][] {
  const out: [string, string][] = []
  if (bearer && 'file' in bearer) out.push(['bearer.file', bearer.file])
  if (basic && 'file' in basic.password) out.push(['basic.password.file', basic.password.file])
  if (ca !== undefined) out.push(['ca', ca])
  return out
}

const isDirectory = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()
