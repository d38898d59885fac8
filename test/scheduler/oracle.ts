/**
 * The plain algorithm: every plugin on every node, all counts taken afresh from the pods, nothing remembered. Written
 * against upstream's rules and independent of the plugins; the scheduler must choose from the same set of best nodes.
 */
import type { NodeSelectorTerm, PodAffinityTerm } from '../../src/api/core/affinity.ts'
import type { Node } from '../../src/api/core/node.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import type { TopologySpreadConstraint } from '../../src/api/core/pod-spec.ts'
import type { LabelSelector } from '../../src/api/meta/label-selector.ts'
import { amountOf } from '../../src/scheduler/cache/resource-columns.ts'

type Labels = Readonly<Record<string, string>>

export interface PlainWorld {
  readonly nodes: readonly Node[]
  /** Pods on nodes. */
  readonly pods: readonly Pod[]
  readonly namespaces: ReadonlyMap<string, Labels>
  /** Selector of default spreading, if any. */
  readonly defaultSelector?: LabelSelector
}

export interface PlainAnswer {
  readonly feasible: readonly string[]
  /** The nodes with the highest total. */
  readonly best: readonly string[]
  readonly totals: ReadonlyMap<string, number>
  /** Reason of each node that does not pass. */
  readonly rejected: ReadonlyMap<string, string>
}

export function plainSchedule(pod: Pod, world: PlainWorld): PlainAnswer {
  const rejected = new Map<string, string>()
  const feasible: Node[] = []
  for (const node of world.nodes) {
    const reason = rejection(pod, node, world)
    if (reason === undefined) feasible.push(node)
    else rejected.set(nameOf(node), reason)
  }
  const totals = new Map(feasible.map((it) => [nameOf(it), 0]))
  const addAll = (scores: readonly number[], weight: number) =>
    feasible.forEach((node, i) => {
      totals.set(nameOf(node), totals.get(nameOf(node))! + weight * scores[i]!)
    })
  if (feasible.length > 1) {
    addAll(
      byMaximum(
        feasible.map((it) => unwantedTaints(pod, it)),
        true,
      ),
      3,
    )
    addAll(
      byMaximum(
        feasible.map((it) => preferredAffinity(pod, it)),
        false,
      ),
      2,
    )
    addAll(
      feasible.map((it) => leastAllocated(pod, it, world)),
      1,
    )
    addAll(spreadScores(pod, feasible, world), 2)
    addAll(affinityScores(pod, feasible, world), 2)
    addAll(
      feasible.map((it) => balanced(pod, it, world)),
      1,
    )
    addAll(
      feasible.map((it) => images(pod, it, world)),
      1,
    )
  }
  const highest = Math.max(...totals.values())
  return {
    feasible: feasible.map(nameOf),
    best: feasible.map(nameOf).filter((it) => totals.get(it) === highest),
    totals,
    rejected,
  }
}

// -- filters ----------------------------------------------------------------------------------------------

function rejection(pod: Pod, node: Node, world: PlainWorld): string | undefined {
  if (
    node.spec.unschedulable &&
    !toleratesTaint(pod, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })
  )
    return 'node(s) were unschedulable'
  for (const taint of node.spec.taints ?? [])
    if (taint.effect !== 'PreferNoSchedule' && !toleratesTaint(pod, taint))
      return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`
  if (!matchesAffinity(pod, node)) return "node(s) didn't match Pod's node affinity/selector"
  if (portsClash(pod, node, world)) return "node(s) didn't have free ports for the requested pod ports"
  return resources(pod, node, world) ?? spread(pod, node, world) ?? interPod(pod, node, world)
}

function toleratesTaint(
  pod: Pod,
  taint: { key: string; value?: string; effect: string },
  effects?: string[],
): boolean {
  return (pod.spec.tolerations ?? []).some((it) => {
    if (effects && !effects.includes(it.effect ?? '')) return false
    if (it.effect && it.effect !== taint.effect) return false
    if (it.key && it.key !== taint.key) return false
    return it.operator === 'Exists' || (it.value ?? '') === (taint.value ?? '')
  })
}

function matchesAffinity(pod: Pod, node: Node): boolean {
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {}))
    if (labels(node)[key] !== value) return false
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return terms === undefined || terms.some((it) => matchesTerm(it, node))
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  const field = { 'metadata.name': nameOf(node) }
  return (
    matchExpressions.every((it) => meets(it, labels(node))) && matchFields.every((it) => meets(it, field))
  )
}

function meets(
  { key, operator, values = [] }: { key: string; operator: string; values?: readonly string[] },
  of: Labels,
): boolean {
  const value = of[key]
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
      return value !== undefined && Number(value) > Number(values[0])
    default:
      return value !== undefined && Number(value) < Number(values[0])
  }
}

function selects(selector: LabelSelector | undefined, of: Labels): boolean {
  if (selector === undefined) return false
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (of[key] !== value) return false
  return (selector.matchExpressions ?? []).every((it) => meets(it, of))
}

function podsOn(node: Node, world: PlainWorld): readonly Pod[] {
  return world.pods.filter((it) => it.spec.nodeName === nameOf(node))
}

function portsClash(pod: Pod, node: Node, world: PlainWorld): boolean {
  const ports = (of: Pod) => of.spec.containers.flatMap((it) => it.ports ?? []).filter((it) => it.hostPort)
  const all = (ip: string | undefined) => !ip || ip === '0.0.0.0'
  const taken = podsOn(node, world).flatMap(ports)
  return ports(pod).some((a) =>
    taken.some(
      (b) =>
        a.hostPort === b.hostPort &&
        (a.protocol ?? 'TCP') === (b.protocol ?? 'TCP') &&
        (a.hostIP === b.hostIP || all(a.hostIP) || all(b.hostIP)),
    ),
  )
}

function requestsOf(pod: Pod, fallback: Labels = {}): Map<string, number> {
  const sum = new Map<string, number>()
  for (const { resources } of pod.spec.containers)
    for (const [name, amount] of Object.entries({ ...fallback, ...resources?.requests }))
      sum.set(name, (sum.get(name) ?? 0) + amountOf(name, amount))
  const peak = new Map<string, number>()
  for (const { resources } of pod.spec.initContainers ?? [])
    for (const [name, amount] of Object.entries({ ...fallback, ...resources?.requests }))
      peak.set(name, Math.max(peak.get(name) ?? 0, amountOf(name, amount)))
  for (const [name, amount] of peak) sum.set(name, Math.max(sum.get(name) ?? 0, amount))
  return sum
}

const STAND_INS = { cpu: '100m', memory: '200Mi' }

function used(node: Node, world: PlainWorld, resource: string, fallback?: Labels): number {
  return podsOn(node, world).reduce((sum, it) => sum + (requestsOf(it, fallback).get(resource) ?? 0), 0)
}

function capacity(node: Node, resource: string): number {
  const amount = node.status?.allocatable?.[resource]
  return amount === undefined ? 0 : amountOf(resource, amount)
}

function resources(pod: Pod, node: Node, world: PlainWorld): string | undefined {
  const reasons: string[] = []
  if (podsOn(node, world).length + 1 > capacity(node, 'pods')) reasons.push('Too many pods')
  const wanted = requestsOf(pod)
  const order = ['cpu', 'memory', 'ephemeral-storage']
  const names = [...order, ...[...wanted.keys()].filter((it) => !order.includes(it))]
  for (const name of names) {
    const amount = wanted.get(name) ?? 0
    if (amount > 0 && amount > capacity(node, name) - used(node, world, name))
      reasons.push(`Insufficient ${name}`)
  }
  return reasons.length > 0 ? reasons.join(', ') : undefined
}

interface Constraint extends TopologySpreadConstraint {
  readonly isDefault?: boolean
}

function constraintsOf(pod: Pod, world: PlainWorld, action: string): readonly Constraint[] {
  const own = pod.spec.topologySpreadConstraints ?? []
  const all: readonly Constraint[] =
    own.length > 0 || world.defaultSelector === undefined
      ? own
      : [
          {
            maxSkew: 3,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: world.defaultSelector,
            isDefault: true,
          },
          {
            maxSkew: 5,
            topologyKey: 'topology.kubernetes.io/zone',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: world.defaultSelector,
            isDefault: true,
          },
        ]
  return all.filter((it) => it.whenUnsatisfiable === action)
}

function counted(pod: Pod, node: Node, { labelSelector }: Constraint, world: PlainWorld): number {
  const isEmpty =
    labelSelector !== undefined &&
    Object.keys(labelSelector.matchLabels ?? {}).length + (labelSelector.matchExpressions ?? []).length === 0
  if (isEmpty) return 0
  return podsOn(node, world).filter(
    (it) =>
      it.metadata?.namespace === pod.metadata?.namespace &&
      it.metadata?.deletionTimestamp === undefined &&
      selects(labelSelector, labels(it)),
  ).length
}

function isIncluded(pod: Pod, node: Node, { nodeAffinityPolicy, nodeTaintsPolicy }: Constraint): boolean {
  if (nodeAffinityPolicy !== 'Ignore' && !matchesAffinity(pod, node)) return false
  return (
    nodeTaintsPolicy !== 'Honor' ||
    (node.spec.taints ?? []).every((it) => it.effect === 'PreferNoSchedule' || toleratesTaint(pod, it))
  )
}

function domainCounts(
  pod: Pod,
  it: Constraint,
  all: readonly Constraint[],
  world: PlainWorld,
): Map<string, number> {
  const counts = new Map<string, number>()
  for (const node of world.nodes) {
    if (!it.isDefault && !all.every((other) => labels(node)[other.topologyKey] !== undefined)) continue
    const value = labels(node)[it.topologyKey]
    if (value === undefined || !isIncluded(pod, node, it)) continue
    counts.set(value, (counts.get(value) ?? 0) + counted(pod, node, it, world))
  }
  return counts
}

function spread(pod: Pod, node: Node, world: PlainWorld): string | undefined {
  const hard = constraintsOf(pod, world, 'DoNotSchedule')
  for (const it of hard) {
    const value = labels(node)[it.topologyKey]
    if (value === undefined)
      return "node(s) didn't match pod topology spread constraints (missing required label)"
    const counts = domainCounts(pod, it, hard, world)
    const least = counts.size < (it.minDomains ?? 1) ? 0 : Math.min(...counts.values())
    const self = selects(it.labelSelector, labels(pod)) ? 1 : 0
    if ((counts.get(value) ?? 0) + self - least > it.maxSkew)
      return "node(s) didn't match pod topology spread constraints"
  }
  return undefined
}

function termMatches(term: PodAffinityTerm, owner: Pod, other: Pod, world: PlainWorld): boolean {
  const { namespaces = [], namespaceSelector, labelSelector } = term
  const namespace = other.metadata?.namespace ?? ''
  const inNamespace =
    namespaces.length === 0 && namespaceSelector === undefined
      ? namespace === owner.metadata?.namespace
      : namespaces.includes(namespace) || selects(namespaceSelector, world.namespaces.get(namespace) ?? {})
  return inNamespace && selects(labelSelector, labels(other))
}

function nodeOf(pod: Pod, world: PlainWorld): Node | undefined {
  return world.nodes.find((it) => nameOf(it) === pod.spec.nodeName)
}

function sharesDomain(a: Node | undefined, b: Node, key: string): boolean {
  return a !== undefined && labels(a)[key] !== undefined && labels(a)[key] === labels(b)[key]
}

function interPod(pod: Pod, node: Node, world: PlainWorld): string | undefined {
  const near = pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  const far = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  if (near.length > 0) {
    if (near.some((it) => labels(node)[it.topologyKey] === undefined))
      return "node(s) didn't match pod affinity rules"
    const matching = world.pods.filter((it) => near.every((term) => termMatches(term, pod, it, world)))
    const isNear = near.every((term) =>
      matching.some((it) => sharesDomain(nodeOf(it, world), node, term.topologyKey)),
    )
    const anywhere = matching.some((it) =>
      near.some((term) => labels(nodeOf(it, world) ?? { spec: {} })[term.topologyKey] !== undefined),
    )
    const startsGroup = near.every((term) => termMatches(term, pod, pod, world))
    if (!isNear && (anywhere || !startsGroup)) return "node(s) didn't match pod affinity rules"
  }
  for (const other of world.pods)
    for (const term of far)
      if (termMatches(term, pod, other, world) && sharesDomain(nodeOf(other, world), node, term.topologyKey))
        return "node(s) didn't match pod anti-affinity rules"
  for (const other of world.pods)
    for (const term of other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ??
      [])
      if (termMatches(term, other, pod, world) && sharesDomain(nodeOf(other, world), node, term.topologyKey))
        return "node(s) didn't satisfy existing pods anti-affinity rules"
  return undefined
}

// -- scores -----------------------------------------------------------------------------------------------

function byMaximum(scores: readonly number[], reverse: boolean): readonly number[] {
  const most = Math.max(...scores)
  if (most === 0) return scores.map(() => (reverse ? 100 : 0))
  return scores.map((it) => (reverse ? 100 - Math.trunc((100 * it) / most) : Math.trunc((100 * it) / most)))
}

function unwantedTaints(pod: Pod, node: Node): number {
  return (node.spec.taints ?? []).filter(
    (it) => it.effect === 'PreferNoSchedule' && !toleratesTaint(pod, it, ['', 'PreferNoSchedule']),
  ).length
}

function preferredAffinity(pod: Pod, node: Node): number {
  const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return terms.reduce((sum, it) => sum + (matchesTerm(it.preference ?? {}, node) ? it.weight : 0), 0)
}

function leastAllocated(pod: Pod, node: Node, world: PlainWorld): number {
  let sum = 0
  let weights = 0
  for (const name of ['cpu', 'memory']) {
    const all = capacity(node, name)
    if (all === 0) continue
    const wanted = used(node, world, name, STAND_INS) + (requestsOf(pod, STAND_INS).get(name) ?? 0)
    sum += wanted > all ? 0 : Math.trunc(((all - wanted) * 100) / all)
    weights++
  }
  return weights === 0 ? 0 : Math.trunc(sum / weights)
}

function balanced(pod: Pod, node: Node, world: PlainWorld): number {
  const wanted = requestsOf(pod)
  if (!wanted.get('cpu') && !wanted.get('memory')) return 0
  const shares: number[] = []
  for (const name of ['cpu', 'memory']) {
    const all = capacity(node, name)
    if (all > 0) shares.push(Math.min(1, (used(node, world, name) + (wanted.get(name) ?? 0)) / all))
  }
  const deviation = shares.length === 2 ? Math.abs((shares[0]! - shares[1]!) / 2) : 0
  return Math.trunc((1 - deviation) * 100)
}

function spreadScores(pod: Pod, feasible: readonly Node[], world: PlainWorld): readonly number[] {
  const soft = constraintsOf(pod, world, 'ScheduleAnyway')
  if (soft.length === 0) return feasible.map(() => 0)
  const ignored = (node: Node) =>
    soft.some((it) => !it.isDefault && labels(node)[it.topologyKey] === undefined)
  const scored = feasible.filter((it) => !ignored(it))
  const isHost = (it: Constraint) => it.topologyKey === 'kubernetes.io/hostname'
  const weights = soft.map((it) => {
    const values = new Set(scored.map((node) => labels(node)[it.topologyKey] ?? ''))
    return Math.log((isHost(it) ? scored.length : values.size) + 2)
  })
  const counts = soft.map((it) => domainCounts(pod, it, soft, world))
  const raw = feasible.map((node) => {
    if (ignored(node)) return undefined
    let score = 0
    soft.forEach((it, i) => {
      const value = labels(node)[it.topologyKey]
      if (value === undefined) return
      const count = isHost(it) ? counted(pod, node, it, world) : (counts[i]!.get(value) ?? 0)
      score += count * weights[i]! + (it.maxSkew - 1)
    })
    return Math.round(score)
  })
  const known = raw.filter((it) => it !== undefined)
  const most = Math.max(0, ...known)
  const least = Math.min(...known)
  return raw.map((it) => {
    if (it === undefined) return 0
    return most === 0 ? 100 : Math.trunc((100 * (most + least - it)) / most)
  })
}

function affinityScores(pod: Pod, feasible: readonly Node[], world: PlainWorld): readonly number[] {
  const raw = new Map(feasible.map((it) => [nameOf(it), 0]))
  const give = (from: Pod, key: string, weight: number) => {
    for (const node of feasible)
      if (sharesDomain(nodeOf(from, world), node, key)) raw.set(nameOf(node), raw.get(nameOf(node))! + weight)
  }
  const attract = pod.spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const repel = pod.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  for (const other of world.pods) {
    for (const it of attract)
      if (termMatches(it.podAffinityTerm!, pod, other, world))
        give(other, it.podAffinityTerm!.topologyKey, it.weight)
    for (const it of repel)
      if (termMatches(it.podAffinityTerm!, pod, other, world))
        give(other, it.podAffinityTerm!.topologyKey, -it.weight)
    const { podAffinity, podAntiAffinity } = other.spec.affinity ?? {}
    for (const it of podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
      if (termMatches(it, other, pod, world)) give(other, it.topologyKey, 1)
    for (const it of podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      if (termMatches(it.podAffinityTerm!, other, pod, world))
        give(other, it.podAffinityTerm!.topologyKey, it.weight)
    for (const it of podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      if (termMatches(it.podAffinityTerm!, other, pod, world))
        give(other, it.podAffinityTerm!.topologyKey, -it.weight)
  }
  const most = Math.max(...raw.values())
  const least = Math.min(...raw.values())
  return feasible.map((it) =>
    most === least ? 0 : Math.trunc(100 * ((raw.get(nameOf(it))! - least) / (most - least))),
  )
}

function images(pod: Pod, node: Node, world: PlainWorld): number {
  const MIB = 1024 * 1024
  const names = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((it) => it.image ?? '')
  const sizeOn = (of: Node, name: string) =>
    of.status?.images?.find((it) => it.names?.includes(name))?.sizeBytes
  let sum = 0
  for (const name of names) {
    const size = sizeOn(node, name)
    if (size === undefined) continue
    const having = world.nodes.filter((it) => sizeOn(it, name) !== undefined).length
    sum += Math.trunc(size * (having / world.nodes.length))
  }
  const most = 1000 * MIB * names.length
  return Math.trunc((100 * (Math.min(Math.max(sum, 23 * MIB), most) - 23 * MIB)) / (most - 23 * MIB))
}

function nameOf(node: Node): string {
  return node.metadata?.name ?? ''
}

function labels(object: { metadata?: { labels?: Labels }; spec: object }): Labels {
  return object.metadata?.labels ?? {}
}
