// Records into the columns of batches, and with `table` into what every vantage point believes.

import { Order } from '../clock/order.ts'
import { Batch, BatchPool, Message } from '../core/batch.ts'
import type { Fact } from '../core/fact.ts'
import { VantagePoints } from '../core/vantage.ts'
import { readChunks } from '../feeds/archive.ts'
import { Table } from '../table/table.ts'
import { MrtReader } from '../wire/mrt.ts'
import { type Measured, used } from './measured.ts'

export async function decoding(path: string): Promise<Measured> {
  const reader = new MrtReader(new VantagePoints(), 'bench', 0)
  const batch = new Batch()
  let elements = 0
  let octets = 0
  const drain = (last: boolean) => {
    for (let more = true; more; ) {
      batch.clear()
      more = reader.read(batch, last)
      elements += batch.elements
    }
  }
  for await (const chunk of readChunks(path)) {
    octets += chunk.length
    reader.push(chunk)
    drain(false)
  }
  drain(true)
  return { records: reader.stats.records, elements, octets, ...used() }
}

/** The clock puts messages in order, the table changes; nobody judges what that means. */
export async function tabling(path: string, rib?: string): Promise<Measured> {
  const vantages = new VantagePoints()
  const table = new Table({ vantages, asns: null, baseline: rib ? 'rib' : 'learned-live' })
  if (rib) await loadInto(table, rib)
  const pool = new BatchPool()
  const sink = {
    message(batch: Batch, m: number) {
      if (batch.interned !== table.paths.epoch) table.intern(batch)
      table.apply(batch, m)
    },
    fact: (fact: Fact) => table.fact(fact),
  }
  const order = new Order(vantages, sink, (batch) => pool.give(batch))
  const reader = new MrtReader(vantages, 'bench', 0)
  const stream = order.stream()
  let octets = 0
  const drain = (last: boolean) => {
    for (let more = true; more; ) {
      const batch = pool.take()
      more = reader.read(batch, last)
      order.push(stream, batch)
      order.release()
    }
  }
  table.start()
  for await (const chunk of readChunks(path)) {
    octets += chunk.length
    reader.push(chunk)
    drain(false)
  }
  drain(true)
  order.flush()
  return { records: reader.stats.records, elements: table.elements, octets, ...used() }
}

async function loadInto(table: Table, path: string): Promise<void> {
  const reader = new MrtReader(table.vantages, 'bench', 0)
  const batch = new Batch()
  const drain = (last: boolean) => {
    for (let more = true; more; ) {
      batch.clear()
      more = reader.read(batch, last)
      table.load(batch)
    }
  }
  for await (const chunk of readChunks(path)) {
    reader.push(chunk)
    drain(false)
  }
  drain(true)
}

/** A starting table made of what the updates of `path` announce first, into `visit`. */
export async function firstRoutes(path: string) {
  const vantages = new VantagePoints()
  const table = new Table({ vantages, asns: null, baseline: 'rib' })
  const reader = new MrtReader(vantages, 'bench', 0)
  const batch = new Batch()
  const drain = (last: boolean) => {
    for (let more = true; more; ) {
      batch.clear()
      more = reader.read(batch, last)
      table.intern(batch)
      for (let m = 0; m < batch.messages; m++) {
        if (batch.kind[m] !== Message.update) continue
        for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
          const prefix = batch.prefixRef[e] as number
          if (batch.announced[e] === 1 && prefix >= 0)
            table.seed(batch.vantage[m] as number, prefix, batch.pathRef[m] as number, true)
        }
      }
    }
  }
  for await (const chunk of readChunks(path)) {
    reader.push(chunk)
    drain(false)
  }
  drain(true)
  return table
}
