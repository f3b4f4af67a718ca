import { expect, test } from 'vitest'
import { metrics } from '../../src/core/sample.ts'
import { mannerOf } from '../../src/verdict/manner.ts'

const names = Object.keys(metrics)

test('what is a share or a state is compared by difference, never by ratio', () => {
  const shares = names.filter((name) => metrics[name]?.unit.startsWith('0 '))
  expect(shares.length).toBeGreaterThan(10)
  for (const name of shares) expect([name, mannerOf(name).form]).toEqual([name, 'difference'])
})

test('what may well be zero for hours is no ratio of zero', () => {
  const rare = names.filter((name) => /drops|discards|runs|purges/.test(name))
  expect(rare.length).toBe(6)
  for (const name of rare) expect([name, mannerOf(name).form]).toEqual([name, 'count'])
})

test('routing stands, traffic swings', () => {
  const stands = names.filter((name) => !mannerOf(name).swings)
  expect(stands.sort()).toEqual([
    'adjacencies',
    'adjacency_up',
    'cpu_punt_drops',
    'lsdb_routes',
    'lsp_purges',
    'probe_success',
    'rx_prefix_limit_ratio',
    'rx_prefixes',
    'session_up',
    'spf_runs',
    'up_24s',
    'visible_24s',
  ])
  for (const name of ['in_bps', 'out_bps', 'in_pps', 'flow_bps', 'qps'])
    expect([name, mannerOf(name)]).toMatchObject([name, { form: 'ratio', swings: true }])
})
