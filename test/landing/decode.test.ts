import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { faultline, fed } from './program.ts'

const KEEPALIVE = `${'ff'.repeat(16)}001304`

test('one object for each line, in their order, whatever is on it', () => {
  const frame = '{"type":"pong"}'
  const { status, out, err } = fed(`${KEEPALIVE}\n\nnonsense\r\n${KEEPALIVE}`, 'decode', 'bgp')
  expect([status, err]).toEqual([0, ''])
  expect(out.split('\n').map((line) => line.replace(/"error":".*"/, '"error"'))).toEqual([
    '{"type":"KEEPALIVE"}',
    '{"error"}',
    '{"error"}',
    '{"type":"KEEPALIVE"}',
    '',
  ])
  expect(fed(frame, 'decode', 'rislive').out).toBe('{"frame":"pong"}\n')
  expect(fed('', 'decode', 'mrt')).toEqual({ status: 0, out: '', err: '' })
})

test('a line that is too long, or too deep, costs itself', () => {
  const deep = `{"type":"ris_subscribe_ok","data":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`
  const long = 'f'.repeat(20_000_000)
  const { status, out, err } = fed(
    `{"type":"pong"}\n${deep}\n${long}\n{"type":"pong"}\n`,
    'decode',
    'rislive',
  )
  expect([status, err]).toEqual([0, ''])
  expect(out.split('\n').map((line) => line.slice(0, 16))).toEqual([
    '{"frame":"pong"}',
    '{"error":"the an',
    '{"error":"a line',
    '{"frame":"pong"}',
    '',
  ])
})

test('a line is answered when it has come, not when all have', async () => {
  const child = spawn(process.execPath, ['dist/main.js', 'decode', 'bgp'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.write(`${KEEPALIVE}\n`)
  const [answer] = await once(child.stdout, 'data')
  expect(String(answer)).toBe('{"type":"KEEPALIVE"}\n')
  child.stdin.end()
  expect(await once(child, 'close')).toEqual([0, null])
})

test('a format there is not: which there are', async () => {
  const { status, err } = await faultline('decode', 'ospf')
  expect(status).toBe(2)
  expect(err).toContain('bgp, mrt, bmp, openbmp, rislive')
})
