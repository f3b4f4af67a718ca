// All detectors, in the order in which they are asked. A new one is a file and a line here.

import { type Context, noContext } from '../core/context.ts'
import type { Detector, View } from '../core/view.ts'
import { AtStart } from './at-start.ts'
import { beaconsOf } from './beacons.ts'
import { Blind, type BlindSettings, blindDefaults } from './blind.ts'
import { ChurnOfAs } from './churn-as.ts'
import { ChurnGlobal, type ChurnSettings, churnDefaults } from './churn-global.ts'
import { Hijacks } from './hijack.ts'
import { ForgedOrigins } from './hijack-forged.ts'
import { Known } from './hijack-score.ts'
import { type HijackSettings, hijackDefaults } from './hijack-settings.ts'
import { LeakPath, type LeakSettings, leakDefaults } from './leak-path.ts'
import { LeakSpecifics, type SpecificsSettings, specificsDefaults } from './leak-specifics.ts'
import { Losses } from './losses.ts'
import { type OutageSettings, outageDefaults, outageOfAs } from './outage-as.ts'
import { OutagePartial, type PartialSettings, partialDefaults } from './outage-partial.ts'
import { outageOfPrefix, type PrefixOutageSettings, prefixOutageDefaults } from './outage-prefix.ts'
import { PathEvents, type PathSettings, pathDefaults } from './path-events.ts'
import { type NewPrefixSettings, newPrefixDefaults, PrefixNew } from './prefix-new.ts'
import { Rpki, type RpkiSettings, rpkiDefaults } from './rpki.ts'
import { type BurstSettings, burstDefaults, WithdrawalBurst } from './withdrawal-burst.ts'
import { massWithdrawal, type WithdrawalSettings, withdrawalDefaults } from './withdrawal-mass.ts'
import { Young } from './young.ts'

export interface DetectSettings {
  readonly outage: OutageSettings
  readonly withdrawal: WithdrawalSettings
  readonly prefix: PrefixOutageSettings
  readonly partial: PartialSettings
  readonly burst: BurstSettings
  readonly path: PathSettings
  readonly churn: ChurnSettings
  readonly leak: LeakSettings
  readonly specifics: SpecificsSettings
  readonly rpki: RpkiSettings
  readonly newPrefix: NewPrefixSettings
  readonly hijack: HijackSettings
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
  specifics: specificsDefaults,
  rpki: rpkiDefaults,
  newPrefix: newPrefixDefaults,
  hijack: hijackDefaults,
  blind: blindDefaults,
}

export function makeDetectors(
  view: View,
  settings: DetectSettings = detectDefaults,
  context: Context = noContext,
): Detector[] {
  const { outage, withdrawal, prefix, partial, burst, path, churn } = settings
  const { leak, specifics, hijack, rpki, newPrefix, blind } = settings
  const isBeacon = beaconsOf(view, context)
  const young = new Young(view)
  const losses = new Losses(view, (prefix) => young.has(prefix) || isBeacon(prefix))
  const bursts = new WithdrawalBurst(view, losses, burst)
  const leaks = new LeakPath(view, leak, context)
  const known = new Known(view, context)
  return [
    young,
    losses,
    bursts,
    outageOfAs(view, losses, outage, bursts),
    massWithdrawal(view, losses, withdrawal),
    outageOfPrefix(view, losses, prefix, outage),
    new AtStart(view, outage),
    new OutagePartial(view, losses, partial, outage),
    leaks,
    new LeakSpecifics(view, specifics, (path) => leaks.suspects(path)),
    new Hijacks(known, hijack),
    new ForgedOrigins(known, hijack),
    new PathEvents(view, path, context),
    new Rpki(view, context, rpki),
    new PrefixNew(view, context, newPrefix),
    new ChurnOfAs(view, churn),
    new ChurnGlobal(view, churn),
    new Blind(view, blind),
  ]
}
