/**
 * Keeps a namespace within its ResourceQuotas: what a new object uses is charged to the quotas' status before it is
 * stored (upstream: apiserver/pkg/admission/plugin/resourcequota). The controller corrects the books afterwards.
 */

import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/core/pod.ts'
import { podLimits, podRequests } from '../../api/core/pod-resources.ts'
import type { ResourceQuota } from '../../api/core/resource-quota.ts'
import type { Service } from '../../api/core/service.ts'
import { forbidden } from '../../api/errors.ts'
import { groupResource, type KindDefinition, type KubeObject } from '../../api/kind.ts'
import { addQuantities, compareQuantities, subtractQuantities } from '../../api/quantity.ts'
import type { Maybe } from '../../api/request.ts'
import { LOOPBACK } from '../bootstrap.ts'
import { inOrder } from '../maybe.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'

type Usage = Readonly<Record<string, string>>

/** Resources that a quota may name without `count/`. */
const COUNTED: Readonly<Record<string, string>> = {
  pods: 'pods',
  services: 'services',
  configmaps: 'configmaps',
  secrets: 'secrets',
  persistentvolumeclaims: 'persistentvolumeclaims',
  replicationcontrollers: 'replicationcontrollers',
  resourcequotas: 'resourcequotas',
}

/** Where a change can take more than there was: elsewhere an update costs nothing. */
const GROWS: ReadonlySet<string> = new Set(['services', 'persistentvolumeclaims', 'pods/resize'])

export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles: ({ operation, subresource, kind }) => {
    if (!kind.namespaced || kind.heartbeat === true) return false
    if (operation === 'CREATE') return subresource === ''
    const resource = subresource === '' ? kind.resource : `${kind.resource}/${subresource}`
    return operation === 'UPDATE' && kind.group === '' && GROWS.has(resource)
  },
  validate(object, attributes) {
    const { server, namespace, kind, name, old, dryRun } = attributes
    const quotas = server.cached('', 'resourcequotas', namespace) as readonly ResourceQuota[]
    if (quotas.length === 0) return undefined
    const usage = old === undefined ? usageOf(object!, kind) : growth(object!, old, kind)
    const charges: { readonly quota: ResourceQuota; readonly used: Usage }[] = []
    for (const quota of quotas) {
      const hard = quota.status?.hard ?? quota.spec?.hard ?? {}
      if (!inScope(object!, quota, attributes)) continue
      if (kind.resource === 'pods') checkSpecified(object as Pod, quota, hard, attributes)
      const asked = Object.keys(usage).filter((it) => Object.hasOwn(hard, it))
      if (asked.length === 0) continue
      const used: Record<string, string> = { ...quota.status?.used }
      const exceeded: string[] = []
      for (const resource of asked) {
        const total = addQuantities(used[resource] ?? '0', usage[resource]!)
        const more = compareQuantities(usage[resource]!, '0') > 0
        if (more && compareQuantities(total, hard[resource]!) > 0) exceeded.push(resource)
        used[resource] = total
      }
      if (exceeded.length > 0) {
        const list = (from: Usage) =>
          exceeded
            .sort()
            .map((it) => `${it}=${from[it] ?? '0'}`)
            .join(',')
        throw forbidden(
          kind,
          name,
          `exceeded quota: ${quota.metadata!.name}, requested: ${list(usage)}, used: ${list(quota.status?.used ?? {})}, limited: ${list(hard)}`,
        )
      }
      charges.push({ quota, used })
    }
    if (dryRun) return undefined
    return inOrder(charges, undefined, (_, { quota, used }) => charge(attributes, quota, used)) as Maybe<void>
  },
}

/** What the new state takes beyond the old one; nothing when it takes no more of anything. */
function growth(object: KubeObject, old: KubeObject, kind: KindDefinition): Usage {
  const before = usageOf(old, kind)
  const now = usageOf(object, kind)
  const delta: Record<string, string> = {}
  let grows = false
  for (const resource of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const amount = subtractQuantities(now[resource] ?? '0', before[resource] ?? '0')
    if (compareQuantities(amount, '0') === 0) continue
    delta[resource] = amount
    grows ||= compareQuantities(amount, '0') > 0
  }
  return grows ? delta : {}
}

function charge(
  { server, namespace }: AdmissionAttributes,
  quota: ResourceQuota,
  used: Usage,
): Maybe<undefined> {
  const body = { ...quota, status: { hard: quota.spec?.hard, ...quota.status, used } }
  const answer = server.handle({
    verb: 'update',
    group: '',
    version: 'v1',
    resource: 'resourcequotas',
    subresource: 'status',
    namespace,
    name: quota.metadata!.name,
    body,
    user: LOOPBACK,
    userAgent: 'kube-apiserver',
  })
  return answer instanceof Promise ? answer.then(() => undefined) : undefined
}

/** What one more such object takes. */
function usageOf(object: KubeObject, kind: KindDefinition): Usage {
  const usage: Record<string, string> = { [`count/${groupResource(kind)}`]: '1' }
  const plain = kind.group === '' ? COUNTED[kind.resource] : undefined
  if (plain !== undefined) usage[plain] = '1'
  if (kind.group !== '') return usage
  if (kind.resource === 'pods') Object.assign(usage, podUsage(object as Pod))
  if (kind.resource === 'services') Object.assign(usage, serviceUsage(object as Service))
  if (kind.resource === 'persistentvolumeclaims') {
    const { spec } = object as PersistentVolumeClaim
    const storage = spec.resources?.requests?.['storage']
    if (storage !== undefined) {
      usage['requests.storage'] = storage
      const storageClass = spec.storageClassName
      if (storageClass) {
        usage[`${storageClass}.storageclass.storage.k8s.io/requests.storage`] = storage
        usage[`${storageClass}.storageclass.storage.k8s.io/persistentvolumeclaims`] = '1'
      }
    }
  }
  return usage
}

function podUsage({ spec }: Pod): Usage {
  const usage: Record<string, string> = {}
  for (const [name, amount] of Object.entries(podRequests(spec))) {
    usage[`requests.${name}`] = amount
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage') usage[name] = amount
  }
  for (const [name, amount] of Object.entries(podLimits(spec))) usage[`limits.${name}`] = amount
  return usage
}

function serviceUsage({ spec }: Service): Usage {
  const ports = (spec.ports ?? []).length
  if (spec.type === 'LoadBalancer') {
    const nodePorts = spec.allocateLoadBalancerNodePorts === false ? 0 : ports
    return { 'services.loadbalancers': '1', 'services.nodeports': String(nodePorts) }
  }
  return spec.type === 'NodePort' ? { 'services.nodeports': String(ports) } : {}
}

/** A quota on compute wants every container to say how much it takes. */
function checkSpecified(
  pod: Pod,
  quota: ResourceQuota,
  hard: Usage,
  { kind, name }: AdmissionAttributes,
): void {
  const missing: string[] = []
  for (const resource of Object.keys(hard).sort()) {
    const [what, amount] = resource.startsWith('limits.')
      ? (['limits', resource.slice('limits.'.length)] as const)
      : (['requests', resource.replace(/^requests\./, '')] as const)
    if (amount !== 'cpu' && amount !== 'memory') continue
    const without = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].filter(
      (it) => it.resources?.[what]?.[amount] === undefined,
    )
    if (without.length > 0) missing.push(`${resource} for: ${without.map((it) => it.name).join(',')}`)
  }
  if (missing.length === 0) return
  throw forbidden(kind, name, `failed quota: ${quota.metadata!.name}: must specify ${missing.join('; ')}`)
}

/** Quotas with scopes are about the pods that match all of them. */
function inScope(object: KubeObject, { spec }: ResourceQuota, { kind }: AdmissionAttributes): boolean {
  const scopes = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists', values: undefined })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ]
  if (scopes.length === 0) return true
  if (kind.resource !== 'pods' || kind.group !== '') return false
  return scopes.every(({ scopeName, operator, values }) =>
    matchesScope(object as Pod, scopeName, operator, values),
  )
}

function matchesScope(
  pod: Pod,
  scope: string,
  operator: string,
  values: readonly string[] | undefined,
): boolean {
  const { spec } = pod
  switch (scope) {
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined
    case 'PriorityClass': {
      const name = spec.priorityClassName ?? ''
      if (operator === 'In') return values?.includes(name) ?? false
      if (operator === 'NotIn') return !values?.includes(name)
      return (name !== '') === (operator === 'Exists')
    }
    case 'CrossNamespacePodAffinity': {
      const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
      const terms = [podAffinity, podAntiAffinity].flatMap((it) => [
        ...(it?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
        ...(it?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
          (weighted) => weighted.podAffinityTerm,
        ),
      ])
      return terms.some((it) => it.namespaces?.length || it.namespaceSelector !== undefined)
    }
    default:
      return false
  }
}

function isBestEffort({ spec }: Pod): boolean {
  return [...spec.containers, ...(spec.initContainers ?? [])].every(
    ({ resources }) =>
      Object.keys(resources?.requests ?? {}).length === 0 &&
      Object.keys(resources?.limits ?? {}).length === 0,
  )
}
