// Several topics of Kafka, each read from an offset that we name: we keep our place, not the broker. Behind
// this small door is kafkajs; another client is another function of this shape.

import { randomBytes } from 'node:crypto'
import type { Instant } from '../core/time.ts'
import { type KafkaAccess, kafkaClient } from './kafka-client.ts'

export interface KafkaRecord {
  readonly value: Buffer | null
  readonly offset: number
  /** When the broker, or the producer, says it came. */
  readonly told: Instant
}

/** Records of one partition, in order of offset. */
export interface KafkaRecords {
  readonly topic: string
  readonly partition: number
  readonly records: readonly KafkaRecord[]
}

export interface KafkaOffsets {
  readonly partition: number
  /** The oldest that is kept, and the one that comes next. */
  readonly low: number
  readonly high: number
}

export interface KafkaReading {
  /** Where to begin; null where nobody knows, then with the oldest. Asked each time the group is joined. */
  where(topic: string, partition: number): number | null
  joined(): void
  /** The next records come when it is done; `alive` is to be called now and then if that takes long. */
  take(records: KafkaRecords, alive: () => Promise<void>): Promise<void>
}

export interface KafkaSource {
  topics(): Promise<string[]>
  offsets(topic: string): Promise<KafkaOffsets[]>
  /** Reads until it breaks, then rejects; resolves when it was closed. */
  run(topics: readonly string[], reading: KafkaReading): Promise<void>
  close(): Promise<void>
}

/** Octets fetched at once: of all partitions, and of one. */
const MOST = 8 << 20
const MOST_PARTITION = 1 << 20
/** In milliseconds. */
const SESSION = 30_000
const LONGEST_WAIT = 500

export function kafkaSource(access: KafkaAccess): KafkaSource {
  const kafka = kafkaClient(access)
  const admin = kafka.admin({ retry: { retries: 3 } })
  let adminReady: Promise<void> | null = null
  const consumer = kafka.consumer({
    // Nobody shares with us, and nothing is left behind: a group of our own, for this once.
    groupId: `${access.client}-${randomBytes(8).toString('hex')}`,
    sessionTimeout: SESSION,
    maxBytes: MOST,
    maxBytesPerPartition: MOST_PARTITION,
    maxWaitTimeInMs: LONGEST_WAIT,
    allowAutoTopicCreation: false,
    // Small troubles are its own; a broken consumer is replaced by a new one, with our waits.
    retry: { retries: 3, restartOnFailure: async () => false },
  })
  let end = () => {}
  const asked = async () => {
    adminReady ??= admin.connect()
    await adminReady
    return admin
  }
  return {
    topics: async () => (await asked()).listTopics(),
    async offsets(topic) {
      const found = await (await asked()).fetchTopicOffsets(topic)
      return found.map(({ partition, low, high }) => ({
        partition,
        low: Number(low),
        high: Number(high),
      }))
    },
    async run(topics, { where, joined, take }) {
      const ended = new Promise<void>((resolve, reject) => {
        end = resolve
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      })
      // Whoever fails before `await ended` must not leave it unheard.
      ended.catch(() => undefined)
      // Told after the partitions are known and before the first is fetched.
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        for (const [topic, partitions] of Object.entries(payload.memberAssignment))
          for (const partition of partitions) {
            const offset = where(topic, partition)
            if (offset !== null) consumer.seek({ topic, partition, offset: String(offset) })
          }
        joined()
      })
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
          if (!isRunning() || isStale() || batch.messages.length === 0) return
          const records = batch.messages.map(({ value, timestamp, offset }) => ({
            value,
            offset: Number(offset),
            told: Number(timestamp) * 1e3,
          }))
          await take({ topic: batch.topic, partition: batch.partition, records }, heartbeat)
          resolveOffset(batch.lastOffset())
          await heartbeat()
        },
      })
      await ended
    },
    async close() {
      end()
      await Promise.allSettled([consumer.disconnect(), adminReady && admin.disconnect()])
    },
  }
}
