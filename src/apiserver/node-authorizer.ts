/**
 * What kubelets may do: of secrets, config maps, claims and volumes they read those that their pods name, of nodes and pods
 * their own; the rest is a fixed list. Upstream: plugin/pkg/auth/authorizer/node/node_authorizer.go.
 */

import type { AccessAttributes } from '../api/authorization/access.ts'
import type { PersistentVolumeClaim } from '../api/core/persistent-volume-claim.ts'
import type { Pod } from '../api/core/pod.ts'
import { requiredFieldValue } from '../api/field-selector.ts'
import type { KubeObject } from '../api/kind.ts'
import type { UserInfo } from '../api/request.ts'
import type { VolumeAttachment } from '../api/storage/volume-attachment.ts'
import type { Authorizer, Verdict } from './authorization.ts'
import type { ServerContext } from './call.ts'
import { nodeNameOf } from './nodes.ts'
import { podReferences } from './pod-references.ts'
import { covers } from './rbac.ts'
import { NODE_RULES } from './rbac-defaults.ts'
import { fieldTerms, indexedObjects } from './select.ts'

type Attributes = Exclude<AccessAttributes, { readonly path: string }>

const ALLOWED: Verdict = Object.freeze({ allowed: true, reason: '' })
const NO_OPINION: Verdict = Object.freeze({ allowed: false, reason: '' })
const READS = new Set(['get', 'list', 'watch'])

export class NodeAuthorizer implements Authorizer {
  readonly #server: ServerContext

  constructor(server: ServerContext) {
    this.#server = server
  }

  authorize(user: UserInfo, what: AccessAttributes): Verdict {
    const node = nodeNameOf(user)
    if (node === undefined) return NO_OPINION
    if (node === '') return refused(`unknown node for user ${JSON.stringify(user.name)}`)
    if (!('path' in what)) {
      const verdict = this.#decide(node, what)
      if (verdict !== undefined) return verdict
    }
    return NODE_RULES.some((rule) => covers({ rule, namespace: undefined }, what)) ? ALLOWED : NO_OPINION
  }

  /** Undefined: as the fixed list says. */
  #decide(node: string, what: Attributes): Verdict | undefined {
    const { group, resource, subresource, namespace = '', name = '' } = what
    switch (`${resource}.${group}`) {
      case 'secrets.':
        return readNamed(node, what, () =>
          this.#references(node, namespace, ({ secrets }) => secrets.has(name)),
        )
      case 'configmaps.':
        return readNamed(node, what, () =>
          this.#references(node, namespace, ({ configMaps }) => configMaps.has(name)),
        )
      case 'persistentvolumeclaims.': {
        const uses = () => this.#references(node, namespace, ({ claims }) => claims.has(name))
        return subresource === 'status' ? writeStatus(node, what, uses) : getNamed(node, what, uses)
      }
      case 'persistentvolumes.':
        return getNamed(node, what, () => this.#usesVolume(node, name))
      case 'volumeattachments.storage.k8s.io':
        return getNamed(node, what, () => {
          const found = this.#server.find(group, resource, undefined, name) as VolumeAttachment | undefined
          return found?.spec.nodeName === node
        })
      case 'serviceaccounts.':
        return this.#serviceAccount(node, what)
      case 'leases.coordination.k8s.io':
        return this.#lease(node, what)
      case 'csinodes.storage.k8s.io':
        return own(node, what, ['create', 'delete', 'get', 'patch', 'update'], 'CSINode')
      case 'nodes.':
        return nodeVerdict(node, what)
      case 'pods.':
        return this.#pod(node, what)
      default:
        return undefined
    }
  }

  #podsOf(node: string): Iterable<KubeObject> {
    return indexedObjects(this.#server, 'pods', 'spec.nodeName', node)
  }

  #references(
    node: string,
    namespace: string,
    names: (references: ReturnType<typeof podReferences>) => boolean,
  ): boolean {
    for (const pod of this.#podsOf(node)) {
      if (pod.metadata!.namespace === namespace && names(podReferences(pod as Pod))) return true
    }
    return false
  }

  #usesVolume(node: string, volume: string): boolean {
    for (const pod of this.#podsOf(node)) {
      const { namespace } = pod.metadata!
      for (const name of podReferences(pod as Pod).claims) {
        const claim = this.#server.find('', 'persistentvolumeclaims', namespace, name)
        if ((claim as PersistentVolumeClaim | undefined)?.spec.volumeName === volume) return true
      }
    }
    return false
  }

  #serviceAccount(node: string, what: Attributes): Verdict | undefined {
    const { verb, subresource, namespace = '', name = '' } = what
    if (verb !== 'create' || name === '')
      return refused('can only create tokens for individual service accounts')
    if (subresource !== 'token') return refused('can only create token subresource of serviceaccount')
    return this.#references(node, namespace, (it) => it.serviceAccountName === name)
      ? ALLOWED
      : unrelated(node)
  }

  #lease(node: string, what: Attributes): Verdict {
    const { verb, namespace, name } = what
    const verbs = ['get', 'create', 'update', 'patch', 'delete']
    if (!verbs.includes(verb)) return refused('can only get, create, update, patch, or delete a node lease')
    if (namespace !== 'kube-node-lease') {
      return refused('can only access leases in the "kube-node-lease" system namespace')
    }
    if (verb !== 'create' && name !== node) {
      return refused('can only access node lease with the same name as the requesting node')
    }
    return ALLOWED
  }

  #pod(node: string, what: Attributes): Verdict {
    const { verb, subresource, namespace = '', name = '', fieldSelector } = what
    switch (subresource) {
      case undefined:
      case '':
        if (verb === 'create' || verb === 'delete') return ALLOWED
        if (verb === 'get' || ((verb === 'list' || verb === 'watch') && name !== '')) {
          const pod = this.#server.find('', 'pods', namespace, name) as Pod | undefined
          return pod?.spec.nodeName === node ? ALLOWED : unrelated(node)
        }
        if (verb === 'list' || verb === 'watch') {
          const selected = fieldSelector && requiredFieldValue(fieldTerms(fieldSelector), 'spec.nodeName')
          return selected === node
            ? ALLOWED
            : refused(`can only list/watch pods with spec.nodeName field selector`)
        }
        break
      case 'status':
        if (verb === 'update' || verb === 'patch') return ALLOWED
        break
      case 'eviction':
        if (verb === 'create') return ALLOWED
        break
    }
    return NO_OPINION
  }
}

function refused(reason: string): Verdict {
  return { allowed: false, reason }
}

function unrelated(node: string): Verdict {
  return refused(`no relationship found between node '${node}' and this object`)
}

function readNamed(node: string, what: Attributes, related: () => boolean): Verdict {
  if (!READS.has(what.verb)) return refused('can only read resources of this type')
  if (what.subresource) return refused('cannot read subresource')
  if (!what.namespace) return refused('can only read namespaced object of this type')
  return ifRelated(node, what, related)
}

function ifRelated(node: string, { name }: Attributes, related: () => boolean): Verdict {
  if (!name) return refused('No Object name found')
  return related() ? ALLOWED : unrelated(node)
}

function getNamed(node: string, what: Attributes, related: () => boolean): Verdict {
  if (what.verb !== 'get') return refused('can only get individual resources of this type')
  if (what.subresource) return refused('cannot get subresource')
  return ifRelated(node, what, related)
}

function writeStatus(node: string, what: Attributes, related: () => boolean): Verdict {
  const { verb } = what
  if (verb !== 'update' && verb !== 'patch') return refused('can only get/update/patch this type')
  return ifRelated(node, what, related)
}

function own(
  node: string,
  { verb, name, subresource }: Attributes,
  verbs: readonly string[],
  what: string,
): Verdict {
  if (!verbs.includes(verb)) return refused(`can only get, create, update, patch, or delete a ${what}`)
  if (subresource) return refused(`cannot authorize ${what} subresources`)
  return verb === 'create' || name === node
    ? ALLOWED
    : refused(`can only access ${what} with the same name as the requesting node`)
}

function nodeVerdict(node: string, { verb, subresource, name }: Attributes): Verdict | undefined {
  if (subresource === 'status' && (verb === 'update' || verb === 'patch')) return ALLOWED
  if (subresource) return undefined
  // Whose node is written, admission looks at.
  if (verb === 'create' || verb === 'update' || verb === 'patch') return ALLOWED
  if (!READS.has(verb)) return undefined
  if (name === node) return ALLOWED
  return refused(
    name
      ? `node '${node}' cannot read '${name}', only its own Node object`
      : `node '${node}' cannot read all nodes, only its own Node object`,
  )
}
