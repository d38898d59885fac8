/**
 * The scheduler alone: real event loop, queue, cache, plugins and writes, against an API that does no more than it must
 * (a map of pods, and one delivery per write). What remains is the cost of scheduling.
 */
import type { Node } from '../src/api/core/node.ts'
import type { Pod } from '../src/api/core/pod.ts'
import { type KubeObject, objectKey, type Stored } from '../src/api/kind.ts'
import type { ApiRequest, ApiResponse } from '../src/api/request.ts'
import type { Informer, InformerFactory, InformerHandlers } from '../src/client/informer.ts'
import type { Process } from '../src/client/process.ts'
import { Requests } from '../src/client/requests.ts'
import { EventLoop } from '../src/kernel/event-loop.ts'
import { Journal } from '../src/kernel/journal.ts'
import { randomStream } from '../src/kernel/random.ts'
import { type SchedulerOptions, scheduler } from '../src/scheduler/scheduler.ts'

type Any = Stored<KubeObject>

class Watched {
  readonly objects = new Map<string, Any>()
  readonly handlers: InformerHandlers<Any>[] = []
}

export class SchedulerAlone {
  readonly loop = new EventLoop({ start: Date.UTC(2025, 0, 1) })
  bound = 0
  failed = 0
  preempted = 0
  readonly #kinds = new Map<string, Watched>()
  #version = 0

  constructor(options: SchedulerOptions = {}) {
    const user = { name: 'system:kube-scheduler', groups: [] }
    const process = {
      name: 'kube-scheduler',
      user,
      alive: true,
      loop: this.loop,
      journal: new Journal(this.loop, 'off'),
      requests: new Requests(user, 'kube-scheduler'),
      clock: {
        now: () => this.loop.now,
        after: this.loop.after.bind(this.loop),
        every: this.loop.every.bind(this.loop),
      },
      informers: this.#informers(),
      transport: { request: (request: ApiRequest, done: Done) => this.#answer(request, done) },
      random: (name: string) => randomStream(1, name),
      recorder: () => ({ event() {} }),
    }
    scheduler(options).start(process as unknown as Process)
  }

  add(kind: string, object: KubeObject): void {
    this.#version++
    const { metadata } = object
    const stamps = {
      uid: `uid-${this.#version}`,
      resourceVersion: String(this.#version),
      creationTimestamp: '',
    }
    const stored = { ...object, metadata: { ...metadata, ...stamps } } as Any
    const watched = this.#kind(kind)
    watched.objects.set(objectKey(stored.metadata), stored)
    for (const it of watched.handlers) it.add?.(stored)
  }

  pods(): Iterable<Stored<Pod>> {
    return this.#kind('Pod').objects.values() as Iterable<Stored<Pod>>
  }

  nodes(): Iterable<Stored<Node>> {
    return this.#kind('Node').objects.values() as Iterable<Stored<Node>>
  }

  /** Until there is nothing left to do now. */
  settle(): Promise<void> {
    return this.loop.settle()
  }

  #kind(kind: string): Watched {
    let watched = this.#kinds.get(kind)
    if (watched === undefined) this.#kinds.set(kind, (watched = new Watched()))
    return watched
  }

  #informers(): InformerFactory {
    return {
      for: (kind: { readonly kind: string }) => {
        const watched = this.#kind(kind.kind)
        return {
          synced: true,
          whenSynced: (run: () => void) => run(),
          addHandlers: (handlers: InformerHandlers<Any>) => watched.handlers.push(handlers),
          lister: {
            get: (key: string) => watched.objects.get(key),
            list: () => [...watched.objects.values()],
            byIndex: () => [...watched.objects.values()],
          },
        } as unknown as Informer<KubeObject>
      },
      whenSynced: (run: () => void) => run(),
    } as InformerFactory
  }

  #answer(request: ApiRequest, done: Done): void {
    this.loop.after(0, () => {
      const pods = this.#kind('Pod')
      const key = `${request.namespace}/${request.name}`
      const old = pods.objects.get(key) as Stored<Pod> | undefined
      if (request.resource !== 'pods' || old === undefined) {
        done({ ok: true, code: 200, body: undefined })
        return
      }
      this.#version++
      const metadata = { ...old.metadata, resourceVersion: String(this.#version) }
      if (request.subresource === 'binding') {
        this.bound++
        const { target } = request.body as { target: { name: string } }
        this.#update(pods, key, old, { ...old, metadata, spec: { ...old.spec, nodeName: target.name } })
      } else if (request.verb === 'delete') {
        this.preempted++
        pods.objects.delete(key)
        for (const it of pods.handlers) it.delete?.(old, false)
      } else {
        this.failed++
        const { status } = request.body as { status: Pod['status'] }
        this.#update(pods, key, old, { ...old, metadata, status: { ...old.status, ...status } })
      }
      done({ ok: true, code: 200, body: undefined })
    })
  }

  #update(watched: Watched, key: string, old: Any, object: Stored<Pod>): void {
    watched.objects.set(key, object)
    for (const it of watched.handlers) it.update?.(object, old)
  }
}

type Done = (response: ApiResponse) => void
