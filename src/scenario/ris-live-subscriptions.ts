// What one socket has subscribed to. Ten thousand prefixes are usual, and each frame is held against
// all of them: so prefixes lie in a map, and a frame's prefix asks for itself and for each shorter
// form of it of which there is any.

import { type Afi, maskWord, type Prefix } from '../core/prefix.ts'
import { holds, type Rule, type Sought } from './ris-live-rule.ts'

/** Twice what the largest known client asks for. */
const MOST = 20_000
/** Less specifics are asked for rarely; these are gone through one by one. */
const MOST_UPWARDS = 1_000

type Key = string | number

export class Subscriptions {
  /** Filters without prefixes, by key. */
  readonly #plain = new Map<string, Rule>()
  /** Filters by each prefix they name. */
  readonly #named = new Map<Key, Rule[]>()
  /** Prefixes whose less specifics are wanted too. */
  #upwards: { readonly prefix: Prefix; readonly rule: Rule }[] = []
  /** How many of `#named` there are of each length: no other length is looked for. */
  readonly #lengths = { 4: new Int32Array(33), 6: new Int32Array(129) }
  #size = 0

  /** Each prefix of an array counts. */
  get size(): number {
    return this.#size
  }

  /** False when there would be more than anyone may have; nothing is added then. */
  add(rule: Rule): boolean {
    const more = rule.prefixes?.length ?? 1
    if (this.#size + more > MOST) return false
    if (rule.lessSpecific && this.#upwards.length + more > MOST_UPWARDS) return false
    if (rule.prefixes === null) {
      if (!this.#plain.has(rule.key)) this.#size++
      this.#plain.set(rule.key, rule)
      return true
    }
    for (const prefix of rule.prefixes) {
      if (!insert(this.#named, keyOf(prefix, prefix.length), rule)) continue
      this.#size++
      this.#count(prefix, 1)
      if (rule.lessSpecific) this.#upwards.push({ prefix, rule })
    }
    return true
  }

  /** Takes back what an equal filter added, prefix by prefix. */
  remove(rule: Rule): void {
    if (rule.prefixes === null) {
      if (this.#plain.delete(rule.key)) this.#size--
      return
    }
    for (const prefix of rule.prefixes) {
      if (!take(this.#named, keyOf(prefix, prefix.length), rule)) continue
      this.#size--
      this.#count(prefix, -1)
      if (!rule.lessSpecific) continue
      const key = keyOf(prefix, prefix.length)
      this.#upwards = this.#upwards.filter(
        (up) => up.rule.key !== rule.key || keyOf(up.prefix, up.prefix.length) !== key,
      )
    }
  }

  matches(sought: Sought): boolean {
    for (const rule of this.#plain.values()) if (holds(rule, sought)) return true
    if (this.#named.size === 0) return false
    for (const prefix of sought.prefixes) {
      const lengths = this.#lengths[prefix.afi]
      for (let n = prefix.length; n >= 0; n--) {
        if (lengths[n] === 0) continue
        for (const rule of this.#named.get(keyOf(prefix, n)) ?? []) {
          if ((rule.moreSpecific || n === prefix.length) && holds(rule, sought)) return true
        }
      }
      for (const up of this.#upwards) {
        if (covers(prefix, up.prefix) && holds(up.rule, sought)) return true
      }
    }
    return false
  }

  #count({ afi, length }: { afi: Afi; length: number }, by: number): void {
    const lengths = this.#lengths[afi]
    lengths[length] = (lengths[length] as number) + by
  }
}

/** The prefix cut to `length`. A number for IPv4, which is most of them. */
function keyOf({ afi, words }: Prefix, length: number): Key {
  const [w0, w1, w2, w3] = words
  const head = w0 & maskWord(length, 0)
  if (afi === 4) return (head >>> 0) * 64 + length
  const rest = `${w1 & maskWord(length, 1)},${w2 & maskWord(length, 2)},${w3 & maskWord(length, 3)}`
  return `${head},${rest}/${length}`
}

function covers(wide: Prefix, narrow: Prefix): boolean {
  if (wide.afi !== narrow.afi || wide.length > narrow.length) return false
  return keyOf(narrow, wide.length) === keyOf(wide, wide.length)
}

function insert(map: Map<Key, Rule[]>, key: Key, rule: Rule): boolean {
  const rules = map.get(key)
  if (!rules) map.set(key, [rule])
  else if (rules.some((known) => known.key === rule.key)) return false
  else rules.push(rule)
  return true
}

function take(map: Map<Key, Rule[]>, key: Key, rule: Rule): boolean {
  const rules = map.get(key)
  const at = rules?.findIndex((known) => known.key === rule.key) ?? -1
  if (!rules || at < 0) return false
  rules.splice(at, 1)
  if (rules.length === 0) map.delete(key)
  return true
}
