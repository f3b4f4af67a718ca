// What the tests of RIS Live's two ends share: a server, clients of it, and frames. Everything opened
// is closed after each test.

import { afterEach } from 'vitest'
import { seconds } from '../../src/core/time.ts'
import { openRisLive } from '../../src/feeds/ris-live.ts'
import type { RisLive, RisLiveSettings } from '../../src/feeds/ris-live-settings.ts'
import type { RisFrame } from '../../src/scenario/frames.ts'
import { type RisLiveServer, startRisLiveServer } from '../../src/scenario/ris-live-server.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).reverse()) await it.close()
})

const quick = { pace: 1_000, retryStart: 100_000, retryMost: seconds(1), staleAfter: null }

const readable = (text: string) => text.includes('"timestamp":')

/** A client; it takes `at` for the time of whatever it hears. */
export function listen(server: { url: string }, settings: Partial<RisLiveSettings>, at = 0) {
  const frames: string[] = []
  const told: string[] = []
  const logs: string[] = []
  const feed: RisLive = openRisLive(
    { ...quick, url: server.url, ...settings },
    {
      frame: (octets) => {
        const text = octets.toString()
        frames.push(text)
        // As the landing does, when it could read it; these stamps are of no day in particular.
        if (readable(text)) feed.seen(at)
      },
      gap: (why) => told.push(`gap ${why}`),
      sight: () => told.push('sight'),
      log: (level, text) => logs.push(`${level} ${text}`),
    },
  )
  open.push(feed)
  return { feed, frames, told, logs }
}

export async function start(settings = {}): Promise<RisLiveServer> {
  const server = await startRisLiveServer(settings)
  open.push(server)
  return server
}

export async function until(what: () => boolean, most = 10_000): Promise<number> {
  const begun = performance.now()
  while (!what()) {
    const waited = performance.now() - begun
    if (waited > most) throw new Error(`waited ${most} ms for ${what}`)
    await new Promise((next) => setTimeout(next, 2))
  }
  return performance.now() - begun
}

const base = { timestamp: 1_700_000_000.12, peer: '192.0.2.1', peer_asn: '64500', id: 'x' }
export const frame = (data: Partial<RisFrame>): RisFrame => ({
  ...base,
  host: 'rrc00.ripe.net',
  type: 'UPDATE',
  ...data,
})
export const announce = (prefix: string, path: RisFrame['path'] = [64500, 64510]) =>
  frame({ path, announcements: [{ next_hop: '192.0.2.1', prefixes: [prefix] }], withdrawals: [] })
export const withdraw = (...withdrawals: string[]) =>
  frame({ path: [], announcements: [], withdrawals })
