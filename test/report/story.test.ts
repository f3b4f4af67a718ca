import { describe, expect, test } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { headline, story } from '../../src/report/story.ts'
import { blind, counts, judged, leak, outage, resolved } from './sample.ts'

describe('headline', () => {
  const cases: { says: string; incident: Incident; line: string }[] = [
    {
      says: 'an outage, with the reason why we are not surer',
      incident: outage,
      line: '00:08:50Z  CRITICAL   outage.as  AS39891 IPv4: all 33 known prefixes gone (100 % of the visibility lost, 25 peer ASes at 1 collector) since 00:07:04Z; confidence medium (the baseline was learned from the input)',
    },
    {
      says: 'what it is put down to',
      incident: judged,
      line: '00:08:50Z  CRITICAL   traffic.surge  AS4766: DNS queries 4.1 × their forecast at 6 of 6 resolvers since 00:07:04Z; confidence medium; verdict v2 routing-fault-with-secondary-surge (0.95; fault +37 dB, flood −31 dB)',
    },
    {
      says: 'its end, how long it was and how bad',
      incident: resolved,
      line: '00:24:10Z  resolved   outage.as  AS39891 IPv4: back after 12 min (00:07:04Z to 00:19:10Z); at its peak all 33 known prefixes gone (100 % of the visibility lost, 25 peer ASes at 1 collector)',
    },
    ...(
      [
        ['hijack.moas', 'hijack:5001:39891', 'AS5001 announces 192.0.2.0/24 of AS39891'],
        [
          'hijack.submoas',
          'hijack:5001:39891',
          'AS5001 announces 192.0.2.0/24 inside space of AS39891',
        ],
        [
          'hijack.less-specific',
          'hijack:5001:39891',
          'AS5001 announces 192.0.2.0/24 around prefixes of AS39891',
        ],
        [
          'hijack.forged-origin',
          'forged:5001:39891',
          'AS5001 announces 192.0.2.0/24 as if from AS39891',
        ],
        ['hijack.mass', 'mass:5001', 'AS5001 announces 1 prefix of 1 other network'],
        [
          'leak.reorigination',
          'mass:5001',
          'AS5001 originates 1 prefix of 1 network to which it has a way',
        ],
      ] as const
    ).map(([kind, key, says]) => ({
      says: kind,
      incident: {
        ...outage,
        kind,
        key,
        culprit: 5001,
        afi: null,
        counts: { ...counts, prefixes: 1, origins: 1, now: { ...counts, prefixes: 1, origins: 1 } },
        samples: { ...outage.samples, prefixes: ['192.0.2.0/24'] },
      } as Incident,
      line: `00:08:50Z  CRITICAL   ${kind}  AS39891 (by AS5001): ${says} (100 % of vantage points carry it, 25 peer ASes at 1 collector) since 00:07:04Z; confidence medium (the baseline was learned from the input)`,
    })),
    {
      says: 'given up: nothing came back, and that is what it says',
      incident: { ...resolved, endedAt: null, because: 'it was given up: missing for a week' },
      line: '00:24:10Z  resolved   outage.as  AS39891 IPv4: it was given up: missing for a week; at its peak all 33 known prefixes gone (100 % of the visibility lost, 25 peer ASes at 1 collector), since 00:07:04Z',
    },
    {
      says: 'coming back, with what is still missing and no promise',
      incident: {
        ...outage,
        state: 'resolving',
        counts: { ...outage.counts, now: { ...counts, prefixes: 1, share: 0.004 } },
      },
      line: '00:08:50Z  CRITICAL   outage.as  AS39891 IPv4: back, if it lasts: now 1 of 33 prefixes, share <1 %, 25 peer ASes at 1 collector; since 00:07:04Z',
    },
    {
      says: 'again, from a routing table: prefixes are all there are, not known ones',
      incident: {
        ...outage,
        state: 'reopened',
        baseline: 'rib',
        endedAt: '2024-10-29T00:08:00.000Z',
        counts: { ...outage.counts, now: { ...counts, prefixes: 30, share: 0.997 } },
      },
      line: '00:08:50Z  CRITICAL   outage.as  AS39891 IPv4: again: 30 of 33 prefixes gone (>99 % of the visibility lost, 25 peer ASes at 1 collector) since 00:07:04Z; confidence medium (the baseline was learned from the input)',
    },
    {
      says: 'a prefix by its name, and a beginning yesterday with its date',
      incident: {
        ...outage,
        kind: 'outage.prefix',
        severity: 'minor',
        startedAt: '2024-10-28T23:59:04.000Z',
        counts: { ...counts, prefixes: 1, now: { ...counts, prefixes: 1 } },
        samples: { ...outage.samples, prefixes: ['192.0.2.0/24'] },
      },
      line: '00:08:50Z  MINOR      outage.prefix  AS39891 IPv4: 192.0.2.0/24 gone, of 33 known prefixes (100 % of the visibility lost, 25 peer ASes at 1 collector) since 2024-10-28 23:59:04Z; confidence medium (the baseline was learned from the input)',
    },
    {
      says: 'a mass withdrawal that leaves its space covered',
      incident: {
        ...outage,
        kind: 'withdrawal.mass',
        severity: 'minor',
        counts: { ...outage.counts, now: { ...counts, prefixes: 20, covered: 20 } },
      },
      line: '00:08:50Z  MINOR      withdrawal.mass  AS39891 IPv4: 20 of 33 known prefixes gone, all of them still covered by the same AS (100 % of the visibility lost, 25 peer ASes at 1 collector) since 00:07:04Z; confidence medium (the baseline was learned from the input)',
    },
    {
      says: 'a leak with the way it took; a level that the score is worth has its strongest reason',
      incident: leak,
      line: '00:08:50Z  CRITICAL   leak.path  AS15169: routes passed on from AS4713 by AS15169 to AS701: 160,000 prefixes of 4,749 origins (20 % of vantage points carry it, 25 peer ASes at 1 collector) since 00:07:04Z; confidence high (one new link carries many origins)',
    },
    {
      says: 'somebody else is the culprit; the neighbour is not known',
      incident: {
        ...leak,
        asn: 39891,
        afi: 'ipv6',
        segments: [{ from: 0, by: 15169, to: 701, prefixes: 3 }],
      },
      line: '00:08:50Z  CRITICAL   leak.path  AS39891 IPv6 (by AS15169): routes passed on from unknown by AS15169 to AS701: 160,000 prefixes of 4,749 origins (20 % of vantage points carry it, 25 peer ASes at 1 collector) since 00:07:04Z; confidence high (one new link carries many origins)',
    },
    {
      says: 'many ways, and what speaks against it when it is in doubt',
      incident: {
        ...leak,
        segments: [...leak.segments, { from: 7029, by: 15169, to: 701, prefixes: 7 }],
        confidence: {
          score: 5,
          level: 'medium',
          tags: [
            { name: 'few', score: -3, because: 'only one peer took it' },
            { name: 'pop-up', score: 8, because: 'one new link carries many origins' },
          ],
        },
      },
      line: '00:08:50Z  CRITICAL   leak.path  AS15169: routes passed on from AS4713 by AS15169 to AS701 and 1 other way: 160,000 prefixes of 4,749 origins (20 % of vantage points carry it, 25 peer ASes at 1 collector) since 00:07:04Z; confidence medium (only one peer took it)',
    },
    {
      says: 'what speaks against a prefix, and why that is no surer; nothing twice',
      incident: {
        ...outage,
        kind: 'rpki.invalid',
        severity: 'minor',
        afi: null,
        confidence: {
          score: 5,
          level: 'low',
          tags: [
            { name: 'rpki.invalid', score: 4, because: '1 of 2 prefixes carried are invalid' },
            { name: 'witnesses', score: 1, because: '3 vantage points carry it' },
            { name: 'cap.low', score: 0, because: 'much of what was in the VRPs is missing' },
          ],
        },
      },
      line: '00:08:50Z  MINOR      rpki.invalid  AS39891: 1 of 2 prefixes carried are invalid since 00:07:04Z; confidence low (much of what was in the VRPs is missing)',
    },
    {
      says: 'what happened to nobody but us',
      incident: {
        ...outage,
        kind: 'rpki.collapsed',
        severity: 'info',
        asn: 0,
        culprit: 0,
        afi: null,
        confidence: {
          score: 5,
          level: 'medium',
          tags: [{ name: 'vrps.fewer', score: 5, because: 'there were 9 VRPs, and are 2' }],
        },
      },
      line: '00:08:50Z  INFO       rpki.collapsed  the VRPs we ask: there were 9 VRPs, and are 2 since 00:07:04Z; confidence medium',
    },
    {
      says: 'all of it back, if it lasts',
      incident: { ...resolved, state: 'resolving', endedAt: null },
      line: '00:24:10Z  CRITICAL   outage.as  AS39891 IPv4: back, if it lasts: now nothing of it; since 00:07:04Z',
    },
    {
      says: 'blind, in the words of the one who noticed',
      incident: blind,
      line: '00:08:50Z  MAJOR      blind  our own sight: lost (ris-live is silent) since 00:07:04Z; confidence high',
    },
    {
      says: 'seeing again, perhaps',
      incident: { ...blind, state: 'resolving' },
      line: '00:08:50Z  MAJOR      blind  our own sight: back, if it lasts: it was lost (ris-live is silent); since 00:07:04Z',
    },
    {
      says: 'seeing again',
      incident: { ...blind, state: 'resolved', endedAt: '2024-10-29T00:08:04.000Z' },
      line: '00:08:50Z  resolved   blind  our own sight: back after 60 s (00:07:04Z to 00:08:04Z); it was lost (ris-live is silent)',
    },
    {
      says: 'too short to be confirmed',
      incident: { ...resolved, state: 'transient', endedAt: '2024-10-29T00:07:50.000Z' },
      line: '00:24:10Z  transient  outage.as  AS39891 IPv4: over before it was confirmed, after 46 s (00:07:04Z to 00:07:50Z); all 33 known prefixes gone (100 % of the visibility lost, 25 peer ASes at 1 collector)',
    },
    {
      says: 'kept back, and why',
      incident: { ...outage, state: 'suppressed', because: 'maintenance CHG-2231' },
      line: '00:08:50Z  suppressed outage.as  AS39891 IPv4: all 33 known prefixes gone (100 % of the visibility lost, 25 peer ASes at 1 collector); not reported: maintenance CHG-2231',
    },
    {
      says: 'part of another',
      incident: { ...outage, foldedInto: 'fedcba9876543210' },
      line: '00:08:50Z  folded     outage.as  AS39891 IPv4: all 33 known prefixes gone (100 % of the visibility lost, 25 peer ASes at 1 collector); told as part of incident fedcba9876543210',
    },
  ]
  test.each(cases)('$says', ({ incident, line }) => expect(headline(incident)).toBe(line))

  test('is coloured only when told, and around the word alone', () => {
    const csi = '\u001b['
    expect(headline(outage)).not.toContain(csi)
    expect(headline(outage, { colour: true })).toContain(`  ${csi}31mCRITICAL  ${csi}0m outage.as`)
    expect(headline(resolved, { colour: true })).toContain(`${csi}32mresolved`)
    expect(headline({ ...outage, severity: 'minor' }, { colour: true })).toContain(`${csi}33mMINOR`)
  })

  test('no stranger paints or breaks the line', () => {
    const kept = headline({
      ...outage,
      state: 'suppressed',
      because: 'a\u001b[2Jb\nc\u009bd\u202ee',
    })
    expect(kept).toContain('not reported: a?[2Jb?c?d?e')
    expect(kept.split('\n')).toHaveLength(1)
  })
})

describe('story', () => {
  test('tells what the record holds', () => {
    const whole: Incident = {
      ...leak,
      endedAt: '2024-10-30T00:19:10.000Z',
      previousId: '0123456789abcdef',
      samples: { ...leak.samples, elements: [...leak.samples.elements, ...leak.samples.elements] },
    }
    expect(story(whole).split('\n').slice(1)).toEqual([
      '    id fedcba9876543210, revision 1: opened',
      '    began 00:07:04Z, detected 106 s later, ended 2024-10-30 00:19:10Z',
      '    at its peak 163,000 prefixes, 4,749 origins, share 20 %, 25 peer ASes at 1 collector; now 160,000 prefixes, 4,749 origins, share 20 %, 25 peer ASes at 1 collector',
      '    vantage points: 29 active, 1 quarantined, 0 down, 2 unknown',
      '    baseline: a routing table from before',
      '    confidence high, score 8',
      '      +8 pop-up: one new link carries many origins',
      '    passed on: from AS4713 by AS15169 to AS701, 163,000 prefixes',
      '    prefixes, for example: 192.0.2.0/24 198.51.100.0/24',
      '    192.0.2.0/24 at AS1 at rrc00: 1 2 39891 -> no route',
      '    see updates.bz2 at octet 4711',
      '    earlier incident of the same key: 0123456789abcdef',
    ])
  })

  test('a score against is written with its minus, and nothing is invented for what is absent', () => {
    const bare: Incident = {
      ...outage,
      confidence: {
        score: -1,
        level: 'low',
        tags: [{ name: 'few', score: -1, because: 'one peer' }],
      },
      samples: { prefixes: [], paths: [], elements: [] },
    }
    const told = story(bare)
    expect(told).toContain('      -1 few: one peer')
    expect(told).not.toMatch(/for example|see |passed on|earlier|undefined|null|NaN/)
  })
})
