/** The API's view of one container (upstream: pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses). */
import type { Container, VolumeMount } from '../../api/core/container.ts'
import type { ContainerState, ContainerStatus, VolumeMountStatus } from '../../api/core/pod.ts'
import { formatTime } from '../../api/time.ts'
import type { ContainerNotes } from '../container-notes.ts'
import type { CriContainer, CriImage } from '../cri/runtime.ts'

/** What the status needs of the runtime. */
export interface StatusSource {
  image(ref: string): CriImage | undefined
}

const CREATING: ContainerState = Object.freeze({ waiting: Object.freeze({ reason: 'ContainerCreating' }) })
const INITIALIZING: ContainerState = Object.freeze({ waiting: Object.freeze({ reason: 'PodInitializing' }) })
const NO_STATE: ContainerState = Object.freeze({})
const UNKNOWN: ContainerState = Object.freeze({
  terminated: Object.freeze({
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  }),
})

/**
 * @param hasInit the pod has init containers: waiting is then called PodInitializing
 * @param lost the pod is over and this container never ended properly: it counts as failed
 */
export function containerStatus(
  notes: ContainerNotes,
  source: StatusSource,
  hasInit: boolean,
  lost: boolean,
): ContainerStatus {
  const { spec, current, previous, waiting } = notes
  const mounts = spec.volumeMounts
  const volumeMounts = mounts === undefined || mounts.length === 0 ? undefined : mountStatuses(mounts)
  if (current === undefined) {
    const state = lost ? UNKNOWN : waiting !== undefined ? { waiting } : hasInit ? INITIALIZING : CREATING
    return {
      name: spec.name,
      state,
      lastState: NO_STATE,
      ready: false,
      restartCount: 0,
      image: spec.image ?? '',
      imageID: '',
      started: false,
      volumeMounts,
    }
  }
  let state = stateOf(current)
  let last = previous
  if (waiting !== undefined && current.state !== 'CONTAINER_RUNNING') {
    state = { waiting }
    last = current.state === 'CONTAINER_EXITED' ? current : previous
  } else if (lost && state.terminated === undefined) state = UNKNOWN
  const running = current.state === 'CONTAINER_RUNNING'
  const allocated = notes.allocated ?? spec.resources
  const actual = notes.actual ?? spec.resources
  return {
    name: spec.name,
    state,
    lastState: last === undefined || last.state !== 'CONTAINER_EXITED' ? NO_STATE : stateOf(last),
    ready: notes.role === 'init' ? notes.succeeded : running && notes.ready,
    restartCount: current.config.attempt,
    image: current.config.imageRef,
    imageID: source.image(current.config.imageRef)?.repoDigests[0] ?? current.config.imageRef,
    containerID: current.apiId,
    started: running && notes.started,
    allocatedResources: running ? allocated?.requests : undefined,
    resources: running && hasResources(actual) ? actual : undefined,
    volumeMounts,
  }
}

function stateOf(container: CriContainer): ContainerState {
  switch (container.state) {
    case 'CONTAINER_CREATED':
      return CREATING
    case 'CONTAINER_RUNNING':
      return runningSince(container.startedAt)
    case 'CONTAINER_EXITED':
      return {
        terminated: {
          exitCode: container.exitCode,
          signal: container.signal === 0 ? undefined : container.signal,
          reason: container.reason,
          message: container.message === '' ? undefined : container.message,
          startedAt: container.startedAt === 0 ? undefined : formatTime(container.startedAt),
          finishedAt: formatTime(container.finishedAt),
          containerID: container.apiId,
        },
      }
  }
}

let lastStart = Number.NaN
let lastRunning: ContainerState = NO_STATE

/** Containers that started within the same second share their state. */
function runningSince(ms: number): ContainerState {
  const second = Math.floor(ms / 1000)
  if (second !== lastStart) {
    lastStart = second
    lastRunning = Object.freeze({ running: Object.freeze({ startedAt: formatTime(ms) }) })
  }
  return lastRunning
}

function hasResources(resources: Container['resources']): boolean {
  return resources?.requests !== undefined || resources?.limits !== undefined
}

/** All pods of a template share their mounts, so they share these too. */
const mountCache = new WeakMap<readonly VolumeMount[], readonly VolumeMountStatus[]>()

function mountStatuses(mounts: readonly VolumeMount[]): readonly VolumeMountStatus[] {
  let statuses = mountCache.get(mounts)
  if (statuses === undefined) {
    statuses = mounts.map(({ name, mountPath, readOnly }) =>
      readOnly === true ? { name, mountPath, readOnly, recursiveReadOnly: 'Disabled' } : { name, mountPath },
    )
    mountCache.set(mounts, statuses)
  }
  return statuses
}
