// What MrtReader makes of octets, as lines a test can compare: one an element, one a message without.

import { Batch, KEEPALIVE, Message, TREAT_AS_WITHDRAW } from '../../src/core/batch.ts'
import { pathText } from '../../src/core/path.ts'
import { prefixText } from '../../src/core/prefix.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { MrtReader, type MrtStats } from '../../src/wire/mrt.ts'

const NAMES = Object.keys(Message)

/** Throws when the columns of a batch contradict one another. */
export function checkBatch(batch: Batch): void {
  const fail = (why: string) => {
    throw new Error(`inconsistent batch: ${why}`)
  }
  if (batch.first[0] !== 0) fail('first element')
  if (batch.first[batch.messages] !== batch.elements) fail('count of elements')
  let words = 0
  for (let m = 0; m < batch.messages; m++) {
    const from = batch.first[m] as number
    const until = batch.first[m + 1] as number
    if (until < from) fail(`elements of message ${m}`)
    const start = batch.pathStart[m] as number
    if (start >= 0) {
      if (start !== words) fail(`path of message ${m}`)
      words += batch.pathLength[m] as number
    }
    for (let e = from; e < until; e++) {
      const afi = batch.afi[e] as number
      if (afi !== 4 && afi !== 6) fail(`family of element ${e}`)
      if ((batch.length[e] as number) > (afi === 4 ? 32 : 128)) fail(`length of element ${e}`)
      if (batch.announced[e] === 0 && e > from && batch.announced[e - 1] === 1)
        fail(`withdrawal behind announcement in message ${m}`)
    }
  }
  if (words !== batch.pathWords) fail('words of paths')
}

export function elementText(batch: Batch, e: number): string {
  const column = (c: Int32Array | Uint8Array): number => c[e] as number
  const { afi, word0, word1, word2, word3, length } = batch
  const id = column(batch.pathId)
  const prefix = prefixText(
    column(afi),
    column(word0),
    column(word1),
    column(word2),
    column(word3),
    column(length),
  )
  return id === 0 ? prefix : `${prefix}#${id >>> 0}`
}

/**
 * `kind A prefix path [otc]`, with `head` in front if wanted; `kind!` when it should be treated as a
 * withdrawal (RFC 7606), `?` for a path that could not be read.
 */
export function lines(batch: Batch, head: (m: number) => string = () => ''): string[] {
  const out: string[] = []
  for (let m = 0; m < batch.messages; m++) {
    const isKeepalive = batch.kind[m] === Message.alive && batch.detail[m] === KEEPALIVE
    const carries = batch.kind[m] === Message.update || batch.kind[m] === Message.rib
    const grade = carries && batch.detail[m] === TREAT_AS_WITHDRAW ? '!' : ''
    const kind = `${head(m)}${isKeepalive ? 'keepalive' : NAMES[batch.kind[m] as number]}${grade}`
    const start = batch.pathStart[m] as number
    const path = start < 0 ? '?' : pathText(batch.path, start, batch.pathLength[m] as number)
    const otc = batch.otc[m] ? ` otc ${(batch.otc[m] as number) >>> 0}` : ''
    const from = batch.first[m] as number
    const until = batch.first[m + 1] as number
    if (from === until)
      out.push(batch.detail[m] && !isKeepalive && !carries ? `${kind} ${batch.detail[m]}` : kind)
    for (let e = from; e < until; e++) {
      const prefix = elementText(batch, e)
      out.push(
        batch.announced[e] === 1
          ? `${kind} A ${prefix} ${path}${otc}`.trimEnd()
          : `${kind} W ${prefix}`,
      )
    }
  }
  return out
}

export interface ReadSettings {
  /** Octets a push; all at once when absent. */
  readonly chunk?: number | (() => number)
  readonly batch?: Batch
  readonly vantages?: VantagePoints
  /** Called with each batch before it is cleared. */
  readonly each?: (batch: Batch) => void
}

export function feed(pieces: Iterable<Uint8Array>, settings: ReadSettings): MrtStats {
  const { batch = new Batch(64, 64, 256), vantages = new VantagePoints() } = settings
  const reader = new MrtReader(vantages, 'rrc00', 7)
  batch.clear()
  const hand = () => {
    checkBatch(batch)
    settings.each?.(batch)
    batch.clear()
  }
  for (const piece of pieces) {
    reader.push(piece)
    while (reader.read(batch)) hand()
  }
  while (reader.read(batch, true)) hand()
  hand()
  return reader.stats
}

function* cut(bytes: Uint8Array, chunk: number | (() => number)): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const size = typeof chunk === 'number' ? chunk : chunk()
    yield bytes.slice(at, at + size)
    at += size
  }
}

/** Lines and counts of a whole file. */
export function readMrt(
  bytes: Uint8Array,
  settings: ReadSettings & { readonly who?: boolean } = {},
): { lines: string[]; stats: MrtStats } {
  const out: string[] = []
  const vantages = settings.vantages ?? new VantagePoints()
  const stats = feed(cut(bytes, settings.chunk ?? Math.max(1, bytes.length)), {
    ...settings,
    vantages,
    each: (batch) => {
      settings.each?.(batch)
      const head = (m: number) => {
        const from = vantages.get(batch.vantage[m] as number)
        return `${batch.at[m]} ${from.address} ${from.asn} `
      }
      out.push(...lines(batch, settings.who ? head : undefined))
    },
  })
  return { lines: out, stats }
}
