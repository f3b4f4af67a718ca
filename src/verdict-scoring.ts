// What was said of the cause, against what it was: which side, how soon, and whether anybody was woken.
// Nothing here reads or runs anything.

import { type Incident, levels, severities } from './core/incident.ts'
import type { Span } from './core/time.ts'
import { type Cause, type Side, sideOf } from './core/verdict.ts'
import type { KnownVerdict } from './truth-file.ts'

/**
 * right: the very cause. side: another cause of the same side. undetermined: nobody was blamed though
 * somebody should have been. wrong: somebody was blamed who had not done it. silent: nothing was told.
 */
export type Outcome = 'right' | 'side' | 'undetermined' | 'wrong' | 'silent'

export interface Judged {
  readonly label: string
  readonly wanted: KnownVerdict
  /** The last word; null when there was none. */
  readonly said: Cause | null
  readonly outcome: Outcome
  /** From the start until the right cause was said and not taken back; null when it never was. */
  readonly time: Span | null
  readonly isInTime: boolean
  /** What is to be said at first was said, and nothing else, while it was to be; null: nothing is asked. */
  readonly isFirstRight: boolean | null
  /** How often the word changed. */
  readonly changes: number
  readonly pages: number
  /** Null where it may be so or not. */
  readonly isPagedRight: boolean | null
}

const micros = (text: string): number => Date.parse(text) * 1e3

export function outcomeOf({ cause, side, pages }: KnownVerdict, said: Cause | null): Outcome {
  if (cause === 'none') return said === null || sideOf(said) === 'neither' ? 'right' : 'wrong'
  // Where nobody is to be woken nothing has to be said.
  if (said === null) return pages === false ? 'right' : 'silent'
  if (said === cause) return 'right'
  if (sideOf(said) === side) return 'side'
  return sideOf(said) === 'neither' ? 'undetermined' : 'wrong'
}

/** Whom the default policy wakes: open, major or worse, of medium confidence or higher (DESIGN §2.6). */
const wakes = ({ state, severity, confidence }: Incident): boolean =>
  (state === 'open' || state === 'reopened') &&
  severities.indexOf(severity) >= severities.indexOf('major') &&
  levels.indexOf(confidence.level) >= levels.indexOf('medium')

interface Word {
  readonly at: number
  readonly cause: Cause
}

/** The words of one incident, each where it changes. */
function wordsOf(revisions: readonly Incident[]): Word[] {
  const out: Word[] = []
  for (const { verdict, updatedAt } of revisions)
    if (verdict && verdict.cause !== out.at(-1)?.cause)
      out.push({ at: micros(updatedAt), cause: verdict.cause })
  return out
}

/**
 * Several incidents may tell of the same thing. What is part of another speaks there; of the others the
 * worst last word counts, so that one wrong page among right ones is a wrong page.
 */
export function judge(
  label: string,
  wanted: KnownVerdict,
  start: number,
  incidents: readonly (readonly Incident[])[],
): Judged {
  const heads = incidents.filter((revisions) => !revisions.at(-1)?.foldedInto)
  const spoken = heads.map(wordsOf).filter((words) => words.length > 0)
  const graded = spoken.map((words) => {
    const said = (words.at(-1) as Word).cause
    return { words, said, outcome: outcomeOf(wanted, said) }
  })
  const order: readonly Outcome[] = ['wrong', 'right', 'side', 'undetermined', 'silent']
  graded.sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))
  const [worst] = graded
  const outcome = worst?.outcome ?? outcomeOf(wanted, null)
  const last = worst?.words.at(-1)
  const time = outcome === 'right' && last ? Math.max(0, last.at - start) : null
  const pages = heads.filter((revisions) => revisions.some(wakes)).length
  return {
    label,
    wanted,
    said: worst?.said ?? null,
    outcome,
    time,
    isInTime:
      outcome === 'right' && (time === null || wanted.within === null || time <= wanted.within),
    isFirstRight: wanted.first === null ? null : saidFirst(wanted, start, spoken),
    changes: spoken.reduce((n, words) => n + words.length - 1, 0),
    pages,
    isPagedRight: wanted.pages === null ? null : wanted.pages === pages > 0,
  }
}

/** Of a word that is said once, of whoever does not wait for more. */
export function saidOutright(label: string, wanted: KnownVerdict, said: Cause): Judged {
  return { ...judge(label, wanted, 0, []), said, outcome: outcomeOf(wanted, said) }
}

function saidFirst(wanted: KnownVerdict, start: number, spoken: readonly Word[][]): boolean {
  const until = start + (wanted.firstFor ?? 0)
  const early = spoken.flatMap((words) => words.filter(({ at }) => at <= until))
  return early.length > 0 && early.every(({ cause }) => cause === wanted.first)
}

const opposite: Readonly<Partial<Record<Side, Side>>> = { fault: 'flood', flood: 'fault' }

/** A fault taken for a flood, or a flood for a fault. */
export const isTurned = ({ wanted, said }: Judged): boolean =>
  said !== null && wanted.side !== null && opposite[wanted.side] === sideOf(said)

export interface VerdictNumbers {
  readonly asked: number
  readonly right: number
  /** Of the right side, the very cause or another. */
  readonly rightSide: number
  readonly undetermined: number
  readonly wrong: number
  /** Of these, a fault for a flood or a flood for a fault: the one thing that must not happen. */
  readonly turned: number
  readonly silent: number
  /** Right, but later than it had to be. */
  readonly late: number
  /** Where the first word was asked for as well, how often it was another. */
  readonly wrongFirst: number
  readonly changes: number
  readonly pages: number
  /** Somebody was woken for nothing, or not woken for something. */
  readonly wrongPages: number
  /** Seconds from the start to the right word. */
  readonly medianTime: number | null
  readonly longestTime: number | null
}

export function verdictNumbers(all: readonly Judged[]): VerdictNumbers {
  const count = (outcome: Outcome) => all.filter((one) => one.outcome === outcome).length
  const times = all.flatMap(({ time }) => (time === null ? [] : [time / 1e6])).sort((a, b) => a - b)
  return {
    asked: all.length,
    right: count('right'),
    rightSide: count('right') + count('side'),
    undetermined: count('undetermined'),
    wrong: count('wrong'),
    turned: all.filter(isTurned).length,
    silent: count('silent'),
    late: all.filter((one) => one.outcome === 'right' && !one.isInTime).length,
    wrongFirst: all.filter((one) => one.isFirstRight === false).length,
    changes: all.reduce((n, one) => n + one.changes, 0),
    pages: all.reduce((n, one) => n + one.pages, 0),
    wrongPages: all.filter((one) => one.isPagedRight === false).length,
    medianTime: times[(times.length - 1) >> 1] ?? null,
    longestTime: times.at(-1) ?? null,
  }
}
