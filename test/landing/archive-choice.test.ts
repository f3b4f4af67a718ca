import { describe, expect, it } from 'vitest'
import { chooseTables } from '../../src/archive-choice.ts'
import { parseInstant } from '../../src/core/time.ts'
import type { Archive, ArchiveFile } from '../../src/feeds/archive.ts'

/** `rrc00 rib 08:00`: collector, kind and time of day, or `-` when its name does not tell. */
function archive(...texts: string[]): Archive {
  const files = texts.map((text): ArchiveFile => {
    const [collector = '', kind, time = '-'] = text.split(' ')
    const slot = time === '-' ? null : (parseInstant(`2024-10-01T${time}:00Z`) as number)
    return { path: text, collector, kind: kind as 'rib' | 'updates', slot, size: 10 }
  })
  const names = [...new Set(files.map(({ collector }) => collector))].sort()
  return {
    ok: true,
    collectors: names.map((collector) => ({
      collector,
      files: files.filter((file) => file.collector === collector),
    })),
    bytes: 10 * files.length,
    skipped: 0,
  }
}

const paths = (from: Archive | null): string[] | null =>
  from ? from.collectors.flatMap(({ files }) => files.map(({ path }) => path)) : null

function choice(given: Archive, ribs: Archive | null = null) {
  const { ribs: tables, updates, spare } = chooseTables(given, ribs)
  return {
    tables: paths(tables),
    updates: paths(updates),
    spare: spare.map(({ path }) => path),
    octets: [tables?.bytes, updates.bytes],
  }
}

describe('the table to start from', () => {
  it('is the last one taken before the first updates', () => {
    const given = ['rrc00 rib 00:00', 'rrc00 rib 08:00', 'rrc00 updates 08:00', 'rrc00 rib 16:00']
    expect(choice(archive(...given))).toEqual({
      tables: ['rrc00 rib 08:00'],
      updates: ['rrc00 updates 08:00'],
      spare: ['rrc00 rib 00:00', 'rrc00 rib 16:00'],
      octets: [10, 10],
    })
  })

  it('is none that was taken later, or on another day', () => {
    const given = archive('rrc00 updates 07:55', 'rrc00 rib 08:00', 'rrc00 rib 16:00')
    const spare = ['rrc00 rib 08:00', 'rrc00 rib 16:00']
    expect(choice(given)).toMatchObject({ tables: null, spare })
    const old = archive('rrc00 rib 07:00', 'rrc00 updates 08:00')
    const later = (files: Archive): Archive => ({
      ...files,
      collectors: files.collectors.map(({ collector, files }) => ({
        collector,
        files: files.map((f) =>
          f.kind === 'updates' ? { ...f, slot: (f.slot ?? 0) + 86_400e6 } : f,
        ),
      })),
    })
    expect(choice(later(old))).toMatchObject({ tables: null, spare: ['rrc00 rib 07:00'] })
  })

  it('is none that no updates of its collector follow, unless tables are all there is', () => {
    expect(choice(archive('c rib 08:00')).tables).toEqual(['c rib 08:00'])
    const named = archive('d rib 08:00')
    expect(choice(archive('a updates 08:00'), named)).toMatchObject({
      tables: null,
      spare: ['d rib 08:00'],
    })
  })

  it('may have a name that does not tell the time', () => {
    expect(choice(archive('mine rib -', 'mine updates 08:00')).tables).toEqual(['mine rib -'])
    const given = archive('mine rib 08:00', 'mine rib 16:00', 'mine updates -')
    expect(choice(given).tables).toEqual(['mine rib 16:00'])
  })

  it('is chosen for each collector, and without any the baseline has to be learned', () => {
    const given = archive('a rib 08:00', 'a updates 08:00', 'b updates 08:00', 'c rib 08:00')
    expect(choice(given)).toEqual({
      tables: ['a rib 08:00'],
      updates: ['a updates 08:00', 'b updates 08:00'],
      spare: ['c rib 08:00'],
      octets: [10, 20],
    })
    expect(choice(archive('b updates 08:00')).tables).toBeNull()
  })

  it('is what --rib names, all of it, beside what lies among the updates of others', () => {
    const given = archive('a rib 07:00', 'a updates 08:00', 'b rib 08:00', 'b updates 08:00')
    const named = archive('a rib 00:00', 'a rib 08:00')
    expect(choice(given, named)).toMatchObject({
      tables: ['a rib 00:00', 'a rib 08:00', 'b rib 08:00'],
      spare: ['a rib 07:00'],
      octets: [30, 20],
    })
  })
})
