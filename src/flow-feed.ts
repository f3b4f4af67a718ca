// Flows from a topic to samples: the feed's messages are read, added up by the minute, and what comes of
// it goes into the stream. What the feed lost is lost to the minutes too.

import type { Sample } from './core/sample.ts'
import { iso } from './core/time.ts'
import { openFlowFeed } from './feeds/flows.ts'
import type { FlowFeedSettings, FlowFeedStatus } from './feeds/flows-settings.ts'
import { FlowMinutes } from './flow/minutes.ts'
import { OwnSpace } from './flow/own-space.ts'
import type { FlowSettings } from './flow/settings.ts'
import type { OpenSource } from './live-source.ts'
import { FlowReader } from './wire/flow-json.ts'

export interface FlowsSettings {
  readonly feed: Partial<FlowFeedSettings> & Pick<FlowFeedSettings, 'brokers' | 'topic'>
  readonly minutes: Partial<FlowSettings>
  /** Own prefixes that are configured; those of a table come by `setOwn`. */
  readonly own: readonly string[]
}

export interface FlowsHandlers {
  sample(sample: Sample): void
  /** The flow plane is blind from here on, and why; no sample comes until it sees again. */
  gap(why: string): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export interface FlowsStatus extends FlowFeedStatus {
  readonly malformed: number
  /** Records that came too late, that were dated in the future, of exporters that do not count. */
  readonly late: number
  readonly ahead: number
  readonly passed: number
  readonly exportersDropped: number
  /** Minutes that were added up. */
  readonly minutes: number
}

export interface Flows {
  status(): FlowsStatus
  /** Own prefixes beside the configured ones, in place of those before. */
  setOwn(prefixes: readonly string[]): void
  close(): Promise<void>
}

export function openFlows(
  settings: FlowsSettings,
  handlers: FlowsHandlers,
  open: typeof openFlowFeed = openFlowFeed,
): Flows {
  const space = new OwnSpace(settings.own)
  const reader = new FlowReader()
  const isOwn = () => (space.known ? space.has : null)
  const minutes = new FlowMinutes({ ...settings.minutes, isOwn: isOwn() }, (sample) =>
    handlers.sample(sample),
  )
  let told = false
  const feed = open(settings.feed, {
    message(octets, at) {
      reader.read(octets, at, (row) => minutes.add(row))
      const { read, malformed } = reader.stats
      if (told || malformed < 100 || malformed < read) return
      told = true
      handlers.log('warn', 'flows: most messages are no records of goflow2 or pmacct in JSON')
    },
    lost(from, to) {
      minutes.gap(from, to)
      handlers.log('warn', `flows: not told from ${iso(from)} to ${iso(to)}: not heard whole`)
    },
    gap: (why) => handlers.gap(why),
    sight: () => undefined,
    log: (level, text) => handlers.log(level, text),
  })
  return {
    status() {
      const { late, ahead, passed, exportersDropped, minutes: over } = minutes.stats
      const counts = { late, ahead, passed, exportersDropped, minutes: over }
      return { ...feed.status(), malformed: reader.stats.malformed, ...counts }
    },
    setOwn(prefixes) {
      space.set([...settings.own, ...prefixes])
      minutes.isOwn = isOwn()
    },
    close: () => feed.close(),
  }
}

/** The same as a source of a live run. */
export function flows(settings: FlowsSettings): OpenSource {
  return (stream) => {
    const open = openFlows(settings, {
      sample: (sample) => {
        stream.fact(sample)
      },
      // Nothing comes of them for a while, and by that the plane is blind.
      gap: () => undefined,
      log: (level, text) => stream.log(level, text),
    })
    open.setOwn(stream.own())
    return {
      status() {
        const { late, ahead, passed, exportersDropped, dropped, missing, ...status } = open.status()
        const reasons = { late, ahead, passed, 'too-old': dropped, missing }
        const counts = Object.entries({ ...reasons, exporters: exportersDropped })
        return { ...status, dropped: counts.map(([reason, count]) => ({ reason, count })) }
      },
      own: (prefixes) => open.setOwn(prefixes),
      close: () => open.close(),
    }
  }
}
