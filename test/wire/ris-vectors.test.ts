import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Message } from '../../src/core/batch.ts'
import { parseAddress } from '../../src/core/prefix.ts'
import { rawUpdates } from '../../src/wire/ris-raw.ts'
import { decode } from './ris-frames.ts'

const VECTORS = '../shared/data/vectors/rislive.jsonl'
const FRAMES = '../shared/data/rislive/ris-live-frames.jsonl'

interface Expected {
  frame: string
  msgType: string
  collector: string
  timestamp: number
  peer: string
  peerAsn: number
  announced?: { prefix: string }[]
  withdrawn?: string[]
  path?: string
  state?: string
  message?: string
  rrcs?: string[]
  skippedPrefixes?: string[]
  rawOtc?: number
  subscription?: object
  socketOptions?: object
}

const kinds: Record<string, number> = {
  UPDATE: Message.update,
  KEEPALIVE: Message.alive,
  OPEN: Message.alive,
  NOTIFICATION: Message.alive,
}

function checkVector(json: string, expected: Expected | 'error'): void {
  const { outcome, first, messages, stats } = decode(json)
  if (expected === 'error') {
    expect(outcome.kind).toBe('malformed')
    expect(messages).toEqual([])
    return
  }
  if (expected.frame === 'unknown') expect(outcome.kind).toBe('ignored')
  else if (expected.frame === 'pong') expect(outcome).toEqual({ kind: 'pong' })
  else if (expected.frame === 'ris_error') {
    expect(outcome).toMatchObject({ kind: 'error', message: expected.message })
  } else if (expected.frame === 'ris_rrc_list') {
    expect(outcome).toEqual({ kind: 'collectors', names: expected.rrcs })
  } else if (expected.frame === 'ris_subscribe_ok') {
    const { subscription, socketOptions } = expected
    expect(outcome).toEqual({ kind: 'subscribed', subscription, socketOptions })
  } else if (expected.msgType === 'FUTURE') expect(outcome.kind).toBe('ignored')
  else {
    expect(outcome.kind).toBe('read')
    expect(messages.length).toBe(1)
    expect(first?.kind).toBe(expected.state ? Message.sessionUp : kinds[expected.msgType])
    expect(first?.from.collector).toBe(expected.collector)
    expect(parseAddress(first?.from.address ?? '')).toEqual(parseAddress(expected.peer))
    expect(first?.from.asn).toBe(expected.peerAsn)
    expect(first?.at).toBe(Math.round(expected.timestamp * 1e3) * 1e3)
    expect(first?.announced.sort()).toEqual((expected.announced ?? []).map((a) => a.prefix).sort())
    expect(first?.withdrawn.sort()).toEqual((expected.withdrawn ?? []).sort())
    expect(first?.path).toBe(expected.path ?? '')
    expect(stats.skippedPrefixes).toBe(expected.skippedPrefixes?.length ?? 0)
  }
}

const missing = !existsSync(VECTORS) || !existsSync(FRAMES)
if (missing) console.warn(`SKIPPED: no ${VECTORS} or ${FRAMES}`)
const title = missing ? ' (SKIPPED: vectors absent)' : ''

describe.skipIf(missing)(`RIS Live as captured${title}`, () => {
  const lines = (path: string) => readFileSync(path, 'utf8').split('\n').filter(Boolean)

  it('decodes every conformance vector', () => {
    let raw = 0
    const seen = new Set<string>()
    for (const line of lines(VECTORS)) {
      const { id, json, expect: expected } = JSON.parse(line)
      try {
        checkVector(json, expected)
        if (expected.rawOtc !== undefined) {
          const { first } = decode(json, { raw: rawUpdates() })
          expect(first?.otc).toBe(expected.rawOtc)
          expect(first?.path).toBe(expected.path)
          raw++
        }
      } catch (error) {
        throw new Error(`vector ${id}`, { cause: error })
      }
      seen.add(id)
    }
    console.log(`${seen.size} vectors, ${raw} with OTC in raw`)
    expect(seen.size).toBeGreaterThanOrEqual(24)
    expect(raw).toBeGreaterThanOrEqual(1)
  })

  it('reads frames of today the same from raw and from JSON', () => {
    let updates = 0
    let other = 0
    for (const line of lines(FRAMES)) {
      const plain = decode(line)
      const raw = decode(line, { raw: rawUpdates() })
      expect(plain.outcome.kind).toBe('read')
      expect(raw.stats.rawFailed).toBe(0)
      expect(raw.messages.map((m) => ({ ...m, otc: 0 }))).toEqual(plain.messages)
      if (plain.first?.kind === Message.update) updates++
      else other++
    }
    console.log(`${updates} UPDATE and ${other} other frames`)
    expect([updates, other]).toEqual([3, 4])
  })
})
