// What the detectors of hijacks have in common to be set.

import { minutes, type Span, seconds } from '../core/time.ts'

export interface HijackSettings {
  /** Peers by ASN that must have taken it, where a tenth of them are as many. */
  readonly peers: number
  readonly confirm: Span
  /** With high confidence and a quarter of those who vote, and for many prefixes at once. */
  readonly fastConfirm: Span
  readonly clear: Span
  readonly massPrefixes: number
  readonly massVictims: number
  readonly massWindow: Span
}

export const hijackDefaults: HijackSettings = {
  // BGPalerter asks for as many; fewer lower the confidence.
  peers: 3,
  // True ones of 4 and 7 s are known (BEAM): shorter ones are told as having passed.
  confirm: seconds(60),
  fastConfirm: seconds(20),
  clear: minutes(5),
  // More than ten networks are harmed in a large leak (Ju et al.).
  massPrefixes: 10,
  massVictims: 11,
  massWindow: minutes(10),
}
