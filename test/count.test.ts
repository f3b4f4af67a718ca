// The closing line of .ci/run is what everybody believes, so it must not be able to say too much.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../.ci/count.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A report as vitest writes it: one file, and what became of its tests. */
function report(success: boolean, ...tests: readonly string[]): string {
  const path = join(folder, `${Math.random()}.json`)
  const assertionResults = tests.map((status) => ({ status, fullName: `a ${status} test` }))
  const status = tests.includes('failed') || !success ? 'failed' : 'passed'
  const testResults = [{ name: 'a.test.ts', status, assertionResults }]
  writeFileSync(path, JSON.stringify({ success, testResults }))
  return path
}

function count(...args: readonly string[]) {
  const { stdout, status } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  return [stdout.trim().split('\n').at(-1), status]
}

const good = report(true, 'passed', 'passed')

test.each([
  ['all is well', ['0', good, '0', good], '4 passed, 0 failed', 0],
  [
    'some were skipped',
    ['0', report(true, 'passed', 'pending', 'todo')],
    '1 passed, 0 failed, 2 skipped',
    0,
  ],
  ['a test failed', ['0', good, '1', report(false, 'passed', 'failed')], '3 passed, 1 failed', 1],
  ['a file could not be loaded', ['1', report(false)], '0 passed, 1 failed', 1],
  ['the run failed though no test did', ['1', good], '2 passed, 1 failed', 1],
  ['nothing was run', ['0', report(true)], '0 passed, 1 failed', 1],
  ['all was skipped', ['0', report(true, 'pending')], '0 passed, 1 failed, 1 skipped', 1],
  ['there is no report', ['0', good, '0', join(folder, 'none.json')], '2 passed, 1 failed', 1],
])('when %s', (_, args, line, status) => {
  expect(count(...args)).toEqual([line, status])
})
