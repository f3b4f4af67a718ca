// What every feed by Kafka has to be told: brokers, certificates, and who we are to them.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { KafkaAccess } from '../feeds/kafka-client.ts'
import { readSecret } from '../feeds/secret.ts'
import { file, flag, group, list, reader, text } from './fields.ts'
import { secret } from './secret.ts'

const broker = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/

export const brokers = list(
  reader(
    z.string(),
    { title: 'a host and a port', examples: ['kafka.example.net:9092'], pattern: broker.source },
    (given) => (broker.test(given) ? given : undefined),
  ),
)
  .min(1)
  .meta({ title: 'a list of at least one host and port' })

export const kafkaFields = {
  tls: z
    .union([
      flag(false),
      group({
        ca: file.exactOptional().describe('Certificates of who is trusted, PEM.'),
        cert: file.exactOptional().describe('Our own certificate, PEM.'),
        key: file.exactOptional().describe('Its key, PEM.'),
      }),
    ])
    .meta({ title: 'true, false, or a group with ca, cert and key' })
    .prefault(false)
    .describe('Whether the connection is encrypted, and by what.'),
  sasl: group({
    mechanism: z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
      .describe('How the password is shown to be known.'),
    username: text('a name of one line', 'faultline').describe('Who we are to the brokers.'),
    password: secret.describe('The password: {env: NAME} or {file: PATH}.'),
  })
    .exactOptional()
    .describe('Who we are to the brokers; without it they do not ask.'),
}

const access = group(kafkaFields)
type Access = z.output<typeof access>

/** The files it names, by their setting. */
export function filesOfKafka({ tls, sasl }: Access): [key: string, path: string][] {
  const certificates = typeof tls === 'object' ? Object.entries(tls) : []
  const password = sasl && 'file' in sasl.password ? sasl.password.file : null
  return [
    ...certificates.map(([key, path]): [string, string] => [`tls.${key}`, path]),
    ...(password === null ? [] : [['sasl.password.file', password] as [string, string]]),
  ]
}

/** With its files where they are, seen from the folder of the configuration. */
export function placed<F extends Access>(feed: F, base: string): F {
  const { tls, sasl } = feed
  const paths =
    typeof tls === 'object'
      ? Object.fromEntries(Object.entries(tls).map(([key, path]) => [key, resolve(base, path)]))
      : tls
  const hidden = sasl?.password
  const password = hidden && 'file' in hidden ? { file: resolve(base, hidden.file) } : hidden
  return { ...feed, tls: paths, ...(sasl && password && { sasl: { ...sasl, password } }) }
}

/** What the client is opened with. Reads secrets and certificates; throws if it cannot. */
export function kafkaAccess(
  { tls, sasl }: Access,
  feed: string,
): Pick<KafkaAccess, 'tls' | 'credentials'> {
  const certificates = typeof tls === 'object' ? tls : {}
  const pem = Object.fromEntries(
    Object.entries(certificates).map(([key, path]) => [key, readPem(path, `tls.${key}`)]),
  )
  const kept = sasl && readSecret(sasl.password)
  if (kept && 'why' in kept) throw new Error(`${feed}: the password is not known: ${kept.why}`)
  const credentials = sasl && kept && { ...sasl, password: kept.secret }
  return { tls: tls === false ? null : pem, credentials: credentials ?? null }
}

function readPem(path: string, where: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new Error(`${where}: ${path} cannot be read; check its path and who may read it`)
  }
}
