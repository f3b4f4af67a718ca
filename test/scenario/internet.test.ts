import { describe, expect, test } from 'vitest'
import type { Asn } from '../../src/core/asn.ts'
import { minutes } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { buildInternet, CLIQUE, type Internet } from '../../src/scenario/internet.ts'
import { propagate } from '../../src/scenario/propagate.ts'
import { stableRoutes } from '../../src/scenario/routes.ts'
import { hasValley } from './valley.ts'

const SEEDS = [1, 2, 3, 4, 5]
const build = (seed: number) => buildInternet(new Dice(seed))
const nodes = (net: Internet) => net.asns.map((_, node) => node)

describe.each(SEEDS)('the Internet of seed %i', (seed) => {
  const net = build(seed)

  test('has the size it should have', () => {
    expect(net.asns).toHaveLength(170)
    expect(new Set(net.asns).size).toBe(170)
    expect(net.asns.slice(0, 12)).toEqual(CLIQUE)
    expect(net.asns[net.watched]).toBe(4766)
    for (const asn of net.asns.slice(13)) expect(asn).toBeGreaterThanOrEqual(30_000)
    const prefixes = net.atoms.flatMap((atom) => atom.prefixes)
    expect(new Set(prefixes).size).toBe(prefixes.length)
    expect(Math.abs(prefixes.length - 600)).toBeLessThan(60)
    expect(prefixes.filter((p) => p.includes(':')).length).toBeGreaterThan(60)
    const own = net.atoms.filter((a) => a.origin === net.watched).flatMap((a) => a.prefixes)
    expect(own).toHaveLength(60)
    expect(net.sessions).toHaveLength(40)
    expect(new Set(net.sessions.map((s) => s.asn)).size).toBe(20)
    expect(new Set(net.sessions.map((s) => s.collector)).size).toBe(3)
    expect(new Set(net.sessions.map((s) => s.address)).size).toBe(40)
  })

  test('everybody reaches everybody, and no path has a valley', () => {
    let paths = 0
    for (const origin of nodes(net)) {
      stableRoutes(net, origin).forEach((route, node) => {
        if (!route) throw new Error(`${net.asns[node]} has no way to ${net.asns[origin]}`)
        const path = [net.asns[node] as Asn, ...route.path]
        expect(path.at(-1)).toBe(net.asns[origin])
        expect(new Set(path).size).toBe(path.length)
        if (hasValley(net, path)) throw new Error(`valley: ${path.join(' ')}`)
        paths++
      })
    }
    expect(paths).toBe(170 * 170)
  })

  test('BGP, message by message, ends where the sweeps say it must', () => {
    const dice = new Dice(seed)
    let compared = 0
    for (const origin of nodes(net).filter((node) => node % 5 === 0)) {
      const routes = stableRoutes(net, origin)
      const heard = propagate(
        net,
        { origin, afi: 4 },
        [
          { at: 0, kind: 'withdraw' },
          { at: minutes(30), kind: 'announce' },
        ],
        dice,
      )
      net.sessions.forEach((session, i) => {
        if (session.afi !== 4) return
        const mine = heard.filter((h) => h.session === i)
        expect(mine.filter((h) => h.at < minutes(30)).at(-1)?.path).toBeNull()
        expect(mine.at(-1)?.path).toEqual([session.asn, ...(routes[session.node]?.path ?? [])])
        compared++
      })
    }
    expect(compared).toBe(34 * 20)
  })
})

test('other sizes can be had, silly ones cannot', () => {
  const net = buildInternet(new Dice(1), {
    ases: 600,
    prefixes: 2_000,
    vantages: 30,
    watched: 9318,
  })
  expect(net.asns).toHaveLength(600)
  expect(net.sessions).toHaveLength(60)
  expect(net.asns[net.watched]).toBe(9318)
  const prefixes = net.atoms.flatMap((atom) => atom.prefixes)
  expect(Math.abs(prefixes.length - 2_000)).toBeLessThan(250)
  expect(new Set(prefixes).size).toBe(prefixes.length)
  expect(() => buildInternet(new Dice(1), { ases: 20 })).toThrow(RangeError)
  expect(() => buildInternet(new Dice(1), { watched: 174 })).toThrow(RangeError)
})
