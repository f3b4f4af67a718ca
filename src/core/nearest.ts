// Words that people write, and the words they meant.

/** The known word that is nearest to one that is not; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const short = word.slice(0, 40).toLowerCase()
  const ranked = known
    .map((name) => ({ name, most: Math.max(1, Math.floor(name.length / 3)) }))
    // What differs in length by more is further apart, and need not be measured.
    .filter(({ name, most }) => Math.abs(name.length - short.length) <= most)
    .map(({ name, most }) => ({ name, most, apart: distance(short, name.toLowerCase()) }))
    .filter(({ apart, most }) => apart <= most)
    .sort((a, b) => a.apart - b.apart)
  return ranked[0]?.name
}

/** Letters to change, insert, remove or swap with their neighbour to make one word of the other. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
