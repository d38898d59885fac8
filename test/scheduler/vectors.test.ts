/** Upstream's own figures for filters, scores, messages, sampling and preemption. */
import { describe, expect, test } from 'vitest'
import type { NodeSelectorTerm, PodAffinityTerm } from '../../src/api/core/affinity.ts'
import type { Node } from '../../src/api/core/node.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import type { TopologySpreadConstraint } from '../../src/api/core/pod-spec.ts'
import type { NodeInfo } from '../../src/scheduler/cache/node-info.ts'
import { NodeOrder, zoneKey } from '../../src/scheduler/cache/node-order.ts'
import { normalizedImageName } from '../../src/scheduler/cache/pod-class.ts'
import { placedPodRequests, podRequests } from '../../src/scheduler/cache/pod-requests.ts'
import { ResourceColumns } from '../../src/scheduler/cache/resource-columns.ts'
import { countReasons, fitErrorMessage } from '../../src/scheduler/framework/fit-error.ts'
import { feasibleNodesToFind } from '../../src/scheduler/framework/sampling.ts'
import { candidatesWanted, type DefaultPreemption } from '../../src/scheduler/plugins/default-preemption.ts'
import { nodeResourcesFitArgs } from '../../src/scheduler/plugins/node-resources-fit.ts'
import { byImportance, candidate, pickCandidate } from '../../src/scheduler/plugins/preemption-candidates.ts'
import { brokenLinear } from '../../src/scheduler/plugins/resource-scores.ts'
import { backoffMs } from '../../src/scheduler/queue/scheduling-queue.ts'
import { vectors } from '../vectors/vectors.ts'
import { node, pod } from './harness.ts'
import { type Lab, lab } from './lab.ts'

type Labels = Readonly<Record<string, string>>

function cases<T>(file: string, kind?: string): (T & { readonly id: string; readonly title?: string })[] {
  type Case = T & { readonly id: string; readonly title?: string; readonly kind?: string }
  return vectors<Case>(file).filter((it) => kind === undefined || it.kind === kind)
}

function containers(all: readonly Labels[]) {
  return all.map((requests, i) => ({ name: `c${i}`, image: 'app:1', resources: { requests } }))
}

function nodesOf({ cache }: Lab, names: readonly string[]): NodeInfo[] {
  return names.map((it) => cache.node(it)!)
}

describe('NodeResourcesFit', () => {
  interface Case {
    readonly allocatable: Labels
    readonly containers: readonly Labels[]
    readonly inits: readonly Labels[]
    readonly used: Labels
    readonly insufficient: readonly { readonly resource: string }[]
  }
  test.each(cases<Case>('fit-filter'))('$id $title', (it) => {
    const used = pod('used', { nodeName: 'n', containers: containers([it.used]) })
    const l = lab({ nodes: [node('n', { allocatable: it.allocatable })], pods: [used] })
    const cycle = l.cycle(
      pod('p', { containers: containers(it.containers), initContainers: containers(it.inits) }),
    )
    const want = it.insufficient.map(({ resource }) => `Insufficient ${resource}`)
    expect(l.filter('NodeResourcesFit', cycle, l.cache.node('n')!)).toBe(want.join(', ') || undefined)
  })
})

describe('resource scores', () => {
  interface Case {
    readonly strategy: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio' | 'Balanced'
    readonly resources: { name: string; weight: number }[]
    readonly shape?: { utilization: number; score: number }[]
    readonly pod: readonly Labels[]
    readonly nodes: readonly { readonly allocatable: Labels; readonly pods: readonly (readonly Labels[])[] }[]
    readonly expect: number[] | 'Error' | 'Skip'
  }
  test.each(cases<Case>('score-resources'))('$id $title', (it) => {
    const isBalanced = it.strategy === 'Balanced'
    const plugin = isBalanced ? 'NodeResourcesBalancedAllocation' : 'NodeResourcesFit'
    const ratio = it.shape && { requestedToCapacityRatio: { shape: it.shape } }
    const args = isBalanced
      ? { resources: it.resources }
      : { scoringStrategy: { type: it.strategy, resources: it.resources, ...ratio } }
    if (it.expect === 'Error') {
      expect(nodeResourcesFitArgs().safeParse(args).success).toBe(false)
      return
    }
    const l = lab({
      nodes: it.nodes.map(({ allocatable }, i) =>
        node(`n${i}`, { allocatable: { pods: '110', ...allocatable } }),
      ),
      pods: it.nodes.flatMap(({ pods }, i) =>
        pods.map((all, k) => pod(`p${i}-${k}`, { nodeName: `n${i}`, containers: containers(all) })),
      ),
      configuration: { profiles: [{ pluginConfig: [{ name: plugin, args }] }] },
    })
    const names = it.nodes.map((_, i) => `n${i}`)
    expect(l.score(plugin, l.cycle(pod('p', { containers: containers(it.pod) })), nodesOf(l, names))).toEqual(
      it.expect,
    )
  })
})

test.each(cases<{ shape: [number, number][]; utilization: number; expect: number }>('broken-linear'))(
  '$id',
  (it) => {
    const shape = it.shape.map(([utilization, value]) => ({ utilization, value }))
    expect(brokenLinear(shape, it.utilization)).toBe(it.expect)
  },
)

describe('pod requests', () => {
  type Part = { readonly req?: Labels; readonly restartPolicy?: string }
  const columns = new ResourceColumns(1)
  const specOf = (all: readonly Part[]) =>
    all.map(({ req, restartPolicy }, i) => ({ name: `c${i}`, resources: { requests: req }, restartPolicy }))
  const wanted = (requests: Labels) => podRequests({ containers: specOf([{ req: requests }]) }, columns)
  test.each(
    cases<{ containers: Part[]; initContainers?: Part[]; overhead: Labels; expect: Labels }>(
      'pod-requests',
      'requests',
    ),
  )('$id $title', (it) => {
    const {
      nonZeroCpu: _,
      nonZeroMemory: __,
      ...got
    } = podRequests(
      {
        containers: specOf(it.containers),
        initContainers: specOf(it.initContainers ?? []),
        overhead: it.overhead,
      },
      columns,
    )
    expect(wanted(it.expect)).toMatchObject(got)
  })
  interface Resize {
    readonly spec?: Labels
    readonly allocated?: Labels
    readonly actual?: Labels
    readonly specCpu?: string
    readonly allocatedCpu?: string | null
    readonly actualCpu?: string
    readonly resizePendingReason?: string | null
    readonly expect: Labels | string
  }
  test.each(cases<Resize>('pod-requests', 'resize'))('$id $title', (it) => {
    const cpu = (amount: string | null | undefined) => (amount ? { cpu: amount } : undefined)
    const resized: Pod = {
      spec: { containers: [{ name: 'c', resources: { requests: it.spec ?? cpu(it.specCpu) } }] },
      status: {
        conditions: it.resizePendingReason
          ? [{ type: 'PodResizePending', status: 'True', reason: it.resizePendingReason }]
          : [],
        containerStatuses: [
          {
            name: 'c',
            image: '',
            imageID: '',
            ready: true,
            restartCount: 0,
            allocatedResources: it.allocated ?? cpu(it.allocatedCpu),
            resources: { requests: it.actual ?? cpu(it.actualCpu) },
          },
        ],
      },
    }
    const { cpu: c, memory, ephemeralStorage } = placedPodRequests(resized, columns)
    const want = wanted(typeof it.expect === 'string' ? { cpu: it.expect } : it.expect)
    expect({ c, memory, ephemeralStorage }).toEqual({
      c: want.cpu,
      memory: want.memory,
      ephemeralStorage: want.ephemeralStorage,
    })
  })
})

describe('NodeAffinity', () => {
  type Preferred = { weight: number; preference: NodeSelectorTerm }
  interface Wanted {
    readonly nodeSelector?: Labels
    readonly required?: readonly NodeSelectorTerm[]
    readonly preferred?: readonly Preferred[]
    readonly added?: readonly Preferred[]
  }
  type Place = { readonly name: string; readonly labels: Labels }
  const podOf = ({ nodeSelector, required, preferred }: Wanted) =>
    pod('p', {
      nodeSelector,
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: required && { nodeSelectorTerms: required },
          preferredDuringSchedulingIgnoredDuringExecution: preferred,
        },
      },
    })
  const nodeOf = ({ name, labels }: Place): Node => ({ metadata: { name, labels }, spec: {} })
  test.each(cases<{ pod: Wanted; node: Place; expect: boolean }>('node-affinity', 'filter'))(
    '$id $title',
    (it) => {
      const l = lab({ nodes: [nodeOf(it.node)] })
      const rejected = l.filter('NodeAffinity', l.cycle(podOf(it.pod)), l.cache.node(it.node.name)!)
      expect(rejected).toBe(it.expect ? undefined : "node(s) didn't match Pod's node affinity/selector")
    },
  )
  interface Scored {
    readonly pod: Wanted
    readonly nodes: readonly Place[]
    readonly normalized: boolean
    readonly expect: number[]
  }
  test.each(cases<Scored>('node-affinity', 'score'))('$id $title', (it) => {
    const { added } = it.pod
    const args = { addedAffinity: { preferredDuringSchedulingIgnoredDuringExecution: added } }
    const l = lab({
      nodes: it.nodes.map(nodeOf),
      configuration: { profiles: [{ pluginConfig: added ? [{ name: 'NodeAffinity', args }] : [] }] },
    })
    const nodes = nodesOf(
      l,
      it.nodes.map((place) => place.name),
    )
    expect(l.score('NodeAffinity', l.cycle(podOf(it.pod)), nodes, it.normalized)).toEqual(it.expect)
  })
})

describe('TaintToleration', () => {
  type Taints = NonNullable<Node['spec']['taints']>
  type Tolerations = NonNullable<Pod['spec']['tolerations']>
  const nodeOf = (taints: Taints, i: number) => node(`n${i}`, { spec: { taints } })
  test.each(
    cases<{ tolerations: Tolerations; nodes: Taints[]; expect: number[] }>('taint-toleration', 'score'),
  )('$id $title', (it) => {
    const l = lab({ nodes: it.nodes.map(nodeOf) })
    const nodes = nodesOf(
      l,
      it.nodes.map((_, i) => `n${i}`),
    )
    expect(l.score('TaintToleration', l.cycle(pod('p', { tolerations: it.tolerations })), nodes)).toEqual(
      it.expect,
    )
  })
  test.each(
    cases<{ tolerations: Tolerations; taints: Taints; expect: boolean | string }>(
      'taint-toleration',
      'filter',
    ),
  )('$id $title', (it) => {
    const l = lab({ nodes: [nodeOf(it.taints, 0)] })
    const cycle = l.cycle(pod('p', { tolerations: it.tolerations }))
    const rejected = l.filter('TaintToleration', cycle, l.cache.node('n0')!)
    if (it.expect === true) expect(rejected).toBeUndefined()
    else expect(rejected).toMatch(/^node\(s\) had untolerated taint \{.*: .*\}$/)
  })
})

interface Affine {
  readonly ns?: string
  readonly labels?: Labels
  readonly requiredAffinity?: readonly PodAffinityTerm[]
  readonly requiredAntiAffinity?: readonly PodAffinityTerm[]
  readonly preferredAffinity?: readonly (PodAffinityTerm & { readonly weight: number })[]
  readonly preferredAntiAffinity?: readonly (PodAffinityTerm & { readonly weight: number })[]
}

function affinePod(name: string, it: Affine, nodeName?: string): Pod {
  const weighted = (terms: Affine['preferredAffinity']) =>
    terms?.map(({ weight, ...podAffinityTerm }) => ({ weight, podAffinityTerm }))
  return pod(name, {
    namespace: it.ns ?? 'default',
    labels: it.labels,
    nodeName,
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: it.requiredAffinity,
        preferredDuringSchedulingIgnoredDuringExecution: weighted(it.preferredAffinity),
      },
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: it.requiredAntiAffinity,
        preferredDuringSchedulingIgnoredDuringExecution: weighted(it.preferredAntiAffinity),
      },
    },
  })
}

describe('InterPodAffinity', () => {
  interface Case {
    readonly pod: Affine
    readonly existing: readonly (Affine & { readonly node: string })[]
    readonly nodes: readonly { readonly name: string; readonly labels: Labels }[]
    readonly namespaces?:
      | readonly { readonly name: string; readonly labels: Labels }[]
      | Record<string, Labels>
    readonly hardPodAffinityWeight?: number
    readonly target?: string
    readonly expect: number[] | 'ok' | 'affinity' | 'antiAffinity' | 'existingAntiAffinity'
  }
  const labOf = (it: Case) => {
    const spaces = Array.isArray(it.namespaces)
      ? it.namespaces
      : Object.entries(it.namespaces ?? {}).map(([name, labels]) => ({ name, labels }))
    const { hardPodAffinityWeight } = it
    return lab({
      nodes: it.nodes.map(({ name, labels }) => ({ metadata: { name, labels }, spec: {} })),
      pods: it.existing.map((other, i) => affinePod(`e${i}`, other, other.node)),
      namespaces: spaces.map((metadata) => ({ metadata, spec: {} })),
      configuration: {
        profiles: [{ pluginConfig: [{ name: 'InterPodAffinity', args: { hardPodAffinityWeight } }] }],
      },
    })
  }
  test.each(cases<Case>('interpod-affinity', 'score'))('$id $title', (it) => {
    const l = labOf(it)
    const nodes = nodesOf(
      l,
      it.nodes.map((place) => place.name),
    )
    expect(l.score('InterPodAffinity', l.cycle(affinePod('p', it.pod)), nodes)).toEqual(it.expect)
  })
  const TEXTS: Readonly<Record<string, string | undefined>> = {
    ok: undefined,
    affinity: "node(s) didn't match pod affinity rules",
    antiAffinity: "node(s) didn't match pod anti-affinity rules",
    existingAntiAffinity: "node(s) didn't satisfy existing pods anti-affinity rules",
  }
  test.each(cases<Case>('interpod-affinity', 'filter'))('$id $title', (it) => {
    const l = labOf(it)
    const rejected = l.filter('InterPodAffinity', l.cycle(affinePod('p', it.pod)), l.cache.node(it.target!)!)
    expect(rejected).toBe(TEXTS[it.expect as string])
  })
})

describe('PodTopologySpread', () => {
  interface Place {
    readonly name: string
    readonly labels: Labels
    readonly taints?: Node['spec']['taints']
    readonly feasible?: boolean
  }
  interface Case {
    readonly pod: {
      readonly ns?: string
      readonly labels: Labels
      readonly affinity?: { readonly nodeSelector?: Labels; readonly required?: readonly NodeSelectorTerm[] }
    }
    readonly constraints: readonly (Omit<TopologySpreadConstraint, 'labelSelector'> & {
      readonly labelSelector: TopologySpreadConstraint['labelSelector'] | null
    })[]
    readonly nodes: readonly Place[]
    readonly existing: readonly {
      readonly node: string
      readonly labels: Labels
      readonly ns?: string
      readonly terminating?: boolean
    }[]
    readonly expect: number[] | Record<string, 'ok' | 'skew' | 'missingLabel'>
  }
  const labOf = (it: Case) =>
    lab({
      nodes: it.nodes.map(({ name, labels, taints }) => ({ metadata: { name, labels }, spec: { taints } })),
      pods: it.existing.map((other, i) => {
        const parts = { namespace: other.ns, labels: other.labels, nodeName: other.node }
        const { metadata, ...rest } = pod(`e${i}`, parts)
        const deletionTimestamp = other.terminating ? '2025-01-01T00:00:00Z' : undefined
        return { ...rest, metadata: { ...metadata, deletionTimestamp } }
      }),
    })
  const podOf = (it: Case, whenUnsatisfiable: string) => {
    const { labels, ns, affinity } = it.pod
    return pod('p', {
      labels,
      namespace: ns,
      nodeSelector: affinity?.nodeSelector,
      affinity: affinity?.required && {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: affinity.required },
        },
      },
      topologySpreadConstraints: it.constraints.map((c) => ({
        ...c,
        whenUnsatisfiable,
        labelSelector: c.labelSelector ?? undefined,
      })),
    })
  }
  test.each(cases<Case>('topology-spread', 'score'))('$id $title', (it) => {
    const l = labOf(it)
    const names = it.nodes.filter((place) => place.feasible !== false).map((place) => place.name)
    const got = l.score('PodTopologySpread', l.cycle(podOf(it, 'ScheduleAnyway')), nodesOf(l, names))
    expect(got).toEqual(it.expect)
  })
  const TEXTS = {
    ok: undefined,
    skew: "node(s) didn't match pod topology spread constraints",
    missingLabel: "node(s) didn't match pod topology spread constraints (missing required label)",
  }
  test.each(cases<Case>('topology-spread', 'filter'))('$id $title', (it) => {
    const l = labOf(it)
    const cycle = l.cycle(podOf(it, 'DoNotSchedule'))
    const want = it.expect as Record<string, keyof typeof TEXTS>
    for (const [name, answer] of Object.entries(want))
      expect([name, l.filter('PodTopologySpread', cycle, l.cache.node(name)!)]).toEqual([name, TEXTS[answer]])
  })
})

describe('ImageLocality', () => {
  interface Case {
    readonly containersMB: readonly number[]
    readonly initContainersMB: readonly number[]
    readonly nodesMB: readonly (readonly number[])[]
    readonly expect: number[]
  }
  const all = cases<Case & { image?: string }>('image-locality')
  const images = (sizes: readonly number[]) =>
    sizes.map((size, i) => ({ name: `c${i}`, image: String(size) }))
  test.each(all.filter((it) => it.image === undefined))('$id $title', (it) => {
    const l = lab({
      nodes: it.nodesMB.map((sizes, i) =>
        node(`n${i}`, {
          images: sizes.map((size) => ({ names: [`${size}:latest`], sizeBytes: size * 1024 * 1024 })),
        }),
      ),
    })
    const wanted = pod('p', {
      containers: images(it.containersMB),
      initContainers: images(it.initContainersMB),
    })
    const nodes = nodesOf(
      l,
      it.nodesMB.map((_, i) => `n${i}`),
    )
    expect(l.score('ImageLocality', l.cycle(wanted), nodes)).toEqual(it.expect)
  })
  test.each(all.filter((it) => it.image !== undefined))('$id $title', (it) => {
    expect(normalizedImageName(it.image!)).toBe(it.expect)
  })
})

test.each(cases<{ percentage: number; nodes: number; expect: number }>('num-feasible-nodes'))('$id', (it) => {
  expect(feasibleNodesToFind(it.percentage, it.nodes)).toBe(it.expect)
})

describe('messages and order', () => {
  interface FitErrorCase {
    readonly allNodes: number
    readonly preFilterMsg: string
    readonly nodeReasons: readonly (readonly string[])[]
    readonly postFilterMsg: string
    readonly expect: string
  }
  test.each(cases<FitErrorCase>('messages-and-order', 'fitError'))('$id $title', (it) => {
    const message = fitErrorMessage({
      allNodes: it.allNodes,
      preFilterMessage: it.preFilterMsg,
      reasons: countReasons(it.nodeReasons.map((reasons) => ({ reasons, nodes: 1 }))),
      postFilterMessage: it.postFilterMsg,
    })
    expect(message).toBe(it.expect)
  })
  interface OrderCase {
    readonly nodes: readonly { readonly name: string; readonly region: string; readonly zone: string }[]
    readonly expect: readonly string[]
  }
  test.each(cases<OrderCase>('messages-and-order', 'nodeOrder'))('$id', (it) => {
    const order = new NodeOrder<string>()
    for (const { name, region, zone } of it.nodes)
      order.add(
        zoneKey({
          ...(region && { 'topology.kubernetes.io/region': region }),
          ...(zone && { 'topology.kubernetes.io/zone': zone }),
        }),
        name,
      )
    expect(order.list()).toEqual(it.expect)
  })
})

test.each(
  cases<{ attempts: number; initialSeconds: number; maxSeconds: number; expect: number }>(
    'backoff',
    'schedulerQueue',
  ),
)('$id', (it) => {
  expect(backoffMs(it.attempts, it.initialSeconds * 1000, it.maxSeconds * 1000)).toBe(it.expect * 1000)
})

describe('preemption', () => {
  const startTime = (start: number) => `2025-01-01T00:00:${String(start).padStart(2, '0')}Z`
  interface DryRun {
    readonly pod: { readonly priority: number; readonly req: Labels; readonly labels: Labels }
    readonly existing: readonly {
      name: string
      node: string
      priority: number
      req: Labels
      start: number
      labels?: Labels
    }[]
    readonly nodes: readonly { name: string; capacity: Labels; labels: Labels }[]
    readonly pdbs?: readonly { selector: object; disruptionsAllowed: number; disruptedPods: string[] }[]
    readonly constraints?: readonly TopologySpreadConstraint[]
    readonly expect: Record<string, { victims: string[]; pdbViolations: number }>
  }
  test.each(cases<DryRun>('preemption', 'dryRun'))('$id $title', (it) => {
    const l = lab({
      nodes: it.nodes.map(({ name, capacity, labels }) =>
        node(name, { labels, allocatable: { pods: '110', ...capacity } }),
      ),
      pods: it.existing.map(({ name, node: nodeName, priority, req, start, labels }) =>
        pod(name, { nodeName, priority, requests: req, labels, status: { startTime: startTime(start) } }),
      ),
      objects: {
        PodDisruptionBudget: (it.pdbs ?? []).map(({ selector, disruptionsAllowed, disruptedPods }, i) => ({
          metadata: { name: `b${i}`, namespace: 'default' },
          spec: { selector },
          status: {
            disruptionsAllowed,
            disruptedPods: Object.fromEntries(disruptedPods.map((name) => [name, startTime(0)])),
          },
        })),
      },
    })
    const cycle = l.cycle(
      pod('p', {
        priority: it.pod.priority,
        requests: it.pod.req,
        labels: it.pod.labels,
        topologySpreadConstraints: it.constraints?.map((c) => ({ ...c, whenUnsatisfiable: 'DoNotSchedule' })),
      }),
    )
    const { failure } = l.profile.evaluator.search(cycle)
    const plugin = l.profile.plugins.get('DefaultPreemption') as DefaultPreemption
    expect(failure).toBeDefined()
    const got: Record<string, { victims: string[]; pdbViolations: number }> = {}
    for (const { name } of it.nodes) {
      const outcome = plugin.outcomeOn(l.cache.node(name)!, cycle)
      if (outcome.candidate !== undefined)
        got[name] = {
          victims: outcome.candidate.victims.map((victim) => victim.pod.metadata.name).sort(),
          pdbViolations: outcome.candidate.violations,
        }
    }
    expect(got).toEqual(it.expect)
  })
  interface Pick {
    readonly candidates: readonly {
      node: string
      victims: readonly { priority: number; start?: number }[]
      pdbViolations: number
    }[]
    readonly expect: readonly string[]
  }
  test.each(cases<Pick>('preemption', 'pick'))('$id $title', (it) => {
    const l = lab({ nodes: it.candidates.map((c) => node(c.node)) })
    const candidates = it.candidates.map((c) => {
      const victims = c.victims.map(({ priority, start }, i) => {
        const status = start === undefined ? undefined : { startTime: startTime(start) }
        return l.cache.describe(l.stored(pod(`${c.node}-${i}`, { priority, status })))
      })
      return candidate(l.cache.node(c.node)!, victims.sort(byImportance), c.pdbViolations)
    })
    expect(it.expect).toContain(pickCandidate(candidates)!.node.name)
  })
  test.each(
    cases<{ nodes: number; minPercentage: number; minAbsolute: number; expect: number }>(
      'preemption',
      'numCandidates',
    ),
  )('$id', (it) => {
    const args = { minCandidateNodesPercentage: it.minPercentage, minCandidateNodesAbsolute: it.minAbsolute }
    expect(candidatesWanted(it.nodes, args)).toBe(it.expect)
  })
})
