// The package as somebody else gets it: packed, installed into an empty folder, and run there.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folder, main, remove, root, run, writeArchives } from './tools.ts'

describe('the package', () => {
  const here = folder()
  const archives = writeArchives(folder())
  const replay = [
    'replay',
    ...archives.updates,
    ...archives.ribs.flatMap((path) => ['--rib', path]),
    ...['--asn', '4766', '--format', 'ndjson'],
  ]
  let packed: string[] = []

  beforeAll(() => {
    run('npm', ['pack', '--silent', '--pack-destination', here], { cwd: root })
    const tarball = readdirSync(here).find((name) => name.endsWith('.tgz')) ?? 'none'
    packed = run('tar', ['-tzf', join(here, tarball)])
      .split('\n')
      .filter((name) => name !== '')
      .map((name) => name.replace(/^package\//, ''))
      .sort()
    run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', join(here, tarball)], {
      cwd: here,
    })
  })

  afterAll(() => remove(here))

  test('holds what it needs and nothing else', () => {
    const tops = new Set(packed.map((name) => name.split('/')[0]))
    expect([...tops].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'config',
      'dist',
      'grafana',
      'package.json',
    ])
    const built = packed.filter((name) => name.startsWith('dist/'))
    expect(built.length).toBeGreaterThan(80)
    for (const name of built) {
      expect(name).toMatch(/\.js$/)
      const source = name.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts')
      expect(existsSync(join(root, source)), source).toBe(true)
    }
  })

  test('says its version', () => {
    const said = run('npx', ['--no-install', 'faultline', '--version'], { cwd: here })
    expect(said).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('finds the outage in archives, as the checkout does', () => {
    const found = run('npx', ['--no-install', 'faultline', ...replay], { cwd: here })
    const kinds = found
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; asn: number; state: string })
    expect(kinds).toContainEqual(
      expect.objectContaining({ kind: 'outage.as', asn: 4766, state: 'resolved' }),
    )
    expect(found).toBe(run(process.execPath, [main, ...replay], { cwd: here }))
  })
})
