/** Tells kubelets, by an annotation of their nodes, how long they may keep Secrets and ConfigMaps (ttl/ttl_controller.go). */
import { Node } from '../../api/core/node.ts'
import { defineController, type SetupContext } from '../runtime/controller.ts'

const TTL = 'node.alpha.kubernetes.io/ttl'

/** The ranges overlap, so that a cluster at an edge does not change its mind with every node. */
const STEPS: readonly { readonly min: number; readonly max: number; readonly seconds: number }[] = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Number.POSITIVE_INFINITY, seconds: 300 },
]

export const ttlController = defineController<Node, ClusterSize>({
  name: 'ttl-controller',
  component: 'ttl-controller',
  for: Node,
  concurrency: 5,
  // Nodes are looked at when they come, and when they report: none is written for all others at once.
  predicate: { delete: () => false },
  setup: (context) => new ClusterSize(context),

  async reconcile({ name, object: node, client, memory: size }) {
    const ttl = String(size.ttlSeconds)
    if (node === undefined || node.metadata.annotations?.[TTL] === ttl) return
    await client.patch(Node, { name }, { metadata: { annotations: { [TTL]: ttl } } })
  },
})

/** Counts nodes, and remembers on which step it is. */
export class ClusterSize {
  #nodes = 0
  #step = 0

  constructor({ informer }: Pick<SetupContext<Node>, 'informer'>) {
    informer.addHandlers({ add: () => this.count(1), delete: () => this.count(-1) })
  }

  get ttlSeconds(): number {
    return STEPS[this.#step]!.seconds
  }

  count(change: 1 | -1): void {
    this.#nodes += change
    if (this.#nodes > STEPS[this.#step]!.max) this.#step++
    else if (this.#nodes < STEPS[this.#step]!.min) this.#step--
  }
}
