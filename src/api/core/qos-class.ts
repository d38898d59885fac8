/** The quality of service a pod gets from what its containers ask for. Upstream: pkg/apis/core/v1/helper/qos. */
import { milliValue } from '../quantity.ts'
import type { Pod } from './pod.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const COMPUTE = ['cpu', 'memory'] as const

/** Only cpu and memory count, and zero is as good as nothing. */
export function qosClassOf(pod: Pod): QosClass {
  const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])]
  let any = false
  let limited = true
  let unspent = 0
  for (const { resources } of containers) {
    for (const name of COMPUTE) {
      const request = milliValue(resources?.requests?.[name])
      const limit = milliValue(resources?.limits?.[name])
      if (request > 0 || limit > 0) any = true
      if (limit <= 0) limited = false
      // No request may exceed its limit, so that the sums are equal only if all are.
      unspent += limit - request
    }
  }
  if (!any) return 'BestEffort'
  return limited && unspent === 0 ? 'Guaranteed' : 'Burstable'
}
