// What the API can still tell: the latest revision of each incident and a few earlier ones. It is
// bounded, for a bad day on the Internet is longer than our memory; what is let go is counted.

import type { Incident, State } from '../core/incident.ts'

interface HistorySettings {
  /** Incidents kept. 2,000: weeks of a watched AS, or one bad hour of the whole table. */
  readonly limit?: number
  /** Earlier revisions kept of each, beside the latest; the opening one is the last to go. */
  readonly earlier?: number
}

/** What `list` is asked for; what is absent is no condition. */
export interface Wanted {
  readonly states?: readonly State[]
  readonly asns?: readonly number[]
  /** Last told about at or after this, as ISO text in UTC. */
  readonly since?: string
}

interface Kept {
  latest: Incident
  readonly earlier: Incident[]
}

/** It is over, never was, or goes on as part of another: nothing more is expected of it. */
export const isOver = ({ state, foldedInto }: Incident): boolean =>
  foldedInto !== null || state === 'resolved' || state === 'transient' || state === 'suppressed'

export class History {
  /** Incidents, and earlier revisions of those still kept, that had to go. */
  readonly dropped = { incidents: 0, revisions: 0 }
  readonly #limit: number
  readonly #mostEarlier: number
  // Both in the order in which they were last told about.
  readonly #going = new Map<string, Kept>()
  readonly #over = new Map<string, Kept>()

  constructor({ limit = 2_000, earlier = 8 }: HistorySettings = {}) {
    this.#limit = Math.max(1, limit)
    this.#mostEarlier = Math.max(0, earlier)
  }

  add(incident: Incident): void {
    const { id } = incident
    const known = this.#going.get(id) ?? this.#over.get(id)
    this.#going.delete(id)
    this.#over.delete(id)
    // A revision that does not go up is the story told anew, as the demo does in each of its days.
    const goesOn = known !== undefined && incident.revision > known.latest.revision
    const kept = goesOn ? known : { latest: incident, earlier: [] }
    if (goesOn) {
      kept.earlier.push(known.latest)
      if (kept.earlier.length > this.#mostEarlier) {
        kept.earlier.splice(Math.min(1, this.#mostEarlier), 1)
        this.dropped.revisions++
      }
      kept.latest = incident
    }
    const shelf = isOver(incident) ? this.#over : this.#going
    shelf.set(id, kept)
    if (this.#going.size + this.#over.size > this.#limit) this.#drop()
  }

  get(id: string): Incident | undefined {
    return (this.#going.get(id) ?? this.#over.get(id))?.latest
  }

  /** All revisions kept of it, the latest at the end; empty if it is not known. */
  revisions(id: string): Incident[] {
    const kept = this.#going.get(id) ?? this.#over.get(id)
    return kept ? [...kept.earlier, kept.latest] : []
  }

  /** Latest revisions, the one told about last first. */
  list(wanted: Wanted = {}): Incident[] {
    const { states, asns, since } = wanted
    const found: Incident[] = []
    for (const shelf of [this.#going, this.#over])
      for (const { latest } of shelf.values()) {
        if (states && !states.includes(latest.state)) continue
        if (asns && !asns.includes(latest.asn) && !asns.includes(latest.culprit)) continue
        if (since !== undefined && latest.updatedAt < since) continue
        found.push(latest)
      }
    const key = (i: Incident) => `${i.updatedAt} ${i.id}`
    return found.sort((a, b) => (key(a) < key(b) ? 1 : -1))
  }

  get size(): number {
    return this.#going.size + this.#over.size
  }

  #drop(): void {
    const shelf = this.#over.size > 0 ? this.#over : this.#going
    for (const id of shelf.keys()) {
      shelf.delete(id)
      this.dropped.incidents++
      return
    }
  }
}
