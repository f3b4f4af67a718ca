// On which line of a JSON text an element of an array stands: JSON.parse does not say, and whoever has
// a file of a million lines wants to know.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = [0x5b, 0x7b]
const CLOSE = [0x5d, 0x7d]
const COMMA = 0x2c
const NEWLINE = 0x0a

/**
 * Lines of the elements `wanted` of the array that is the value of `key` in the outermost object. The
 * text must be sound JSON.
 */
export function linesOf(
  text: string,
  key: string,
  wanted: ReadonlySet<number>,
): Map<number, number> {
  const found = new Map<number, number>()
  let line = 1
  let depth = 0
  let element = -1
  let inside = false
  let due = false
  let name = ''
  for (let i = 0; i < text.length && found.size < wanted.size; i++) {
    const c = text.charCodeAt(i)
    if (c === NEWLINE) line++
    if (c <= 0x20) continue
    if (due && !CLOSE.includes(c)) {
      element++
      due = false
      if (wanted.has(element)) found.set(element, line)
    }
    if (c === QUOTE) {
      const from = i + 1
      for (i = from; text.charCodeAt(i) !== QUOTE; i++) if (text.charCodeAt(i) === BACKSLASH) i++
      if (depth === 1) name = text.slice(from, i)
    } else if (OPEN.includes(c)) {
      depth++
      if (depth === 2 && name === key) inside = due = true
    } else if (CLOSE.includes(c)) {
      depth--
      if (depth === 1 && inside) return found
    } else if (c === COMMA && inside && depth === 2) due = true
  }
  return found
}

/** So many characters stand before a token that V8 shows with what is around it. */
const AROUND = 10

/** The line of what JSON.parse complains about; 0 when it does not say where. */
export function lineOfFault(text: string, { message }: Error): number {
  if (/end of JSON/.test(message)) return text.trimEnd().split('\n').length
  const [, token = '', cut, around = ''] =
    /token '([\s\S]+?)', (\.\.\.)?"([\s\S]*)"(?:\.\.\.)? is not/.exec(message) ?? []
  const told = /at position (\d+)/.exec(message)?.[1]
  const near = cut ? AROUND : around.indexOf(token)
  const at = told === undefined ? text.indexOf(around) + near : Number(told)
  return told === undefined && around === '' ? 0 : text.slice(0, at).split('\n').length
}
