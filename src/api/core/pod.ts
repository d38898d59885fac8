/** A pod: containers that share one node, network and set of volumes, and what became of them. */
import { withFields } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  boolean,
  filled,
  type Infer,
  int32,
  int64,
  kept,
  list,
  listMap,
  map,
  quantity,
  string,
  struct,
  time,
} from '../schema.ts'
import { resourceRequirements } from './container.ts'
import { podColumns } from './pod-columns.ts'
import { defaultSpecOfPod } from './pod-defaults.ts'
import { podSpec } from './pod-spec.ts'
import { validatePodAnnotations, validatePodSpec } from './pod-spec-validation.ts'
import { validatePodStatus } from './pod-status-validation.ts'
import { validatePodUpdate } from './pod-update.ts'
import { warnOfPod, warnOfPodStatus } from './pod-warnings.ts'
import { qosClassOf } from './qos-class.ts'

export const Pod = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  schema: () => pod,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  // Upstream: old kubelets got owner references wrong.
  statusMetadata: ['labels', 'annotations', 'finalizers'],
  subresources: [
    'attach',
    'binding',
    'ephemeralcontainers',
    'eviction',
    'exec',
    'log',
    'portforward',
    'proxy',
    'resize',
  ],
  unconditionalUpdate: true,
  defaults: (object) => withFields(object, { spec: defaultSpecOfPod(object.spec) }),
  prepareForCreate: (object, { now }) => withFields(object, { status: initialStatus(object, now) }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  prepareForStatusUpdate: (object, old) => withFields(object, { status: completeStatus(object, old) }),
  validate(object, errors, old) {
    errors.at('metadata', () => validatePodAnnotations(object.metadata?.annotations, object.spec, errors))
    errors.at('spec', () => {
      validatePodSpec(object.spec, errors)
      if (old === undefined && (object.spec.ephemeralContainers ?? []).length > 0) {
        errors.forbidden('ephemeralContainers', 'cannot be set on create')
      }
    })
  },
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatus,
  warn(object, warnings, old) {
    if (old === undefined) warnOfPod(object, warnings)
  },
  warnOfStatus: warnOfPodStatus,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.podIPs': ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  columns: podColumns,
  gracePeriodSeconds(object, asked) {
    const phase = object.status?.phase
    if (!object.spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0
    const seconds = asked ?? object.spec.terminationGracePeriodSeconds ?? 30
    return seconds < 0 ? 1 : seconds
  },
})

/** What a pod's status says before anyone has looked at it. */
function initialStatus(object: Pod, now: string): PodStatus {
  const status: PodStatus = { phase: 'Pending', qosClass: qosClassOf(object) }
  if ((object.spec.schedulingGates ?? []).length === 0) return Object.freeze(status)
  const gated: PodCondition = {
    type: 'PodScheduled',
    status: 'False',
    lastTransitionTime: now,
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  }
  return deepFreeze({ ...status, conditions: [gated] })
}

/** Its quality of service is as it was where a status leaves it out, and the list of addresses begins with the one. */
function completeStatus({ status = {} }: Pod, old: Pod): PodStatus {
  const { podIP, podIPs, qosClass } = status
  const first = podIPs?.[0]?.ip
  const addresses = podIP && podIP !== first ? { podIPs: [{ ip: podIP }] } : first ? { podIP: first } : {}
  const kept = qosClass ? {} : { qosClass: old.status?.qosClass }
  return withFields(status, { ...addresses, ...kept })
}

export interface Pod extends Infer<typeof pod> {}
export const pod = struct(
  'core/v1.Pod',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(podSpec),
    status: filled(podStatus),
  }),
  'spec',
)

export interface PodStatus extends Infer<typeof podStatus> {}
export const podStatus = struct('core/v1.PodStatus', () => ({
  phase: string,
  conditions: listMap(podCondition, 'type'),
  message: string,
  reason: string,
  hostIP: string,
  podIP: string,
  startTime: time,
  containerStatuses: list(containerStatus),
  qosClass: string,
  initContainerStatuses: list(containerStatus),
  nominatedNodeName: string,
  podIPs: listMap(podIP, 'ip'),
  ephemeralContainerStatuses: list(containerStatus),
  resize: string,
  resourceClaimStatuses: list(podResourceClaimStatus, { keys: ['name'], mergeKey: 'name', retainKeys: true }),
  hostIPs: list(hostIP, { mergeKey: 'ip' }),
  observedGeneration: int64,
}))

export interface PodCondition extends Infer<typeof podCondition> {}
export const podCondition = struct(
  'core/v1.PodCondition',
  () => ({
    type: string,
    status: string,
    lastProbeTime: time,
    lastTransitionTime: time,
    reason: string,
    message: string,
    observedGeneration: int64,
  }),
  'type',
  'status',
)

export interface ContainerStatus extends Infer<typeof containerStatus> {}
export const containerStatus = struct(
  'core/v1.ContainerStatus',
  () => ({
    name: string,
    state: filled(containerState),
    lastState: filled(containerState),
    ready: boolean,
    restartCount: int32,
    image: string,
    imageID: string,
    containerID: string,
    started: kept(boolean),
    allocatedResources: map(quantity),
    resources: resourceRequirements,
    volumeMounts: listMap(volumeMountStatus, 'mountPath'),
    user: containerUser,
    allocatedResourcesStatus: listMap(resourceStatus, 'name'),
    stopSignal: kept(string),
  }),
  'name',
  'ready',
  'restartCount',
  'image',
  'imageID',
)

export interface ContainerState extends Infer<typeof containerState> {}
export const containerState = struct('core/v1.ContainerState', () => ({
  waiting: containerStateWaiting,
  running: containerStateRunning,
  terminated: containerStateTerminated,
}))

export interface ContainerStateWaiting extends Infer<typeof containerStateWaiting> {}
export const containerStateWaiting = struct('core/v1.ContainerStateWaiting', () => ({
  reason: string,
  message: string,
}))

export interface ContainerStateRunning extends Infer<typeof containerStateRunning> {}
export const containerStateRunning = struct('core/v1.ContainerStateRunning', () => ({
  startedAt: time,
}))

export interface ContainerStateTerminated extends Infer<typeof containerStateTerminated> {}
export const containerStateTerminated = struct(
  'core/v1.ContainerStateTerminated',
  () => ({
    exitCode: int32,
    signal: int32,
    reason: string,
    message: string,
    startedAt: time,
    finishedAt: time,
    containerID: string,
  }),
  'exitCode',
)

export interface VolumeMountStatus extends Infer<typeof volumeMountStatus> {}
export const volumeMountStatus = struct(
  'core/v1.VolumeMountStatus',
  () => ({
    name: string,
    mountPath: string,
    readOnly: boolean,
    recursiveReadOnly: kept(string),
  }),
  'name',
  'mountPath',
)

export interface ContainerUser extends Infer<typeof containerUser> {}
export const containerUser = struct('core/v1.ContainerUser', () => ({
  linux: linuxContainerUser,
}))

export interface LinuxContainerUser extends Infer<typeof linuxContainerUser> {}
export const linuxContainerUser = struct(
  'core/v1.LinuxContainerUser',
  () => ({
    uid: int64,
    gid: int64,
    supplementalGroups: list(int64),
  }),
  'uid',
  'gid',
)

export interface ResourceStatus extends Infer<typeof resourceStatus> {}
export const resourceStatus = struct(
  'core/v1.ResourceStatus',
  () => ({
    name: string,
    resources: list(resourceHealth, { keys: ['resourceID'] }),
  }),
  'name',
)

export interface ResourceHealth extends Infer<typeof resourceHealth> {}
export const resourceHealth = struct(
  'core/v1.ResourceHealth',
  () => ({
    resourceID: string,
    health: string,
  }),
  'resourceID',
)

export interface PodIP extends Infer<typeof podIP> {}
export const podIP = struct(
  'core/v1.PodIP',
  () => ({
    ip: string,
  }),
  'ip',
)

export interface PodResourceClaimStatus extends Infer<typeof podResourceClaimStatus> {}
export const podResourceClaimStatus = struct(
  'core/v1.PodResourceClaimStatus',
  () => ({
    name: string,
    resourceClaimName: kept(string),
  }),
  'name',
)

export interface HostIP extends Infer<typeof hostIP> {}
export const hostIP = struct(
  'core/v1.HostIP',
  () => ({
    ip: string,
  }),
  'ip',
)
