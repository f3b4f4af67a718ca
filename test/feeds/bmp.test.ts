import { connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { seconds } from '../../src/core/time.ts'
import { allowed, openBmp } from '../../src/feeds/bmp.ts'
import {
  type BmpConnection,
  type BmpListener,
  type BmpSettings,
  bmpDefaults,
} from '../../src/feeds/bmp-settings.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))

async function until(what: string, is: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (is()) return
    await sleep(20)
  }
  throw new Error(`never: ${what}`)
}

async function station(settings: Partial<BmpSettings> = {}) {
  const opened: BmpConnection[] = []
  const closed: string[] = []
  const refused: string[] = []
  const faults: (string | null)[] = []
  const heard = new Map<number, string>()
  const listener: BmpListener = openBmp(
    { ...bmpDefaults, port: 0, ...settings },
    {
      opened: (connection) => opened.push(connection),
      octets: ({ id }, chunk) => heard.set(id, (heard.get(id) ?? '') + chunk.toString()),
      closed: (_, why) => closed.push(why),
      refused: (why) => refused.push(why),
      fault: (why) => faults.push(why),
      log: () => undefined,
    },
  )
  closing.push(() => listener.close())
  await until('it has tried to listen', () => faults.length > 0)
  const dial = (): Socket => {
    const socket = connect(listener.status().listening?.port ?? 0, '127.0.0.1')
    socket.on('error', () => undefined)
    closing.push(() => socket.destroy())
    return socket
  }
  return { listener, opened, closed, refused, faults, heard, dial }
}

it('hands octets up by connection, and says when it is over', async () => {
  const { opened, closed, heard, dial, listener } = await station()
  const [a, b] = [dial(), dial()]
  a.write('one')
  b.write('two')
  await until('both are heard', () => [...heard.values()].sort().join() === 'one,two')
  expect(opened.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.1'])
  expect(listener.status().connections).toBe(2)
  a.end()
  await until('one is over', () => closed.length === 1)
  expect(closed).toEqual(['it closed the connection'])
  opened[1]?.end('enough')
  await until('the other one too', () => closed.length === 2)
  expect(closed[1]).toBe('enough')
})

it('turns away who is not allowed', async () => {
  const { listener, opened, refused, dial } = await station({ allow: ['192.0.2.0/24', '::1'] })
  dial()
  await until('it is refused', () => refused.length > 0)
  expect(refused).toEqual(['not-allowed'])
  expect(opened).toEqual([])
  expect(listener.status().refused['not-allowed']).toBe(1)
})

it('takes no more than so many, and no more a minute', async () => {
  const few = await station({ mostConnections: 1 })
  few.dial()
  await until('one is taken', () => few.opened.length === 1)
  few.dial()
  await until('the next is not', () => few.refused.length === 1)
  expect(few.refused).toEqual(['too-many'])
  const slow = await station({ mostPerMinute: 2 })
  for (let i = 0; i < 3; i++) slow.dial()
  await until('three have tried', () => slow.opened.length + slow.refused.length === 3)
  expect(slow.refused).toEqual(['too-often'])
})

it('hangs up on who says nothing', async () => {
  const { closed, dial } = await station({ firstWithin: seconds(0.1) })
  dial()
  await until('it is over', () => closed.length === 1)
  expect(closed).toEqual(['it has said nothing for too long'])
})

it('makes a router wait that is paused, and loses nothing of what it says', async () => {
  const { opened, heard, dial } = await station()
  const socket = dial()
  await until('it is there', () => opened.length === 1)
  opened[0]?.pause()
  socket.write('x'.repeat(100_000))
  await sleep(100)
  // A first chunk may have been on its way.
  const before = heard.get(1)?.length ?? 0
  await sleep(200)
  expect(heard.get(1)?.length ?? 0).toBe(before)
  opened[0]?.resume()
  await until('all of it has come', () => heard.get(1)?.length === 100_000)
})

it('waits for a port that another has, and says so', async () => {
  const other = createServer()
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
  const address = other.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const { faults, listener } = await station({ port })
  expect(faults[0]).toMatch(/cannot listen on 127\.0\.0\.1 port \d+: .*EADDRINUSE/)
  expect(listener.status().listening).toBeNull()
  await new Promise((done) => other.close(done))
  await until('it listens', () => listener.status().listening?.port === port)
  expect(faults.at(-1)).toBeNull()
})

it('reads addresses and prefixes of who is allowed', () => {
  expect(allowed('192.0.2.1')).toMatchObject({ afi: 4, length: 32 })
  expect(allowed('2001:db8::/32')).toMatchObject({ afi: 6, length: 32 })
  expect(allowed('nobody')).toBeUndefined()
})

it.each(['127.0.0.1', 'localhost'])(
  'closed before it listens on %s, it never does',
  async (host) => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const bound = taken.address()
    const port = bound !== null && typeof bound === 'object' ? bound.port : 0
    await new Promise((done) => taken.close(done))
    const faults: (string | null)[] = []
    const listener = openBmp(
      { ...bmpDefaults, host, port },
      {
        opened: () => undefined,
        octets: () => undefined,
        closed: () => undefined,
        refused: () => undefined,
        fault: (why) => faults.push(why),
        log: () => undefined,
      },
    )
    await listener.close()
    await sleep(300)
    const socket = connect(port, '127.0.0.1')
    closing.push(() => socket.destroy())
    const how = await new Promise((done) => {
      socket.on('connect', () => done('connected')).on('error', () => done('refused'))
    })
    expect([how, faults]).toEqual(['refused', []])
  },
)
