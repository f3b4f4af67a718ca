// The Kafka client behind one small door. kafkajs is looked after by nobody at present; whoever puts
// another client in its place writes another function of this shape, and nothing else changes.

import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import type { Instant } from '../core/time.ts'
import type { FlowFeedSettings } from './flows-settings.ts'
import { faultText } from './retry.ts'

interface FlowMessage {
  readonly value: Buffer | null
  readonly told: Instant
}

/** Messages of one partition, in order. */
export interface FlowBatch {
  readonly partition: number
  /** Offset of the first, and the one after the last. */
  readonly first: number
  readonly next: number
  readonly messages: readonly FlowMessage[]
}

export interface FlowSource {
  /**
   * Hands over batches until it breaks, then rejects; resolves when it was closed. The next batch comes
   * when `take` is done with one, and only then is the one before remembered as read.
   */
  run(joined: () => void, take: (batch: FlowBatch) => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** Octets fetched at once: of all partitions, and of one. */
const MOST = 8 << 20
const MOST_PARTITION = 1 << 20
/** In milliseconds. */
const SESSION = 30_000
const CONNECTING = 5_000

export function kafkaSource(settings: FlowFeedSettings): FlowSource {
  const { brokers, topic, group, tls, credentials, client } = settings
  const kafka = new Kafka({
    clientId: client,
    brokers: [...brokers],
    ...(tls ? { ssl: tls } : {}),
    ...(credentials ? { sasl: credentials as SASLOptions } : {}),
    connectionTimeout: CONNECTING,
    // It says everything again in an error, and in a language of its own.
    logLevel: logLevel.NOTHING,
  })
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: SESSION,
    maxBytes: MOST,
    maxBytesPerPartition: MOST_PARTITION,
    allowAutoTopicCreation: false,
    // Small troubles are its own; a broken consumer is replaced by a new one, with our waits.
    retry: { retries: 3, restartOnFailure: async () => false },
  })
  let end = () => {}
  return {
    async run(joined, take) {
      const ended = new Promise<void>((resolve, reject) => {
        end = resolve
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      })
      // Whoever fails before `await ended` must not leave it unheard.
      ended.catch(() => undefined)
      consumer.on(consumer.events.GROUP_JOIN, joined)
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: false })
      await consumer.run({
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
          if (!isRunning() || isStale() || batch.messages.length === 0) return
          await take({
            partition: batch.partition,
            first: Number(batch.firstOffset()),
            next: Number(batch.lastOffset()) + 1,
            messages: batch.messages.map(({ value, timestamp }) => ({
              value,
              told: Number(timestamp) * 1e3,
            })),
          })
          resolveOffset(batch.lastOffset())
          await heartbeat()
        },
      })
      await ended
    },
    async close() {
      end()
      await consumer.disconnect()
    },
  }
}

/** What to do about it: beside the troubles of any connection, those of Kafka. */
export function kafkaAdvice(fault: string): string | null {
  if (/compression not implemented/i.test(fault))
    return 'let the producer compress with gzip or not at all'
  if (/SASL|authentication|credentials/i.test(fault))
    return 'check mechanism, username and password'
  if (/does not host this topic|UNKNOWN_TOPIC/i.test(fault)) return 'check the name of the topic'
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
