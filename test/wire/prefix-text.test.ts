import { expect, it } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import { parsePrefix, prefixText } from '../../src/core/prefix.ts'
import { PrefixReader } from '../../src/wire/prefix-text.ts'
import { noise } from './octets.ts'
import { elements } from './ris-frames.ts'

it('a text is a prefix exactly when core says so', () => {
  const next = noise(7)
  const reader = new PrefixReader()
  const batch = new Batch()
  const alphabet = '0123456789abcdefABF:::...//g '
  const seeds = [
    '192.0.2.0/24',
    '0.0.0.0/0',
    '::/0',
    '2001:db8::/32',
    '1:2:3:4:5:6:7:8/128',
    '1::8/127',
    '::1/128',
    '1::/16',
    '1:2:3:4:5:6:7::/112',
    '::ffff:192.0.2.1/128',
    '2a12:ca42:0:0:0:0:0:0/32',
    '255.255.255.255/32',
    'fe80::abcd:0:1/64',
  ]
  let good = 0
  for (let i = 0; i < 60_000; i++) {
    let text = seeds[i % seeds.length] as string
    for (let k = i < seeds.length ? 0 : 1 + next(3); k > 0; k--) {
      const at = next(text.length + 1)
      const put = alphabet[next(alphabet.length)] as string
      text = text.slice(0, at) + (next(4) ? put : '') + text.slice(at + next(2))
    }
    batch.clear()
    const core = parsePrefix(text)
    if (core) good++
    const read = reader.readText(text, 1, batch)
    batch.first[1] = batch.elements
    expect([text, read, ...elements(batch, 0, 1)]).toEqual(
      core ? [text, true, prefixText(core.afi, ...core.words, core.length)] : [text, false],
    )
  }
  console.log(`60000 texts, ${good} of them prefixes`)
  expect(good).toBeGreaterThan(5_000)
})
