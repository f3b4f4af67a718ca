import { describe, expect, test } from 'vitest'
import {
  type Change,
  changeEvents,
  changeLabels,
  labelValues,
  metrics,
  type Sample,
} from '../../src/core/sample.ts'
import { hours, minutes, parseInstant, seconds } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { formatSample, readSample, readSampleValue } from '../../src/wire/sample-json.ts'

const AT = parseInstant('2021-10-25T02:16:00Z') as number

const line = (over: object = {}) =>
  JSON.stringify({
    at: '2021-10-25T02:16:00Z',
    plane: 'ingress',
    metric: 'in_bps',
    value: 1.2e10,
    labels: { pop: 'seoul', link: 'ae0' },
    uncertainty: '45s',
    ...over,
  })
const change = (over: object = {}) =>
  JSON.stringify({
    at: '2021-10-25T02:10:00+00:00',
    plane: 'change',
    event: 'commit',
    labels: { router: 'r1' },
    note: 'CHG-2231',
    ...over,
  })

const fact = (text: string) => {
  const read = readSample(text)
  if (!read.ok) throw new Error(read.why)
  return read.fact
}
const why = (text: string) => {
  const read = readSample(text)
  return read.ok ? 'nothing' : read.why
}

describe('a line', () => {
  test('is a sample, with its labels in order', () => {
    expect(fact(line())).toEqual({
      kind: 'sample',
      at: AT,
      plane: 'ingress',
      metric: 'in_bps',
      value: 1.2e10,
      labels: { link: 'ae0', pop: 'seoul' },
      uncertainty: seconds(45),
    })
    expect(Object.keys(fact(line()).labels)).toEqual(['link', 'pop'])
  })

  test('is a change', () => {
    expect(fact(change())).toEqual({
      kind: 'change',
      at: AT - seconds(360),
      event: 'commit',
      labels: { router: 'r1' },
      note: 'CHG-2231',
      uncertainty: seconds(1),
    })
  })

  test.each([
    ['bgp', 'session_up', { router: 'r', peer: '192.0.2.1' }, 15],
    ['igp', 'spf_runs', { router: 'r' }, 15],
    ['ingress', 'in_bps', { link: 'a' }, 90],
    ['flow', 'flow_bps', {}, 60],
    ['dns', 'qps', { resolver: '192.0.2.53' }, 30],
    ['probe', 'probe_success', { set: 'inside' }, 30],
  ])('of %s without uncertainty has the usual one', (plane, metric, labels, usual) => {
    const value = 1
    const text = line({ plane, metric, value, labels, uncertainty: undefined })
    expect(fact(text).uncertainty).toBe(seconds(usual))
    const mine = { bgp: 1, igp: 1, ingress: 1, flow: 1, dns: 1, probe: 1 }
    expect(readSample(text, mine)).toMatchObject({ fact: { uncertainty: 1 } })
  })

  test('keeps microseconds, and zones', () => {
    expect(fact(line({ at: '2021-10-25T02:16:00.123456Z' })).at).toBe(AT + 123_456)
    expect(fact(line({ at: '2021-10-25T02:16:00.1234Z' })).at).toBe(AT + 123_400)
    expect(fact(line({ at: '2021-10-25T11:16:00.000001+09:00' })).at).toBe(AT + 1)
    expect(fact(line({ at: String(AT / 1e6) })).at).toBe(AT)
  })

  test('of a detector or a mitigation names no single host', () => {
    const labels = { host: '198.51.100.77', direction: 'incoming' }
    expect(fact(change({ event: 'detector-start', labels })).labels).toEqual({
      direction: 'incoming',
      host: '198.51.100.0/24',
    })
    const six = { prefix: '2001:db8:1:2::3/128,192.0.2.9/32,192.0.2.8', kind: 'rtbh' }
    expect(fact(change({ event: 'mitigation-start', labels: six })).labels['prefix']).toBe(
      '2001:db8:1::/48,192.0.2.0/24',
    )
    const own = { id: 'w1', prefix: '192.0.2.9/32' }
    expect(fact(change({ event: 'window-start', labels: own })).labels).toEqual(own)
  })
})

describe('a fault says what was expected', () => {
  test.each<[string, RegExp]>([
    ['{', /is not JSON: one object a line/],
    ['[1]', /must be an object with at, plane/],
    [line({ metric: 'in_bsp' }), /^metric: "in_bsp" is not known; did you mean in_bps\?/],
    [line({ metric: 'zzz' }), /^metric: "zzz" is not known; config\/README.md lists them/],
    [line({ metric: undefined }), /^metric: is missing/],
    [line({ metric: 'toString' }), /^metric: "toString" is not known/],
    [line({ plane: 'flow' }), /^plane: in_bps is of the plane ingress, not of flow/],
    [line({ plane: 'ingres' }), /did you mean ingress\?/],
    [line({ plane: 7 }), /^plane: 7 is not known; it is one of bgp, igp, /],
    [line({ labels: { pop: 'x' } }), /^labels: link missing; in_bps wants link, pop\?/],
    [line({ labels: { link: '' } }), /^labels: link missing/],
    [line({ labels: { link: 'a\nb' } }), /^labels.link: must be one line/],
    [line({ labels: { link: 1 } }), /^labels.link: must be a text/],
    [line({ labels: { link: 'a', __x: 'b' } }), /^labels: a name must be letters/],
    [line({ labels: { link: 'x'.repeat(257) } }), /has 257 characters; 256 at most/],
    [line({ labels: { ['k'.repeat(65)]: 'x' } }), /has 65 characters; 64 at most/],
    [
      line({ labels: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`l${i}`, 'x'])) }),
      /there are 17; 16 at most/,
    ],
    [line({ labels: { link: 'a', client: '203.0.113.9' } }), /^labels.client: holds the address/],
    [line({ value: '5' }), /^value: must be a finite number, not "5"/],
    [line().replace('12000000000', '1e999'), /^value: must be a finite number/],
    [line({ value: -1 }), /never negative/],
    [line({ metric: 'link_load', value: 37 }), /a part of one, not a percentage/],
    [line({ at: 'noon' }), /^at: must be an instant such as 2021-10-25T02:16:00Z, not "noon"/],
    [line({ at: '2021-02-30T00:00:00Z' }), /^at: must be/],
    [line({ at: '2021-10-25T25:00:00Z' }), /^at: must be/],
    [line({ at: '1969-12-31T23:59:59Z' }), /^at: must be/],
    [line({ at: undefined }), /^at: is missing/],
    [line({ uncertainty: 45 }), /^uncertainty: must be a time up to 24h such as "45s", not 45/],
    [line({ uncertainty: '2d' }), /^uncertainty: must be/],
    [line({ uncertanty: '2s' }), /^"uncertanty" is not known here; did you mean uncertainty\?/],
    [change({ event: 'comit' }), /^event: "comit" is not known; did you mean commit\?/],
    [change({ event: 'window-start', labels: {} }), /^labels: id missing; window-start wants id/],
    [
      change({ event: 'mitigation-end', labels: { kind: 'magic' } }),
      /^labels.kind: must be one of rtbh, flowspec, scrubber, not "magic"/,
    ],
    [change({ note: 'x'.repeat(513) }), /^note: must be one line of at most 512/],
    [change({ value: 3 }), /^"value" is not known here; there are at, plane, event/],
    ['x'.repeat(50_000), /is longer than 40000 characters/],
  ])('%.70s', (text, expected) => {
    expect(why(text)).toMatch(expected)
  })
})

/** Any fact there can be. */
function anyFact(dice: Dice): Sample | Change {
  const at = AT + dice.int(0, 2 ** 31) * 1_000 + (dice.chance(0.5) ? dice.int(0, 999) : 0)
  const uncertainty = dice.chance(0.5) ? seconds(dice.int(0, 3_600)) : dice.int(0, hours(1))
  const text = (longest: number) =>
    String.fromCharCode(
      ...Array.from({ length: dice.int(1, longest) }, () =>
        dice.chance(0.8) ? dice.int(59, 126) : dice.int(0xa1, 0xffff),
      ),
    )
  const labelsFor = (wanted: readonly string[]) => {
    const names = wanted
      .filter((name) => !name.endsWith('?') || dice.chance(0.5))
      .map((name) => name.replace('?', ''))
    const extra = dice.chance(0.3) ? [`x${dice.int(0, 9)}`] : []
    const pairs = [...names, ...extra].map((name): [string, string] => [
      name,
      labelValues[name] ? dice.pick(labelValues[name]) : text(dice.chance(0.1) ? 256 : 12),
    ])
    return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
  }
  if (dice.chance(0.3)) {
    const event = dice.pick(changeEvents)
    const note = dice.chance(0.5) ? '' : text(512)
    return { kind: 'change', at, event, labels: labelsFor(changeLabels[event]), note, uncertainty }
  }
  const metric = dice.pick(Object.keys(metrics))
  const spec = metrics[metric] as (typeof metrics)[string]
  const value =
    spec.unit === '0 … 1'
      ? dice.float()
      : dice.float() * 10 ** dice.int(-9, dice.chance(0.1) ? 300 : 12)
  const labels = labelsFor(spec.labels)
  return { kind: 'sample', at, plane: spec.plane, metric, value, labels, uncertainty }
}

describe('whatever the dice say', () => {
  test('what was written is read as the same', () => {
    const dice = new Dice('sample-json')
    for (let i = 0; i < 5_000; i++) {
      const given = anyFact(dice)
      const text = formatSample(given)
      expect(text).not.toContain('\n')
      expect(readSample(text)).toEqual({ ok: true, fact: given })
      expect(formatSample(fact(text))).toBe(text)
    }
  })

  test('a line that is damaged never throws, and what it gives is written and read again', () => {
    const dice = new Dice('damaged')
    const parts = [
      '"',
      '{',
      '}',
      '[',
      ',',
      ':',
      'null',
      '1e999',
      '-',
      '\\u0000',
      '\u2028',
      '__proto__',
      '"at":',
      '9'.repeat(40),
    ]
    let good = 0
    for (let i = 0; i < 20_000; i++) {
      let text = formatSample(anyFact(dice))
      for (let n = dice.int(1, 4); n > 0; n--) {
        const from = dice.int(0, text.length)
        const with_ = dice.chance(0.5) ? dice.pick(parts) : String.fromCharCode(dice.int(0, 255))
        text = text.slice(0, from) + with_ + text.slice(from + dice.int(0, 6))
      }
      const read = readSample(text)
      if (!read.ok) {
        expect(read.why).not.toBe('')
        continue
      }
      good++
      expect(readSample(formatSample(read.fact))).toEqual(read)
    }
    // Damage inside a text leaves a line that is sound.
    expect(good).toBeGreaterThan(100)
    expect(good).toBeLessThan(19_000)
  })

  test('any value there is in JSON is taken or refused', () => {
    const odd = [
      null,
      true,
      0,
      '',
      [],
      {},
      { at: {} },
      { plane: [] },
      { plane: 'change', event: {} },
    ]
    for (const value of odd) expect(readSampleValue(value).ok).toBe(false)
    for (const key of ['at', 'plane', 'metric', 'value', 'labels', 'uncertainty'])
      for (const value of odd) {
        const given = { ...JSON.parse(line()), [key]: value }
        const ok = readSampleValue(given).ok
        expect([key, value, ok]).toEqual([key, value, key === 'value' && value === 0])
      }
  })
})

test('a line of a file may say when it was heard; one that is pushed may not', () => {
  const heard = (text: string) => readSample(line({ heard: text }), undefined, true)
  expect(heard('2021-10-25T02:21:00Z')).toMatchObject({ fact: { heard: AT + minutes(5) } })
  expect(heard('soon')).toMatchObject({ why: expect.stringMatching(/^heard: must be an instant/) })
  expect(readSample(line({ heard: '2021-10-25T02:21:00Z' }))).toMatchObject({
    why: expect.stringMatching(/heard.* is not known/),
  })
})
