// ADD-PATH (RFC 7911): a session may hold several routes for one prefix. The table has one word a
// prefix, so the route with the lowest identifier sits there and the others are kept here; the prefix
// is gone when its last route is. One whose path is unknown counts when there is no other. Few sessions
// with collectors do this.

import { UNKNOWN_PATH } from '../core/view.ts'

const LIMIT = 1_000_000

export class AddPaths {
  /** Routes that could not be told apart because there were too many. */
  dropped = 0
  size = 0
  readonly #limit: number
  /** By vantage point, prefix and identifier. */
  readonly #sessions = new Map<number, Map<number, Map<number, number>>>()

  constructor(limit = LIMIT) {
    this.#limit = limit
  }

  /** Whether any session has ever used identifiers; if not, there is nothing to fold. */
  get used(): boolean {
    return this.#sessions.size > 0
  }

  /** Whether a session has used identifiers since it began. */
  has(vantage: number): boolean {
    return this.#sessions.has(vantage)
  }

  /** It uses identifiers, though the route in hand has none. */
  begin(vantage: number): void {
    if (!this.#sessions.has(vantage)) this.#sessions.set(vantage, new Map())
  }

  /** The path the table should hold after this element; 0 = none left. */
  fold(vantage: number, prefix: number, id: number, path: number): number {
    let session = this.#sessions.get(vantage)
    if (!session) {
      if (id === 0 || path === 0) return path
      session = new Map()
      this.#sessions.set(vantage, session)
    }
    let routes = session.get(prefix)
    if (!routes) {
      if (path === 0) return 0
      if (this.size >= this.#limit) {
        // It lives in the table alone, as a session without identifiers would have it.
        this.dropped++
        return path
      }
      routes = new Map()
      session.set(prefix, routes)
    }
    const known = routes.has(id)
    if (path === 0) {
      if (routes.delete(id)) this.size--
    } else if (known || this.size < this.#limit) {
      // That it is still there is no word on where it goes now.
      if (!known || path !== UNKNOWN_PATH) routes.set(id, path)
      if (!known) this.size++
    } else this.dropped++
    if (routes.size === 0) {
      session.delete(prefix)
      return 0
    }
    let lowest = -1
    // Identifiers are unsigned on the wire.
    for (const [candidate, held] of routes)
      if (held !== UNKNOWN_PATH && (lowest < 0 || candidate >>> 0 < lowest))
        lowest = candidate >>> 0
    return lowest < 0 ? UNKNOWN_PATH : (routes.get(lowest | 0) ?? 0)
  }

  /** Prefix, identifier and path of every route of a session. */
  *of(vantage: number): Iterable<[number, number, number]> {
    for (const [prefix, routes] of this.#sessions.get(vantage) ?? [])
      for (const [id, path] of routes) yield [prefix, id, path]
  }

  /** The paths of all routes. */
  *paths(): Iterable<number> {
    for (const session of this.#sessions.values())
      for (const routes of session.values()) yield* routes.values()
  }

  /** The session is over, and with it its identifiers: the next one gives out others. */
  forget(vantage: number): void {
    for (const routes of this.#sessions.get(vantage)?.values() ?? []) this.size -= routes.size
    this.#sessions.delete(vantage)
  }
}
