/** Prefers nodes that have the pod's images, weighed by size and by how widespread they are. */
import type { ClusterCache, ImageState } from '../cache/cluster-cache.ts'
import type { PodClass } from '../cache/pod-class.ts'
import { MAX_NODE_SCORE, type PluginFactory, type Tracker } from '../framework/plugin.ts'

const MIB = 1024 * 1024
/** Below this sum an image is not worth looking for; above the other, per container, more makes no difference. */
const MIN_SUM = 23 * MIB
const MAX_SUM_PER_CONTAINER = 1000 * MIB

export const imageLocality: PluginFactory = (_args, { cache }) => ({
  name: 'ImageLocality',
  tracks: ['score'],
  track: (pod) => (pod.images.length === 0 ? undefined : new ImageScores(pod, cache)),
})

/** @param sums bytes of the pod's images on the node, each times its share of nodes */
export function imageScore(sum: number, containers: number): number {
  const most = MAX_SUM_PER_CONTAINER * containers
  const clamped = Math.min(Math.max(sum, MIN_SUM), most)
  return Math.trunc((MAX_NODE_SCORE * (clamped - MIN_SUM)) / (most - MIN_SUM))
}

class ImageScores implements Tracker {
  readonly filters = false
  readonly scores = true
  readonly #cache: ClusterCache
  readonly #pod: PodClass
  /** Absent while no node has any of the images. */
  #score: Uint8Array | undefined
  #images: readonly ImageState[] = []
  #version = -1
  #nodesVersion = -1
  #any = false

  constructor(pod: PodClass, cache: ClusterCache) {
    this.#pod = pod
    this.#cache = cache
  }

  update(): void {}

  filter(): undefined {
    return undefined
  }

  /** Scores change only when an image comes to or leaves a node, or a node comes or goes. */
  prepare(): boolean {
    if (this.#images.length < this.#pod.images.length) this.#images = this.#known()
    let version = this.#images.length
    for (const image of this.#images) version += image.version
    if (version !== this.#version || this.#nodesVersion !== this.#cache.nodesVersion) {
      this.#version = version
      this.#nodesVersion = this.#cache.nodesVersion
      this.#compute()
    }
    return this.#any
  }

  score(slot: number): number {
    return this.#score?.[slot] ?? 0
  }

  normalize(): void {}

  dispose(): void {}

  #known(): ImageState[] {
    return this.#pod.images.flatMap((name) => this.#cache.images.get(name) ?? [])
  }

  #compute(): void {
    const nodes = this.#cache.nodes().length
    const sums = new Map<number, number>()
    for (const { nodes: having } of this.#images)
      for (const [slot, size] of having)
        sums.set(slot, (sums.get(slot) ?? 0) + Math.trunc(size * (having.size / nodes)))
    this.#any = false
    if (sums.size === 0) {
      this.#score = undefined
      return
    }
    const scores = (this.#score ??= new Uint8Array(this.#cache.rows))
    scores.fill(0)
    for (const [slot, sum] of sums) {
      const score = imageScore(sum, this.#pod.images.length)
      scores[slot] = score
      if (score !== 0) this.#any = true
    }
  }
}
