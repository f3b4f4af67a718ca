import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { workshop } from './program.ts'

const { faults } = vi.hoisted(() => ({ faults: [] as (string | null)[] }))

// A file system that says what a test wants to hear: a code of error, or null for half of the octets.
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const writeSync = (file: number, octets: Buffer, at: number): number => {
    const fault = faults.shift()
    if (fault === undefined) return fs.writeSync(file, octets, at)
    if (fault !== null) throw Object.assign(new Error(`${fault}: so it is`), { code: fault })
    return fs.writeSync(file, octets, at, Math.ceil((octets.length - at) / 2))
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

  it('says at once when a file cannot be made', () => {
    const path = place('nowhere/file')
    expect(() => new Output(path)).toThrow('ENOENT')
    expect(existsSync(path)).toBe(false)
  })
})
