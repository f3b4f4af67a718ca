// The codecs of Kafka's clients, on octets that the compressors of Kafka's own client have made (snappy-java
// 1.1.10.5, lz4-java 1.8.0, zstd-jni 1.5.6), on those of the system's tools where there are any, and on noise.

import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ungzip, unzstd } from '../../src/feeds/kafka-client.ts'
import { unlz4 } from '../../src/feeds/lz4.ts'
import { unsnappy } from '../../src/feeds/snappy.ts'
import { likeMrt, noise, run, same, without } from '../wire/octets.ts'

const lines = Array.from(
  { length: 90 },
  (_, i) => `${i % 7} ${i * i} withdrawn ${'f'.repeat(i % 40)}\n`,
)
const whole = Buffer.from(lines.join(''))

const made = {
  'xerial snappy':
    'glNOQVBQWQAAAAABAAAAAQAAAUuACEQwIDAgd2l0aGRyYXduIAoxIDEdDxBmCjIgNC4QABBmCjMgOTIRABRmCj' +
    'QgMTY2EwAUZgo1IDI1OhQAEGYKNiAzPikAFGZmCjAgNDpSAAEBDAoxIDY2egAJAQwKMiA4MqIAEQEQCjMgMTAu' +
    'ywARGQBmBaIAMlI1AAWqBDE0TmkAAQEQCjYgMTZKnQAJARAKMCAxOUbRABEBEAoxIDIyQgUBGQEQCjIgMjVmPw' +
    'AlawQyOGJ+AAEBEAo0IDMyXr0ACQEQCjUgMzZa/AARAQwKNiA0WjsBGQEhqAA0ekkAAGYB9QQ0OHaSAAEBEAoy' +
    'IDUyctsACQEQCjMgNTduJAERAQwKNCA2bm0BGQEMCjUgNpJTAEWxADeOpgABAQwKMCA3ivkACQEMCjEgOIZMAR' +
    'EBDAoyIDmCnwEZAWGifvIBKGZmZmZmZmZmZmZmAAABT4AITGYKNCAxMDI0IHdpdGhkcmF3biBmegEAGAo1IDEw' +
    'ODmqMgAcZgo2IDExNTauMwAcZgowIDEyMjWyNAAYZgoxIDEyObZpABxmZgoyIDEzNrLSAAEBFAozIDE0NK47AQ' +
    'kBIXMINTIxttoAAQEhegg2MDAdOSFZBDY4MksAITgENzY2lgAhFwQ4NDrhAAH2BDkzPiwBEAozIDIwRncBFAo0' +
    'IDIxMT4tAABmAZMIMjIwOloAAQEUCjYgMjMwNocACQEUCjAgMjQwMrQAEQEQCjEgMjUy4QARGiWlBDI2VjcAAG' +
    'YFtgA3Um4AAQEBvQA4TqUACQEQCjUgMjlK3AARARAKNiAzMEYTARkBEAowIDMxQkoBLgEAEAoxIDMyPoEBNgEA' +
    'EAoyIDMzOrgBPgEAEAozIDM0Nu8BRgEADAo0IDM2JgJGJAAgZmYKNSAzNzIxAAABH4AILCB3aXRoZHJhd24gZk' +
    '4BABgKNiAzODQ0ficAHGYKMCAzOTY5gigAHGYKMSA0MDk2hikAHGYKMiA0MjI1iioAGGYKMyA0MzWOVQAcZmYK' +
    'NCA0NDiKqgABARQKNSA0NjKG/wAJARgKNiA0NzYxjrIAAQEYCjAgNDkwMJ4vACE7CDUwNKJfACVCCDUxOJ6+AA' +
    'EBFAozIDUzMpodAQkBFAo0IDU0N5Z8AREBEAo1IDU2ltsBGQEQCjYgNTe6aQBFmQQ1ObbSAAEBEAoxIDYwsjsB' +
    'CQEQCjIgNjKupAERARAKMyA2NDINAhAKNCA2NTZOAhAKNSA2NzqPAhAKNiA2OD7QAhAKMCA3MEIRA0gKMSA3Mj' +
    'I1IHdpdGhkcmF3biBmAAAAQWtYZmZmZgoyIDczOTYgd2l0aGRyYXduIGYFARgKMyA3NTY5QhgAHGYKNCA3NzQ0' +
    'RhkAHGYKNSA3OTIxShoABGYK',
  snappy:
    '6xhEMCAwIHdpdGhkcmF3biAKMSAxHQ8QZgoyIDQuEAAQZgozIDkyEQAUZgo0IDE2NhMAFGYKNSAyNToUABBmCj' +
    'YgMz4pABRmZgowIDQ6UgABAQwKMSA2NnoACQEMCjIgODKiABEBEAozIDEwLssAERkAZgWiADJSNQAFqgQxNE5p' +
    'AAEBEAo2IDE2Sp0ACQEQCjAgMTlG0QARAQwKMSAyRgUBGQEQCjIgMjVmPwAlawQyOGJ+AAEBEAo0IDMyXr0ACQ' +
    'EQCjUgMzZa/AARAQwKNiA0WjsBGQEhqAA0ekkAAGYB9QQ0OHaSAAEBEAoyIDUyctsACQEQCjMgNTduJAERAQwK' +
    'NCA2bm0BGQEMCjUgNpJTAEWxADeOpgABAQwKMCA3ivkACQEMCjEgOIZMAREBDAoyIDmCnwEZAWGifvIBLgEAYc' +
    'AAMHpGAjYBABAKNSAxMHaaAj4BAGFKADFy7gJGAQBhYHJCA04BAIHBADJqlgNWAQAQCjIgMTNm6gNeAQCBdAA0' +
    'Yj4EZgEAIXMANV6SBG4BACF6ADYyDAIhWQA2NhIFITgANzo9BSEXADg+aAUB9gA5QpMFEAozIDIwRkwDEAo0ID' +
    'IxQukFpUEIMjIwSswDFAo2IDIzME4MBBQKMCAyNDBSTAShNQA1MuEAOQ+hMQA2VjcAqS0AN1JuAAEBAb0AOE6l' +
    'AAkBEAo1IDI5StwAEQHBukoTARkBEAowIDMxQkoBLgEABAoxoatKJwEZARAKMiAzMzq4AT4BABAKMyAzNDbvAU' +
    'YBAMEXNiYCRiQAJbkEMzeGhQIB/AA4iuQCIQMAOY5DAxAKMSA0MJKiAw59CAAyRooCTgEAEAozIDQzmmAEEAo0' +
    'IDQ0nr8EEAo1IDQ2oh4F4UoAN6Z9BeFUstsFDDEgNTCmOQYAZiFCBDUxopcGAQHhcgQzMnKoAj4BABAKNCA1NJ' +
    'pTBxEBDAo1IDWasQcZARAKNiA1N7ppABJhCgQ1ObbSAAEBDoEKADCyOwEJARAKMiA2Mq6kAREBDAozIDY2hwkO' +
    '1QgANTZOAhK+CDqPAhAKNiA2OD7QAg6QCAAwQhEDDAoxIDdKUgMQCjIgNzNKkwMQCjMgNzVO1AMQCjQgNzdSFQ' +
    'QQCjUgNzlWVgQACg==',
  lz4:
    'BCJNGGBwc4IDAAD3AzAgMCB3aXRoZHJhd24gCjEgMQ8AWGYKMiA0EABZZgozIDkRAGpmCjQgMTYTAGtmCjUgMj' +
    'UUAFxmCjYgMykAa2ZmCjAgNFIAAAIASgoxIDZ6AAICAEkKMiA4ogACFwABmQAoMTDLAAAVAAICAACiAB8yNQAC' +
    'AaoALzE0aQABAAIAXwo2IDE2nQAAAgIAXgowIDE50QAEAgBOCjEgMgUBBgIAXwoyIDI1PwAHAdIALzI4fgAGAA' +
    'IAXwo0IDMyvQAFAgIAXwo1IDM2/AAEBAIATwo2IDQ7AQQGAgAAqAEfNEkADAH1AC80OJIACwACAF8KMiA1MtsA' +
    'CgICAF8KMyA1NyQBCQQCAE8KNCA2bQEJBgIATwo1IDZTABIBGAEfN6YAEQACAE8KMCA3+QAQAgIATwoxIDhMAQ' +
    '8EAgBPCjIgOZ8BDgYCAACiAw/yAQ0IAgAAHgMfMEYCDAoCAF8KNSAxMJoCCwwCAABKAx8x7gIKDgIAAGADD0ID' +
    'Cg8CAAEAwQQfMpYDCA8CAANfCjIgMTPqAwcPAgAFXwozIDE0PgQGDwIABwBzAR81kgQFDwIACQB6ARk2DAIAWQ' +
    'EaNhIFADgBGzc9BQAXARw4aAUA9gAdOZMFXgozIDIwTANdCjQgMjHpBQGTAD8yMjDMAwBvCjYgMjMwDAQBbwow' +
    'IDI0MEwEAgA1BRk14QAAZAACAgAAMQUfNjcAAwK2AB83bgACAAIAAL0AHzilAAECAgAArwYfOdwAAAQCAAC6Bg' +
    '8TAQAGAgBdCjAgMzFKAQgCACAKMasFDycBAAYCAFsKMiAzM7gBDAIAWgozIDM07wEMIwAB7gAaMyYCABYADAIA' +
    'ABoGHzeFAg8A/AAfOOQCEAADAR85QwMRXwoxIDQwogMSAH0IDwEEFF8KMyA0M2AEFF8KNCA0NL8EFV8KNSA0Nh' +
    '4FFgBKBx83fQUXAFQHD9sFGk8xIDUwOQYXAUIBLzUxlwYWAAIAAHIHHzP1BhUCAgBfCjQgNTRTBxQEAgBPCjUg' +
    'NbEHFAYCAF8KNiA1N2kAHAFlAS81OdIAGwACAACBCh8wOwEaAgIAXwoyIDYypAEZBAIASgozIDaHCQDVCBo1Tg' +
    'IBvggLjwJcCjYgNjjQAgCQCB0wEQNPCjEgN1IDAF8KMiA3M5MDAF8KMyA3NdQDAV8KNCA3NxUEAl4KNSA3OVYE' +
    'UGZmZmYKAAAAAA==',
  zstd:
    'KLUv/WBrC80RAEbRJxWglzQHYJ/ZtvmqOrebiIgIYL+6QQEkAB8AIQBYG5K5GqbiU1s6Ro0dR18HztYhrg6bOu' +
    'bpBAcABQECBgMHyxIipoanuZQSv+LWvKt0U4OZjcX6SrU10NFUeipmKc4BZVdFhKyvNqurappOLRUUEk+MpGis' +
    'EA1tFRES8axmKo0EFfk1c+vl1cqp+VQCjj28Siji8sbeV7sauSfRvpptDYCzqEEqkmv7GWACIiJTZR4SgHMcQk' +
    'IcAlEcBSmkkCLEICMyIiIyUvRZAITBGl5PoGUgVh2Nou4k4jntW5L2gxFylBFspE7FhLWrnZZKjtH6sEOoXLw6' +
    '0jmdDctefbQvqlis9gssYOJL6l5oKk3t1+5EHgnp3X61vgPWNU1HIc2pMKo0RisEkAIiMJQeJtpvo4gBZTg3+x' +
    'shIg1uWorZY+QrdfzuGFshW9dEbmDThyRYkF6R7P/Ng5KsURggUDsxD0wtuxY0rbQoecKJI6lvOfIkyBRIda4j' +
    'TlRb2GOH3tBjBJYJ8ois1WowFyjazoiKFi53HuR9da9ks0oku3KrZBD2HU2Rpb3iFsjMOjEi1raoOjamshZPbB' +
    'pfRdNJuxm8JkwihwxGCa2/pY/8AlECqPv0YCb8bEX0cxgBSnFWmV+Fo4NaJ3s05k2Qz1Z06V7DDLVapoL4PInX' +
    'P5PZARd2NwDGrSgLxeYegQa+VNm/QSDEMJauBUGwtZJgfq9zBBhKtsft+wigVbSImdjfw6o9Jnq685w/2b8q',
}
const readers = { 'xerial snappy': unsnappy, snappy: unsnappy, lz4: unlz4, zstd: unzstd }
const kinds = Object.keys(made) as (keyof typeof made)[]
const packed = (kind: keyof typeof made) => Buffer.from(made[kind], 'base64')

test.each(kinds)('%s is what it was', (kind) => {
  expect(readers[kind](packed(kind)).equals(whole)).toBe(true)
})

test.each(kinds)('%s that is cut or changed ends in a fault, or in something', (kind) => {
  const next = noise(5)
  const sound = packed(kind)
  let refused = 0
  for (let round = 0; round < 500; round++) {
    const octets = Buffer.from(sound.subarray(0, next(2) ? sound.length : next(sound.length)))
    for (let k = next(3) + 1; k > 0 && octets.length > 0; k--)
      octets[next(octets.length)] = next(256)
    try {
      readers[kind](octets)
    } catch {
      refused++
    }
  }
  expect(refused).toBeGreaterThan(50)
})

for (const [tool, args, read] of [
  ['lz4', ['-c', '-BD', '-B4'], unlz4],
  ['lz4', ['-c', '-9', '--content-size', '-BX'], unlz4],
  ['zstd', ['-c', '-q', '-19'], unzstd],
  ['zstd', ['-c', '-q', '-1'], unzstd],
] as const) {
  const why = without(tool)
  test.skipIf(why)(`${tool} ${args.join(' ')} is undone${why ?? ''}`, () => {
    for (const octets of [likeMrt(300_000, 3), likeMrt(9, 1), new Uint8Array(100_000)])
      expect(same(read(run(tool, args, octets)), octets)).toBe(true)
  })
}

test('gzip is undone, and what is none is a fault', async () => {
  expect((await ungzip(gzipSync(whole))).equals(whole)).toBe(true)
  await expect(ungzip(whole)).rejects.toThrow(/gzip/)
})

test('a bomb is refused', async () => {
  // Snappy says at once how large it gets.
  expect(() => unsnappy(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0))).toThrow(/too large/)
  await expect(ungzip(gzipSync(new Uint8Array(65 << 20)))).rejects.toThrow(/gzip/)
  // A gigabyte of window, and of content in one piece, in front of one empty block.
  const magic = [0x28, 0xb5, 0x2f, 0xfd]
  const window = Uint8Array.of(...magic, 0, 20 << 3, 1, 0, 0)
  expect(() => unzstd(window)).toThrow(/too large/)
  const single = Uint8Array.of(...magic, 0xa0, 0, 0, 0, 64, 1, 0, 0)
  expect(() => unzstd(single)).toThrow(/too large/)
  // Behind a frame that is none of it, and one that is passed over.
  const small = [...magic, 0, 0, 1, 0, 0]
  const skipped = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7]
  expect(() => unzstd(Uint8Array.of(...skipped, ...small, ...window))).toThrow(/too large/)
  expect(unzstd(Uint8Array.of(...small)).length).toBe(0)
})
