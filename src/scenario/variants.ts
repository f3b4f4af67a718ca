// The same happening, seen through worse telemetry: by number, so that it can be named and made again.

import { type Plane, planes, type Sample } from '../core/sample.ts'
import { minutes, type Span, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'

type SampledPlane = Sample['plane']

export interface Variant {
  readonly number: number
  /** For people. */
  readonly what: string
  /** Plane → how much later than it happened its part of it begins; may be less than nothing. */
  readonly jitter: ReadonlyMap<Plane, Span>
  /** Between two samples of each series, of all planes; null: as each plane usually does it. */
  readonly interval: Span | null
  /** Part of all samples that never arrives. */
  readonly loss: number
  /** A device that repeats its last numbers, and one whose clock is wrong, drawn by their turn. */
  readonly frozen: number | null
  readonly skewed: number | null
  readonly skew: Span
  /** Plane whose samples arrive late, and how much. */
  readonly late: SampledPlane | null
  readonly lateBy: Span
  /** A plane that connects again and sends once more what it has sent. */
  readonly repeated: SampledPlane | null
}

const JITTER = minutes(5)
const SKEW = minutes(4)
const LATE = minutes(5)
const LOSS = 0.1

const asItWas: Variant = {
  number: 0,
  what: 'as it was',
  jitter: new Map(),
  interval: null,
  loss: 0,
  frozen: null,
  skewed: null,
  skew: 0,
  late: null,
  lateBy: 0,
  repeated: null,
}

type Change = (dice: Dice) => Partial<Variant>

const every =
  (interval: Span): Change =>
  () => ({ interval, what: `a sample every ${interval / 1e6} s` })

const sampled = planes.filter((plane): plane is SampledPlane => plane !== 'change')

/** One a number, from 1 on; beyond the last of them two at once, drawn by the number. */
const changes: readonly Change[] = [
  (dice) => ({
    what: 'onsets up to 5 min apart, plane by plane',
    jitter: new Map(planes.map((plane) => [plane, seconds(dice.int(-JITTER / 1e6, JITTER / 1e6))])),
  }),
  every(seconds(15)),
  every(seconds(30)),
  every(seconds(60)),
  every(seconds(300)),
  () => ({ what: 'a tenth of the samples lost', loss: LOSS }),
  (dice) => ({ what: 'one device frozen', frozen: dice.int(0, 999) }),
  (dice) => {
    const late = dice.pick(sampled)
    return { what: `the plane ${late} 5 min late`, late, lateBy: LATE }
  },
  (dice) => ({ what: 'the clock of one device 4 min ahead', skewed: dice.int(0, 999), skew: SKEW }),
  (dice) => {
    const repeated = dice.pick(sampled)
    return { what: `the plane ${repeated} sends a part of it twice`, repeated }
  },
]

export const VARIANTS = changes.length

export function variantOf(number: number, dice: Dice): Variant {
  if (number === 0) return asItWas
  const mine = dice.fork(`variant ${number}`)
  const one = changes[number - 1]
  const drawn = one ? [one] : mine.some(changes, 2)
  const parts = drawn.map((change) => change(mine))
  const what = parts.map((part) => part.what).join('; ')
  return { ...asItWas, ...Object.assign({}, ...parts), number, what }
}
