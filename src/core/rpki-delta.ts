// What has changed of the VRPs and ASPAs, as text: a few hundred lines instead of all half a million,
// so that a journal can keep each change. It says to which set it belongs, because on any other it
// would be nonsense.
//
//   = 9f86d081…                          SHA-256 of the side input it changes, in hexadecimal
//   - 64500 192.0.2.0/24 24 0 ripe       a line that is gone, as context/rpki-file.ts writes them
//   + 64501 192.0.2.0/24 24 0 ripe       one that is new

export interface RpkiDelta {
  /** SHA-256 of what it changes. */
  readonly from: string
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

export function writeDelta({ from, removed, added }: RpkiDelta): string {
  return [
    `= ${from}`,
    ...removed.map((line) => `- ${line}`),
    ...added.map((line) => `+ ${line}`),
  ].join('\n')
}

/** Lines of any other form are passed over. */
export function readDelta(text: string): RpkiDelta {
  let from = ''
  const removed: string[] = []
  const added: string[] = []
  for (const line of text.split('\n')) {
    const rest = line.slice(2)
    if (line.startsWith('= ')) from = rest
    else if (line.startsWith('- ')) removed.push(rest)
    else if (line.startsWith('+ ')) added.push(rest)
  }
  return { from, removed, added }
}
