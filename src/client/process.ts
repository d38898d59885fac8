/**
 * A Process is the unit of identity, of shared informers, of crash, pause, partition and staleness: the
 * kube-controller-manager with all its controllers, the scheduler, each kubelet, each user's controller. Whatever
 * a component needs from the world it gets from its process; a crash takes everything that the process held in
 * memory along, and a restart runs the components' `start` again on a fresh incarnation.
 */
import type { Transport, UserInfo } from '../api/request.ts'
import type { Scheme } from '../api/scheme.ts'
import type { EventLoop, EventOptions, Timer } from '../kernel/event-loop.ts'
import type { Journal } from '../kernel/journal.ts'
import type { Random } from '../kernel/random.ts'
import type { Client } from './client.ts'
import type { EventRecorder, RecorderOptions } from './event-recorder.ts'
import type { InformerFactory } from './informer.ts'
import type { Requests } from './requests.ts'

/** Time as one process sees it: a fault may make its clock jump; its timers still fire by the loop. */
export interface Clock {
  /** Ms since the epoch on this process's clock. */
  now(): number
  /** The same for what is only told, such as the times of Events: nothing is decided by it. */
  stamp(): number
  /** Timers of a crashed process never fire; those of a paused one fire when it resumes. */
  after(delayMs: number, run: () => void, options?: EventOptions): Timer
  every(periodMs: number, run: () => void, options?: EventOptions): Timer
  /** A timer shared by all who ask for the same period: one event a period, whatever their number. */
  shared(periodMs: number, run: () => void): Timer
  sleep(ms: number): Promise<void>
}

/** What a component sees of its process, one object per incarnation (start to crash or stop). */
export interface Process {
  /** `kube-controller-manager`, `kubelet/node-1`, `site-controller`: the journal's actor. */
  readonly name: string
  readonly user: UserInfo
  /** 1 at the first start, +1 with every restart. */
  readonly incarnation: number
  readonly clock: Clock
  readonly scheme: Scheme
  readonly client: Client
  /** For hot paths that want no promise: `transport.request(requests.create(Pod, pod), (response) => ...)`. */
  readonly requests: Requests
  readonly transport: Transport
  /** One informer per kind (and selector), shared by all components of the process. */
  readonly informers: InformerFactory
  readonly journal: Journal
  readonly loop: EventLoop
  /** The stream `<process>/<name>`; the same after a restart, where it continues. */
  random(name: string): Random
  /** A recorder whose Events name `component` as their source; the same options every time it is asked for. */
  recorder(component: string, options?: RecorderOptions): EventRecorder
  /** Starts async work watched by the loop; abandoned when the process crashes. */
  spawn(label: string, body: () => Promise<void>): void
  /** Runs when this incarnation ends: `crashed` gets no chance to write anything. */
  onStop(run: (how: 'stopped' | 'crashed') => void): void
  /** Ends the whole process from within, as `os.Exit`: what a component does that must not go on. */
  exit(reason: string): void
  /** False from the moment of the crash or stop on. */
  readonly alive: boolean
}

/**
 * Something that runs in a process. `start` is called at every (re)start with a fresh incarnation; everything
 * it remembers between calls must live inside what `start` creates, so that a crash forgets it.
 */
export interface Component {
  readonly name: string
  start(process: Process): void
}
