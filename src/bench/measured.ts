// What one child process found out.

export interface Measured {
  /** MRT records, RIS Live messages. */
  readonly records?: number
  /** Announced and withdrawn prefixes, rows of a table. */
  readonly elements?: number
  /** Octets read, unpacked. */
  readonly octets?: number
  /** Seconds of CPU (user and system) of the process, or of the part in question. */
  readonly cpu: number
  /** Octets of memory at the most. */
  readonly rss: number
  /** Octets of memory that each route of a table took. */
  readonly perRoute?: number
  /** Unique AS paths among them. */
  readonly paths?: number
}

/** What the process has used so far, start-up included. */
export function used(): Pick<Measured, 'cpu' | 'rss'> {
  const { user, system } = process.cpuUsage()
  return { cpu: (user + system) / 1e6, rss: process.resourceUsage().maxRSS * 1024 }
}
