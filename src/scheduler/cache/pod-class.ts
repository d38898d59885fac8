/**
 * Identical pods share one class: everything about them that matters for placing them, worked out once. The pods of
 * one ReplicaSet are of one class, before and after they are bound.
 */
import type { PodAffinityTerm, WeightedPodAffinityTerm } from '../../api/core/affinity.ts'
import type { Container } from '../../api/core/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { Stored } from '../../api/kind.ts'
import { type LabelGroup, type LabelGroups, PodMatcher } from './label-groups.ts'
import { type Labels, labelsOf, type NodeMatcher, requiredNodeMatcher } from './matchers.ts'
import { podRequests } from './pod-requests.ts'
import type { PodRequests, ResourceColumns } from './resource-columns.ts'

export interface HostPort {
  readonly protocol: string
  readonly ip: string
  readonly port: number
}

/** A term of inter-pod affinity with its matcher. */
export interface CompiledTerm {
  readonly key: string
  readonly topologyKey: string
  readonly matcher: PodMatcher
  /** Of preferred terms: positive attracts, negative repels. Required ones have 1. */
  readonly weight: number
}

export interface CompiledAffinity {
  readonly required: readonly CompiledTerm[]
  readonly requiredAnti: readonly CompiledTerm[]
  /** Preferred terms of both kinds; those of anti-affinity have negative weights. */
  readonly preferred: readonly CompiledTerm[]
}

const NO_AFFINITY: CompiledAffinity = Object.freeze({ required: [], requiredAnti: [], preferred: [] })

export class PodClass {
  readonly id: number
  readonly namespace: string
  readonly labels: Labels
  /** The spec of the first pod met of this class; its node name and gates are of that pod alone. */
  readonly spec: PodSpec
  readonly priority: number
  readonly requests: PodRequests
  readonly group: LabelGroup
  /** The controlling owner, as default spreading asks for it. */
  readonly owner: { readonly apiVersion: string; readonly kind: string; readonly name: string } | undefined
  /** Pods of this class that the cache or the queue knows. */
  pods = 0
  /** Forgotten by the registry: whoever finds it by reference must not use it. */
  dropped = false
  #affinity: CompiledAffinity | undefined
  #hostPorts: readonly HostPort[] | undefined
  #images: readonly string[] | undefined
  #claimKeys: readonly string[] | undefined
  #requiredNodes: NodeMatcher | undefined | null = null

  constructor(id: number, pod: Stored<Pod>, group: LabelGroup, columns: ResourceColumns) {
    this.id = id
    this.namespace = pod.metadata.namespace ?? ''
    this.labels = labelsOf(pod)
    this.spec = pod.spec
    this.priority = pod.spec.priority ?? 0
    this.requests = podRequests(pod.spec, columns)
    this.group = group
    this.owner = pod.metadata.ownerReferences?.find((it) => it.controller)
  }

  get affinity(): CompiledAffinity {
    return (this.#affinity ??= compileAffinity(this.spec, this.namespace))
  }

  /** Of regular containers only: 1.33 does not look at those of init containers and sidecars. */
  get hostPorts(): readonly HostPort[] {
    return (this.#hostPorts ??= hostPortsOf(this.spec))
  }

  /** Normalised names of the images of init and regular containers, repeated as they are. */
  get images(): readonly string[] {
    return (this.#images ??= [...(this.spec.initContainers ?? []), ...this.spec.containers].map((it) =>
      normalizedImageName(it.image ?? ''),
    ))
  }

  /** `namespace/name` of the claims that its volumes name. */
  get claimKeys(): readonly string[] {
    return (this.#claimKeys ??= (this.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
      persistentVolumeClaim === undefined ? [] : [`${this.namespace}/${persistentVolumeClaim.claimName}`],
    ))
  }

  get requiredNodes(): NodeMatcher | undefined {
    if (this.#requiredNodes === null) this.#requiredNodes = requiredNodeMatcher(this.spec)
    return this.#requiredNodes
  }
}

/** `nginx` is `nginx:latest`; a digest or tag after the last slash is kept. */
export function normalizedImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name
}

function hostPortsOf(spec: PodSpec): readonly HostPort[] {
  const ports: HostPort[] = []
  for (const container of spec.containers)
    for (const { hostPort, hostIP, protocol } of container.ports ?? [])
      if (hostPort) ports.push({ protocol: protocol ?? 'TCP', ip: hostIP || '0.0.0.0', port: hostPort })
  return ports
}

function compileAffinity(spec: PodSpec, namespace: string): CompiledAffinity {
  const attract = spec.affinity?.podAffinity
  const repel = spec.affinity?.podAntiAffinity
  if (attract === undefined && repel === undefined) return NO_AFFINITY
  const term = (it: PodAffinityTerm, weight: number): CompiledTerm => {
    const matcher = PodMatcher.ofTerm(it, namespace)
    return { key: `${it.topologyKey}|${matcher.key}`, topologyKey: it.topologyKey, matcher, weight }
  }
  const required = (terms: readonly PodAffinityTerm[] | undefined) => (terms ?? []).map((it) => term(it, 1))
  const preferred = (terms: readonly WeightedPodAffinityTerm[] | undefined, sign: number) =>
    (terms ?? []).map((it) => term(it.podAffinityTerm!, sign * it.weight))
  return {
    required: required(attract?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAnti: required(repel?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: [
      ...preferred(attract?.preferredDuringSchedulingIgnoredDuringExecution, 1),
      ...preferred(repel?.preferredDuringSchedulingIgnoredDuringExecution, -1),
    ],
  }
}

/** So many variants of one template are told apart by reference; more are told apart by content. */
const VARIANTS = 8
/** Classes without pods are dropped when so many have gathered. */
const IDLE_CLASSES = 1024

/** Finds the class of a pod: by reference where pods share their template's parts, by content otherwise. */
export class PodClasses {
  readonly #columns: ResourceColumns
  readonly #groups: LabelGroups
  readonly #byContainers = new WeakMap<readonly Container[], { pod: Stored<Pod>; class: PodClass }[]>()
  readonly #byContent = new Map<string, PodClass>()
  readonly #contentOf = new Map<PodClass, string>()
  #nextId = 1
  #pruneAt = IDLE_CLASSES

  constructor(columns: ResourceColumns, groups: LabelGroups) {
    this.#columns = columns
    this.#groups = groups
  }

  of(pod: Stored<Pod>): PodClass {
    const variants = this.#byContainers.get(pod.spec.containers)
    if (variants !== undefined)
      for (const variant of variants)
        if (!variant.class.dropped && sharesParts(variant.pod, pod)) return variant.class
    const found = this.#byContentOf(pod)
    const live = variants?.filter((it) => !it.class.dropped) ?? []
    if (live.length < VARIANTS) live.push({ pod, class: found })
    this.#byContainers.set(pod.spec.containers, live)
    return found
  }

  #byContentOf(pod: Stored<Pod>): PodClass {
    const content = contentKey(pod)
    let found = this.#byContent.get(content)
    if (found === undefined) {
      if (this.#byContent.size >= this.#pruneAt) this.#prune()
      const group = this.#groups.of(pod.metadata.namespace ?? '', labelsOf(pod))
      found = new PodClass(this.#nextId++, pod, group, this.#columns)
      this.#byContent.set(content, found)
      this.#contentOf.set(found, content)
      group.classes++
    }
    return found
  }

  #prune(): void {
    for (const [found, content] of this.#contentOf) {
      if (found.pods > 0) continue
      this.#contentOf.delete(found)
      this.#byContent.delete(content)
      found.dropped = true
      found.group.classes--
    }
    this.#groups.prune()
    this.#pruneAt = this.#byContent.size * 2 + IDLE_CLASSES
  }
}

/** Whether two pods share, by reference, everything that makes a class. A miss is no harm: content decides. */
function sharesParts(a: Stored<Pod>, b: Stored<Pod>): boolean {
  const x = a.spec
  const y = b.spec
  return (
    (x === y ||
      (x.nodeSelector === y.nodeSelector &&
        x.affinity === y.affinity &&
        x.tolerations === y.tolerations &&
        x.topologySpreadConstraints === y.topologySpreadConstraints &&
        x.initContainers === y.initContainers &&
        x.volumes === y.volumes &&
        x.overhead === y.overhead &&
        x.priority === y.priority &&
        x.preemptionPolicy === y.preemptionPolicy &&
        x.schedulerName === y.schedulerName)) &&
    a.metadata.namespace === b.metadata.namespace &&
    sameLabels(a.metadata.labels, b.metadata.labels) &&
    a.metadata.ownerReferences?.[0]?.uid === b.metadata.ownerReferences?.[0]?.uid &&
    a.metadata.ownerReferences?.length === b.metadata.ownerReferences?.length
  )
}

export function sameLabels(a: Labels | undefined, b: Labels | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  for (const key of keys) if (a[key] !== b[key]) return false
  return true
}

function contentKey(pod: Stored<Pod>): string {
  const { metadata, spec } = pod
  const owner = metadata.ownerReferences?.find((it) => it.controller)
  const container = (it: Container) => [it.image, it.resources?.requests, it.ports, it.restartPolicy]
  return JSON.stringify([
    metadata.namespace,
    Object.entries(metadata.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    owner && [owner.kind, owner.apiVersion, owner.name],
    spec.schedulerName,
    spec.priority,
    spec.preemptionPolicy,
    spec.nodeSelector,
    spec.affinity,
    spec.tolerations,
    spec.topologySpreadConstraints,
    spec.overhead,
    spec.containers.map(container),
    spec.initContainers?.map(container),
    spec.volumes?.filter(isPlaced).map(({ name: _, ...source }) => source),
  ])
}

/** Volumes that can tie a pod to nodes. */
function isPlaced(volume: NonNullable<PodSpec['volumes']>[number]): boolean {
  return !(
    volume.configMap ||
    volume.secret ||
    volume.projected ||
    volume.downwardAPI ||
    volume.emptyDir ||
    volume.hostPath
  )
}
