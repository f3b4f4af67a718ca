// How a file or an address is looked at again and again.

import { minutes, type Span, seconds } from '../core/time.ts'

export interface WatchedSettings {
  /** Between two looks at a file. */
  readonly file: Span
  /** Between two requests to an address. */
  readonly url: Span
  /** So long a request may take, all of it. */
  readonly patience: Span
  /** Nothing that is larger is read, in octets. */
  readonly mostOctets: number
}

export const watchedDefaults: WatchedSettings = {
  // A look is one system call when nothing has changed.
  file: minutes(1),
  // Validators make their files so often; where nothing has changed, the answer is a line.
  url: minutes(10),
  patience: seconds(120),
  // Three times of what rpki-client writes in 2026.
  mostOctets: 256 << 20,
}

export const isUrl = (place: string): boolean => /^https?:\/\//i.test(place)
