// The notations of the file: spans, shares, prefixes, ASNs, addresses. A field carries what editors
// and faults say of it: its `title` is what a value must be, its `examples` how it is written.
//
// A time has its unit ("45s") and a bare number is refused: the one thing operators get wrong is
// whether 300 meant seconds or milliseconds.

import { z } from 'zod'
import { type Asn, parseAsn } from '../core/asn.ts'
import { addressText, parseAddress, parsePrefix, prefixText } from '../core/prefix.ts'
import { hours, minutes, parseSpan, type Span, seconds } from '../core/time.ts'
import { isLoopback, type Listen, parseListen } from './listen.ts'

/** Says why a value is refused when "must be <title>" would not help; always undefined. */
type Refuse = (why: string, hint: string) => undefined

interface Looks {
  readonly title: string
  readonly examples: readonly (string | number)[]
  /** For editors; `read` is what decides. */
  readonly pattern?: string
}

/** A value in a notation of our own: `read` gives undefined for what is not written like that. */
export function reader<I extends z.ZodType, T>(
  written: I,
  { examples, ...looks }: Looks,
  read: (value: z.output<I>, refuse: Refuse) => T | undefined,
) {
  return written.meta({ ...looks, examples: [...examples] }).transform((value, context): T => {
    let params: { hint: string } | undefined
    let message = ''
    const meaning = read(value, (why, hint) => {
      message = why
      params = { hint }
      return undefined
    })
    if (meaning !== undefined) return meaning
    context.addIssue({ code: 'custom', message, ...(params && { params }) })
    return z.NEVER
  })
}

/** Settings that belong together; all may be left out unless one of them has no default. */
export const group = <S extends z.ZodRawShape>(shape: S) => z.strictObject(shape)

/** The shortest text that says it: `45s`, `3m`. */
function spanText(span: Span): string {
  const [unit, letter] = [[hours(1), 'h'] as const, [minutes(1), 'm'] as const].find(
    ([length]) => span % length === 0,
  ) ?? [seconds(1), 's']
  return `${span / unit}${letter}`
}

export const span = (preset: Span) =>
  reader(
    z.string(),
    {
      title: 'a time from "1s" to "24h" with its unit',
      examples: ['45s', '5m', '2h'],
      pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
    },
    (text): Span | undefined => {
      const length = parseSpan(text)
      const fits = length !== undefined && length >= seconds(1) && length <= hours(24)
      return fits ? Math.round(length) : undefined
    },
  ).prefault(spanText(preset))

export const share = (preset: number) => z.number().min(0).max(1).prefault(preset)
export const count = (preset: number, most: number) => z.int().min(1).max(most).prefault(preset)
export const flag = (preset: boolean) => z.boolean().prefault(preset)

/** A list in which nothing stands twice; told even when another of its items is at fault. */
export function list<T extends z.ZodType>(item: T, nameOf: (read: unknown) => unknown = itself) {
  return z.array(item).superRefine(
    (items, context) => {
      const first = new Map<unknown, number>()
      for (const [i, name] of items.map(nameOf).entries()) {
        const before = first.get(name)
        if (before === undefined && name !== undefined) first.set(name, i)
        if (before === undefined) continue
        const message = `${name} stands in this list already, as number ${before + 1}`
        const params = { hint: 'remove one of the two' }
        context.addIssue({ code: 'custom', path: [i], message, params })
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  )
}

/** An item that was refused is left as something else than the text it should be. */
const itself = (item: unknown) => (typeof item === 'string' ? item : undefined)

export const text = (title: string, example: string) =>
  reader(z.string(), { title, examples: [example] }, (value) =>
    /^[\x20-\x7e\u00a0-\uffff]{1,200}$/.test(value) && value.trim() === value ? value : undefined,
  )

export const file = text('the path of a file', 'rib.20250101.0000.bz2')

export const folder = text('the path of a folder', '/var/lib/faultline')

export const prefix = reader(
  z.string(),
  { title: 'an IPv4 or IPv6 prefix', examples: ['192.0.2.0/24', '2001:db8::/32'] },
  (given, refuse) => {
    const found = parsePrefix(given)
    const address = parseAddress(given.replace(/\/.*/, ''))
    if (!found || !address) return undefined
    const clean = prefixText(found.afi, ...found.words, found.length)
    if (clean !== `${addressText(address.afi, ...address.words)}/${found.length}`) {
      return refuse('has bits set behind its length', `write ${clean}, or the length you mean`)
    }
    // More specifics are subscribed to with it: so short a one would order much of the Internet.
    const least = found.afi === 4 ? 8 : 16
    return found.length >= least
      ? clean
      : refuse(`is shorter than /${least}`, 'name the prefixes as they are announced')
  },
)

/** A network, an address or a prefix of addresses, as core/vantage.ts wants them. */
export const peer = reader(
  z.union([z.number(), z.string()]),
  {
    title: 'an AS number, an address or a prefix of addresses',
    examples: [64500, '192.0.2.1', '2001:db8::/32'],
  },
  (given, refuse): string | undefined => {
    if (typeof given === 'number' && !Number.isInteger(given))
      return refuse('is a decimal number in YAML', 'put asdot in quotes, as in "1.10"')
    const number = parseAsn(String(given))
    if (number !== undefined) return `AS${number}`
    const address = parseAddress(String(given))
    if (address)
      return `${addressText(address.afi, ...address.words)}/${address.afi === 4 ? 32 : 128}`
    const found = parsePrefix(String(given))
    return found && prefixText(found.afi, ...found.words, found.length)
  },
)

export const asn = reader(
  z.union([z.number(), z.string()]),
  { title: 'an AS number from 1 to 4294967295', examples: [4766, 'AS4766'] },
  (given, refuse): Asn | undefined =>
    typeof given === 'string' || Number.isInteger(given)
      ? parseAsn(String(given))
      : refuse('is a decimal number in YAML', 'put asdot in quotes, as in "1.10"'),
)

interface Watched {
  readonly asn: Asn
  readonly name?: string
  readonly prefixes: readonly string[]
}

export const watched = z
  .union([
    asn.transform((number): Watched => ({ asn: number, prefixes: [] })),
    group({
      asn: asn.describe('The AS to watch.'),
      name: text('a name of one line', 'Example Net')
        .exactOptional()
        .describe('What people call it; for reports only.'),
      prefixes: list(prefix)
        .prefault([])
        .describe('Prefixes to subscribe to, more specifics included: see "What is heard".'),
    }),
  ])
  .meta({ title: 'an AS number from 1 to 4294967295, or a group with asn, name and prefixes' })

const address = { title: 'an address and a port', examples: ['127.0.0.1:9477', '[::1]:9477'] }

// The page, the metrics and the API ask for no password. So an address that others can reach is
// taken only together with a word that cannot be left over from somebody's copy of an address.
const exposed = (written: string) =>
  [
    'can be reached from other machines, and the page and the API ask for no password',
    'listen on 127.0.0.1:9477; or, behind a firewall or a proxy that asks, ' +
      `write listen: {address: "${written}", exposed: true}`,
  ] as const

/** `open`: what is wrong with an address that others can reach, and what to do; `what`: what they would reach. */
export const listenOn = (open: (written: string) => readonly [string, string], what: string) =>
  z
    .union([
      reader(z.string(), address, (written, refuse) => {
        const where = parseListen(written)
        return where && !isLoopback(where.host) ? refuse(...open(written)) : where
      }),
      group({
        address: reader(z.string(), address, (written) => {
          const where = parseListen(written)
          return where && { ...where, written }
        }).describe('The same, for use with `exposed`.'),
        exposed: flag(false).describe(what),
      }).transform((given, context): Listen => {
        const { host, port, written } = given.address
        if (given.exposed || isLoopback(host)) return { host, port }
        const [message, hint] = open(written)
        context.addIssue({ code: 'custom', path: ['address'], message, params: { hint } })
        return z.NEVER
      }),
    ])
    .meta({ title: address.title })

export const listen = listenOn(
  exposed,
  'Others may reach the page and the API, without a password.',
)

/** For a list of ASNs, alone or with what is watched of them, however each is written. */
export const asnOf = (item: unknown) => {
  if (typeof item === 'number') return `AS${item}`
  return typeof item === 'object' && item && 'asn' in item ? `AS${item.asn}` : undefined
}
