/** The main process of a container, whatever it is made of: what the runtime needs to know of it. */
import type { ExecSession, ExecSink } from '../../api/streams.ts'
import type { ContainerRecord } from '../cri/records.ts'
import type { ExecResult } from '../cri/runtime.ts'
import type { Signal } from './program.ts'

export interface ContainerProcess {
  /** Delivers a signal to pid 1. SIGKILL is the runtime's own business and never comes here. */
  signal(signal: Signal): void
  /** The container ended: timers stop, listeners close, other processes are gone. */
  destroy(): void
  usage(): { readonly cpuMillis: number; readonly memoryBytes: number; readonly diskBytes: number }
  exec(command: readonly string[], tty: boolean, stdin: boolean, sink: ExecSink): ExecSession
  execSync(
    command: readonly string[],
    timeoutMs: number,
    done: (result: (ExecResult & { readonly steady: boolean }) | 'timeout' | 'not found') => void,
  ): void
  attach(sink: ExecSink): ExecSession
  /** Memory limit changed in place. */
  limitsChanged(): void
}

/** What a process may do to its container; one object for all of a runtime. */
export interface ContainerHost {
  exit(container: ContainerRecord, code: number, signal?: number, reason?: string, message?: string): void
  output(container: ContainerRecord, stream: 'stdout' | 'stderr', text: string): void
}
