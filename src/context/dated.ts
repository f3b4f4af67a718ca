import { type Instant, parseInstant } from '../core/time.ts'

/** `FILE@DATE` in two, of a file that does not say of when it is; an @ without a date is part of a name. */
export function dated(text: string): { readonly path: string; readonly date: Instant | null } {
  const at = text.lastIndexOf('@')
  const date = at > 0 ? parseInstant(text.slice(at + 1)) : undefined
  return date === undefined ? { path: text, date: null } : { path: text.slice(0, at), date }
}
