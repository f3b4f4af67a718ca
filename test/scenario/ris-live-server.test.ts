import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { seconds } from '../../src/core/time.ts'
import { openRisLive } from '../../src/feeds/ris-live.ts'
import { announce, frame, listen, start, until, withdraw } from './ris-live-pair.ts'

describe('client and server', () => {
  it('subscribe, acknowledge, and hear by prefix what a path does not tell', async () => {
    const server = await start()
    const mine = listen(server, {
      asns: [64510],
      prefixes: ['198.51.100.0/22', 'x'],
      mostPrefixes: 2,
    })
    const byPath = listen(server, { asns: [64510] })
    await until(() => mine.told.length > 0 && byPath.told.length > 0)
    expect(mine.feed.status()).toMatchObject({
      state: 'open',
      sees: true,
      sent: 4,
      acknowledged: 4,
    })
    expect(mine.logs.join()).toMatch(/1 of the prefixes are none/)
    expect(server.publish(withdraw('198.51.100.0/24'))).toBe(1)
    expect(server.publish(announce('203.0.113.0/24'))).toBe(2)
    expect(server.publish(announce('203.0.113.0/24', [64500]))).toBe(0)
    expect(server.publish(frame({ type: 'STATE', state: 'down' }))).toBe(2)
    expect(server.publish(frame({ type: 'KEEPALIVE' }))).toBe(2)
    await until(() => mine.frames.length === 4 && byPath.frames.length === 3)
    expect(mine.frames[0]).toMatch(/^\{"type":"ris_message".*198\.51\.100\.0\/24/)

    mine.feed.subscribe(['203.0.113.0/24', '203.0.113.0/24', '192.0.2.0/24', '10.0.0.0/8'])
    await until(() => mine.feed.status().acknowledged === 5)
    expect(mine.feed.status()).toMatchObject({
      prefixes: 2,
      prefixesDropped: 2,
      prefixesInvalid: 1,
    })
    expect(server.publish(withdraw('203.0.113.0/25'))).toBe(1)
  })

  it('take everything of some hosts as a firehose, with raw for who asked', async () => {
    const server = await start()
    const settings = { mode: 'firehose', hosts: ['rrc00', 'rrc03'], includeRaw: true } as const
    const { frames, told, feed } = listen(server, settings)
    await until(() => told.length > 0)
    expect(feed.status().sent).toBe(2)
    expect(server.publish(frame({ host: 'rrc01.ripe.net' }))).toBe(0)
    expect(server.publish(frame({ raw: 'FF' }))).toBe(1)
    await until(() => frames.length === 1)
    expect(JSON.parse(frames[0] as string).data.raw).toBe('FF')
  })

  it('are together again within 5 seconds of a cut, with every subscription', async () => {
    const server = await start()
    const prefixes = Array.from({ length: 1_200 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`)
    const settings = { prefixes, retryStart: seconds(0.5), retryMost: seconds(60) }
    const { told, frames } = listen(server, settings)
    await until(() => told.length === 1)
    const waits: number[] = []
    for (let i = 1; i <= 3; i++) {
      expect(server.cut()).toBe(1)
      waits.push(await until(() => told.length === 1 + 2 * i))
    }
    console.log(`back after ${waits.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}`)
    expect(told.slice(0, 3)).toEqual(['sight', 'gap closed (1006)', 'sight'])
    expect(server.subscriptions()).toBe(1_202)
    expect(server.publish(withdraw('10.4.175.0/24'))).toBe(1)
    await until(() => frames.length === 1)
  })

  it('notice silence, and believe in frames again, not in acknowledgements', async () => {
    const server = await start()
    const { told, frames, feed } = listen(server, { silentAfter: 300_000, pingEvery: 50_000 })
    await until(() => told.length === 1)
    server.stall(true)
    const waited = await until(() => told.length === 2)
    expect(told).toEqual(['sight', 'gap silent'])
    expect(waited).toBeLessThan(2_000)
    await until(() => feed.status().connections >= 2 && feed.status().state === 'open')
    expect(server.publish(frame({ type: 'KEEPALIVE' }))).toBe(0)
    expect(told.length).toBe(2)
    server.stall(false)
    await until(() => {
      server.publish(frame({ type: 'KEEPALIVE' }))
      return frames.length > 0
    })
    expect(told).toEqual(['sight', 'gap silent', 'sight'])
  })

  it('reconnect when all there is is old news', async () => {
    const server = await start()
    const stale = { staleAfter: seconds(180), stalePatience: 100_000 }
    const { told, feed } = listen(server, stale)
    await until(() => told.length === 1)
    feed.seen(Date.now() * 1_000 - seconds(170))
    await new Promise((next) => setTimeout(next, 300))
    expect(told).toEqual(['sight'])
    feed.seen(Date.now() * 1_000 - seconds(190))
    feed.seen(Date.now() * 1_000 - seconds(200))
    expect(feed.status().newest).toBeGreaterThan(Date.now() * 1_000 - seconds(180))
    server.cut()
    await until(() => told.length === 3)
    feed.seen(Date.now() * 1_000 - seconds(190))
    await until(() => told.length === 5)
    expect(told.slice(3)).toEqual(['gap stale', 'sight'])
  })

  it('notice a server that no longer answers, and one that never did', async () => {
    const server = await start()
    const { told, feed } = listen(server, { pingEvery: 50_000, deadAfter: 300_000 })
    await until(() => told.length === 1)
    await new Promise((next) => setTimeout(next, 500))
    expect(told).toEqual(['sight'])
    const { port } = new URL(server.url)
    await server.close()
    await until(() => feed.status().failures >= 3)
    expect(told).toEqual(['sight', 'gap closed (1006)'])
    expect(feed.status()).toMatchObject({ sees: false, state: expect.stringMatching(/wait|conn/) })
    expect(feed.status().lastFault).toMatch(/unreachable.*ECONNREFUSED/)

    const lonely = listen({ url: `ws://127.0.0.1:${port}/` }, {})
    await until(() => lonely.logs.length >= 3)
    expect(lonely.told.length).toBe(1)
    expect(
      lonely.logs.filter((text) => /error .*check host and port.*attempt 1/.test(text)).length,
    ).toBe(1)
    const again = await start({ port: Number(port), path: '/' })
    await until(() => lonely.told.length === 2)
    expect([lonely.told[1], again.clients()]).toEqual(['sight', 1])
  })

  it('part when the client does not read, and it is told why', async () => {
    const server = await start({ bufferLimit: 64 << 10 })
    // Over a bare socket, because the client always reads.
    const socket = new WebSocket(server.url)
    await new Promise((next) => socket.once('open', next))
    socket.send('{"type":"ris_subscribe","data":{}}')
    await until(() => server.subscriptions() === 1)
    socket.pause()
    const large = withdraw(...Array(2_000).fill('2001:db8:1111:2222::/64'))
    let sent = 0
    while (server.publish(large) === 1) {
      if (++sent > 5_000) throw new Error('the server never lost patience')
      await new Promise((next) => setImmediate(next))
    }
    const last: string[] = []
    socket.on('message', (text) => last.splice(0, 1, String(text)))
    socket.resume()
    await new Promise((next) => socket.once('close', next))
    expect(last[0]).toMatch(/ris_error.*Slow client, disconnecting/)
  })

  it('close without a word to the handlers, whatever the state', async () => {
    const server = await start()
    const one = listen(server, {})
    await one.feed.close()
    expect([one.told, one.feed.status().state]).toEqual([[], 'closed'])
    const two = listen(server, {})
    await until(() => two.told.length === 1)
    await two.feed.close()
    await two.feed.close()
    await until(() => server.clients() === 0)
    expect(two.told).toEqual(['sight'])
    expect(() => openRisLive({ url: 'http://x/' }, {} as never)).toThrow(/not a WebSocket address/)
  })

  it('survive clients that talk nonsense or are too many', async () => {
    const server = await start({ mostClients: 1 })
    const { told, feed } = listen(server, {})
    await until(() => told.length === 1)
    const refused = listen(server, {})
    await until(() => refused.told.some((text) => text.startsWith('gap')))
    await refused.feed.close()
    const noise = connect(Number(new URL(server.url).port), '127.0.0.1')
    noise.on('error', () => undefined).resume()
    noise.end('\u0000 nonsense\r\n\r\n')
    await new Promise((next) => noise.once('close', next))
    expect(feed.status().sees).toBe(true)
    expect(server.publish(frame({ type: 'KEEPALIVE' }))).toBe(1)
  })
})

describe('the server', () => {
  it('answers every command, and complains of what is none', async () => {
    const server = await start()
    server.publish(frame({ host: 'rrc07.ripe.net' }))
    const socket = new WebSocket(server.url)
    await new Promise((next) => socket.once('open', next))
    const said: { type: string; data: unknown }[] = []
    socket.on('message', (text) => said.push(JSON.parse(String(text))))
    const commands = [
      ['ping', null],
      ['request_rrc_list', null],
      ['ris_subscribe', { path: '1' }],
      ['ris_subscribe', { path: '64500$', socketOptions: { acknowledge: true } }],
      ['ris_unsubscribe', { path: '1' }],
      ['ris_subscribe', { path: 'x' }],
      ['ris_subscribe', 5],
      ['dance', null],
    ]
    for (const [type, data] of commands) socket.send(JSON.stringify({ type, data }))
    for (const text of ['', 'x', '5', 'null', '[]', '{}']) socket.send(text)
    await until(() => said.length === 12)
    expect(said[0]).toEqual({ type: 'pong', data: null })
    expect(said[1]).toEqual({ type: 'ris_rrc_list', data: ['rrc07.ripe.net'] })
    expect(said[2]).toEqual({
      type: 'ris_subscribe_ok',
      data: {
        subscription: { path: '64500$', moreSpecific: true, lessSpecific: false },
        socketOptions: { includeRaw: false, acknowledge: true },
      },
    })
    expect(said.slice(3).map(({ type }) => type)).toEqual(Array(9).fill('ris_error'))
    expect(said[3]?.data).toEqual({
      message: 'cannot read path x',
      command_type: 'ris_subscribe',
    })
    expect(server.subscriptions()).toBe(1)
    socket.terminate()
  })
})
