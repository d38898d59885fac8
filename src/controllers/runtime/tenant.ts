/**
 * A process as one of its controllers sees it. Handlers, timers and tasks to come end with the controller, so that
 * it can be restarted, or another take its place, while its process goes on.
 */
import type { KubeObject, Stored } from '../../api/kind.ts'
import type { UserInfo } from '../../api/request.ts'
import { ApiClient } from '../../client/api-client.ts'
import type { Client, KindRef } from '../../client/client.ts'
import type { RecorderOptions } from '../../client/event-recorder.ts'
import type { Informer, InformerFactory, InformerHandlers, InformerOptions } from '../../client/informer.ts'
import type { Clock, Process } from '../../client/process.ts'
import { Requests } from '../../client/requests.ts'
import type { Timer } from '../../kernel/event-loop.ts'

export class Tenant implements Process {
  readonly #process: Process
  readonly #release: (() => void)[] = []
  readonly clock: Clock
  readonly informers: InformerFactory
  readonly user: UserInfo
  readonly requests: Requests
  readonly client: Client
  #ended = false

  /** @param user  as whom it writes, when not as its process; what it reads are the process's shared caches */
  constructor(process: Process, user?: UserInfo) {
    this.#process = process
    const { clock } = process
    this.user = user ?? process.user
    this.requests = user === undefined ? process.requests : new Requests(user, process.name)
    this.client =
      user === undefined ? process.client : new ApiClient(this.requests, process.loop, process.transport)
    const guarded = (run: () => void) => () => {
      if (!this.#ended) run()
    }
    const kept = (timer: Timer) => {
      this.#release.push(() => timer.cancel())
      return timer
    }
    this.clock = {
      now: () => clock.now(),
      stamp: () => clock.stamp(),
      after: (delayMs, run, options) => clock.after(delayMs, guarded(run), options),
      every: (periodMs, run, options) => kept(clock.every(periodMs, run, options)),
      shared: (periodMs, run) => kept(clock.shared(periodMs, run)),
      sleep: (ms) => clock.sleep(ms),
    }
    this.informers = new TenantInformers(process.informers, guarded, (release) => this.#release.push(release))
  }

  /** Takes back all that the controller holds of the process. Calls under way finish. */
  end(): void {
    this.#ended = true
    for (const release of this.#release) release()
    this.#release.length = 0
  }

  get alive(): boolean {
    return !this.#ended && this.#process.alive
  }

  spawn(label: string, body: () => Promise<void>): void {
    if (!this.#ended) this.#process.spawn(label, body)
  }

  onStop(run: (how: 'stopped' | 'crashed') => void): void {
    this.#process.onStop((how) => {
      if (!this.#ended) run(how)
    })
  }

  exit(reason: string): void {
    this.#process.exit(reason)
  }

  recorder(component: string, options?: RecorderOptions) {
    return this.#process.recorder(component, options)
  }

  random(name: string) {
    return this.#process.random(name)
  }

  get name() {
    return this.#process.name
  }
  get incarnation() {
    return this.#process.incarnation
  }
  get scheme() {
    return this.#process.scheme
  }
  get transport() {
    return this.#process.transport
  }
  get journal() {
    return this.#process.journal
  }
  get loop() {
    return this.#process.loop
  }
}

type Guard = (run: () => void) => () => void
type Keep = (release: () => void) => void

class TenantInformers implements InformerFactory {
  readonly #informers: InformerFactory
  readonly #guard: Guard
  readonly #keep: Keep
  /** Of those without options, which are asked for again and again. */
  readonly #plain = new Map<KindRef, Informer<KubeObject>>()

  constructor(informers: InformerFactory, guard: Guard, keep: Keep) {
    this.#informers = informers
    this.#guard = guard
    this.#keep = keep
  }

  for<T extends KubeObject>(kind: KindRef<T>, options?: InformerOptions<Stored<T>>): Informer<T> {
    if (options !== undefined) return this.#view(kind, options)
    let plain = this.#plain.get(kind) as Informer<T> | undefined
    if (plain === undefined) {
      plain = this.#view(kind, undefined)
      this.#plain.set(kind, plain as unknown as Informer<KubeObject>)
    }
    return plain
  }

  whenSynced(run: () => void): void {
    this.#informers.whenSynced(this.#guard(run))
  }

  #view<T extends KubeObject>(
    kind: KindRef<T>,
    options: InformerOptions<Stored<T>> | undefined,
  ): Informer<T> {
    const informer = this.#informers.for(kind, options)
    return {
      kind: informer.kind,
      lister: informer.lister,
      addHandlers: (handlers: InformerHandlers<Stored<T>>) => {
        const remove = informer.addHandlers(handlers)
        this.#keep(remove)
        return remove
      },
      whenSynced: (run) => informer.whenSynced(this.#guard(run)),
      get synced() {
        return informer.synced
      },
      get resourceVersion() {
        return informer.resourceVersion
      },
    }
  }
}
