// What everybody who reads from Kafka shares: how the brokers are spoken to, what batches may be
// compressed with, and what to do about the usual faults. kafkajs is looked after by nobody at present;
// where another client takes its place, it is here and in the sources.

import { promisify } from 'node:util'
import { gunzip as unpack } from 'node:zlib'
import { Decompress } from 'fzstd'
import kafkajs, { type Kafka, type SASLOptions } from 'kafkajs'
import type { Credentials } from './flows-settings.ts'
import { unlz4 } from './lz4.ts'
import { faultText } from './retry.ts'
import { MOST_UNPACKED, unsnappy } from './snappy.ts'

// Node finds not all of its names by itself.
const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs

const gunzip = promisify(unpack)
const ZSTD_FRAME = 0xfd2fb528
const SKIPPED_FRAME = 0x184d2a50
/** As zstd's own reader has it. */
const MOST_WINDOW = 1 << 27

/** In milliseconds. */
const CONNECTING = 5_000

export interface KafkaAccess {
  /** `host:port`, any of a cluster; the others are found through it. */
  readonly brokers: readonly string[]
  /** Null: as it comes, unencrypted. Certificates as PEM. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null
  readonly credentials: Credentials | null
  readonly client: string
}

/** We publish nothing. */
const compress = async (): Promise<Buffer> => {
  throw new Error('nothing is compressed here')
}

const codec = (decompress: (packed: Uint8Array) => Buffer | Promise<Buffer>) => () => ({
  compress,
  decompress: async (packed: Buffer) => decompress(packed),
})

/** Throws when it is no gzip. */
export async function ungzip(packed: Uint8Array): Promise<Buffer> {
  try {
    return await gunzip(packed, { maxOutputLength: MOST_UNPACKED })
  } catch (error) {
    throw new RangeError(`gzip: ${faultText(error)}`)
  }
}

/** Throws when it is no zstd. */
export function unzstd(packed: Uint8Array): Buffer {
  // Its reader makes room for all of the window before it has seen a block.
  checkWindows(packed)
  const out: Uint8Array[] = []
  let total = 0
  const stream = new Decompress((chunk) => {
    total += chunk.length
    if (total > MOST_UNPACKED) throw new RangeError('zstd: too large')
    out.push(chunk.slice())
  })
  stream.push(packed, true)
  return Buffer.concat(out, total)
}

/** Windows of all frames (RFC 8878 §3.1.1), by their headers: what says nothing of it is passed over. */
function checkWindows(packed: Uint8Array): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  for (let at = 0; at + 9 <= packed.length; ) {
    const magic = view.getUint32(at, true)
    if ((magic & ~15) === (SKIPPED_FRAME & ~15)) {
      at += 8 + view.getUint32(at + 4, true)
      continue
    }
    if (magic !== ZSTD_FRAME) return
    const flags = view.getUint8(at + 4)
    const isSingle = (flags & 0x20) !== 0
    const content = at + 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][flags & 3] as number)
    const octets = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] as number
    const blocks = content + octets
    if (blocks > packed.length) return
    const exponent = view.getUint8(at + 5) >> 3
    const window = isSingle
      ? little(view, content, octets) + (octets === 2 ? 256 : 0)
      : 2 ** (10 + exponent) * (1 + (view.getUint8(at + 5) & 7) / 8)
    if (window > (isSingle ? MOST_UNPACKED : MOST_WINDOW)) throw new RangeError('zstd: too large')
    at = afterBlocks(view, blocks) + (flags & 4)
  }
}

function little(view: DataView, at: number, octets: number): number {
  let value = 0
  for (let i = octets - 1; i >= 0; i--) value = value * 256 + view.getUint8(at + i)
  return value
}

/** Where the blocks of a frame end, the last of which says so (RFC 8878 §3.1.1.2). */
function afterBlocks(view: DataView, from: number): number {
  for (let at = from; at + 3 <= view.byteLength; ) {
    const head = little(view, at, 3)
    // Of one octet that is repeated there is one.
    at += 3 + (((head >> 1) & 3) === 1 ? 1 : head >> 3)
    if ((head & 1) === 1) return at
  }
  return view.byteLength
}

export function kafkaClient({ brokers, tls, credentials, client }: KafkaAccess): Kafka {
  // It brings gzip itself, but unpacks whatever comes out of it.
  CompressionCodecs[CompressionTypes.GZIP] = codec(ungzip)
  CompressionCodecs[CompressionTypes.Snappy] = codec(unsnappy)
  CompressionCodecs[CompressionTypes.LZ4] = codec(unlz4)
  CompressionCodecs[CompressionTypes.ZSTD] = codec(unzstd)
  return new kafkajs.Kafka({
    clientId: client,
    brokers: [...brokers],
    ...(tls ? { ssl: tls } : {}),
    ...(credentials ? { sasl: credentials as SASLOptions } : {}),
    connectionTimeout: CONNECTING,
    // It says everything again in an error, and in a language of its own.
    logLevel: logLevel.NOTHING,
  })
}

/** What to do about it: beside the troubles of any connection, those of Kafka. */
export function kafkaAdvice(fault: string): string | null {
  if (/compression not implemented/i.test(fault))
    return 'let the producer compress with gzip, snappy, lz4, zstd, or not at all'
  if (/SASL|authentication|credentials/i.test(fault))
    return 'check mechanism, username and password'
  if (/does not host this topic|UNKNOWN_TOPIC/i.test(fault)) return 'check the name of the topic'
  if (/no topic is named/.test(fault)) return 'check topics, collectors and peers of the feed'
  if (/not authorized|AUTHORIZATION/i.test(fault)) return 'let it read the topic and join the group'
  return null
}

/** The reason at the bottom: kafkajs wraps one in another. */
export function causeText(error: unknown): string {
  let at = error
  for (let i = 0; i < 5 && at instanceof Error && at.cause instanceof Error; i++) at = at.cause
  const text = faultText(at)
  return text.slice(0, 300)
}
