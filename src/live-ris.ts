// RIS Live into the corridor: frames are decoded as they come.

import { openRisLive } from './feeds/ris-live.ts'
import type { RisLiveSettings } from './feeds/ris-live-settings.ts'
import type { OpenSource } from './live-source.ts'
import { RisDecoder } from './wire/ris-json.ts'
import { rawUpdates } from './wire/ris-raw.ts'

export function risLive(settings: RisLiveSettings): OpenSource {
  return (stream) => {
    const decoder = new RisDecoder(
      stream.vantages,
      settings.includeRaw ? { raw: rawUpdates() } : {},
    )
    const { stats } = decoder
    // One function for all frames; a new one for each would be waste.
    let frame: Buffer = Buffer.alloc(0)
    let newest = 0
    const read = (batch: Parameters<typeof decoder.decode>[1]): boolean => {
      if (decoder.decode(frame, batch, stats.read).kind === 'full') return false
      if (batch.messages > 0) newest = batch.at[batch.messages - 1] as number
      return true
    }
    const client = openRisLive(
      { ...settings, asns: [...stream.asns], prefixes: [...settings.prefixes, ...stream.own()] },
      {
        frame(octets) {
          frame = octets
          if (stream.take(read)) client.seen(newest)
        },
        gap: (why) => stream.gap(why),
        sight: () => stream.sight(),
        log: (level, text) => stream.log(level, text),
      },
    )
    return {
      status() {
        const { frames, prefixesDropped, ...status } = client.status()
        return {
          ...status,
          messages: frames,
          malformed: stats.malformed,
          dropped: [
            { reason: 'vantage-points', count: stats.refused },
            { reason: 'prefix-text', count: stats.skippedPrefixes },
            { reason: 'subscription', count: prefixesDropped },
          ],
        }
      },
      own: (prefixes) => client.subscribe(prefixes),
      close: () => client.close(),
    }
  }
}
