/**
 * Notices nodes that have fallen silent, says so in their conditions and taints, and takes their pods out of
 * service. Evicting these pods is the taint-eviction-controller's job.
 */
import { Lease } from '../../api/coordination/lease.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { isNotFound } from '../../api/errors.ts'
import { type KubeObject, objectKey, type Stored } from '../../api/kind.ts'
import type { ObjectMeta } from '../../api/meta/object-meta.ts'
import { formatTime } from '../../api/time.ts'
import { nodeIndex } from '../../client/indexes.ts'
import { BY_NODE } from '../../client/informer.ts'
import type { Timer } from '../../kernel/event-loop.ts'
import {
  type ControllerDefinition,
  defineController,
  type ReconcileContext,
  type SetupContext,
} from '../runtime/controller.ts'
import { podCondition } from '../shared/pod.ts'
import { type MonitorOptions, NodeMonitor, type NodeTask } from './monitor.ts'
import { taintsAfter } from './taints.ts'

const MONITOR_PERIOD_MS = 5000
/** Taints are put in passes of this rhythm. */
const TAINT_PERIOD_MS = 100
const LEASES = { namespace: 'kube-node-lease' }

export type NodeLifecycleOptions = Partial<MonitorOptions>

/** kube-controller-manager's defaults in 1.33. */
const DEFAULTS: MonitorOptions = {
  monitorMs: 50_000,
  startupMs: 60_000,
  normal: 0.1,
  secondary: 0.01,
  largeZone: 50,
  unhealthyShare: 0.55,
}

export function nodeLifecycleController(
  options: NodeLifecycleOptions = {},
): ControllerDefinition<Node, NodeMonitor> {
  return defineController<Node, NodeMonitor>({
    name: 'node-lifecycle-controller',
    component: 'node-controller',
    for: Node,
    predicate: {
      // Heartbeats are the monitor's business; taints follow conditions, labels follow labels.
      update: (node, old) =>
        node.status?.conditions !== old.status?.conditions ||
        node.spec !== old.spec ||
        node.metadata.labels !== old.metadata.labels,
      delete: () => false,
    },
    concurrency: 8,
    // Upstream has no back-off here: what failed is tried again when the monitor looks next.
    rateLimit: { maxMs: MONITOR_PERIOD_MS },
    setup: (context) => startMonitor(context, { ...DEFAULTS, ...options }),

    async reconcile(context) {
      const { name, object, memory: monitor } = context
      if (object === undefined) return
      let left = monitor.takeTask(name)
      try {
        const node = await writeConditions(context, object, left)
        if (left.fellSilent) {
          context.recorder.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
          left = { noExecute: left.noExecute, silencePods: true }
        }
        if (left.silencePods) await takePodsOutOfService(context, name)
        await writeTaintsAndLabels(context, node, left)
      } catch (error) {
        // Unwritten conditions are outdated now, whatever was in the way; the next tick looks again.
        monitor.retry(name, { noExecute: left.noExecute, silencePods: left.silencePods })
        throw error
      }
    },
  })
}

function startMonitor(context: SetupContext<Node>, options: MonitorOptions): NodeMonitor {
  const { clock } = context.process
  const nodes = context.informer
  const leases = context.informerFor(Lease, LEASES)
  const pods = context.informerFor(Pod, { indexes: nodeIndex })
  const renewTimes = new Map<string, string | undefined>()
  const renewed = ({ metadata, spec }: Stored<Lease>) => renewTimes.set(metadata.name, spec?.renewTime)
  leases.addHandlers({
    add: renewed,
    update: renewed,
    delete: ({ metadata }) => renewTimes.delete(metadata.name),
  })
  let inOrder: readonly string[] | undefined
  const reorder = () => {
    inOrder = undefined
  }
  nodes.addHandlers({ add: reorder, delete: reorder })
  let pass: { readonly timer: Timer; readonly due: number } | undefined
  const monitor = new NodeMonitor(
    {
      now: () => clock.now(),
      renewTimeOf: (node) => renewTimes.get(node),
      queue: (node) => context.enqueue(node),
      wakeAfter: (delayMs) => {
        // On the grid of passes, as if one ran every 100 ms.
        const due = Math.ceil((clock.now() + delayMs + 1) / TAINT_PERIOD_MS) * TAINT_PERIOD_MS
        if (pass !== undefined && pass.due <= due) return
        pass?.timer.cancel()
        const run = () => {
          pass = undefined
          monitor.taintPass()
        }
        const timer = clock.after(due - clock.now(), run, {
          background: true,
          label: 'a node waits for its taint',
        })
        pass = { due, timer }
      },
      registered: ({ metadata }) =>
        nodeEvent(context, metadata, 'RegisteredNode', `Registered Node ${metadata.name} in Controller`),
      removed: (name) =>
        nodeEvent(context, { name, uid: name }, 'RemovingNode', `Removing Node ${name} from Controller`),
    },
    options,
  )
  clock.every(MONITOR_PERIOD_MS, () => {
    if (!nodes.synced || !leases.synced) return
    inOrder ??= [...nodes.lister.list()].sort(byKey).map((it) => it.metadata.name)
    monitor.tick(inOrder.map((name) => nodes.lister.get(name)!))
  })
  const isSilent = (pod: Stored<Pod>) => {
    const ready = nodes.lister
      .get(pod.spec.nodeName ?? '')
      ?.status?.conditions?.find((it) => it.type === 'Ready')
    return ready !== undefined && ready.status !== 'True'
  }
  // A pod that arrives on a node which is down already must not look ready either.
  const arrived = (pod: Stored<Pod>, old?: Stored<Pod>) => {
    const node = pod.spec.nodeName
    if (
      !node ||
      node === old?.spec.nodeName ||
      podCondition(pod, 'Ready')?.status !== 'True' ||
      !isSilent(pod)
    )
      return
    monitor.retry(node, { silencePods: true })
    context.enqueue(node)
  }
  pods.addHandlers({ add: (pod) => arrived(pod), update: arrived })
  return monitor
}

/** Upstream: pkg/controller/util/node, RecordNodeEvent. */
function nodeEvent(
  { recorder }: SetupContext<Node>,
  metadata: ObjectMeta,
  reason: string,
  event: string,
): void {
  const message = `Node ${metadata.name} event: ${event}`
  recorder.event({ apiVersion: 'v1', kind: 'Node', metadata }, 'Normal', reason, message)
}

type Context = ReconcileContext<Node, NodeMonitor>

async function writeConditions(
  { client }: Context,
  node: Stored<Node>,
  { conditions }: NodeTask,
): Promise<Stored<Node>> {
  if (conditions === undefined) return node
  return client.updateStatus(Node, { ...node, status: { ...node.status, conditions } })
}

/** Their endpoints must not be used any more, whatever their last probe said. */
async function takePodsOutOfService({ client, recorder, lister, now }: Context, node: string): Promise<void> {
  for (const pod of [...lister(Pod).byIndex(BY_NODE, node)].sort(byKey)) {
    const conditions = pod.status?.conditions ?? []
    if (!conditions.some((it) => it.type === 'Ready' && it.status !== 'False')) continue
    const after = conditions.map((it) =>
      it.type === 'Ready' ? { ...it, status: 'False', lastTransitionTime: formatTime(now) } : it,
    )
    try {
      await client.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions: after } })
      recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready')
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

async function writeTaintsAndLabels(
  { client, now }: Context,
  node: Stored<Node>,
  task: NodeTask,
): Promise<void> {
  const taints = taintsAfter(node, task.noExecute ?? 'leave', now)
  const labels = labelsAfter(node.metadata.labels)
  const sameTaints = taints === node.spec.taints || (taints.length === 0 && node.spec.taints === undefined)
  if (sameTaints && labels === node.metadata.labels) return
  await client.replace(Node, {
    ...node,
    metadata: { ...node.metadata, labels },
    spec: { ...node.spec, taints },
  })
}

/** Old clients look for these; they follow the labels that took their place. */
const FORMER_LABELS: Readonly<Record<string, string>> = {
  'kubernetes.io/os': 'beta.kubernetes.io/os',
  'kubernetes.io/arch': 'beta.kubernetes.io/arch',
}

function labelsAfter(labels: Readonly<Record<string, string>> | undefined) {
  let after = labels
  for (const [label, former] of Object.entries(FORMER_LABELS)) {
    const value = labels?.[label]
    if (value !== undefined && labels?.[former] !== value) after = { ...after, [former]: value }
  }
  return after
}

function byKey(a: Stored<KubeObject>, b: Stored<KubeObject>): number {
  return objectKey(a.metadata) < objectKey(b.metadata) ? -1 : 1
}
