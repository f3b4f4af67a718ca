// What the client itself has to understand of RIS Live's frames: whether its requests were heard.
// The content is read in `wire`.

import type { Span } from '../core/time.ts'

/** How every frame with content begins, as the service writes it. */
const MESSAGE = Buffer.from('{"type":"ris_message"')

type RisLiveControl =
  | { readonly kind: 'content' }
  | { readonly kind: 'acknowledged' }
  /** `refused`: it is the answer to a subscription. */
  | { readonly kind: 'error'; readonly message: string; readonly refused: boolean }
  | { readonly kind: 'other' }

/** Characters of a complaint: it goes into the log, and a stranger has written it. */
const LONGEST = 300

const CONTENT: RisLiveControl = { kind: 'content' }

/** Content is also what cannot be read: it is for the decoder to call it malformed, and to count it. */
export function readControl(octets: Buffer): RisLiveControl {
  if (beginsWith(octets, MESSAGE)) return CONTENT
  let frame: { type?: unknown; data?: { message?: unknown; command_type?: unknown } | null } | null
  try {
    frame = JSON.parse(octets.toString())
  } catch {
    return CONTENT
  }
  switch (frame?.type) {
    case 'ris_subscribe_ok':
      return { kind: 'acknowledged' }
    case 'ris_error':
      return {
        kind: 'error',
        message: String(frame.data?.message ?? 'no reason given')
          .slice(0, LONGEST)
          .replace(/\p{Cc}+/gu, ' '),
        refused: frame.data?.command_type === 'ris_subscribe',
      }
    case 'pong':
    case 'ris_rrc_list':
      return { kind: 'other' }
    default:
      return CONTENT
  }
}

function beginsWith(octets: Buffer, head: Buffer): boolean {
  for (let i = 0; i < head.length; i++) if (octets[i] !== head[i]) return false
  return true
}

/** Between two lines about complaints. */
const MINUTE: Span = 60_000_000

/** Says the first complaint at once, and of those that follow only how many, once a minute. */
export class Complaints {
  readonly #say: (text: string) => void
  #saidAt = Number.NEGATIVE_INFINITY
  #unsaid = 0
  #last = ''

  constructor(say: (text: string) => void) {
    this.#say = say
  }

  /** `now` is any clock that only moves forward, in microseconds. */
  add(message: string, now: number): void {
    this.#last = message
    this.#unsaid++
    if (now - this.#saidAt >= MINUTE) this.tell(now)
  }

  /** To be asked regularly. */
  tell(now: number): void {
    if (this.#unsaid === 0 || now - this.#saidAt < MINUTE) return
    const times =
      this.#unsaid === 1 ? '' : ` (and ${this.#unsaid - 1} more times in the last minute)`
    this.#say(`RIS Live complains: ${this.#last}${times}`)
    this.#saidAt = now
    this.#unsaid = 0
  }
}
