// By what a route is known to lead nowhere on purpose.

export interface MitigationSettings {
  /** `65535:666`, or large ones as `64500:666:0` (RFC 8092). */
  readonly communities: readonly string[]
  /** Next hops towards which everything is dropped; they count for routes longer than anybody exchanges. */
  readonly discard: readonly string[]
  /** Of one router, routes and rules that are held at a time. */
  readonly mostRoutes: number
  /** And what becomes of them: different kinds of them for different blocks. */
  readonly mostMitigations: number
}

export const mitigationDefaults: MitigationSettings = {
  // RFC 7999. Each provider has its own beside it (65001:666 in examples of FastNetMon): these are set.
  communities: ['65535:666'],
  // The custom of RFC 5635 §4: a static route to TEST-NET-1 into nothing; the discard prefix of RFC 6666.
  discard: ['192.0.2.1/32', '100::/64'],
  // FastNetMon and its like ban some hundreds of hosts at a time; Giotsas 2017 saw 5,000 in all the world.
  mostRoutes: 10_000,
  mostMitigations: 2_000,
}

const STANDARD = /^(\d{1,5}):(\d{1,5})$/
const LARGE = /^(\d{1,10}):(\d{1,10}):(\d{1,10})$/

/** A community in its one form, without leading zeros; undefined when it is none. */
export function readCommunity(text: string): string | undefined {
  const match = STANDARD.exec(text) ?? LARGE.exec(text)
  if (!match) return undefined
  const parts = match.slice(1).map(Number)
  const most = parts.length === 2 ? 0xffff : 0xffff_ffff
  return parts.every((part) => part <= most) ? parts.join(':') : undefined
}
