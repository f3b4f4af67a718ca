// What others miss (peers.md §3), as files of two collectors with twenty peers each: a notice that counts
// withdrawals fires at none of the first two and at the third, none tells when it is over, and one bad
// frame costs the others what stood beside it.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { parseInstant } from '../../src/core/time.ts'
import { type MrtBuilder, mrt } from '../../src/scenario/mrt.ts'
import { last, replay, workshop } from './program.ts'

const place = workshop()
const COLLECTORS = ['rrc00', 'rrc01']
const PEERS = 20
const CARRIERS = 35
const start = parseInstant('2025-01-01T00:00:00Z') ?? 0
const mine = ['198.51.0.0/24', '198.51.1.0/24', '198.51.2.0/24']

interface Peer {
  readonly collector: string
  readonly address: string
  readonly asn: number
  readonly number: number
}

const peers = COLLECTORS.flatMap((collector, c) =>
  Array.from({ length: PEERS }, (_, i): Peer => {
    const number = c * PEERS + i
    return { collector, address: `185.1.${c}.${10 + i}`, asn: 2_001 + number, number }
  }),
)

/** What one peer says so many seconds after the beginning. */
interface Said {
  readonly at: number
  readonly by: Peer
  say(to: MrtBuilder): void
}

/** Of AS7000 35 of 40 peers carry three prefixes; all carry thirty others. */
async function play(name: string, said: readonly Said[], ...args: string[]): Promise<Incident[]> {
  const folder = place(name)
  const files = COLLECTORS.flatMap((collector) => {
    const here = peers.filter((peer) => peer.collector === collector)
    const table = mrt().at(start).peers(here)
    for (const prefix of mine)
      table.rib(
        prefix,
        here.flatMap(({ asn, number }, i) =>
          number < CARRIERS ? [{ peer: i, path: `${asn} 3356 7000` }] : [],
        ),
      )
    for (let k = 0; k < 30; k++)
      table.rib(
        `203.0.${k}.0/24`,
        here.map(({ asn }, i) => ({ peer: i, path: `${asn} 1299 ${8_000 + k}` })),
      )
    const updates = mrt().at(start + 1e6)
    updates.peer(here[0]?.address ?? '', here[0]?.asn ?? 0).keepalive()
    for (const { at, by, say } of said.toSorted((a, b) => a.at - b.at)) {
      if (by.collector !== collector) continue
      updates.at(start + at * 1e6).peer(by.address, by.asn)
      say(updates)
    }
    updates.at(start + 3_600e6).keepalive()
    const to = join(folder, collector)
    mkdirSync(to, { recursive: true })
    writeFileSync(join(to, 'rib.20250101.0000'), table.bytes())
    writeFileSync(join(to, 'updates.20250101.0000'), updates.bytes())
    return [join(to, 'updates.20250101.0000'), '--rib', join(to, 'rib.20250101.0000')]
  })
  const { incidents } = await replay(...files, '--asn', '7000', ...args)
  return incidents
}

const carriers = peers.slice(0, CARRIERS)
const withdraw = (at: (i: number) => number, prefixes = mine): Said[] =>
  carriers.map((by, i) => ({ at: at(i), by, say: (to) => to.withdraw(prefixes) }))
const announce = (at: (i: number) => number, path: string, prefixes: readonly string[] = mine) =>
  carriers.map(
    (by, i): Said => ({ at: at(i), by, say: (to) => to.announce(prefixes, `${by.asn} ${path}`) }),
  )
const told = (incidents: readonly Incident[]) =>
  last(incidents).map(({ kind, state }) => `${kind} ${state}`)

test('all 35 peers that carry a prefix lose it: told, and told when it is back', async () => {
  const one = mine.slice(0, 1)
  const said = [...withdraw((i) => 600 + i, one), ...announce((i) => 1_800 + i, '3356 7000', one)]
  const incidents = await play('all', said)
  expect(told(incidents)).toEqual(['outage.prefix resolved'])
  expect(incidents[0]).toMatchObject({ state: 'open', counts: { peerAsns: 35, collectors: 2 } })
})

test('an outage that takes twelve minutes is one outage', async () => {
  const incidents = await play(
    'slow',
    withdraw((i) => 600 + 20 * i),
  )
  expect(told(incidents)).toEqual(['outage.as open'])
})

test('a flap that rolls from peer to peer is none, though each has withdrawn', async () => {
  const said = [...withdraw((i) => 600 + 8 * i), ...announce((i) => 615 + 8 * i, '3356 7000')]
  const incidents = await play('flap', said)
  expect(incidents.filter(({ kind }) => /^(outage|withdrawal)/.test(kind))).toEqual([])
})

test('a less specific around its prefixes is told to their owner', async () => {
  const incidents = await play(
    'around',
    announce((i) => 600 + i, '1299 5001', ['198.48.0.0/13']),
  )
  expect(told(incidents)).toEqual(['hijack.less-specific open'])
  expect(incidents[0]).toMatchObject({ asn: 7000, culprit: 5001 })
})

test('a leak two hops up is told with the network that leaks, and when it is over', async () => {
  const said = [
    ...announce((i) => 600 + i, '1299 5001 3356 7000'),
    ...announce((i) => 1_200 + i, '3356 7000'),
  ]
  const incidents = await play('leak', said)
  const leak = last(incidents).find(({ kind }) => kind === 'leak.path')
  expect(leak).toMatchObject({ asn: 7000, culprit: 5001, state: 'resolved' })
  expect(last(incidents).filter(({ kind }) => /^(outage|withdrawal)/.test(kind))).toEqual([])
})

test('a malformed frame beside a hijack hides nothing of it', async () => {
  const bad = (by: Peer): Said => ({
    at: 600,
    by,
    // A length that does not fit, and a record of nonsense.
    say: (to) => {
      to.message(Uint8Array.from({ length: 40 }, (_, i) => (i < 16 ? 255 : i)))
      to.record(16, 4, new Uint8Array(3))
    },
  })
  const hijack = announce((i) => 600 + i, '1299 5001', mine.slice(0, 1))
  const clean = await play('hijack', hijack)
  const dirty = await play('hijack-dirty', [...carriers.map(bad), ...hijack])
  expect(told(clean)).toContain('hijack.moas open')
  const plain = (incidents: readonly Incident[]) =>
    incidents.map(({ samples: { elements: _, ...samples }, ...rest }) => ({ ...rest, samples }))
  expect(plain(dirty)).toEqual(plain(clean))
})
