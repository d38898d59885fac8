/**
 * Who owns whom, over all objects that the garbage collector watches. Owners that were never seen stand in it as
 * `virtual` nodes until somebody has looked (garbagecollector/graph_builder.go).
 */
import type { KubeObject, Stored } from '../../api/kind.ts'
import type { OwnerReference } from '../../api/meta/object-meta.ts'

export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'

/** Where an object is found. */
export interface Identity {
  readonly apiVersion: string
  readonly kind: string
  /** '' for cluster-scoped ones. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

const NO_OWNERS: readonly OwnerReference[] = []

/** One object. There is one per object of the cluster, so it is small: dependents come with the first of them. */
export class GraphNode implements Identity {
  apiVersion: string
  kind: string
  namespace: string
  name: string
  readonly uid: string
  /** Only named by its dependents so far. */
  virtual: boolean
  beingDeleted = false
  /** In foreground deletion: goes once nothing that blocks it is left. */
  deletingDependents = false
  owners: readonly OwnerReference[] = NO_OWNERS
  #dependents: Set<GraphNode> | undefined = undefined

  constructor(identity: Identity, virtual: boolean) {
    this.apiVersion = identity.apiVersion
    this.kind = identity.kind
    this.namespace = identity.namespace
    this.name = identity.name
    this.uid = identity.uid
    this.virtual = virtual
  }

  get identity(): Identity {
    return this
  }

  get dependents(): ReadonlySet<GraphNode> {
    return this.#dependents ?? NO_DEPENDENTS
  }

  addDependent(node: GraphNode): void {
    if (this.#dependents === undefined) this.#dependents = new Set([node])
    else this.#dependents.add(node)
  }

  removeDependent(node: GraphNode): void {
    this.#dependents?.delete(node)
  }

  moveTo(place: Identity): void {
    this.apiVersion = place.apiVersion
    this.kind = place.kind
    this.namespace = place.namespace
    this.name = place.name
  }
}

const NO_DEPENDENTS: ReadonlySet<GraphNode> = new Set()

/** What a change leads to, as uids. */
export interface Consequences {
  /** May have to go: to be looked at, live. */
  readonly check: readonly string[]
  /** Their dependents lose them as owners. */
  readonly orphan: readonly string[]
  /** Owner references that name an object of another namespace. */
  readonly misplaced: readonly OwnerReference[]
}

const NOTHING: Consequences = { check: [], orphan: [], misplaced: [] }

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>()

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  /** An object as it is now; `old` as it was, if it was known. */
  put(identity: Identity, object: Stored<KubeObject>, old?: Stored<KubeObject>): Consequences {
    const metadata = object.metadata
    if (old !== undefined && sameBonds(metadata, old.metadata)) return NOTHING
    const owners = metadata.ownerReferences ?? NO_OWNERS
    const check: string[] = []
    const misplaced: OwnerReference[] = []
    let node = this.#nodes.get(identity.uid)
    if (node === undefined) {
      node = new GraphNode(identity, false)
      this.#nodes.set(identity.uid, node)
    } else if (node.virtual) {
      node.moveTo(identity)
      node.virtual = false
      // Those who expected it elsewhere must be looked at: for them it does not exist.
      for (const dependent of node.dependents)
        if (!agrees(dependent, identity)) check.push(dependent.identity.uid)
    }
    this.#relink(node, owners, check, misplaced)
    if (metadata.deletionTimestamp !== undefined) node.beingDeleted = true
    const orphan = this.#transitions(node, object, old, check)
    return { check, orphan, misplaced }
  }

  /** It is gone, as a watch has told. */
  remove(uid: string): Consequences {
    const node = this.#nodes.get(uid)
    if (node === undefined) return NOTHING
    this.#nodes.delete(uid)
    const check = [...node.dependents].map((it) => it.identity.uid)
    for (const owner of node.owners) {
      const ownerNode = this.#nodes.get(owner.uid)
      if (ownerNode === undefined) continue
      ownerNode.removeDependent(node)
      if (ownerNode.deletingDependents) check.push(owner.uid)
    }
    return { check, orphan: [], misplaced: [] }
  }

  /** Somebody looked, and there is no such object: not under this uid, or not at this place. */
  removeAbsent(absent: Identity): Consequences {
    const node = this.#nodes.get(absent.uid)
    if (node === undefined) return NOTHING
    const believers: GraphNode[] = []
    const others: GraphNode[] = []
    for (const it of node.dependents) (agrees(it, absent) ? believers : others).push(it)
    const check = believers.map((it) => it.identity.uid)
    // A real object of this uid lives at another place.
    if (!node.virtual && !samePlace(node.identity, absent)) return { check, orphan: [], misplaced: [] }
    if (!node.virtual || others.length === 0) return this.remove(absent.uid)
    // Its dependents do not agree where it is: look where the others say.
    const next = others[0]!.owners.find((it) => it.uid === absent.uid)!
    node.moveTo(identityOf(next, others[0]!.namespace))
    return { check: [...check, absent.uid], orphan: [], misplaced: [] }
  }

  #relink(
    node: GraphNode,
    owners: readonly OwnerReference[],
    check: string[],
    misplaced: OwnerReference[],
  ): void {
    const before = node.owners
    if (before === owners) return
    node.owners = owners
    for (const old of before) {
      const now = owners.find((it) => it.uid === old.uid)
      const ownerNode = this.#nodes.get(old.uid)
      const unblocked = old.blockOwnerDeletion === true && now?.blockOwnerDeletion !== true
      if (now === undefined) ownerNode?.removeDependent(node)
      if (unblocked && ownerNode !== undefined) check.push(old.uid)
    }
    for (const owner of owners) {
      if (before.some((it) => it.uid === owner.uid)) continue
      this.#addDependent(owner, node, check, misplaced)
    }
  }

  #addDependent(owner: OwnerReference, node: GraphNode, check: string[], misplaced: OwnerReference[]): void {
    let ownerNode = this.#nodes.get(owner.uid)
    if (ownerNode === undefined) {
      const identity = identityOf(owner, node.identity.namespace)
      ownerNode = new GraphNode(identity, true)
      this.#nodes.set(owner.uid, ownerNode)
      check.push(owner.uid)
    }
    ownerNode.addDependent(node)
    if (ownerNode.virtual) return
    const { namespace } = ownerNode.identity
    if (namespace !== '' && namespace !== node.identity.namespace) misplaced.push(owner)
    if (!agrees(node, ownerNode.identity)) check.push(node.identity.uid)
  }

  #transitions(
    node: GraphNode,
    object: Stored<KubeObject>,
    old: Stored<KubeObject> | undefined,
    check: string[],
  ): string[] {
    const starts = (finalizer: string) =>
      waitsFor(object, finalizer) && !(old !== undefined && waitsFor(old, finalizer))
    if (starts(ORPHAN)) return [node.identity.uid]
    if (starts(FOREGROUND)) {
      node.deletingDependents = true
      for (const dependent of node.dependents) check.push(dependent.identity.uid)
      check.push(node.identity.uid)
    }
    return []
  }
}

/** Being deleted, and held by this finalizer. */
export function waitsFor(object: KubeObject, finalizer: string): boolean {
  return (
    object.metadata?.deletionTimestamp !== undefined &&
    object.metadata.finalizers?.includes(finalizer) === true
  )
}

/** Dependents without whose end the node cannot go. */
export function blockingDependents(node: GraphNode): GraphNode[] {
  return [...node.dependents].filter((it) =>
    it.owners.some((owner) => owner.uid === node.identity.uid && owner.blockOwnerDeletion === true),
  )
}

/** Nothing that the graph is about has changed. */
function sameBonds(a: Stored<KubeObject>['metadata'], b: Stored<KubeObject>['metadata']): boolean {
  return (
    a.ownerReferences === b.ownerReferences &&
    a.finalizers === b.finalizers &&
    a.deletionTimestamp === b.deletionTimestamp &&
    a.uid === b.uid
  )
}

function identityOf(owner: OwnerReference, namespace: string): Identity {
  return { apiVersion: owner.apiVersion, kind: owner.kind, namespace, name: owner.name, uid: owner.uid }
}

/** Whether the dependent's reference points at this very place. */
function agrees(dependent: GraphNode, owner: Identity): boolean {
  const reference = dependent.owners.find((it) => it.uid === owner.uid)
  return reference !== undefined && samePlace(identityOf(reference, dependent.identity.namespace), owner)
}

/** A cluster-scoped object is found from every namespace; versions of one group are one place. */
function samePlace(a: Identity, b: Identity): boolean {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    (b.namespace === '' || a.namespace === b.namespace) &&
    groupOf(a.apiVersion) === groupOf(b.apiVersion)
  )
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}
