// How much a suspicious link, or several of one culprit together, must carry to be spoken of
// (detection.md §4.6b): little where the evidence is strong, at more witnesses where it is weak, and so
// much that size alone tells where nothing but the link is new.

import { quorum } from '../core/quorum.ts'
import type { View } from '../core/view.ts'
import { type LeakCase, Reason } from './leak-case.ts'
import { type Culprit, isMany, isStrong, isWeak, mayBeMass } from './leak-culprit.ts'
import type { LeakSettings } from './leak-path.ts'
import { witnesses } from './leak-signal.ts'
import { present } from './present.ts'

/** Weak evidence asks for a tenth of all witnesses, and so many where there are. */
const WEAK_PEERS = 3

export class LeakBar {
  readonly #view: View
  readonly #settings: LeakSettings

  constructor(view: View, settings: LeakSettings) {
    this.#view = view
    this.#settings = settings
  }

  /** The links of a culprit that are enough to speak of. */
  sufficient(culprit: Culprit): LeakCase[] {
    const counted = culprit.cases.filter((leak) => this.counts(leak))
    const strong = counted.filter(isStrong)
    const { active } = this.#view.vantage()
    const enough =
      strong.length > 0 && witnesses(this.#view, strong) >= quorum(this.#settings.peers, active)
    // A tenth of them however many there are, and three where they are fewer than thirty.
    const asked = Math.max(quorum(active, active), quorum(WEAK_PEERS, active, 1))
    const believed = counted.length > 0 && witnesses(this.#view, counted) >= asked
    return culprit.cases.filter(
      (leak) =>
        (counted.includes(leak) && ((isStrong(leak) && enough) || isMany(leak) || believed)) ||
        this.isMass(leak),
    )
  }

  /** One of the links by which a culprit is judged. */
  counts(leak: LeakCase): boolean {
    const { prefixes, origins } = this.#settings
    // There are no fewer routes than prefixes or origins: of most links that is all one need know.
    const { narrow } = this.#view
    if (leak.routes < (narrow ? 1 : Math.min(prefixes, origins))) return false
    const strong = isStrong(leak)
    // Somebody new on the way to watched networks is evidence for them only (detection.md §10.5):
    // elsewhere somebody new turns up every hour.
    if (!strong && (!isWeak(leak) || (!narrow && (leak.reasons & Reason.unpaid) === 0)))
      return false
    if (present(this.#view, leak.vantages).routes === 0) return false
    if (strong) return narrow || leak.prefixes.size >= prefixes || leak.origins.size >= origins
    // Weak evidence asks for both.
    if (narrow) return leak.prefixes.size >= origins
    return leak.prefixes.size >= prefixes && leak.origins.size >= origins
  }

  /** A link that never carried transit and now carries so much is strong evidence by itself. */
  isMass(leak: LeakCase): boolean {
    const { massPrefixes, massOrigins } = this.#settings
    if (!mayBeMass(leak) || leak.routes < massPrefixes) return false
    return leak.prefixes.size >= massPrefixes && leak.origins.size >= massOrigins
  }
}
