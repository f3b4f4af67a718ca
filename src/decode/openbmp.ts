// The envelope that OpenBMP puts BMP messages into on Kafka, version 1.7.

import { BmpSession } from './bmp.ts'
import { type Cursor, Malformed } from './cursor.ts'
import { address, hex, text } from './text.ts'

const MAGIC = 0x4f424d50
const BMP_RAW = 12

export function readOpenBmp(cursor: Cursor, session = new BmpSession()): object {
  const whole = cursor.left
  if (cursor.u32('magic') !== MAGIC) throw new Malformed('does not begin with OBMP')
  const [major, minor] = [cursor.u8('major version'), cursor.u8('minor version')]
  const headerLength = cursor.u16('header length')
  const messageLength = cursor.u32('message length')
  const flags = cursor.u8('flags')
  const objectType = cursor.u8('object type')
  const [tsSec, tsUsec] = [cursor.u32('seconds'), cursor.u32('microseconds')]
  const collectorHash = hex(cursor.bytes(16, 'collector hash'))
  const collectorAdminId = text(cursor.bytes(cursor.u16('admin id length'), 'admin id'))
  const routerHash = hex(cursor.bytes(16, 'router hash'))
  const routerIpv6 = (flags & 0x40) !== 0
  // IPv4 in the first four octets, not in the last as in BMP.
  const routerIp = address(cursor.bytes(16, 'router address').subarray(0, routerIpv6 ? 16 : 4))
  const routerGroup = text(cursor.bytes(cursor.u16('group length'), 'router group'))
  const rowCount = cursor.u32('row count')
  const read = whole - cursor.left
  if (headerLength < read) throw new Malformed(`header length ${headerLength}, but it has ${read}`)
  cursor.bytes(headerLength - read, 'header')
  const payload = cursor.part(messageLength, 'message')
  return {
    major,
    minor,
    headerLength,
    messageLength,
    flags,
    objectType,
    routerMessage: (flags & 0x80) !== 0,
    routerIpv6,
    tsSec,
    tsUsec,
    collectorHash,
    collectorAdminId,
    routerHash,
    routerIp,
    routerGroup,
    rowCount,
    ...(objectType === BMP_RAW ? readRows(payload, session) : { bodyHex: hex(payload.rest()) }),
    ...(cursor.left > 0 ? { trailing: cursor.left } : {}),
  }
}

/** Mostly one; several stand back to back. */
function readRows(payload: Cursor, session: BmpSession): object {
  const messages: object[] = []
  while (payload.left > 0) {
    const message = session.read(payload)
    if (!message) throw new Malformed(`a BMP message is cut off: ${payload.left} octets are left`)
    messages.push(message)
  }
  return messages.length === 1 ? { bmp: messages[0] } : { messages }
}
