/** `kubectl rollout status`: follows a rollout until it is complete or has stalled. */
import type { DaemonSet } from '../../api/apps/daemon-set.ts'
import type { Deployment } from '../../api/apps/deployment.ts'
import type { StatefulSet } from '../../api/apps/stateful-set.ts'
import type { KubeObject } from '../../api/kind.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { StepFailure } from '../step.ts'
import { describeAbsence, findObjects, type ResolvedTarget } from './objects.ts'
import {
  daemonSetProgress,
  deploymentProgress,
  type RolloutProgress,
  statefulSetProgress,
} from './rollout-status.ts'
import { awaitState } from './wait.ts'

/** kubectl waits for ever; a Deployment fails by its own deadline (600 s by default), others by this. */
const TIMEOUT_MS = 30 * 60_000

/** Resolves to kubectl's last line; throws {@link StepFailure} when the rollout stalls or the time is up. */
export async function rolloutStatus(
  cluster: Cluster,
  target: ResolvedTarget,
  timeoutMs: number = TIMEOUT_MS,
): Promise<string> {
  let progress: RolloutProgress | undefined
  let failure: StepFailure | undefined
  const decided = () => {
    const [object] = findObjects(cluster, target)
    if (object === undefined) failure = new StepFailure(describeAbsence(target))
    else {
      try {
        progress = progressOf(target.kind.kind, object)
      } catch (error) {
        if (!(error instanceof StepFailure)) throw error
        failure = error
      }
    }
    return failure !== undefined || progress?.done === true
  }
  const held = await awaitState(cluster, decided, timeoutMs)
  if (failure !== undefined) throw failure
  if (held && progress !== undefined) return progress.message
  throw new StepFailure(
    `timed out after ${formatDuration(timeoutMs)} waiting for the rollout`,
    progress === undefined ? [] : [progress.message],
  )
}

function progressOf(kind: string, object: KubeObject): RolloutProgress {
  switch (kind) {
    case 'DaemonSet':
      return daemonSetProgress(object as DaemonSet)
    case 'StatefulSet':
      return statefulSetProgress(object as StatefulSet)
    default:
      return deploymentProgress(object as Deployment)
  }
}
