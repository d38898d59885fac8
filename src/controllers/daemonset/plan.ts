/** Which daemon pods to create and delete (daemon/daemon_controller.go manage, daemon/update.go). */
import { type DaemonSet, type DaemonSetStatus, TEMPLATE_GENERATION } from '../../api/apps/daemon-set.ts'
import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { REVISION_HASH } from '../shared/controller-history.ts'
import { isPodAvailable, isPodReady, isPodTerminal } from '../shared/pod.ts'
import { scaled } from '../shared/scaled.ts'
import { daemonTolerations, type Placement, placementOn, targetNode } from './nodes.ts'

type DaemonPod = Stored<Pod>

/** On pods, from the set's annotation. */
export const POD_TEMPLATE_GENERATION = 'pod-template-generation'

/** One DaemonSet, the nodes and its pods on them, as one sync sees them. */
export interface Scene {
  readonly set: Stored<DaemonSet>
  /** All nodes, by name. */
  readonly places: readonly Place[]
  readonly podsByNode: ReadonlyMap<string, readonly DaemonPod[]>
  /** Of the template as it is. */
  readonly hash: string
  readonly now: number
}

/** One node, and whether the set's pods belong there. */
export interface Place extends Placement {
  readonly node: string
}

/** What the set thinks of these nodes, in their order. */
export function placesOf(set: DaemonSet, nodes: readonly Stored<Node>[]): readonly Place[] {
  const tolerations = daemonTolerations(set.spec.template.spec)
  return nodes.map((node) => ({ node: node.metadata.name, ...placementOn(set, node, tolerations) }))
}

export interface Changes {
  readonly create: readonly string[]
  readonly delete: readonly DaemonPod[]
}

/** Pods by node, each node's oldest first. Those that have ended and are being deleted no longer count. */
export function groupByNode(pods: Iterable<DaemonPod>): Map<string, DaemonPod[]> {
  const byNode = new Map<string, DaemonPod[]>()
  for (const pod of pods) {
    if (isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined) continue
    const node = targetNode(pod)
    const list = byNode.get(node)
    if (list === undefined) byNode.set(node, [pod])
    else list.push(pod)
  }
  for (const list of byNode.values()) if (list.length > 1) list.sort(bySeniority)
  return byNode
}

export interface Managed extends Changes {
  /** Ended by itself: told about, and deleted unless it fails too often. */
  readonly failed: readonly DaemonPod[]
  readonly succeeded: readonly DaemonPod[]
}

/** One pod on every node that should have one, none elsewhere. `delete` holds neither failed nor succeeded ones. */
export function manage(scene: Scene): Managed {
  const create: string[] = []
  const doomed: DaemonPod[] = []
  const failed: DaemonPod[] = []
  const succeeded: DaemonPod[] = []
  const known = new Set<string>()
  for (const { node, run, stay } of scene.places) {
    known.add(node)
    const pods = scene.podsByNode.get(node) ?? NO_PODS
    if (run && pods.length === 0) create.push(node)
    else if (stay) {
      const alive = pods.filter((it) => it.metadata.deletionTimestamp === undefined)
      failed.push(...alive.filter((it) => it.status?.phase === 'Failed'))
      succeeded.push(...alive.filter((it) => it.status?.phase === 'Succeeded'))
      const running = alive.filter((it) => !isPodTerminal(it))
      if (running.length > 1) doomed.push(...surplus(scene, running))
      else if (running.length === 0 && run && surges(scene.set)) create.push(node)
    } else doomed.push(...pods.filter((it) => it.metadata.deletionTimestamp === undefined))
  }
  for (const [node, pods] of scene.podsByNode) {
    if (known.has(node)) continue
    doomed.push(...pods.filter((it) => !it.spec.nodeName && it.metadata.deletionTimestamp === undefined))
  }
  return { create, delete: doomed, failed, succeeded }
}

/** Without surge all but the oldest; with it an old and a new pod, while the old one serves and the new one cannot. */
function surplus({ set, hash, now }: Scene, running: readonly DaemonPod[]): readonly DaemonPod[] {
  if (!surges(set)) return running.slice(1)
  const isNew = (it: DaemonPod) => it.metadata.labels?.[REVISION_HASH] === hash
  const newest = running.find(isNew)
  const oldest = running.find((it) => !isNew(it))
  const others = running.filter((it) => it !== newest && it !== oldest)
  if (newest === undefined || oldest === undefined) return others
  const replaced = !isPodReady(oldest) || isPodAvailable(newest, minReadySeconds(set), now)
  return replaced ? [...others, oldest] : others
}

/** Pods of an old template to replace. Old ones that do not work may always go; of the others so many as may be down. */
export function planUpdate(scene: Scene): Changes {
  const { surge, unavailable } = updateLimits(scene)
  return surge === 0 ? replaceInPlace(scene, unavailable) : replaceWithSurge(scene, surge)
}

function replaceInPlace(scene: Scene, maxUnavailable: number): Changes {
  let down = 0
  const broken: DaemonPod[] = []
  const candidates: DaemonPod[] = []
  for (const pods of inOrder(scene)) {
    const pair = newAndOld(scene, pods)
    if (pair === undefined || (pair.new === undefined) === (pair.old === undefined)) down++
    else if (pair.new !== undefined) down += works(scene, pair.new) ? 0 : 1
    else if (!works(scene, pair.old!)) broken.push(pair.old!)
    else candidates.push(pair.old!)
  }
  return { create: [], delete: [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - down))] }
}

function replaceWithSurge(scene: Scene, maxSurge: number): Changes {
  let surging = 0
  const free: string[] = []
  const candidates: string[] = []
  const replaced: DaemonPod[] = []
  for (const pods of inOrder(scene)) {
    const pair = newAndOld(scene, pods)
    if (pair === undefined) surging++
    else if (pair.old === undefined) continue
    else if (pair.new === undefined) (works(scene, pair.old) ? candidates : free).push(targetNode(pair.old))
    else if (works(scene, pair.new)) replaced.push(pair.old)
    else surging++
  }
  return { create: [...free, ...candidates.slice(0, Math.max(0, maxSurge - surging))], delete: replaced }
}

/** Upstream walks a map in random order; names make it reproducible. */
function inOrder({ podsByNode }: Scene): (readonly DaemonPod[])[] {
  return [...podsByNode].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pods]) => pods)
}

/** The pods of a node by template; undefined when there is more than one of a sort. */
function newAndOld(scene: Scene, pods: readonly DaemonPod[]) {
  const alive = pods.filter((it) => it.metadata.deletionTimestamp === undefined)
  const updated = alive.filter((it) => isUpdated(scene, it))
  const old = alive.filter((it) => !isUpdated(scene, it))
  return updated.length > 1 || old.length > 1 ? undefined : { new: updated[0], old: old[0] }
}

/** Both percentages round up; when both are zero one pod may be down, or nothing would ever move. */
export function limitsFor(
  desired: number,
  maxSurge: number | string | undefined,
  maxUnavailable: number | string | undefined,
): { readonly surge: number; readonly unavailable: number } {
  const surge = scaled(maxSurge ?? 0, desired, 'up')
  const unavailable = scaled(maxUnavailable ?? 0, desired, 'up')
  return { surge, unavailable: desired > 0 && surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function updateLimits(scene: Scene) {
  const desired = scene.places.reduce((count, it) => count + (it.run ? 1 : 0), 0)
  const rolling = scene.set.spec.updateStrategy?.rollingUpdate
  return limitsFor(desired, rolling?.maxSurge, rolling?.maxUnavailable ?? 1)
}

/** Only the oldest pod of a node counts. */
export function statusAfter(
  scene: Scene,
  observedGeneration: number | undefined,
  collisionCount: number | undefined,
): DaemonSetStatus {
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 }
  for (const { node, run } of scene.places) {
    const oldest = scene.podsByNode.get(node)?.[0]
    if (!run) {
      if (oldest !== undefined) counts.misscheduled++
      continue
    }
    counts.desired++
    if (oldest === undefined) continue
    counts.current++
    if (isPodReady(oldest)) counts.ready++
    if (works(scene, oldest)) counts.available++
    if (isUpdated(scene, oldest)) counts.updated++
  }
  return {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    observedGeneration,
    updatedNumberScheduled: counts.updated,
    numberAvailable: counts.available,
    numberUnavailable: counts.desired - counts.available,
    ...(collisionCount !== undefined && { collisionCount }),
    ...(scene.set.status?.conditions && { conditions: scene.set.status.conditions }),
  }
}

const NO_PODS: readonly DaemonPod[] = []

export function surges(set: DaemonSet): boolean {
  const strategy = set.spec.updateStrategy
  const surge = strategy?.rollingUpdate?.maxSurge
  return strategy?.type !== 'OnDelete' && surge !== undefined && scaled(surge, 100, 'up') > 0
}

function isUpdated({ set, hash }: Scene, pod: DaemonPod): boolean {
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION]
  const labels = pod.metadata.labels
  return (
    labels?.[REVISION_HASH] === hash ||
    (generation !== undefined && labels?.[POD_TEMPLATE_GENERATION] === generation)
  )
}

function works({ set, now }: Scene, pod: DaemonPod): boolean {
  return isPodAvailable(pod, minReadySeconds(set), now)
}

function minReadySeconds(set: DaemonSet): number {
  return set.spec.minReadySeconds ?? 0
}

/** On its node first, then older, then by name. */
function bySeniority(a: DaemonPod, b: DaemonPod): number {
  const bound = (pod: Pod) => (pod.spec.nodeName ? 0 : 1)
  return (
    bound(a) - bound(b) ||
    compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
    compare(a.metadata.name, b.metadata.name)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
