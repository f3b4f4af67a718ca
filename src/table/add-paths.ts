// ADD-PATH (RFC 7911): a session may hold several routes for one prefix. The table has one word a
// prefix, so the route with the lowest identifier sits there and the others are kept here; the prefix
// is gone when its last route is. Few sessions with collectors do this.

const LIMIT = 1_000_000
/** Prefix numbers stay below this. */
const PREFIXES = 2 ** 32

export class AddPaths {
  /** Routes refused because there were too many. */
  dropped = 0
  size = 0
  readonly #routes = new Map<number, Map<number, number>>()

  /** The path the table should hold after this element; 0 = none left. */
  fold(vantage: number, prefix: number, id: number, path: number): number {
    const key = vantage * PREFIXES + prefix
    let routes = this.#routes.get(key)
    if (!routes) {
      if (id === 0 || path === 0) return path
      routes = new Map()
      this.#routes.set(key, routes)
    }
    const known = routes.has(id)
    if (path === 0) routes.delete(id)
    else if (known || this.size < LIMIT) routes.set(id, path)
    else this.dropped++
    this.size += routes.has(id) ? (known ? 0 : 1) : known ? -1 : 0
    if (routes.size === 0) {
      this.#routes.delete(key)
      return 0
    }
    let lowest = -1
    // Identifiers are unsigned on the wire.
    for (const candidate of routes.keys())
      if (lowest < 0 || candidate >>> 0 < lowest) lowest = candidate >>> 0
    return routes.get(lowest | 0) ?? 0
  }
}
