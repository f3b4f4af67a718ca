// What is kept over a restart.

import { hours, minutes, type Span } from './time.ts'

export interface StateSettings {
  readonly folder: string
  /** A picture is begun so often. */
  readonly every: Span
  /** An older one is of no use: others have told their tables since. */
  readonly mostAge: Span
}

export const stateDefaults: Omit<StateSettings, 'folder'> = {
  every: minutes(5),
  // RIS dumps its tables so often.
  mostAge: hours(8),
}
