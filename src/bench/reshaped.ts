// JSON whose shape dice have changed: where a number should stand there is a list, an object that lies
// about how it becomes text, or more levels than a stack has room for.

import type { Dice } from '../scenario/dice.ts'

/** Stands for nesting, which cannot be written by way of objects. */
const DEEP = '@deep'
const LEVELS = 20_000

const STRANGE: readonly unknown[] = [
  null,
  true,
  '',
  -1,
  1e308,
  'rrc00',
  [],
  {},
  [[]],
  [null],
  { toString: 1, valueOf: 1 },
  { toString: null },
  { toJSON: 1 },
  { length: 3 },
  [{ toString: 1 }],
  DEEP,
  [DEEP],
]

type Holder = Record<string, unknown>

/** One to three values of `text` replaced, left out or put in. */
export function reshaped(text: string, dice: Dice): string {
  const whole: Holder = { it: JSON.parse(text) }
  for (let left = dice.int(1, 3); left > 0; left--) {
    const places = placesIn(whole)
    const { holder, key } = dice.pick(places)
    const last = holder !== whole && dice.chance(0.2)
    if (last && Array.isArray(holder)) holder.push(structuredClone(dice.pick(STRANGE)))
    else if (last) delete holder[key]
    else holder[key] = structuredClone(dice.pick(STRANGE))
  }
  const deep = dice.chance(0.5)
    ? '['.repeat(LEVELS) + ']'.repeat(LEVELS)
    : `${'{"a":'.repeat(LEVELS)}1${'}'.repeat(LEVELS)}`
  return JSON.stringify(whole['it']).replaceAll(JSON.stringify(DEEP), deep)
}

function placesIn(holder: Holder): { holder: Holder; key: string }[] {
  return Object.keys(holder).flatMap((key) => {
    const value = holder[key]
    const inner = typeof value === 'object' && value !== null ? placesIn(value as Holder) : []
    return [{ holder, key }, ...inner]
  })
}
