// Addresses become numbers from which nobody reads an address. Fixed for ever, so that a replay agrees
// with the live run; nothing secret depends on it.

/** 32 bits, unsigned, every bit of which depends on every bit of the words. */
export function hashOf(seed: number, w0: number, w1: number, w2: number, w3: number): number {
  let h = mixed(seed ^ w0)
  if ((w1 | w2 | w3) !== 0) h = mixed(mixed(mixed(h ^ w1) ^ w2) ^ w3)
  return h >>> 0
}

/** The last steps of MurmurHash3, preceded by an addition: zero must not stay zero. */
export function mixed(word: number): number {
  let h = (word + 0x9e3779b9) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
