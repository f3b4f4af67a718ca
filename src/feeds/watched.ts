// A file or an address that is read again when it has changed. A file by size and time of its last
// change; an address by what its server says (RFC 9110 §13.1: ETag, Last-Modified).

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { type Instant, milliseconds, words } from '../core/time.ts'
import { faultText } from './retry.ts'
import { isUrl, type WatchedSettings } from './watched-settings.ts'

export interface WatchedHear {
  /** Its octets, and when they were changed last as far as one knows. False: look at it again next time. */
  changed(octets: Buffer, at: Instant | null): Promise<boolean>
  /** It cannot be read; null: it can again. */
  fault(why: string | null): void
}

export interface Watched {
  close(): void
}

/** `known`: it has been read just now, so only what comes after is news. */
export function openWatched(
  place: string,
  settings: WatchedSettings,
  known: boolean,
  hear: WatchedHear,
): Watched {
  const stop = new AbortController()
  const source = isUrl(place) ? new Address(place, settings) : new LocalFile(place, settings)
  let timer: NodeJS.Timeout | undefined
  const look = async (take: boolean) => {
    try {
      const found = await source.read(stop.signal)
      if (stop.signal.aborted) return
      hear.fault(null)
      if (found && (!take || (await hear.changed(found.octets, found.at)))) found.taken()
    } catch (error) {
      if (stop.signal.aborted) return
      hear.fault(faultText(error))
    }
    const wait = isUrl(place) ? settings.url : settings.file
    if (!stop.signal.aborted) timer = setTimeout(() => void look(true), wait / milliseconds(1))
  }
  void look(!known || isUrl(place))
  return {
    close() {
      stop.abort()
      clearTimeout(timer)
    },
  }
}

interface Found {
  readonly octets: Buffer
  readonly at: Instant | null
  /** Only what comes after this is news. */
  taken(): void
}

class LocalFile {
  readonly #path: string
  readonly #most: number
  #seen = ''

  constructor(path: string, { mostOctets }: WatchedSettings) {
    this.#path = path
    this.#most = mostOctets
  }

  async read(signal: AbortSignal): Promise<Found | null> {
    // A pipe to which nobody writes would be waited for, for ever.
    const file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const before = await file.stat()
      const stamp = `${before.ino} ${before.size} ${before.mtimeMs}`
      if (stamp === this.#seen) return null
      if (!before.isFile()) throw new Error('is no file')
      if (before.size > this.#most) throw new Error(tooLarge(this.#most))
      const octets = await file.readFile({ signal })
      const after = await file.stat()
      // Somebody is writing it: another time.
      if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) return null
      const taken = () => {
        this.#seen = stamp
      }
      return { octets, at: Math.round(before.mtimeMs) * 1e3, taken }
    } finally {
      await file.close()
    }
  }
}

const tooLarge = (most: number): string => `is larger than ${most >> 20} MiB`

const MOST_REDIRECTS = 3

class Address {
  readonly #url: URL
  readonly #settings: WatchedSettings
  #tag: string | undefined
  #modified: string | undefined

  constructor(url: string, settings: WatchedSettings) {
    this.#url = new URL(url)
    this.#settings = settings
  }

  async read(signal: AbortSignal): Promise<Found | null> {
    const { patience } = this.#settings
    const tooLong = new AbortController()
    const timer = setTimeout(
      () => tooLong.abort(new Error(`no answer in ${words(patience)}`)),
      patience / milliseconds(1),
    )
    try {
      return await this.#ask(this.#url, AbortSignal.any([signal, tooLong.signal]), 0)
    } catch (error) {
      throw tooLong.signal.aborted ? tooLong.signal.reason : error
    } finally {
      clearTimeout(timer)
    }
  }

  #ask(url: URL, signal: AbortSignal, redirects: number): Promise<Found | null> {
    const headers: Record<string, string> = { 'user-agent': 'faultline', 'accept-encoding': 'gzip' }
    if (this.#tag !== undefined) headers['if-none-match'] = this.#tag
    else if (this.#modified !== undefined) headers['if-modified-since'] = this.#modified
    return new Promise((done, failed) => {
      const send = url.protocol === 'https:' ? secure : plain
      const request = send(url, { headers, signal })
      request.on('error', failed)
      request.on('response', (response) => {
        const { statusCode = 0 } = response
        const { location, etag, 'last-modified': modified } = response.headers
        response.on('error', failed)
        // A body that nobody wants may have no end.
        if (statusCode !== 200) response.destroy()
        if (statusCode === 304) return done(null)
        if (statusCode >= 300 && statusCode < 400 && location !== undefined) {
          const next = URL.canParse(location, url.href) ? new URL(location, url) : null
          // Whoever asked for privacy keeps it.
          if (url.protocol === 'https:' && next?.protocol === 'http:')
            return failed(new Error('leads from https to http, which is not followed'))
          if (!next || !/^https?:$/.test(next.protocol) || redirects >= MOST_REDIRECTS)
            return failed(
              new Error(`leads to ${redirects >= MOST_REDIRECTS ? 'too many others' : 'nowhere'}`),
            )
          return done(this.#ask(next, signal, redirects + 1))
        }
        if (statusCode !== 200) return failed(new Error(`the server answers ${statusCode}`))
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > this.#settings.mostOctets)
            request.destroy(new Error(tooLarge(this.#settings.mostOctets)))
          else chunks.push(chunk)
        })
        response.on('end', () => {
          const time = Date.parse(modified ?? '')
          const taken = () => {
            this.#tag = etag
            this.#modified = modified
          }
          done({ octets: Buffer.concat(chunks), at: Number.isNaN(time) ? null : time * 1e3, taken })
        })
      })
      request.end()
    })
  }
}
