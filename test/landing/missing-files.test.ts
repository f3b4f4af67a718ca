import { expect, test } from 'vitest'
import { parseInstant } from '../../src/core/time.ts'
import type { Archive } from '../../src/feeds/archive.ts'
import { gapsOf, type Missing, missingOf, times } from '../../src/missing-files.ts'

const at = (time: string): number => parseInstant(`2024-10-29T${time}Z`) as number

function archive(collector: string, ...slots: readonly string[]): Archive {
  const files = slots.map((slot) => ({
    path: `${collector}/updates.20241029.${slot}`,
    collector,
    kind: 'updates' as const,
    slot: at(`${slot.slice(0, 2)}:${slot.slice(2)}:00`),
    size: 1,
  }))
  return { ok: true, collectors: [{ collector, files }], bytes: 0, skipped: 0 }
}
const shown = (missing: readonly Missing[]) =>
  missing.map((one) => `${one.collector} ${times(one).replaceAll(/2024-10-29T|:00.000Z/g, '')}`)

test('files between others of their collector, neighbours as one', () => {
  const given = archive('rrc00', '0000', '0005', '0020', '0025', '0035')
  expect(shown(missingOf(given))).toEqual(['rrc00 00:10 to 00:20', 'rrc00 00:30 to 00:35'])
  expect(shown(missingOf(archive('route-views2', '0000', '0015', '0045')))).toEqual([
    'route-views2 00:30 to 00:45',
  ])
})

test('at the ends only what the archive says it lacks', () => {
  const known = new Map([
    ['rrc00', ['updates.20241028.2355.gz', 'updates.20241029.0010.gz', 'updates.20241029.0005.gz']],
  ])
  // What was not listed and is there all the same is not missing.
  expect(shown(missingOf(archive('rrc00', '0000', '0005'), known))).toEqual([
    'rrc00 2024-10-28T23:55 to 00:00',
    'rrc00 00:10 to 00:15',
  ])
})

test('where files come at a pace of their own nothing is missing', () => {
  for (const given of [
    archive('rrc00', '0000', '0100', '0300'),
    archive('rrc00', '0000', '0005', '0012'),
    archive('rrc00', '0000'),
    archive('unknown', '0000', '0005', '0015'),
  ])
    expect(missingOf(given)).toEqual([])
})

test('as gaps: cut to what is heard, and without an end when nothing follows', () => {
  const one = { collector: 'rrc00', from: at('00:10:00'), until: at('00:20:00') }
  const kinds = (from: string, until: string) =>
    gapsOf([one], at(from), at(until)).map((fact) => [fact.kind, fact.at])
  expect(kinds('00:00:00', '01:00:00')).toEqual([
    ['gap', at('00:10:00')],
    ['gap-end', at('00:20:00')],
  ])
  expect(kinds('00:15:00', '00:18:00')).toEqual([['gap', at('00:15:00')]])
  expect(kinds('00:20:00', '01:00:00')).toEqual([])
  expect(kinds('00:00:00', '00:10:00')).toEqual([])
})
