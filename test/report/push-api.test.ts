import { afterEach, describe, expect, test } from 'vitest'
import { type HttpServer, startHttp } from '../../src/report/http.ts'
import { type PushHandlers, pushRoutes } from '../../src/report/push-api.ts'

const servers: HttpServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const TOKEN = 'a-token-that-is-long'

/** Counts characters as accepted and each `x` as refused. */
async function start(over: Partial<PushHandlers> = {}) {
  const turnedAway: string[] = []
  const bodies: string[] = []
  const take = (body: string) => {
    bodies.push(body)
    const refused = [...body].flatMap((c, i) => (c === 'x' ? [{ line: i + 1, why: 'is x' }] : []))
    return { accepted: body.length - refused.length, refused }
  }
  const server = await startHttp(
    { listen: '127.0.0.1:0' },
    pushRoutes({
      token: null,
      exposed: false,
      samples: take,
      notices: (body) => ({ ...take(body), ignored: 1 }),
      turnedAway: (why) => turnedAway.push(why),
      ...over,
    }),
  )
  servers.push(server)
  const post = async (
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
    path = 'samples',
  ) => {
    const response = await fetch(`${server.url}/api/v1/${path}`, { method: 'POST', body, headers })
    return { status: response.status, headers: response.headers, told: await response.json() }
  }
  return { post, turnedAway, bodies }
}

describe('what is pushed', () => {
  test('is taken whole, and the answer says what was not', async () => {
    const { post, bodies } = await start()
    expect(await post('abxc')).toMatchObject({
      status: 202,
      told: { accepted: 3, refused: [{ line: 3, why: 'is x' }] },
    })
    expect((await post('xx')).status).toBe(400)
    expect(await post('')).toMatchObject({ status: 202, told: { accepted: 0, refused: [] } })
    expect(await post('ab', {}, 'notices')).toMatchObject({ told: { accepted: 2, ignored: 1 } })
    expect(bodies).toEqual(['abxc', 'xx', '', 'ab'])
  })

  test('is answered with a hundred refusals at most, and how many more', async () => {
    const { post } = await start()
    const { told } = await post(`a${'x'.repeat(150)}`)
    const { refused, more } = told as { refused: object[]; more: number }
    expect([refused.length, more]).toEqual([100, 50])
  })

  test('is bounded: a body of 1 MiB is taken, one octet more is not', async () => {
    const { post, turnedAway, bodies } = await start()
    expect((await post('a'.repeat(1 << 20))).status).toBe(202)
    const { status, told } = await post('a'.repeat((1 << 20) + 1))
    expect([status, told]).toEqual([413, { error: 'the body is larger than 1 MiB' }])
    expect((await post('a'.repeat(20 << 20))).status).toBe(413)
    expect(turnedAway).toEqual(['too-large', 'too-large'])
    expect(bodies).toHaveLength(1)
  })

  test('is text, and not packed', async () => {
    const { post, turnedAway, bodies } = await start()
    expect((await post(new Uint8Array([0x61, 0xff]))).status).toBe(400)
    expect((await post('a', { 'content-encoding': 'gzip' })).status).toBe(415)
    expect([turnedAway, bodies]).toEqual([['malformed', 'malformed'], []])
  })
})

describe('who may push', () => {
  test('is who has the token, where there is one', async () => {
    const { post, turnedAway, bodies } = await start({ token: TOKEN, exposed: true })
    const none = await post('a')
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    for (const wrong of [
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      'Bearer',
      `Basic ${TOKEN}`,
    ])
      expect((await post('a', { authorization: wrong })).status).toBe(401)
    expect(bodies).toEqual([])
    expect(turnedAway).toHaveLength(5)
    expect((await post('a', { authorization: `Bearer ${TOKEN}` })).status).toBe(202)
    expect((await post('a', { authorization: `bearer ${TOKEN}` }, 'notices')).status).toBe(202)
  })

  test('is nobody where others reach the port and there is no token', async () => {
    const { post, bodies } = await start({ exposed: true })
    expect(await post('a')).toMatchObject({
      status: 403,
      told: { error: 'nothing is taken here without a planes.token' },
    })
    expect(bodies).toEqual([])
  })

  test('is no page in a browser of this machine', async () => {
    const { post, bodies } = await start()
    expect((await post('a', { origin: 'http://evil.example' })).status).toBe(403)
    expect(bodies).toEqual([])
  })
})
