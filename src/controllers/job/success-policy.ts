/** Whether the indexes that succeeded are enough (job/success_policy.go). */
import type { SuccessPolicy } from '../../api/batch/job.ts'
import { Indexes } from './indexes.ts'

/** The message of the first rule that holds. */
export function matchSuccessPolicy(
  policy: SuccessPolicy | undefined,
  completions: number,
  succeeded: Indexes,
): string | undefined {
  if (succeeded.total === 0) return undefined
  const index = (policy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined)
      return succeededCount !== undefined && succeeded.total >= succeededCount
    const wanted = Indexes.parse(succeededIndexes, completions)
    if (wanted.total === 0) return false
    return succeeded.countOf(wanted) >= (succeededCount ?? wanted.total)
  })
  return index < 0 ? undefined : `Matched rules at index ${index}`
}
