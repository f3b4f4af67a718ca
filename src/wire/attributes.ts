// What RFC 7606 (§3, §7) asks of the path attributes, for the walk in bgp.ts. Millions of them are
// well, so their rules are two words a type: one comparison settles that nothing is wrong, and only
// what it stops at gets a closer look.

/** The two flags of which RFC 7606 §3.c speaks. */
const OPTIONAL = 0x80
const TRANSITIVE = 0x40
const BOTH = OPTIONAL | TRANSITIVE

/** A bit that no head has: the type is always looked at closely. */
const CLOSELY = 1 << 24

const ORIGIN = 1
/** The largest value of ORIGIN, INCOMPLETE. */
const LAST_ORIGIN = 2
/** ORIGIN as it should be but for its value, the first four octets of nearly every list. */
const WELL_KNOWN = (TRANSITIVE << 24) | (ORIGIN << 16) | (1 << 8)
export const ORIGIN_OCTETS = 4

/** Whether four octets are an ORIGIN that is well. */
export const beginsWithOrigin = (octets: number): boolean =>
  (octets - WELL_KNOWN) >>> 0 <= LAST_ORIGIN

/** Flags of a type, and how long it is: so many octets, or (negative) a list of so many each; 0 = any. */
const KINDS: readonly (readonly [type: number, flags: number, octets: number])[] = [
  [ORIGIN, TRANSITIVE, 1],
  [2, TRANSITIVE, 0], // AS_PATH: its segments decide
  [3, TRANSITIVE, 4], // NEXT_HOP
  [4, OPTIONAL, 4], // MULTI_EXIT_DISC
  [5, TRANSITIVE, 4], // LOCAL_PREF
  // Of a wrong length these two, and 17 and 18, are discarded (§7.6, RFC 6793 §6): nobody misses them.
  [6, TRANSITIVE, 0], // ATOMIC_AGGREGATE
  [7, BOTH, 0], // AGGREGATOR
  [8, BOTH, -4], // COMMUNITIES
  [9, OPTIONAL, 4], // ORIGINATOR_ID
  [10, OPTIONAL, -4], // CLUSTER_LIST
  [14, OPTIONAL, 0], // MP_REACH_NLRI, MP_UNREACH_NLRI: what is in them is read where it is used
  [15, OPTIONAL, 0],
  [16, BOTH, -8], // EXTENDED COMMUNITIES
  [17, BOTH, 0], // AS4_PATH
  [18, BOTH, 0], // AS4_AGGREGATOR
  [25, BOTH, -20], // IPV6 EXTENDED COMMUNITIES
  [32, BOTH, -12], // LARGE COMMUNITIES
  [35, BOTH, 4], // ONLY_TO_CUSTOMER
]

/**
 * By type two words: what `flags << 16 | length` has to be, and which of its bits that is about. A list
 * without entries passes here.
 */
export const RULES = new Int32Array(2 * 256)
/** By type; 0 = a type of which nothing is asked. */
const FLAGS = new Uint8Array(256)
const OCTETS = new Int8Array(256)

for (const [type, flags, octets] of KINDS) {
  const isPower = (-octets & (-octets - 1)) === 0
  const length = octets > 0 ? 0xffff : octets < 0 && isPower ? -octets - 1 : 0
  // Its value matters too, or a mask cannot tell whether a list comes out even.
  const closely = type === ORIGIN || (octets < 0 && !isPower) ? CLOSELY : 0
  RULES[2 * type] = (flags << 16) | Math.max(0, octets) | closely
  RULES[2 * type + 1] = (BOTH << 16) | length | closely
  FLAGS[type] = flags
  OCTETS[type] = octets
}

/** The closer look at flags, length and, of ORIGIN, the value at `at`. */
export function isMalformed(
  type: number,
  flags: number,
  length: number,
  bytes: Uint8Array,
  at: number,
): boolean {
  if (FLAGS[type] === 0) return false
  if ((flags & BOTH) !== FLAGS[type]) return true
  const octets = OCTETS[type] as number
  if (octets < 0) return length === 0 || length % octets !== 0
  if (octets > 0 && length !== octets) return true
  return type === ORIGIN && (bytes[at] as number) > LAST_ORIGIN
}

/** Whether the attributes of [from, end), which are whole, have one of this type. */
export function hasType(bytes: Uint8Array, from: number, end: number, type: number): boolean {
  for (let at = from; at < end; ) {
    if (bytes[at + 1] === type) return true
    const isLong = ((bytes[at] as number) & 0x10) !== 0
    const length = bytes[at + 2] as number
    at += isLong ? 4 + ((length << 8) | (bytes[at + 3] as number)) : 3 + length
  }
  return false
}
