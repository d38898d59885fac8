/**
 * The scheduler's picture of the cluster: nodes, the pods bound or assumed on them, and counts over both that are kept
 * up to date with every change. A scheduling cycle runs without interruption, so it reads this picture itself; what
 * other schedulers call a snapshot is here the list of nodes that changed since a reader last looked.
 * Upstream: backend/cache/cache.go.
 */
import type { Namespace } from '../../api/core/namespace.ts'
import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { invariant } from '../../kernel/invariant.ts'
import { AffinityTerms } from './affinity-terms.ts'
import { ChangeLog } from './change-log.ts'
import { LabelGroups } from './label-groups.ts'
import { type Labels, labelsOf } from './matchers.ts'
import { NodeInfo, type PodInfo } from './node-info.ts'
import { NodeOrder, zoneKey } from './node-order.ts'
import { PodClasses, sameLabels } from './pod-class.ts'
import { isResized, placedPodRequests } from './pod-requests.ts'
import { ResourceColumns } from './resource-columns.ts'
import { Topology } from './topology.ts'

const FIRST_ROWS = 16
const NO_LABELS: Labels = Object.freeze({})

/** An image and the nodes that have it. */
export interface ImageState {
  readonly nodes: Map<number, number>
  /** Grows with every change. */
  version: number
}

export class ClusterCache {
  readonly columns = new ResourceColumns(FIRST_ROWS)
  readonly groups = new LabelGroups((namespace) => this.namespaceLabels(namespace))
  readonly classes = new PodClasses(this.columns, this.groups)
  readonly terms = new AffinityTerms()
  readonly changes = new ChangeLog()
  readonly images = new Map<string, ImageState>()
  /** Grows with every change of the node in this slot. */
  generation: Uint32Array = new Uint32Array(FIRST_ROWS)
  /** Grows when a pod on the node in this slot has started: it became more important to keep. */
  starts: Uint32Array = new Uint32Array(FIRST_ROWS)
  /** Grows when remembered counts over many nodes are void: namespaces' labels, the set of rows. */
  epoch = 0
  /** Grows when nodes come or go. */
  nodesVersion = 0
  /** Pods bound or assumed. */
  readonly pods = new Map<string, PodInfo>()
  readonly #assumed = new Set<string>()
  readonly #claimUsers = new Map<string, number>()
  /** Pods on nodes by priority. */
  readonly #priorities = new Map<number, number>()
  readonly #bySlot: (NodeInfo | undefined)[] = []
  readonly #byName = new Map<string, NodeInfo>()
  readonly #freeSlots: number[] = []
  readonly #topologies = new Map<string, Topology>()
  readonly #order = new NodeOrder<NodeInfo>()
  readonly #namespaces = new Map<string, Labels>()
  #listed: readonly NodeInfo[] | undefined
  #rows = FIRST_ROWS
  #clock = 0

  // -- reading --------------------------------------------------------------------------------------------

  /** All nodes in the order in which they are looked at. */
  nodes(): readonly NodeInfo[] {
    return (this.#listed ??= this.#order.list())
  }

  node(name: string): NodeInfo | undefined {
    const info = this.#byName.get(name)
    return info?.node === undefined ? undefined : info
  }

  at(slot: number): NodeInfo | undefined {
    return this.#bySlot[slot]
  }

  /** Rows of all per-slot arrays. */
  get rows(): number {
    return this.#rows
  }

  topology(key: string): Topology {
    let topology = this.#topologies.get(key)
    if (topology === undefined) {
      this.#topologies.set(key, (topology = new Topology(key, this.#rows)))
      for (const node of this.#byName.values()) topology.place(node.slot, node)
    }
    return topology
  }

  namespaceLabels(namespace: string): Labels {
    return this.#namespaces.get(namespace) ?? NO_LABELS
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid)
  }

  /** Pods on nodes that use a claim, by `namespace/name`. */
  claimUsers(key: string): number {
    return this.#claimUsers.get(key) ?? 0
  }

  /** Whether any pod on any node has a lower priority. */
  hasPodsBelow(priority: number): boolean {
    for (const other of this.#priorities.keys()) if (other < priority) return true
    return false
  }

  // -- nodes ----------------------------------------------------------------------------------------------

  /** Adds the node or takes over its new version; tells whether anything that placing looks at changed. */
  setNode(node: Stored<Node>): boolean {
    const info = this.#nodeNamed(node.metadata.name)
    const old = info.node
    if (old !== undefined && !changesPlacing(old, node)) {
      info.node = node
      return false
    }
    const oldZone = old && zoneKey(labelsOf(old))
    const zone = zoneKey(labelsOf(node))
    info.node = node
    if (oldZone !== zone) {
      if (oldZone !== undefined) this.#order.remove(oldZone, info)
      this.#order.add(zone, info)
      this.#listed = undefined
    }
    if (old === undefined) this.nodesVersion++
    if (old?.status?.allocatable !== node.status?.allocatable)
      this.columns.setAllocatable(info.slot, node.status?.allocatable)
    if (old === undefined || !sameLabels(old.metadata.labels, node.metadata.labels))
      for (const topology of this.#topologies.values()) topology.place(info.slot, info)
    if (old?.status?.images !== node.status?.images) this.#setImages(info, node)
    this.#changed(info.slot)
    return true
  }

  /** Pods that are still bound to it stay known, under a node that is no candidate. */
  removeNode(name: string): void {
    const info = this.#byName.get(name)
    if (info?.node === undefined) return
    this.#order.remove(zoneKey(info.labels), info)
    this.#listed = undefined
    this.#setImages(info, undefined)
    info.node = undefined
    this.nodesVersion++
    this.columns.setAllocatable(info.slot, undefined)
    for (const topology of this.#topologies.values()) topology.place(info.slot, undefined)
    this.#changed(info.slot)
    this.#dropIfEmpty(info)
  }

  // -- pods -----------------------------------------------------------------------------------------------

  /** A pod to be queued or placed. */
  describe(pod: Stored<Pod>): PodInfo {
    const found = this.classes.of(pod)
    return {
      pod,
      uid: pod.metadata.uid,
      class: found,
      requests: found.requests,
      nodeName: pod.spec.nodeName ?? '',
    }
  }

  /** Takes the pod as placed before the API server has confirmed it. */
  assume(info: PodInfo, nodeName: string): void {
    invariant(!this.pods.has(info.uid), 'a pod is assumed once', { pod: objectKey(info.pod.metadata) })
    info.nodeName = nodeName
    this.pods.set(info.uid, info)
    this.#assumed.add(info.uid)
    this.#place(info)
  }

  /** Binding failed. */
  forget(uid: string): void {
    if (this.#assumed.delete(uid)) this.#drop(uid)
  }

  /** A bound pod was seen: new, an assumed one confirmed, or a newer version. */
  setPod(pod: Stored<Pod>): { readonly info: PodInfo; readonly known: boolean } {
    const known = this.pods.get(pod.metadata.uid)
    this.#assumed.delete(pod.metadata.uid)
    if (
      known !== undefined &&
      known.nodeName === pod.spec.nodeName &&
      !this.#accountsDiffer(known.pod, pod)
    ) {
      if (known.pod.status?.startTime !== pod.status?.startTime)
        this.starts[this.#nodeNamed(known.nodeName).slot]!++
      known.pod = pod
      return { info: known, known: true }
    }
    if (known !== undefined) this.#drop(known.uid)
    const info = this.describe(pod)
    if (isResized(pod)) info.requests = placedPodRequests(pod, this.columns)
    this.pods.set(info.uid, info)
    this.#place(info)
    return { info, known: known !== undefined }
  }

  removePod(uid: string): PodInfo | undefined {
    const info = this.pods.get(uid)
    this.#assumed.delete(uid)
    if (info !== undefined) this.#drop(uid)
    return info
  }

  /** Something outside the cache changed what can be placed on the node: it counts as changed. */
  touch(nodeName: string): void {
    const info = this.#byName.get(nodeName)
    if (info !== undefined) this.#changed(info.slot)
  }

  setNamespace(namespace: Stored<Namespace>): void {
    const { name, labels = NO_LABELS } = namespace.metadata
    if (sameLabels(this.#namespaces.get(name), labels)) return
    this.#namespaces.set(name, labels)
    this.groups.recount()
    this.epoch++
  }

  removeNamespace(name: string): void {
    if (!this.#namespaces.delete(name)) return
    this.groups.recount()
    this.epoch++
  }

  /**
   * Runs `body` with the right to move pods off and onto one node for a moment. Whatever it moved is moved back
   * afterwards, and no reader notices.
   */
  tryOut<T>(node: NodeInfo, body: (trial: Trial) => T): T {
    const generation = this.generation[node.slot]!
    const position = this.changes.end
    const moved: { info: PodInfo; by: 1 | -1 }[] = []
    const move = (info: PodInfo, by: 1 | -1) => {
      moved.push({ info, by })
      this.#account(info, node, by)
    }
    try {
      return body({ remove: (info) => move(info, -1), add: (info) => move(info, 1) })
    } finally {
      for (const { info, by } of moved.reverse()) this.#account(info, node, by === 1 ? -1 : 1)
      this.changes.rewind(position)
      this.generation[node.slot] = generation
    }
  }

  // -- within ---------------------------------------------------------------------------------------------

  #place(info: PodInfo): void {
    const { priority } = info.class
    info.class.pods++
    this.#priorities.set(priority, (this.#priorities.get(priority) ?? 0) + 1)
    this.#account(info, this.#nodeNamed(info.nodeName), 1)
  }

  #drop(uid: string): void {
    const info = this.pods.get(uid)!
    const node = this.#byName.get(info.nodeName)!
    this.pods.delete(uid)
    this.#account(info, node, -1)
    info.class.pods--
    const { priority } = info.class
    const left = this.#priorities.get(priority)! - 1
    if (left === 0) this.#priorities.delete(priority)
    else this.#priorities.set(priority, left)
    this.#dropIfEmpty(node)
  }

  /** Everything that is counted about pods on nodes is counted here. */
  #account(info: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (by === 1) node.pods.set(info.uid, info)
    else node.pods.delete(info.uid)
    this.columns.account(node.slot, info.requests, by)
    for (const port of info.class.hostPorts) node.occupyPort(port, by)
    for (const claim of info.class.claimKeys) {
      const users = this.claimUsers(claim) + by
      if (users === 0) this.#claimUsers.delete(claim)
      else this.#claimUsers.set(claim, users)
    }
    info.class.group.count(node.slot, info.pod.metadata.deletionTimestamp !== undefined, by)
    this.terms.count(info.class, node.slot, by)
    this.#changed(node.slot)
  }

  #accountsDiffer(old: Stored<Pod>, pod: Stored<Pod>): boolean {
    if (old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp) return true
    if (!sameLabels(old.metadata.labels, pod.metadata.labels)) return true
    if (
      old.spec !== pod.spec &&
      (old.spec.containers !== pod.spec.containers || old.spec.initContainers !== pod.spec.initContainers) &&
      this.classes.of(old) !== this.classes.of(pod)
    )
      return true
    return old.status !== pod.status && (isResized(pod) || isResized(old)) && this.#resizesDiffer(old, pod)
  }

  #resizesDiffer(old: Stored<Pod>, pod: Stored<Pod>): boolean {
    const a = placedPodRequests(old, this.columns)
    const b = placedPodRequests(pod, this.columns)
    return JSON.stringify(a) !== JSON.stringify(b)
  }

  #changed(slot: number): void {
    this.generation[slot] = ++this.#clock
    this.changes.push(slot, this.#rows)
  }

  #nodeNamed(name: string): NodeInfo {
    let info = this.#byName.get(name)
    if (info === undefined) {
      const slot = this.#freeSlots.pop() ?? this.#bySlot.length
      if (slot >= this.#rows) this.#grow()
      info = new NodeInfo(slot, name, this.columns)
      this.#bySlot[slot] = info
      this.#byName.set(name, info)
      this.#changed(slot)
    }
    return info
  }

  #dropIfEmpty(info: NodeInfo): void {
    if (info.node !== undefined || info.pods.size > 0) return
    this.#byName.delete(info.name)
    this.#bySlot[info.slot] = undefined
    this.columns.clearRow(info.slot)
    this.#freeSlots.push(info.slot)
  }

  #grow(): void {
    this.#rows *= 2
    this.columns.grow(this.#rows)
    for (const topology of this.#topologies.values()) topology.grow(this.#rows)
    const generation = new Uint32Array(this.#rows)
    generation.set(this.generation)
    this.generation = generation
    const starts = new Uint32Array(this.#rows)
    starts.set(this.starts)
    this.starts = starts
    this.epoch++
  }

  #setImages(info: NodeInfo, node: Stored<Node> | undefined): void {
    const images = new Map<string, number>()
    for (const { names = [], sizeBytes = 0 } of node?.status?.images ?? [])
      for (const name of names) images.set(name, sizeBytes)
    for (const name of info.images.keys()) if (!images.has(name)) this.#setImage(name, info.slot, undefined)
    for (const [name, size] of images)
      if (info.images.get(name) !== size) this.#setImage(name, info.slot, size)
    info.images = images
  }

  #setImage(name: string, slot: number, size: number | undefined): void {
    let image = this.images.get(name)
    if (image === undefined) this.images.set(name, (image = { nodes: new Map(), version: 0 }))
    if (size === undefined) image.nodes.delete(slot)
    else image.nodes.set(slot, size)
    image.version = ++this.#clock
  }
}

/** Moves pods off and onto the node of one trial. */
export interface Trial {
  remove(info: PodInfo): void
  add(info: PodInfo): void
}

/** Heartbeats and most conditions do not matter for placing. */
function changesPlacing(old: Stored<Node>, node: Stored<Node>): boolean {
  return (
    old.spec !== node.spec ||
    old.status?.allocatable !== node.status?.allocatable ||
    old.status?.images !== node.status?.images ||
    !sameLabels(old.metadata.labels, node.metadata.labels) ||
    old.metadata.annotations !== node.metadata.annotations
  )
}
