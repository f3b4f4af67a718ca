// Text that others wrote (peers, file names, servers) before it reaches a terminal or a page.

/**
 * Without control characters: an escape sequence in a file name must not paint, clear or type into
 * somebody's terminal, and a line break in it must not forge a second line of log. The marks that
 * turn the direction of writing are of the same kind.
 */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?')
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return clean(text).replace(/[&<>"']/g, (c) => entities[c] ?? c)
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `163,000`. */
export const count = (n: number): string => grouped.format(n)

/** `1 prefix`, `33 prefixes`. */
export const many = (n: number, one: string, more = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : more}`

/** A share in per cent that says 0 and 100 only when it is so. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100)
  if (rounded === 0 && share > 0) return '<1 %'
  if (rounded === 100 && share < 1) return '>99 %'
  return `${rounded} %`
}
