// The thread of rpki-reading.ts: octets in, what they mean out, and then it ends.

import { parentPort, workerData } from 'node:worker_threads'
import { readRpkiFile } from './context/rpki-file.ts'
import type { RpkiOctets } from './rpki-reading.ts'
import { sideInputOf } from './side-inputs.ts'

const { octets, name } = workerData as RpkiOctets
parentPort?.postMessage(await sideInputOf([octets], 'rpki', name, readRpkiFile))
