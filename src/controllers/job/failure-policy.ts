/** What a failed pod means for its Job (job/pod_failure_policy.go). */
import type { PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement } from '../../api/batch/job.ts'
import type { ContainerStatus, Pod } from '../../api/core/pod.ts'

export interface Verdict {
  readonly action: string | undefined
  /** It counts towards the back-off limit. */
  readonly counted: boolean
  /** Why the whole Job fails. */
  readonly failJobMessage: string | undefined
}

const ACTIONS: readonly string[] = ['FailJob', 'FailIndex', 'Ignore', 'Count']
const COUNTED: Verdict = { action: undefined, counted: true, failJobMessage: undefined }

/** The first rule that matches decides. A later version may know more actions and operators: their rules are passed over. */
export function matchFailurePolicy(policy: PodFailurePolicy | undefined, pod: Pod): Verdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const { namespace, name } = pod.metadata ?? {}
    let why: string | undefined
    if (rule.onExitCodes !== undefined) {
      const container = matchExitCodes(pod, rule.onExitCodes)
      const code = container?.state?.terminated?.exitCode
      why =
        container && `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${code}`
    } else {
      const type = matchConditions(pod, rule.onPodConditions ?? [])
      why = type && `Pod ${namespace}/${name} has condition ${type}`
    }
    if (why === undefined || !ACTIONS.includes(rule.action)) continue
    const failJobMessage =
      rule.action === 'FailJob' ? `${why} matching FailJob rule at index ${index}` : undefined
    return { action: rule.action, counted: rule.action !== 'Ignore', failJobMessage }
  }
  return COUNTED
}

/** Containers before init containers; success never matches, not even `NotIn`. */
function matchExitCodes(
  { status }: Pod,
  wanted: PodFailurePolicyOnExitCodesRequirement,
): ContainerStatus | undefined {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(
    ({ name, state }) => {
      if (wanted.containerName !== undefined && wanted.containerName !== name) return false
      const code = state?.terminated === undefined ? 0 : (state.terminated.exitCode ?? 0)
      if (code === 0) return false
      const listed = wanted.values.includes(code)
      return wanted.operator === 'In' ? listed : wanted.operator === 'NotIn' && !listed
    },
  )
}

function matchConditions(
  pod: Pod,
  patterns: readonly { readonly type: string; readonly status: string }[],
): string | undefined {
  return pod.status?.conditions?.find((it) =>
    patterns.some(({ type, status }) => type === it.type && status === it.status),
  )?.type
}
