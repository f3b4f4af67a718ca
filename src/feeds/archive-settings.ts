// Where the archives of RIS and RouteViews are, and how politely they are asked.

import { hours, minutes, type Span, seconds } from '../core/time.ts'

export interface ArchiveSettings {
  /** Where RIS's files are, with whatever folder stands before `rrc00/`. http or https. */
  readonly ris: string
  /** Where RouteViews' files are, with whatever folder stands before `route-views3/`. */
  readonly routeviews: string
  /** Folder that files are kept in. */
  readonly folder: string
  /** Octets kept there at most, what was used longest ago going first; null = all is kept. */
  readonly mostKept: number | null
  /** Requests under way at once, to both together. */
  readonly parallel: number
  /** Name and version of the program that asks, as `faultline/1.0.0`. */
  readonly program: string
  /** Who asks, for the people who run the archives: a mail address or a page; null = not said. */
  readonly contact: string | null
  /** Octets of the largest file taken, and of the largest page of an index. */
  readonly mostOctets: number
  readonly mostIndex: number
  /** Without an octet for so long, a connection is given up and made again. */
  readonly stall: Span
  /** Attempts in a row that bring nothing new. */
  readonly attempts: number
  /** Bounds of the wait after the first and any later of them. */
  readonly retryStart: Span
  readonly retryMost: Span
  /** A server that asks for a longer pause than this is not waited for. */
  readonly mostPause: Span
  /** A file that ended so long ago is not changed any more, so nobody is asked whether it was. */
  readonly settled: Span
  /** A file is expected so long after its end at the latest; before that its absence is no hole. */
  readonly late: Span
}

export const archiveDefaults = {
  ris: 'https://data.ris.ripe.net/',
  routeviews: 'https://archive.routeviews.org/',
  // Some weeks of one collector, or a day of all.
  mostKept: 20e9,
  // Both projects are run for the good of all by few people.
  parallel: 3,
  contact: null,
  // The largest tables are near one gigabyte.
  mostOctets: 4e9,
  // A month of RIS has 9,000 files, in two megabytes of page.
  mostIndex: 16 << 20,
  stall: seconds(30),
  attempts: 5,
  retryStart: seconds(1),
  retryMost: seconds(30),
  mostPause: minutes(10),
  settled: hours(24),
  late: hours(1),
} as const satisfies Omit<ArchiveSettings, 'folder' | 'program'>

/** An address as it is written, or undefined if files cannot be below it. */
export function archiveAddress(given: string): string | undefined {
  if (!URL.canParse(given)) return undefined
  const { protocol, username, password, search, hash } = new URL(given)
  const isPlain = !username && !password && !search && !hash
  return /^https?:$/.test(protocol) && isPlain ? given : undefined
}
