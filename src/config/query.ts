// A question to Prometheus as it is written, in a set of `config/queries/` or by the operator: PromQL with
// `{{parameters}}`, and what its answer is in our words. Filled in and checked here.

import { z } from 'zod'
import { metrics } from '../core/sample.ts'
import { hours, parseSpan, type Span } from '../core/time.ts'
import type { PrometheusQuery } from '../feeds/prometheus-settings.ts'
import { group, reader } from './fields.ts'

const MOST_LETTERS = 4_000
const name = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/
const placeholder = /\{\{(\w+)\}\}/g

const promql = (example: string) =>
  reader(z.string(), { title: 'PromQL', examples: [example] }, (text) =>
    text.trim() !== '' && text.length <= MOST_LETTERS && !/[^\P{Cc}\n\t]/u.test(text)
      ? text.trim()
      : undefined,
  )

const line = { title: 'a text of one line without quotes', examples: ['border'] }

/** What may stand in place of a parameter: it must not end the text it is put into. */
export const parameter = reader(z.string(), line, (text) =>
  text.length <= 200 && !/["\p{Cc}]/u.test(text) ? text : undefined,
)

const texts = () => z.record(z.string(), parameter)

export const query = group({
  name: parameter.exactOptional().describe('For logs; the metric when it is left out.'),
  metric: z.enum(Object.keys(metrics)).describe('What is measured: one of the table of metrics.'),
  promql: promql('sum by (instance) (rate(queries_total[2m]))').describe(
    'An instant vector, with one series for each set of labels.',
  ),
  fresh: promql('queries_total{job="dns"}').describe(
    'A bare selector of what it is computed from: it tells when that was scraped.',
  ),
  labels: texts().prefault({}).describe('Labels of the answer and what they are called here.'),
  add: texts().prefault({}).describe('Labels that every sample gets.'),
  uncertainty: z
    .string()
    .meta({ title: 'times added up', examples: ['2m + 60s/2', '30s'] })
    .describe('The window of a rate, and half of the time between two scrapes.'),
})

export type Written = z.output<typeof query>

export interface QueryFault {
  readonly path: readonly PropertyKey[]
  readonly why: string
  readonly hint: string
}

/** The parameters it speaks of. */
export const parametersOf = ({ promql, fresh, labels, add, uncertainty }: Written): string[] => [
  ...new Set(
    [promql, fresh, uncertainty, ...Object.entries(labels).flat(), ...Object.values(add)].flatMap(
      (text) => [...text.matchAll(placeholder)].map(([, key = '']) => key),
    ),
  ),
]

/** Filled in; its name begins with that of the set. Faults go to `fault`, with their place in it. */
export function filled(
  written: Written,
  set: string,
  parameters: ReadonlyMap<string, string>,
  fault: (fault: QueryFault) => void,
): PrometheusQuery | undefined {
  const unknown = parametersOf(written).filter((key) => !parameters.has(key))
  for (const key of unknown) {
    fault({
      path: [],
      why: `speaks of {{${key}}}, which has no value`,
      hint: `add it to parameters`,
    })
  }
  if (unknown.length > 0) return undefined
  const fill = (text: string) =>
    text.replace(placeholder, (_, key: string) => parameters.get(key) ?? '')
  const { metric } = written
  const spec = metrics[metric]
  const uncertainty = sumOf(fill(written.uncertainty))
  let sound = spec !== undefined
  const wrong = (path: PropertyKey[], why: string, hint: string) => {
    sound = false
    fault({ path, why, hint })
  }
  if (uncertainty === undefined) {
    const hint = 'write it like 2m + 60s/2'
    wrong(['uncertainty'], `${JSON.stringify(fill(written.uncertainty))} is no sum of times`, hint)
  }
  const labels = new Map<string, string>()
  const ours = new Set<string>()
  const add = new Map(Object.entries(written.add).map(([to, value]) => [to, fill(value)]))
  const label = (path: PropertyKey[], to: string) => {
    if (!name.test(to)) wrong(path, `${JSON.stringify(to)} is no label`, 'write it like router')
    else if (ours.has(to)) wrong(path, `${to} has a value already`, 'keep one of the two')
    ours.add(to)
  }
  for (const to of add.keys()) label(['add', to], to)
  for (const [from, to] of Object.entries(written.labels)) {
    label(['labels', from], fill(to))
    if (name.test(fill(from))) labels.set(fill(from), fill(to))
    else wrong(['labels', from], `${JSON.stringify(fill(from))} is no label`, 'as PromQL has it')
  }
  const needs = (spec?.labels ?? []).filter((to) => !to.endsWith('?'))
  for (const to of needs.filter((to) => !ours.has(to))) {
    wrong(['labels'], `${metric} needs the label ${to}`, 'say which label of the answer that is')
  }
  if (!sound || !spec || uncertainty === undefined) return undefined
  return {
    name: `${set} ${written.name ?? metric}`,
    metric,
    plane: spec.plane,
    promql: fill(written.promql),
    fresh: fill(written.fresh),
    labels: Object.fromEntries(labels),
    add: Object.fromEntries(add),
    needs,
    uncertainty,
  }
}

/** `2m + 60s/2`; undefined when it is not written like that, or beyond a day. */
function sumOf(text: string): Span | undefined {
  const terms = text.split('+').map((term) => {
    const [, span = '', half] = /^\s*(\S+?)(\/2)?\s*$/.exec(term) ?? []
    const length = parseSpan(span)
    return length === undefined ? Number.NaN : length / (half ? 2 : 1)
  })
  const sum = terms.reduce((a, b) => a + b, 0)
  return sum >= 0 && sum <= hours(24) ? Math.round(sum) : undefined
}
