// Text written octet by octet into one large buffer: no string is made for what is only passed on.

const SIZE = 4 << 20
/** Nothing that is written in one go is longer: paths and communities of one message. */
const SPARE = 1 << 20

/** 0 … 9,999 in four digits each. */
const DIGITS = new Uint8Array(40_000)
for (let n = 0; n < 10_000; n++) {
  const text = String(n).padStart(4, '0')
  for (let i = 0; i < 4; i++) DIGITS[n * 4 + i] = text.charCodeAt(i)
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

  /** 0 … 9,999. */
  small(n: number): void {
    const skipped = n < 100 ? (n < 10 ? 3 : 2) : n < 1_000 ? 1 : 0
    for (let i = n * 4 + skipped; i < n * 4 + 4; i++) this.#octets[this.#at++] = DIGITS[i] as number
  }

  /** 0 … 2^32 - 1. */
  number(value: number): void {
    if (value < 10_000) this.small(value)
    else if (value < 100_000_000) {
      const high = (value / 10_000) | 0
      this.small(high)
      this.#four(value - high * 10_000)
    } else {
      const high = (value / 100_000_000) | 0
      const low = value - high * 100_000_000
      const middle = (low / 10_000) | 0
      this.small(high)
      this.#four(middle)
      this.#four(low - middle * 10_000)
    }
  }

  /** The digits behind a decimal point, six of them. */
  micros(value: number): void {
    // A stamp that is none keeps all the digits it has.
    if (value >= 1_000_000) {
      this.number(value)
      return
    }
    const high = (value / 10_000) | 0
    this.octet(DIGITS[high * 4 + 2] as number)
    this.octet(DIGITS[high * 4 + 3] as number)
    this.#four(value - high * 10_000)
  }

  #four(n: number): void {
    const octets = this.#octets
    const at = this.#at
    octets[at] = DIGITS[n * 4] as number
    octets[at + 1] = DIGITS[n * 4 + 1] as number
    octets[at + 2] = DIGITS[n * 4 + 2] as number
    octets[at + 3] = DIGITS[n * 4 + 3] as number
    this.#at = at + 4
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
    // `::1.2.3.4`, `::ffff:1.2.3.4` and `::0.0.3.4`; but `::1` is the host itself.
    const mapped =
      best === 0 &&
      (longest === 6 || (longest === 5 && group(5) === 0xffff) || (longest === 7 && group(7) !== 1))
    for (let i = 0; i < 8; i++) {
      if (i === best) {
        this.octet(COLON)
        this.octet(COLON)
        i += longest - 1
        continue
      }
      if (i > 0 && i !== best + longest) this.octet(COLON)
      else if (i > 0 && best < 0) this.octet(COLON)
      if (mapped && i >= 6) {
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
