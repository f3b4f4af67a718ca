// Secrets: where they are kept is configured, what they are is known to the request alone.

import { readFileSync } from 'node:fs'
import type { SecretPlace } from './prometheus-settings.ts'
import { faultText } from './retry.ts'

/** The secret, read anew each time because files of tokens are rotated; or why there is none. */
export function readSecret(place: SecretPlace): { readonly secret: string } | { why: string } {
  if ('env' in place) {
    const secret = process.env[place.env]
    return secret ? checked(secret) : { why: `the variable ${place.env} is not set` }
  }
  try {
    return checked(readFileSync(place.file, 'utf8').trim(), place.file)
  } catch (error) {
    return { why: `its secret cannot be read: ${faultText(error)}` }
  }
}

/** A line of printable characters: nothing else goes into a header. */
function checked(secret: string, file?: string) {
  if (/^[\x20-\x7e]{1,8192}$/.test(secret)) return { secret }
  return { why: `what is in ${file ?? 'the variable'} is no secret of one line` }
}

/** A text without these words, should somebody have said them. */
export function without(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => (secret ? rest.replaceAll(secret, '…') : rest), text)
}
