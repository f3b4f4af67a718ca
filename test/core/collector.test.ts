import { describe, expect, test } from 'vitest'
import { collectorName, routeViewsName } from '../../src/core/collector.ts'
import { VantagePoints } from '../../src/core/vantage.ts'

describe('a collector has one name', () => {
  test.each([
    ['rrc21.ripe.net', 'rrc21'],
    ['RRC00', 'rrc00'],
    ['rrc00', 'rrc00'],
    ['route-views2', 'route-views2'],
    ['route-views2.routeviews.org', 'route-views2'],
    ['route-views2.oregon-ix.net', 'route-views2'],
    ['route-views.sg', 'route-views.sg'],
    ['route-views.sg.routeviews.org', 'route-views.sg'],
    ['linx.routeviews.org', 'route-views.linx'],
    ['routeviews.route-views.jinx', 'route-views.jinx'],
    ['routeviews4', 'route-views4'],
    ['amsix.ams', 'amsix.ams'],
    ['amsix.ams.routeviews.org', 'amsix.ams'],
    // Somebody's own: nothing is known of its spelling.
    ['linx', 'linx'],
    ['Lab-1', 'Lab-1'],
    ['rrc21.example.net', 'rrc21.example.net'],
  ])('%s', (given, name) => {
    expect(collectorName(given)).toBe(name)
    // And stays it.
    expect(collectorName(name)).toBe(name)
  })

  test.each([
    ['linx', 'route-views.linx'],
    ['sg', 'route-views.sg'],
    ['amsix.ams', 'amsix.ams'],
    ['route-views5', 'route-views5'],
    ['route-views.sg', 'route-views.sg'],
  ])('of RouteViews: %s', (given, name) => {
    expect(routeViewsName(given)).toBe(name)
  })
})

test('the same speaker at a collector of two spellings is one vantage point', () => {
  const vantages = new VantagePoints()
  const [a, b] = ['rrc21.ripe.net', 'rrc21'].map((name) => vantages.collector(name))
  expect(a).toBe(b)
  const intern = (collector: number) => vantages.intern(collector, 1, 0, 0, 0, 64_500, 4)
  expect(intern(a as number)).toBe(intern(b as number))
  expect(vantages.collectors).toEqual(['rrc21'])
})
