/**
 * Which pods each Service selects, kept up to date event by event: a pod's change costs a look at the Services that
 * share a label with it, whatever else there is in its namespace.
 */
import type { Pod } from '../../api/core/pod.ts'
import { Pod as PodKind } from '../../api/core/pod.ts'
import type { Service } from '../../api/core/service.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import type { SetupContext } from '../runtime/controller.ts'
import { isPodReady, isPodTerminal } from './pod.ts'

type Labels = Readonly<Record<string, string>>

export class ServicePods {
  readonly #context: SetupContext<Service>
  /** Service -> keys of the pods that it selects. */
  readonly #members = new Map<string, Set<string>>()
  /** `namespace/label=value` of one label of its selector -> Services. */
  readonly #byLabel = new Map<string, Set<string>>()
  readonly #selectors = new Map<string, Labels>()

  constructor(context: SetupContext<Service>) {
    this.#context = context
    const pods = context.informerFor(PodKind)
    context.informer.addHandlers({
      add: (service) => this.#select(service),
      update: (service, old) => {
        if (service.spec.selector !== old.spec.selector) this.#select(service)
      },
      delete: (service) => this.#drop(objectKey(service.metadata)),
    })
    pods.addHandlers({
      add: (pod) => this.#place(pod, undefined),
      update: (pod, old) => {
        if (concernsEndpoints(pod, old)) this.#place(pod, old)
      },
      delete: (pod) => this.#remove(pod),
    })
  }

  /** The pods of a Service, sorted by name. */
  of(service: string): readonly Stored<Pod>[] {
    const lister = this.#context.informerFor(PodKind).lister
    return [...(this.#members.get(service) ?? [])]
      .sort()
      .map((key) => lister.get(key))
      .filter((it) => it !== undefined)
  }

  #select(service: Stored<Service>): void {
    const key = objectKey(service.metadata)
    this.#drop(key)
    const selector = service.spec.selector
    const namespace = service.metadata.namespace ?? ''
    const first = Object.entries(selector ?? {})[0]
    if (selector === undefined || first === undefined) return
    this.#selectors.set(key, selector)
    addTo(this.#byLabel, labelKey(namespace, first), key)
    for (const pod of this.#context.informerFor(PodKind).lister.list(namespace)) {
      if (selects(selector, pod.metadata.labels)) addTo(this.#members, key, objectKey(pod.metadata))
    }
  }

  #drop(key: string): void {
    this.#members.delete(key)
    const first = Object.entries(this.#selectors.get(key) ?? {})[0]
    this.#selectors.delete(key)
    if (first !== undefined) this.#byLabel.get(labelKey(key.slice(0, key.indexOf('/')), first))?.delete(key)
  }

  #place(pod: Stored<Pod>, old: Stored<Pod> | undefined): void {
    if (this.#byLabel.size === 0) return
    const podKey = objectKey(pod.metadata)
    if (old !== undefined && old.metadata.labels !== pod.metadata.labels) {
      for (const service of this.#servicesOf(old)) {
        this.#members.get(service)?.delete(podKey)
        this.#context.enqueue(service)
      }
    }
    for (const service of this.#servicesOf(pod)) {
      addTo(this.#members, service, podKey)
      this.#context.enqueue(service)
    }
  }

  #remove(pod: Stored<Pod>): void {
    for (const service of this.#servicesOf(pod)) {
      this.#members.get(service)?.delete(objectKey(pod.metadata))
      this.#context.enqueue(service)
    }
  }

  *#servicesOf(pod: Stored<Pod>): Iterable<string> {
    const { labels, namespace = '' } = pod.metadata
    if (labels === undefined) return
    for (const label of Object.entries(labels)) {
      for (const service of this.#byLabel.get(labelKey(namespace, label)) ?? NONE) {
        if (selects(this.#selectors.get(service)!, labels)) yield service
      }
    }
  }
}

const NONE: readonly never[] = []

/** Whether an endpoint made from the pod could look different now. */
function concernsEndpoints(pod: Stored<Pod>, old: Stored<Pod>): boolean {
  return (
    pod.metadata.labels !== old.metadata.labels ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    pod.spec.nodeName !== old.spec.nodeName ||
    pod.status?.podIP !== old.status?.podIP ||
    isPodReady(pod) !== isPodReady(old) ||
    isPodTerminal(pod) !== isPodTerminal(old)
  )
}

function selects(selector: Labels, labels: Labels | undefined): boolean {
  for (const key of Object.keys(selector)) if (labels?.[key] !== selector[key]) return false
  return true
}

function labelKey(namespace: string, [label, value]: readonly [string, string]): string {
  return `${namespace}/${label}=${value}`
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key)
  if (set === undefined) map.set(key, new Set([value]))
  else set.add(value)
}
