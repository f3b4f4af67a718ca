// An AS path as 32-bit words. 99.99 % of paths are plain sequences, so the plain form is just the
// ASNs, nearest the collector first. A path with a set or a confederation segment is written as
// segments behind a marker that no plain path can begin with: ASN 0 is never legal there (RFC 7607).
//
//   plain      asn asn asn …
//   segmented  0 [type << 16 | count] asn … [type << 16 | count] asn …
//
// Types as on the wire (RFC 4271, 5065): 1 AS_SET, 2 AS_SEQUENCE, 3 CONFED_SEQUENCE, 4 CONFED_SET.

import type { Asn } from './asn.ts'

export const SET = 1
export const SEQUENCE = 2
const CONFED_SEQUENCE = 3
const CONFED_SET = 4

export const isSegmented = (words: Int32Array, start: number, length: number): boolean =>
  length > 1 && words[start] === 0

/** The path in the usual text: `701 174 {64500,64501}`; confederations `(1 2)` and `[1,2]`. */
export function pathText(words: Int32Array, start: number, length: number): string {
  const asn = (i: number) => String((words[i] as number) >>> 0)
  if (!isSegmented(words, start, length)) {
    const out: string[] = []
    for (let i = start; i < start + length; i++) out.push(asn(i))
    return out.join(' ')
  }
  const out: string[] = []
  for (let i = start + 1; i < start + length; ) {
    const head = words[i++] as number
    const count = head & 0xffff
    const asns: string[] = []
    for (let k = 0; k < count; k++) asns.push(asn(i++))
    const type = head >>> 16
    if (type === SEQUENCE) out.push(asns.join(' '))
    else if (type === SET) out.push(`{${asns.join(',')}}`)
    else if (type === CONFED_SEQUENCE) out.push(`(${asns.join(' ')})`)
    else out.push(`[${asns.join(',')}]`)
  }
  return out.join(' ')
}

/** Reads what `pathText` writes, appending words to `out`; false if it cannot be read. */
export function parsePath(text: string, out: number[]): boolean {
  const parts = text.match(/\{[^}]*\}|\([^)]*\)|\[[^\]]*\]|[^\s]+/g) ?? []
  // A leading ASN 0 would read as the marker of the segmented form.
  const plain = parts[0] !== '0' && parts.every((part) => /^\d+$/.test(part))
  if (plain) {
    for (const part of parts) out.push(Number(part) | 0)
    return true
  }
  out.push(0)
  let run: number[] = []
  const flush = (type: number, asns: number[]) => {
    if (asns.length > 0) out.push((type << 16) | asns.length, ...asns)
  }
  for (const part of parts) {
    if (/^\d+$/.test(part)) {
      run.push(Number(part) | 0)
      continue
    }
    flush(SEQUENCE, run)
    run = []
    const type =
      part[0] === '{' ? SET : part[0] === '(' ? CONFED_SEQUENCE : part[0] === '[' ? CONFED_SET : 0
    const asns = part.slice(1, -1).split(/[\s,]+/)
    if (type === 0 || !asns.every((a) => /^\d+$/.test(a))) return false
    flush(
      type,
      asns.map((a) => Number(a) | 0),
    )
  }
  flush(SEQUENCE, run)
  return true
}

/**
 * The hops a path went over, nearest the collector first: prepends folded, confederation segments
 * left out, and everything from the first AS_SET on cut off, because order is lost there. Written
 * into `into`, which has room for `length`; how many there are.
 */
export function hops(words: Int32Array, start: number, length: number, into: Uint32Array): number {
  if (!isSegmented(words, start, length)) return append(words, start, length, into, 0)
  let count = 0
  for (let i = start + 1; i < start + length; ) {
    const head = words[i++] as number
    const asns = head & 0xffff
    const type = head >>> 16
    if (type === SET) return count
    if (type === SEQUENCE) count = append(words, i, asns, into, count)
    i += asns
  }
  return count
}

function append(
  words: Int32Array,
  start: number,
  length: number,
  into: Uint32Array,
  count: number,
): number {
  let n = count
  for (let i = start; i < start + length; i++) {
    const asn = (words[i] as number) >>> 0
    if (n === 0 || into[n - 1] !== asn) into[n++] = asn
  }
  return n
}

/** The origin AS: the last ASN of a final sequence; 0 when the path ends in a set or is empty. */
export function originOf(words: Int32Array, start: number, length: number): Asn {
  if (length === 0) return 0
  if (!isSegmented(words, start, length)) return (words[start + length - 1] as number) >>> 0
  let last = 0
  for (let i = start + 1; i < start + length; ) {
    const head = words[i++] as number
    const count = head & 0xffff
    const type = head >>> 16
    if (type === SEQUENCE && count > 0) last = (words[i + count - 1] as number) >>> 0
    else if (type === SET) last = 0
    i += count
  }
  return last
}
