// All detectors, in the order in which they are asked. A new one is a file and a line here.

import { type Context, noContext } from '../core/context.ts'
import type { Detector, View } from '../core/view.ts'
import { Blind, type BlindSettings, blindDefaults } from './blind.ts'
import { Hijacks } from './hijack.ts'
import { ForgedOrigins } from './hijack-forged.ts'
import { Known } from './hijack-score.ts'
import { type HijackSettings, hijackDefaults } from './hijack-settings.ts'
import { LeakPath, type LeakSettings, leakDefaults } from './leak-path.ts'
import { Losses } from './losses.ts'
import { type OutageSettings, outageDefaults, outageOfAs } from './outage-as.ts'
import { outageOfPrefix, type PrefixOutageSettings, prefixOutageDefaults } from './outage-prefix.ts'
import { massWithdrawal, type WithdrawalSettings, withdrawalDefaults } from './withdrawal-mass.ts'

export interface DetectSettings {
  readonly outage: OutageSettings
  readonly withdrawal: WithdrawalSettings
  readonly prefix: PrefixOutageSettings
  readonly leak: LeakSettings
  readonly hijack: HijackSettings
  readonly blind: BlindSettings
}

export const detectDefaults: DetectSettings = {
  outage: outageDefaults,
  withdrawal: withdrawalDefaults,
  prefix: prefixOutageDefaults,
  leak: leakDefaults,
  hijack: hijackDefaults,
  blind: blindDefaults,
}

export function makeDetectors(
  view: View,
  settings: DetectSettings = detectDefaults,
  context: Context = noContext,
): Detector[] {
  const { outage, withdrawal, prefix, leak, hijack, blind } = settings
  const losses = new Losses(view)
  const known = new Known(view, context)
  return [
    losses,
    outageOfAs(view, losses, outage),
    massWithdrawal(view, losses, withdrawal),
    outageOfPrefix(view, losses, prefix, outage),
    new LeakPath(view, leak),
    new Hijacks(known, hijack),
    new ForgedOrigins(known, hijack),
    new Blind(view, blind),
  ]
}
