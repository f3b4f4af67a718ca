// What one child process found out.

export interface Measured {
  /** MRT records, RIS Live messages. */
  readonly records?: number
  /** Announced and withdrawn prefixes, rows of a table. */
  readonly elements?: number
  /** Octets read, unpacked where it is known. */
  readonly octets?: number
  /** Seconds of CPU (user and system) of the process, or of the part in question. */
  readonly cpu: number
  /** Octets of memory at the most. */
  readonly rss: number
  /** Octets of memory that each route of a table took. */
  readonly perRoute?: number
  /** Routes held at the end. */
  readonly routes?: number
  /** Unique AS paths. */
  readonly paths?: number
  /** Of a stream: messages lost, messages that came after their time, releases before their time. */
  readonly lost?: number
  readonly late?: number
  readonly forced?: number
  /** Seconds that the server was behind its pace at the most, and that it waited for us. */
  readonly behind?: number
  readonly blocked?: number
  /** Milliseconds: the longest pause of the event loop; from release to decision, 99 % and all. */
  readonly pause?: number
  readonly decided99?: number
  readonly decidedMost?: number
  /** Octets of memory by and by. */
  readonly samples?: readonly number[]
}

/** What the process has used so far, start-up included. */
export function used(): Pick<Measured, 'cpu' | 'rss'> {
  const { user, system } = process.cpuUsage()
  return { cpu: (user + system) / 1e6, rss: process.resourceUsage().maxRSS * 1024 }
}

/** A process as the one that started it sees it: its time by the wall, and what it tells of itself. */
export type Run = Partial<Measured> & Pick<Measured, 'cpu'> & { readonly wall: number }

/** What is compared of it. */
export type By = 'cpu' | 'wall'

export const least = (runs: readonly Run[], by: By): Run =>
  runs.reduce((a, b) => (b[by] < a[by] ? b : a))
