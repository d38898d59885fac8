/** Questions about a cluster as it stands, answered without touching it: drains, new nodes, how much still fits. */
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import { type KubeObject, objectKey, type Stored } from '../api/kind.ts'
import type { Journal } from '../kernel/journal.ts'
import type { Explanation } from '../scheduler/explain.ts'
import { type Capacity, type Placement, Planner, type ReplicaRoom } from '../scheduler/planner.ts'
import type { SchedulerOptions } from '../scheduler/scheduler.ts'
import type { ScheduleDetail } from '../scheduler/scheduling-cycle.ts'
import type { NodeSpec, Snapshot } from './cluster.ts'
import { InputError } from './input-error.ts'

/** What is changed in thought, in this order. */
export interface WhatIfChange {
  readonly addNodes?: number | readonly NodeSpec[]
  /** One node, or several, one after the other. */
  readonly drain?: string | readonly string[]
  /** Afterwards: how many more pods like this one fit? `pod/web-1`, `default/web-1`, or a manifest of a pod. */
  readonly fill?: string | Pod
}

export interface WhatIfReport {
  readonly before: Capacity
  readonly after: Capacity
  /** Pods that would move, or could not. */
  readonly evicted: readonly Placement[]
  /** Pods that wait now: where they would go, or why they still wait. */
  readonly pending: readonly Placement[]
  readonly room?: ReplicaRoom
}

type Imitated = Pick<SchedulerOptions, 'configuration' | 'plugins'>

export function whatIf(snapshot: Snapshot, change: WhatIfChange, options?: Imitated): WhatIfReport {
  const planner = plannerOf(snapshot, options)
  const before = planner.capacity()
  const specs =
    typeof change.addNodes === 'number' ? Array(change.addNodes).fill({}) : (change.addNodes ?? [])
  specs.forEach((spec: NodeSpec, i) => {
    planner.addNode(nodeOf(spec, i + 1))
  })
  const drained = typeof change.drain === 'string' ? [change.drain] : (change.drain ?? [])
  for (const name of drained)
    if (snapshot.get(Node, { name }) === undefined)
      throw new InputError(`there is no node ${JSON.stringify(name)}`)
  const evicted = drained.flatMap((name) => planner.drain(name))
  const pending = planner.placePending()
  const after = planner.capacity()
  const template = change.fill === undefined ? undefined : templateOf(change.fill, snapshot)
  return { before, after, evicted, pending, room: template && planner.fill(template) }
}

/** The last decision about the pod as the journal kept it, or how it would be decided now. */
export function explainPod(
  pod: string | KubeObject,
  snapshot: Snapshot,
  journal: Pick<Journal, 'entries'>,
  options?: Imitated,
): { readonly explanation: Explanation; readonly isRecomputed: boolean } {
  const found = typeof pod === 'string' ? findPod(pod, snapshot) : (pod as Stored<Pod>)
  const object = `Pod ${objectKey(found.metadata)}`
  const entries = journal.entries()
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i]!
    if (entry.type !== 'schedule' || entry.object !== object) continue
    const kept = (entry.detail as ScheduleDetail | undefined)?.kept?.explanation
    if (kept !== undefined) return { explanation: kept, isRecomputed: false }
    break
  }
  return { explanation: plannerOf(snapshot, options).explain(found), isRecomputed: true }
}

function plannerOf(snapshot: Snapshot, options?: Imitated): Planner {
  return new Planner({ list: (kind) => snapshot.list<Stored<KubeObject>>({ kind }) }, options)
}

/** `pod/web-1`, `web-1` or `default/web-1`. */
function findPod(text: string, snapshot: Snapshot): Stored<Pod> {
  const [namespace, name] = text.replace(/^(pods?|po)\//, '').includes('/')
    ? text.replace(/^(pods?|po)\//, '').split('/')
    : ['default', text.replace(/^(pods?|po)\//, '')]
  const pod = snapshot.get<Stored<Pod>>(Pod, { namespace, name: name! })
  if (pod !== undefined) return pod
  const some = snapshot
    .list<Stored<Pod>>(Pod)
    .slice(0, 8)
    .map((it) => objectKey(it.metadata))
  throw new InputError(
    `there is no pod ${namespace}/${name}`,
    undefined,
    some.length > 0 ? `there are ${some.join(', ')}` : undefined,
  )
}

function templateOf(fill: string | Pod, snapshot: Snapshot): Stored<Pod> {
  const pod = typeof fill === 'string' ? findPod(fill, snapshot) : fill
  const { name = 'replica', namespace = 'default', labels, ownerReferences } = pod.metadata ?? {}
  const metadata = {
    name,
    namespace,
    labels,
    ownerReferences,
    uid: 'what-if',
    resourceVersion: '',
    creationTimestamp: '',
  }
  return { ...pod, spec: { schedulerName: 'default-scheduler', ...pod.spec }, metadata }
}

function nodeOf(spec: NodeSpec, ordinal: number): Stored<Node> {
  const name = spec.name ?? `what-if-${ordinal}`
  const { cpu = '4', memory = '16Gi', pods = 110, zone, region, labels, resources } = spec
  return {
    metadata: {
      name,
      uid: name,
      resourceVersion: '',
      creationTimestamp: '',
      labels: {
        'kubernetes.io/hostname': name,
        ...(zone && { 'topology.kubernetes.io/zone': zone }),
        ...(region && { 'topology.kubernetes.io/region': region }),
        ...labels,
      },
    },
    spec: { taints: spec.taints },
    status: { allocatable: { cpu, memory, pods: String(pods), ...resources } },
  }
}
