// The Kafka client behind one small door. kafkajs is looked after by nobody at present; whoever puts
// another client in its place writes another function of this shape, and nothing else changes.

import type { Instant } from '../core/time.ts'
import type { FlowFeedSettings } from './flows-settings.ts'
import { kafkaClient } from './kafka-client.ts'

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

export function kafkaSource(settings: FlowFeedSettings): FlowSource {
  const { topic, group } = settings
  const kafka = kafkaClient(settings)
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
