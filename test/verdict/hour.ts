// An hour of calm, then something happens: raw samples through the real planes, and what a seeker makes
// of them. Each case is also asked when nothing happens, when its plane was never heard, and when it
// fell silent as it happened.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type EvidenceId, evidence, type Finding } from '../../src/core/evidence.ts'
import type { Signal } from '../../src/core/incident.ts'
import { type Change, type ChangeEvent, type Labels, metrics } from '../../src/core/sample.ts'
import { type Instant, minutes, parseInstant, seconds } from '../../src/core/time.ts'
import type { View } from '../../src/core/view.ts'
import { Planes } from '../../src/verdict/planes.ts'
import type { Scene, Seeker } from '../../src/verdict/scene.ts'
import { seekers } from '../../src/verdict/seekers.ts'

/** All but those that look at routes. */
export const seek: Seeker = (scene) => seekers.flatMap((look) => look(scene))

export const EVENT = parseInstant('2021-10-25T02:16:00Z') as Instant
const START = EVENT - minutes(60)
const EVERY = seconds(30)

/** A metric, its labels, its level in calm, and from the event on; null: silent then. */
export type Line = readonly [
  metric: string,
  labels: Labels,
  calm: number | null,
  then: number | null,
]
/** Minutes after the event, what was done, and of what. */
export type Deed = readonly [after: number, event: ChangeEvent, labels: Labels, note?: string]

export interface Day {
  readonly lines: readonly Line[]
  readonly deeds?: readonly Deed[]
  readonly signals?: readonly Signal[]
  /** Minutes after the event at which is looked. */
  readonly after?: number
}

/** Levels waver by a hundredth, always in the same way; noughts and ones do not. */
function waver(value: number, step: number, binary: boolean): number {
  return binary || value === 0 ? value : value * (1 + 0.01 * Math.sin(step * 1.7 + value))
}

export function sceneOf({ lines, deeds = [], signals = [], after = 4 }: Day): Scene {
  const planes = new Planes()
  const end = EVENT + minutes(after)
  const changes = deeds.map(
    ([minute, event, labels, note = '']): Change => ({
      kind: 'change',
      at: EVENT + minutes(minute),
      event,
      labels,
      note,
      uncertainty: seconds(1),
    }),
  )
  for (let at = START; at <= end; at += seconds(10)) {
    for (const change of changes)
      if (change.at > at - seconds(10) && change.at <= at) planes.take(change)
    if ((at - START) % EVERY === 0)
      for (const [metric, labels, calm, then] of lines) {
        const value = at < EVENT ? calm : then
        const spec = metrics[metric]
        if (!spec) throw new Error(`no metric ${metric}`)
        if (value === null) continue
        planes.take({
          kind: 'sample',
          at,
          plane: spec.plane,
          metric,
          labels,
          value: waver(value, (at - START) / EVERY, spec.unit === '0 or 1'),
          uncertainty: seconds(15),
        })
      }
    planes.tick(at)
  }
  return { at: end, asn: 64500, planes, view: {} as View, signals }
}

export const find = (day: Day, look: Seeker = seek): readonly Finding[] => look(sceneOf(day))
export const idsOf = (day: Day): readonly EvidenceId[] => find(day).map(({ id }) => id)

export const calmly = (day: Day): Day => ({
  ...day,
  deeds: [],
  signals: [],
  lines: day.lines.map(([metric, labels, calm]): Line => [metric, labels, calm, calm]),
})

const planeOf = (metric: string) => metrics[metric]?.plane

const without = (day: Day, plane: string | null): Day => ({
  ...day,
  deeds: plane === 'change' ? [] : (day.deeds ?? []),
  lines: day.lines.filter(([metric]) => planeOf(metric) !== plane),
})

/** The plane says nothing any more from the event on, and a quarter of an hour later is looked. */
const silenced = (day: Day, plane: string | null): Day => ({
  ...without(day, plane),
  after: 15,
  lines: day.lines.map(
    ([metric, labels, calm, then]): Line => [
      metric,
      labels,
      calm,
      planeOf(metric) === plane ? null : then,
    ],
  ),
})

export interface Case extends Day {
  readonly id: EvidenceId
  /** What is said, or parts of it. */
  readonly says: readonly string[]
  readonly where?: readonly string[]
  /** It is evidence of normality: found in calm. */
  readonly normal?: boolean
}

const rowOf = (id: string) =>
  readFileSync('config/README.md', 'utf8')
    .split('\n')
    .find((line) => line.includes(`| \`${id}\` |`)) ?? ''

export function examine(cases: readonly Case[]): void {
  describe.each(cases)('$id', (it) => {
    const { plane } = evidence[it.id]
    const [found] = find(it).filter(({ id }) => id === it.id)

    test('is found, in words with numbers', () => {
      for (const words of it.says) expect(found?.because).toContain(words)
      expect(found?.where).toEqual(it.where ?? [])
      if (it.normal) expect(found?.onset).toBeNull()
    })

    if (!it.normal)
      test('has its onset at the event', () => {
        const onset = found?.onset
        expect(onset).toBeTruthy()
        const off = Math.abs((onset?.at ?? 0) - EVENT)
        const deed = Math.min(...(it.deeds ?? []).map(([minute]) => Math.abs(minutes(minute))))
        expect(off).toBeLessThanOrEqual(Math.max(seconds(60), Number.isFinite(deed) ? deed : 0))
      })

    test(it.normal ? 'is found in calm' : 'is not found in calm', () => {
      expect(idsOf(calmly(it)).includes(it.id)).toBe(it.normal ?? false)
    })

    test('is not found where its plane was never heard', () => {
      expect(idsOf(without({ ...it, deeds: [] }, plane))).not.toContain(it.id)
    })

    test('is not found when its plane has fallen silent', () => {
      expect(idsOf(silenced({ ...it, deeds: [] }, plane))).not.toContain(it.id)
    })

    test('has a row in config/README.md that names what feeds it', () => {
      const row = rowOf(it.id)
      for (const [metric] of it.lines) expect(row).toContain(`\`${metric}\``)
      for (const [, event] of it.deeds ?? []) expect(row).toContain(`\`${event}\``)
    })
  })
}
