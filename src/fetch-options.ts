// What may be said on the command line of files to be fetched. Apart from fetching.ts because a replay of
// files that are here should not wait for what fetching needs.

import { InvalidArgumentError } from 'commander'
import type { Instant } from './core/time.ts'
import { type Project, projectOf } from './feeds/archive-layout.ts'
import { archiveAddress } from './feeds/archive-settings.ts'
import { count } from './report/plain.ts'

export type Mirrors = Partial<Record<Project, string>>

/** `--archive URL` is for both projects, `--archive ris=URL` for one. */
export function archiveOption(text: string, before: Mirrors = {}): Mirrors {
  const [, project, url = ''] = /^(?:(ris|routeviews)=)?(.*)$/.exec(text) ?? []
  const address = archiveAddress(url)
  if (address === undefined)
    throw new InvalidArgumentError(
      'Give an http:// or https:// address, alone or as in ris=https://mirror.example.net/ris/.',
    )
  if (project) return { ...before, [project]: address }
  return { ris: address, routeviews: address, ...before }
}

export function collectorsOption(text: string, before: readonly string[] = []): string[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  return [...new Set([...before, ...names])]
}

const UNITS: Record<string, number> = { M: 1e6, G: 1e9, T: 1e12 }

/** Octets of `500M`, `10G`. */
export function octetsOption(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)([MGT])B?$/i.exec(text) ?? []
  const octets = Number(number) * (UNITS[unit.toUpperCase()] ?? 0)
  if (!(octets > 0)) throw new InvalidArgumentError('Give a size with its unit: 500M, 10G, 1T.')
  return octets
}

/** Octets that are fetched without being asked to. */
export const USUAL_MOST = 10e9

/** All that is wrong with a wish before anybody is asked; one line each. */
export function wishFaults(
  collectors: readonly string[],
  from: Instant | undefined,
  until: Instant | undefined,
): string[] {
  const faults = collectors
    .filter((name) => projectOf(name) === null)
    .map(
      (name) =>
        `--collector ${name}: neither RIS nor RouteViews has names like that: write rrc00, ` +
        'route-views2, route-views.sydney or amsix.ams',
    )
  if (from === undefined) faults.push('--from is missing: what is wanted is fetched from there on')
  if (until === undefined) faults.push('--until is missing: what is wanted is fetched until there')
  if (from !== undefined && until !== undefined && from >= until)
    faults.push('--from is not before --until: nothing would be left')
  if (from !== undefined && from > Date.now() * 1e3) faults.push('--from lies in the future')
  return faults
}

/** For people. */
export const size = (octets: number): string =>
  octets < 1e9 ? `${count(Math.ceil(octets / 1e6))} MB` : `${(octets / 1e9).toFixed(1)} GB`
