// One form sent, one answer taken: bounded in time and size, with certificates of one's own if need be.
// Redirections are not followed: a secret goes where it was meant to go and nowhere else.

import { type Agent, request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { milliseconds, type Span } from '../core/time.ts'

export interface Post {
  readonly url: URL
  readonly form: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly agent: Agent
  readonly timeout: Span
  readonly mostOctets: number
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/** It took too long, or is too long. */
export class UnfitAnswer extends Error {}

/** Rejects with what went wrong on the way; whatever the server says is an answer. */
export function post(ask: Post): Promise<Answer> {
  const body = new URLSearchParams(ask.form).toString()
  return new Promise((done, failed) => {
    const send = ask.url.protocol === 'https:' ? secure : plain
    const headers = {
      ...ask.headers,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
    }
    const { agent, signal } = ask
    const request = send(ask.url, { method: 'POST', headers, agent, signal })
    const timer = setTimeout(
      () => request.destroy(new UnfitAnswer(`timed out after ${ask.timeout / milliseconds(1)} ms`)),
      ask.timeout / milliseconds(1),
    )
    request.on('error', (error) => {
      clearTimeout(timer)
      failed(error)
    })
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let octets = 0
      response.on('data', (chunk: Buffer) => {
        octets += chunk.length
        if (octets > ask.mostOctets)
          request.destroy(new UnfitAnswer(`more than ${ask.mostOctets} octets`))
        else chunks.push(chunk)
      })
      response.on('error', (error) => {
        clearTimeout(timer)
        failed(error)
      })
      response.on('end', () => {
        clearTimeout(timer)
        done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') })
      })
    })
    request.end(body)
  })
}
