// What detectors and own routers tell of defence: which of it is in force, and whom it is for.

import type { Asn } from '../core/asn.ts'
import { maskWord, parsePrefix } from '../core/prefix.ts'
import type { Change } from '../core/sample.ts'
import type { Instant, Span } from '../core/time.ts'
import type { Scene } from './scene.ts'
import { distinct } from './told.ts'

export type MitigationKind = 'rtbh' | 'flowspec' | 'scrubber'

export interface Mitigation {
  readonly kind: MitigationKind
  /** Own prefix it is for, of a host the block that it is in; null when it is not told, or concerns all. */
  readonly prefix: string | null
  /** How long the prefix itself is, where a router tells it; null = nobody does. */
  readonly length: number | null
  /** Services a network lives by that a Flowspec rule drops: `bgp`, `dns`. */
  readonly takes: readonly string[]
  /** Own routers that hold it. */
  readonly routers: readonly string[]
  /** The scrubber. */
  readonly asn: Asn | null
  readonly since: Instant | null
  readonly within: Span
  readonly from: 'route' | 'change'
}

/** What was told to begin and not to end; each teller, a detector or a router, speaks for itself. */
export function changed(scene: Scene): Mitigation[] {
  const running = new Map<string, Change>()
  for (const change of scene.planes.changes) {
    const { kind = '', prefix = '', asn = '', id = '' } = change.labels
    const name = id === '' ? `${kind} ${prefix} ${asn} ${ofRouter(change)}` : id
    if (change.event === 'mitigation-start') running.set(name, change)
    else if (change.event === 'mitigation-end') running.delete(name)
  }
  if (running.size === 0) return []
  const isOurs = ownSpace(scene)
  const told = [...running.values()].flatMap(({ at, uncertainty, labels }): Mitigation[] => {
    const { kind, prefix, asn, length, takes = '', action, router } = labels
    if (kind !== 'rtbh' && kind !== 'flowspec' && kind !== 'scrubber') return []
    // A router tells of its customers' too.
    if (prefix !== undefined && !isOurs(prefix)) return []
    return [
      {
        kind,
        prefix: prefix ?? null,
        length: length !== undefined && /^\d{1,3}$/.test(length) ? Number(length) : null,
        takes: action === 'discard' && takes !== '' ? takes.split(' ') : [],
        routers: router === undefined ? [] : [router],
        asn: asn === undefined ? null : Number(asn.replace(/^AS/i, '')),
        since: at,
        within: uncertainty,
        from: 'change',
      },
    ]
  })
  return oncePerBlock(told)
}

/** Whoever bans a host tells it, and then each router does: it is one mitigation, as the routers have it. */
function oncePerBlock(told: readonly Mitigation[]): Mitigation[] {
  const out: Mitigation[] = []
  for (const one of told.toSorted((a, b) => b.routers.length - a.routers.length)) {
    const i = out.findIndex(
      ({ kind, prefix, length, asn }) =>
        kind === one.kind &&
        prefix === one.prefix &&
        (length === one.length || one.routers.length === 0) &&
        asn === one.asn,
    )
    const same = out[i]
    if (!same) out.push(one)
    else
      out[i] = {
        ...same,
        since: Math.min(
          same.since ?? Number.POSITIVE_INFINITY,
          one.since ?? Number.POSITIVE_INFINITY,
        ),
        takes: distinct([...same.takes, ...one.takes]),
        routers: distinct([...same.routers, ...one.routers]),
      }
  }
  return out
}

/** What tells rules and routes of a router from each other. */
function ofRouter({ labels }: Change): string {
  const { router, length = '', action = '', match = '' } = labels
  return router === undefined ? '' : [router, length, action, match].join(' ')
}

/** Whether a prefix has to do with own address space; of a network without any, all has. */
function ownSpace({ view, asn }: Scene): (prefix: string) => boolean {
  const own = view.prefixesOf(asn).map((prefix) => view.prefixText(prefix))
  return (prefix) =>
    own.length === 0 || own.some((ours) => isPartOf(prefix, ours) || isPartOf(ours, prefix))
}

export function isPartOf(inner: string, outer: string): boolean {
  const a = parsePrefix(inner)
  const b = parsePrefix(outer)
  if (!a || !b || a.afi !== b.afi || a.length < b.length) return false
  return a.words.every((word, i) => (word & maskWord(b.length, i)) === (b.words[i] as number))
}
