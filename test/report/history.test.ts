import { describe, expect, test } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { History } from '../../src/report/history.ts'
import { outage, resolved } from './sample.ts'

const id = (n: number) => n.toString(16).padStart(16, '0')
const at = (minute: number) => `2024-10-29T01:${String(minute).padStart(2, '0')}:00.000Z`
const open = (n: number, minute = n): Incident => ({ ...outage, id: id(n), updatedAt: at(minute) })
const over = (n: number, minute = n): Incident => ({
  ...resolved,
  id: id(n),
  updatedAt: at(minute),
})

describe('history', () => {
  test('knows the latest revision and the way to it', () => {
    const history = new History()
    const second: Incident = { ...outage, revision: 2 }
    for (const revision of [outage, second, resolved]) history.add(revision)
    expect(history.get(outage.id)).toBe(resolved)
    expect(history.revisions(outage.id)).toEqual([outage, second, resolved])
    expect(history.size).toBe(1)
    expect(history.get('nobody')).toBeUndefined()
    expect(history.revisions('nobody')).toEqual([])
  })

  test('of many revisions the opening one and the latest stay', () => {
    const history = new History({ earlier: 2 })
    for (let revision = 1; revision <= 6; revision++) history.add({ ...outage, revision })
    expect(history.revisions(outage.id).map((i) => i.revision)).toEqual([1, 5, 6])
    expect(history.dropped).toEqual({ incidents: 0, revisions: 3 })
    const none = new History({ earlier: 0 })
    for (let revision = 1; revision <= 3; revision++) none.add({ ...outage, revision })
    expect(none.revisions(outage.id).map((i) => i.revision)).toEqual([3])
  })

  test('a story told anew begins anew', () => {
    const history = new History()
    for (const revision of [outage, resolved, outage]) history.add(revision)
    expect(history.revisions(outage.id)).toEqual([outage])
  })

  test('what was over first goes first, what is open last of all', () => {
    const history = new History({ limit: 3 })
    // 1 is older than all, but open; 2 was over before 3.
    for (const incident of [open(1), over(2), over(3), open(4)]) history.add(incident)
    expect(history.list().map((i) => i.id)).toEqual([id(4), id(3), id(1)])
    history.add(open(5))
    history.add(open(6))
    expect(history.list().map((i) => i.id)).toEqual([id(6), id(5), id(4)])
    expect(history.dropped).toEqual({ incidents: 3, revisions: 0 })
    expect(history.size).toBe(3)
  })

  test('an incident that was told about again is not the oldest any more', () => {
    const history = new History({ limit: 2 })
    for (const incident of [over(1), over(2), { ...over(1, 9), revision: 4 }, over(3)])
      history.add(incident)
    expect(history.list().map((i) => i.id)).toEqual([id(1), id(3)])
  })

  test('lists what is asked for, the latest first', () => {
    const history = new History()
    const leaked: Incident = { ...open(3), asn: 64500, culprit: 64501 }
    for (const incident of [open(1), over(2), leaked]) history.add(incident)
    const ids = (wanted: Parameters<History['list']>[0]) => history.list(wanted).map((i) => i.id)
    expect(ids({})).toEqual([id(3), id(2), id(1)])
    expect(ids({ states: ['open'] })).toEqual([id(3), id(1)])
    expect(ids({ states: ['open', 'resolved'], asns: [39891] })).toEqual([id(2), id(1)])
    expect(ids({ asns: [64501] })).toEqual([id(3)])
    expect(ids({ since: at(2) })).toEqual([id(3), id(2)])
    expect(ids({ states: ['transient'] })).toEqual([])
  })
})
