/**
 * How many witnesses a rule asks for: a share of those there are, never more than there are, never
 * none. Scarcity lowers confidence elsewhere; it must not silence (DESIGN §1, idea 7).
 */
export function quorum(wanted: number, available: number, share = 0.1): number {
  return Math.max(1, Math.min(wanted, available, Math.max(1, Math.ceil(share * available))))
}
