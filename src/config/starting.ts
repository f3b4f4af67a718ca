// A configuration to begin with, as YAML with remarks: what was found is said beside what is set, so
// that people can strike what is not theirs.

import type { Asn } from '../core/asn.ts'

export interface FoundPrefix {
  readonly prefix: string
  /** What stands behind it as a remark. */
  readonly remark: string
}

export interface Found {
  readonly asn: Asn
  readonly name?: string
  readonly prefixes: readonly FoundPrefix[]
  /** Lines above its prefixes. */
  readonly remarks: readonly string[]
}

export interface StartingConfig {
  /** Lines at the head. */
  readonly head: readonly string[]
  readonly asns: readonly Found[]
  readonly context: {
    readonly vrps: readonly string[]
    readonly asRelationships: readonly string[]
    readonly siblings: readonly (readonly Asn[])[]
    /** Lines above the siblings. */
    readonly remarks: readonly string[]
  }
}

/** So many prefixes are written as a list; more are found in the table anyhow. */
const MOST_LISTED = 1_000

/** Text of one remark: what is not of one plain line would end it. */
const remark = (text: string, indent = ''): string =>
  `${indent}# ${text.replace(/[^\x20-\x7e\u00a0-\u024f]+/g, ' ').slice(0, 300)}`.trimEnd()

export function startingYaml({ head, asns, context }: StartingConfig): string {
  const out: string[] = [...head.map((line) => remark(line)), 'version: 1', '', 'asns:']
  for (const { asn, name, prefixes, remarks } of asns) {
    out.push(`  - asn: ${asn}`)
    if (name !== undefined) out.push(`    name: ${JSON.stringify(name)}`)
    for (const line of remarks) out.push(remark(line, '    '))
    if (prefixes.length === 0) continue
    out.push('    prefixes:')
    const width = Math.max(...prefixes.slice(0, MOST_LISTED).map(({ prefix }) => prefix.length))
    for (const { prefix, remark: said } of prefixes.slice(0, MOST_LISTED))
      out.push(`      - ${said === '' ? prefix : prefix.padEnd(width)}${said && remark(said, ' ')}`)
    if (prefixes.length > MOST_LISTED)
      out.push(remark(`and ${prefixes.length - MOST_LISTED} more, which are heard too`, '      '))
  }
  const { vrps, asRelationships, siblings, remarks } = context
  out.push(
    '',
    'feeds:',
    '  - type: ris-live',
    '    # Who you are, for the people who run the service:',
  )
  out.push('    # client: faultline, noc@example.net')
  const inContext: string[] = []
  const files = (name: string, paths: readonly string[]) => {
    if (paths.length > 0)
      inContext.push(`  ${name}:`, ...paths.map((p) => `    - ${JSON.stringify(p)}`))
  }
  files('vrps', vrps)
  files('asRelationships', asRelationships)
  for (const line of remarks) inContext.push(remark(line, '  '))
  if (siblings.length > 0)
    inContext.push('  siblings:', ...siblings.map((list) => `    - [${list.join(', ')}]`))
  if (inContext.some((line) => !line.trimStart().startsWith('#')))
    out.push('', 'context:', ...inContext)
  else if (inContext.length > 0) out.push('', ...inContext)
  return `${out.join('\n')}\n`
}
