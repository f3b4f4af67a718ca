import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readRelationshipsFile } from '../../src/context/relationships-file.ts'
import { Batch } from '../../src/core/batch.ts'
import { parseInstant } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { readName } from '../../src/feeds/archive-name.ts'
import { archive } from '../../src/scenario/archive.ts'
import { playScript } from '../../src/scenario/play.ts'
import { scriptDefaults } from '../../src/scenario/script.ts'
import { relationships, vrps } from '../../src/scenario/side-files.ts'
import { MrtReader } from '../../src/wire/mrt.ts'

const play = playScript({
  ...scriptDefaults,
  ases: 120,
  prefixes: 800,
  vantages: 8,
  hours: 1,
  events: [
    { kind: 'new-peering', count: 2 },
    { kind: 'moas-sibling', count: 1 },
  ],
})
const files = [...archive(play)]

test('files are named and laid out as in the archives, and every message is in the right one', () => {
  const paths = files.map(({ path }) => path)
  expect(paths).toContain('rrc00/2026.03/bview.20260302.0000.gz')
  expect(paths).toContain('rrc00/2026.03/updates.20260302.0055.gz')
  expect(paths).toContain('route-views2/bgpdata/2026.03/RIBS/rib.20260302.0000.gz')
  expect(paths).toContain('route-views2/bgpdata/2026.03/UPDATES/updates.20260302.0045.gz')
  let records = 0
  for (const { path, octets } of files) {
    const { collector, kind, slot, slotEnd } = readName(path)
    expect(play.internet.collectors).toContain(collector)
    if (kind !== 'updates') continue
    const reader = new MrtReader(new VantagePoints(), collector ?? '', 0)
    const batch = new Batch()
    reader.push(gunzipSync(octets))
    while (reader.read(batch, true) && batch.messages === 0);
    for (let m = 0; m < batch.messages; m++) {
      expect(batch.at[m]).toBeGreaterThanOrEqual(slot ?? 0)
      expect(batch.at[m]).toBeLessThan(slotEnd ?? 0)
    }
    records += batch.messages
  }
  expect(records).toBeGreaterThan(play.messages.length * 0.9)
})

test('relationships are CAIDA serial-1, without the links that come to be later', () => {
  const rows = relationships(play)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  for (const row of rows) expect(row).toMatch(/^\d+\|\d+\|(-1|0)$/)
  expect(rows.length).toBe(play.internet.edges.length / 2 - (play.internet.latent?.size ?? 0))
  expect(play.internet.latent?.size).toBe(2)
  expect(rows).toContain('174|701|0')
})

test('they say of which day they are: without that nobody uses them', () => {
  const { date, faults } = readRelationshipsFile(relationships(play), 'relationships.txt')
  expect([date, faults]).toEqual([parseInstant('2026-03-02'), []])
})

test('ROAs are as rpki-client writes them, for half of the origins and what is announced by right', () => {
  const { metadata, roas } = JSON.parse(vrps(play)) as {
    metadata: { buildtime: string; vrps: number }
    roas: { asn: number; prefix: string; maxLength: number }[]
  }
  expect(metadata.buildtime).toBe('2026-03-02T00:00:00Z')
  expect(roas.length).toBe(metadata.vrps)
  const [moved] = play.events.filter((e) => e.event === 'moas-sibling')
  for (const prefix of moved?.prefixes ?? [])
    expect(roas.filter((roa) => roa.prefix === prefix).map(({ asn }) => asn)).toContain(
      moved?.culprit,
    )
  const origins = new Set(roas.map(({ asn }) => asn)).size
  expect(origins).toBeGreaterThan(30)
  expect(origins).toBeLessThan(90)
})
