import { describe, expect, test } from 'vitest'
import { decodeLine, formats } from '../../src/decode/lines.ts'
import { Dice } from '../../src/scenario/dice.ts'

describe('lines', () => {
  test.each(formats)('%s: what is nothing is an error, on one line', (format) => {
    for (const line of ['', 'zz', 'abc', '{', '{}', '[]', '{"hex":1}', '{"hex":""}', 'null']) {
      const told = JSON.stringify(decodeLine(format, line))
      expect(told).toMatch(/^\{"error":".+"\}$/)
      expect(told).not.toContain('\n')
    }
  })

  test.each(formats)('%s: random octets never throw', (format) => {
    const dice = new Dice(`decode ${format}`)
    let errors = 0
    for (let i = 0; i < 3_000; i++) {
      const bytes = Buffer.from(Array.from({ length: dice.int(1, 80) }, () => dice.int(0, 255)))
      const line = format === 'rislive' ? bytes.toString('latin1') : bytes.toString('hex')
      if ('error' in decodeLine(format, line)) errors++
    }
    expect(errors).toBeGreaterThan(1_000)
  })
})
