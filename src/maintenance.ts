// Planned work of the configuration, as facts: a window begins and ends at times that are known.

import type { Config } from './config/schema.ts'
import { type Change, changeUncertainty } from './core/sample.ts'

export function windowsOf(maintenance: Config['maintenance']): Change[] {
  return maintenance.flatMap(({ id, from, to, asns, routers, links, pops, prefixes }): Change[] => {
    const scope = {
      asn: asns.map(String),
      id: [id],
      link: links,
      pop: pops,
      prefix: prefixes,
      router: routers,
    }
    const told = Object.entries(scope).filter(([, names]) => names.length > 0)
    const labels = Object.fromEntries(told.map(([name, names]) => [name, names.join(',')]))
    const of = (event: 'window-start' | 'window-end', at: number): Change => ({
      kind: 'change',
      at,
      event,
      labels,
      note: '',
      uncertainty: changeUncertainty[event],
    })
    return [of('window-start', from), of('window-end', to)]
  })
}
