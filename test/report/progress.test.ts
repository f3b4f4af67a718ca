import { describe, expect, test } from 'vitest'
import { parseInstant, seconds } from '../../src/core/time.ts'
import { Progress, type Reached } from '../../src/report/progress.ts'

const T = 1_700_000_000_000_000
const half: Reached = {
  octets: 50_000_000,
  elements: 10_000_000,
  at: parseInstant('2024-10-29T00:07:04Z') ?? 0,
  incidents: 3,
}

/** What a terminal shows: text after \r writes over what was there. */
function screen(writes: readonly string[]): string {
  let line = ''
  for (const part of writes.join('').split('\r')) line = part + line.slice(part.length)
  return line.trimEnd()
}

function start(mode: 'bar' | 'lines' | 'off', columns = 200, octets: number | null = 100_000_000) {
  const writes: string[] = []
  const write = (text: string) => void writes.push(text)
  return { writes, progress: new Progress({ mode, octets, write, columns: () => columns }, T) }
}

describe('progress', () => {
  test('tells how far, how fast and how long yet', () => {
    const { writes, progress } = start('bar')
    progress.update(half, T + seconds(10))
    expect(screen(writes)).toBe(
      ' 50 %  [##########..........]  5.0 MB/s  1.00 M elements/s  2024-10-29 00:07:04Z  3 incidents  ETA 10 s',
    )
    expect(writes.join('')).not.toContain('\n')
  })

  test('does not guess at the beginning, nor without a size', () => {
    const early = start('bar')
    early.progress.update({ octets: 1, elements: 1, at: null, incidents: 1 }, T + seconds(0.2))
    expect(screen(early.writes)).toBe('  0 %  [....................]  1 incident')
    const sizeless = start('bar', 200, null)
    sizeless.progress.update(half, T + seconds(10))
    expect(screen(sizeless.writes)).toBe(
      '5.0 MB/s  1.00 M elements/s  2024-10-29 00:07:04Z  3 incidents',
    )
  })

  test('never says more than all of it', () => {
    const { writes, progress } = start('bar')
    progress.update({ ...half, octets: 120_000_000 }, T + seconds(10))
    expect(screen(writes)).toMatch(/^100 % {2}\[#{20}\].*ETA 0 s$/)
  })

  test('is drawn ten times a second at most', () => {
    const { writes, progress } = start('bar')
    for (let ms = 0; ms < 1_000; ms++) progress.update(half, T + ms * 1_000)
    expect(writes).toHaveLength(9)
  })

  test('keeps within the terminal, a shorter line leaves nothing of the longer, and the end nothing', () => {
    const writes: string[] = []
    let columns = 60
    const progress = new Progress(
      {
        mode: 'bar',
        octets: 100_000_000,
        write: (text) => void writes.push(text),
        columns: () => columns,
      },
      T,
    )
    progress.update(half, T + seconds(10))
    expect(writes[0]).toHaveLength('\r'.length + 59)
    columns = 20
    progress.update(half, T + seconds(11))
    expect(screen(writes)).toBe(' 50 %  [##########.')
    progress.clear()
    expect(screen(writes)).toBe('')
    const drawn = writes.length
    progress.clear()
    expect(writes).toHaveLength(drawn)
  })

  test('writes whole lines now and then for a log, and nothing when off', () => {
    const log = start('lines')
    const off = start('off')
    for (let s = 0; s <= 60; s++) {
      log.progress.update(half, T + seconds(s))
      off.progress.update(half, T + seconds(s))
    }
    log.progress.clear()
    expect(log.writes).toHaveLength(2)
    expect(log.writes[1]).toMatch(/^ 50 % {2}0\.8 MB\/s .*ETA 60 s\n$/)
    expect(off.writes).toEqual([])
  })
})
