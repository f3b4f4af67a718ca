import { describe, expect, it } from 'vitest'
import { Batch, BatchPool, Message } from '../../src/core/batch.ts'

/** A message of `vantage` at that instant that announces so many prefixes, on a path of its own. */
function tell(batch: Batch, vantage: number, at: number, prefixes: number): void {
  const m = batch.open(Message.update, at, vantage, at * 10)
  batch.pathStart[m] = batch.pathWords
  batch.pathLength[m] = 1
  batch.path[batch.pathWords++] = at
  for (let i = 0; i < prefixes; i++) {
    const e = batch.elements++
    batch.announced[e] = 1
    batch.afi[e] = 4
    batch.length[e] = 24
    batch.pathId[e] = 0
    batch.word0[e] = at * 100 + i
  }
  batch.close()
}

function rows(batch: Batch): [number, number, number, number | undefined, number[]][] {
  return Array.from({ length: batch.messages }, (_, m) => [
    batch.vantage[m] as number,
    batch.at[m] as number,
    batch.offset[m] as number,
    batch.path[batch.pathStart[m] as number],
    [...batch.word0.slice(batch.first[m], batch.first[m + 1])],
  ])
}

describe('Batch', () => {
  it('leaves out messages of nobody, with their elements', () => {
    const [all, some] = [new Batch(16, 64, 64), new Batch(16, 64, 64)]
    const told: [number, number][] = [
      [-1, 2],
      [3, 0],
      [3, 4],
      [-1, 1],
      [-1, 0],
      [0, 3],
      [-1, 5],
    ]
    told.forEach(([vantage, prefixes], i) => {
      tell(all, vantage, i + 1, prefixes)
      if (vantage >= 0) tell(some, vantage, i + 1, prefixes)
    })
    expect(all.dropNobody()).toBe(4)
    expect(rows(all)).toEqual(rows(some))
    expect(all.elements).toBe(some.elements)
    expect(all.dropNobody()).toBe(0)
    tell(all, 9, 99, 2)
    tell(some, 9, 99, 2)
    expect(rows(all)).toEqual(rows(some))
  })

  it('gives back all that the messages took which it forgets', () => {
    const batch = new Batch(16, 64, 64)
    tell(batch, 1, 1, 2)
    const before = [batch.messages, batch.elements, batch.pathWords]
    tell(batch, 1, 2, 3)
    batch.open(Message.alive, 3, 1, 3)
    batch.close()
    tell(batch, 1, 4, 1)
    batch.truncate(1)
    expect([batch.messages, batch.elements, batch.pathWords]).toEqual(before)
  })

  it('is the same rows for whoever has its memory', () => {
    let memory: ArrayBufferLike = new ArrayBuffer(0)
    const one = new Batch(7, 5, 3, (octets) => {
      memory = new SharedArrayBuffer(octets)
      return memory
    })
    const two = new Batch(7, 5, 3, () => memory)
    for (let i = 0; i < 7; i++) tell(one, i, i, 2)
    two.messages = one.messages
    expect(rows(two)).toEqual(rows(one))
    expect(rows(two)).toHaveLength(7)
  })

  it('goes back to its owner', () => {
    const made: Batch[] = []
    const pool = new BatchPool(() => {
      const batch = new Batch(1, 1, 1)
      made.push(batch)
      return batch
    })
    const mine = pool.take()
    const back: Batch[] = []
    const theirs = new Batch(1, 1, 1)
    theirs.owner = (batch) => back.push(batch)
    pool.give(theirs)
    pool.give(mine)
    expect([back, pool.take() === mine, made.length]).toEqual([[theirs], true, 1])
    const all = new BatchPool(() => new Batch(1, 1, 1), Number.POSITIVE_INFINITY)
    const out = Array.from({ length: 100 }, () => all.take())
    for (const batch of out) all.give(batch)
    const again = new Set(Array.from({ length: 100 }, () => all.take()))
    expect(out.every((batch) => again.has(batch))).toBe(true)
  })
})
