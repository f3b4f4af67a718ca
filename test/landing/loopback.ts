// Ports of loopback, and patience.

import { createServer } from 'node:net'

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer()
    server.on('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : 0
      server.close(() => done(port))
    })
  })
}

/** Asks until it is so; machines are slow at times. */
export async function until(what: string, is: () => boolean, within = 50_000): Promise<void> {
  const last = Date.now() + within
  while (!is()) {
    if (Date.now() > last) throw new Error(`not within ${within / 1e3} s: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
