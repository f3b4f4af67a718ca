// What everybody who reads from Kafka shares: how the brokers are spoken to, what batches may be
// compressed with, and what to do about the usual faults. kafkajs is looked after by nobody at present;
// where another client takes its place, it is here and in the sources.

import { Decompress } from 'fzstd'
import kafkajs, { type Kafka, type SASLOptions } from 'kafkajs'
import type { Credentials } from './flows-settings.ts'
import { unlz4 } from './lz4.ts'
import { faultText } from './retry.ts'
import { MOST_UNPACKED, unsnappy } from './snappy.ts'

// Node finds not all of its names by itself.
const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs

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

const codec = (decompress: (packed: Uint8Array) => Buffer) => () => ({
  compress,
  decompress: async (packed: Buffer) => decompress(packed),
})

/** Throws when it is no zstd. */
export function unzstd(packed: Uint8Array): Buffer {
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

export function kafkaClient({ brokers, tls, credentials, client }: KafkaAccess): Kafka {
  // It brings gzip itself.
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
