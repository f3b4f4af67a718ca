// UPDATEs that RFC 7606 treats as a withdrawal, from files and from the feed to where they are told.

import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { bgpMessage } from '../../src/scenario/encode.ts'
import { mrt } from '../../src/scenario/mrt.ts'
import { type RisLiveServer, startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { type DayFiles, dayFiles } from './day-files.ts'
import { daemon, faultline, incidentsIn, replay, until, workshop } from './program.ts'

const place = workshop()
let files: DayFiles
const servers: RisLiveServer[] = []
beforeAll(() => {
  files = dayFiles(place)
})
afterAll(async () => {
  for (const server of servers) await server.close()
})

/** ORIGIN and the header of AS_PATH, as the generator writes them. */
const BEFORE_SEGMENTS = Buffer.from([0x40, 1, 1, 0, 0x40, 2])
const NO_SEGMENT = 9

/** The file, each `step`th announcement told once more, with a path that nobody can read. */
function withFaults(path: string, step: number): { octets: Buffer; faults: number } {
  const whole = readFileSync(path)
  const out: Buffer[] = []
  let faults = 0
  let announcements = 0
  for (let at = 0; at < whole.length; ) {
    const stop = at + 12 + whole.readUInt32BE(at + 8)
    const record = whole.subarray(at, stop)
    out.push(record)
    at = stop
    const found = record.indexOf(BEFORE_SEGMENTS)
    if (found < 0 || ++announcements % step !== 0) continue
    const copy = Buffer.from(record)
    copy[found + BEFORE_SEGMENTS.length + 1] = NO_SEGMENT
    out.push(copy)
    faults++
  }
  return { octets: Buffer.concat(out), faults }
}

/** Without the octets at which facts were found: they move. */
function sameFacts({ samples, ...incident }: Incident) {
  const { elements: _, ...rest } = samples
  return { ...incident, samples: rest }
}

describe('beside real events', () => {
  it.each([true, false])('they change nothing about them (with tables: %s)', async (tables) => {
    let faults = 0
    const damaged = files.updates.map((path) => {
      const changed = withFaults(path, 3)
      faults += changed.faults
      const file = path.replace('0000-0300', '0001-0300')
      writeFileSync(file, changed.octets)
      return file
    })
    const ribs = tables ? files.withRibs : []
    const sound = await replay(...files.updates, ...ribs)
    const journal = place(`faults-${tables}.ndjson`)
    const args = [...damaged, ...ribs, '--journal', journal, '--format', 'ndjson']
    const { status, out, err } = await faultline('replay', ...args)
    expect(status).toBe(0)
    console.log(`${faults} faults beside ${sound.incidents.length} revisions`)
    expect([faults > 1_000, sound.incidents.length > 3]).toEqual([true, true])
    expect(incidentsIn(out).map(sameFacts)).toEqual(sound.incidents.map(sameFacts))
    const told = (text: string) => /(\d+) messages have attributes that RFC 7606.*/.exec(text)
    expect(told(err)?.[1]).toBe(String(faults))
    // The journal has them too, and says the same of them.
    const again = await faultline('replay', journal, '--format', 'ndjson')
    expect([again.status, again.out]).toEqual([0, out])
    expect(told(again.err)?.[0]).toBe(told(err)?.[0])
  })
})

/** 198.51.100.0/24 over AS64496, with COMMUNITIES of three octets. */
const FAULTY = bgpMessage(
  2,
  Uint8Array.from(Buffer.from(`0000000f4002060201${'0000fbf0'}c00803fbf000${'18c63364'}`, 'hex')),
)

it('replay says whose they are, the worst first, and no more than three', async () => {
  const builder = mrt().at('2024-10-29T00:00:00Z')
  for (const [n, times] of [1, 4, 2, 3, 2].entries()) {
    builder.peer(`192.0.2.${n + 1}`, 64_497 + n)
    for (let i = 0; i < times; i++) builder.after(1).message(FAULTY)
  }
  const file = place('rrc00.updates.20241029.0000')
  writeFileSync(file, builder.bytes())
  const { status, err } = await faultline('replay', file)
  expect(status).toBe(0)
  expect(err).toContain(
    '12 messages have attributes that RFC 7606 treats as a withdrawal; ' +
      'nobody withdrew, so their routes were kept: ' +
      '4 of AS64498 at 192.0.2.2 (rrc00), 3 of AS64500 at 192.0.2.4 (rrc00), ' +
      '2 of AS64499 at 192.0.2.3 (rrc00), others of 2 more',
  )
  expect(err).not.toContain('could not be read')
})

it('the daemon counts them by collector, and names them when it ends', async () => {
  const server = await startRisLiveServer()
  servers.push(server)
  const config = place('raw.yaml')
  const feeds = '[{type: ris-live, mode: firehose, includeRaw: true}]'
  writeFileSync(config, `version: 1\nasns: [64496]\nfeeds: ${feeds}\n`)
  const args = ['--ris-live', server.url, '--history', '--listen', '127.0.0.1:0']
  const one = await daemon('watch', config, ...args)
  await until('it has subscribed', () => one.err().includes('RIS Live: connected'))
  const peer = { peer: '192.0.2.7', peer_asn: '64511', id: 'x', host: 'rrc00.ripe.net' }
  const said = { path: [64_496], community: [], withdrawals: [] }
  const announcements = [{ next_hop: '192.0.2.7', prefixes: ['198.51.100.0/24'] }]
  const raw = Buffer.from(FAULTY).toString('hex').toUpperCase()
  for (let i = 0; i < 3; i++) {
    const frame = { ...peer, timestamp: 1_700_000_000 + i, ...said, announcements, raw }
    server.publish({ ...frame, type: 'UPDATE' } as never)
  }
  const metric = 'faultline_treat_as_withdraw_total{collector="rrc00"}'
  const late = { ...peer, type: 'KEEPALIVE', timestamp: 1_700_000_100 } as never
  await until('it has counted them', async () => {
    server.publish(late)
    return (await one.metric(metric)) === 3
  })
  expect(await one.metric('faultline_malformed_total{feed="ris-live"}')).toBe(0)
  expect((await one.stop()).err).toContain('3 messages have attributes that RFC 7606')
})
