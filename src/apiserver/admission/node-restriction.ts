/**
 * A kubelet touches nothing but its own node, its lease, and the pods that run there (upstream:
 * plugin/pkg/admission/noderestriction). Users who are no kubelets pass unseen.
 */
import type { TokenRequest } from '../../api/authentication/token-request.ts'
import type { Node } from '../../api/core/node.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/core/pod.ts'
import { forbidden, notFound } from '../../api/errors.ts'
import { groupResource, type KubeObject } from '../../api/kind.ts'
import { equal } from '../equal.ts'
import { nodeNameOf } from '../nodes.ts'
import { podReferences } from '../pod-references.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'

const MIRROR = 'kubernetes.io/config.mirror'
const LEASE_NAMESPACE = 'kube-node-lease'

type Check = (
  node: string,
  object: KubeObject | undefined,
  attributes: AdmissionAttributes,
) => string | undefined

/** By resource: why the kubelet may not, or undefined when it may. */
const CHECKS: Readonly<Record<string, Check>> = {
  pods: podProblem,
  nodes: nodeProblem,
  persistentvolumeclaims: claimProblem,
  serviceaccounts: accountProblem,
  'leases.coordination.k8s.io': (node, object, attributes) => {
    if (attributes.namespace !== LEASE_NAMESPACE) {
      return `can only access leases in the "${LEASE_NAMESPACE}" system namespace`
    }
    if (nameOf(object, attributes) === node) return undefined
    return 'can only access node lease with the same name as the requesting node'
  },
  'csinodes.storage.k8s.io': (node, object, attributes) =>
    nameOf(object, attributes) === node
      ? undefined
      : 'can only access CSINode with the same name as the requesting node',
}

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: ({ kind, operation }) => operation !== 'CONNECT' && CHECKS[groupResource(kind)] !== undefined,
  admit(object, attributes) {
    check(object, attributes)
    return object
  },
  validate(object, attributes) {
    if (attributes.operation === 'DELETE') check(object, attributes)
  },
}

function check(object: KubeObject | undefined, attributes: AdmissionAttributes): void {
  const node = nodeNameOf(attributes.user)
  if (node === undefined) return
  const { kind, name, user } = attributes
  const problem =
    node === ''
      ? `could not determine node from user ${JSON.stringify(user.name)}`
      : CHECKS[groupResource(kind)]!(node, object, attributes)
  if (problem !== undefined) throw forbidden(kind, name, problem)
}

function nameOf(object: KubeObject | undefined, { name }: AdmissionAttributes): string | undefined {
  return object?.metadata?.name ?? name
}

function podProblem(node: string, object: KubeObject | undefined, attributes: AdmissionAttributes) {
  const { subresource, operation, old } = attributes
  switch (subresource) {
    case '':
      if (operation === 'CREATE') return newPodProblem(node, object as Pod, attributes)
      if (operation === 'DELETE') {
        return runsOn(node, old as Pod, 'can only delete pods with spec.nodeName set to itself')
      }
      return `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`
    case 'status':
      return podStatusProblem(node, object as Pod, old as Pod)
    case 'eviction': {
      const pod = podOf(attributes, attributes.name)
      return pod.spec.nodeName === node
        ? undefined
        : `node ${node} can only evict pods with spec.nodeName set to itself`
    }
    default:
      return `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`
  }
}

function runsOn(node: string, pod: Pod, otherwise: string): string | undefined {
  return pod.spec.nodeName === node ? undefined : `node "${node}" ${otherwise}`
}

function podOf({ server, namespace }: AdmissionAttributes, name: string): Pod {
  const pod = server.find('', 'pods', namespace, name)
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, name)
  return pod as Pod
}

/** Kubelets only create mirrors of their static pods. */
function newPodProblem(node: string, pod: Pod, { server }: AdmissionAttributes): string | undefined {
  if (pod.metadata?.annotations?.[MIRROR] === undefined) {
    return `pod does not have "${MIRROR}" annotation, node "${node}" can only create mirror pods`
  }
  if (pod.spec.nodeName !== node)
    return `node "${node}" can only create pods with spec.nodeName set to itself`
  const owners = pod.metadata.ownerReferences ?? []
  if (owners.length > 1) {
    return `node "${node}" can only create pods with a single owner reference set to itself`
  }
  const [owner] = owners
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    return `node "${node}" can only create pods with an owner reference set to itself`
  }
  if (!owner.controller) {
    return `node "${node}" can only create pods with a controller owner reference set to itself`
  }
  if (owner.blockOwnerDeletion) return `node "${node}" must not set blockOwnerDeletion on an owner reference`
  const found = server.find('', 'nodes', undefined, node)
  if (found === undefined) throw notFound({ group: '', resource: 'nodes' }, node)
  if (owner.uid !== found.metadata!.uid) {
    return `node ${node} UID mismatch: expected ${owner.uid} got ${found.metadata!.uid}`
  }
  const { serviceAccountName, secrets, configMaps, claims } = podReferences(pod)
  const about = (what: string) => `node "${node}" can not create pods that reference ${what}`
  if (serviceAccountName) return about('a service account')
  if (secrets.size > 0) return about('secrets')
  if (configMaps.size > 0) return about('configmaps')
  return claims.size > 0 ? about('persistentvolumeclaims') : undefined
}

function podStatusProblem(node: string, pod: Pod, old: Pod): string | undefined {
  const problem = runsOn(node, old, 'can only update pod status for pods with spec.nodeName set to itself')
  if (problem !== undefined) return problem
  if (!sameLabels(pod, old)) return `node "${node}" cannot update labels through pod status`
  return equal(pod.status?.resourceClaimStatuses, old.status?.resourceClaimStatuses)
    ? undefined
    : `node "${node}" cannot update resource claim statues`
}

function sameLabels(a: KubeObject, b: KubeObject): boolean {
  const [before, now] = [a.metadata?.labels, b.metadata?.labels]
  return before === now || equal(before ?? {}, now ?? {})
}

function nodeProblem(node: string, object: KubeObject | undefined, attributes: AdmissionAttributes) {
  const name = nameOf(object, attributes)
  if (name !== node) return `node "${node}" is not allowed to modify node "${name}"`
  if (attributes.operation === 'DELETE') return undefined
  const old = attributes.old as Node | undefined
  const labels = changedLabels(object!, old).filter((it) => !mayKubeletSet(it))
  if (old === undefined) {
    return labels.length === 0
      ? undefined
      : `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`
  }
  if (!equal((object as Node).spec?.taints ?? [], old.spec?.taints ?? [])) {
    return `node "${node}" is not allowed to modify taints`
  }
  return labels.length === 0 ? undefined : `is not allowed to modify labels: ${labels.join(', ')}`
}

function changedLabels(object: KubeObject, old: KubeObject | undefined): string[] {
  const [now = {}, before = {}] = [object.metadata?.labels, old?.metadata?.labels]
  if (now === before) return []
  const keys = new Set([...Object.keys(now), ...Object.keys(before)])
  return [...keys].filter((key) => now[key] !== before[key]).sort()
}

const KUBELET_LABELS = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])

/** Labels of Kubernetes' own domains are for the control plane, but for a few. */
export function mayKubeletSet(label: string): boolean {
  const slash = label.indexOf('/')
  const domain = slash < 0 ? '' : label.slice(0, slash)
  const within = (parent: string) => domain === parent || domain.endsWith(`.${parent}`)
  if (within('node-restriction.kubernetes.io')) return false
  if (!within('kubernetes.io') && !within('k8s.io')) return true
  return KUBELET_LABELS.has(label) || within('kubelet.kubernetes.io') || within('node.kubernetes.io')
}

function claimProblem(
  node: string,
  object: KubeObject | undefined,
  { subresource, operation, old }: AdmissionAttributes,
): string | undefined {
  if (subresource !== 'status') return 'may only update PVC status'
  if (operation !== 'UPDATE') return `unexpected operation "${operation}"`
  const rest = (claim: PersistentVolumeClaim) => {
    const {
      capacity: _c,
      conditions: _d,
      allocatedResources: _r,
      allocatedResourceStatuses: _s,
      ...status
    } = {
      ...claim.status,
    }
    const { resourceVersion: _v, managedFields: _m, ...metadata } = { ...claim.metadata }
    return { metadata, spec: claim.spec, status }
  }
  return equal(rest(object as PersistentVolumeClaim), rest(old as PersistentVolumeClaim))
    ? undefined
    : `node "${node}" is not allowed to update fields other than status.capacity and status.conditions`
}

/** A kubelet gets tokens for the pods that it runs. */
function accountProblem(
  node: string,
  object: KubeObject | undefined,
  attributes: AdmissionAttributes,
): string | undefined {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return undefined
  const ref = (object as TokenRequest).spec?.boundObjectRef
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) {
    return 'node requested token not bound to a pod'
  }
  if (!ref.uid) return 'node requested token with a pod binding without a uid'
  const pod = podOf(attributes, ref.name)
  if (ref.uid !== pod.metadata!.uid) {
    return `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`
  }
  return pod.spec.nodeName === node
    ? undefined
    : 'node requested token bound to a pod scheduled on a different node'
}
