// Questions to an archive's web server: a few at once, each asked again after a failure that may pass, with
// the pause that the server wants. Redirections are followed from http(s) to http(s) and no further.
//
// node:http and not `fetch`: some servers label a .gz file as an encoding of its content, and `fetch` would
// unpack it on the way; then neither its length nor a range of it means anything.

import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request as plain } from 'node:http'
import { Agent as SecureAgent, request as secure } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { milliseconds, type Span, seconds, words } from '../core/time.ts'
import type { ArchiveSettings } from './archive-settings.ts'
import { adviceFor, faultText, Retry } from './retry.ts'

/** The archive, the network or the disk do not give what was wanted; the message says what to do. */
export class ArchiveError extends Error {
  /** What the server said; null when it said nothing. */
  readonly status: number | null

  constructor(message: string, status: number | null = null) {
    super(message)
    this.status = status
  }

  get isMissing(): boolean {
    return this.status === 404 || this.status === 410
  }
}

/** It may be there another time: the server, the network, or a file that is still written. */
export class Unreached extends ArchiveError {}

/** What went wrong may pass. `progress`: more is known than before, so that it does not count. */
export class Interrupted extends Error {
  readonly progress: boolean

  constructor(message: string, progress = false) {
    super(message)
    this.progress = progress
  }
}

export interface Ask {
  readonly url: URL
  readonly method: 'GET' | 'HEAD'
  readonly headers?: OutgoingHttpHeaders
}

const REDIRECTS = 5
/** Even a server that gives a little at a time is not asked for ever. */
const MOST_ATTEMPTS = 1_000

export class Requests {
  readonly settings: ArchiveSettings
  /** How often it was asked again. */
  retries = 0
  readonly #agents: { readonly plain: Agent; readonly secure: SecureAgent }
  readonly #closing = new AbortController()
  readonly #waiting: (() => void)[] = []
  #busy = 0
  /** Milliseconds of the wall clock, by host: until then it wants to be left alone. */
  readonly #pauses = new Map<string, number>()

  constructor(settings: ArchiveSettings) {
    this.settings = settings
    const options = { keepAlive: true, maxSockets: settings.parallel }
    this.#agents = { plain: new Agent(options), secure: new SecureAgent(options) }
  }

  /**
   * `ask` is called anew for each attempt and `use` has the answer, whatever its status below 500 except
   * 429; both belong to the attempt. `use` throws `Interrupted` for another one.
   */
  async get<T>(
    ask: () => Ask | Promise<Ask>,
    use: (answer: IncomingMessage, signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { attempts, retryStart, retryMost } = this.settings
    const ends = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    await this.#turn(ends)
    try {
      const retry = new Retry({ start: retryStart, most: retryMost })
      for (let all = 1; ; all++) {
        ends.throwIfAborted()
        const asked = await ask()
        await this.#pause(asked.url, ends)
        try {
          return await this.#once(asked, use, ends)
        } catch (error) {
          if (!(error instanceof Interrupted)) throw error
          if (error.progress) retry.succeeded()
          if (retry.attempt + 1 >= attempts || all >= MOST_ATTEMPTS)
            throw new Unreached(
              `${asked.url.href}: ${error.message}, after ${all} attempts; ${adviceFor(error.message)}`,
            )
          this.retries++
          await sleep(retry.next(), ends)
        }
      }
    } finally {
      this.#busy--
      this.#waiting.shift()?.()
    }
  }

  /** What is under way ends with an `AbortError`. */
  close(): void {
    this.#closing.abort()
    this.#agents.plain.destroy()
    this.#agents.secure.destroy()
  }

  /** First come, first served. */
  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#busy >= this.settings.parallel)
      await new Promise<void>((next) => this.#waiting.push(next))
    this.#busy++
    if (!signal.aborted) return
    this.#busy--
    this.#waiting.shift()?.()
    signal.throwIfAborted()
  }

  async #pause({ host }: URL, signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = (this.#pauses.get(host) ?? 0) - Date.now()
      if (left <= 0) return
      await sleep(milliseconds(left), signal)
    }
  }

  async #once<T>(
    { url, method, headers }: Ask,
    use: (answer: IncomingMessage, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    let at = url
    for (let hops = 0; ; hops++) {
      const answer = await this.#send({ url: at, method, ...(headers && { headers }) }, signal)
      const status = answer.statusCode ?? 0
      const { location } = answer.headers
      if (status >= 300 && status < 400 && status !== 304 && location !== undefined) {
        answer.resume()
        at = redirected(url, at, location, hops)
        continue
      }
      if (status === 429 || status >= 500) {
        answer.resume()
        this.#told(at, answer.headers['retry-after'])
        throw new Interrupted(`the server says ${status}`)
      }
      try {
        return await use(answer, signal)
      } finally {
        // Whoever did not want the rest of it gives the connection back, or up if the rest is long.
        if (!answer.complete) answer.destroy()
      }
    }
  }

  /** The answer, when its head has come. */
  #send({ url, method, headers }: Ask, signal: AbortSignal): Promise<IncomingMessage> {
    const { stall, program, contact } = this.settings
    const isSecure = url.protocol === 'https:'
    return new Promise((done, failed) => {
      const sent = (isSecure ? secure : plain)(url, {
        method,
        agent: isSecure ? this.#agents.secure : this.#agents.plain,
        signal,
        timeout: stall / milliseconds(1),
        headers: {
          'user-agent': contact === null ? program : `${program} (${contact})`,
          'accept-encoding': 'identity',
          ...headers,
        },
      })
      // Also while the body comes: then it is the answer that fails.
      sent.on('timeout', () => sent.destroy(new Error(`timed out after ${words(stall)}`)))
      sent.on('error', (error) =>
        failed(signal.aborted ? signal.reason : new Interrupted(faultText(error))),
      )
      sent.on('response', done)
      sent.end()
    })
  }

  /** `Retry-After` is a number of seconds or a date (RFC 9110 §10.2.3). */
  #told({ host, href }: URL, after: string | undefined): void {
    if (after === undefined) return
    const told = /^\d{1,9}$/.test(after)
      ? Number(after) * 1e3
      : Date.parse(after.slice(0, 60)) - Date.now()
    if (!(told > 0)) return
    const most = this.settings.mostPause / milliseconds(1)
    if (told > most)
      throw new Unreached(
        `${href}: the server wants to be left alone for ${words(milliseconds(told))}; try again then`,
        429,
      )
    this.#pauses.set(host, Math.max(Date.now() + told, this.#pauses.get(host) ?? 0))
    // There are two archives, and what they redirect to.
    if (this.#pauses.size > 100) this.#pauses.delete([...this.#pauses.keys()][0] as string)
  }
}

function redirected(first: URL, at: URL, location: string, hops: number): URL {
  const next = URL.canParse(location, at.href) ? new URL(location, at) : null
  if (next && /^https?:$/.test(next.protocol) && hops < REDIRECTS) {
    // Who asked for privacy keeps it.
    if (at.protocol !== 'https:' || next.protocol === 'https:') return next
    throw new ArchiveError(`${first.href}: redirected from https to http, which is not followed`)
  }
  if (hops >= REDIRECTS)
    throw new ArchiveError(`${first.href}: redirected more than ${REDIRECTS} times`)
  throw new ArchiveError(`${first.href}: redirected to what is no http or https address`)
}

const sleep = (span: Span, signal: AbortSignal): Promise<void> =>
  wait(Math.min(span, seconds(2e6)) / milliseconds(1), undefined, { signal })

/** All of a page, up to so many octets. */
export async function textOf(answer: IncomingMessage, url: URL, most: number): Promise<string> {
  const chunks: Buffer[] = []
  let octets = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      octets += chunk.length
      if (octets > most) throw new ArchiveError(`${url.href}: more than ${most} octets of index`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof ArchiveError ? error : new Interrupted(faultText(error))
  }
  return Buffer.concat(chunks).toString('utf8')
}
