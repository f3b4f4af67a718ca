// The Dockerfile, as far as it can be proved without an engine: its own steps are carried out in folders
// instead of images, and what comes out is run as the user it names.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folder, has, type Running, remove, root, run, start, until } from './tools.ts'

interface Step {
  readonly word: string
  readonly rest: string
}

const steps: readonly Step[] = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => {
    const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    return { word, rest }
  })
const restOf = (word: string) => steps.findLast((step) => step.word === word)?.rest ?? ''
const listOf = (text: string) => JSON.parse(text.slice(text.indexOf('['))) as string[]

/** What .dockerignore lets through. */
const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
const context = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1))

test('the Dockerfile and .dockerignore are plain enough to be read here', () => {
  for (const { word } of steps)
    expect(word).toMatch(
      /^(FROM|WORKDIR|COPY|RUN|ENV|USER|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD)$/,
    )
  expect(ignored).toContain('*')
  expect(restOf('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/)
  expect(restOf('STOPSIGNAL')).toBe('SIGTERM')
  expect(restOf('EXPOSE')).toBe('9477')
  expect(restOf('HEALTHCHECK')).toContain('/healthz')
})

describe('its steps', () => {
  const image = folder()
  const stage = folder()
  const [uid = 0, gid = 0] = restOf('USER').split(':').map(Number)
  // Only root may become somebody else.
  const user = process.getuid?.() === 0 ? { uid, gid } : {}
  const [node = '', ...entry] = listOf(restOf('ENTRYPOINT'))

  beforeAll(() => {
    const from = steps.findIndex(({ word }, i) => word === 'FROM' && i > 0)
    carryOut(steps.slice(0, from), stage)
    carryOut(steps.slice(from), image)
  })

  afterAll(() => {
    remove(image)
    remove(stage)
  })

  function carryOut(part: readonly Step[], into: string) {
    for (const { word, rest } of part) {
      if (word === 'RUN') run('sh', ['-ec', rest], { cwd: into })
      if (word !== 'COPY') continue
      const words = rest.split(' ')
      const built = words[0] === '--from=build'
      const names = (built ? words.slice(1) : words).slice(0, -1)
      const target = words.at(-1) ?? ''
      for (const name of names) {
        if (!built) expect(context, `${name} is kept out by .dockerignore`).toContain(name)
        const source = built ? name.replace('/app', stage) : join(root, name)
        const place = target.endsWith('/') ? join(into, target, name) : join(into, target)
        mkdirSync(join(place, '..'), { recursive: true })
        cpSync(source, place, { recursive: true, verbatimSymlinks: true })
      }
    }
  }

  test('leave what runs and no tools', () => {
    expect(existsSync(join(image, 'dist/main.js'))).toBe(true)
    expect(existsSync(join(image, 'node_modules/ws'))).toBe(true)
    expect(existsSync(join(image, 'node_modules/typescript'))).toBe(false)
    expect(existsSync(join(image, 'src'))).toBe(false)
    expect(run(node, [...entry, '--version'], { cwd: image, ...user })).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('give a daemon that is healthy by its own check and ends politely', async () => {
    // Nobody answers at that address: the daemon must live through it.
    const feed = ['--ris-live', 'ws://127.0.0.1:9/']
    const args = [...entry, 'watch', 'config/container.yaml', '--asn', '4766', ...feed]
    const port = await fetch('http://127.0.0.1:9477/').then(
      () => true,
      () => false,
    )
    if (port) throw new Error('port 9477 is taken: end the daemon that runs on this machine')
    const daemon: Running = start(node, args, { cwd: image, ...user })
    try {
      await until('it listens', () => {
        if (daemon.process.exitCode !== null) throw new Error(daemon.text())
        return daemon.text().includes('listening on')
      })
      const [program = '', ...check] = listOf(restOf('HEALTHCHECK'))
      const health = spawnSync(program, check, { cwd: image, encoding: 'utf8', ...user })
      expect({ status: health.status, said: health.stderr }).toEqual({ status: 0, said: '' })
    } finally {
      expect(await daemon.end()).toBe(0)
    }
  })
})

const full = process.env['FULL'] === '1'
const engine =
  full && has('docker', 'the image itself') && spawnSync('docker', ['info']).status === 0

test.skipIf(!engine)(
  `the image itself (${full ? 'needs a Docker engine' : 'only in a full run'})`,
  () => {
    run('docker', ['build', '-t', 'faultline-ci', '.'], { cwd: root })
    expect(run('docker', ['run', '--rm', '--read-only', 'faultline-ci', '--version'])).toMatch(
      /^\d/,
    )
  },
)
