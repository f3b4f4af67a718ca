// What traffic is for, as far as its ports say: some thirty services, of which the mix of a network is
// made. A flash crowd, or the users of a neighbour, bring the mix that was there before; a flood its own.

const TCP = 6
const UDP = 17
const ICMP = 1
const ICMP6 = 58

const TCP_PORTS: readonly (readonly number[])[] = [
  [443],
  [80],
  [22],
  [25, 465, 587],
  [53, 853],
  [110, 143, 993, 995],
  [8080, 8443],
  [1935, 554],
  [3389, 5900],
  [139, 445],
  [5222, 5223, 5228],
  [179],
]
const UDP_PORTS: readonly (readonly number[])[] = [
  [443],
  [53],
  [123],
  [500, 4500, 51820, 1194],
  [3478, 3479, 3480, 3481, 19302],
  [5060, 5061],
  // From here on those that answer with more than they are asked, and are of no use across networks.
  [19, 17],
  [111, 137, 161],
  [389],
  [1900, 3702, 5353],
  [11211],
  [3283, 10001, 37810, 30718],
]

/** Ports whose answers are larger than the questions, from US-CERT's TA14-017A and what came since. */
const REFLECTORS = [
  17, 19, 53, 69, 111, 123, 137, 161, 389, 427, 520, 1434, 1900, 3283, 3702, 5093, 5353, 5683,
  10001, 11211, 30718, 37810,
]

const FIRST_UDP = 1 + TCP_PORTS.length
const REST = FIRST_UDP + UDP_PORTS.length
/** Low and high ports of TCP and UDP, ICMP, and all other protocols. */
const [TCP_LOW, TCP_HIGH, UDP_LOW, UDP_HIGH, PING, OTHER] = [0, 1, 2, 3, 4, 5].map(
  (i) => REST + i,
) as [number, number, number, number, number, number]

export const SERVICES = OTHER + 1

function byPort(groups: readonly (readonly number[])[], first: number): Uint8Array {
  const table = new Uint8Array(65_536)
  for (const [i, ports] of groups.entries()) for (const port of ports) table[port] = first + i
  return table
}

const tcp = byPort(TCP_PORTS, 1)
const udp = byPort(UDP_PORTS, FIRST_UDP)
const reflects = new Uint8Array(65_536)
for (const port of REFLECTORS) reflects[port] = 1

/** A number below `SERVICES`. */
export function serviceOf(protocol: number, source: number, destination: number): number {
  if (protocol === TCP || protocol === UDP) {
    const table = protocol === TCP ? tcp : udp
    const named = table[source] || table[destination]
    if (named) return named
    const low = Math.min(source, destination) < 1_024
    return protocol === TCP ? (low ? TCP_LOW : TCP_HIGH) : low ? UDP_LOW : UDP_HIGH
  }
  return protocol === ICMP || protocol === ICMP6 ? PING : OTHER
}

export const isReflected = (protocol: number, source: number): boolean =>
  protocol === UDP && reflects[source] === 1
