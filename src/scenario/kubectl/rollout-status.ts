/** Says how far a rollout is, in kubectl's words. Upstream: kubectl/pkg/polymorphichelpers/rollout_status.go. */
import type { DaemonSet } from '../../api/apps/daemon-set.ts'
import type { Deployment } from '../../api/apps/deployment.ts'
import type { StatefulSet } from '../../api/apps/stateful-set.ts'
import { StepFailure } from '../step.ts'

export interface RolloutProgress {
  readonly done: boolean
  readonly message: string
}

/** Throws {@link StepFailure} once the deadline has passed without progress. */
export function deploymentProgress(deployment: Deployment): RolloutProgress {
  const name = deployment.metadata?.name ?? ''
  const { spec, status } = deployment
  if ((deployment.metadata?.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return { done: false, message: 'Waiting for deployment spec update to be observed...' }
  }
  const progressing = status?.conditions?.find((it) => it.type === 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    throw new StepFailure(`deployment "${name}" exceeded its progress deadline`)
  }
  const wanted = spec?.replicas ?? 1
  const updated = status?.updatedReplicas ?? 0
  const total = status?.replicas ?? 0
  const available = status?.availableReplicas ?? 0
  const waiting = `Waiting for deployment "${name}" rollout to finish`
  if (updated < wanted) {
    return {
      done: false,
      message: `${waiting}: ${updated} out of ${wanted} new replicas have been updated...`,
    }
  }
  if (total > updated) {
    return { done: false, message: `${waiting}: ${total - updated} old replicas are pending termination...` }
  }
  if (available < updated) {
    return {
      done: false,
      message: `${waiting}: ${available} of ${updated} updated replicas are available...`,
    }
  }
  return { done: true, message: `deployment "${name}" successfully rolled out` }
}

export function daemonSetProgress(daemonSet: DaemonSet): RolloutProgress {
  const name = daemonSet.metadata?.name ?? ''
  const { spec, status } = daemonSet
  const strategy = spec?.updateStrategy?.type ?? 'RollingUpdate'
  if (strategy !== 'RollingUpdate') {
    throw new StepFailure('rollout status is only available for RollingUpdate strategy type')
  }
  if ((daemonSet.metadata?.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return { done: false, message: 'Waiting for daemon set spec update to be observed...' }
  }
  const desired = status?.desiredNumberScheduled ?? 0
  const updated = status?.updatedNumberScheduled ?? 0
  const available = status?.numberAvailable ?? 0
  const waiting = `Waiting for daemon set "${name}" rollout to finish`
  if (updated < desired) {
    return { done: false, message: `${waiting}: ${updated} out of ${desired} new pods have been updated...` }
  }
  if (available < desired) {
    return { done: false, message: `${waiting}: ${available} of ${desired} updated pods are available...` }
  }
  return { done: true, message: `daemon set "${name}" successfully rolled out` }
}

export function statefulSetProgress(statefulSet: StatefulSet): RolloutProgress {
  const { spec, status } = statefulSet
  if (spec?.updateStrategy?.type === 'OnDelete') {
    throw new StepFailure('rollout status is only available for RollingUpdate strategy type')
  }
  const observed = status?.observedGeneration ?? 0
  if (observed === 0 || (statefulSet.metadata?.generation ?? 0) > observed) {
    return { done: false, message: 'Waiting for statefulset spec update to be observed...' }
  }
  const wanted = spec?.replicas ?? 1
  const ready = status?.readyReplicas ?? 0
  const updated = status?.updatedReplicas ?? 0
  if (ready < wanted) return { done: false, message: `Waiting for ${wanted - ready} pods to be ready...` }
  const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0
  if (partition > 0) {
    const goal = wanted - partition
    if (updated >= goal) {
      return {
        done: true,
        message: `partitioned roll out complete: ${updated} new pods have been updated...`,
      }
    }
    const message = `Waiting for partitioned roll out to finish: ${updated} out of ${goal} new pods have been updated...`
    return { done: false, message }
  }
  const revision = status?.updateRevision ?? ''
  if (revision !== (status?.currentRevision ?? '')) {
    return {
      done: false,
      message: `waiting for statefulset rolling update to complete ${updated} pods at revision ${revision}...`,
    }
  }
  return {
    done: true,
    message: `statefulset rolling update complete ${status?.currentReplicas ?? 0} pods at revision ${revision}...`,
  }
}
