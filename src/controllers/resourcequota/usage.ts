/** What the objects of a namespace use of a quota (quota/v1/evaluator/core). */

import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/core/pod.ts'
import { podLimits, podRequests } from '../../api/core/pod-resources.ts'
import { qosClassOf } from '../../api/core/qos-class.ts'
import type { ResourceQuota } from '../../api/core/resource-quota.ts'
import type { Service } from '../../api/core/service.ts'
import { addQuantities } from '../../api/quantity.ts'
import { isPodTerminal } from '../shared/pod.ts'

export interface Content {
  readonly pods: readonly Pod[]
  readonly services: readonly Service[]
  readonly claims: readonly PersistentVolumeClaim[]
  /** Objects of any other kind: `configmaps`, `deployments.apps` -> how many. */
  count(resource: string): number
}

/** One amount for each key of `hard`. */
export function usageOf(quota: ResourceQuota, content: Content): Readonly<Record<string, string>> {
  const pods = content.pods.filter((it) => !isPodTerminal(it) && isInScope(quota, it))
  return Object.fromEntries(
    Object.keys(quota.spec.hard ?? {}).map((key) => [key, amount(key, pods, content)]),
  )
}

function amount(key: string, pods: readonly Pod[], content: Content): string {
  switch (key) {
    case 'pods':
      return String(pods.length)
    case 'services':
      return String(content.services.length)
    case 'services.nodeports':
      return String(content.services.reduce((sum, it) => sum + nodePorts(it), 0))
    case 'services.loadbalancers':
      return String(content.services.filter((it) => it.spec.type === 'LoadBalancer').length)
    case 'persistentvolumeclaims':
      return String(content.claims.length)
    case 'requests.storage':
      return sum(content.claims.map((it) => it.spec.resources?.requests?.['storage']))
  }
  if (key === 'count/pods') return String(content.pods.length)
  const limits = key.startsWith('limits.')
  const resource = key.replace(/^(requests|limits)\./, '')
  if (limits || key.startsWith('requests.') || key === 'cpu' || key === 'memory') {
    return sum(pods.map((it) => (limits ? podLimits(it.spec) : podRequests(it.spec))[resource]))
  }
  return String(content.count(countedResource(key) ?? ''))
}

/** The kind of which the key limits the number of objects: `count/deployments.apps`, or just `configmaps`. */
export function countedResource(key: string): string | undefined {
  if (key.startsWith('count/')) return key.slice('count/'.length)
  return PLAIN_COUNTS.has(key) ? key : undefined
}

const PLAIN_COUNTS: ReadonlySet<string> = new Set([
  'configmaps',
  'secrets',
  'replicationcontrollers',
  'resourcequotas',
])

function sum(amounts: readonly (string | undefined)[]): string {
  return amounts.reduce<string>((total, it) => (it === undefined ? total : addQuantities(total, it)), '0')
}

function nodePorts({ spec }: Service): number {
  const hasPorts =
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
  return hasPorts ? (spec.ports ?? []).length : 0
}

function isInScope({ spec }: ResourceQuota, pod: Pod): boolean {
  const plain = (spec.scopes ?? []).every((it) => matchesScope(it, pod))
  const expressions = spec.scopeSelector?.matchExpressions ?? []
  return (
    plain &&
    expressions.every(({ scopeName, operator, values = [] }) => {
      if (scopeName !== 'PriorityClass') return matchesScope(scopeName, pod)
      const name = pod.spec.priorityClassName
      if (operator === 'Exists') return !!name
      if (operator === 'DoesNotExist') return !name
      return values.includes(name ?? '') === (operator === 'In')
    })
  )
}

function matchesScope(scope: string, pod: Pod): boolean {
  const bestEffort = qosClassOf(pod) === 'BestEffort'
  switch (scope) {
    case 'Terminating':
      return pod.spec.activeDeadlineSeconds !== undefined
    case 'NotTerminating':
      return pod.spec.activeDeadlineSeconds === undefined
    case 'BestEffort':
      return bestEffort
    case 'NotBestEffort':
      return !bestEffort
    default:
      return true
  }
}
