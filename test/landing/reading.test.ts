// The thread that reads must show nowhere: what comes out is the same with any number of jobs.

import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { type DayFiles, dayFiles } from './day-files.ts'
import { absent, faultline, real, workshop } from './program.ts'

const place = workshop()
let files: DayFiles
beforeAll(() => {
  files = dayFiles(place)
})

/** Warnings without the time they were written at. */
const said = (err: string): string[] =>
  err
    .trim()
    .split('\n')
    .map((line) => line.replace(/"time":"?[^,]*,/, '').replace(/"pid":\d+,/, ''))

async function alike(...args: string[]): Promise<string> {
  const runs = await Promise.all(
    ['1', '2', '3'].map((jobs) =>
      faultline('replay', ...args, '--format', 'ndjson', '--jobs', jobs),
    ),
  )
  const [first, ...others] = runs.map(({ status, out, err }) => ({ status, out, err: said(err) }))
  for (const other of others) expect(other).toEqual(first)
  return first?.out ?? ''
}

describe('replay --jobs', () => {
  it('gives the same incidents, from tables and learned', async () => {
    expect(await alike(...files.updates, ...files.withRibs, '--asn', '4766')).not.toBe('')
    expect(await alike(...files.updates)).not.toBe('')
  })

  it('writes the same journal', async () => {
    const written = ['1', '2'].map(async (jobs) => {
      const path = place(`journal-${jobs}`)
      // Two files each, so that some are opened before others are read to their end.
      const more = files.updates.map((name) => {
        const copy = place(basename(name).replace('0000-0300', '0300-0600'))
        copyFileSync(name, copy)
        return copy
      })
      const names = [...files.updates, ...more, ...files.withRibs]
      const args = [...names, '--jobs', jobs, '--journal', path]
      expect((await faultline('replay', ...args)).status).toBe(0)
      return readFileSync(path, 'utf8')
    })
    const [one, two] = await Promise.all(written)
    expect(two === one).toBe(true)
  })

  it('says the same of files that are cut, damaged or none, and loses nothing beside them', async () => {
    const [first = '', second = '', third = ''] = files.updates
    const octets = readFileSync(first)
    const cut = place('rrc70.updates.20211025.0000.gz')
    writeFileSync(cut, gzipSync(octets).subarray(0, -70_000))
    const damaged = place('rrc71.updates.20211025.0000')
    copyFileSync(second, damaged)
    appendFileSync(damaged, 'nonsense'.repeat(40))
    const none = place('rrc72.updates.20211025.0000')
    writeFileSync(none, 'not MRT at all')
    await alike(cut, damaged, none, third)
  })

  const realFiles = [
    'incidents/route-views2.updates.20241029.0000.bz2',
    'incidents/rrc01.updates.20100827.0840.gz',
    'quiet/rrc00.updates.20190101.0000.gz',
    'oddities/rrc00.updates.20000325.0345.damaged.gz',
  ]
  it.skipIf(absent('real files with any number of jobs', ...realFiles))(
    'gives the same of real files, each alone and all together',
    async () => {
      const paths = realFiles.map(real)
      for (const path of paths) await alike(path)
      expect(await alike(...paths)).not.toBe('')
    },
  )

  it('reads many small files of many collectors in the order of their times', async () => {
    const parts: string[] = []
    for (const [c, path] of files.updates.entries()) {
      const octets = readFileSync(path)
      const view = new DataView(octets.buffer, octets.byteOffset)
      let from = 0
      let slot = 0
      for (let at = 0; at < octets.length; ) {
        at += 12 + view.getUint32(at + 8)
        if (at < octets.length && at - from < octets.length / 12) continue
        const name = place(`rrc8${c}.updates.20211025.${String(slot++).padStart(4, '0')}.gz`)
        writeFileSync(name, gzipSync(octets.subarray(from, at)))
        parts.push(name)
        from = at
      }
    }
    expect(parts.length).toBeGreaterThanOrEqual(12 * files.updates.length)
    expect(await alike(...parts)).not.toBe('')
  })
})
