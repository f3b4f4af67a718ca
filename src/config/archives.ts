// What can be set of the archives that files are fetched from.

import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type ArchiveSettings, archiveAddress, archiveDefaults } from '../feeds/archive-settings.ts'
import { count, file, flag, group, reader, text } from './fields.ts'
import type { Config } from './schema.ts'

const address = (preset: string) =>
  reader(
    z.string(),
    { title: 'an http:// or https:// address', examples: [preset], pattern: '^https?://' },
    (given) => archiveAddress(given),
  ).prefault(preset)

export const archivesSchema = group({
  ris: address(archiveDefaults.ris).describe('Where the files of RIPE RIS are; or a mirror.'),
  routeviews: address(archiveDefaults.routeviews).describe(
    'Where the files of RouteViews are; or a mirror.',
  ),
  cache: file.exactOptional().describe('Folder that fetched files are kept in.'),
  mostCache: count(archiveDefaults.mostKept, 1e15).describe(
    'Octets kept there at most; what was used longest ago goes first.',
  ),
  resync: flag(true).describe(
    'What a feed could not tell is fetched from there when it appears, and the hole is filled.',
  ),
  parallel: count(archiveDefaults.parallel, 16).describe('Requests under way at once.'),
  contact: text('a text of one line', 'noc@example.net')
    .exactOptional()
    .describe('Who you are, for the people who run the archives.'),
})

type ArchivesConfig = z.output<typeof archivesSchema>

/** What the client is opened with. `program` is our name and version. */
export function archiveSettings(
  { cache, mostCache, contact, resync: _, ...rest }: ArchivesConfig,
  program: string,
): ArchiveSettings {
  return {
    ...archiveDefaults,
    ...rest,
    folder: cache ?? usualCache(),
    mostKept: mostCache,
    contact: contact ?? null,
    program,
  }
}

/** Where the XDG base directory specification wants it. */
const usualCache = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'faultline', 'archives')

/** Run by RIPE, and no relay of somebody's own. */
export const isService = (url: string): boolean => new URL(url).hostname.endsWith('.ripe.net')

/** Whether what a feed did not tell is in the archives: of a relay of somebody's own we do not know. */
export const isArchived = ({ feeds, context }: Pick<Config, 'feeds' | 'context'>): boolean =>
  context.bootstrap.length > 0 ||
  feeds.some(
    (feed) =>
      feed.type === 'routeviews' ||
      (feed.type === 'ris-live' && !feed.history && isService(feed.url)),
  )
