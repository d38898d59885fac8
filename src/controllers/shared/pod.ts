/** What controllers ask about a pod, as upstream's pkg/api/v1/pod and controller_utils.go answer it. */
import type { Pod, PodCondition } from '../../api/core/pod.ts'
import { timeOf } from './times.ts'

export const POD_PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  const conditions = pod.status?.conditions
  if (conditions === undefined) return undefined
  for (let i = 0; i < conditions.length; i++) if (conditions[i]!.type === type) return conditions[i]
  return undefined
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True'
}

/** Succeeded or Failed: its containers will never run again. */
export function isPodTerminal(pod: Pod): boolean {
  const phase = pod.status?.phase
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Counts towards the replicas of its owner: neither finished nor being deleted. */
export function isPodActive(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp === undefined && !isPodTerminal(pod)
}

/** Being deleted, but its containers may still run. */
export function isPodTerminating(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined && !isPodTerminal(pod)
}

/** Ready for longer than `minReadySeconds`; the comparison is strict (pkg/api/v1/pod/util.go). */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const ready = podCondition(pod, 'Ready')
  if (ready?.status !== 'True') return false
  if (minReadySeconds === 0) return true
  return (
    ready.lastTransitionTime !== undefined && timeOf(ready.lastTransitionTime) + minReadySeconds * 1000 < now
  )
}

/** The most restarts of one container; sidecars count separately. */
export function maxContainerRestarts(pod: Pod): { readonly regular: number; readonly sidecar: number } {
  let regular = 0
  let sidecar = 0
  for (const status of pod.status?.containerStatuses ?? []) regular = Math.max(regular, status.restartCount)
  if (pod.status?.initContainerStatuses !== undefined) {
    const sidecars = new Set<string>()
    for (const it of pod.spec.initContainers ?? []) if (it.restartPolicy === 'Always') sidecars.add(it.name)
    for (const status of pod.status.initContainerStatuses) {
      if (sidecars.has(status.name)) sidecar = Math.max(sidecar, status.restartCount)
    }
  }
  return { regular, sidecar }
}
