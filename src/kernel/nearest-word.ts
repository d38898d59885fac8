/** Finds what somebody probably meant to type, for the hints of error messages. */

/**
 * The candidate with the fewest edits from `word`, ignoring case, or undefined when all are too far away to be a slip.
 * The earlier one wins a tie.
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase()
  // A third of the letters, but at least two: `slep` is near `sleep`, `foo` is near nothing.
  const most = Math.max(2, Math.floor(typed.length / 3))
  let best: string | undefined
  let fewest = Math.min(most, typed.length - 1) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - typed.length) >= fewest) continue
    const edits = editDistance(typed, candidate.toLowerCase())
    if (edits < fewest) {
      best = candidate
      fewest = edits
    }
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let edits = Math.min(row[j - 1]! + 1, above[j]! + 1, above[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, before[j - 2]! + 1)
      row.push(edits)
    }
    before = above
    above = row
  }
  return above[b.length]!
}
