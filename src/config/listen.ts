// Where the HTTP server listens, and who can reach it there.

import ipaddr from 'ipaddr.js'
import { parseAddress } from '../core/prefix.ts'

/** Where the HTTP server listens; port 0 is any that is free. */
export interface Listen {
  readonly host: string
  readonly port: number
}

export function parseListen(written: string): Listen | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(written)
  const [, inner, plain = '', digits] = match ?? []
  const host = inner ?? plain
  const port = Number(digits)
  if (!match || port > 65535) return undefined
  return (inner ?? /^[\d.]+$/.test(host)) && !parseAddress(host) ? undefined : { host, port }
}

/** Whether only this machine can reach it; IPv4 written as IPv6 counts as what it is. */
export function isLoopback(host: string): boolean {
  if (!ipaddr.isValid(host)) return host.toLowerCase() === 'localhost'
  return ipaddr.process(host).range() === 'loopback'
}
