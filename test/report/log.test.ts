import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { openLog, readableLine } from '../../src/report/log.ts'

const PINO = createRequire(import.meta.url).resolve('pino')

/** Runs a script that has a `log`; `stderr` is a file, or a pipe that is read or never read. */
async function run(script: string, how: string, stderr: number | 'read' | 'unread') {
  // Node 20 does not read TypeScript: the two files as they are, their types taken off.
  const folder = mkdtempSync(join(tmpdir(), 'faultline-log-'))
  for (const name of ['log', 'plain']) {
    const source = readFileSync(new URL(`../../src/report/${name}.ts`, import.meta.url), 'utf8')
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    })
    const placed = outputText.replace('./plain.ts', './plain.mjs')
    writeFileSync(join(folder, `${name}.mjs`), placed.replace("'pino'", JSON.stringify(PINO)))
  }
  const main = join(folder, 'main.mjs')
  writeFileSync(
    main,
    `import { openLog } from './log.mjs'
    const log = openLog({ readable: process.argv[2] === 'readable' })
    ${script}`,
  )
  const child = spawn(process.execPath, [main, how], {
    stdio: ['ignore', 'pipe', typeof stderr === 'number' ? stderr : 'pipe'],
    timeout: 20_000,
  })
  const said = { out: '', err: '' }
  child.stdout?.on('data', (text) => {
    said.out += text
  })
  if (stderr === 'read') {
    child.stderr?.on('data', (text) => {
      said.err += text
    })
  }
  const [status] = await once(child, stderr === 'unread' ? 'exit' : 'close')
  child.stderr?.destroy()
  rmSync(folder, { recursive: true })
  return { ...said, status }
}

function capture(readable: boolean) {
  const lines: string[] = []
  const log = openLog({ level: 'debug', readable, write: (text) => void lines.push(text) })
  return { lines, log, parsed: () => lines.map((line) => JSON.parse(line)) }
}

describe('log', () => {
  test('is JSON with a name, a level in words and ISO time', () => {
    const { log, lines, parsed } = capture(false)
    log.info({ feed: 'ris-live', lag: 3 }, 'connected')
    log.trace('not at this level')
    expect(lines).toHaveLength(1)
    expect(lines[0]?.endsWith('\n')).toBe(true)
    expect(parsed()[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      name: 'faultline',
      feed: 'ris-live',
      lag: 3,
      msg: 'connected',
    })
  })

  test('keeps secrets, however deep, whatever their case, in fields, children and errors', () => {
    const { log, lines } = capture(false)
    const failed = Object.assign(new Error('refused'), {
      request: { headers: { Authorization: 'Bearer hunter2' } },
    })
    log.info({ token: 'hunter2', a: { b: [{ routingKey: 'hunter2', api_key: ['hunter2'] }] } })
    log.child({ Password: 'hunter2' }).warn({ secretFile: 'hunter2', key: 'hunter2' }, 'child')
    log.error({ err: failed }, 'failed')
    log.error(failed)
    log.info({ url: 'wss://me:hunter2@example.net/ws' }, 'at https://h/?a=1&api_key=hunter2&b=2')
    expect(lines).toHaveLength(5)
    expect(lines.join('')).not.toContain('hunter2')
    expect(lines[2]).toContain('refused')
    expect(lines[4]).toContain('example.net/ws')
    expect(lines[4]).toContain('&b=2')
  })

  test('does not hide what only sounds like it', () => {
    const { log, parsed } = capture(false)
    const fields = { incidentKey: 'outage:1:ipv4', monkey: 1, keys: 2, keepalive: true, none: null }
    log.info(fields)
    expect(parsed()[0]).toMatchObject(fields)
  })

  test('is not held up by what a stranger says, and does not say all of it', () => {
    const { log, lines, parsed } = capture(false)
    const start = performance.now()
    log.warn(`a ${'?'.repeat(200_000)}`)
    log.warn({ said: '?&'.repeat(100_000) }, `${'x'.repeat(1_900)}?token=hunter2${'y'.repeat(200)}`)
    expect(performance.now() - start).toBeLessThan(1_000)
    expect(parsed()[0].msg).toHaveLength('... [198002 characters cut]'.length + 2_000)
    expect(parsed()[0].msg).toMatch(/\?\.\.\. \[198002 characters cut\]$/)
    expect(lines[1]).not.toContain('hunter2')
  })

  test('survives a ring', () => {
    const { log, lines } = capture(false)
    const ring: { self?: unknown } = {}
    ring.self = ring
    log.info({ ring }, 'round')
    expect(lines[0]).toContain('"msg":"round"')
  })

  test('is readable for a person, and a stranger cannot forge a line', () => {
    const { log, lines } = capture(true)
    log.warn({ feed: 'ris-live', why: 'closed by\nserver', code: 1006 }, 'lost\u001b[2J it')
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}lost\?\[2J it {2}feed=ris-live why="closed by\\nserver" code=1006\n$/,
    )
  })

  test('shows the stack of an error below its line', () => {
    const { log, lines } = capture(true)
    log.error({ err: new Error('boom') }, 'failed')
    const [head, first, second] = lines.join('').split('\n')
    expect(head).toMatch(/ERROR failed$/)
    expect(first).toBe('    Error: boom')
    expect(second).toMatch(/^ {8}at .*log\.test\.ts/)
  })

  test('a line without words is still a line', () => {
    expect(readableLine('{"level":"info","time":"2024-10-29T00:07:04.123Z","n":1}')).toBe(
      '00:07:04.123 INFO    n=1\n',
    )
  })

  test.each(['JSON', 'readable'])('%s is all out when the process ends', async (how) => {
    const script = `
      for (let i = 0; i < 500; i++) log.info({ i }, 'line')
      process.exit(0)`
    const { out, err } = await run(script, how, 'read')
    expect(out).toBe('')
    expect(err.trim().split('\n')).toHaveLength(500)
  })

  test.each(['JSON', 'readable'])('%s on a full disk is lost, and only the log', async (how) => {
    const full = openSync('/dev/full', 'w')
    const script = `
      log.info('one')
      setTimeout(() => log.info('two'), 50)
      setTimeout(() => { log.fatal('three'); console.log('alive') }, 100)`
    const { out, status } = await run(script, how, full)
    closeSync(full)
    expect([out, status]).toEqual(['alive\n', 0])
  })

  test('to a pipe nobody reads it does not keep the end away', async () => {
    const script = `
      process.stderr.on('error', () => undefined)
      for (let i = 0; i < 1_000; i++) log.info({ text: 'x'.repeat(1_900) }, 'line')
      setTimeout(() => { log.fatal('over'); process.exit(3) }, 50)`
    expect((await run(script, 'JSON', 'unread')).status).toBe(3)
  }, 30_000)
})
