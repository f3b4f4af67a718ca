// What can be set of a feed from Prometheus.

import { z } from 'zod'
import {
  type PrometheusQuery,
  type PrometheusSettings,
  prometheusDefaults,
} from '../feeds/prometheus-settings.ts'
import { file, group, list, reader, span, text } from './fields.ts'
import { parameter, query } from './query.ts'
import { querySetNames } from './query-set-names.ts'
import { secret } from './secret.ts'

const fields = {
  type: z.literal('prometheus').describe('What a Prometheus has scraped from own equipment.'),
  url: reader(
    z.string(),
    {
      title: 'an http or https address',
      examples: ['https://prometheus.example.net/'],
      pattern: '^https?://',
    },
    (given, refuse) => {
      if (!URL.canParse(given)) return undefined
      const { protocol, username, password } = new URL(given)
      if (!/^https?:$/.test(protocol)) return undefined
      if (username || password) return refuse('has a password in it', 'use basic, with a secret')
      return given
    },
  ).describe('Where it is, with the prefix it is served under.'),
  interval: span(prometheusDefaults.interval).describe('How often it is asked.'),
  timeout: span(prometheusDefaults.timeout).describe('How long an answer may take.'),
  bearer: secret.exactOptional().describe('Token to show.'),
  basic: group({
    user: text('a name of one line', 'faultline').describe('Name to give.'),
    password: secret.describe('Password to give.'),
  })
    .exactOptional()
    .describe('Name and password to give.'),
  ca: file
    .exactOptional()
    .describe('PEM file of the authorities to trust, instead of those of the system.'),
  sets: list(z.enum(querySetNames)).prefault([]).describe('Ready-made queries, by exporter.'),
  parameters: z
    .record(z.string(), parameter)
    .prefault({})
    .describe('Values for the {{parameters}} of sets and queries.'),
  queries: z.array(query).max(200).prefault([]).describe('Queries of your own.'),
}

/** What of it is looked into although something else is wrong. */
export const askedFields = z.object({
  type: fields.type,
  sets: fields.sets,
  parameters: fields.parameters,
  queries: fields.queries,
})
export const keptFields = z.object({
  type: fields.type,
  bearer: fields.bearer,
  basic: fields.basic,
  ca: fields.ca,
})

export const prometheusFeed = group(fields)
  .refine(({ sets, queries }) => sets.length + queries.length > 0, {
    error: 'asks nothing',
    params: { hint: 'name sets: [bind, …], or give queries' },
  })
  .refine(({ bearer, basic }) => !bearer || !basic, {
    path: ['basic'],
    error: 'stands beside bearer',
    params: { hint: 'keep one of the two' },
  })

export type PrometheusFeed = z.output<typeof prometheusFeed>

/** What the feed is opened with. */
export function prometheusSettings(
  { url, interval, timeout, bearer, basic, ca }: PrometheusFeed,
  queries: readonly PrometheusQuery[],
): PrometheusSettings {
  return {
    ...prometheusDefaults,
    url,
    interval,
    timeout,
    bearer: bearer ?? null,
    basic: basic ?? null,
    ca: ca ?? null,
    queries,
  }
}
