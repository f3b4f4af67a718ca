// Files of samples and changes, a line of JSON each. What is wrong with a file is told all at once, for
// whoever wrote it will mend it in one go.

import { InputError } from './command.ts'
import type { Change, Labels, Sample } from './core/sample.ts'
import { LineSplitter } from './decode/line-splitter.ts'
import { readChunks } from './feeds/archive.ts'
import { decompress, newReport } from './wire/decompress.ts'
import { LONGEST_LINE, readSample, type Uncertainties } from './wire/sample-json.ts'

/** A week of a hundred series, each minute. Some 300 octets of memory each. */
const MOST_FACTS = 1_000_000
/** Faults shown of a file; the others are counted. */
const MOST_FAULTS = 20

/** All of all files, in no order; throws with all faults of all of them. */
export async function readSampleFiles(
  paths: readonly string[],
  usual: Uncertainties,
): Promise<(Sample | Change)[]> {
  const facts: (Sample | Change)[] = []
  const faults: string[] = []
  // Series are few, and each of them says its labels again and again.
  const labels = new Map<string, Labels>()
  for (const path of paths) await readOne(path, usual, facts, labels, faults)
  if (faults.length > 0) throw new InputError(faults.join('\n'))
  return facts
}

async function readOne(
  path: string,
  usual: Uncertainties,
  facts: (Sample | Change)[],
  labels: Map<string, Labels>,
  faults: string[],
): Promise<void> {
  const report = newReport()
  const splitter = new LineSplitter(LONGEST_LINE)
  const decoder = new TextDecoder()
  let number = 0
  let wrong = 0
  const fault = (why: string) => {
    if (++wrong <= MOST_FAULTS) faults.push(`${path}:${number}: ${why}`)
  }
  const take = (line: string | null) => {
    number++
    if (line !== null && line.trim() === '') return
    if (line === null) {
      fault(`is longer than ${LONGEST_LINE} characters`)
      return
    }
    const reading = readSample(line, usual, true)
    if (!reading.ok) fault(reading.why)
    else if (facts.length < MOST_FACTS) facts.push(shared(reading.fact, labels))
    else fault(`there are more than ${MOST_FACTS} samples in all; play fewer at a time`)
  }
  try {
    for await (const chunk of decompress(readChunks(path), report))
      for (const line of splitter.push(decoder.decode(chunk, { stream: true }))) take(line)
    for (const line of splitter.push(decoder.decode())) take(line)
    for (const line of splitter.end()) take(line)
  } catch (error) {
    faults.push(`${path}: ${(error as Error).message}`)
    return
  }
  if (report.truncated || report.damaged > 0)
    faults.push(`${path}: it is not whole; fetch it again`)
  else if (number === 0) faults.push(`${path}: is empty`)
  if (wrong > MOST_FAULTS) faults.push(`${path}: … and ${wrong - MOST_FAULTS} more like these`)
}

function shared(fact: Sample | Change, known: Map<string, Labels>): Sample | Change {
  const key = JSON.stringify(fact.labels)
  const before = known.get(key)
  if (before) return { ...fact, labels: before }
  known.set(key, fact.labels)
  return fact
}
