// Sessions that fell in a hole, as its archive tells afterwards. What such a peer held before is not known
// to be there still, unless it was told again: of each is kept which prefixes it has spoken of since.

/** Peers, and octets of their bits in all; a collector with all its peers began anew. */
const MOST_PEERS = 2_000
const MOST_OCTETS = 256 * 2 ** 20

interface One {
  down: boolean
  /** A bit a prefix. */
  told: Uint8Array
}

export class Fallen {
  /** Falls and prefixes there was no room for: their routes stand as they were told last. */
  dropped = 0
  readonly #of = new Map<number, One>()
  #octets = 0

  /** What it told before no longer says anything. */
  down(peer: number): void {
    const known = this.#of.get(peer)
    if (known) {
      known.down = true
      known.told.fill(0)
    } else if (this.#of.size < MOST_PEERS)
      this.#of.set(peer, { down: true, told: new Uint8Array(0) })
    else this.dropped++
  }

  up(peer: number): void {
    const known = this.#of.get(peer)
    if (known) known.down = false
  }

  /** Announced or withdrawn. */
  told(peer: number, prefix: number): void {
    if (this.#of.size === 0) return
    const known = this.#of.get(peer)
    if (!known) return
    known.down = false
    const octet = prefix >>> 3
    if (octet >= known.told.length) {
      const size = Math.max(1_024, 2 * octet)
      if (this.#octets + size - known.told.length > MOST_OCTETS) {
        // Half of what it told would take the other half away.
        this.dropped++
        this.forget(peer)
        return
      }
      const told = new Uint8Array(size)
      told.set(known.told)
      this.#octets += size - known.told.length
      known.told = told
    }
    known.told[octet] = (known.told[octet] as number) | (1 << (prefix & 7))
  }

  has(peer: number): boolean {
    return this.#of.has(peer)
  }

  /** It has neither come up nor said anything since. */
  isDown(peer: number): boolean {
    return this.#of.get(peer)?.down === true
  }

  hasTold(peer: number, prefix: number): boolean {
    const octet = this.#of.get(peer)?.told[prefix >>> 3] ?? 0
    return (octet & (1 << (prefix & 7))) !== 0
  }

  forget(peer: number): void {
    const known = this.#of.get(peer)
    if (!known) return
    this.#octets -= known.told.length
    this.#of.delete(peer)
  }
}
