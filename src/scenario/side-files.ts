// What is known of a play's Internet beside its routes, in the forms in which it is published for the
// real one: relationships as CAIDA writes them (serial-1), ROA payloads as rpki-client does.

import { type Instant, iso } from '../core/time.ts'
import type { Play } from './play.ts'

/** `provider|customer|-1` and `peer|peer|0`; links that come to be later are not in it. */
export function relationships({ internet, start }: Play): string {
  const { asns, edges, latent } = internet
  const lines: string[] = []
  for (let e = 0; e < edges.length; e += 2) {
    const { from = 0, to = 0, role } = edges[e] ?? {}
    if (latent?.has(e >> 1)) continue
    const [a, b] = [asns[from] ?? 0, asns[to] ?? 0]
    if (role === 'peer') lines.push(`${Math.min(a, b)}|${Math.max(a, b)}|0`)
    else lines.push(role === 'provider' ? `${b}|${a}|-1` : `${a}|${b}|-1`)
  }
  lines.sort((x, y) => Number(x.split('|')[0]) - Number(y.split('|')[0]) || (x < y ? -1 : 1))
  const head = [
    // The day as CAIDA writes it: without one nobody knows from when on the file holds.
    `# invented Internet of ${iso(start).slice(0, 10).replaceAll('-', '')}`,
    '# <provider-as>|<customer-as>|-1',
    '# <peer-as>|<peer-as>|0',
  ]
  return `${[...head, ...lines].join('\n')}\n`
}

export function vrps({ roas, start, end }: Play): string {
  const expires = Math.floor((end as Instant) / 1e6) + 86_400
  const rows = new Map(roas.map((roa) => [`${roa.prefix} ${roa.asn} ${roa.maxLength}`, roa]))
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, roa]) => roa)
  const metadata = { buildtime: `${iso(start).slice(0, 19)}Z`, vrps: sorted.length }
  const lines = sorted.map(({ asn, prefix, maxLength }) =>
    JSON.stringify({ asn, prefix, maxLength, ta: 'invented', expires }),
  )
  return `{\n"metadata": ${JSON.stringify(metadata)},\n"roas": [\n${lines.join(',\n')}\n]\n}\n`
}
