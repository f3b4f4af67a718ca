// How well every prefix is seen: who holds it now against who ordinarily does. Counted as routes
// come and go, so that asking costs nothing, and told only when the answer changes its name.

import type { Instant, Span } from '../core/time.ts'
import { minutes } from '../core/time.ts'
import { Seen } from '../core/view.ts'

/**
 * Losses further apart do not belong to one run. Convergence ends within 130 s (Huston), a slow
 * drain loses a carrier every few minutes.
 */
const RUN: Span = minutes(5)

/** Who wander between paths come back for seconds; after so long they were really back. */
const WANDER: Span = minutes(1)

export class Standing {
  /** Vantage points that vote and hold it; those among the voters that are its reference. */
  visible = new Uint16Array(1 << 12)
  reference = new Uint16Array(1 << 12)
  /** Those of both whose word is stale: it counts half (sessions.ts). */
  staleVisible = new Uint16Array(1 << 12)
  staleReference = new Uint16Array(1 << 12)
  seen = new Uint8Array(1 << 12)
  /** Of those without reference: 1 when most who vote hold it (View.reachable). */
  carried = new Uint8Array(1 << 12)
  /** Beginning of the present run of losses, its last loss; 0 when there is none. */
  lossStart = new Float64Array(1 << 12)
  lastLoss = new Float64Array(1 << 12)
  /** How many saw it when the present run of losses began, and how few have since. */
  from = new Uint16Array(1 << 12)
  lowest = new Uint16Array(1 << 12)

  /** Makes room for prefixes up to `count`. */
  grow(count: number): void {
    if (count <= this.visible.length) return
    const room = Math.max(count, this.visible.length * 2)
    const wider = <T extends Uint8Array | Uint16Array | Float64Array>(old: T, made: T): T => {
      made.set(old)
      return made
    }
    this.visible = wider(this.visible, new Uint16Array(room))
    this.reference = wider(this.reference, new Uint16Array(room))
    this.staleVisible = wider(this.staleVisible, new Uint16Array(room))
    this.staleReference = wider(this.staleReference, new Uint16Array(room))
    this.seen = wider(this.seen, new Uint8Array(room))
    this.carried = wider(this.carried, new Uint8Array(room))
    this.lossStart = wider(this.lossStart, new Float64Array(room))
    this.lastLoss = wider(this.lastLoss, new Float64Array(room))
    this.from = wider(this.from, new Uint16Array(room))
    this.lowest = wider(this.lowest, new Uint16Array(room))
  }

  /** A vantage point that votes has lost it, and is no longer counted in `visible`. */
  loss(prefix: number, at: Instant): void {
    const visible = this.visible[prefix] as number
    const start = this.lossStart[prefix] as number
    const apart = at - (this.lastLoss[prefix] as number)
    // Read in an archive, of a time when we could not hear: what was heard since goes on from there.
    if (apart < 0 && start !== 0) {
      if (at < start) this.lossStart[prefix] = at
      if (visible < (this.lowest[prefix] as number)) this.lowest[prefix] = visible
      return
    }
    // One who flaps makes nothing worse. While the prefix is up, a run is over when all who saw it
    // at its beginning did so again, and does not go on unless fewer and fewer see it.
    const over =
      this.seen[prefix] === Seen.up &&
      ((apart > WANDER && visible + 1 >= (this.from[prefix] as number)) ||
        (at - start > RUN && visible >= (this.lowest[prefix] as number)))
    if (start === 0 || over || apart > RUN) {
      this.lossStart[prefix] = at
      this.from[prefix] = visible + 1
      this.lowest[prefix] = visible
    } else if (visible < (this.lowest[prefix] as number)) this.lowest[prefix] = visible
    this.lastLoss[prefix] = at
  }

  /** A voter's word becomes stale, or fresh again: of a route it holds, of one it ordinarily does. */
  dim(prefix: number, held: boolean, ordinary: boolean, change: 1 | -1): void {
    if (held) this.staleVisible[prefix] = (this.staleVisible[prefix] as number) + change
    if (ordinary) this.staleReference[prefix] = (this.staleReference[prefix] as number) + change
  }

  /**
   * Works out the state anew (detection.md §5.4: 0.75, 0.50 and 0.25 of the reference, back up only
   * at 0.75). True when it changed.
   */
  settle(prefix: number): boolean {
    const before = this.seen[prefix] as number
    // In halves, so that a stale word can count as one; shares are the same.
    const now = judge(
      before,
      (this.visible[prefix] as number) * 2 - (this.staleVisible[prefix] as number),
      (this.reference[prefix] as number) * 2 - (this.staleReference[prefix] as number),
    )
    if (now === Seen.up && (this.visible[prefix] as number) >= (this.reference[prefix] as number)) {
      this.lossStart[prefix] = 0
    }
    if (now === before) return false
    this.seen[prefix] = now
    return true
  }
}

function judge(before: number, visible: number, reference: number): number {
  if (reference === 0) return Seen.new
  const four = visible * 4
  if (four >= reference * 3) return Seen.up
  if (four <= reference) return Seen.down
  if (four < reference * 2 || before >= Seen.lost) return Seen.lost
  return Seen.degraded
}
