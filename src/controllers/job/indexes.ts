/** Sets of completion indexes, as status shows them: `0,2-4` (job/indexed_job_utils.go). */
export type Interval = readonly [first: number, last: number]

/** Ordered, apart from each other by at least one index. */
export class Indexes {
  static readonly NONE = new Indexes([])
  readonly intervals: readonly Interval[]

  private constructor(intervals: readonly Interval[]) {
    this.intervals = intervals
  }

  /** Reads what stands in a status. Parts that make no sense are passed over, and nothing counts that is not below `completions`. */
  static parse(text: string, completions: number): Indexes {
    const intervals: Interval[] = []
    for (const part of text === '' ? [] : text.split(',')) {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part)
      if (match === null) continue
      const first = Number(match[1])
      const last = Math.min(Number(match[2] ?? first), completions - 1)
      if (first >= completions) break
      if (last < first) continue
      intervals.push([first, last])
    }
    return new Indexes(joined(intervals))
  }

  static of(indexes: Iterable<number>): Indexes {
    const sorted = [...new Set(indexes)].sort((a, b) => a - b)
    return new Indexes(joined(sorted.map((it) => [it, it])))
  }

  get total(): number {
    return this.intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }

  has(index: number): boolean {
    return this.intervals.some(([first, last]) => first <= index && index <= last)
  }

  with(indexes: Iterable<number>): Indexes {
    return this.merge(Indexes.of(indexes))
  }

  merge(other: Indexes): Indexes {
    if (other.intervals.length === 0) return this
    return new Indexes(joined([...this.intervals, ...other.intervals].sort((a, b) => a[0] - b[0])))
  }

  /** How many of `other` are in this set. */
  countOf(other: Indexes): number {
    let count = 0
    for (const [first, last] of other.intervals) {
      for (const [a, b] of this.intervals) count += Math.max(0, Math.min(last, b) - Math.max(first, a) + 1)
    }
    return count
  }

  /** The lowest `count` indexes below `completions` that are not in the set. */
  firstMissing(count: number, completions: number): number[] {
    const missing: number[] = []
    let next = 0
    for (const [first, last] of [...this.intervals, [completions, completions] as const]) {
      for (; next < first && next < completions && missing.length < count; next++) missing.push(next)
      next = Math.max(next, last + 1)
    }
    return missing
  }

  /** A pair of neighbours stays a pair: `3,4`. */
  toString(): string {
    return this.intervals
      .map(([first, last]) =>
        first === last ? `${first}` : first + 1 === last ? `${first},${last}` : `${first}-${last}`,
      )
      .join(',')
  }
}

function joined(intervals: readonly Interval[]): Interval[] {
  const result: Interval[] = []
  for (const [first, last] of intervals) {
    const before = result.at(-1)
    if (before !== undefined && first <= before[1] + 1)
      result[result.length - 1] = [before[0], Math.max(before[1], last)]
    else result.push([first, last])
  }
  return result
}
