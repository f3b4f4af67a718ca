// The page on which a web server lists a folder, as Apache and nginx write it: names of archive files
// and about how large they are. Everything else on it is passed over.

import type { Instant } from '../core/time.ts'
import { readName } from './archive-name.ts'

export interface Listed {
  readonly name: string
  readonly kind: 'updates' | 'rib'
  readonly slot: Instant
  /** Octets, rounded as the page has it; null when it does not say. */
  readonly about: number | null
}

/** More than a month of files of five minutes, twice. */
const MOST = 20_000

const UNITS: Record<string, number> = { '': 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 }

// A link ends where it must, so that there is one way to read it: a page of `href=x` would take minutes else.
// The rest of the line, or up to the next link, holds date and size, with tags between or without.
const row =
  /<a\s[^<>]{0,200}?href\s{0,9}=\s{0,9}["']?([^"'\s<>?#]{1,200})(?=["'\s>?#])["']?[^<>]{0,200}>((?:(?!<a\s)[^\n]){0,300})/gi
const archive = /^(?:updates|bview|rib)\.\d{8}\.\d{4}\.(?:gz|bz2)$/
const size = /\d\d:\d\d(?::\d\d)?\s+(\d[\d.]{0,14})\s*([KMG]?)/i

/** By slot. */
export function readIndex(page: string): Listed[] {
  const out = new Map<string, Listed>()
  for (const [, link = '', rest = ''] of page.matchAll(row)) {
    const name = link.replace(/^(?:\.|.*)\//, '')
    if (!archive.test(name) || out.size >= MOST) continue
    const { kind, slot } = readName(name)
    if (slot === null) continue
    const told = size.exec(rest.replace(/<[^>]*>|&nbsp;/g, ' '))
    const about = told && Number(told[1]) * (UNITS[told[2]?.toUpperCase() ?? ''] ?? 1)
    out.set(name, { name, kind, slot, about: about && Number.isFinite(about) ? about : null })
  }
  return [...out.values()].sort((a, b) => a.slot - b.slot)
}
