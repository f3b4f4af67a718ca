// Every metric the daemon has, as a scrape of a full registry shows it: for tests that hold documents
// and dashboards against the code.

import { Metrics, type Reading } from '../src/report/metrics.ts'
import { judged } from './report/sample.ts'

const reading: Reading = {
  feeds: [
    {
      feed: 'ris-live',
      up: true,
      lagSeconds: 2,
      messages: 1,
      gaps: 0,
      malformed: 0,
      dropped: [{ reason: 'future', count: 0 }],
      canary: { stages: [{ stage: 'heard', seconds: 9 }], missed: 0 },
    },
  ],
  vantagePoints: [{ afi: 'ipv4', state: 'active', count: 1 }],
  routes: [{ afi: 'ipv4', count: 1 }],
  watched: [
    {
      asn: judged.asn,
      blind: false,
      families: [
        {
          afi: 'ipv4',
          prefixes: [{ state: 'up', count: 1 }],
          visibilityRatio: 1,
          announced: 1,
          withdrawn: 0,
        },
      ],
    },
  ],
  treatedAsWithdraw: [{ collector: 'rrc00', count: 0 }],
  late: 0,
  holes: { stale: 0, unknown: 0 },
  duplicates: 0,
  vrps: {
    count: 1,
    ageSeconds: 60,
    sources: [{ name: '1', up: true }],
    refused: 0,
    malformed: 0,
  },
  refused: [{ table: 'prefixes', count: 0 }],
  planes: [{ plane: 'bgp', up: true, ageSeconds: 3 }],
  samples: [{ plane: 'ingress', count: 8 }],
  samplesRefused: [{ reason: 'malformed', count: 9 }],
}

export interface Exported {
  readonly type: string
  readonly labels: readonly string[]
}

/** Name → type and labels, those of Node's defaults too. */
export async function exported(): Promise<ReadonlyMap<string, Exported>> {
  const metrics = new Metrics({ version: '0.0.0', watched: [judged.asn] })
  metrics.observe(() => reading)
  metrics.incident(judged)
  metrics.pipelineDelay(0.01)
  const { body } = await metrics.text()
  const found = new Map<string, { type: string; labels: string[] }>()
  for (const [, name = '', type = ''] of body.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    found.set(name, { type, labels: [] })
  for (const [, series = '', labels = ''] of body.matchAll(/^([a-z_0-9]+)(?:\{(.*)\})? \S+$/gm)) {
    const metric = found.get(series) ?? found.get(series.replace(/_(bucket|sum|count)$/, ''))
    for (const [, label = ''] of labels.matchAll(/([a-z_]+)="/g))
      if (metric && label !== 'le' && !metric.labels.includes(label)) metric.labels.push(label)
  }
  return found
}
