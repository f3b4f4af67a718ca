// The `raw` field of a RIS Live UPDATE, read with the decoder that reads MRT: the only place where
// that feed shows Only-to-Customer (RFC 9234) and the exact segments of a path.

import { Message } from '../core/batch.ts'
import { AddPath, BGP_HEADER, BgpDecoder, Update } from './bgp.ts'
import type { RawDecoder } from './ris-json.ts'

const UPDATE = 2

/** For the option `raw` of RisDecoder. */
export function rawUpdates(): RawDecoder {
  const bgp = new BgpDecoder()
  return (bytes, batch, at, vantage, offset) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    if (bytes.length < BGP_HEADER || view.getUint16(16) !== bytes.length) return false
    if (view.getUint8(BGP_HEADER - 1) !== UPDATE) return false
    bgp.use(bytes, view)
    let m = batch.open(Message.update, at, vantage, offset)
    let kind = bgp.update(BGP_HEADER, bytes.length, true, AddPath.none, batch)
    // Sessions with speakers of two-octet ASNs (RFC 6793) are not marked as such in the frame.
    if (kind === Update.routes && batch.detail[m] !== 0 && batch.pathStart[m] === -1) {
      batch.rollback()
      m = batch.open(Message.update, at, vantage, offset)
      kind = bgp.update(BGP_HEADER, bytes.length, false, AddPath.none, batch)
    }
    if (kind === Update.malformed) {
      batch.rollback()
      return false
    }
    if (kind !== Update.routes) {
      batch.kind[m] = Message.endOfRib
      batch.detail[m] = kind
    }
    batch.close()
    return true
  }
}
