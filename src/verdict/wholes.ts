// What is told as part of something larger: a burst takes in the outages of its members, a leak what
// happens to its victims. A signal names all of them each time; only what is new or gone is news.

import type { Signal } from '../core/incident.ts'

const nothing: readonly string[] = []
const none: ReadonlySet<string> = new Set()

/** What an outage of a network takes in without naming it: lesser losses of the same. */
export function outageParts(key: string): readonly string[] {
  const whose = key.slice(key.indexOf(':'))
  return [`prefix${whose}`, `partial${whose}`, `withdrawal${whose}`]
}

export class Wholes {
  /** Part → the one that took it in last. */
  readonly #within = new Map<string, string>()
  /** What takes others in, while it lasts → all of them. */
  readonly #parts = new Map<string, ReadonlySet<string>>()

  /** The key of what it is a part of. */
  of(part: string): string | undefined {
    return this.#within.get(part)
  }

  /**
   * Keys of parts that are to be looked at anew because of this signal: those of an outage, those that
   * it names newly or no more, and all when it ends. `isKnown`: there is an incident of it.
   */
  take({ kind, key, phase, absorbs = nothing }: Signal, isKnown: boolean): readonly string[] {
    const isOutage = kind === 'outage.as' && key.startsWith('outage:')
    const own = isOutage ? outageParts(key) : nothing
    const named = this.#named(key, phase, absorbs, isKnown)
    return own.length === 0 ? named : [...new Set([...own, ...named])]
  }

  #named(
    key: string,
    phase: Signal['phase'],
    absorbs: readonly string[],
    isKnown: boolean,
  ): readonly string[] {
    const had = this.#parts.get(key) ?? none
    if (phase !== 'open' && phase !== 'resolving') {
      this.#parts.delete(key)
      const parts = [...new Set([...had, ...absorbs])]
      for (const part of parts) this.#leave(part, key)
      return parts
    }
    // What was refused is looked at anew once there is an incident of it.
    if (isKnown && absorbs.length === had.size && absorbs.every((part) => had.has(part)))
      return nothing
    const has = new Set(absorbs)
    this.#parts.set(key, has)
    const left = [...had].filter((part) => !has.has(part))
    const added = [...has].filter((part) => !(isKnown && had.has(part)))
    for (const part of left) this.#leave(part, key)
    for (const part of added) this.#within.set(part, key)
    return [...left, ...added]
  }

  /** It is no part of that any more; it may be of something else. */
  #leave(part: string, key: string): void {
    if (this.#within.get(part) !== key) return
    this.#within.delete(part)
    for (const [other, parts] of this.#parts)
      if (other !== key && parts.has(part)) this.#within.set(part, other)
  }
}
