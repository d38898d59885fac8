/**
 * What runs in containers. A program is either plain data, a {@link Behaviour}, which costs nothing while nothing
 * changes, or a {@link Program}: code that sees arguments, environment, files, network and signals.
 */
import type {
  DnsRecord,
  HttpOutcome,
  HttpRequest,
  Listener,
  NetworkNamespace,
  PodNetwork,
} from '../../api/sockets.ts'
import type { Connection, ConnectionSink } from '../../api/streams.ts'
import type { EventLoop, Timer } from '../../kernel/event-loop.ts'
import type { Random } from '../../kernel/random.ts'
import type { ProcessUser } from '../cri/runtime.ts'
import type { Pipe } from './pipe.ts'
import type { Vfs } from './vfs.ts'

/** A program as data. Absent fields: it runs for ever, answers 200 on every port, and exits 0 on SIGTERM. */
export interface Behaviour {
  /** How long it runs, ms; a pair is a range from which each start draws. Absent: for ever. */
  readonly runsForMs?: number | readonly [from: number, to: number]
  /** Exit code at the end; default 0. */
  readonly exitCode?: number
  /** Chance in [0, 1] that it ends with exit code 1 instead. */
  readonly failureRate?: number
  /** What it prints when it starts. */
  readonly output?: string
  /** What it leaves in the termination message file. */
  readonly terminationMessage?: string
  /** HTTP servers. Default: one on every port, with status 200. */
  readonly serves?: readonly ServedPort[]
  /** From `startBytes`, growing by `bytesPerSecond` up to `maxBytes`; past its limit it is OOMKilled. */
  readonly memory?: {
    readonly startBytes: number
    readonly bytesPerSecond?: number
    readonly maxBytes?: number
  }
  /** Steady use and the cost of one request, in millicores and millicore seconds. */
  readonly cpu?: { readonly millis: number; readonly perRequest?: number }
  /** Every request leaves a line like nginx's on stdout. */
  readonly accessLog?: boolean
  /** Written to the container's layer, bytes per second: for disk pressure. */
  readonly diskBytesPerSecond?: number
  /** Reaction to SIGTERM: exits after a while with a code, or not at all. Default: at once with 0. */
  readonly onTerm?: { readonly afterMs: number; readonly exitCode?: number } | 'ignore'
  /** The first start follows the first entry, and so on; the last one repeats. */
  readonly starts?: readonly Omit<Behaviour, 'starts'>[]
}

export interface ServedPort {
  /** 0: every port. */
  readonly port: number
  readonly path?: string
  readonly status?: number
  /** `{hostname}` is filled in. Default: the host's name. */
  readonly body?: string
  readonly contentType?: string
  /** What other paths than its own answer, with status 404. */
  readonly missing?: string
  /** The port answers only so long after the start, ms. */
  readonly afterMs?: number
  /** The port stops answering (connections hang) so long after the start, ms: a deadlock for probes to find. */
  readonly untilMs?: number
  /** Time to answer, ms. */
  readonly latencyMs?: number
}

export type Signal =
  | 'SIGTERM'
  | 'SIGKILL'
  | 'SIGINT'
  | 'SIGHUP'
  | 'SIGQUIT'
  | 'SIGUSR1'
  | 'SIGUSR2'
  | 'SIGCHLD'
  | 'SIGWINCH'
  | 'SIGALRM'
  | 'SIGPIPE'
  | 'SIGCONT'
  | 'SIGSTOP'

/** A running process, as its program sees the world. Everything here is simulated; nothing leaves the machine. */
export interface ProcessContext {
  readonly pid: number
  /** argv[0] is the program's name as it was called. */
  readonly argv: readonly string[]
  /** The process's own copy. */
  readonly env: Map<string, string>
  readonly fs: Vfs
  cwd: string
  readonly hostname: string
  readonly user: ProcessUser
  readonly clock: {
    now(): number
    sleep(ms: number): Promise<void>
    after(ms: number, run: () => void): Timer
  }
  readonly loop: EventLoop
  readonly random: Random
  readonly net: ProcessNetwork
  readonly stdin: Pipe
  readonly stdout: Pipe
  readonly stderr: Pipe
  readonly tty: boolean
  /** Size of the terminal. */
  readonly window: { columns: number; rows: number }
  /** `undefined` restores the default: pid 1 ignores SIGTERM, others die of it. */
  onSignal(signal: Signal, run: (() => void) | undefined): void
  exit(code: number): void
  /** Bytes; past the container's limit: OOMKilled. */
  setMemory(bytes: number): void
  setCpu(millis: number): void
  /** Burns this much at once: a request's work, in millicore seconds. */
  spendCpu(milliSeconds: number): void
  /** Whether a command of this name can be started. */
  has(name: string): boolean
  /**
   * Starts another program of this container; it ends with this process's container. `program` runs under the name
   * of argv without being looked up.
   */
  spawn(argv: readonly string[], io: Partial<ChildIo>, program?: Program): ChildProcess
  /** All processes of the container (of the pod, with a shared process namespace), by pid. */
  processes(): Iterable<{ readonly pid: number; readonly argv: readonly string[] }>
  kill(pid: number, signal: Signal): boolean
  /** What the process did depends on more than files and its arguments: a probe must ask again. */
  unsteady(): void
}

export interface ChildIo {
  readonly stdin: Pipe
  readonly stdout: Pipe
  readonly stderr: Pipe
  readonly env: Map<string, string>
  readonly cwd: string
}

export interface ChildProcess {
  readonly pid: number
  readonly exited: Promise<number>
  /** The signal that ended it; undefined while it runs, or when it ended by itself. */
  readonly killedBy: Signal | undefined
  kill(signal: Signal): void
}

/** The network as seen from within a container. */
export interface ProcessNetwork {
  readonly namespace: NetworkNamespace
  readonly ips: readonly string[]
  listen(listener: Omit<Listener, 'protocol'> & { readonly protocol?: 'TCP' | 'UDP' }): () => void
  /** `host` may be a name, an address, or localhost. */
  http(
    target: { readonly host: string; readonly port: number },
    request: Partial<HttpRequest>,
    timeoutMs?: number,
  ): Promise<HttpOutcome>
  connect(target: { readonly host: string; readonly port: number }, sink: ConnectionSink): Connection
  resolve(name: string, type: 'A' | 'SRV'): Promise<readonly DnsRecord[] | undefined>
  readonly fabric: PodNetwork | undefined
}

/** Code that runs in a container. */
export interface Program {
  readonly name: string
  /**
   * Starts the process. A promise's number is the exit code (nothing: 0); a program that returns nothing runs
   * on until it calls `exit` or is killed. An error thrown is exit code 1 with its text on stderr.
   */
  start(context: ProcessContext): Promise<number | undefined> | undefined
  /** A server that may be watched by probes without being asked again. */
  readonly steady?: boolean
}

/** By the base name of argv[0]. */
export type ProgramTable = ReadonlyMap<string, Program>
