// What became of a replay: what could not be read or used is said, and the whole is summed up.

import { InputError } from './command.ts'
import type { Instant } from './core/time.ts'
import type { ReplayRun } from './replay-run.ts'
import type { Summary } from './report/format.ts'
import type { openLog } from './report/log.ts'
import type { Table } from './table/table.ts'
import { treatedAsWithdraw } from './treated.ts'

type Log = ReturnType<typeof openLog>

/** `routed`: there should be routes in it. */
export function summarise(run: ReplayRun, log: Log, routed: boolean): Summary {
  const { table } = run.journey
  let good = 0
  let malformed = 0
  for (const { path, mrt, packed, error } of run.input.reports.values()) {
    good += mrt.records - mrt.malformed
    malformed += mrt.malformed
    if (error !== null) log.error(`${path}: ${error}`)
    if (mrt.malformed > 0)
      log.warn(`${path}: ${mrt.malformed} of ${mrt.records} records could not be read`)
    if (mrt.skipped > 0)
      log.info(
        `${path}: ${mrt.skipped} of ${mrt.records} records are of kinds that say nothing here`,
      )
    if (packed.damaged > 0) log.warn(`${path}: ${packed.damaged} damaged ${packed.format} blocks`)
    if (mrt.truncated || packed.truncated)
      log.warn(`${path}: it ends in the middle of a record; what came before was used`)
  }
  warnOfTreated(table, log)
  if (run.order.late > 0) log.warn(`${run.order.late} messages came after their time`)
  if (run.order.refused > 0)
    log.warn(`${run.order.refused} messages with stamps that leap were left out`)
  for (const { table: name, count } of table.dropped)
    if (count > 0) log.warn(`${count} ${name} beyond the limit were left out; raise limits.${name}`)
  if (good === 0 && routed)
    throw new InputError('no MRT record could be read: are these MRT files (RFC 6396)?')
  return {
    elements: table.elements,
    malformed,
    vantagePoints: run.vantages.list.length,
    from: finite(run.order.first),
    until: finite(Math.max(run.order.newestOfAll(), run.order.now)),
  }
}

export function warnOfTreated(table: Table, log: Log): void {
  const treated = treatedAsWithdraw(table)
  if (treated !== null) log.warn(treated)
}

export const finite = (at: Instant): Instant | null => (Number.isFinite(at) ? at : null)
