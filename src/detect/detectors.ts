// All detectors, in the order in which they are asked. A new one is a file and a line here.

import { type Context, noContext } from '../core/context.ts'
import type { Detector, View } from '../core/view.ts'
import { Blind, type BlindSettings, blindDefaults } from './blind.ts'
import { ChurnOfAs } from './churn-as.ts'
import { ChurnGlobal, type ChurnSettings, churnDefaults } from './churn-global.ts'
import { LeakPath, type LeakSettings, leakDefaults } from './leak-path.ts'
import { Losses } from './losses.ts'
import { type OutageSettings, outageDefaults, outageOfAs } from './outage-as.ts'
import { OutagePartial, type PartialSettings, partialDefaults } from './outage-partial.ts'
import { outageOfPrefix, type PrefixOutageSettings, prefixOutageDefaults } from './outage-prefix.ts'
import { PathEvents, type PathSettings, pathDefaults } from './path-events.ts'
import { type BurstSettings, burstDefaults, WithdrawalBurst } from './withdrawal-burst.ts'
import { massWithdrawal, type WithdrawalSettings, withdrawalDefaults } from './withdrawal-mass.ts'

export interface DetectSettings {
  readonly outage: OutageSettings
  readonly withdrawal: WithdrawalSettings
  readonly prefix: PrefixOutageSettings
  readonly partial: PartialSettings
  readonly burst: BurstSettings
  readonly path: PathSettings
  readonly churn: ChurnSettings
  readonly leak: LeakSettings
  readonly blind: BlindSettings
}

export const detectDefaults: DetectSettings = {
  outage: outageDefaults,
  withdrawal: withdrawalDefaults,
  prefix: prefixOutageDefaults,
  partial: partialDefaults,
  burst: burstDefaults,
  path: pathDefaults,
  churn: churnDefaults,
  leak: leakDefaults,
  blind: blindDefaults,
}

export function makeDetectors(
  view: View,
  settings: DetectSettings = detectDefaults,
  context: Context = noContext,
): Detector[] {
  const { outage, withdrawal, prefix, partial, burst, path, churn, leak, blind } = settings
  const losses = new Losses(view)
  const bursts = new WithdrawalBurst(view, losses, burst)
  return [
    losses,
    bursts,
    outageOfAs(view, losses, outage, bursts),
    massWithdrawal(view, losses, withdrawal),
    outageOfPrefix(view, losses, prefix, outage),
    new OutagePartial(view, losses, partial, outage),
    new LeakPath(view, leak),
    new PathEvents(view, path, context),
    new ChurnOfAs(view, churn),
    new ChurnGlobal(view, churn),
    new Blind(view, blind),
  ]
}
