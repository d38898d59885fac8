/** What a kubelet serves on port 10250: exec, attach, logs, port-forward and resource use (pkg/kubelet/server). */
import {
  type AttachRequest,
  type Connection,
  type ConnectionSink,
  type ContainerRef,
  containerNotFound,
  type ExecRequest,
  type ExecSession,
  type ExecSink,
  type LogRequest,
  type LogSink,
  type NodeStreams,
  type PodUsage,
  type StreamRefusal,
} from '../api/streams.ts'
import { formatMicroTime, parseTime } from '../api/time.ts'
import type { ContainerNotes } from './container-notes.ts'
import type { LogLine } from './cri/runtime.ts'
import { encodeText } from './file-tree.ts'
import type { KubeletContext } from './kubelet-context.ts'
import type { PodWorker } from './pod-worker.ts'
import { concatBytes } from './programs/pipe.ts'

/** In words, for the most common ones (upstream: kubelet_pods.go, validateContainerLogStatus). */
const WAITING: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container'

interface Pods {
  readonly workers: ReadonlyMap<string, PodWorker>
}

export class KubeletStreams implements NodeStreams {
  readonly #kubelet: KubeletContext & Pods

  constructor(kubelet: KubeletContext & Pods) {
    this.#kubelet = kubelet
  }

  exec(request: ExecRequest, sink: ExecSink): ExecSession | StreamRefusal {
    const found = this.#running(request, false)
    if ('code' in found) return found
    const { runtime } = this.#kubelet
    if (request.command.length === 0) return badRequest('you must specify at least 1 command')
    this.#kubelet.cri(found.worker.pod, `Exec ${found.notes.name}: ${request.command.join(' ')}`, () => {})
    return runtime.exec(
      found.notes.current!.id,
      request.command,
      request.tty === true,
      request.stdin === true,
      sink,
    )
  }

  attach(request: AttachRequest, sink: ExecSink): ExecSession | StreamRefusal {
    const found = this.#running(request, true)
    if ('code' in found) return found
    return this.#kubelet.runtime.attach(found.notes.current!.id, sink)
  }

  logs(request: LogRequest, sink: LogSink): { stop(): void } | StreamRefusal {
    const found = this.#container(request)
    if ('code' in found) return found
    const { notes, worker } = found
    const instance =
      request.previous === true
        ? (notes.previous ?? (notes.running ? undefined : notes.current))
        : notes.current
    if (instance === undefined) {
      const { name } = worker.pod.metadata
      if (request.previous === true) {
        return badRequest(`previous terminated container "${notes.name}" in pod "${name}" not found`)
      }
      const reason =
        notes.waiting?.reason ?? (notes.role === 'regular' ? 'ContainerCreating' : 'PodInitializing')
      const why = WAITING[reason] ?? reason
      return badRequest(`container "${notes.name}" in pod "${name}" is waiting to start: ${why}`)
    }
    return this.#streamLog(instance.id, request, sink)
  }

  portForward(pod: ContainerRef, port: number, sink: ConnectionSink): Connection | StreamRefusal {
    const worker = this.#worker(pod)
    if ('code' in worker) return worker
    if (worker.sandboxId === undefined)
      return { code: 500, reason: 'InternalError', message: 'pod sandbox not found' }
    return this.#kubelet.runtime.portForward(worker.sandboxId, port, sink)
  }

  usage(): readonly PodUsage[] {
    const usage: PodUsage[] = []
    for (const worker of this.#kubelet.workers.values()) {
      const containers = []
      for (const notes of worker.notes) {
        const stats =
          notes.current === undefined ? undefined : this.#kubelet.runtime.containerStats(notes.current.id)
        if (stats !== undefined) {
          containers.push({ name: notes.name, cpuMillis: stats.cpuMillis, memoryBytes: stats.memoryBytes })
        }
      }
      const { namespace = '', name } = worker.pod.metadata
      if (containers.length > 0) usage.push({ namespace, name, containers })
    }
    return usage
  }

  // -- logs ---------------------------------------------------------------------------------------------

  #streamLog(id: string, request: LogRequest, sink: LogSink): { stop(): void } {
    const { clock, runtime, process } = this.#kubelet
    const since =
      request.sinceTime !== undefined
        ? parseTime(request.sinceTime)
        : request.sinceSeconds !== undefined
          ? clock.now() - request.sinceSeconds * 1000
          : Number.NEGATIVE_INFINITY
    let left = request.limitBytes ?? Number.POSITIVE_INFINITY
    let stopped = false
    let stop = () => {}
    const end = () => {
      if (stopped) return
      stopped = true
      stop()
      sink.end()
    }
    const send = (lines: readonly LogLine[]) => {
      const parts: Uint8Array[] = []
      for (const line of lines) {
        if (line.time < since) continue
        const stamp = request.timestamps === true ? `${formatMicroTime(line.time).replace('Z', '000Z')} ` : ''
        let bytes = encodeText(`${stamp}${line.text}${line.complete ? '\n' : ''}`)
        if (bytes.length > left) bytes = bytes.subarray(0, left)
        left -= bytes.length
        if (bytes.length > 0) parts.push(bytes)
      }
      if (parts.length > 0) sink.data(concatBytes(parts))
      if (left <= 0) end()
    }
    const onLine = (line: LogLine | undefined) => {
      if (stopped) return
      if (line === undefined) end()
      else send([line])
    }
    const log = runtime.readLog(id, request.follow === true ? onLine : undefined)
    stop = log.stop
    const { tailLines } = request
    const lines = tailLines === undefined ? log.lines : tailLines === 0 ? [] : log.lines.slice(-tailLines)
    // Never before this call has returned.
    process.clock.after(
      0,
      () => {
        if (stopped) return
        send(lines)
        if (request.follow !== true) end()
      },
      { label: 'log' },
    )
    return {
      stop: () => {
        stopped = true
        stop()
      },
    }
  }

  // -- who is meant -------------------------------------------------------------------------------------

  #worker({ namespace, pod }: ContainerRef): PodWorker | StreamRefusal {
    for (const worker of this.#kubelet.workers.values()) {
      const { metadata } = worker.pod
      if (metadata.name === pod && metadata.namespace === namespace) return worker
    }
    return { code: 404, reason: 'NotFound', message: `pod "${pod}" not found` }
  }

  #container(ref: ContainerRef): { worker: PodWorker; notes: ContainerNotes } | StreamRefusal {
    const worker = this.#worker(ref)
    if ('code' in worker) return worker
    const { pod, notes } = worker
    let name = ref.container
    if (name === undefined || name === '') {
      const regular = notes.filter((it) => it.role === 'regular')
      name = pod.metadata.annotations?.[DEFAULT_CONTAINER]
      if (name === undefined) {
        if (regular.length !== 1) {
          const inits = notes.filter((it) => it.role === 'init' || it.role === 'sidecar')
          const names = `choose one of: [${regular.map((it) => it.name).join(' ')}]`
          const more =
            inits.length > 0
              ? ` or one of the init containers: [${inits.map((it) => it.name).join(' ')}]`
              : ''
          return badRequest(
            `a container name must be specified for pod ${pod.metadata.name}, ${names}${more}`,
          )
        }
        name = regular[0]!.name
      }
    }
    const found = notes.find((it) => it.name === name)
    if (found === undefined) return badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`)
    return { worker, notes: found }
  }

  #running(ref: ContainerRef, attach: boolean): { worker: PodWorker; notes: ContainerNotes } | StreamRefusal {
    const found = this.#container(ref)
    if ('code' in found) return found
    if (found.notes.running) return found
    const message = containerNotFound(attach, found.notes.name, found.worker.pod)
    return { code: 500, reason: 'InternalError', message }
  }
}

function badRequest(message: string): StreamRefusal {
  return { code: 400, reason: 'BadRequest', message }
}
