// The subtypes of BGP4MP and BGP4MP_ET (RFC 6396 §4.4, RFC 8050 §3) as flags.

export const Form = {
  /** Nothing for us: obsolete or unknown. */
  none: 1,
  /** A change of the session's state, no BGP message. */
  state: 2,
  /** ASNs have four octets, in the record and in the message. */
  as4: 4,
  /** Prefixes carry path identifiers. */
  addPath: 8,
  /** Sent by the collector itself: never a peer's belief. */
  local: 16,
  /** A row of a table, no BGP message. */
  entry: 32,
} as const

const { none, state, as4, addPath, local, entry } = Form

/** By subtype. */
export const FORM = Uint8Array.of(
  ...[state, 0, entry, none, as4, state | as4, local, local | as4],
  ...[addPath, addPath | as4, addPath | local, addPath | local | as4],
)
