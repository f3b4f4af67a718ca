// A cache of VRPs on loopback that sends what it is told to, octet for octet, and keeps what is asked.

import { createServer, type Socket } from 'node:net'

const number = (value: number, octets: number): number[] =>
  Array.from({ length: octets }, (_, i) => Math.floor(value / 256 ** (octets - 1 - i)) % 256)

export const pdu = (version: number, type: number, word: number, ...rest: number[]): Uint8Array =>
  Uint8Array.of(version, type, ...number(word, 2), ...number(8 + rest.length, 4), ...rest)

export const u32 = (value: number): number[] => number(value, 4)

/** 192.0.N.0/24 up to /24 of an AS. */
export const vrp = (version: number, n: number, asn: number, announced = 1): Uint8Array =>
  pdu(version, 4, 0, announced, 24, 24, 0, 192, 0, n, 0, ...u32(asn))

export const response = (version: number, session = 7): Uint8Array => pdu(version, 3, session)

export const end = (version: number, serial: number, session = 7, expire = 7_200): Uint8Array =>
  version === 0
    ? pdu(0, 7, session, ...u32(serial))
    : pdu(version, 7, session, ...u32(serial), ...u32(3_600), ...u32(600), ...u32(expire))

export interface Cache {
  readonly port: number
  /** What came, one PDU an item, in hexadecimal. */
  readonly asked: string[]
  connections: number
  /** To all who are connected. */
  send(...pdus: Uint8Array[]): void
  cut(): void
  close(): Promise<void>
}

/** `answer`: to a PDU that came; null closes the connection. */
export async function startCache(
  answer: (asked: Buffer, connection: number) => readonly Uint8Array[] | null,
): Promise<Cache> {
  const sockets = new Set<Socket>()
  const asked: string[] = []
  const server = createServer((socket) => {
    const connection = ++cache.connections
    sockets.add(socket)
    let rest = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (octets) => {
      rest = Buffer.concat([rest, octets])
      while (rest.length >= 8 && rest.length >= rest.readUInt32BE(4)) {
        const one = rest.subarray(0, rest.readUInt32BE(4))
        rest = rest.subarray(one.length)
        asked.push(one.toString('hex'))
        const said = answer(one, connection)
        if (said === null) socket.end()
        else for (const part of said) socket.write(part)
      }
    })
  })
  const cache: Cache = {
    port: 0,
    asked,
    connections: 0,
    send: (...pdus) => {
      for (const socket of sockets) for (const one of pdus) socket.write(one)
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        cache.cut()
      }),
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  return Object.assign(cache, {
    port: typeof address === 'object' && address !== null ? address.port : 0,
  })
}
