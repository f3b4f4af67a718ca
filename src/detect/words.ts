import type { PrefixWords } from '../core/context.ts'
import { parsePrefix } from '../core/prefix.ts'
import type { View } from '../core/view.ts'

const zero: PrefixWords = { afi: 4, word0: 0, word1: 0, word2: 0, word3: 0, length: 0 }

/** A prefix as the context asks for it. By way of its text: keep the answer, do not ask once an element. */
export function wordsOf(view: View, prefix: number): PrefixWords {
  const found = parsePrefix(view.prefixText(prefix))
  if (!found) return zero
  const [word0, word1, word2, word3] = found.words
  return { afi: found.afi, word0, word1, word2, word3, length: found.length }
}
