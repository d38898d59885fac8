/**
 * Runs `count` calls in batches of 1, 2, 4, 8 ...: when every call is going to be refused (a quota, a broken
 * template), few are made before that is known (replica_set.go slowStartBatch).
 */
export interface SlowStartResult {
  readonly successes: number
  /** Of the first call that failed. */
  readonly error?: unknown
}

/** @param batchMax cap of one batch: StatefulSets and Jobs have one */
export async function slowStart(
  count: number,
  call: (index: number) => Promise<unknown>,
  batchMax = count,
): Promise<SlowStartResult> {
  let done = 0
  let successes = 0
  for (let batch = 1; done < count; batch *= 2) {
    const size = Math.min(batch, batchMax, count - done)
    let failed = false
    let error: unknown
    const note = (reason: unknown) => {
      if (!failed) error = reason
      failed = true
    }
    const calls: Promise<void>[] = []
    for (let i = 0; i < size; i++) {
      calls.push(
        call(done + i).then(() => {
          successes++
        }, note),
      )
    }
    await Promise.all(calls)
    done += size
    if (failed) return { successes, error }
  }
  return { successes }
}
