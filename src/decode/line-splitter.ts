// Text that comes in pieces → lines. What it costs depends on how much text there is, not on how it is cut.

/** A line with more characters than there is room for is told as null, and not kept meanwhile. */
export class LineSplitter {
  readonly #longest: number
  /** Of the line that has begun. */
  #pieces: string[] = []
  #length = 0

  constructor(longest: number) {
    this.#longest = longest
  }

  /** The lines that are complete now. */
  *push(text: string): Generator<string | null> {
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#add(text.slice(from, end))
      from = end + 1
      yield this.#take()
    }
    this.#add(text.slice(from))
  }

  /** The last one, when nothing ended it. */
  *end(): Generator<string | null> {
    if (this.#length > 0) yield this.#take()
  }

  #add(piece: string): void {
    this.#length += piece.length
    if (this.#length > this.#longest) this.#pieces = []
    else if (piece !== '') this.#pieces.push(piece)
  }

  #take(): string | null {
    const line = this.#length > this.#longest ? null : this.#pieces.join('')
    this.#pieces = []
    this.#length = 0
    return line
  }
}
