// All detectors, in the order in which they are asked. A new one is a file and a line here.

import { type Context, noContext } from '../core/context.ts'
import type { Detector, View } from '../core/view.ts'
import { Blind, type BlindSettings, blindDefaults } from './blind.ts'
import { LeakPath, type LeakSettings, leakDefaults } from './leak-path.ts'
import { LeakSpecifics, type SpecificsSettings, specificsDefaults } from './leak-specifics.ts'
import { Losses } from './losses.ts'
import { type OutageSettings, outageDefaults, outageOfAs } from './outage-as.ts'
import { outageOfPrefix, type PrefixOutageSettings, prefixOutageDefaults } from './outage-prefix.ts'
import { massWithdrawal, type WithdrawalSettings, withdrawalDefaults } from './withdrawal-mass.ts'

export interface DetectSettings {
  readonly outage: OutageSettings
  readonly withdrawal: WithdrawalSettings
  readonly prefix: PrefixOutageSettings
  readonly leak: LeakSettings
  readonly specifics: SpecificsSettings
  readonly blind: BlindSettings
}

export const detectDefaults: DetectSettings = {
  outage: outageDefaults,
  withdrawal: withdrawalDefaults,
  prefix: prefixOutageDefaults,
  leak: leakDefaults,
  specifics: specificsDefaults,
  blind: blindDefaults,
}

export function makeDetectors(
  view: View,
  settings: DetectSettings = detectDefaults,
  context: Context = noContext,
): Detector[] {
  const { outage, withdrawal, prefix, leak, specifics, blind } = settings
  const losses = new Losses(view)
  const leaks = new LeakPath(view, leak, context)
  return [
    losses,
    outageOfAs(view, losses, outage),
    massWithdrawal(view, losses, withdrawal),
    outageOfPrefix(view, losses, prefix, outage),
    leaks,
    new LeakSpecifics(view, specifics, (path) => leaks.suspects(path)),
    new Blind(view, blind),
  ]
}
