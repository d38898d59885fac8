/** Random clusters and pods, scheduled by the real evaluator and by the plain algorithm side by side. */
import type { Node } from '../../src/api/core/node.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import type { LabelSelector } from '../../src/api/meta/label-selector.ts'
import { type Random, randomStream } from '../../src/kernel/random.ts'
import { node, type PodParts, pod } from './harness.ts'
import { type Lab, lab } from './lab.ts'
import { plainSchedule } from './oracle.ts'

export interface OracleResult {
  readonly pods: number
  readonly placed: number
  readonly unschedulable: number
}

const APPS = ['web', 'db', 'cache']
const ZONES = ['a', 'b', 'c']
const NAMESPACES = new Map([
  ['default', { team: 'red' }],
  ['other', { team: 'blue' }],
])

/** Throws at the first disagreement, with what is needed to see it again. */
export function compareWithOracle(seed: number, podsWanted: number): OracleResult {
  const random = randomStream(seed, 'oracle')
  let pods = 0
  let placed = 0
  let unschedulable = 0
  while (pods < podsWanted) {
    const run = oneCluster(
      random,
      Math.min(podsWanted - pods, 20 + random.below(60)),
      `seed ${seed}, pod ${pods}`,
    )
    pods += run.pods
    placed += run.placed
    unschedulable += run.unschedulable
  }
  return { pods, placed, unschedulable }
}

function oneCluster(random: Random, count: number, where: string): OracleResult {
  const nodes = Array.from({ length: 1 + random.below(9) }, (_, i) => randomNode(random, i))
  const hasService = random.below(3) === 0
  const service = { metadata: { name: 'web', namespace: 'default' }, spec: { selector: { app: 'web' } } }
  const l = lab({
    nodes,
    namespaces: [...NAMESPACES].map(([name, labels]) => ({ metadata: { name, labels }, spec: {} })),
    objects: hasService ? { Service: [service] } : {},
    configuration: { percentageOfNodesToScore: 100 },
    random,
  })
  // A few templates that come back: their answers are remembered and must stay right.
  const templates = Array.from({ length: 1 + random.below(5) }, () => randomParts(random))
  const standing: Pod[] = []
  let placed = 0
  for (let i = 0; i < count; i++) {
    const parts = random.below(4) === 0 ? randomParts(random) : random.pick(templates)
    const wanted = pod(`p${i}`, parts)
    const selector = defaultSelectorOf(wanted, hasService)
    compare(l, wanted, nodes, standing, selector, `${where}+${i}`)
    const target = l.profile.evaluator.search(l.cycle(wanted)).feasible
    if (target !== undefined) {
      const name = l.cache.at(target.slots[random.below(target.count)]!)!.name
      place(l, standing, { ...wanted, spec: { ...wanted.spec, nodeName: name } })
      placed++
    }
    churn(random, l, nodes, standing)
  }
  return { pods: count, placed, unschedulable: count - placed }
}

function compare(
  l: Lab,
  wanted: Pod,
  nodes: readonly Node[],
  standing: readonly Pod[],
  defaultSelector: LabelSelector | undefined,
  where: string,
): void {
  const plain = plainSchedule(wanted, { nodes, pods: standing, namespaces: NAMESPACES, defaultSelector })
  const cycle = l.cycle(wanted)
  const { evaluator } = l.profile
  const result = evaluator.search(cycle)
  const fail = (what: string, got: unknown, want: unknown) => {
    const state = JSON.stringify({ wanted, nodes, standing }, undefined, 1)
    throw new Error(`${where}: ${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}\n${state}`)
  }
  if (result.failure !== undefined) {
    if (plain.feasible.length > 0) fail('feasible nodes', [], plain.feasible)
    if (result.failure.preFilter !== undefined) return
    for (const it of result.failure.rejected()) {
      const reasons = result.failure.statusOf(it)!.reasons.join(', ')
      if (reasons !== plain.rejected.get(it.name))
        fail(`reason of ${it.name}`, reasons, plain.rejected.get(it.name))
    }
    return
  }
  const { slots, count } = result.feasible
  const names = Array.from(slots.subarray(0, count), (slot) => l.cache.at(slot)!.name)
  if ([...names].sort().join() !== [...plain.feasible].sort().join())
    fail('feasible nodes', names, plain.feasible)
  if (count === 1) return
  const totals = [...evaluator.score(cycle, result.feasible).subarray(0, count)]
  const highest = Math.max(...totals)
  const best = names.filter((_, i) => totals[i] === highest)
  if ([...best].sort().join() !== [...plain.best].sort().join())
    fail(
      'best nodes',
      names.map((it, i) => [it, totals[i]]),
      [...plain.totals],
    )
  const chosen = evaluator.choose(result.feasible, Float64Array.from(totals)).name
  if (!plain.best.includes(chosen)) fail('choice', chosen, plain.best)
}

function defaultSelectorOf(wanted: Pod, hasService: boolean): LabelSelector | undefined {
  const isSelected = wanted.metadata?.namespace === 'default' && wanted.metadata.labels?.['app'] === 'web'
  return hasService && isSelected ? { matchLabels: { app: 'web' } } : undefined
}

function place(l: Lab, standing: Pod[], placed: Pod): void {
  const known = l.stored(placed)
  standing.push(known)
  l.cache.setPod(known)
}

/** Pods go, begin to terminate, nodes change. */
function churn(random: Random, l: Lab, nodes: Node[], standing: Pod[]): void {
  const kind = random.below(6)
  if (kind === 0 && standing.length > 0) {
    const [gone] = standing.splice(random.below(standing.length), 1)
    l.cache.removePod(gone!.metadata!.uid!)
  } else if (kind === 1 && standing.length > 0) {
    const at = random.below(standing.length)
    const old = standing[at]!
    const ending = { ...old, metadata: { ...old.metadata, deletionTimestamp: '2025-01-01T00:00:00Z' } }
    standing[at] = ending
    l.cache.setPod(ending as Parameters<typeof l.cache.setPod>[0])
  } else if (kind === 2 && random.below(3) === 0) {
    const at = random.below(nodes.length)
    const changed = randomNode(random, at)
    nodes[at] = changed
    l.cache.setNode(l.stored(changed))
  }
}

function randomNode(random: Random, i: number): Node {
  const taints = []
  if (random.below(6) === 0) taints.push({ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' })
  if (random.below(4) === 0) taints.push({ key: 'spot', effect: 'PreferNoSchedule' })
  const zone = random.below(5) === 0 ? undefined : random.pick(ZONES)
  const images = random.below(3) === 0 ? [{ names: ['app:1'], sizeBytes: 400 * 1024 * 1024 }] : undefined
  return node(`n${i}`, {
    zone,
    cpu: random.pick(['2', '4', '8']),
    memory: random.pick(['4Gi', '8Gi']),
    pods: random.pick(['3', '10', '110']),
    labels: random.below(2) === 0 ? { disk: 'ssd', size: String(random.below(4)) } : {},
    spec: { taints, unschedulable: random.below(10) === 0 ? true : undefined },
    images,
  })
}

export function randomParts(random: Random): PodParts {
  const sometimes = <T>(oneIn: number, make: () => T): T | undefined =>
    random.below(oneIn) === 0 ? make() : undefined
  const selector = (): LabelSelector =>
    random.pick([
      { matchLabels: { app: random.pick(APPS) } },
      { matchExpressions: [{ key: 'app', operator: 'In', values: [random.pick(APPS), random.pick(APPS)] }] },
      { matchExpressions: [{ key: 'app', operator: 'Exists' }] },
      {},
    ])
  const key = () => random.pick(['kubernetes.io/hostname', 'topology.kubernetes.io/zone', 'disk'])
  const term = () => ({
    topologyKey: key(),
    labelSelector: selector(),
    namespaces: sometimes(4, () => [random.pick(['default', 'other'])]),
    namespaceSelector: sometimes(5, () => ({ matchLabels: { team: random.pick(['red', 'blue']) } })),
  })
  const weighted = () => ({ weight: 1 + random.below(100), podAffinityTerm: term() })
  const constraint = () => ({
    maxSkew: 1 + random.below(3),
    topologyKey: key(),
    whenUnsatisfiable: random.pick(['DoNotSchedule', 'ScheduleAnyway']),
    labelSelector: selector(),
    nodeAffinityPolicy: sometimes(4, () => 'Ignore'),
    nodeTaintsPolicy: sometimes(3, () => 'Honor'),
  })
  const uniqueBy = <T extends { topologyKey: string; whenUnsatisfiable: string }>(all: T[]) =>
    all.filter(
      (it, i) =>
        all.findIndex(
          (o) => o.topologyKey === it.topologyKey && o.whenUnsatisfiable === it.whenUnsatisfiable,
        ) === i,
    )
  return {
    namespace: random.pick(['default', 'default', 'other']),
    labels: { app: random.pick(APPS) },
    requests: sometimes(5, () => ({})) ?? {
      cpu: random.pick(['100m', '500m', '1']),
      memory: random.pick(['128Mi', '1Gi']),
    },
    hostPort: sometimes(8, () => 80 + random.below(2)),
    nodeSelector: sometimes(8, () => ({ disk: 'ssd' })),
    tolerations: sometimes(3, () => [
      random.pick([
        { key: 'dedicated', operator: 'Exists' },
        { operator: 'Exists' },
        { key: 'spot', operator: 'Exists', effect: 'PreferNoSchedule' },
      ]),
    ]),
    topologySpreadConstraints: sometimes(3, () => uniqueBy([constraint(), constraint()])),
    affinity: sometimes(2, () => ({
      nodeAffinity: sometimes(3, () => ({
        requiredDuringSchedulingIgnoredDuringExecution: sometimes(3, () => ({
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'size', operator: random.pick(['Gt', 'Lt']), values: ['1'] }] },
            { matchExpressions: [{ key: 'disk', operator: 'DoesNotExist' }] },
          ],
        })),
        preferredDuringSchedulingIgnoredDuringExecution: sometimes(2, () => [
          {
            weight: 1 + random.below(50),
            preference: { matchExpressions: [{ key: 'disk', operator: 'Exists' }] },
          },
          {
            weight: 1 + random.below(50),
            preference: {
              matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['a'] }],
            },
          },
        ]),
      })),
      podAffinity: sometimes(3, () => ({
        requiredDuringSchedulingIgnoredDuringExecution: sometimes(2, () => [term()]),
        preferredDuringSchedulingIgnoredDuringExecution: sometimes(2, () => [weighted()]),
      })),
      podAntiAffinity: sometimes(3, () => ({
        requiredDuringSchedulingIgnoredDuringExecution: sometimes(2, () => [term()]),
        preferredDuringSchedulingIgnoredDuringExecution: sometimes(2, () => [weighted()]),
      })),
    })),
  }
}
