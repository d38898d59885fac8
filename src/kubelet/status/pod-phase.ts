/** A pod's phase from its containers' statuses (upstream: pkg/kubelet/kubelet_pods.go, getPhase). */
import type { ContainerStatus } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'

/**
 * @param statuses of init and regular containers, by name; a container that never was has none
 * @param terminal the kubelet has decided that nothing of the pod will run again
 */
export function podPhase(
  spec: PodSpec,
  statuses: ReadonlyMap<string, ContainerStatus>,
  terminal: boolean,
): PodPhase {
  const { restartPolicy = 'Always', initContainers = [], containers } = spec
  const initialised = containers.some((it) => hasBeenRun(statuses.get(it.name)))
  let initPending = 0
  let initFailed = 0
  let sidecarsPending = 0
  let running = 0
  let stopped = 0
  let succeeded = 0
  let waiting = 0
  let unknown = 0

  for (const container of initContainers) {
    const status = statuses.get(container.name)
    if (container.restartPolicy === 'Always') {
      const { running: runs, waiting: waits, terminated } = status?.state ?? {}
      // A running sidecar counts, one that ended does not: its exit code decides nothing.
      if (runs !== undefined) {
        running++
        if (status!.started !== true) sidecarsPending++
      } else if (waits !== undefined && status!.lastState?.terminated === undefined) {
        waiting++
        sidecarsPending++
      } else if (waits === undefined && terminated === undefined) {
        unknown++
        if (status !== undefined) sidecarsPending++
      }
      continue
    }
    const ended = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated)
    if (ended === undefined) initPending++
    else if ((ended.exitCode ?? 0) !== 0) initFailed++
  }

  for (const { name } of containers) {
    const status = statuses.get(name)
    if (status === undefined) unknown++
    else if (status.state?.running !== undefined) running++
    else if (status.state?.terminated !== undefined) {
      stopped++
      if ((status.state.terminated.exitCode ?? 0) === 0) succeeded++
    } else if (status.state?.waiting !== undefined) {
      if (status.lastState?.terminated !== undefined) stopped++
      else waiting++
    } else unknown++
  }

  if (initFailed > 0 && restartPolicy === 'Never') return 'Failed'
  if (initPending > 0 || (sidecarsPending > 0 && !initialised) || waiting > 0) return 'Pending'
  if (running > 0 && unknown === 0) return 'Running'
  if (running === 0 && stopped > 0 && unknown === 0) {
    if (terminal) return stopped === succeeded ? 'Succeeded' : 'Failed'
    if (restartPolicy === 'Always') return 'Running'
    if (stopped === succeeded) return 'Succeeded'
    return restartPolicy === 'Never' ? 'Failed' : 'Running'
  }
  return 'Pending'
}

export function hasBeenRun(status: ContainerStatus | undefined): boolean {
  return (
    status?.state?.running !== undefined ||
    status?.state?.terminated !== undefined ||
    status?.lastState?.terminated !== undefined
  )
}
