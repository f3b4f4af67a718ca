// A real Kafka broker out of its own jars, on loopback, that can be killed and started again.

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folder, freePort, has, type Running, remove, run, start, until } from './tools.ts'

export const KAFKA_3 = '3.9.1'
export const KAFKA_4 = '4.1.1'

/** Whether there is what a broker needs; says so when there is not. */
export const hasKafka = (what: string): boolean =>
  has('java', what) && has('mvn', `${what}, whose broker it brings`)

/** The jars of the broker, fetched once for this machine. */
function jars(version: string): string {
  const kept = join(tmpdir(), `faultline-kafka-${version}`)
  if (existsSync(kept)) return kept
  const work = folder()
  const dependency = (group: string, name: string, of: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${of}</version></dependency>`
  writeFileSync(
    join(work, 'pom.xml'),
    `<project><modelVersion>4.0.0</modelVersion><groupId>test</groupId><artifactId>broker</artifactId>
    <version>1</version><dependencies>${dependency('org.apache.kafka', 'kafka_2.13', version)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}</dependencies></project>`,
  )
  const copy = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime']
  run('mvn', [...copy, '-f', join(work, 'pom.xml'), `-DoutputDirectory=${join(work, 'jars')}`])
  renameSync(join(work, 'jars'), kept)
  remove(work)
  return kept
}

export interface Broker {
  readonly address: string
  /** For programs that use its own client. */
  readonly classpath: string
  start(): Promise<void>
  readonly isRunning: boolean
  /** SIGKILL: nothing is said, nothing is written any more. */
  kill(): void
  remove(): Promise<void>
}

/** One that is not started yet. `settings`: lines of its properties. */
export async function kafkaBroker(
  version: string,
  settings: readonly string[] = [],
): Promise<Broker> {
  const place = folder()
  const classpath = `${jars(version)}/*`
  const port = await freePort()
  const controller = await freePort()
  const properties = join(place, 'server.properties')
  let broker: Running | null = null
  mkdirSync(join(place, 'log'))
  writeFileSync(
    properties,
    [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
      'controller.listener.names=CONTROLLER',
      'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      `log.dirs=${join(place, 'log')}`,
      'offsets.topic.replication.factor=1',
      'offsets.topic.num.partitions=1',
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'group.initial.rebalance.delay.ms=0',
      ...settings,
    ].join('\n'),
  )
  const format = ['-cp', classpath, 'kafka.tools.StorageTool', 'format']
  run('java', [...format, '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', properties])
  return {
    address: `127.0.0.1:${port}`,
    classpath,
    async start() {
      broker = start('java', ['-Xmx384m', '-cp', classpath, 'kafka.Kafka', properties])
      const { text } = broker
      await until('the broker started', () => text().includes('Kafka Server started'), 120_000)
    },
    get isRunning() {
      return broker?.process.exitCode === null && broker.process.signalCode === null
    },
    kill() {
      broker?.process.kill('SIGKILL')
    },
    async remove() {
      broker?.process.kill('SIGKILL')
      await broker?.end()
      remove(place)
    },
  }
}
