// What can be set of telemetry beside the routes, and of planned work.

import { z } from 'zod'
import { addressText, parseAddress } from '../core/prefix.ts'
import { type Sample, sampleLimits, usualStaleAfter, usualUncertainty } from '../core/sample.ts'
import { type Instant, parseInstant, type Span } from '../core/time.ts'
import { alertRules } from '../feeds/notices.ts'
import { asn, asnOf, file, group, list, prefix, reader, span, text } from './fields.ts'

const secret = z
  .union([
    group({
      env: reader(
        z.string(),
        { title: 'the name of a variable', examples: ['FAULTLINE_TOKEN'] },
        (given) => (/^[A-Za-z_]\w{0,99}$/.test(given) ? given : undefined),
      ).describe('Environment variable that holds it.'),
    }),
    group({ file: file.describe('File that holds it, and nothing else.') }),
  ])
  .meta({ title: 'a secret, as {env: NAME} or {file: PATH}', examples: ['{env: FAULTLINE_TOKEN}'] })

const address = reader(
  z.string(),
  { title: 'an IPv4 or IPv6 address', examples: ['192.0.2.53', '2001:db8::53'] },
  (given): string | undefined => {
    const found = parseAddress(given)
    return found && addressText(found.afi, ...found.words)
  },
)

const perPlane = (usual: Readonly<Record<Sample['plane'], Span>>) => ({
  bgp: span(usual.bgp).describe('Sessions of own routers.'),
  igp: span(usual.igp).describe('IS-IS and OSPF, with the processors of routers.'),
  ingress: span(usual.ingress).describe('Interfaces at the border.'),
  flow: span(usual.flow).describe('Flows.'),
  dns: span(usual.dns).describe('Resolvers.'),
  probe: span(usual.probe).describe('Probes.'),
})

const alert = group({
  label: text('the name of a label', 'alertname').describe('Label that is looked at.'),
  contains: text('a word', 'ddos').describe('What it contains, whatever its case.'),
  event: z
    .enum(['detector', 'mitigation', 'upstream-notice'])
    .describe('What the alert is: a detector that fired, traffic diverted, trouble of others.'),
})

/** Names in a list of names: a comma would part them. */
const name = reader(
  z.string(),
  { title: 'a name of one line, without comma', examples: ['r1.seoul'] },
  (given) => (/^[\x20-\x2b\x2d-\x7e\u00a0-\uffff]{1,64}$/.test(given) ? given : undefined),
)

const idOf = (key: string) => (item: unknown) =>
  typeof item === 'object' && item !== null && key in item
    ? (item as Record<string, unknown>)[key]
    : undefined

const popsSchema = list(
  group({
    name: name.describe('What it is called, as in the label `pop` of samples.'),
    prefixes: list(prefix).min(1).describe('Prefixes served from there; the most specific counts.'),
  }),
  idOf('name'),
)

export const planesSchema = group({
  token: secret
    .exactOptional()
    .describe('Samples and notices over HTTP must come with it (Authorization: Bearer …).'),
  uncertainty: group(perPlane(usualUncertainty))
    .prefault({})
    .describe('So far from its stamp a sample may be where it does not say itself.'),
  staleAfter: group(perPlane(usualStaleAfter))
    .prefault({})
    .describe('A plane that has said nothing for so long is blind.'),
  resolvers: list(address)
    .prefault([])
    .describe('Addresses of own resolvers, towards which traffic is nobody’s attack.'),
  pops: popsSchema
    .prefault([])
    .describe('Points of presence, by what is served from where: place tells fault from flood.'),
  alerts: z
    .array(alert)
    .prefault([...alertRules])
    .describe('Alerts of Alertmanager that mean something here; the first that fits counts.'),
})

const instant = reader(
  z.string(),
  { title: 'a time in UTC, or with its zone', examples: ['2025-03-01T02:00:00Z'] },
  (given): Instant | undefined => (/^\d{4}-/.test(given) ? parseInstant(given) : undefined),
)

const names = list(name).prefault([])

const MOST = sampleLimits.value

const window = group({
  id: name.describe('What the work is called, such as its ticket.'),
  from: instant.describe('When it begins.'),
  to: instant.describe('When it ends.'),
  asns: list(asn, asnOf).prefault([]).describe('Networks it is about.'),
  routers: names.describe('Routers.'),
  links: names.describe('Links.'),
  pops: names.describe('Points of presence.'),
  prefixes: list(prefix).prefault([]).describe('Prefixes.'),
}).superRefine((given, context) => {
  const refuse = (path: string, message: string, hint: string) =>
    context.addIssue({ code: 'custom', path: [path], message, params: { hint } })
  if (given.to <= given.from) refuse('to', 'is not later than from', 'change one of the two')
  for (const key of ['asns', 'routers', 'links', 'pops', 'prefixes'] as const)
    if (given[key].join(',').length > MOST)
      refuse(key, `has more than ${MOST} characters in all`, 'make two windows of it')
})

export const maintenanceSchema = list(window, idOf('id'))
