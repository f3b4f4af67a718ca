// Scenarios that need no file.

import { hours, minutes, parseInstant } from '../core/time.ts'
import { type EventKind, eventKinds, type Wish } from './event.ts'
import { type Script, scriptDefaults } from './script.ts'

const all = Object.keys(eventKinds) as EventKind[]

/** Two of every kind, with what is common in threes. */
const often: ReadonlySet<EventKind> = new Set(['outage', 'leak-1', 'hijack-exact', 'session-reset'])
const suite: Wish[] = all.map((kind) => ({ kind, count: often.has(kind) ? 3 : 2 }))

/** What goes on in an ordinary day: nobody is to be woken by any of it. */
const benign: readonly (readonly [EventKind, number])[] = [
  ['session-reset', 8],
  ['silent-reset', 6],
  ['collector-outage', 1],
  ['new-peering', 6],
  ['new-upstream', 3],
  ['moas-sibling', 3],
  ['moas-scrubber', 2],
  ['transfer', 2],
  ['prepend', 8],
  ['de-aggregate', 6],
  ['flap', 4],
]

const script = (more: Partial<Script>): Script => ({ ...scriptDefaults, ...more })

export const builtIn: Readonly<Record<string, { readonly what: string; readonly script: Script }>> =
  {
    suite: {
      what: 'every kind of event twice, in four hours',
      script: script({ hours: 4, events: suite }),
    },
    quiet: {
      what: 'a day of session resets, flaps, new links and other things that are no incident',
      script: script({
        hours: 24,
        rate: 0.6,
        events: benign.map(([kind, count]) => ({ kind, count })),
      }),
    },
    calm: { what: 'three hours in which nothing happens at all', script: script({}) },
    kt: {
      what: 'AS4766 is gone for 89 minutes, a session resets, a customer leaks',
      script: script({
        start: parseInstant('2021-10-25') ?? 0,
        hours: 6,
        events: [
          { kind: 'outage', count: 1, at: minutes(136), duration: minutes(89), actor: 'watched' },
          { kind: 'session-reset', count: 1, at: hours(4) },
          { kind: 'leak-1', count: 1, at: hours(5), duration: minutes(20) },
        ],
      }),
    },
  }
