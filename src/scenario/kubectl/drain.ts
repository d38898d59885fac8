/** `kubectl drain`: cordons a node and evicts its pods, as far as disruption budgets allow (kubectl/pkg/drain). */
import { DaemonSet } from '../../api/apps/daemon-set.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { ApiError, isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { StepFailure } from '../step.ts'
import { awaitState } from './wait.ts'

export interface DrainOptions {
  readonly ignoreDaemonSets: boolean
  /** Pods that no controller would bring back go too. */
  readonly force: boolean
  readonly deleteEmptyDirData: boolean
  readonly gracePeriodSeconds: number | undefined
  readonly timeoutMs: number
}

/** A refused eviction is tried again after so long. */
const RETRY_MS = 5000
const MIRROR = 'kubernetes.io/config.mirror'

/** @throws StepFailure before anything is evicted, if some pod must not be; or when the time is up */
export async function drainNode(cluster: Cluster, name: string, options: DrainOptions): Promise<string> {
  const node = await cluster.client.find(Node, { name })
  if (node === undefined) throw new StepFailure(`nodes "${name}" not found`)
  if (node.spec.unschedulable !== true)
    await cluster.client.patch(Node, { name }, { spec: { unschedulable: true } })
  const pods = podsToEvict(cluster, name, options)
  const deadline = cluster.now + options.timeoutMs
  for (const pod of pods) await evict(cluster, pod, options, deadline)
  const left = () =>
    pods.filter((pod) => cluster.peek().get<Pod>(Pod, pod.metadata)?.metadata?.uid === pod.metadata.uid)
  if (!(await awaitState(cluster, () => left().length === 0, Math.max(0, deadline - cluster.now)))) {
    throw new StepFailure(
      `drain did not complete within ${formatDuration(options.timeoutMs)}`,
      left().map((it) => `${objectKey(it.metadata)} is still there`),
    )
  }
  return `node/${name} drained: ${pods.length} ${pods.length === 1 ? 'pod' : 'pods'} evicted`
}

function podsToEvict(cluster: Cluster, node: string, options: DrainOptions): readonly Stored<Pod>[] {
  const there = cluster
    .peek()
    .list<Stored<Pod>>(Pod)
    .filter((it) => it.spec.nodeName === node && it.metadata.annotations?.[MIRROR] === undefined)
  const refusals = new Map<string, string[]>()
  const chosen = there.filter((pod) => {
    const verdict = judge(cluster, pod, options)
    if (typeof verdict === 'boolean') return verdict
    refusals.set(verdict, [...(refusals.get(verdict) ?? []), objectKey(pod.metadata)])
    return false
  })
  if (refusals.size === 0) return chosen
  throw new StepFailure(
    `unable to drain node "${node}" due to error`,
    [...refusals].map(([why, pods]) => `cannot delete ${why}: ${pods.join(', ')}`),
  )
}

/** True: evict; false: leave it; or why nothing may be evicted at all. */
function judge(cluster: Cluster, pod: Stored<Pod>, options: DrainOptions): boolean | string {
  const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  const controller = pod.metadata.ownerReferences?.find((it) => it.controller)
  if (controller?.kind === 'DaemonSet' && !over) {
    const set = { namespace: pod.metadata.namespace, name: controller.name }
    if (cluster.peek().get(DaemonSet, set) === undefined) return options.force
    return options.ignoreDaemonSets ? false : 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)'
  }
  const local = pod.spec.volumes?.some((it) => it.emptyDir !== undefined) === true
  if (local && !over && !options.deleteEmptyDirData)
    return 'Pods with local storage (use --delete-emptydir-data to override)'
  if (controller === undefined && !over && !options.force)
    return 'Pods that declare no controller (use --force to override)'
  return true
}

async function evict(
  cluster: Cluster,
  pod: Stored<Pod>,
  { gracePeriodSeconds, timeoutMs }: DrainOptions,
  deadline: number,
): Promise<void> {
  const { namespace, name } = pod.metadata
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace, name },
    deleteOptions: { gracePeriodSeconds },
  }
  for (;;) {
    try {
      await cluster.client.subresource('create', Pod, { namespace, name }, 'eviction', body)
      return
    } catch (error) {
      if (isNotFound(error)) return
      if (!(error instanceof ApiError) || error.reason !== 'TooManyRequests') throw error
      if (cluster.now + RETRY_MS > deadline) {
        throw new StepFailure(`drain did not complete within ${formatDuration(timeoutMs)}`, [
          `error when evicting pods/"${name}" -n "${namespace}" (will retry after 5s): ${error.message}`,
        ])
      }
      await cluster.advance(RETRY_MS)
    }
  }
}
