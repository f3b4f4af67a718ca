// What is pushed to the daemon, from the body of a request to the line of facts, and who was turned
// away at which door, counted.

import { readFileSync } from 'node:fs'
import { InputError } from './command.ts'
import type { Config } from './config/schema.ts'
import type { Change, Sample } from './core/sample.ts'
import { readNotice } from './feeds/notices.ts'
import { readPush } from './feeds/push.ts'
import type { LiveRun } from './live-run.ts'
import type { Unheard } from './live-source.ts'
import type { PushAnswer, PushHandlers } from './report/push-api.ts'
import { readSample, readSampleValue } from './wire/sample-json.ts'

type Reason = Unheard | 'malformed' | 'ignored' | 'unauthorised' | 'too-large'

const why: Record<Unheard, string> = {
  old: 'at: more than a day before now',
  future: 'at: in the future; see the clock it was stamped with',
  full: 'too much is waiting for its time; send it again later',
}

export class Doors implements PushHandlers {
  readonly token: string | null
  readonly exposed: boolean
  /** Of samples, changes and requests, since the start. */
  readonly refused: Record<Reason, number> = {
    malformed: 0,
    old: 0,
    future: 0,
    full: 0,
    ignored: 0,
    unauthorised: 0,
    'too-large': 0,
  }
  readonly #run: () => LiveRun
  readonly #planes: Config['planes']

  /** Throws when the token cannot be had. `run` is asked once something comes. */
  constructor(planes: Config['planes'], exposed: boolean, run: () => LiveRun) {
    this.token = planes.token === undefined ? null : secretOf(planes.token)
    this.exposed = exposed
    this.#planes = planes
    this.#run = run
  }

  readonly turnedAway = (reason: 'unauthorised' | 'too-large' | 'malformed'): void => {
    this.refused[reason]++
  }

  samples(body: string): PushAnswer {
    const { uncertainty } = this.#planes
    const { facts, refused } = readPush(body, {
      line: (text) => readSample(text, uncertainty),
      value: (value) => readSampleValue(value, uncertainty),
    })
    return this.#hear(facts, refused)
  }

  notices(body: string): PushAnswer {
    const { facts, ignored, refused } = readNotice(body, this.#run().clock(), this.#planes.alerts)
    this.refused.ignored += ignored
    const given = facts.map((fact) => ({ line: 1, fact }))
    return { ...this.#hear(given, refused), ignored }
  }

  #hear(
    given: readonly { readonly line: number; readonly fact: Sample | Change }[],
    refused: PushAnswer['refused'],
  ): PushAnswer {
    this.refused.malformed += refused.length
    const all = [...refused]
    let accepted = 0
    for (const { line, fact } of given) {
      const unheard = this.#run().hear(fact)
      if (unheard === null) accepted++
      else {
        this.refused[unheard]++
        all.push({ line, why: why[unheard] })
      }
    }
    return { accepted, refused: all.sort((a, b) => a.line - b.line) }
  }
}

/** Shorter ones are guessed. */
const SHORTEST = 16

function secretOf(given: NonNullable<Config['planes']['token']>): string {
  const name = 'env' in given ? given.env : given.file
  let text: string
  try {
    text = ('env' in given ? process.env[name] : readFileSync(name, 'utf8')) ?? ''
  } catch (error) {
    throw new InputError(`planes.token: ${(error as Error).message}`)
  }
  const token = text.trim()
  if (token === '') throw new InputError(`planes.token: ${name} is empty or not set`)
  if (token.length < SHORTEST || /\s/.test(token))
    throw new InputError(
      `planes.token: ${name} must hold at least ${SHORTEST} characters without spaces`,
    )
  return token
}
