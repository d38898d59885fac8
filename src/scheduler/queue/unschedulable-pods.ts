/**
 * Pods that fit nowhere, filed under the plugins that rejected them and by class: an event is put to one pod of each
 * class, of those plugins only that care about it.
 */
import type { PodClass } from '../cache/pod-class.ts'
import type { QueuedPod } from './queued-pod.ts'

/** Pods that no plugin rejected: any event wakes them. */
const NO_PLUGIN = ''

export class UnschedulablePods {
  readonly #pods = new Map<string, QueuedPod>()
  /** `schedulerName plugin` -> class -> pods. */
  readonly #files = new Map<
    string,
    { readonly plugin: string; readonly classes: Map<PodClass, Set<QueuedPod>> }
  >()

  get size(): number {
    return this.#pods.size
  }

  get(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid)
  }

  values(): Iterable<QueuedPod> {
    return this.#pods.values()
  }

  add(pod: QueuedPod): void {
    this.#pods.set(pod.info.uid, pod)
    // Gated pods are woken by name, never by events.
    if (pod.gated) return
    for (const plugin of pluginsOf(pod)) {
      const key = fileKey(pod, plugin)
      let file = this.#files.get(key)
      if (file === undefined) this.#files.set(key, (file = { plugin, classes: new Map() }))
      const pods = file.classes.get(pod.info.class)
      if (pods === undefined) file.classes.set(pod.info.class, new Set([pod]))
      else pods.add(pod)
    }
  }

  remove(pod: QueuedPod): void {
    if (!this.#pods.delete(pod.info.uid) || pod.gated) return
    for (const plugin of pluginsOf(pod)) {
      const key = fileKey(pod, plugin)
      const file = this.#files.get(key)
      const pods = file?.classes.get(pod.info.class)
      if (file === undefined || pods === undefined) continue
      pods.delete(pod)
      if (pods.size === 0) file.classes.delete(pod.info.class)
      if (file.classes.size === 0) this.#files.delete(key)
    }
  }

  /** Pods for which `helps` says yes, asked once per plugin and class; '' stands for no plugin. */
  select(
    helps: (plugin: string, pod: QueuedPod) => boolean,
    cares: (plugin: string, pod: QueuedPod) => boolean,
  ): QueuedPod[] {
    const selected = new Set<QueuedPod>()
    for (const { plugin, classes } of this.#files.values()) {
      let first = true
      for (const pods of classes.values()) {
        const one: QueuedPod = pods.values().next().value!
        if (first && plugin !== NO_PLUGIN && !cares(plugin, one)) break
        first = false
        if (plugin === NO_PLUGIN || helps(plugin, one)) for (const pod of pods) selected.add(pod)
      }
    }
    return [...selected]
  }
}

function pluginsOf({ unschedulablePlugins, pendingPlugins }: QueuedPod): readonly string[] {
  if (unschedulablePlugins.size + pendingPlugins.size === 0) return [NO_PLUGIN]
  return [...new Set([...unschedulablePlugins, ...pendingPlugins])]
}

function fileKey(pod: QueuedPod, plugin: string): string {
  return `${pod.info.class.spec.schedulerName ?? ''} ${plugin}`
}
