// bzip2, as RouteViews packs its archives, decoded block by block as the octets arrive. Damage costs
// the block it is in: the next one is found by its magic, at whatever bit it begins. Memory is
// bounded whatever comes in: 4 MiB of input and 10 MB of working room for the one open block. Other
// threads may decode blocks ahead of their turn (bzip2-ahead.ts); what a stream is, and what is wrong
// with it, is decided here alone, as if nobody helped.

import { Ahead, type BlockPool } from './bzip2-ahead.ts'
import { findMagic, Magic, magicAt, SLACK, word } from './bzip2-bits.ts'
import { BlockScratch, type Decoded, decodeBlock, LONGEST_BLOCK } from './bzip2-block.ts'
import { LONGEST_TEXT } from './bzip2-text.ts'

/** Octets held; a block is decoded once LONGEST_BLOCK of them are there, so it cannot run short. */
const HELD = 4 << 20

// Made when first needed. Blocks are decoded in one go, so the streams of a thread can share it.
let shared: BlockScratch | undefined

function scratch(): BlockScratch {
  shared ??= new BlockScratch()
  return shared
}

export class Bunzip {
  /** Stretches lost: blocks that were no blocks or failed their CRC, headers that were no headers. */
  damaged = 0
  /** The input ended before the end mark of its last stream. */
  truncated = false
  /** Octets followed the last stream that belong to no stream; they were ignored. */
  trailing = false
  #bytes = new Uint8Array(HELD + SLACK)
  #view = new DataView(this.#bytes.buffer)
  readonly #ahead: Ahead | null
  /** Bits let go, before those held. */
  #dropped = 0
  /** Bits, of those held. */
  #at = 0
  #end = 0
  #state: 'header' | 'body' | 'lost' | 'done' = 'header'
  /** Whole streams seen, or given up. */
  #streams = 0
  /** Lost behind a whole stream: it may be padding and no loss at all. */
  #padding = false
  /** Longest text of a block, in octets, by the level in the header. */
  #limit = LONGEST_TEXT
  /** CRC of all blocks of this stream so far; null when one was lost. */
  #combined: number | null = 0

  constructor(pool?: BlockPool) {
    this.#ahead = pool === undefined ? null : new Ahead(pool)
  }

  /** Takes as many octets as there is room for, and says how many. */
  take(octets: Uint8Array): number {
    const drop = this.#at >>> 3
    this.#bytes.copyWithin(0, drop, this.#end >>> 3)
    this.#dropped += drop * 8
    this.#at -= drop * 8
    this.#end -= drop * 8
    const held = this.#end >>> 3
    const part = octets.subarray(0, HELD - held)
    this.#bytes.set(part, held)
    this.#end += part.length * 8
    return part.length
  }

  /**
   * The text of the next block, which is yours; null when more octets are needed for it or, after the
   * `last` of them, when there is none. A promise when another thread is at it: ask again after that.
   */
  next(last: boolean): readonly Uint8Array[] | Promise<void> | null {
    for (;;) {
      const step = this.#step(last)
      if (step === 'wait') return null
      if (step !== 'go') return step
    }
  }

  #step(last: boolean): 'wait' | 'go' | readonly Uint8Array[] | Promise<void> {
    if (this.#state === 'header') return this.#header(last)
    if (this.#state === 'body') return this.#body(last)
    if (this.#state === 'lost') return this.#search(last)
    this.#at = this.#end
    return 'wait'
  }

  #header(last: boolean): 'wait' | 'go' {
    const left = (this.#end - this.#at) >>> 3
    if (left < 4 && !last) return 'wait'
    const from = this.#at >>> 3
    const held = this.#bytes.subarray(from, Math.min(from + 4, this.#end >>> 3))
    const text = String.fromCharCode(...held)
    if (/^BZh[1-9]$/.test(text)) {
      this.#limit = Number(text[3]) * 100_000
      this.#combined = 0
      this.#at += 32
      this.#state = 'body'
    } else if (last && 'BZh'.startsWith(text)) {
      this.truncated ||= text !== '' || this.#streams === 0
      return this.#finish()
    } else {
      this.#padding = this.#streams > 0
      if (this.#padding) this.trailing = true
      this.#lose(0)
    }
    return 'go'
  }

  #body(last: boolean): 'wait' | 'go' | readonly Uint8Array[] | Promise<void> {
    const left = this.#end - this.#at
    if (!last && left < LONGEST_BLOCK * 8) return 'wait'
    if (left < 80) return this.#cut()
    const magic = magicAt(this.#view, this.#at)
    if (magic === Magic.block) return this.#block(last)
    if (magic === Magic.end) this.#endOfStream()
    else this.#lose(1)
    return 'go'
  }

  #block(last: boolean): 'wait' | 'go' | readonly Uint8Array[] | Promise<void> {
    const block = this.#ahead?.at(this.#view, this.#dropped, this.#at, this.#end, this.#limit)
    if (block instanceof Promise) return block
    const { outcome, next, crc, pieces } = block ?? this.#decode()
    if (outcome === 'whole') {
      this.#at = next
      if (this.#combined !== null) {
        this.#combined = ((this.#combined << 1) | (this.#combined >>> 31)) ^ crc
      }
      return pieces
    }
    if (outcome === 'short' && last) {
      // Damage can look like this too: then there is another block behind it.
      if (findMagic(this.#view, this.#at + 48, this.#end) < 0) return this.#cut()
    } else if (outcome === 'wrong' && this.#believable(next)) {
      this.damaged++
      this.#combined = null
      this.#at = next
      return 'go'
    }
    this.#lose(48)
    return 'go'
  }

  #decode(): Decoded {
    return decodeBlock(this.#view, this.#at, this.#end, this.#limit, scratch())
  }

  /** A magic at this bit, or the end of all input: the length of the block before was no lie. */
  #believable(bit: number): boolean {
    return this.#end - bit < 48 || magicAt(this.#view, bit) !== Magic.none
  }

  #endOfStream(): void {
    if (this.#combined !== null && this.#combined !== word(this.#view, this.#at + 48)) {
      this.damaged++
    }
    // A stream is padded to a whole octet; what is held always begins at one.
    this.#at = (this.#at + 80 + 7) & ~7
    this.#streams++
    this.#state = 'header'
  }

  /** Counts the loss and looks for the next magic, `skip` bits on. */
  #lose(skip: number): void {
    if (!this.#padding) this.damaged++
    this.#combined = null
    this.#limit = LONGEST_TEXT
    this.#at += skip
    this.#state = 'lost'
  }

  #search(last: boolean): 'wait' | 'go' {
    const found = findMagic(this.#view, this.#at, this.#end)
    if (found >= 0) {
      this.#at = found
      this.#padding = false
      this.#state = 'body'
      return 'go'
    }
    if (last) {
      this.truncated ||= !this.#padding
      return this.#finish()
    }
    this.#at = Math.max(this.#at, this.#end - 47)
    return 'wait'
  }

  #cut(): 'wait' {
    this.truncated = true
    return this.#finish()
  }

  #finish(): 'wait' {
    this.#at = this.#end
    this.#state = 'done'
    return 'wait'
  }
}
