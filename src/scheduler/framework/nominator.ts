/**
 * Pods that preemption promised a node. While they wait for their victims to go, others of lower priority must not
 * take the room (backend/queue/nominator.go).
 */
import type { ClusterCache } from '../cache/cluster-cache.ts'
import type { PodInfo } from '../cache/node-info.ts'

const NOBODY: readonly PodInfo[] = Object.freeze([])

export class Nominator {
  readonly #cache: ClusterCache
  readonly #nodeOf = new Map<string, string>()
  readonly #podsOn = new Map<string, PodInfo[]>()

  constructor(cache: ClusterCache) {
    this.#cache = cache
  }

  /** Pods with a nomination. */
  get count(): number {
    return this.#nodeOf.size
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid)
  }

  on(nodeName: string): readonly PodInfo[] {
    return this.#podsOn.get(nodeName) ?? NOBODY
  }

  /** Others that were promised the node and that `pod` may not push aside. */
  rivals(pod: PodInfo, slot: number): readonly PodInfo[] {
    const name = this.#cache.at(slot)?.name
    const all = name === undefined ? undefined : this.#podsOn.get(name)
    if (all === undefined) return NOBODY
    return all.filter((it) => it.class.priority >= pod.class.priority && it.uid !== pod.uid)
  }

  add(pod: PodInfo, nodeName: string): void {
    if (this.#nodeOf.get(pod.uid) === nodeName) return
    this.remove(pod.uid)
    this.#nodeOf.set(pod.uid, nodeName)
    const pods = this.#podsOn.get(nodeName)
    if (pods === undefined) this.#podsOn.set(nodeName, [pod])
    else pods.push(pod)
    this.#cache.touch(nodeName)
  }

  remove(uid: string): void {
    const nodeName = this.#nodeOf.get(uid)
    if (nodeName === undefined) return
    this.#nodeOf.delete(uid)
    const pods = this.#podsOn.get(nodeName)!.filter((it) => it.uid !== uid)
    if (pods.length === 0) this.#podsOn.delete(nodeName)
    else this.#podsOn.set(nodeName, pods)
    this.#cache.touch(nodeName)
  }
}
