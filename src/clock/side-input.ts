// Side inputs in a journal: all VRPs of a day are 25 MB of text, which is too long a line. What is long
// is deflated; what is short can be read.

import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { replaces, type SideInput } from '../core/fact.ts'
import { readDelta } from '../core/rpki-delta.ts'
import type { Instant } from '../core/time.ts'

const LONG = 1 << 20
/** Ten times of all VRPs there are; nobody's journal makes us fill the memory. */
const MOST_OCTETS = 256 << 20

export type Packed = Omit<SideInput, 'content'> & { content?: string; deflated?: string }

export function pack(input: SideInput): Packed {
  if (input.content.length < LONG) return input
  const { content, ...rest } = input
  return { ...rest, deflated: deflateRawSync(content).toString('base64') }
}

/** Undefined when it is none. */
export function unpack(given: Readonly<Record<string, unknown>>): SideInput | undefined {
  const { at, what, name, date, sha256, content, deflated } = given
  if (what !== 'rpki' && what !== 'rpki-delta' && what !== 'as-relationships' && what !== 'special')
    return undefined
  if (!isInstant(at) || (date !== null && !isInstant(date))) return undefined
  if (typeof name !== 'string' || typeof sha256 !== 'string') return undefined
  const text = typeof deflated === 'string' ? inflated(deflated) : content
  if (typeof text !== 'string') return undefined
  return { kind: 'side-input', at, what, name, date, sha256, content: text }
}

const isInstant = (value: unknown): value is Instant => Number.isSafeInteger(value)

function inflated(text: string): string | undefined {
  try {
    const packed = Buffer.from(text, 'base64')
    return inflateRawSync(packed, { maxOutputLength: MOST_OCTETS }).toString()
  } catch {
    return undefined
  }
}

/** Those that still count at `at`, or will: of a kind the last that is due, and all that are not. */
export function inForce(inputs: readonly SideInput[], at: Instant): SideInput[] {
  const inOrder = inputs.toSorted((a, b) => a.at - b.at)
  return inOrder.filter(
    (input, i) =>
      input.at > at || !inOrder.slice(i + 1).some((next) => next.at <= at && replaces(next, input)),
  )
}

/** The same with what is due of the VRPs in one, complete in itself. */
export function whole(inputs: readonly SideInput[], at: Instant): SideInput[] {
  const out: SideInput[] = []
  let base = -1
  let lines: Set<string> | null = null
  for (const input of inForce(inputs, at)) {
    if (input.what === 'rpki' && input.at <= at) base = out.length
    const before = out[base]
    if (input.what !== 'rpki-delta' || input.at > at || !before) {
      out.push(input)
      continue
    }
    const { from, added, removed } = readDelta(input.content)
    if (from !== before.sha256) continue
    lines ??= new Set(before.content.split('\n'))
    for (const line of removed) lines.delete(line)
    for (const line of added) lines.add(line)
    out[base] = { ...input, what: 'rpki', content: before.content }
  }
  const before = out[base]
  if (lines && before) out[base] = { ...before, content: [...lines].join('\n') }
  return out
}
