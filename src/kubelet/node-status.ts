/** The Node object as its kubelet writes it (upstream: pkg/kubelet/kubelet_node_status.go and nodestatus/setters.go). */
import type { Node, NodeCondition, NodeStatus } from '../api/core/node.ts'
import { quantityFromMilli, quantityFromValue } from '../api/quantity.ts'
import type { CriImage } from './cri/runtime.ts'
import { amountOf } from './pod-resources.ts'

/** Bytes kept free by the hard eviction threshold: memory.available<100Mi. */
const EVICTION_MEMORY_BYTES = 100 * 1024 * 1024
/** nodefs.available<10%. */
const EVICTION_DISK_SHARE = 0.1
const IMAGES_MAX = 50

export interface NodeFacts {
  readonly name: string
  readonly ips: readonly string[]
  readonly os: string
  readonly arch: string
  readonly capacity: Readonly<Record<string, string>>
  /** kubeReserved + systemReserved. */
  readonly reserved: Readonly<Record<string, string>>
  readonly runtimeVersion: string
  readonly bootId: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: NonNullable<Node['spec']['taints']>
  readonly providerId: string | undefined
}

/** What may differ from one report to the next. */
export interface NodeHealth {
  /** Undefined: ready. */
  readonly notReady: string | undefined
  readonly memoryPressure: boolean
  readonly diskPressure: boolean
  readonly pidPressure: boolean
  readonly images: readonly CriImage[]
  readonly volumesInUse: readonly string[]
}

export const KUBELET_VERSION = 'v1.33.2'

export function newNode(facts: NodeFacts): Node {
  const { name, os, arch } = facts
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': arch,
        'beta.kubernetes.io/os': os,
        'kubernetes.io/arch': arch,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': os,
        ...facts.labels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      ...(facts.taints.length > 0 ? { taints: facts.taints } : {}),
      ...(facts.providerId === undefined ? {} : { providerID: facts.providerId }),
    },
  }
}

export function nodeStatus(
  facts: NodeFacts,
  health: NodeHealth,
  old: NodeStatus | undefined,
  now: string,
): NodeStatus {
  const external = (old?.addresses ?? []).some((it) => it.type === 'ExternalIP')
  return {
    ...old,
    capacity: withExtended(facts.capacity, old),
    allocatable: withExtended(allocatable(facts), old),
    conditions: conditions(health, old?.conditions ?? [], now),
    // A cloud controller that knows more addresses keeps its word.
    addresses: external
      ? old?.addresses
      : [
          ...facts.ips.map((address) => ({ type: 'InternalIP', address })),
          { type: 'Hostname', address: facts.name },
        ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: nodeInfo(facts),
    images: [...health.images]
      .sort((a, b) => b.sizeBytes - a.sizeBytes || (a.id < b.id ? -1 : 1))
      .slice(0, IMAGES_MAX)
      .map((it) => ({ names: [...it.repoDigests, ...it.repoTags], sizeBytes: it.sizeBytes })),
    volumesInUse: health.volumesInUse.length > 0 ? health.volumesInUse : undefined,
  }
}

/** Resources that somebody has announced in the node's capacity (upstream: nodestatus/setters.go, MachineInfo). */
function withExtended(own: Readonly<Record<string, string>>, old: NodeStatus | undefined) {
  const extended = extendedResources(old)
  return extended.length === 0 ? own : { ...Object.fromEntries(extended), ...own }
}

function extendedResources(status: NodeStatus | undefined): [string, string][] {
  return Object.entries(status?.capacity ?? {}).filter(([name]) =>
    /^(?!(?:.*\.)?kubernetes\.io\/)[^/]+\//.test(name),
  )
}

/** Whether the node's capacity names extended resources that are not allocatable yet, or no longer in that amount. */
export function hasNewResources(status: NodeStatus | undefined): boolean {
  return extendedResources(status).some(([name, quantity]) => status?.allocatable?.[name] !== quantity)
}

/** Capacity less what is reserved and what eviction keeps free. */
function allocatable({ capacity, reserved }: NodeFacts): Record<string, string> {
  const left: Record<string, string> = Object.create(null)
  for (const [name, quantity] of Object.entries(capacity)) {
    let taken = Object.hasOwn(reserved, name) ? amountOf(name, reserved[name]) : 0
    if (name === 'memory') taken += EVICTION_MEMORY_BYTES
    if (name === 'ephemeral-storage') taken += Math.floor(amountOf(name, quantity) * EVICTION_DISK_SHARE)
    if (taken === 0) left[name] = quantity
    else {
      const amount = Math.max(0, amountOf(name, quantity) - taken)
      left[name] = name === 'cpu' ? quantityFromMilli(amount) : quantityFromValue(amount, 'BinarySI')
    }
  }
  return { ...left }
}

function conditions(health: NodeHealth, old: readonly NodeCondition[], now: string): NodeCondition[] {
  const { memoryPressure, diskPressure, pidPressure, notReady } = health
  const own: Omit<NodeCondition, 'lastHeartbeatTime' | 'lastTransitionTime'>[] = [
    memoryPressure
      ? {
          type: 'MemoryPressure',
          status: 'True',
          reason: 'KubeletHasInsufficientMemory',
          message: 'kubelet has insufficient memory available',
        }
      : {
          type: 'MemoryPressure',
          status: 'False',
          reason: 'KubeletHasSufficientMemory',
          message: 'kubelet has sufficient memory available',
        },
    diskPressure
      ? {
          type: 'DiskPressure',
          status: 'True',
          reason: 'KubeletHasDiskPressure',
          message: 'kubelet has disk pressure',
        }
      : {
          type: 'DiskPressure',
          status: 'False',
          reason: 'KubeletHasNoDiskPressure',
          message: 'kubelet has no disk pressure',
        },
    pidPressure
      ? {
          type: 'PIDPressure',
          status: 'True',
          reason: 'KubeletHasInsufficientPID',
          message: 'kubelet has insufficient PID available',
        }
      : {
          type: 'PIDPressure',
          status: 'False',
          reason: 'KubeletHasSufficientPID',
          message: 'kubelet has sufficient PID available',
        },
    notReady === undefined
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: notReady },
  ]
  const kept = old.filter((it) => !own.some(({ type }) => type === it.type))
  return [
    ...kept,
    ...own.map((it) => {
      const before = old.find(({ type }) => type === it.type)
      const lastTransitionTime = before?.status === it.status ? before.lastTransitionTime : now
      return { ...it, lastHeartbeatTime: now, lastTransitionTime }
    }),
  ]
}

function nodeInfo(facts: NodeFacts): NonNullable<NodeStatus['nodeInfo']> {
  return {
    machineID: facts.bootId.replaceAll('-', '').padEnd(32, '0').slice(0, 32),
    systemUUID: facts.bootId,
    bootID: facts.bootId,
    kernelVersion: '6.8.0-kubarium',
    osImage: 'Kubarium 1.33',
    containerRuntimeVersion: facts.runtimeVersion,
    kubeletVersion: KUBELET_VERSION,
    kubeProxyVersion: '',
    operatingSystem: facts.os,
    architecture: facts.arch,
  }
}
