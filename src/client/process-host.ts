/** Starts processes and ends, pauses and restarts them: the only place where incarnations are made. */
import type { Transport, UserInfo, WatchHandle, WatchSink } from '../api/request.ts'
import type { Scheme } from '../api/scheme.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { Journal } from '../kernel/journal.ts'
import type { Random } from '../kernel/random.ts'
import { ApiClient } from './api-client.ts'
import { CorrelatingRecorder } from './correlating-recorder.ts'
import type { EventRecorder, RecorderOptions } from './event-recorder.ts'
import { Gate } from './gate.ts'
import { JournalRecorder } from './journal-recorder.ts'
import type { ReadObserver } from './object-cache.ts'
import type { Clock, Component, Process } from './process.ts'
import { ProcessClock } from './process-clock.ts'
import { Requests } from './requests.ts'
import { SeriesRecorder } from './series-recorder.ts'
import { SharedInformers } from './shared-informers.ts'
import type { SharedTimers } from './shared-timers.ts'

/** What all processes of a cluster share. */
export interface Environment {
  readonly loop: EventLoop
  readonly journal: Journal
  readonly scheme: Scheme
  readonly timers: SharedTimers
  /** False: recorders tell the journal only, and write no Events. Default true. */
  readonly recordEvents?: boolean
  /** A stream of its own for every name. */
  random(name: string): Random
}

export interface ProcessOptions {
  /** `kube-scheduler`, `kubelet/node-1`: the journal's actor and the user agent of its requests. */
  readonly name: string
  readonly user: UserInfo
  /** Usually a `Link`; it outlives the process's incarnations. */
  readonly transport: Transport
  readonly components: readonly Component[]
  readonly environment: Environment
  /** A process that exits by itself is started again after so long, as its node's kubelet does; absent: it stays down. */
  readonly restartDelayMs?: number
  /** Hears what components read from their caches; absent: costs nothing. */
  readonly onRead?: ReadObserver
  /** Hears that a component asked what time it is. */
  readonly onClock?: () => void
}

export type ProcessState = 'running' | 'paused' | 'crashed' | 'stopped'

/** Records that the process started and starts its components, in order, before it returns. */
export function startProcess(options: ProcessOptions): ProcessHandle {
  return new ProcessHandle(options)
}

/** A process from outside: what faults and the composition root hold on to across restarts. */
export class ProcessHandle {
  readonly name: string
  readonly transport: Transport
  readonly #options: ProcessOptions
  readonly #randoms = new Map<string, Random>()
  #state: ProcessState = 'running'
  #current: Incarnation
  #skewMs = 0

  constructor(options: ProcessOptions) {
    this.name = options.name
    this.transport = options.transport
    this.#options = options
    this.#current = this.#start(1)
  }

  get state(): ProcessState {
    return this.#state
  }

  /** The incarnation that runs, or ran last. */
  get current(): Process {
    return this.#current
  }

  get incarnation(): number {
    return this.#current.incarnation
  }

  /** Its memory is gone at once, in the middle of whatever it did; nothing of it runs again, no `finally` either. */
  crash(): void {
    this.#end('crashed', 'crashed')
  }

  /** Ends in an orderly way: components may still send what they must, but hear no answers. */
  stop(): void {
    this.#end('stopped', 'stopped')
  }

  /** A fresh incarnation; one that still runs crashes first. */
  restart(): void {
    this.crash()
    this.#state = 'running'
    this.#current = this.#start(this.#current.incarnation + 1)
  }

  /** Stops the world for this process: what arrives waits until it resumes. Requests under way stay under way. */
  pause(): void {
    if (this.#state !== 'running') return
    this.#state = 'paused'
    this.#record('paused')
    this.#current.gate.pause()
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.#record('resumed')
    this.#current.gate.resume()
  }

  /** A second process of the same components, as a second replica is. */
  twin(name: string, transport: Transport): ProcessHandle {
    return startProcess({ ...this.#options, name, transport })
  }

  /** Moves its clock; negative values back. Its timers are not affected, as with a monotonic clock. */
  jumpClock(byMs: number): void {
    this.#skewMs += byMs
    this.#record(`clock jumps by ${byMs} ms`)
  }

  #start(incarnation: number): Incarnation {
    const { environment, components } = this.#options
    const process = new Incarnation(
      this.#options,
      incarnation,
      () => this.#skewMs,
      (name) => this.#random(name),
      (reason) => this.#exit(reason),
    )
    this.#current = process
    const { loop } = environment
    const cause = this.#record(incarnation === 1 ? 'started' : 'restarted')
    loop.within(loop.causedBy(cause), () => {
      for (const component of components) component.start(process)
    })
    return process
  }

  #exit(reason: string): void {
    const { restartDelayMs, environment } = this.#options
    this.#end('crashed', `exits: ${reason}`)
    if (restartDelayMs === undefined) return
    const again = () => this.#state === 'crashed' && this.restart()
    environment.loop.after(restartDelayMs, again, { background: true, label: `${this.name} restarts` })
  }

  #end(how: 'crashed' | 'stopped', text: string): void {
    if (this.#state === 'crashed' || this.#state === 'stopped') return
    this.#state = how
    this.#record(text)
    this.#current.end(how)
  }

  #record(text: string): number {
    return this.#options.environment.journal.record('process', this.name, '', text)
  }

  #random(name: string): Random {
    let random = this.#randoms.get(name)
    if (random === undefined) {
      random = this.#options.environment.random(`${this.name}/${name}`)
      this.#randoms.set(name, random)
    }
    return random
  }
}

class Incarnation implements Process {
  readonly name: string
  readonly user: UserInfo
  readonly incarnation: number
  readonly scheme: Scheme
  readonly journal: Journal
  readonly loop: EventLoop
  readonly requests: Requests
  readonly transport: Transport
  readonly client: ApiClient
  readonly informers: SharedInformers
  readonly clock: Clock
  readonly gate: Gate
  readonly random: (name: string) => Random
  readonly exit: (reason: string) => void
  readonly #clock: ProcessClock
  readonly #recordEvents: boolean
  readonly #recorders = new Map<string, EventRecorder>()
  readonly #watches = new Set<WatchHandle>()
  readonly #stopListeners: ((how: 'stopped' | 'crashed') => void)[] = []

  constructor(
    options: ProcessOptions,
    incarnation: number,
    skewMs: () => number,
    random: (name: string) => Random,
    exit: (reason: string) => void,
  ) {
    const { loop, journal, scheme, timers, recordEvents = true } = options.environment
    this.#recordEvents = recordEvents
    this.name = options.name
    this.user = options.user
    this.incarnation = incarnation
    this.scheme = scheme
    this.journal = journal
    this.loop = loop
    this.random = random
    this.exit = exit
    this.gate = new Gate(loop, false)
    this.#clock = new ProcessClock(loop, this.gate, timers, skewMs, options.onClock)
    this.clock = this.#clock
    this.requests = new Requests(options.user, options.name)
    this.transport = this.#gated(options.transport)
    this.client = new ApiClient(this.requests, loop, this.transport)
    this.informers = new SharedInformers(this, options.onRead)
  }

  get alive(): boolean {
    return this.gate.alive
  }

  recorder(component: string, options: RecorderOptions = {}): EventRecorder {
    let recorder = this.#recorders.get(component)
    if (recorder === undefined) {
      recorder = this.#newRecorder(component, options)
      this.#recorders.set(component, recorder)
    }
    return recorder
  }

  #newRecorder(component: string, options: RecorderOptions): EventRecorder {
    if (!this.#recordEvents) return new JournalRecorder(this, component)
    if (options.api === 'events.k8s.io') return new SeriesRecorder(this, component, options)
    return new CorrelatingRecorder(this, component, options)
  }

  spawn(label: string, body: () => Promise<void>): void {
    if (this.gate.alive) this.loop.spawn(label, this.name, body)
  }

  onStop(run: (how: 'stopped' | 'crashed') => void): void {
    this.#stopListeners.push(run)
  }

  end(how: 'stopped' | 'crashed'): void {
    if (how === 'crashed') this.gate.close()
    for (const run of this.#stopListeners) run(how)
    this.gate.close()
    this.loop.abandon(this.name)
    this.#clock.cancelAll()
    for (const watch of [...this.#watches]) watch.stop()
  }

  #gated(transport: Transport): Transport {
    const gate = this.gate
    return {
      request: (request, done) => {
        if (!gate.alive) return
        if (done === undefined) transport.request(request)
        else transport.request(request, (response) => gate.enter(() => done(response)))
      },
      watch: (request, sink) => {
        if (!gate.alive) return { stop() {} }
        const gatedSink: WatchSink = {
          events: (batch) => gate.enter(() => stopped || sink.events(batch)),
          end: (error) => {
            this.#watches.delete(handle)
            gate.enter(() => stopped || sink.end(error))
          },
        }
        let stopped = false
        const remote = transport.watch(request, gatedSink)
        const handle: WatchHandle = {
          stop: () => {
            stopped = true
            this.#watches.delete(handle)
            remote.stop()
          },
        }
        this.#watches.add(handle)
        return handle
      },
    }
  }
}
