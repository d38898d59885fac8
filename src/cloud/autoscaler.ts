/**
 * Adds instances while pods wait for room and removes those that are hardly used (upstream: the cluster
 * autoscaler's core, reduced to one kind of instance per group).
 */
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import type { Stored } from '../api/kind.ts'
import { milliValue, quantityValue } from '../api/quantity.ts'
import { formatTime } from '../api/time.ts'
import type { Component } from '../client/process.ts'
import { isReady } from './node-controllers.ts'
import { type Cloud, CloudError, type Instance } from './provider.ts'

export interface NodeGroup {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly instanceType?: string
  /** What a new instance offers. */
  readonly cpu: string
  readonly memory: string
}

export interface AutoscalerOptions {
  readonly cloud: Cloud
  readonly groups: readonly NodeGroup[]
  /** Default 10 s. */
  readonly scanMs?: number
  /** How long a node must have been unneeded, ms; default 10 minutes. */
  readonly unneededMs?: number
  /** Use of CPU and memory requests below which a node is unneeded; default 0.5. */
  readonly threshold?: number
}

const SCAN_MS = 10_000
const UNNEEDED_MS = 600_000
const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler'
const MIRROR = 'kubernetes.io/config.mirror'

export function clusterAutoscaler(options: AutoscalerOptions): Component {
  return {
    name: 'cluster-autoscaler',
    start(process) {
      const { cloud, groups, threshold = 0.5, unneededMs = UNNEEDED_MS } = options
      const pods = process.informers.for(Pod)
      const nodes = process.informers.for(Node)
      const recorder = process.recorder('cluster-autoscaler')
      const unneededSince = new Map<string, number>()
      /** Instances asked for whose node is not Ready yet. */
      const upcoming = new Map<string, Instance>()
      let serial = 0
      let busy = false

      process.clock.every(options.scanMs ?? SCAN_MS, () => {
        if (busy || !pods.synced || !nodes.synced) return
        for (const [id, instance] of upcoming) {
          const node = nodes.lister.get(instance.name)
          if ((node !== undefined && isReady(node)) || cloud.findInstance(instance) === undefined)
            upcoming.delete(id)
        }
        const pending = [...pods.lister.list()].filter(isUnschedulable)
        if (pending.length === 0 && unneededSince.size === 0 && nodesOfGroups().length === 0) return
        busy = true
        process.spawn('cluster-autoscaler', async () => {
          try {
            await scaleUp(pending)
            if (pending.length === 0) await scaleDown()
          } catch (error) {
            if (!(error instanceof CloudError)) throw error
          } finally {
            busy = false
          }
        })
      })

      async function scaleUp(pending: readonly Stored<Pod>[]): Promise<void> {
        for (const group of groups) {
          const size = cloud.instances().filter((it) => it.group === group.name).length
          const wanted = Math.min(nodesFor(pending, group) - upcoming.size, group.max - size)
          if (nodesFor(pending, group) > upcoming.size && wanted <= 0) {
            for (const pod of pending) {
              recorder.event(
                pod,
                'Normal',
                'NotTriggerScaleUp',
                `pod didn't trigger scale-up: 1 max node group size reached`,
              )
            }
          }
          for (let i = 0; i < wanted; i++) {
            const name = `${group.name}-${++serial}`
            if (cloud.instances().some((it) => it.name === name)) {
              i--
              continue
            }
            for (const pod of pending) {
              const message = `pod triggered scale-up: [{${group.name} ${size}->${size + wanted} (max: ${group.max})}]`
              recorder.event(pod, 'Normal', 'TriggeredScaleUp', message)
            }
            const instance = await cloud.runInstance({ name, group: group.name, type: group.instanceType })
            upcoming.set(instance.id, instance)
          }
        }
      }

      function nodesOfGroups(): Instance[] {
        return cloud.instances().filter((it) => groups.some((group) => group.name === it.group))
      }

      async function scaleDown(): Promise<void> {
        const now = process.clock.now()
        for (const instance of nodesOfGroups()) {
          const node = nodes.lister.get(instance.name)
          if (node === undefined || !isReady(node)) continue
          const own = [...pods.lister.list()].filter(
            (it) => it.spec.nodeName === instance.name && isRunning(it),
          )
          const movable = own.every((it) => isMovable(it))
          if (!movable || utilization(node, own) >= threshold) {
            unneededSince.delete(instance.name)
            continue
          }
          const since = unneededSince.get(instance.name) ?? now
          unneededSince.set(instance.name, since)
          const group = groups.find((it) => it.name === instance.group)!
          const size = cloud.instances().filter((it) => it.group === group.name).length
          if (now - since < unneededMs || size <= group.min || !fitsElsewhere(own, instance.name)) continue
          await remove(instance, node, own)
          // One at a time: the next look sees where the pods went.
          return
        }
      }

      async function remove(
        instance: Instance,
        node: Stored<Node>,
        own: readonly Stored<Pod>[],
      ): Promise<void> {
        unneededSince.delete(instance.name)
        await process.client.update(Node, node, (draft) => {
          const timeAdded = formatTime(process.clock.now())
          draft.spec.taints = [
            ...(draft.spec.taints ?? []),
            { key: TO_BE_DELETED, effect: 'NoSchedule', timeAdded },
          ]
        })
        recorder.event(node, 'Normal', 'ScaleDown', 'marked the node as toBeDeleted/unschedulable')
        for (const pod of own.filter((it) => !isDaemon(it))) {
          recorder.event(pod, 'Normal', 'ScaleDown', 'deleting pod for node scale down')
          const { namespace, name } = pod.metadata
          const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } }
          await process.client.subresource('create', Pod, { namespace, name }, 'eviction', eviction)
        }
        await cloud.terminateInstance(instance.id)
      }

      /** Whether the requests of these pods fit into what is free on the other nodes. */
      function fitsElsewhere(own: readonly Stored<Pod>[], name: string): boolean {
        let cpu = 0
        let memory = 0
        for (const node of nodes.lister.list()) {
          if (node.metadata.name === name || !isReady(node) || node.spec.unschedulable === true) continue
          cpu += milliValue(node.status?.allocatable?.['cpu'])
          memory += quantityValue(node.status?.allocatable?.['memory'])
        }
        for (const pod of pods.lister.list()) {
          if (pod.spec.nodeName === name || !isRunning(pod)) continue
          const [podCpu, podMemory] = requests(pod)
          cpu -= podCpu
          memory -= podMemory
        }
        for (const pod of own.filter((it) => !isDaemon(it))) {
          const [podCpu, podMemory] = requests(pod)
          cpu -= podCpu
          memory -= podMemory
        }
        return cpu >= 0 && memory >= 0
      }
    },
  }
}

function isUnschedulable(pod: Pod): boolean {
  return (
    !pod.spec.nodeName &&
    pod.status?.conditions?.some(
      (it) => it.type === 'PodScheduled' && it.status === 'False' && it.reason === 'Unschedulable',
    ) === true
  )
}

function isRunning(pod: Pod): boolean {
  return (
    pod.spec.nodeName !== undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  )
}

function isDaemon(pod: Pod): boolean {
  return (
    pod.metadata?.ownerReferences?.some((it) => it.controller === true && it.kind === 'DaemonSet') === true ||
    (pod.metadata?.annotations !== undefined && Object.hasOwn(pod.metadata.annotations, MIRROR))
  )
}

/** A pod that nobody would make again keeps its node. */
function isMovable(pod: Pod): boolean {
  if (pod.metadata?.annotations?.['cluster-autoscaler.kubernetes.io/safe-to-evict'] === 'false') return false
  return isDaemon(pod) || pod.metadata?.ownerReferences?.some((it) => it.controller === true) === true
}

function requests(pod: Pod): [cpu: number, memory: number] {
  let cpu = 0
  let memory = 0
  for (const container of pod.spec.containers) {
    cpu += milliValue(container.resources?.requests?.['cpu'])
    memory += quantityValue(container.resources?.requests?.['memory'])
  }
  return [cpu, memory]
}

function utilization(node: Node, pods: readonly Pod[]): number {
  let cpu = 0
  let memory = 0
  for (const pod of pods) {
    const [podCpu, podMemory] = requests(pod)
    cpu += podCpu
    memory += podMemory
  }
  const allocatable = node.status?.allocatable ?? {}
  return Math.max(
    cpu / (milliValue(allocatable['cpu']) || 1),
    memory / (quantityValue(allocatable['memory']) || 1),
  )
}

/** First fit of the pods' requests into new instances of the group; pods that fit none are left out. */
function nodesFor(pods: readonly Pod[], group: NodeGroup): number {
  const capacity: [number, number] = [milliValue(group.cpu), quantityValue(group.memory) - 100 * 1024 * 1024]
  const bins: [number, number][] = []
  for (const pod of pods) {
    const [cpu, memory] = requests(pod)
    if (cpu > capacity[0] || memory > capacity[1]) continue
    const bin = bins.find((it) => it[0] >= cpu && it[1] >= memory)
    if (bin === undefined) bins.push([capacity[0] - cpu, capacity[1] - memory])
    else {
      bin[0] -= cpu
      bin[1] -= memory
    }
  }
  return bins.length
}
