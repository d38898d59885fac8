/** Whether a pod may run on this node at all (upstream: pkg/kubelet/lifecycle/predicate.go). */
import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import { type Amounts, amountsOf, podRequests } from './pod-resources.ts'

export interface Rejection {
  /** `OutOfcpu`, `NodeAffinity`, `Evicted`: status.reason and the Event's reason. */
  readonly reason: string
  readonly message: string
  /** Of `OutOf...`: what would have to be freed. */
  readonly missing?: { readonly resource: string; readonly amount: number }
}

export interface AdmissionView {
  readonly pod: Pod
  readonly node: Node
  /** Pods that hold resources of this node, without this one. */
  readonly used: Amounts
  readonly podCount: number
  /** Ports of the node in use: `TCP:0.0.0.0:80`. */
  readonly usedPorts: ReadonlySet<string>
  /** `MemoryPressure`, `DiskPressure`, `PIDPressure` as the node has them now. */
  readonly pressure: readonly string[]
  /** Names, or prefixes that end in `*`. */
  readonly allowedUnsafeSysctls?: readonly string[]
}

export function admit(view: AdmissionView): Rejection | undefined {
  const { pod } = view
  return (
    checkPressure(view) ??
    checkSysctls(pod, view.allowedUnsafeSysctls ?? []) ??
    checkOs(pod, view.node) ??
    checkResources(view) ??
    checkNodeName(view) ??
    checkAffinity(view) ??
    checkPorts(view) ??
    checkTaints(view)
  )
}

export function isCritical(pod: Pod): boolean {
  return isStatic(pod) || (pod.spec.priority ?? 0) >= 2_000_000_000
}

/** Runs from a manifest of the node, or is the mirror of such a pod. */
export function isStatic(pod: Pod): boolean {
  const annotations = pod.metadata?.annotations
  return (
    annotations !== undefined &&
    (Object.hasOwn(annotations, 'kubernetes.io/config.mirror') ||
      (annotations['kubernetes.io/config.source'] ?? 'api') !== 'api')
  )
}

/** `TCP:0.0.0.0:80` for every host port. */
export function hostPorts(pod: Pod): readonly string[] {
  const { containers } = pod.spec
  let ports = portCache.get(containers)
  if (ports === undefined) portCache.set(containers, (ports = readHostPorts(pod)))
  return ports
}

/** Pods of one template share their containers, and so this answer. */
const portCache = new WeakMap<object, readonly string[]>()

function readHostPorts(pod: Pod): string[] {
  const ports: string[] = []
  for (const container of pod.spec.containers) {
    for (const port of container.ports ?? []) {
      if (port.hostPort) ports.push(`${port.protocol || 'TCP'}:${port.hostIP || '0.0.0.0'}:${port.hostPort}`)
    }
  }
  return ports
}

function checkPressure({ pod, pressure }: AdmissionView): Rejection | undefined {
  if (pressure.length === 0 || isCritical(pod)) return undefined
  if (pressure.length === 1 && pressure[0] === 'MemoryPressure') {
    if (pod.status?.qosClass !== 'BestEffort') return undefined
    const tolerated = pod.spec.tolerations?.some(
      (it) =>
        (it.key === 'node.kubernetes.io/memory-pressure' || (!it.key && it.operator === 'Exists')) &&
        (!it.effect || it.effect === 'NoSchedule'),
    )
    if (tolerated) return undefined
  }
  return { reason: 'Evicted', message: `The node had condition: [${pressure.join(' ')}]. ` }
}

/** Namespaced, and harmless to others on the node (upstream: pkg/kubelet/sysctl/safe_sysctls.go). */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
])

function checkSysctls(pod: Pod, allowed: readonly string[]): Rejection | undefined {
  for (const { name } of pod.spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll('/', '.')
    const forbidden = (why: string) => ({
      reason: 'SysctlForbidden',
      message: `forbidden sysctl: "${dotted}" ${why}`,
    })
    const known =
      SAFE_SYSCTLS.has(dotted) ||
      allowed.some((it) => (it.endsWith('*') ? dotted.startsWith(it.slice(0, -1)) : dotted === it))
    if (!known) return forbidden('not allowlisted')
    if (pod.spec.hostNetwork === true && dotted.startsWith('net.')) {
      return forbidden('not allowed with host net enabled')
    }
    if (pod.spec.hostIPC === true && /^(?:kernel\.(?:shm|msg|sem)|fs\.mqueue\.)/.test(dotted)) {
      return forbidden('not allowed with host ipc enabled')
    }
  }
  return undefined
}

function checkOs(pod: Pod, node: Node): Rejection | undefined {
  const os = node.metadata?.labels?.['kubernetes.io/os'] ?? 'linux'
  const wanted = pod.spec.os?.name
  if (wanted !== undefined && wanted !== os) {
    return {
      reason: 'PodOSNotSupported',
      message: `Failed to admit pod as the OS field doesn't match node OS`,
    }
  }
  const selected = pod.spec.nodeSelector?.['kubernetes.io/os']
  if (selected !== undefined && selected !== os) {
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    }
  }
  return undefined
}

function checkResources({ pod, node, used, podCount }: AdmissionView): Rejection | undefined {
  const allocatable = amountsOf(node.status?.allocatable)
  const podsMax = allocatable.get('pods') ?? Number.POSITIVE_INFINITY
  if (podCount + 1 > podsMax) return outOf('pods', 1, podCount, podsMax)
  for (const [name, requested] of podRequests(pod.spec)) {
    if (requested === 0) continue
    const capacity = allocatable.get(name)
    // Extended resources that this node does not know are none of its business.
    if (capacity === undefined) continue
    const inUse = used.get(name) ?? 0
    if (inUse + requested > capacity) return outOf(name, requested, inUse, capacity)
  }
  return undefined
}

function outOf(name: string, requested: number, used: number, capacity: number): Rejection {
  return {
    reason: `OutOf${name}`,
    missing: { resource: name, amount: requested - (capacity - used) },
    message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  }
}

function checkNodeName({ pod, node }: AdmissionView): Rejection | undefined {
  if (!pod.spec.nodeName || pod.spec.nodeName === node.metadata?.name) return undefined
  return {
    reason: 'NodeName',
    message: "Predicate NodeName failed: node(s) didn't match the requested node name",
  }
}

function checkAffinity({ pod, node }: AdmissionView): Rejection | undefined {
  const labels = node.metadata?.labels ?? {}
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
  )
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (
    selected &&
    (required === undefined || required.nodeSelectorTerms.some((term) => termMatches(term, node)))
  ) {
    return undefined
  }
  return {
    reason: 'NodeAffinity',
    message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  }
}

interface Term {
  readonly matchExpressions?: readonly Requirement[]
  readonly matchFields?: readonly Requirement[]
}

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

function termMatches({ matchExpressions = [], matchFields = [] }: Term, node: Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  const labels = node.metadata?.labels ?? {}
  return (
    matchExpressions.every((it) => holds(it, Object.hasOwn(labels, it.key) ? labels[it.key] : undefined)) &&
    matchFields.every((it) => it.key === 'metadata.name' && holds(it, node.metadata?.name))
  )
}

function holds({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(values[0])
    default:
      return false
  }
}

function checkPorts({ pod, usedPorts }: AdmissionView): Rejection | undefined {
  const conflict = hostPorts(pod).some((wanted) => {
    if (usedPorts.has(wanted)) return true
    const [protocol, ip, port] = wanted.split(':')
    if (ip !== '0.0.0.0') return usedPorts.has(`${protocol}:0.0.0.0:${port}`)
    for (const used of usedPorts)
      if (used.startsWith(`${protocol}:`) && used.endsWith(`:${port}`)) return true
    return false
  })
  if (!conflict) return undefined
  return {
    reason: 'NodePorts',
    message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  }
}

/** Only NoExecute matters here, and never for static pods. */
function checkTaints({ pod, node }: AdmissionView): Rejection | undefined {
  if (isStatic(pod)) return undefined
  for (const taint of node.spec.taints ?? []) {
    if (taint.effect !== 'NoExecute') continue
    const tolerated = pod.spec.tolerations?.some(
      (it) =>
        (!it.effect || it.effect === 'NoExecute') &&
        (it.key ? it.key === taint.key : it.operator === 'Exists') &&
        (it.operator === 'Exists' || (it.value ?? '') === (taint.value ?? '')),
    )
    if (!tolerated) {
      return {
        reason: 'TaintToleration',
        message: `Predicate TaintToleration failed: node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`,
      }
    }
  }
  return undefined
}
