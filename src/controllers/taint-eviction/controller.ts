/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer. */
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { nodeIndex } from '../../client/indexes.ts'
import { BY_NODE } from '../../client/informer.ts'
import type { Timer } from '../../kernel/event-loop.ts'
import { defineController, type SetupContext } from '../runtime/controller.ts'
import { disruptionTarget, patchPodStatus } from '../shared/disruption-target.ts'
import { evictAfterMs, noExecuteTaints } from './timing.ts'

const BY_NODE_INFORMER = { indexes: nodeIndex }

export const taintEvictionController = defineController<Pod, Evictions>({
  name: 'taint-eviction-controller',
  component: 'taint-eviction-controller',
  for: Pod,
  forInformer: BY_NODE_INFORMER,
  // A pod is queued by its timer alone.
  predicate: { create: () => false, update: () => false, delete: () => false },
  concurrency: 8,
  setup: (context) => new Evictions(context),

  async reconcile({ key, object: pod, client, recorder, now, memory: evictions }) {
    if (!evictions.isDue(key)) return
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return evictions.forget(key)
    recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`)
    const { namespace, name, uid } = pod.metadata
    const condition = disruptionTarget(
      { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' },
      now,
    )
    try {
      await patchPodStatus(client, pod, { conditions: [condition] })
      await client.delete(Pod, { namespace, name }, { preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    evictions.forget(key)
  },
})

/** The timers. One that runs is never moved: it ends by its time, or because nothing asks for it any more. */
class Evictions {
  readonly #context: SetupContext<Pod>
  readonly #timers = new Map<string, Timer>()
  readonly #due = new Set<string>()

  constructor(context: SetupContext<Pod>) {
    this.#context = context
    const nodes = context.informerFor(Node)
    context.informer.addHandlers({
      add: (pod) => this.#lookAt(pod),
      update: (pod, old) => {
        const moved = pod.spec.nodeName !== old.spec.nodeName || pod.spec.tolerations !== old.spec.tolerations
        if (moved) this.#lookAt(pod)
      },
      delete: (pod) => this.#cancel(pod),
    })
    nodes.addHandlers({
      add: (node) => this.#lookAtNode(node),
      update: (node, old) => {
        if (node.spec.taints !== old.spec.taints) this.#lookAtNode(node)
      },
    })
  }

  isDue(key: string): boolean {
    return this.#due.has(key)
  }

  forget(key: string): void {
    this.#due.delete(key)
  }

  #lookAtNode(node: Stored<Node>): void {
    const pods = [...this.#context.informer.lister.byIndex(BY_NODE, node.metadata.name)]
    for (const pod of pods.sort(byName)) this.#lookAt(pod, node)
  }

  #lookAt(pod: Stored<Pod>, node = this.#nodeOf(pod)): void {
    const taints = noExecuteTaints(node)
    if (taints.length === 0 && this.#timers.size === 0) return
    const delayMs = evictAfterMs(taints, pod.spec.tolerations)
    const key = objectKey(pod.metadata)
    if (delayMs === undefined) this.#cancel(pod)
    else if (delayMs > 0) {
      if (!this.#timers.has(key) && !this.#due.has(key)) this.#start(key, delayMs)
    } else {
      this.#cancel(pod)
      this.#ripe(key)
    }
  }

  #nodeOf(pod: Pod): Stored<Node> | undefined {
    const name = pod.spec.nodeName
    return name ? this.#context.informerFor(Node).lister.get(name) : undefined
  }

  #start(key: string, delayMs: number): void {
    const run = () => {
      this.#timers.delete(key)
      this.#ripe(key)
    }
    const label = `eviction of Pod ${key}`
    this.#timers.set(key, this.#context.process.clock.after(delayMs, run, { background: true, label }))
  }

  #ripe(key: string): void {
    this.#due.add(key)
    this.#context.enqueue(key)
  }

  #cancel(pod: Stored<Pod>): void {
    const key = objectKey(pod.metadata)
    this.#due.delete(key)
    const timer = this.#timers.get(key)
    if (timer === undefined) return
    timer.cancel()
    this.#timers.delete(key)
    this.#context.recorder.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`)
  }
}

function byName(a: Stored<Pod>, b: Stored<Pod>): number {
  const keyA = objectKey(a.metadata)
  const keyB = objectKey(b.metadata)
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0
}
