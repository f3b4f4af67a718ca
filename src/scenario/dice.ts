// Chance that can be repeated: every random choice of a scenario comes from one named seed. `fork`
// gives each part its own stream, so that adding a choice in one place does not shift all others.

/** FNV-1a with a final mix: names into 32-bit numbers. */
function hash(text: string, salt: number): number {
  let h = 0x811c9dc5 ^ salt
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** A generator of the sfc32 family; `Math.random` cannot be seeded. */
export class Dice {
  readonly #seed: string
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: string | number) {
    this.#seed = String(seed)
    this.#a = hash(this.#seed, 1)
    this.#b = hash(this.#seed, 2)
    this.#c = hash(this.#seed, 3)
    for (let i = 0; i < 12; i++) this.float()
  }

  /** An independent stream that depends on the seed and the name only. */
  fork(name: string): Dice {
    return new Dice(`${this.#seed}/${name}`)
  }

  /** 0 ≤ x < 1, 32 bits fine. */
  float(): number {
    const t = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0
    return (t >>> 0) / 0x100000000
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.float() * (to - from + 1))
  }

  chance(probability: number): boolean {
    return this.float() < probability
  }

  /** `skew` above 1 favours the front of the list: a few providers have most of the customers. */
  pick<T>(list: readonly T[], skew = 1): T {
    const found = list[Math.floor(list.length * this.float() ** skew)]
    if (found === undefined) throw new RangeError('nothing to pick from')
    return found
  }

  /** Up to `count` different members, in the order drawn. */
  some<T>(list: readonly T[], count: number, skew = 1): T[] {
    const found = new Set<T>()
    const wanted = Math.min(count, new Set(list).size)
    while (found.size < wanted) found.add(this.pick(list, skew))
    return [...found]
  }

  normal(mean = 0, deviation = 1): number {
    // Box and Muller; 1 - x keeps the logarithm away from zero.
    const r = Math.sqrt(-2 * Math.log(1 - this.float()))
    return mean + deviation * r * Math.cos(2 * Math.PI * this.float())
  }

  lognormal(median: number, sigma: number): number {
    return median * Math.exp(this.normal(0, sigma))
  }

  shuffle<T>(list: readonly T[]): T[] {
    const out = [...list]
    for (let i = out.length - 1; i > 0; i--) {
      const k = this.int(0, i)
      ;[out[i], out[k]] = [out[k] as T, out[i] as T]
    }
    return out
  }
}
