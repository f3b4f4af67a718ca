import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { workshop } from './program.ts'

const { faults } = vi.hoisted(() => ({ faults: [] as (string | null)[] }))

// A file system that says what a test wants to hear: a code of error, or null for half of the octets.
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const writeSync = (file: number, octets: Buffer): number => {
    const fault = faults.shift()
    if (fault === undefined) return fs.writeSync(file, octets)
    if (fault !== null) throw Object.assign(new Error(`${fault}: so it is`), { code: fault })
    return fs.writeSync(file, octets, 0, Math.ceil(octets.length / 2))
  }
  return { ...fs, writeSync }
})

const { Output } = await import('../../src/output.ts')
const place = workshop()
afterEach(() => void faults.splice(0))

describe('output', () => {
  it('gathers what is written, and writes it when asked or when it is much', () => {
    const path = place('gathered')
    const output = new Output(path)
    output.write('one\n')
    expect(readFileSync(path, 'utf8')).toBe('')
    output.flush()
    expect(readFileSync(path, 'utf8')).toBe('one\n')
    output.write('x'.repeat(1 << 16))
    expect(readFileSync(path).length).toBe(4 + (1 << 16))
    output.write('the end')
    output.close()
    expect(readFileSync(path, 'utf8').slice(-7)).toBe('the end')
    expect([output.gone, output.fault]).toEqual([false, null])
  })

  it('writes all of it when only half is taken at a time, and when a pipe is full for a moment', () => {
    faults.push(null, 'EAGAIN', null, 'EAGAIN', 'EAGAIN')
    const path = place('halves')
    const output = new Output(path)
    const text = 'añb☃c'.repeat(1_000)
    output.write(text)
    output.close()
    expect(faults).toEqual([])
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect([output.gone, output.fault]).toEqual([false, null])
  })

  it('is over without a word when its reader leaves', () => {
    faults.push('EPIPE')
    const path = place('left')
    const output = new Output(path)
    output.write('nobody reads this')
    output.flush()
    output.write('nor this')
    output.close()
    expect([output.gone, output.fault]).toEqual([true, null])
    expect(readFileSync(path, 'utf8')).toBe('')
  })

  it('keeps in mind why it could not write, and does not try again', () => {
    faults.push('ENOSPC')
    const path = place('full')
    const output = new Output(path)
    output.write('lost')
    output.flush()
    output.write('lost too')
    output.close()
    expect([output.gone, output.fault]).toEqual([true, 'ENOSPC: so it is'])
    expect(readFileSync(path, 'utf8')).toBe('')
  })

  it('keeps what does not fit where nobody may wait, and tries again by itself', async () => {
    const path = place('kept')
    const output = new Output(path, { waits: false })
    faults.push(null, 'EAGAIN', 'EAGAIN', null, 'EAGAIN')
    output.write('añb☃c\n')
    output.flush()
    expect(faults.length).toBe(3)
    output.write('two\n')
    output.flush()
    expect(faults.length).toBe(2)
    const end = performance.now() + 5_000
    while (readFileSync(path, 'utf8') !== 'añb☃c\ntwo\n' && performance.now() < end)
      await new Promise((next) => setTimeout(next, 10))
    output.close()
    expect(readFileSync(path, 'utf8')).toBe('añb☃c\ntwo\n')
    expect([output.gone, output.lost]).toEqual([false, 0])
  })

  it('loses whole lines beyond its room, counts them, and is closed in a moment', () => {
    const path = place('lost')
    const output = new Output(path, { waits: false })
    const line = `${'x'.repeat(999)}\n`
    faults.push(...Array(10_000).fill('EAGAIN'))
    for (let i = 0; i < 5_000; i++) output.write(line)
    output.flush()
    const kept = Math.floor((4 << 20) / 1_000)
    expect(output.lost).toBe(5_000 - kept)
    const begun = performance.now()
    output.close()
    expect(performance.now() - begun).toBeLessThan(2_000)
    expect([output.lost, readFileSync(path, 'utf8')]).toEqual([5_000, ''])

    faults.splice(0)
    const other = new Output(path, { waits: false })
    faults.push(null, ...Array(100).fill('EAGAIN'))
    for (let i = 0; i < 5_000; i++) other.write(line)
    faults.splice(0)
    other.close()
    expect(readFileSync(path, 'utf8')).toBe(line.repeat(5_000 - other.lost))
  })

  it('says at once when a file cannot be made', () => {
    const path = place('nowhere/file')
    expect(() => new Output(path)).toThrow('ENOENT')
    expect(existsSync(path)).toBe(false)
  })
})
