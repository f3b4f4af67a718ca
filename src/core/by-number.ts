// A map from small numbers, such as those of paths, that is asked far more often than it is changed: one
// look at a column says that there is nothing. In no order: places are used again.

export class ByNumber<T> {
  /** By key: place in `#values`, 0 = none. */
  #places = new Int32Array(1 << 8)
  #keys: number[] = [0]
  #values: (T | undefined)[] = [undefined]
  readonly #free: number[] = []

  get size(): number {
    return this.#keys.length - 1 - this.#free.length
  }

  get(key: number): T | undefined {
    return key < this.#places.length ? this.#values[this.#places[key] as number] : undefined
  }

  set(key: number, value: T): void {
    if (key >= this.#places.length) {
      const places = new Int32Array(Math.max(key + 1, this.#places.length * 2))
      places.set(this.#places)
      this.#places = places
    }
    let place = this.#places[key] as number
    if (place === 0) {
      place = this.#free.pop() ?? this.#keys.length
      this.#keys[place] = key
      this.#places[key] = place
    }
    this.#values[place] = value
  }

  delete(key: number): boolean {
    const place = key < this.#places.length ? (this.#places[key] as number) : 0
    if (place === 0) return false
    this.#places[key] = 0
    this.#values[place] = undefined
    this.#free.push(place)
    return true
  }

  *keys(): Generator<number> {
    for (let place = 1; place < this.#keys.length; place++)
      if (this.#values[place] !== undefined) yield this.#keys[place] as number
  }

  /** Keys may be taken out while they are visited. */
  each(visit: (key: number, value: T) => void): void {
    for (let place = 1; place < this.#keys.length; place++) {
      const value = this.#values[place]
      if (value !== undefined) visit(this.#keys[place] as number, value)
    }
  }
}
