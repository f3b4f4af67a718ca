import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { workshop } from './program.ts'

const place = workshop()

it('says plainly that standard output is full, and that is status 1', () => {
  const config = place('sound.yaml')
  writeFileSync(config, 'version: 1\nasns:\n  - asn: 64496\n')
  const full = openSync('/dev/full', 'w')
  for (const args of [['check', config], ['--help']]) {
    const { status, stderr } = spawnSync(process.execPath, ['dist/main.js', ...args], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^Cannot write.*ENOSPC.*\n$/)])
  }
  // Nowhere to say it: the status still does.
  const { status } = spawnSync(process.execPath, ['dist/main.js', 'check', config], {
    stdio: ['ignore', full, full],
  })
  closeSync(full)
  expect(status).toBe(1)
})

it('ends after a fault of its own, although something is still going on', () => {
  const url = (path: string) => JSON.stringify(`file://${resolve('dist', path)}`)
  const script = place('broken.mjs')
  writeFileSync(
    script,
    `import { LiveRun } from ${url('live-run.js')}
    LiveRun.prototype.open = async () => { throw new RangeError('broken for this test') }
    setInterval(() => undefined, 1_000)
    await import(${url('main.js')})`,
  )
  const args = ['--asn', '64496', '--listen', '127.0.0.1:0', '--ris-live', 'ws://127.0.0.1:9/']
  const { status, stderr } = spawnSync(process.execPath, [script, 'watch', ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect([status, stderr]).toEqual([1, expect.stringContaining('broken for this test')])
  expect(stderr).toContain('This is a fault of Faultline')
})
