// Text written octet by octet into one large buffer: no string is made for what is only passed on.

const SIZE = 4 << 20
/** Nothing that is written in one go is longer: paths and communities of one message. */
const SPARE = 1 << 20

/** 0 … 255 in decimal: three digits and how many of them count. */
const DIGITS = new Uint8Array(256 * 4)
for (let n = 0; n < 256; n++) {
  const text = String(n)
  for (let i = 0; i < text.length; i++) DIGITS[n * 4 + i] = text.charCodeAt(i)
  DIGITS[n * 4 + 3] = text.length
}

const DOT = 46
const COLON = 58
const ZERO = 48

export class OctetText {
  readonly #out: (octets: Uint8Array) => void
  readonly #octets = new Uint8Array(SIZE + SPARE)
  #at = 0
  #passed = 0

  /** `out` gets octets that are good until it returns. */
  constructor(out: (octets: Uint8Array) => void) {
    this.#out = out
  }

  /** Where the next octet goes; good until the next `pass`. */
  get at(): number {
    return this.#at
  }

  /** Octets written since the beginning. */
  get written(): number {
    return this.#passed + this.#at
  }

  /** Takes back what was written since so many octets, as far as it has not gone out. */
  back(written: number): void {
    this.#at = Math.max(0, written - this.#passed)
  }

  /** Lines are complete: they may go out. True when they did. */
  pass(): boolean {
    if (this.#at < SIZE) return false
    this.flush()
    return true
  }

  flush(): void {
    if (this.#at > 0) this.#out(this.#octets.subarray(0, this.#at))
    this.#passed += this.#at
    this.#at = 0
  }

  /** What `write` writes, as a string and not in here. */
  taken(write: () => void): string {
    const from = this.#at
    write()
    const text = Buffer.from(this.#octets.subarray(from, this.#at)).toString('latin1')
    this.#at = from
    return text
  }

  octet(octet: number): void {
    this.#octets[this.#at++] = octet
  }

  /** ASCII. */
  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.#octets[this.#at++] = text.charCodeAt(i)
  }

  /** Again what was written between there and there. */
  again(from: number, end: number): void {
    this.#octets.copyWithin(this.#at, from, end)
    this.#at += end - from
  }

  small(n: number): void {
    const from = n * 4
    const end = from + (DIGITS[from + 3] as number)
    for (let i = from; i < end; i++) this.#octets[this.#at++] = DIGITS[i] as number
  }

  /** 0 … 2^32 - 1. */
  number(value: number): void {
    if (value < 256) this.small(value)
    else this.#decimal(value, digitsOf(value))
  }

  /** The digits behind a decimal point, six of them. */
  micros(value: number): void {
    this.#decimal(value, 6)
  }

  #decimal(value: number, count: number): void {
    const octets = this.#octets
    let left = value
    for (let i = this.#at + count - 1; i >= this.#at; i--) {
      const next = (left / 10) >>> 0
      octets[i] = ZERO + left - next * 10
      left = next
    }
    this.#at += count
  }

  /** IPv4 at `from`; octets from `count` on are zero. */
  ipv4(octets: Uint8Array, from: number, count = 4): void {
    for (let i = 0; i < 4; i++) {
      if (i > 0) this.octet(DOT)
      this.small(i < count ? (octets[from + i] as number) : 0)
    }
  }

  /** IPv6 as bgpdump writes it: the longest run of zeros folded, of one already; IPv4 inside shown as such. */
  ipv6(octets: Uint8Array, from: number, count = 16): void {
    const group = (i: number) =>
      ((i * 2 < count ? (octets[from + i * 2] as number) : 0) << 8) |
      (i * 2 + 1 < count ? (octets[from + i * 2 + 1] as number) : 0)
    let best = -1
    let longest = 0
    for (let i = 0; i < 8; ) {
      let end = i
      while (end < 8 && group(end) === 0) end++
      if (end - i > longest) {
        best = i
        longest = end - i
      }
      i = Math.max(end, i + 1)
    }
    // `::1.2.3.4` and `::ffff:1.2.3.4`.
    const mapped = best === 0 && (longest === 6 || (longest === 5 && group(5) === 0xffff))
    for (let i = 0; i < 8; i++) {
      if (i === best) {
        this.octet(COLON)
        this.octet(COLON)
        i += longest - 1
        continue
      }
      if (i > 0 && i !== best + longest) this.octet(COLON)
      else if (i > 0 && best < 0) this.octet(COLON)
      if (mapped && i === 6) {
        for (let k = 12; k < 16; k++) {
          if (k > 12) this.octet(DOT)
          this.small(k < count ? (octets[from + k] as number) : 0)
        }
        return
      }
      this.#hex(group(i))
    }
  }

  #hex(group: number): void {
    let begun = false
    for (let shift = 12; shift >= 0; shift -= 4) {
      const digit = (group >> shift) & 15
      begun ||= digit !== 0 || shift === 0
      if (begun) this.#octets[this.#at++] = digit < 10 ? ZERO + digit : 87 + digit
    }
  }
}

function digitsOf(value: number): number {
  if (value < 100_000) return value < 1_000 ? 3 : value < 10_000 ? 4 : 5
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7
  return value < 100_000_000 ? 8 : value < 1_000_000_000 ? 9 : 10
}
