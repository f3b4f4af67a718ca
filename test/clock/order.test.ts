import { describe, expect, test } from 'vitest'
import { Order, type OrderSettings } from '../../src/clock/order.ts'
import { Batch, Message } from '../../src/core/batch.ts'
import type { Fact } from '../../src/core/fact.ts'
import { hours, parseInstant, seconds } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { Dice } from '../../src/scenario/dice.ts'

/** Exactly on a tick. */
const T0 = parseInstant('2024-10-29T00:00:00Z') as number
const DAMAGED = [parseInstant('2096-02-29T12:00:00Z') as number, seconds(7), 0]

interface Said {
  readonly at: number
  readonly vantage: number
  readonly token: number
}

/** Batches are large, and many are needed. */
const pool: Batch[] = []

/** A clock and what comes out of it: `12.5 #3` a message, `tick 20`, `gap 7`, in seconds since T0. */
class Line {
  readonly vantages: VantagePoints
  readonly order: Order
  readonly out: string[] = []
  readonly tokens: number[] = []
  /** Batches handed over, and those not given back yet. */
  taken = 0
  readonly gone = new Set<Batch>()
  #last = Number.NEGATIVE_INFINITY

  constructor(vantages = new VantagePoints(), settings: Partial<OrderSettings> = {}) {
    this.vantages = vantages
    const sink = {
      message: (batch: Batch, m: number) => {
        if (!this.gone.has(batch)) throw new Error('a message of a batch given back')
        this.#reach(batch.at[m] as number)
        const token = batch.offset[m] as number
        this.tokens.push(token)
        this.out.push(`${this.#since(batch.at[m] as number)} #${token}`)
      },
      fact: (fact: Fact) => {
        this.#reach(fact.at)
        this.out.push(`${fact.kind} ${this.#since(fact.at)}`)
      },
    }
    this.order = new Order(vantages, sink, (batch) => this.#give(batch), settings)
  }

  #give(batch: Batch): void {
    // Once, and only those that are ours.
    if (!this.gone.delete(batch)) throw new Error('a batch given back twice')
    pool.push(batch)
  }

  #since = (at: number) => (at - T0) / 1e6

  /** Time never goes back. */
  #reach(at: number): void {
    if (at < this.#last) throw new Error(`${at} after ${this.#last}`)
    if (this.order.now !== at) throw new Error(`the clock says ${this.order.now} at ${at}`)
    this.#last = at
  }

  push(stream: number, messages: readonly Said[]): this {
    const batch = pool.pop() ?? new Batch(64, 1, 1)
    batch.clear()
    for (const { at, vantage, token } of messages) {
      batch.open(Message.alive, at, vantage, token)
      batch.close()
    }
    this.taken++
    this.gone.add(batch)
    this.order.push(stream, batch)
    return this
  }

  /** Messages of one speaker, at so many seconds since T0, or at an instant where it is a bigint. */
  say(stream: number, at: readonly (number | bigint)[], token = 0, vantage = 0): this {
    const stamp = (t: number | bigint) => (typeof t === 'bigint' ? Number(t) : T0 + seconds(t))
    return this.push(
      stream,
      at.map((t, i) => ({ at: stamp(t), vantage, token: token + i })),
    )
  }

  fact(kind: 'gap' | 'gap-end', at: number): this {
    const fact = { at: T0 + seconds(at), feed: 'f', source: 0, collector: null }
    this.order.fact(kind === 'gap' ? { ...fact, kind, why: 'cut' } : { ...fact, kind })
    return this
  }

  hear(): string[] {
    return this.out.splice(0)
  }

  get messages(): string[] {
    return this.out.filter((line) => line.includes('#'))
  }
}

function line(settings: Partial<OrderSettings> = {}, peers = 3): Line {
  const vantages = new VantagePoints()
  for (let i = 0; i < peers; i++)
    vantages.intern(vantages.collector('rrc00'), 0x0a000001 + i, 0, 0, 0, 64_500 + i, 4)
  return new Line(vantages, settings)
}

describe('total order', () => {
  interface World {
    readonly vantages: VantagePoints
    /** By collector: what each peer says, in its order. */
    readonly peers: Said[][][]
  }

  /** The same speakers and words; met in another order when the dice say so. */
  function world(dice: Dice, meet: (list: [string, number][]) => [string, number][]): World {
    const vantages = new VantagePoints()
    const names = ['rrc00', 'rrc10', 'route-views2']
    const all = names.flatMap((name) => Array.from({ length: 5 }, (_, i) => [name, i] as const))
    const ids = new Map<string, number>()
    for (const [name, i] of meet(all.map(([name, i]) => [name, i])))
      ids.set(
        `${name} ${i}`,
        vantages.intern(vantages.collector(name), 0x0a000001 + i * 7, 0, 0, 0, 64_500 + i, 4),
      )
    let token = 0
    const peers = names.map((name) =>
      Array.from({ length: 5 }, (_, i) => {
        let at = T0 + seconds(dice.int(0, 3))
        return Array.from({ length: dice.int(20, 40) }, () => {
          // Whole seconds like RIS wrote for years, so that ties are everywhere.
          at += seconds(dice.chance(0.6) ? dice.int(0, 3) : dice.int(0, 25))
          return { at, vantage: ids.get(`${name} ${i}`) as number, token: token++ }
        })
      }),
    )
    return { vantages, peers }
  }

  function expected({ vantages, peers }: World): number[] {
    const all = peers.flat(2)
    const rank = (said: Said) => {
      const { collector, address } = vantages.get(said.vantage)
      const host = address.split('.').map((n) => n.padStart(3, '0'))
      return `${collector} ${host.join('.')}`
    }
    const keyed = all.map((said) => ({ said, key: rank(said) }))
    keyed.sort(
      (a, b) =>
        a.said.at - b.said.at ||
        (a.key < b.key ? -1 : a.key > b.key ? 1 : a.said.token - b.said.token),
    )
    return keyed.map(({ said }) => said.token)
  }

  test('is the same however peers, batches and collectors are woven together', () => {
    const outs = new Set<string>()
    let seen = 0
    let batches = 0
    let shuffled = 0
    for (let round = 0; round < 40; round++) {
      const dice = new Dice(`weave ${round}`)
      const { vantages, peers } = world(new Dice('world'), (list) => dice.shuffle(list))
      const line = new Line(vantages, { patience: seconds(5) })
      const streams = peers.map((speakers) => {
        // Each arrives up to five seconds late, but nobody overtakes himself.
        const arriving = speakers.flatMap((list) => {
          let arrival = 0
          return list.map((said) => {
            arrival = Math.max(arrival, said.at + dice.int(0, 5_000_000))
            return { said, arrival }
          })
        })
        arriving.sort((a, b) => a.arrival - b.arrival || a.said.token - b.said.token)
        const said = arriving.map((a) => a.said)
        if (said.some((s, i) => i > 0 && s.at < (said[i - 1] as Said).at)) shuffled++
        return { id: line.order.stream(), said }
      })
      let running = dice.shuffle(streams)
      while (running.length > 0) {
        const stream = dice.pick(running)
        line.push(stream.id, stream.said.splice(0, dice.pick([0, 1, 1, 2, 3, 7, 50])))
        batches++
        if (stream.said.length === 0) {
          line.order.done(stream.id)
          running = running.filter((s) => s !== stream)
        }
        if (dice.chance(0.7)) line.order.release()
      }
      line.order.flush()
      expect(line.order.late + line.order.refused).toBe(0)
      expect(line.tokens).toEqual(expected({ vantages, peers }))
      expect(line.gone.size).toBe(0)
      outs.add(line.out.join('\n'))
      seen += line.tokens.length
    }
    // With its ticks.
    expect(outs.size).toBe(1)
    expect(shuffled).toBe(120)
    expect(seen).toBeGreaterThan(15_000)
    expect(batches).toBeGreaterThan(2_000)
  })

  test('at one instant collectors come by name, then peers by address, then as they spoke', () => {
    const vantages = new VantagePoints()
    const intern = (name: string, host: number) =>
      vantages.intern(vantages.collector(name), host, 0, 0, 0, 64_500, 4)
    const [z, b, a] = [intern('rrc21', 1), intern('rrc01', 2), intern('rrc01', 1)]
    const line = new Line(vantages)
    const [one, two] = [line.order.stream(), line.order.stream()]
    const says = (token: number, vantage: number) => ({ at: T0, vantage, token })
    line.push(one, [says(1, z), says(2, z)])
    line.push(two, [says(3, b), says(4, a), says(5, b)])
    line.push(two, [says(6, a)])
    line.order.flush()
    expect(line.tokens).toEqual([4, 6, 3, 5, 1, 2])
  })
})

describe('waiting', () => {
  test('nothing leaves before every stream has spoken, and then only what none can precede', () => {
    const l = line()
    const [a, b] = [l.order.stream(), l.order.stream()]
    l.say(a, [1, 2, 3, 9])
    l.order.release()
    expect(l.hear()).toEqual([])
    l.say(b, [3], 100, 1)
    l.order.release()
    expect(l.hear()).toEqual(['1 #0'])
    expect([l.order.newest(a), l.order.newest(b)]).toEqual([T0 + seconds(9), T0 + seconds(3)])
    l.say(b, [4.000001], 101, 1)
    l.order.release()
    expect(l.hear()).toEqual(['2 #1', '3 #2', '3 #100'])
    l.order.done(b)
    l.order.release()
    expect(l.hear()).toEqual(['4.000001 #101'])
    l.order.done(a)
    l.order.flush()
    expect(l.hear()).toEqual(['9 #3'])
  })

  test('a batch is given back once, when its last message has left', () => {
    const l = line()
    const s = l.order.stream()
    l.push(s, [])
    expect([l.taken, l.gone.size]).toEqual([1, 0])
    l.say(s, [1, 5]).say(s, [7])
    l.order.release()
    expect([l.taken, l.gone.size]).toEqual([3, 1])
    l.order.flush()
    expect(l.gone.size).toBe(0)
  })

  test('what comes later than the patience is applied at the present instant, and counted', () => {
    const l = line()
    const s = l.order.stream()
    l.say(s, [1, 5, 20])
    l.order.release()
    l.say(s, [4, 4, 18.5], 10, 1)
    l.order.flush()
    expect(l.hear()).toEqual([
      '1 #0',
      '5 #1',
      '5 #10',
      '5 #11',
      'tick 10',
      '18.5 #12',
      'tick 20',
      '20 #2',
    ])
    expect(l.order.late).toBe(2)
    // A fact that is late stands at the present, too.
    l.fact('gap', 3)
    l.order.flush()
    expect(l.hear()).toEqual(['gap 20'])
  })

  test('a stream that is far behind holds nobody up; what it says is late, and counts', () => {
    const l = line({ patience: seconds(1), mostBehind: seconds(60), tick: seconds(1_000) })
    const [near, far] = [l.order.stream(), l.order.stream()]
    l.say(far, [0], 10).say(near, [60], 20)
    l.order.release()
    expect(l.messages).toEqual([])
    l.say(far, [1], 11).say(near, [62], 21)
    l.order.release()
    expect(l.hear().filter((word) => word.includes('#'))).toEqual(['0 #10', '1 #11', '60 #20'])
    l.say(far, [2], 12)
    l.order.flush()
    expect(l.messages).toEqual(['60 #12', '62 #21'])
    expect(l.order.late).toBe(1)
  })

  test('advance lets out what is due, and ticks without anybody', () => {
    const l = line()
    const s = l.order.stream()
    l.say(s, [1, 9, 31])
    l.order.advance(T0 + seconds(20))
    expect(l.hear()).toEqual(['1 #0', '9 #1', 'tick 10', 'tick 20'])
    l.order.advance(T0 + seconds(20))
    l.order.advance(T0 + seconds(15))
    expect(l.hear()).toEqual([])
    l.order.advance(T0 + seconds(31))
    expect(l.hear()).toEqual(['tick 30', '31 #2'])
  })
})

describe('leaps', () => {
  test.each(DAMAGED)('one stamp of %d among others is refused and counted', (damaged) => {
    const dice = new Dice(damaged)
    const whole = Array.from({ length: 12 }, (_, i) => i)
    for (let at = 1; at < whole.length; at++) {
      const stamps = whole.map((t) => (t === at ? BigInt(damaged) : t))
      for (const size of [1, 2, 3, 12, dice.int(4, 11)]) {
        // Of the first two of a stream, only a third can tell which is right.
        if (at === 1 && size < 3) continue
        const l = line()
        const s = l.order.stream()
        for (let i = 0; i < 12; i += size) {
          l.say(s, stamps.slice(i, i + size), i)
          l.order.release()
        }
        l.order.flush()
        expect([l.order.refused, l.order.late]).toEqual([1, 0])
        expect(l.messages).toEqual(whole.filter((t) => t !== at).map((t) => `${t} #${t}`))
        expect(l.gone.size).toBe(0)
      }
    }
  })

  test('a stamp of the far future at the very beginning, or at the beginning of a file', () => {
    const l = line()
    const s = l.order.stream()
    const future = BigInt(DAMAGED[0] as number)
    l.say(s, [future, 1, 2])
    l.order.expectLeap(s)
    l.say(s, [future, hours(2) / 1e6, hours(2) / 1e6 + 1], 10)
    l.order.flush()
    expect(l.messages).toEqual(['1 #1', '2 #2', '7200 #11', '7201 #12'])
    expect(l.order.refused).toBe(2)
  })

  test.each([1, 2, 3, 9])('a sparse stream is believed, in batches of %d', (size) => {
    const l = line()
    const s = l.order.stream()
    const stamps = Array.from({ length: 9 }, (_, i) => i * 7_200)
    for (let i = 0; i < 9; i += size) {
      l.say(s, stamps.slice(i, i + size), i)
      l.order.release()
    }
    l.order.flush()
    expect(l.messages).toEqual(stamps.map((t, i) => `${t} #${i}`))
    expect([l.order.refused, l.order.late]).toEqual([0, 0])
    expect(l.gone.size).toBe(0)
  })

  test('a new file may be of another time, even if it holds one message only', () => {
    const l = line()
    const s = l.order.stream()
    l.say(s, [1, 2])
    l.order.expectLeap(s)
    l.say(s, [3_000_000], 10)
    l.order.expectLeap(s)
    l.say(s, [9_000_000], 20)
    l.order.done(s)
    l.order.flush()
    expect(l.messages).toEqual(['1 #0', '2 #1', '3000000 #10', '9000000 #20'])
    expect(l.order.refused).toBe(0)
  })

  test('a jump that lasts is believed, forward and back', () => {
    const l = line()
    const s = l.order.stream()
    l.say(s, [0, 90_000, 90_001])
    l.say(s, [90_002, 10, 11], 10)
    l.order.flush()
    expect(l.order.refused).toBe(0)
    // Nothing is lost of it, but its time has come first in the same batch of waiting ones.
    expect(l.tokens).toEqual([0, 11, 12, 1, 2, 10])
  })

  test('live, the wall clock tells whether to believe the last stamp there is', () => {
    const l = line()
    const s = l.order.stream()
    l.say(s, [0, 1]).say(s, [8_000], 10)
    l.order.release()
    expect(l.messages).toEqual([])
    l.order.advance(T0 + seconds(8_001))
    expect(l.messages).toEqual(['0 #0', '1 #1', '8000 #10'])
    l.say(s, [BigInt(DAMAGED[0] as number)], 20)
    l.order.advance(T0 + seconds(8_010))
    l.say(s, [8_011], 30)
    l.order.flush()
    expect(l.messages.slice(3)).toEqual(['8011 #30'])
    expect(l.order.refused).toBe(1)
    expect(l.gone.size).toBe(0)
  })

  test('whatever the stamps: every message leaves once or is counted', () => {
    let pushed = 0
    let left = 0
    let damaged = 0
    let refused = 0
    let late = 0
    for (let round = 0; round < 200; round++) {
      const dice = new Dice(`any ${round}`)
      const l = line()
      const streams = [l.order.stream(), l.order.stream()]
      const tokens: number[] = []
      let at = T0
      for (let i = 0; i < 30; i++) {
        const messages = Array.from({ length: dice.int(0, 6) }, () => {
          at += dice.int(0, 9_000_000)
          const roll = dice.float()
          const stamp = roll < 0.05 ? dice.pick(DAMAGED) : roll < 0.2 ? at - seconds(15) : at
          if (stamp !== at && stamp !== at - seconds(15)) damaged++
          tokens.push(tokens.length)
          return { at: stamp, vantage: dice.int(0, 2), token: tokens.length - 1 }
        })
        l.push(dice.pick(streams), messages)
        if (dice.chance(0.1)) l.order.expectLeap(dice.pick(streams))
        if (dice.chance(0.5)) l.order.release()
        if (dice.chance(0.05)) l.order.advance(at)
      }
      l.order.flush()
      expect(new Set(l.tokens).size).toBe(l.tokens.length)
      expect(l.tokens.length + l.order.refused).toBe(tokens.length)
      expect(l.gone.size).toBe(0)
      pushed += tokens.length
      left += l.tokens.length
      refused += l.order.refused
      late += l.order.late
    }
    expect(pushed).toBeGreaterThan(15_000)
    // Nearly all that are damaged, and nothing else.
    expect(damaged).toBeGreaterThan(800)
    expect(refused).toBeGreaterThan(damaged * 0.9)
    expect(refused).toBeLessThanOrEqual(damaged)
    expect(late).toBeGreaterThan(100)
    expect(left).toBeGreaterThan(pushed * 0.9)
  })
})

describe('ticks', () => {
  test('stand at whole multiples, before what happens at that instant', () => {
    const l = line()
    const s = l.order.stream()
    l.say(s, [0, 10, 10, 19.999999, 41])
    l.fact('gap', 20).fact('gap-end', 40)
    l.order.flush()
    expect(l.hear()).toEqual([
      '0 #0',
      'tick 10',
      '10 #1',
      '10 #2',
      '19.999999 #3',
      'tick 20',
      'gap 20',
      'tick 30',
      'tick 40',
      'gap-end 40',
      '41 #4',
    ])
  })

  test('a silence of months costs a day of ticks, and ends on time', () => {
    const l = line()
    const s = l.order.stream()
    l.say(s, [5])
    l.order.expectLeap(s)
    l.say(s, [90 * 86_400 + 3, 90 * 86_400 + 14], 1)
    l.order.flush()
    const out = l.hear()
    const ticks = out.filter((line) => line.startsWith('tick'))
    expect(ticks.length).toBeLessThan(8_650)
    expect(ticks.slice(0, 8_640)).toEqual(
      Array.from({ length: 8_640 }, (_, i) => `tick ${10 * (i + 1)}`),
    )
    expect(out.slice(-4)).toEqual(['tick 7776000', '7776003 #1', 'tick 7776010', '7776014 #2'])
  })

  test('every interval has its own, through an hour of silence', () => {
    const l = line({ tick: seconds(20) })
    const s = l.order.stream()
    l.say(s, [19, 3_600])
    l.order.flush()
    const ticks = Array.from({ length: 180 }, (_, i) => `tick ${20 * (i + 1)}`)
    expect(l.hear()).toEqual(['19 #0', ...ticks, '3600 #1'])
  })
})

describe('facts', () => {
  test('come in their place, those of one instant as they were told', () => {
    const l = line()
    const s = l.order.stream()
    l.fact('gap-end', 3).fact('gap', 2).fact('gap', 3).fact('gap-end', 1)
    l.say(s, [0, 2, 2, 3, 4])
    l.order.release()
    expect(l.hear()).toEqual(['0 #0', 'gap-end 1', 'gap 2', '2 #1', '2 #2'])
    l.order.flush()
    expect(l.hear()).toEqual(['gap-end 3', 'gap 3', '3 #3', '4 #4'])
  })

  test('wait as messages do', () => {
    const l = line()
    const s = l.order.stream()
    l.say(s, [0, 10]).fact('gap', 9.5)
    l.order.release()
    expect(l.hear()).toEqual(['0 #0'])
    l.order.advance(T0 + seconds(9.5))
    expect(l.hear()).toEqual(['gap 9.5'])
  })
})

describe('a stretch of time', () => {
  test('from is in, until is out; what is outside still moves the line on', () => {
    const l = line()
    const bounded = l.order.stream(T0 + seconds(2), T0 + seconds(5))
    const other = l.order.stream()
    l.say(bounded, [0, 1, 2, 3, 4.999999, 5, 60])
    l.say(other, [1, 4, 30], 100, 1)
    l.order.release()
    expect(l.messages).toEqual(['1 #100', '2 #2', '3 #3', '4 #101', '4.999999 #4'])
    l.order.flush()
    expect(l.messages.slice(5)).toEqual(['30 #102'])
    expect([l.order.refused, l.order.late]).toEqual([0, 0])
  })

  test('a batch that lies wholly outside is given back at once', () => {
    const l = line()
    const s = l.order.stream(T0 + seconds(100))
    l.say(s, [0, 1])
    expect([l.taken, l.gone.size]).toEqual([1, 0])
    expect(l.order.newest(s)).toBe(T0 + seconds(1))
  })
})

test('a stream that never speaks cannot make the line hold more than it may', () => {
  const l = line({ most: 4 })
  const s = l.order.stream()
  const silent = l.order.stream()
  for (let i = 0; i < 40; i++) {
    l.say(s, [i, i + 0.5], 2 * i)
    l.order.release()
    expect(l.gone.size).toBeLessThanOrEqual(4)
  }
  expect(l.order.forced).toBeGreaterThan(0)
  l.say(silent, [1], 100, 1)
  l.order.flush()
  expect(new Set(l.tokens).size).toBe(81)
  // Whoever comes then is late, not lost.
  expect(l.order.late).toBe(1)
})
