/**
 * Runs a {@link Behaviour}: a program as data. Every change is computed ahead of time, so that a container that
 * serves for ever costs no timer, and one that leaks memory exactly one.
 */
import type { HttpRequest, HttpResponse, Listener, Peer } from '../../api/sockets.ts'
import type { ExecSession, ExecSink } from '../../api/streams.ts'
import type { Timer } from '../../kernel/event-loop.ts'
import type { ContainerRecord } from '../cri/records.ts'
import type { ExecResult } from '../cri/runtime.ts'
import { ANY_PORT } from '../network-namespace.ts'
import { accessLogLine } from './access-log.ts'
import type { ContainerHost, ContainerProcess } from './container-process.ts'
import type { Behaviour, ServedPort, Signal } from './program.ts'

const DEFAULT_MEMORY_BYTES = 16 * 1024 * 1024
const ANY: ServedPort = Object.freeze({ port: ANY_PORT })
const ANYWHERE: readonly ServedPort[] = Object.freeze([ANY])

/** What the machine lends to all its behaviours. */
export interface BehaviourHost extends ContainerHost {
  now(): number
  after(delayMs: number, run: () => void, label: string, background?: boolean): Timer
  /** A float in [0, 1). */
  random(): number
  /** Commands run beside the behaviour, in a shell over the container's files. */
  sideProcesses(container: ContainerRecord): Pick<ContainerProcess, 'exec' | 'execSync'> & { destroy(): void }
}

/** Ends that lie further ahead than this are not waited for by `settle`. */
const FOREGROUND_MS = 60_000
const FOREGROUND_WILL_END_MS = 3_600_000

/** One port that a behaviour serves. */
class ServedListener implements Listener {
  readonly process: BehaviourProcess
  readonly #served: ServedPort

  constructor(process: BehaviourProcess, served: ServedPort) {
    this.process = process
    this.#served = served
  }

  get port(): number {
    return this.#served.port
  }

  get protocol(): 'TCP' {
    return 'TCP'
  }

  get steady(): boolean {
    return true
  }

  http(request: HttpRequest, peer: Peer, done: (response: HttpResponse) => void): void {
    this.process.answer(this.#served, request, peer, done)
  }

  grpcHealth(): string {
    return (this.#served.status ?? 200) < 400 ? 'SERVING' : 'NOT_SERVING'
  }
}

/** It listens itself where nothing is said about ports: most pods then need no listener besides. */
export class BehaviourProcess implements ContainerProcess, Listener {
  readonly #host: BehaviourHost
  readonly #container: ContainerRecord
  readonly #behaviour: Omit<Behaviour, 'starts'>
  #timers: Timer[] | undefined
  #side: ReturnType<BehaviourHost['sideProcesses']> | undefined
  #attached: Set<ExecSink> | undefined
  #oom: Timer | undefined
  /** Millicore seconds spent on requests, and when that window began; undefined: with the container. */
  #spent = 0
  #windowStart: number | undefined
  #terminating = false

  /** A container that started before now goes on where it was: it belongs to a copy of its machine. */
  constructor(container: ContainerRecord, behaviour: Behaviour, host: BehaviourHost) {
    this.#host = host
    this.#container = container
    this.#behaviour = behaviourOfStart(behaviour, container.config.attempt)
    this.#begin(host.now() - container.startedAt)
  }

  signal(signal: Signal): void {
    if (signal !== 'SIGTERM' && signal !== 'SIGINT' && signal !== 'SIGQUIT') return
    const { onTerm } = this.#behaviour
    if (onTerm === 'ignore' || this.#terminating) return
    this.#terminating = true
    if (onTerm === undefined || onTerm.afterMs <= 0) this.#host.exit(this.#container, onTerm?.exitCode ?? 0)
    else
      this.#later(
        onTerm.afterMs,
        () => this.#host.exit(this.#container, onTerm.exitCode ?? 0),
        'shutdown',
        false,
      )
  }

  destroy(): void {
    for (const timer of this.#timers ?? []) timer.cancel()
    const { stack } = this.#container.sandbox
    for (const it of stack.listeners())
      if (it === this || (it instanceof ServedListener && it.process === this)) stack.remove(it)
    this.#oom?.cancel()
    this.#side?.destroy()
    for (const sink of this.#attached ?? []) sink.exit({ exitCode: this.#container.exitCode })
    this.#attached = undefined
  }

  usage(): { cpuMillis: number; memoryBytes: number; diskBytes: number } {
    const aliveMs = this.#host.now() - this.#container.startedAt
    const windowMs = Math.max(1000, this.#host.now() - (this.#windowStart ?? this.#container.startedAt))
    const { cpuLimit } = this.#container.resources
    const cpuMillis = (this.#behaviour.cpu?.millis ?? 1) + (this.#spent * 1000) / windowMs
    // The window slides in whole minutes, like the metrics that autoscalers read.
    if (windowMs > 60_000) {
      this.#spent /= 2
      this.#windowStart = this.#host.now() - windowMs / 2
    }
    return {
      // The kernel throttles what wants more.
      cpuMillis: Math.round(cpuLimit > 0 ? Math.min(cpuMillis, cpuLimit) : cpuMillis),
      memoryBytes: this.#memoryAt(aliveMs),
      diskBytes: Math.round(((this.#behaviour.diskBytesPerSecond ?? 0) * aliveMs) / 1000),
    }
  }

  limitsChanged(): void {
    this.#planOom()
  }

  exec(command: readonly string[], tty: boolean, stdin: boolean, sink: ExecSink): ExecSession {
    return this.#beside().exec(command, tty, stdin, sink)
  }

  execSync(
    command: readonly string[],
    timeoutMs: number,
    done: (result: (ExecResult & { readonly steady: boolean }) | 'timeout' | 'not found') => void,
  ): void {
    this.#beside().execSync(command, timeoutMs, done)
  }

  attach(sink: ExecSink): ExecSession {
    this.#attached ??= new Set()
    this.#attached.add(sink)
    return {
      stdin: () => {},
      endStdin: () => {},
      resize: () => {},
      close: () => this.#attached?.delete(sink),
    }
  }

  get port(): number {
    return ANY_PORT
  }

  get protocol(): 'TCP' {
    return 'TCP'
  }

  get steady(): boolean {
    return true
  }

  http(request: HttpRequest, peer: Peer, done: (response: HttpResponse) => void): void {
    this.answer(ANY, request, peer, done)
  }

  grpcHealth(): string {
    return 'SERVING'
  }

  #begin(aliveMs: number): void {
    const { runsForMs, output, serves = ANYWHERE } = this.#behaviour
    if (output !== undefined && aliveMs === 0) this.#host.output(this.#container, 'stdout', output)
    for (const served of serves) this.#serve(served)
    if (runsForMs !== undefined) {
      const ms =
        typeof runsForMs === 'number'
          ? runsForMs
          : runsForMs[0] + Math.floor(this.#host.random() * (runsForMs[1] - runsForMs[0] + 1))
      this.#later(
        Math.max(0, ms - aliveMs),
        () => this.#end(),
        `container ${this.#container.config.name} runs`,
      )
    }
    this.#planOom()
  }

  #end(): void {
    const { exitCode = 0, failureRate = 0, terminationMessage } = this.#behaviour
    const failed = failureRate > 0 && this.#host.random() < failureRate
    this.#host.exit(this.#container, failed ? 1 : exitCode, 0, undefined, terminationMessage)
  }

  #serve(served: ServedPort): void {
    const open = () => {
      const { stack } = this.#container.sandbox
      const listener = served === ANY ? this : new ServedListener(this, served)
      stack.add(listener)
      if (served.untilMs !== undefined) {
        const left = served.untilMs - (this.#host.now() - this.#container.startedAt)
        this.#later(left, () => stack.remove(listener), `port ${served.port} stops answering`)
      }
    }
    const waitMs = (served.afterMs ?? 0) - (this.#host.now() - this.#container.startedAt)
    if (waitMs > 0) {
      this.#later(waitMs, open, `container ${this.#container.config.name} gets ready`)
    } else open()
  }

  /** One request to a port that it serves. */
  answer(served: ServedPort, request: HttpRequest, peer: Peer, done: (response: HttpResponse) => void): void {
    const { status = 200, path } = served
    const found = path === undefined || request.path.split('?')[0] === path
    const { hostname } = this.#container.sandbox.config
    this.#spent += this.#behaviour.cpu?.perRequest ?? 0
    const response: HttpResponse = {
      status: found ? status : 404,
      headers: { 'content-type': served.contentType ?? 'text/plain; charset=utf-8' },
      body: found
        ? (served.body ?? '{hostname}\n').replace('{hostname}', hostname)
        : (served.missing ?? '404 page not found\n'),
    }
    if (this.#behaviour.accessLog === true) {
      const line = accessLogLine(this.#host.now(), request, peer, response)
      this.#host.output(this.#container, 'stdout', line)
    }
    if (served.latencyMs === undefined) done(response)
    else this.#later(served.latencyMs, () => done(response), 'request', false)
  }

  #memoryAt(aliveMs: number): number {
    const memory = this.#behaviour.memory
    if (memory === undefined) return DEFAULT_MEMORY_BYTES
    const grown = memory.startBytes + ((memory.bytesPerSecond ?? 0) * aliveMs) / 1000
    return Math.round(Math.min(grown, memory.maxBytes ?? Number.POSITIVE_INFINITY))
  }

  /** The kernel kills it the moment its memory reaches the limit. */
  #planOom(): void {
    this.#oom?.cancel()
    this.#oom = undefined
    const { memory } = this.#behaviour
    const limit = this.#container.resources.memoryLimit
    if (memory === undefined || limit === 0) return
    const { startBytes, bytesPerSecond = 0, maxBytes = Number.POSITIVE_INFINITY } = memory
    if (maxBytes <= limit || (bytesPerSecond <= 0 && startBytes <= limit)) return
    const aliveMs = this.#host.now() - this.#container.startedAt
    const atMs = startBytes > limit ? 0 : ((limit - startBytes) / bytesPerSecond) * 1000
    const delay = Math.max(0, Math.ceil(atMs - aliveMs))
    this.#oom = this.#plan(
      delay,
      () => this.#host.exit(this.#container, 137, 9, 'OOMKilled'),
      'memory reaches the limit',
    )
  }

  #beside() {
    return (this.#side ??= this.#host.sideProcesses(this.#container))
  }

  #later(ms: number, run: () => void, label: string, background?: boolean): void {
    const timer = this.#plan(ms, run, label, background)
    if (this.#timers === undefined) this.#timers = [timer]
    else this.#timers.push(timer)
  }

  #plan(ms: number, run: () => void, label: string, background?: boolean): Timer {
    const waited = this.#container.config.willEnd ? FOREGROUND_WILL_END_MS : FOREGROUND_MS
    return this.#host.after(ms, run, label, background ?? (ms > waited ? true : undefined))
  }
}

function behaviourOfStart(behaviour: Behaviour, attempt: number): Omit<Behaviour, 'starts'> {
  const { starts } = behaviour
  if (starts === undefined || starts.length === 0) return behaviour
  return starts[Math.min(attempt, starts.length - 1)]!
}
