// Files of VRPs that are read while the daemon runs: what is in them, and what is wrong with them.

import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readRpkiApart } from '../../src/rpki-reading.ts'

const roa = {
  asn: 64_500,
  prefix: '192.0.2.0/24',
  maxLength: 24,
  ta: 'ripe',
  expires: 1_760_000_000,
}
const file = (roas: unknown) => Buffer.from(JSON.stringify({ metadata: {}, roas }))

test('a file becomes lines, packed or not, with the hash of its octets', async () => {
  for (const octets of [file([roa, roa]), gzipSync(file([roa]))]) {
    const { input, faults } = await readRpkiApart(octets, 'vrps.json')
    expect(faults).toEqual([])
    expect(input).toMatchObject({
      what: 'rpki',
      name: 'vrps.json',
      content: '64500 192.0.2.0/24 24 1760000000 ripe',
      sha256: createHash('sha256').update(octets).digest('hex'),
    })
  }
})

test('what is wrong is told, and nothing of it is taken', async () => {
  for (const octets of [
    file([roa, { ...roa, maxLength: 99 }]),
    file({}),
    Buffer.from('{"roas": ['),
    gzipSync(file([roa])).subarray(0, 40),
  ]) {
    const { input, faults } = await readRpkiApart(octets, 'vrps.json')
    expect(input).toBeNull()
    expect(faults).not.toEqual([])
  }
})
