/** Removes pods that nobody else will: too many finished ones, and those whose node is gone. */
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { nodeIndex } from '../../client/indexes.ts'
import { BY_NODE } from '../../client/informer.ts'
import { type ControllerDefinition, defineController, type SetupContext } from '../runtime/controller.ts'
import { disruptionTarget, patchPodStatus } from '../shared/disruption-target.ts'
import { isPodTerminal } from '../shared/pod.ts'
import { isOutOfService, isUnscheduledTerminating, NODE_GONE, surplusTerminated } from './choose.ts'

const PERIOD_MS = 20_000
/** A node must have been unknown for so long; then it is asked for live. */
const QUARANTINE_MS = 40_000

export interface PodGcOptions {
  /** Finished pods that may stay, --terminated-pod-gc-threshold; 0 or less: all. Default 12500. */
  readonly terminatedPodThreshold?: number
}

export function podGcController({
  terminatedPodThreshold = 12_500,
}: PodGcOptions = {}): ControllerDefinition<Pod, Sweeper> {
  return defineController<Pod, Sweeper>({
    name: 'pod-garbage-collector-controller',
    component: 'pod-garbage-collector',
    for: Pod,
    forInformer: { indexes: nodeIndex },
    // A pod is queued by a sweep alone.
    predicate: { create: () => false, update: () => false, delete: () => false },
    setup: (context) => new Sweeper(context, terminatedPodThreshold),

    async reconcile({ key, object: pod, client, now, memory: sweeper }) {
      const because = sweeper.take(key)
      if (because === undefined || pod === undefined) return
      if (because === 'orphaned' && (await client.find(Node, { name: pod.spec.nodeName! })) !== undefined)
        return
      const { namespace, name, uid } = pod.metadata
      try {
        if (!isPodTerminal(pod)) {
          // No kubelet will ever say how it ended, and others wait for a phase.
          const conditions = because === 'orphaned' ? [disruptionTarget(NODE_GONE, now)] : undefined
          await patchPodStatus(client, pod, { phase: 'Failed', conditions })
        }
        await client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    },
  })
}

type Because = 'terminated' | 'orphaned' | 'stuck'

/** Knows the few pods that a sweep has to look at, so that it never looks at all of them. */
class Sweeper {
  readonly #context: SetupContext<Pod>
  readonly #threshold: number
  readonly #terminated = new Set<string>()
  readonly #terminating = new Set<string>()
  /** Node -> since when pods name it although it is unknown; undefined until a sweep has noticed. */
  readonly #missing = new Map<string, number | undefined>()
  readonly #doomed = new Map<string, Because>()

  constructor(context: SetupContext<Pod>, threshold: number) {
    this.#context = context
    this.#threshold = threshold
    const nodes = context.informerFor(Node)
    context.informer.addHandlers({
      add: (pod) => this.#observe(pod),
      update: (pod, old) => {
        if (
          pod.status?.phase !== old.status?.phase ||
          pod.spec.nodeName !== old.spec.nodeName ||
          pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp
        )
          this.#observe(pod)
      },
      delete: (pod) => this.#forget(objectKey(pod.metadata)),
    })
    nodes.addHandlers({
      add: (node) => this.#missing.delete(node.metadata.name),
      delete: (node) => this.#missing.set(node.metadata.name, undefined),
    })
    context.process.clock.every(PERIOD_MS, () => this.#sweep())
  }

  /** Why the pod must go; asked once. */
  take(key: string): Because | undefined {
    const because = this.#doomed.get(key)
    this.#doomed.delete(key)
    return because
  }

  #observe(pod: Stored<Pod>): void {
    const key = objectKey(pod.metadata)
    if (isPodTerminal(pod)) this.#terminated.add(key)
    if (pod.metadata.deletionTimestamp !== undefined) this.#terminating.add(key)
    const node = pod.spec.nodeName
    if (node && this.#nodes().get(node) === undefined && !this.#missing.has(node))
      this.#missing.set(node, undefined)
  }

  #forget(key: string): void {
    this.#terminated.delete(key)
    this.#terminating.delete(key)
    this.#doomed.delete(key)
  }

  #sweep(): void {
    const terminated =
      this.#threshold > 0 && this.#terminated.size > this.#threshold ? this.#podsIn(this.#terminated) : []
    for (const pod of surplusTerminated(terminated, this.#threshold)) this.#doom(pod, 'terminated')
    for (const pod of this.#podsIn(this.#terminating)) {
      const stuck =
        isUnscheduledTerminating(pod) || isOutOfService(pod, this.#nodes().get(pod.spec.nodeName ?? ''))
      if (stuck) this.#doom(pod, 'stuck')
    }
    this.#sweepMissingNodes(this.#context.process.clock.now())
  }

  #sweepMissingNodes(now: number): void {
    for (const [name, since] of this.#missing) {
      const pods = [...this.#context.informer.lister.byIndex(BY_NODE, name)]
      if (this.#nodes().get(name) !== undefined || pods.length === 0) this.#missing.delete(name)
      else if (since === undefined) this.#missing.set(name, now)
      else if (now - since >= QUARANTINE_MS) for (const pod of pods) this.#doom(pod, 'orphaned')
    }
  }

  #doom(pod: Stored<Pod>, because: Because): void {
    const key = objectKey(pod.metadata)
    this.#doomed.set(key, because)
    this.#context.enqueue(key)
  }

  #podsIn(keys: ReadonlySet<string>): Stored<Pod>[] {
    const pods = [...keys].map((key) => this.#context.informer.lister.get(key))
    return pods.filter((it) => it !== undefined)
  }

  #nodes() {
    return this.#context.informerFor(Node).lister
  }
}
