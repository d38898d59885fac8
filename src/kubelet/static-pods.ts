/**
 * Pods from manifests in a folder of the node's disk (upstream: pkg/kubelet/config/file.go and pkg/kubelet/pod,
 * mirror_client.go). They run without the API server; a mirror pod there only shows them.
 */
import { parseAllDocuments } from 'yaml'
import { Pod } from '../api/core/pod.ts'
import type { Stored } from '../api/kind.ts'
import { formatTime } from '../api/time.ts'
import { hex64 } from '../kernel/hash.ts'
import { contentText } from './file-tree.ts'
import type { KubeletContext } from './kubelet-context.ts'
import type { PodWorker } from './pod-worker.ts'

const MIRROR = 'kubernetes.io/config.mirror'
const HASH = 'kubernetes.io/config.hash'

interface Handlers {
  add(pod: Stored<Pod>): void
  remove(pod: Stored<Pod>): void
}

export class StaticPods {
  readonly #context: KubeletContext
  readonly #folder: string
  readonly #handlers: Handlers
  /** By uid, which is the hash of the manifest. */
  readonly #pods = new Map<string, Stored<Pod>>()
  readonly #workers = new Map<string, PodWorker>()
  #stopWatching: (() => void) | undefined

  constructor(context: KubeletContext, folder: string, handlers: Handlers) {
    this.#context = context
    this.#folder = folder
    this.#handlers = handlers
  }

  start(): void {
    const { disk } = this.#context.machine
    this.#stopWatching = disk.onChange(() => this.#read())
    this.#read()
  }

  stop(): void {
    this.#stopWatching?.()
  }

  /** The worker that a mirror belongs to (undefined: no longer there), or `none` when the pod is no mirror. */
  ownerOfMirror(pod: Stored<Pod>): PodWorker | undefined | 'none' {
    const { annotations } = pod.metadata
    if (annotations === undefined || !Object.hasOwn(annotations, MIRROR)) return 'none'
    return this.#workers.get(annotations[MIRROR]!)
  }

  #read(): void {
    const folder = this.#context.machine.disk.find(this.#folder)
    const found = new Map<string, Stored<Pod>>()
    if (folder?.type === 'directory') {
      for (const name of [...folder.entries.keys()].sort()) {
        const node = folder.entries.get(name)!
        if (node.type !== 'file' || !/\.(ya?ml|json)$/.test(name)) continue
        const pod = this.#parse(contentText(node))
        if (pod !== undefined) found.set(pod.metadata.uid, pod)
      }
    }
    for (const [uid, pod] of this.#pods) {
      if (found.has(uid)) continue
      this.#pods.delete(uid)
      this.#workers.get(uid)?.mirror?.stop()
      this.#workers.delete(uid)
      this.#handlers.remove(pod)
    }
    for (const [uid, pod] of found) {
      if (this.#pods.has(uid)) continue
      this.#pods.set(uid, pod)
      this.#handlers.add(pod)
    }
  }

  #parse(text: string): Stored<Pod> | undefined {
    const documents = parseAllDocuments(text, { merge: false })
    const value = Array.isArray(documents)
      ? (documents[0]?.toJS({ maxAliasCount: 100 }) as Partial<Pod> | undefined)
      : undefined
    if (value?.kind !== 'Pod' || value.spec === undefined || value.metadata?.name === undefined)
      return undefined
    const { nodeName, clock } = this.#context
    const hash = hex64(`${nodeName}\n${text}`).slice(0, 32)
    const { metadata, spec } = value
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        name: `${metadata.name}-${nodeName}`,
        namespace: metadata.namespace || 'default',
        uid: hash,
        resourceVersion: '',
        creationTimestamp: formatTime(clock.now()),
        annotations: {
          ...metadata.annotations,
          [HASH]: hash,
          'kubernetes.io/config.seen': formatTime(clock.now()),
          'kubernetes.io/config.source': 'file',
        },
      },
      spec: {
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        ...spec,
        nodeName,
        tolerations: [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
      },
      status: { phase: 'Pending', qosClass: 'Burstable' },
    }
  }

  /** The worker of a static pod writes its status to a mirror, which comes back whenever somebody deletes it. */
  attach(worker: PodWorker): void {
    this.#workers.set(worker.pod.metadata.uid, worker)
    worker.mirror = new MirrorPod(this.#context, worker)
  }
}

/** Read from a folder of the node rather than from the API. */
export function isStaticSource(pod: Pod): boolean {
  const { annotations } = pod.metadata!
  return annotations?.['kubernetes.io/config.source'] === 'file' && !Object.hasOwn(annotations, MIRROR)
}

/** The shadow of one static pod in the API. */
export class MirrorPod {
  readonly #context: KubeletContext
  readonly #worker: PodWorker
  /** As the API has it. */
  object: Stored<Pod> | undefined
  #stopped = false
  #asking = false

  constructor(context: KubeletContext, worker: PodWorker) {
    this.#context = context
    this.#worker = worker
    this.create()
  }

  create(): void {
    if (this.#stopped || this.#asking) return
    this.#asking = true
    const { process, clock, alive } = this.#context
    const { metadata, spec } = this.#worker.pod
    const mirror: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: metadata.name,
        namespace: metadata.namespace,
        labels: metadata.labels,
        annotations: { ...metadata.annotations, [MIRROR]: metadata.annotations![HASH]! },
        ownerReferences: this.#owner(),
      },
      spec,
    }
    process.transport.request(process.requests.create(Pod, mirror), (response) => {
      this.#asking = false
      if (this.#stopped || !alive.call(this.#context)) return
      if (response.ok) {
        this.object = response.body as Stored<Pod>
        this.#worker.writer.write()
      } else clock.after(10_000, () => this.create(), { background: true, label: 'mirror pod' })
    })
  }

  /** The informer brought the mirror. */
  observed(object: Stored<Pod> | undefined): void {
    this.object = object
    if (object === undefined) this.create()
    else if (object.metadata.deletionTimestamp !== undefined) this.#delete(object)
  }

  /** The manifest is gone: so is the mirror. */
  stop(): void {
    this.#stopped = true
    if (this.object !== undefined) this.#delete(this.object)
  }

  #delete(object: Stored<Pod>): void {
    const { process } = this.#context
    const { namespace, name, uid } = object.metadata
    const options = { gracePeriodSeconds: 0, preconditions: { uid } }
    process.transport.request(process.requests.delete(Pod, { namespace, name }, options), () => {})
  }

  #owner() {
    const node = this.#context.node()
    if (node === undefined) return undefined
    return [
      { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid, controller: true },
    ]
  }
}
