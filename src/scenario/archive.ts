// A play as the archives would have it: for each collector a table and files of updates, named and laid
// out as RIS and RouteViews do it.

import { gzipSync } from 'node:zlib'
import { type Instant, iso, minutes } from '../core/time.ts'
import { writeMessage } from './day.ts'
import { mrt } from './mrt.ts'
import type { Play } from './play.ts'

export interface WrittenFile {
  /** With slashes, below the folder it all goes into. */
  readonly path: string
  readonly octets: Uint8Array
}

const isRis = (collector: string) => collector.startsWith('rrc')

/** Where the files of a kind lie, and how they are called. */
function nameOf(collector: string, kind: 'rib' | 'updates', at: Instant): string {
  const text = iso(at)
  const month = `${text.slice(0, 4)}.${text.slice(5, 7)}`
  const slot = `${text.slice(0, 10).replaceAll('-', '')}.${text.slice(11, 16).replace(':', '')}`
  if (isRis(collector)) return `${collector}/${month}/${kind === 'rib' ? 'bview' : kind}.${slot}.gz`
  const folder = kind === 'rib' ? 'RIBS' : 'UPDATES'
  return `${collector}/bgpdata/${month}/${folder}/${kind}.${slot}.gz`
}

/** Tables first, then updates; a slot in which a collector heard nothing has no file. */
export function* archive(play: Play): Generator<WrittenFile> {
  for (const [collector, octets] of play.rib)
    yield { path: nameOf(collector, 'rib', play.start), octets: gzipSync(octets) }
  for (const collector of play.internet.collectors) {
    const span = minutes(isRis(collector) ? 5 : 15)
    let slot = -1
    let file = mrt({ micros: true })
    for (const message of play.messages) {
      if (message.session.collector !== collector) continue
      const now = Math.floor(message.at / span)
      if (now !== slot) {
        if (slot >= 0) yield close(nameOf(collector, 'updates', slot * span), file.bytes())
        slot = now
        file = mrt({ micros: true })
      }
      writeMessage(file, message)
    }
    if (slot >= 0) yield close(nameOf(collector, 'updates', slot * span), file.bytes())
  }
}

const close = (path: string, octets: Uint8Array): WrittenFile => ({
  path,
  octets: gzipSync(octets),
})
