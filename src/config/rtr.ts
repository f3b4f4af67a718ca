// What can be set about VRPs while the daemon runs: caches over RTR, and how often files are looked at.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { type RtrSettings, rtrDefaults } from '../feeds/rtr-settings.ts'
import { isUrl, watchedDefaults } from '../feeds/watched-settings.ts'
import { file, flag, group, reader, span } from './fields.ts'

/** A path, with a date perhaps, or an address. */
export const fileOrUrl = reader(
  z.string(),
  {
    title: 'the path of a file, or an address that begins with http:// or https://',
    examples: ['vrps.json', 'https://console.rpki-client.org/vrps.json'],
  },
  (given, refuse) => {
    if (isUrl(given) && (!URL.canParse(given) || new URL(given).username !== ''))
      return refuse('is no address that can be asked', 'write https://host/path, without a name')
    return file.safeParse(given).success ? given : undefined
  },
)

const host = /^[\w.-]{1,253}$|^[0-9a-fA-F:.]{2,45}$/

const cache = group({
  host: reader(
    z.string(),
    {
      title: 'a host name or an address',
      examples: ['rpki.example.net', '127.0.0.1'],
      pattern: host.source,
    },
    (given) => (host.test(given) ? given : undefined),
  ).describe('Where the cache is.'),
  port: z.int().min(1).max(65_535).prefault(rtrDefaults.port).describe('Its port.'),
  tls: z
    .union([
      flag(false),
      group({
        ca: file.exactOptional().describe('Certificates of who is trusted, PEM.'),
        cert: file.exactOptional().describe('Our own certificate, PEM.'),
        key: file.exactOptional().describe('Its key, PEM.'),
      }),
    ])
    .meta({ title: 'true, false, or a group with ca, cert and key' })
    .prefault(false)
    .describe('Whether the connection is encrypted, and by what.'),
  version: z
    .union([z.literal(0), z.literal(1), z.literal(2)])
    .meta({ title: '0, 1 or 2' })
    .prefault(rtrDefaults.version)
    .describe('Tried first: 2 has ASPA; from there down to what the cache speaks.'),
  refresh: span(rtrDefaults.refresh).describe('Asked at least so often, though it notifies.'),
  expire: span(rtrDefaults.refresh)
    .unwrap()
    .exactOptional()
    .describe('What it said is too old after so long; when not set, as the cache says.'),
})

export const rtrSchema = z
  .array(cache)
  .max(8)
  .meta({ title: 'a list of caches' })
  .prefault([])
  .describe('Caches of VRPs over RTR, the preferred one first.')

export const refreshSchema = group({
  file: span(watchedDefaults.file).describe('Files of `vrps` are looked at so often.'),
  url: span(watchedDefaults.url).describe('Addresses are asked so often whether there is more.'),
})
  .prefault({})
  .describe('How often what `vrps` names is looked at again.')

type Caches = z.output<typeof rtrSchema>

/** The files they name, by their setting. */
export const filesOfCaches = (caches: Caches): [key: string, path: string][] =>
  caches.flatMap(({ tls }, i) =>
    typeof tls === 'object'
      ? Object.entries(tls).map(([key, path]): [string, string] => [`[${i}].tls.${key}`, path])
      : [],
  )

/** With their files where they are, seen from the folder of the configuration. */
export const placedCaches = (caches: Caches, base: string): Caches =>
  caches.map(({ tls, ...rest }) => ({
    ...rest,
    tls:
      typeof tls === 'object'
        ? Object.fromEntries(Object.entries(tls).map(([key, path]) => [key, resolve(base, path)]))
        : tls,
  }))

/** What they are asked with. Reads certificates; throws if it cannot. */
export const rtrSettings = (caches: Caches): RtrSettings[] =>
  caches.map(({ tls, ...rest }, i) => ({
    ...rtrDefaults,
    ...rest,
    tls:
      tls === false
        ? null
        : Object.fromEntries(
            Object.entries(tls === true ? {} : tls).map(([key, path]) => [
              key,
              readPem(path, `context.rtr[${i}].tls.${key}`),
            ]),
          ),
  }))

function readPem(path: string, where: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new Error(`${where}: ${path} cannot be read; check its path and who may read it`)
  }
}
