import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { openLog, readableLine } from '../../src/report/log.ts'

const PINO = createRequire(import.meta.url).resolve('pino')

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

  test.each(['JSON', 'readable'])(
    '%s goes to stderr, all of it out when the process ends',
    (how) => {
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
      const script = `
      import { openLog } from ${JSON.stringify(join(folder, 'log.mjs'))}
      const log = openLog({ readable: process.argv[1] === 'readable' })
      for (let i = 0; i < 500; i++) log.info({ i }, 'line')
      process.exit(0)`
      const args = ['--input-type=module', '-e', script, how]
      const child = spawnSync(process.execPath, args, { encoding: 'utf8' })
      rmSync(folder, { recursive: true })
      expect(child.stdout).toBe('')
      expect(child.stderr.trim().split('\n')).toHaveLength(500)
    },
  )
})
