// RIS Live into the corridor: frames are decoded as they come.

import type { Batch } from './core/batch.ts'
import type { Instant } from './core/time.ts'
import { Canary } from './feeds/canary.ts'
import { openRisLive } from './feeds/ris-live.ts'
import type { RisLiveSettings } from './feeds/ris-live-settings.ts'
import type { CanaryStatus, OpenSource } from './live-source.ts'
import { RisDecoder } from './wire/ris-json.ts'
import { rawUpdates } from './wire/ris-raw.ts'

/** Between looks at the canaries, in milliseconds: a second is little of what they measure. */
const LOOK = 1_000

export function risLive(settings: RisLiveSettings): OpenSource {
  return (stream) => {
    const { vantages } = stream
    const decoder = new RisDecoder(vantages, settings.includeRaw ? { raw: rawUpdates() } : {})
    const { stats } = decoder
    // The past keeps no appointments with our clock.
    const canary = new Canary(settings.staleAfter === null ? [] : settings.canaries)
    // One function for all frames; a new one for each would be waste.
    let frame: Buffer = Buffer.alloc(0)
    let newest: Instant = 0
    let vantage = 0
    const read = (batch: Batch): boolean => {
      const before = batch.messages
      if (decoder.decode(frame, batch, stats.read).kind === 'full') return false
      const m = batch.messages - 1
      if (m < before) return true
      newest = batch.at[m] as number
      vantage = batch.vantage[m] as number
      if (canary.on) canary.message(batch, m, wall())
      return true
    }
    const client = openRisLive(
      { ...settings, asns: [...stream.asns], prefixes: [...settings.prefixes, ...stream.own()] },
      {
        frame(octets) {
          frame = octets
          if (stream.take(read)) client.seen(newest, vantages.get(vantage).collector)
        },
        gap(why, collector) {
          if (collector === undefined) canary.sight(false, wall())
          stream.gap(why, collector)
        },
        sight(collector) {
          canary.sight(true, wall())
          stream.sight(collector)
        },
        log: (level, text) => stream.log(level, text),
      },
    )
    const look = () => {
      canary.reached(stream.reached(), wall())
      if (canary.check(wall())) stream.log('warn', `RIS Live: ${canary.symptom}`)
    }
    const timer = canary.on ? setInterval(look, LOOK) : undefined
    return {
      status() {
        const { frames, prefixesDropped, slow, stalled, ...status } = client.status()
        const { symptom } = canary
        return {
          ...status,
          messages: frames,
          malformed: stats.malformed,
          dropped: [
            { reason: 'vantage-points', count: stats.refused },
            { reason: 'prefix-text', count: stats.skippedPrefixes },
            { reason: 'subscription', count: prefixesDropped },
            // Of a service that cuts us off nobody knows how much it had for us: the times are counted.
            { reason: 'too-slow', count: slow },
          ],
          symptoms: [
            ...stalled.map((name) => `nothing comes from ${name} while others speak`),
            ...(symptom === null ? [] : [symptom]),
          ],
          ...(canary.on ? { canary: statusOf(canary) } : {}),
        }
      },
      own: (prefixes) => client.subscribe(prefixes),
      async close() {
        clearInterval(timer)
        await client.close()
      },
    }
  }
}

const statusOf = ({ last, missed }: Canary): CanaryStatus =>
  last === null ? { stamped: null, heard: null, decided: null, missed } : { ...last, missed }

const wall = (): Instant => Date.now() * 1_000
