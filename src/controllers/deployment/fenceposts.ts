/** How far a rolling update may go above and below the wanted size (util/deployment_util.go). */
import type { Deployment } from '../../api/apps/deployment.ts'
import { scaled } from '../shared/scaled.ts'

type IntOrString = number | string

/** Surge rounds up, unavailable rounds down; both zero would never move, so one pod may then be unavailable. */
export function resolveFenceposts(
  maxSurge: IntOrString | undefined,
  maxUnavailable: IntOrString | undefined,
  desired: number,
): { readonly surge: number; readonly unavailable: number } {
  const surge = scaled(maxSurge ?? 0, desired, 'up')
  const unavailable = scaled(maxUnavailable ?? 0, desired, 'down')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

export function wantedReplicas(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== 'Recreate'
}

/** Pods above the wanted size that may exist; a Recreate never has any. */
export function maxSurgeOf(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0
  return fencepostsOf(deployment).surge
}

/** Pods that may be unavailable, never more than there are. */
export function maxUnavailableOf(deployment: Deployment): number {
  const replicas = wantedReplicas(deployment)
  if (!isRollingUpdate(deployment) || replicas === 0) return 0
  return Math.min(fencepostsOf(deployment).unavailable, replicas)
}

function fencepostsOf(deployment: Deployment) {
  const rolling = deployment.spec.strategy?.rollingUpdate
  return resolveFenceposts(rolling?.maxSurge, rolling?.maxUnavailable, wantedReplicas(deployment))
}
