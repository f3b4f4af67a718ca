// What a Prometheus knows, into the corridor.

import { openPrometheus } from './feeds/prometheus.ts'
import type { PrometheusSettings } from './feeds/prometheus-settings.ts'
import type { OpenSource } from './live-source.ts'

export function prometheus(settings: PrometheusSettings): OpenSource {
  return (stream) => {
    const client = openPrometheus(settings, {
      sample: (sample) => {
        stream.fact(sample)
      },
      log: (level, text) => stream.log(level, text),
    })
    return {
      status() {
        const { sees, lastFault, samples, newest, malformed, dropped, refused } = client.status()
        const reasons = Object.entries(dropped).map(([reason, count]) => ({ reason, count }))
        return {
          sees,
          lastFault,
          messages: samples,
          newest,
          malformed,
          dropped: [...reasons, { reason: 'query-refused', count: refused }],
        }
      },
      close: () => client.close(),
    }
  }
}
