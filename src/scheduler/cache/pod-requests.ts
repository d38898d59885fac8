/** What a pod asks of its node, as the scheduler counts it (component-helpers/resource, scheduler/util/pod_resources.go). */
import type { Container } from '../../api/core/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import {
  amountOf,
  DEFAULT_MEMORY,
  DEFAULT_MILLI_CPU,
  type PodRequests,
  type ResourceColumns,
} from './resource-columns.ts'

type Amounts = Map<string, number>
type ContainerAmounts = (container: Container) => Amounts

/** Requests from the spec alone: what counts for a pod that is still to be placed. */
export function podRequests(spec: PodSpec, columns: ResourceColumns): PodRequests {
  return toRequests(total(spec, requestsOf), total(spec, nonZeroRequestsOf), columns)
}

/**
 * Requests of a pod on a node. While a container is resized in place, the largest of what it asks for, was granted
 * and uses counts; an infeasible resize counts for nothing (InPlacePodVerticalScaling).
 */
export function placedPodRequests(pod: Pod, columns: ResourceColumns): PodRequests {
  const { spec, status } = pod
  const infeasible = status?.conditions?.some(
    (it) => it.type === 'PodResizePending' && it.reason === 'Infeasible',
  )
  const statuses = new Map(
    [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map((it) => [
      it.name,
      it,
    ]),
  )
  const current = (container: Container, wanted: Amounts): Amounts => {
    const now = statuses.get(container.name)
    const granted = now?.allocatedResources
    const used = now?.resources?.requests
    if (granted === undefined && used === undefined) return wanted
    const amounts = infeasible && used !== undefined ? toAmounts(used) : maximum(wanted, toAmounts(used))
    return maximum(amounts, toAmounts(granted))
  }
  return toRequests(
    total(spec, (it) => current(it, requestsOf(it))),
    total(spec, (it) => current(it, nonZeroRequestsOf(it))),
    columns,
  )
}

/** Whether the status of a pod says anything about resources that its spec does not. */
export function isResized(pod: Pod): boolean {
  const statuses = pod.status?.containerStatuses ?? []
  for (let i = 0; i < statuses.length; i++) {
    const { name, allocatedResources, resources } = statuses[i]!
    if (allocatedResources === undefined && resources?.requests === undefined) continue
    const wanted = containerNamed(pod, name)?.resources?.requests
    // A kubelet that granted what was asked for reports the very lists of the spec.
    if (allocatedResources !== wanted || resources?.requests !== wanted) return true
  }
  return false
}

function containerNamed({ spec }: Pod, name: string): Container | undefined {
  return spec.containers.find((it) => it.name === name)
}

/** Sidecars run beside everything after them; other init containers run alone, one after the other. */
function total(spec: PodSpec, of: ContainerAmounts): Amounts {
  const running: Amounts = new Map()
  for (const container of spec.containers) add(running, of(container))
  const sidecars: Amounts = new Map()
  let peak: Amounts = new Map()
  for (const container of spec.initContainers ?? []) {
    const amounts = of(container)
    if (container.restartPolicy === 'Always') {
      add(running, amounts)
      add(sidecars, amounts)
      peak = maximum(peak, sidecars)
    } else {
      const together = new Map(sidecars)
      add(together, amounts)
      peak = maximum(peak, together)
    }
  }
  const all = maximum(running, peak)
  if (spec.overhead !== undefined) add(all, toAmounts(spec.overhead))
  return all
}

function requestsOf(container: Container): Amounts {
  return toAmounts(container.resources?.requests)
}

function nonZeroRequestsOf(container: Container): Amounts {
  const amounts = requestsOf(container)
  if (!amounts.has('cpu')) amounts.set('cpu', DEFAULT_MILLI_CPU)
  if (!amounts.has('memory')) amounts.set('memory', DEFAULT_MEMORY)
  return amounts
}

function toAmounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  const amounts: Amounts = new Map()
  if (list !== undefined)
    for (const [name, amount] of Object.entries(list)) amounts.set(name, amountOf(name, amount))
  return amounts
}

function add(to: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) to.set(name, (to.get(name) ?? 0) + amount)
}

function maximum(a: Amounts, b: Amounts): Amounts {
  const both = new Map(a)
  for (const [name, amount] of b)
    if (amount > (both.get(name) ?? Number.NEGATIVE_INFINITY)) both.set(name, amount)
  return both
}

function toRequests(amounts: Amounts, nonZero: Amounts, columns: ResourceColumns): PodRequests {
  const scalars = []
  for (const [name, amount] of amounts) {
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name === 'pods') continue
    scalars.push({ name, column: columns.column(name), amount })
  }
  return {
    cpu: amounts.get('cpu') ?? 0,
    memory: amounts.get('memory') ?? 0,
    ephemeralStorage: amounts.get('ephemeral-storage') ?? 0,
    scalars,
    nonZeroCpu: nonZero.get('cpu') ?? 0,
    nonZeroMemory: nonZero.get('memory') ?? 0,
  }
}
