/**
 * The processes of one container: the main one, when it is a {@link Program}, and those that exec and probes run
 * beside it. Each runs as a task of the event loop and awaits nothing but what the loop resolves.
 */
import type { DnsRecord, HttpOutcome, HttpRequest, PodNetwork } from '../../api/sockets.ts'
import type { ConnectionSink, ExecSession, ExecSink } from '../../api/streams.ts'
import type { EventLoop, Timer } from '../../kernel/event-loop.ts'
import type { Random } from '../../kernel/random.ts'
import type { Task } from '../../kernel/task.ts'
import type { ImageSpec } from '../cri/image-catalog.ts'
import type { ContainerRecord } from '../cri/records.ts'
import type { ExecResult } from '../cri/runtime.ts'
import { decodeText } from '../file-tree.ts'
import { ANY_PORT } from '../network-namespace.ts'
import type { ContainerHost, ContainerProcess } from './container-process.ts'
import { requestLocally } from './local-request.ts'
import { Pipe } from './pipe.ts'
import type {
  ChildIo,
  ChildProcess,
  ProcessContext,
  ProcessNetwork,
  Program,
  ProgramTable,
  Signal,
} from './program.ts'
import { resolvePath, type Vfs } from './vfs.ts'

/** What the machine lends to the processes of a container. */
export interface ProcessesHost {
  readonly loop: EventLoop
  readonly random: Random
  readonly network: PodNetwork | undefined
  readonly programs: ProgramTable
  after(delayMs: number, run: () => void, label: string, background?: boolean): Timer
  /** The container's own root: the image's files and what was written since. */
  rootOf(container: ContainerRecord): Vfs
  /** Environment: the image's, then the container's. */
  envOf(container: ContainerRecord): Map<string, string>
}

/** What a process descends from: pid 1, a probe or hook, or what somebody runs with exec. */
type Origin = 'main' | 'probe' | 'exec'

/** Where programs are: the folders of $PATH, and the root, where small images have theirs. */
const IN_PATH = /^(?:\/|\/(?:usr\/)?(?:local\/)?s?bin\/)?[^/]*$/

/** What may be meant as a command: no path of a script, which would be there. */
const COMMAND = /^(?:[\w.+-]+|\/[\w.+/-]+)$/

/** What an image has under a name. */
export function commandOf(spec: ImageSpec, name: string, programs: ProgramTable): Program | undefined {
  if (spec.bare === true && name !== spec.program) return undefined
  if (spec.commands !== undefined && Object.hasOwn(spec.commands, name)) return spec.commands[name]
  return programs.get(name)
}

/** Whether there is nothing in the image but what the tables say. */
function isClosed({ bare, strictCommands, commands }: ImageSpec, name: string): boolean {
  return bare === true || strictCommands === true || (commands !== undefined && Object.hasOwn(commands, name))
}

const DONE_AT_ONCE: Program = { name: 'unknown', start: async () => 0 }

const SERVER: Program = {
  name: 'unknown',
  start(context) {
    context.onSignal('SIGTERM', () => context.exit(0))
    context.net.listen({
      port: ANY_PORT,
      steady: true,
      http: (_request, _peer, done) =>
        done({
          status: 200,
          headers: { 'content-type': 'text/plain; charset=utf-8' },
          body: `${context.hostname}\n`,
        }),
    })
    return undefined
  },
}

interface Running {
  readonly pid: number
  readonly argv: readonly string[]
  readonly task: Task | undefined
  readonly handlers: Map<Signal, () => void>
  readonly exit: (code: number) => void
  readonly timers: Set<Timer>
  killedBy?: Signal
  done: boolean
}

export const SIGNAL_NUMBERS: Readonly<Record<Signal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGWINCH: 28,
  SIGALRM: 14,
  SIGPIPE: 13,
  SIGCONT: 18,
  SIGSTOP: 19,
}
const IGNORED_BY_DEFAULT: ReadonlySet<Signal> = new Set(['SIGCHLD', 'SIGWINCH', 'SIGCONT', 'SIGSTOP'])

/** A sleeping program holds `settle` up for at most this long after its start, unless ending is its purpose. */
const FOREGROUND_MS = 60_000
const FOREGROUND_WILL_END_MS = 3_600_000

export class Processes implements ContainerProcess {
  readonly #host: ProcessesHost
  readonly #container: ContainerRecord
  readonly #output: ContainerHost
  readonly #running = new Map<number, Running>()
  readonly #startedAt: number
  readonly #vfs: Vfs
  readonly #imageBytes: number
  #nextPid = 1
  #memoryBytes = 4 * 1024 * 1024
  #cpuMillis = 1
  #spent = 0
  #windowStart: number
  #main: { stdin: Pipe; attached: Set<ExecSink> } | undefined
  #closers: (() => void)[] = []
  #dead = false

  constructor(container: ContainerRecord, host: ProcessesHost, output: ContainerHost) {
    this.#container = container
    this.#host = host
    this.#output = output
    this.#startedAt = host.loop.now
    this.#windowStart = host.loop.now
    this.#vfs = host.rootOf(container)
    this.#imageBytes = this.#vfs.ownBytes()
  }

  /** The program that argv names, looked up as execvp would; undefined: not found. */
  find(argv: readonly string[], origin: Origin = 'exec'): Program | undefined {
    const path = argv[0] ?? ''
    const name = path.slice(path.lastIndexOf('/') + 1)
    const { spec } = this.#container.image
    const found = IN_PATH.test(path) ? commandOf(spec, name, this.#host.programs) : undefined
    if (found === undefined && isClosed(spec, name)) return undefined
    // Somebody who asks is told the truth; what an image of which little is known runs by itself works.
    if (found !== undefined || origin === 'exec' || !COMMAND.test(path)) return found
    return origin === 'probe' || this.#container.config.willEnd ? DONE_AT_ONCE : SERVER
  }

  /** Starts pid 1. */
  startMain(program: Program, argv: readonly string[]): void {
    const { loop } = this.#host
    const { config } = this.#container
    const attached = new Set<ExecSink>()
    const stdin = config.stdin ? new Pipe(loop) : Pipe.empty(loop)
    this.#main = { stdin, attached }
    const to = (stream: 'stdout' | 'stderr') =>
      new Pipe(loop, (chunk) => {
        this.#output.output(this.#container, stream, decodeText(chunk))
        for (const sink of attached) sink[stream](chunk)
      })
    const io: ChildIo = {
      stdin,
      stdout: to('stdout'),
      stderr: to('stderr'),
      env: this.#host.envOf(this.#container),
      cwd: config.workingDir || '/',
    }
    this.#whenFilesReady(() => {
      if (this.#dead) return
      this.#start('main', program, argv, io, config.tty, (code) => {
        const message = this.#terminationMessage()
        this.#output.exit(
          this.#container,
          code,
          code > 128 && code < 160 ? code - 128 : 0,
          undefined,
          message,
        )
      })
    })
  }

  signal(signal: Signal): void {
    const main = this.#running.get(1)
    if (main !== undefined) this.#deliver(main, signal)
  }

  destroy(): void {
    if (this.#dead) return
    this.#dead = true
    for (const running of this.#running.values()) {
      running.done = true
      running.task?.finish()
      for (const timer of running.timers) timer.cancel()
    }
    this.#running.clear()
    for (const close of this.#closers.splice(0)) close()
    const status = { exitCode: this.#container.exitCode }
    for (const sink of this.#main?.attached ?? []) sink.exit(status)
    for (const end of this.#sessions.splice(0)) end(137)
  }

  usage(): { cpuMillis: number; memoryBytes: number; diskBytes: number } {
    const windowMs = Math.max(1000, this.#host.loop.now - this.#windowStart)
    const { cpuLimit } = this.#container.resources
    const wanted = Math.round(this.#cpuMillis + (this.#spent * 1000) / windowMs)
    // The kernel throttles what wants more.
    const cpuMillis = cpuLimit > 0 ? Math.min(wanted, cpuLimit) : wanted
    if (windowMs > 60_000) {
      this.#spent /= 2
      this.#windowStart = this.#host.loop.now - windowMs / 2
    }
    // The image's own files are counted with the image.
    const diskBytes = Math.max(0, this.#vfs.ownBytes() - this.#imageBytes)
    return { cpuMillis, memoryBytes: this.#memoryBytes, diskBytes }
  }

  limitsChanged(): void {
    this.#checkMemory()
  }

  readonly #sessions: ((code: number) => void)[] = []

  exec(command: readonly string[], tty: boolean, wantsStdin: boolean, sink: ExecSink): ExecSession {
    const { loop } = this.#host
    const stdin = wantsStdin ? new Pipe(loop) : Pipe.empty(loop)
    let over = false
    const end = (code: number, error?: string) => {
      if (over) return
      over = true
      const at = this.#sessions.indexOf(end)
      if (at >= 0) this.#sessions.splice(at, 1)
      sink.exit({ exitCode: code, error })
    }
    const program = this.find(command)
    let running: Running | undefined
    const window = { columns: 80, rows: 24 }
    if (program === undefined) {
      const text = `failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "${command[0] ?? ''}": executable file not found in $PATH: unknown`
      this.#host.after(0, () => end(126, text), 'exec')
    } else {
      this.#sessions.push(end)
      const io: ChildIo = {
        stdin,
        stdout: new Pipe(loop, (chunk) => !over && sink.stdout(tty ? toTerminal(chunk) : chunk)),
        // A terminal has one output.
        stderr: new Pipe(
          loop,
          (chunk) => !over && (tty ? sink.stdout(toTerminal(chunk)) : sink.stderr(chunk)),
        ),
        env: this.#host.envOf(this.#container),
        cwd: this.#container.config.workingDir || '/',
      }
      if (tty) io.env.set('TERM', 'xterm')
      this.#whenFilesReady(() => {
        if (!over && !this.#dead) running = this.#start('exec', program, command, io, tty, end, window)
      })
    }
    return {
      stdin: (chunk) => {
        // Ctrl-C and Ctrl-D as a terminal's line discipline takes them.
        if (tty && chunk.length === 1 && chunk[0] === 3 && running !== undefined)
          this.#deliver(running, 'SIGINT')
        else if (tty && chunk.length === 1 && chunk[0] === 4) stdin.end()
        else stdin.write(chunk)
      },
      endStdin: () => stdin.end(),
      resize: (columns, rows) => {
        window.columns = columns
        window.rows = rows
        if (running !== undefined) this.#deliver(running, 'SIGWINCH')
      },
      close: () => {
        over = true
        if (running !== undefined && !running.done) this.#deliver(running, 'SIGHUP')
      },
    }
  }

  execSync(
    command: readonly string[],
    timeoutMs: number,
    done: (result: (ExecResult & { readonly steady: boolean }) | 'timeout' | 'not found') => void,
  ): void {
    const program = this.find(command, 'probe')
    if (program === undefined) {
      done('not found')
      return
    }
    const { loop } = this.#host
    const out = { stdout: '', stderr: '' }
    let over = false
    const io: ChildIo = {
      stdin: Pipe.empty(loop),
      stdout: new Pipe(loop, (chunk) => (out.stdout += decodeText(chunk))),
      stderr: new Pipe(loop, (chunk) => (out.stderr += decodeText(chunk))),
      env: this.#host.envOf(this.#container),
      cwd: this.#container.config.workingDir || '/',
    }
    let steady = true
    this.#whenFilesReady(() => {
      if (this.#dead) return
      const timer = this.#host.after(
        timeoutMs,
        () => {
          if (over) return
          over = true
          this.#deliver(running, 'SIGKILL')
          done('timeout')
        },
        `exec ${command[0]}`,
        true,
      )
      const running = this.#start(
        'probe',
        program,
        command,
        io,
        false,
        (exitCode) => {
          if (over) return
          over = true
          timer.cancel()
          done({ exitCode, ...out, steady })
        },
        undefined,
        () => {
          steady = false
        },
      )
    })
  }

  attach(sink: ExecSink): ExecSession {
    const main = this.#main
    main?.attached.add(sink)
    return {
      stdin: (chunk) => main?.stdin.write(chunk),
      endStdin: () => main?.stdin.end(),
      resize: () => {},
      close: () => main?.attached.delete(sink),
    }
  }

  // -- one process --------------------------------------------------------------------------------------

  #start(
    origin: Origin,
    program: Program,
    argv: readonly string[],
    io: ChildIo,
    tty: boolean,
    onExit: (code: number) => void,
    window = { columns: 80, rows: 24 },
    onUnsteady: () => void = () => {},
  ): Running {
    const { loop } = this.#host
    const pid = this.#nextPid++
    let code: number | undefined
    const exit = (value: number) => {
      if (running.done) return
      running.done = true
      code = value & 0xff
      running.task?.finish()
      for (const timer of running.timers) timer.cancel()
      this.#running.delete(pid)
      io.stdout.end()
      io.stderr.end()
      onExit(code)
    }
    const context = this.#context(origin, pid, argv, io, tty, window, () => running, onUnsteady)
    const body = async () => {
      let result: number | undefined
      let started: Promise<number | undefined> | undefined
      try {
        started = program.start(context)
        result = await started
      } catch (error) {
        if (running.done) return
        io.stderr.write(`${argv[0]}: ${error instanceof Error ? error.message : String(error)}\n`)
        exit(1)
        return
      }
      // A server returned nothing: it runs on.
      if (started !== undefined) exit(typeof result === 'number' ? result : 0)
    }
    const running: Running = {
      pid,
      argv,
      task: undefined,
      handlers: new Map(),
      exit,
      timers: new Set(),
      done: false,
    }
    this.#running.set(pid, running)
    const task = loop.spawn(
      `${argv[0]} in ${this.#container.config.name}`,
      `machine/${this.#container.sandbox.stack.node}`,
      body,
    )
    Object.assign(running, { task })
    return running
  }

  #deliver(running: Running, signal: Signal): void {
    if (running.done) return
    const handler = running.handlers.get(signal)
    if (signal !== 'SIGKILL' && handler !== undefined) {
      handler()
      return
    }
    if (IGNORED_BY_DEFAULT.has(signal)) return
    // The kernel protects pid 1: signals without a handler do nothing to it.
    if (running.pid === 1 && signal !== 'SIGKILL') return
    running.killedBy = signal
    running.exit(128 + SIGNAL_NUMBERS[signal])
  }

  #context(
    origin: Origin,
    pid: number,
    argv: readonly string[],
    io: ChildIo,
    tty: boolean,
    window: { columns: number; rows: number },
    self: () => Running,
    onUnsteady: () => void,
  ): ProcessContext {
    const { loop, random } = this.#host
    const after = (ms: number, run: () => void): Timer => {
      const until = loop.now + ms - this.#startedAt
      const waited = this.#container.config.willEnd ? FOREGROUND_WILL_END_MS : FOREGROUND_MS
      const timer = this.#host.after(
        ms,
        () => {
          self().timers.delete(timer)
          run()
        },
        `${argv[0]} in container ${this.#container.config.name}`,
        // Beside the main process (exec, hooks), somebody waits for the end.
        (this.#main !== undefined && pid !== 1 && ms <= FOREGROUND_WILL_END_MS) || until <= waited
          ? undefined
          : true,
      )
      self().timers.add(timer)
      return timer
    }
    return {
      pid,
      argv,
      env: io.env,
      fs: this.#vfs,
      cwd: io.cwd,
      hostname: this.#container.sandbox.config.hostname,
      user: this.#container.config.user,
      clock: {
        now: () => loop.now,
        sleep: (ms) => {
          const suspension = loop.suspend<void>()
          after(ms, () => suspension.resume())
          return suspension.promise
        },
        after,
      },
      loop,
      random,
      net: this.#networkOf(),
      stdin: io.stdin,
      stdout: io.stdout,
      stderr: io.stderr,
      tty,
      window,
      onSignal: (signal, run) => {
        if (run === undefined) self().handlers.delete(signal)
        else self().handlers.set(signal, run)
      },
      exit: (code) => self().exit(code),
      setMemory: (bytes) => {
        this.#memoryBytes = bytes
        this.#checkMemory()
      },
      setCpu: (millis) => {
        this.#cpuMillis = millis
      },
      spendCpu: (milliSeconds) => {
        this.#spent += milliSeconds
      },
      has: (name) => this.find([name], origin) !== undefined,
      spawn: (childArgv, childIo, own) => this.#spawn(origin, childArgv, io, childIo, onUnsteady, own),
      processes: () => [...this.#running.values()].map((it) => ({ pid: it.pid, argv: it.argv })),
      kill: (target, signal) => {
        const running = this.#running.get(target)
        if (running !== undefined) this.#deliver(running, signal)
        return running !== undefined
      },
      unsteady: onUnsteady,
    }
  }

  #spawn(
    origin: Origin,
    argv: readonly string[],
    parent: ChildIo,
    given: Partial<ChildIo>,
    onUnsteady: () => void,
    own?: Program,
  ): ChildProcess {
    const program = own ?? this.find(argv, origin)
    const { loop } = this.#host
    const over = loop.suspend<number>()
    const io: ChildIo = {
      ...parent,
      env: new Map(parent.env),
      // A child that ends leaves its parent's streams open.
      stdout: Pipe.into(loop, parent.stdout),
      stderr: Pipe.into(loop, parent.stderr),
      ...given,
    }
    if (program === undefined) {
      io.stderr.write(`${argv[0]}: not found\n`)
      loop.at(loop.now, () => over.resume(127))
      return { pid: 0, exited: over.promise, killedBy: undefined, kill: () => {} }
    }
    const running = this.#start(
      origin,
      program,
      argv,
      io,
      false,
      (code) => over.resume(code),
      undefined,
      onUnsteady,
    )
    return {
      pid: running.pid,
      exited: over.promise,
      get killedBy() {
        return running.killedBy
      },
      kill: (signal) => this.#deliver(running, signal),
    }
  }

  #networkOf(): ProcessNetwork {
    const { stack, config } = this.#container.sandbox
    const { network, loop } = this.#host
    return {
      namespace: stack,
      ips: stack.ips,
      fabric: network,
      listen: (listener) => {
        const { http } = listener
        const close = stack.listen({
          ...listener,
          protocol: listener.protocol ?? 'TCP',
          // What a server waits for is no business of the task that asked: that one may end first.
          http:
            http &&
            ((request, peer, done) =>
              loop.within({ ...loop.context, task: undefined }, () => http(request, peer, done))),
        })
        this.#closers.push(close)
        return close
      },
      http: (target, request, timeoutMs) => {
        const whole: HttpRequest = {
          method: request.method ?? 'GET',
          path: request.path ?? '/',
          headers: { host: target.host, ...request.headers },
          body: request.body ?? '',
          tls: request.tls,
        }
        const suspension = loop.suspend<HttpOutcome>()
        if (requestLocally(loop, stack, target, whole, suspension.resume)) return suspension.promise
        if (network === undefined) {
          const detail = `dial tcp: lookup ${target.host}: no such host`
          loop.at(loop.now, () => suspension.resume({ ok: false, failure: 'no such host', detail }))
        } else network.http(stack, target, whole, { dns: config.dns, timeoutMs }, suspension.resume)
        return suspension.promise
      },
      connect: (target, sink: ConnectionSink) => {
        if (network === undefined) {
          loop.at(loop.now, () => sink.end('no route to host'))
          return { write: () => {}, end: () => {} }
        }
        return network.connect(stack, target, { dns: config.dns }, sink)
      },
      resolve: (name, type) => {
        const suspension = loop.suspend<readonly DnsRecord[] | undefined>()
        if (network === undefined) loop.at(loop.now, () => suspension.resume(undefined))
        else network.resolve(stack, name, type, config.dns, suspension.resume)
        return suspension.promise
      },
    }
  }

  #checkMemory(): void {
    const limit = this.#container.resources.memoryLimit
    if (limit > 0 && this.#memoryBytes > limit) this.#output.exit(this.#container, 137, 9, 'OOMKilled')
  }

  #terminationMessage(): string | undefined {
    const path = this.#container.config.terminationMessagePath
    if (path === '' || !this.#vfs.exists(path)) return undefined
    return this.#vfs.readText(resolvePath('/', path)).slice(0, 4096)
  }

  /** Volumes with content made on demand are filled before a program can look at them. */
  #whenFilesReady(run: () => void): void {
    const trees = [...this.#vfs.trees()]
    const next = () => {
      const tree = trees.pop()
      if (tree === undefined) run()
      else tree.ready(next)
    }
    next()
  }
}

/** Output to a terminal: line feeds return the carriage. */
function toTerminal(chunk: Uint8Array): Uint8Array {
  let feeds = 0
  for (const byte of chunk) if (byte === 10) feeds++
  if (feeds === 0) return chunk
  const out = new Uint8Array(chunk.length + feeds)
  let at = 0
  for (const byte of chunk) {
    if (byte === 10) out[at++] = 13
    out[at++] = byte
  }
  return out
}
