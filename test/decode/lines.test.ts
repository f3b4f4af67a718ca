import { describe, expect, test } from 'vitest'
import { fuzz, targets } from '../../src/bench/fuzzing.ts'
import { answer, decodeLine, formats } from '../../src/decode/lines.ts'
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

  test('eight million digits are no more trouble than eight', () => {
    const hex = 'f'.repeat(8_000_000)
    expect(decodeLine('bgp', hex)).toEqual({ error: 'message type 255' })
    expect(decodeLine('bgp', `${hex}g`)).toEqual({ error: expect.stringContaining('neither hex') })
  })

  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const liar = '{"toString":1,"valueOf":1}'

  test.each([liar, deep, '1', 'null'])('families that are none: %.30s', (one) => {
    expect(decodeLine('bgp', `{"hex":"ff","ctx":{"addPath":[${one}]}}`)).toEqual({
      error: '"addPath" holds what is no family like "1/1"',
    })
  })

  test.each([liar, deep, '{"toString":null}', 'true'])(
    'a frame of strange things: %.30s',
    (one) => {
      const frame =
        '{"type":"ris_message","data":{"type":"UPDATE","peer":"192.0.2.1","timestamp":X,"peer_asn":X,' +
        '"withdrawals":[X],"path":[X,[X,1]],"community":[[X,2]],"med":X,"origin":X}}'
      expect(JSON.parse(answer('rislive', frame.replaceAll('X', one)))).toMatchObject({
        timestamp: null,
        peerAsn: null,
        skippedPrefixes: ['?'],
      })
    },
  )

  test('what cannot be written is an error, on one line', () => {
    const open = '{"type":"ris_message","data":{"type":"OPEN","peer":"192.0.2.1","capabilities":X}}'
    for (const frame of ['{"type":"ris_subscribe_ok","data":{"a":X}}', open])
      expect(answer('rislive', frame.replace('X', deep))).toMatch(
        /^\{"error":"the answer cannot be written: .+"\}$/,
      )
  })

  test('an answer that would be hundreds of times its line is none', () => {
    // An octet each, all of them default routes.
    const size = 60_000
    const octets = (n: number, width: number) => n.toString(16).padStart(width * 2, '0')
    const update = `${'ff'.repeat(16)}${octets(size + 23, 2)}02${'00'.repeat(4 + size)}`
    const head = `0000fbf00000316e00000001c0000201c00002fe`
    const record = `6553f10000100004${octets((head + update).length / 2, 4)}${head}${update}`
    expect(decodeLine('mrt', record.repeat(16))).toMatchObject({ records: { length: 16 } })
    const tooMuch = { error: 'more than 1000000 prefixes, attributes and entries' }
    expect(decodeLine('mrt', record.repeat(17))).toEqual(tooMuch)
    const hex = `03${octets(48 + update.length / 2, 4)}00${'00'.repeat(42)}${update}`.repeat(17)
    expect(decodeLine('bmp', JSON.stringify({ hex, ctx: { stream: true } }))).toEqual(tooMuch)
  })

  test('a frame is called what it is, whatever it holds', () => {
    const frame = '{"type":"ris_subscribe_ok","data":{"frame":"evil","subscription":{}}}'
    expect(decodeLine('rislive', frame)).toEqual({ frame: 'ris_subscribe_ok', subscription: {} })
  })

  const shaped = targets.filter(({ name }) => /^decode .* shapes$/.test(name))
  test.each(shaped.map((target) => [target.name, target] as const))('%s', async (name, target) => {
    const { good, bad } = await fuzz(target, new Dice(name), 500)
    expect([good > 50, bad > 10]).toEqual([true, true])
  })
})
