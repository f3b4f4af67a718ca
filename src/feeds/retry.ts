// When to try again, and what to tell the operator meanwhile.

import type { Span } from '../core/time.ts'

interface RetrySettings {
  /** Bound of the first wait. */
  readonly start: Span
  /** No wait is longer. */
  readonly most: Span
}

/**
 * Waits that double, with full jitter: anything between nothing and the bound, so that a thousand
 * daemons cut off together do not come back together.
 */
export class Retry {
  /** Waits handed out since the last success. */
  attempt = 0
  readonly #settings: RetrySettings
  readonly #random: () => number

  constructor(settings: RetrySettings, random: () => number = Math.random) {
    this.#settings = settings
    this.#random = random
  }

  /** The next wait. */
  next(): Span {
    const { start, most } = this.#settings
    const bound = Math.min(most, start * 2 ** Math.min(this.attempt++, 30))
    return Math.round(this.#random() * bound)
  }

  succeeded(): void {
    this.attempt = 0
  }
}

/** What went wrong with a connection, in the words of the system: `ECONNREFUSED`, or a sentence. */
export function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  // Both families refused: the text of such an error is empty, its code is not.
  if (error.message === '') return code ?? error.name
  return code && !error.message.includes(code) ? `${error.message} (${code})` : error.message
}

/** What to do about it. */
export function adviceFor(fault: string): string {
  if (/ENOTFOUND|EAI_AGAIN/.test(fault)) return 'check the host name in the url, and the DNS'
  if (/ECONNREFUSED/.test(fault)) return 'nobody listens there: check host and port in the url'
  if (/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timed out/i.test(fault)) {
    return 'check the route and whether a firewall lets this host out to it'
  }
  if (/CERT|certificate|self.signed|altname/i.test(fault)) {
    return 'check the clock of this host and its CA certificates (NODE_EXTRA_CA_CERTS)'
  }
  if (/server response: 4/i.test(fault)) return 'the server refuses: check the path in the url'
  if (/too slow/i.test(fault)) return 'give this host more CPU, or ask for less'
  return 'nothing to do unless it lasts'
}
