// What can be set about BMP from own routers.

import { z } from 'zod'
import { addressText, parseAddress, parsePrefix, prefixText } from '../core/prefix.ts'
import { type BmpSettings, bmpDefaults } from '../feeds/bmp-settings.ts'
import { count, group, list, listenOn, reader, span } from './fields.ts'

// BMP has neither password nor encryption: who can connect can say what he likes about our routers.
const exposed = (written: string) =>
  [
    'can be reached from other machines, and BMP knows no password',
    'listen on 127.0.0.1:11019; or, in a network for management, ' +
      `write listen: {address: "${written}", exposed: true}, and name the routers in allow`,
  ] as const

const address = reader(
  z.string(),
  { title: 'an IPv4 or IPv6 address', examples: ['192.0.2.1', '2001:db8::1'] },
  (given) => {
    const found = parseAddress(given)
    return found && addressText(found.afi, ...found.words)
  },
)

const addresses = reader(
  z.string(),
  {
    title: 'an address or a prefix of addresses',
    examples: ['192.0.2.1', '192.0.2.0/24', '2001:db8::/32'],
  },
  (given) => {
    const host = parseAddress(given)
    if (host) return `${addressText(host.afi, ...host.words)}/${host.afi === 4 ? 32 : 128}`
    const found = parsePrefix(given)
    return found && prefixText(found.afi, ...found.words, found.length)
  },
)

const name = reader(
  z.string(),
  { title: 'a name of letters, digits, ".", "_", "@" and "-"', examples: ['r1.seoul'] },
  (given) => (/^[\w.@-]{1,64}$/.test(given) ? given : undefined),
)

export const bmpFeed = group({
  type: z.literal('bmp').describe('What own routers tell of their sessions, over BMP (RFC 7854).'),
  listen: listenOn(exposed, 'Others may connect, and BMP knows no password.')
    .prefault(`${bmpDefaults.host}:${bmpDefaults.port}`)
    .describe('Where routers connect; a loopback address unless exposed.'),
  allow: list(addresses)
    .prefault([])
    .describe('Who may connect, beside this machine and the routers that are named.'),
  routers: z
    .array(
      group({
        address: address.describe('From which it connects.'),
        name: name.describe('What it is called; else it says so itself (sysName).'),
        pop: name.exactOptional().describe('Point of presence it is in.'),
      }),
    )
    .max(256)
    .meta({ title: 'a list of at most 256 routers' })
    .prefault([])
    .describe('Routers by name.'),
  mostConnections: count(bmpDefaults.mostConnections, 10_000).describe('Routers at once.'),
  mostPerMinute: count(bmpDefaults.mostPerMinute, 100_000).describe(
    'Connections that may begin in a minute.',
  ),
  mostPerSecond: count(bmpDefaults.mostPerSecond, 1_000_000).describe(
    'Messages read in a second; beyond that routers wait.',
  ),
  mostSessions: count(bmpDefaults.mostSessions, 100_000).describe('Sessions of one router.'),
  firstWithin: span(bmpDefaults.firstWithin).describe('Who has said nothing by then is no router.'),
  silentAfter: span(bmpDefaults.silentAfter).describe(
    'Nothing for so long: the connection is closed.',
  ),
  quiet: span(bmpDefaults.quiet).describe('A table is told when it has been quiet for so long …'),
  longestDump: span(bmpDefaults.longestDump).describe('… or at the latest after this.'),
}).superRefine(({ routers }, context) => {
  for (const key of ['address', 'name'] as const) {
    const seen = new Set<string>()
    for (const [i, router] of routers.entries()) {
      if (seen.has(router[key]))
        context.addIssue({
          code: 'custom',
          path: ['routers', i, key],
          message: `${router[key]} is there twice`,
          params: { hint: 'give each router an address and a name of its own' },
        })
      seen.add(router[key])
    }
  }
})

export type BmpFeed = z.output<typeof bmpFeed>

/** What the listener is opened with. */
export function bmpSettings({ type: _, listen, routers, allow, ...rest }: BmpFeed) {
  return {
    ...bmpDefaults,
    ...rest,
    ...listen,
    routers: routers.map(({ pop = '', ...router }) => ({ ...router, pop })),
    allow: [...bmpDefaults.allow, ...allow, ...routers.map((router) => router.address)],
  } satisfies BmpSettings
}
