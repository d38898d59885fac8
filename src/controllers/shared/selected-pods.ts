/** The pods that the selector of each object of a kind selects, kept up to date event by event. */
import { Pod } from '../../api/core/pod.ts'
import { type KubeObject, objectKey, type Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import { BY_NAMESPACE } from '../../client/informer.ts'
import type { SetupContext } from '../runtime/controller.ts'

/** A pod's event costs a look at each object of the kind in its namespace: meant for kinds of which there are few. */
export class SelectedPods<T extends KubeObject> {
  readonly #context: SetupContext<T>
  readonly #selectorOf: (object: Stored<T>) => LabelSelector | undefined
  readonly #members = new Map<string, Set<string>>()

  /** @param matters whether a change of a pod is a reason to look at its objects again */
  constructor(
    context: SetupContext<T>,
    selectorOf: (object: Stored<T>) => LabelSelector | undefined,
    matters: (pod: Stored<Pod>, old: Stored<Pod>) => boolean,
  ) {
    this.#context = context
    this.#selectorOf = selectorOf
    context.informer.addHandlers({
      add: (object) => this.#select(object),
      update: (object, old) => {
        if (selectorOf(object) !== selectorOf(old)) this.#select(object)
      },
      delete: (object) => this.#members.delete(objectKey(object.metadata)),
    })
    context.informerFor(Pod).addHandlers({
      add: (pod) => this.#place(pod, true),
      update: (pod, old) => {
        if (pod.metadata.labels !== old.metadata.labels) this.#place(old, false)
        else if (!matters(pod, old)) return
        this.#place(pod, true)
      },
      delete: (pod) => this.#place(pod, false),
    })
  }

  /** Sorted by name. */
  of(key: string): readonly Stored<Pod>[] {
    const { lister } = this.#context.informerFor(Pod)
    return [...(this.#members.get(key) ?? [])]
      .sort()
      .map((pod) => lister.get(pod))
      .filter((it) => it !== undefined)
  }

  #select(object: Stored<T>): void {
    const selector = compileSelector(this.#selectorOf(object))
    const members = new Set<string>()
    for (const pod of this.#context.informerFor(Pod).lister.list(object.metadata.namespace)) {
      if (selector.matches(pod.metadata.labels)) members.add(objectKey(pod.metadata))
    }
    this.#members.set(objectKey(object.metadata), members)
  }

  #place(pod: Stored<Pod>, there: boolean): void {
    if (this.#members.size === 0) return
    const podKey = objectKey(pod.metadata)
    for (const object of this.#context.informer.lister.byIndex(BY_NAMESPACE, pod.metadata.namespace ?? '')) {
      if (!compileSelector(this.#selectorOf(object)).matches(pod.metadata.labels)) continue
      const key = objectKey(object.metadata)
      if (there) this.#members.get(key)?.add(podKey)
      else this.#members.get(key)?.delete(podKey)
      this.#context.enqueue(key)
    }
  }
}

export const namespaceIndex = {
  [BY_NAMESPACE]: (object: KubeObject): readonly string[] => [object.metadata?.namespace ?? ''],
}
