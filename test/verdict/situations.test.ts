import { expect, test } from 'vitest'
import type { Signal } from '../../src/core/incident.ts'
import type { Sample } from '../../src/core/sample.ts'
import { type Instant, minutes, seconds } from '../../src/core/time.ts'
import type { View } from '../../src/core/view.ts'
import { noMitigators } from '../../src/verdict/mitigation.ts'
import { Situations } from '../../src/verdict/situations.ts'
import { World } from '../detect/world.ts'
import { series } from './scenes.ts'
import { instant, said } from './signals.ts'

const PREFIXES = ['198.51.100.0/24', '203.0.113.0/24']

/** Two watched networks whose routes are well, at each tick. */
function ticks(
  until: string,
  look: (now: Instant, of: Situations, view: View) => void,
  asns: readonly number[] = [7000, 7001],
): void {
  const world = new World({ watch: [7000, 7001] })
    .holds('abcdeABCDE', PREFIXES[0] as string, '3356 7000')
    .holds('abcdeABCDE', PREFIXES[1] as string, '3356 7001')
  let made: Situations | null = null
  world.onTick((_, view, now) => {
    made ??= new Situations(view, { planes: {}, mitigators: noMitigators, asns: new Set(asns) })
    look(now, made, view)
  })
  world.play(until)
}

const once = (now: Instant, s: number, ...signals: Signal[]): Signal[] =>
  now === instant(s) ? signals : []

test('what a registry says for months keeps nothing open, and has no verdict', () => {
  const roa = said(60, { kind: 'rpki.uncovered', key: 'rpki-uncovered:7000' })
  let frozen = 0
  ticks('00:10:00', (now, of) => {
    of.planes.freeze = (is) => {
      frozen += Number(is)
    }
    of.tick(now, once(now, 60, roa))
    expect(of.verdict(roa, null)).toBeNull()
  })
  expect(frozen).toBe(0)
})

test('that we are blind keeps nothing from being learned', () => {
  const blind = said(60, { kind: 'blind', key: 'blind:rrc00', asn: 7000 })
  const since: (Instant | null)[] = []
  ticks('00:10:00', (now, of) => {
    of.planes.freeze = (_, at = null) => {
      since.push(at)
    }
    of.tick(now, once(now, 60, blind))
  })
  expect(new Set(since)).toEqual(new Set([null]))
})

test('while we are blind nobody says that routes are quiet', () => {
  const blind = said(60, { kind: 'blind', key: 'blind:feed', asn: 0, culprit: 0 })
  const flood = series('in_bps', { link: 'l' }, { '00:00:00': 2e10, '01:00:00': 9e10 }, '01:10:00')
  const grounds = (signals: Signal[]): string[] => {
    const out = new Set<string>()
    ticks('01:10:00', (now, of) => {
      for (const sample of flood)
        if (sample.at > now - seconds(10) && sample.at <= now) of.fact(sample)
      of.tick(
        now,
        signals.filter(({ at }) => at === now),
      )
      const verdict = of.verdict(said(0, { kind: 'traffic.surge' }), null)
      for (const { id } of [...(verdict?.for ?? []), ...(verdict?.other ?? [])]) out.add(id)
    })
    return [...out]
  }
  expect(grounds([])).toContain('bgp.quiet')
  expect(grounds([blind])).toContain('in.surge')
  expect(grounds([blind])).not.toContain('bgp.quiet')
})

test('whoever lost most in a burst may change: it stays with the first, and ends there', () => {
  const about = { kind: 'withdrawal.burst', key: 'burst:3356', culprit: 3356 } as const
  const keys: string[] = []
  let last: number | null = null
  ticks('00:20:00', (now, of) => {
    of.planes.freeze = (is) => {
      if (is) last = now
    }
    const told = of.tick(now, [
      ...once(now, 60, said(60, about)),
      ...once(now, 120, said(120, { ...about, asn: 7001 })),
      ...once(now, 300, said(300, { ...about, asn: 7001, phase: 'resolved' })),
    ])
    keys.push(...told.map(({ asn, phase }) => `${asn} ${phase}`))
  })
  expect(keys).toEqual(['7000 open', '7000 open', '7000 resolved'])
  // Nothing is held open by what is over.
  expect(last).toBe(instant(290))
})

test('versions go on while an incident may still be opened again', () => {
  const gone = said(60, { kind: 'hijack.moas', key: 'moas' })
  const versions = new Set<number | undefined>()
  let at30 = false
  ticks('00:40:00', (now, of) => {
    of.tick(now, [
      ...once(now, 60, gone),
      ...once(now, 120, said(120, { ...gone, phase: 'resolved' })),
    ])
    const verdict = of.verdict(gone, null)
    if (now === instant(120) + minutes(30)) at30 = verdict !== null
    versions.add(verdict?.version)
  })
  expect(at30).toBe(true)
  expect(versions).toContain(undefined)
})

test('where nobody is watched samples are not kept', () => {
  const samples: Sample[] = series('in_bps', { link: 'l' }, { '00:00:00': 1 }, '00:01:00')
  ticks(
    '00:01:00',
    (_, of) => {
      for (const sample of samples) of.fact(sample)
      of.planes.take = () => expect.unreachable()
    },
    [],
  )
})

test('which prefixes are served from where is known to who compares places', () => {
  const site = '198.51.100.0/24'
  const full = [
    ...series(
      'link_load',
      { link: 'ix', pop: 'fra' },
      { '00:00:00': 0.4, '00:30:00': 0.99 },
      '00:40:00',
    ),
    ...series(
      'in_bps',
      { link: 'ix', pop: 'fra' },
      { '00:00:00': 4e9, '00:30:00': 9.9e9 },
      '00:40:00',
    ),
  ]
  const grounds = (pops: Readonly<Record<string, readonly string[]>>): string[] => {
    const out = new Set<string>()
    let of: Situations | null = null
    const world = new World({ watch: [7000] }).holds(
      'abcdeABCDE',
      [site, '203.0.113.0/24'],
      '3356 7000',
    )
    world.at('00:31:00').withdraw('abcdeABCDE', site)
    world.onTick((signals, view, now) => {
      of ??= new Situations(view, {
        planes: { pops },
        mitigators: noMitigators,
        asns: new Set([7000]),
      })
      for (const sample of full)
        if (sample.at > now - seconds(10) && sample.at <= now) of.fact(sample)
      of.tick(now, signals)
      const verdict = of.verdict(said(0), null)
      for (const { id } of [
        ...(verdict?.for ?? []),
        ...(verdict?.other ?? []),
        ...(verdict?.against ?? []),
      ])
        out.add(id)
    })
    world.play('00:40:00')
    return [...out]
  }
  expect(grounds({ fra: [site] })).toContain('sp.on_saturated')
  expect(grounds({ ams: [site] })).not.toContain('sp.on_saturated')
  expect(grounds({})).not.toContain('sp.on_saturated')
})
