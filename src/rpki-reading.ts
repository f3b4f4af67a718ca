// A file of VRPs into lines on a thread of its own: JSON.parse of half a million rows is one piece of
// work of more than a second, in which nothing else would be heard. What comes back are two texts.

import { setImmediate as aMoment } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { FileReading } from './context/faults.ts'
import { readInSteps } from './context/rpki-file.ts'
import type { SideInput } from './core/fact.ts'
import { sideInputOf } from './side-inputs.ts'

/** What the thread is told. */
export interface RpkiOctets {
  readonly octets: Uint8Array
  readonly name: string
}

export interface RpkiRead {
  /** Null when something is wrong with it. */
  readonly input: SideInput | null
  readonly faults: readonly string[]
}

/** As `sideInputOf`. Never throws; a thread that ends early is a fault of this reading. */
export function readRpkiApart(octets: Uint8Array, name: string): Promise<RpkiRead> {
  // Threads run what is built; from the sources, as the unit tests do it, it is read here in steps.
  if (import.meta.url.endsWith('.ts')) return sideInputOf([octets], 'rpki', name, patiently)
  return new Promise((done) => {
    const fails = (why: string) =>
      done({ input: null, faults: [`could not be read on its thread: ${why}`] })
    const workerData: RpkiOctets = { octets, name }
    const worker = new Worker(new URL('./rpki-thread.js', import.meta.url), { workerData })
    // Whoever stops does not wait for it.
    worker.unref()
    worker.on('message', (read: RpkiRead) => done(read))
    worker.on('error', (error) => fails(error.message))
    // After a message this is nothing new.
    worker.on('exit', (code) => fails(`it ended (${code})`))
  })
}

/** Others go on in between, except while JSON.parse is at work. */
async function patiently(text: string): Promise<FileReading> {
  const steps = readInSteps(text)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await aMoment()
  }
}
