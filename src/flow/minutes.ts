// Flows in, a few numbers a minute out. A minute is over when the flows themselves are half a minute
// further; what comes later is counted and no more. No address leaves this room: shares and sums do,
// and the names of own resolvers and of exporters. What cannot be known is not told, rather than as zero.

import { DROPPED, type FlowRow, FORWARDED } from '../core/flow.ts'
import type { Sample } from '../core/sample.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { hashOf } from './hash.ts'
import { Minute, MOST_EXPORTERS, SECONDS } from './minute.ts'
import type { IsOwn } from './own-space.ts'
import { Askers, Resolvers, type Tell } from './queries.ts'
import { SeenSources } from './seen-sources.ts'
import { SERVICES } from './services.ts'
import { type FlowSettings, flowDefaults } from './settings.ts'

const MINUTE: Span = minutes(1)
/** A flow cannot have ended so long after its collector heard of it: somebody's clock is wrong. */
const AHEAD: Span = minutes(5)
/** So many minutes of the mix of services make a usual one, which is a day's. */
const LEAST_MIX = 60
const MIX_MEMORY = 1_440
/** So large a part of the records came too late: then those that are still open lack some too. */
const LATE_SHARE = 0.1
/** After so many minutes a source not seen before is worth a word. */
const LEAST_SEEN = 1_440
/** New sources are not taken down while there are so many times as many as usual, and so many. */
const CROWD = 8
const LEAST_CROWD = 1_000

export interface FlowMinutesOptions extends Partial<FlowSettings> {
  /** Whether an address is one of ours; null while own space is not known at all. */
  readonly isOwn: IsOwn | null
}

interface Exporter {
  readonly number: number
  /** Since this minute it says what became of packets. */
  tells: number
}

export class FlowMinutes {
  /** Records that were added up; too late; from the future; of exporters that do not count. */
  readonly stats = { added: 0, late: 0, ahead: 0, passed: 0, exportersDropped: 0, minutes: 0 }
  /** May be set again when more becomes known. */
  isOwn: IsOwn | null
  newest: Instant = Number.NEGATIVE_INFINITY
  readonly sources = new SeenSources()
  readonly #settings: FlowSettings
  readonly #emit: (sample: Sample) => void
  readonly #resolvers: Resolvers
  readonly #only: ReadonlySet<string>
  readonly #exporters = new Map<string, Exporter>()
  readonly #askers = new Askers()
  /** By the parity of their number: no more than two are open at once. */
  readonly #open = [new Minute(), new Minute()] as const
  /** The last that is over. */
  #over = Number.NEGATIVE_INFINITY
  readonly #mix = new Float64Array(SERVICES)
  #mixed = 0
  #seen = 0
  #strangers = 0
  /** What lies between was not heard whole. */
  #blind: readonly [from: Instant, to: Instant] | null = null
  #late = 0
  /** Something was inbound before: from then on nothing is a fact. */
  #inbound = false

  constructor(options: FlowMinutesOptions, emit: (sample: Sample) => void) {
    const { isOwn, ...settings } = options
    this.isOwn = isOwn
    const all = { ...flowDefaults, ...settings }
    // Otherwise three minutes could be open at once.
    this.#settings = { ...all, patience: Math.min(all.patience, MINUTE) }
    this.#emit = emit
    this.#resolvers = new Resolvers(this.#settings.resolvers)
    this.#only = new Set(this.#settings.exporters)
  }

  add(row: FlowRow): void {
    const number = Math.floor(row.at / MINUTE)
    if (this.#only.size > 0 && !this.#only.has(row.exporter)) this.stats.passed++
    else if (row.at > row.told + AHEAD) this.stats.ahead++
    else if (number <= this.#over) {
      this.stats.late++
      this.#late++
    } else {
      // Nobody begins to listen just when a minute begins.
      if (this.newest === Number.NEGATIVE_INFINITY) this.#blind = [-MINUTE, row.at]
      if (row.at > this.newest) this.#forward(row.at)
      this.stats.added++
      this.#count(this.#minute(number), row)
    }
  }

  /** Records of these instants were lost: of their minutes nothing is told, rather than half. */
  gap(from: Instant, to: Instant): void {
    // A flow lasts up to its time-out before it is told.
    const since = from - this.#settings.activeTimeout
    const { newest } = this
    const old = this.#blind === null || this.#blind[1] < newest - 3 * MINUTE
    const [a, b] = old || this.#blind === null ? [since, to] : this.#blind
    this.#blind = [Math.min(a, since), Math.max(b, to)]
  }

  /** Nothing more comes: what is still open is told as it is. */
  finish(): void {
    this.#forward(this.newest + 2 * MINUTE)
  }

  #forward(at: Instant): void {
    this.newest = at
    const until = Math.floor((at - this.#settings.patience) / MINUTE) - 1
    const due = this.#open.filter(({ number }) => number >= 0 && number <= until)
    for (const minute of due.sort((a, b) => a.number - b.number)) this.#close(minute)
    if (until > this.#over) this.#over = until
  }

  #minute(number: number): Minute {
    const minute = this.#open[number & 1] as Minute
    if (minute.number !== number) minute.begin(number)
    return minute
  }

  #count(minute: Minute, row: FlowRow): void {
    this.#byExporter(minute, row)
    const { destinationAfi, destination0, destination1, destination2, destination3 } = row
    const resolver = this.#resolvers.find(
      destinationAfi,
      destination0,
      destination1,
      destination2,
      destination3,
    )
    const { isOwn } = this
    const { sourceAfi, source0, source1, source2, source3 } = row
    const asks = resolver >= 0 && row.protocol === 17 && row.destinationPort === 53
    if (
      !asks &&
      (isOwn === null ||
        (resolver < 0 &&
          !isOwn(destinationAfi, destination0, destination1, destination2, destination3)))
    )
      return
    const own = isOwn?.(sourceAfi, source0, source1, source2, source3) === true
    if (asks) {
      const client = hashOf(sourceAfi, source0, source1, source2, source3)
      minute.queries.add(resolver, client, row.packets, own)
      if (own) this.#askers.add(minute.number, row)
    }
    if (isOwn === null) return
    const known = own || this.sources.sight(row.at, sourceAfi, source0, source1)
    minute.inbound(row, own, known, resolver)
  }

  #byExporter(minute: Minute, row: FlowRow): void {
    let exporter = this.#exporters.get(row.exporter)
    if (exporter === undefined) {
      if (this.#exporters.size === MOST_EXPORTERS) {
        this.stats.exportersDropped++
        return
      }
      exporter = { number: this.#exporters.size, tells: Number.POSITIVE_INFINITY }
      this.#exporters.set(row.exporter, exporter)
    }
    minute.rows[exporter.number] = (minute.rows[exporter.number] as number) + 1
    const { forwarding } = row
    if (forwarding < DROPPED && (forwarding < FORWARDED || forwarding > FORWARDED + 2)) return
    if (minute.number < exporter.tells) exporter.tells = minute.number
    if (forwarding >= DROPPED) minute.dropped(exporter.number, row)
  }

  #close(minute: Minute): void {
    const { number } = minute
    const from = number * MINUTE
    const rows = minute.rows.reduce((sum, count) => sum + count, 0)
    const whole = !this.#wasBlind(from) && this.#late <= LATE_SHARE * rows
    this.#late = 0
    if (minute.bytes > 0) this.#inbound = true
    // It carries flows that began up to their time-out before it, and is dated by its middle.
    const at = from + MINUTE / 2
    const uncertainty = MINUTE / 2 + this.#settings.activeTimeout
    const tell: Tell = (plane, metric, value, labels) => {
      if (whole) this.#emit({ kind: 'sample', at, plane, metric, value, labels, uncertainty })
    }
    const risen = this.#askers.close(number, whole)
    const distance = whole ? this.#distance(minute.services) : null
    if (this.#inbound) minute.tell(this.#seen >= LEAST_SEEN, distance, tell)
    this.#tellDrops(minute, tell)
    minute.queries.tell(this.#resolvers, SECONDS, this.isOwn !== null, tell)
    if (risen !== null) tell('dns', 'diffuse_source_share', risen, {})
    this.#learn(minute)
    this.stats.minutes++
    minute.number = -1
  }

  #wasBlind(from: Instant): boolean {
    return this.#blind !== null && this.#blind[0] < from + MINUTE && this.#blind[1] >= from
  }

  #tellDrops(minute: Minute, tell: Tell): void {
    for (const [exporter, { number, tells }] of [...this.#exporters].sort(byName)) {
      // Many exporters are silent about what they drop: that is no sign that nothing is.
      if (tells > minute.number || minute.rows[number] === 0) continue
      const labels = exporter === '' ? {} : { exporter }
      tell('flow', 'unroutable_drops', (minute.unroutable[number] as number) / SECONDS, labels)
      tell('flow', 'policed_drops', (minute.policed[number] as number) / SECONDS, labels)
    }
  }

  /** Half the sum of differences from the usual mix, which learns a little of this one. */
  #distance(services: Float64Array): number | null {
    const total = services.reduce((sum, bytes) => sum + bytes, 0)
    if (total === 0) return null
    let sum = 0
    const weight = 1 / Math.min(this.#mixed + 1, MIX_MEMORY)
    for (const [i, bytes] of services.entries()) {
      const usual = this.#mix[i] as number
      sum += Math.abs(bytes / total - usual)
      this.#mix[i] = usual + weight * (bytes / total - usual)
    }
    return this.#mixed++ < LEAST_MIX ? null : sum / 2
  }

  /** A flood of forged sources must not fill the memory that is to tell the next one. */
  #learn({ strangers }: Minute): void {
    const crowd = strangers > Math.max(LEAST_CROWD, CROWD * this.#strangers)
    this.#seen++
    this.sources.learns = !crowd || this.#seen < LEAST_SEEN
    // If there are more from now on, that becomes usual within hours.
    this.#strangers += (strangers - this.#strangers) / Math.min(this.#seen, 360)
  }
}

const byName = ([a]: readonly [string, Exporter], [b]: readonly [string, Exporter]): number =>
  a < b ? -1 : 1
