// node .ci/count.mjs STATUS REPORT.json [STATUS REPORT.json]…
//
// Sums vitest's JSON reports into one closing line. A run that ended badly without a failed test (a file
// that cannot be loaded, an unhandled rejection, no report at all) counts as one failure, and so does a
// run that held no test.

import { readFileSync } from 'node:fs'

const args = process.argv.slice(2)
let [passed, failed, skipped] = [0, 0, 0]
for (let i = 0; i < args.length; i += 2) {
  const { ok, counts } = read(args[i + 1])
  const good = ok && args[i] === '0' && counts.passed > 0
  passed += counts.passed
  failed += counts.failed === 0 && !good ? 1 : counts.failed
  skipped += counts.skipped
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 ? 1 : 0

function read(path) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'))
    for (const { status, name, assertionResults } of report.testResults) {
      for (const test of assertionResults) {
        if (test.status === 'passed') counts.passed++
        else if (test.status === 'failed') counts.failed++
        else {
          counts.skipped++
          console.log(`SKIPPED: ${test.fullName}`)
        }
      }
      if (status === 'failed' && assertionResults.every((test) => test.status !== 'failed')) {
        console.log(`FAILED as a whole: ${name}`)
        counts.failed++
      }
    }
    return { ok: report.success === true, counts }
  } catch (error) {
    console.log(`no report: ${error.message}`)
    return { ok: false, counts }
  }
}
