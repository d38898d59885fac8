/** What the kubelet knows about one container of a pod: its latest instances and how they are doing. */
import type { Container } from '../api/core/container.ts'
import type { CriContainer } from './cri/runtime.ts'
import type { ProbeWorker } from './probes/probe-worker.ts'

/** A sidecar is an init container with restartPolicy Always. */
export type Role = 'init' | 'sidecar' | 'regular' | 'ephemeral'

export interface Waiting {
  readonly reason: string
  readonly message?: string
}

export class ContainerNotes {
  spec: Container
  readonly role: Role
  /** Newest instance in the present sandbox or before it; a live view. */
  current: CriContainer | undefined = undefined
  /** The instance before it. */
  previous: CriContainer | undefined = undefined
  /** Why it is not started right now; cleared by a start. */
  waiting: Waiting | undefined = undefined
  /** No attempt before this time, ms since the epoch. */
  retryAt = 0
  /** Startup probe passed (or there is none) and postStart done. */
  started = false
  /** Readiness probe passed (or there is none). */
  ready = false
  /** A probe or hook decided that this instance must go. */
  condemned: string | undefined = undefined
  /** Its definition has changed: it is started again whatever the restart policy says. */
  redefined = false
  /** It is being stopped. */
  stopping = false
  /** postStart has not finished. */
  starting = false
  /** During a resize: what the node has set aside for it, and what it runs with; else both are the spec's. */
  allocated: Container['resources'] = undefined
  actual: Container['resources'] = undefined
  probes: ProbeWorker[] | undefined = undefined

  constructor(spec: Container, role: Role) {
    this.spec = spec
    this.role = role
  }

  get name(): string {
    return this.spec.name
  }

  get running(): boolean {
    return this.current?.state === 'CONTAINER_RUNNING'
  }

  get exited(): boolean {
    return this.current?.state === 'CONTAINER_EXITED'
  }

  /** Exited with 0. */
  get succeeded(): boolean {
    return this.exited && this.current!.exitCode === 0
  }

  /** Stopped because of its new definition, and about to start with it: no state that anybody should see. */
  get changing(): boolean {
    return this.redefined && this.exited && this.waiting === undefined
  }

  /** `spec.containers{web}`: where Events point. */
  get fieldPath(): string {
    const paths = fieldPaths[this.role]
    let path = paths.get(this.spec.name)
    if (path === undefined) {
      const list =
        this.role === 'regular'
          ? 'containers'
          : this.role === 'ephemeral'
            ? 'ephemeralContainers'
            : 'initContainers'
      path = `spec.${list}{${this.spec.name}}`
      if (paths.size >= FIELD_PATHS_MAX) paths.clear()
      paths.set(this.spec.name, path)
    }
    return path
  }

  /** Its present instance runs: started and ready, unless a probe has to say so. True: it has probes. */
  begin(): boolean {
    const { startupProbe, livenessProbe, readinessProbe } = this.spec
    if (this.role === 'init' || this.role === 'ephemeral') {
      this.started = true
      return false
    }
    this.started = startupProbe === undefined
    this.ready = this.started && readinessProbe === undefined
    return startupProbe !== undefined || livenessProbe !== undefined || readinessProbe !== undefined
  }

  /** A new instance takes the place of the old one. */
  replace(instance: CriContainer): void {
    if (this.current !== undefined) this.previous = this.current
    this.current = instance
    this.waiting = undefined
    this.allocated = undefined
    this.actual = undefined
    this.condemned = undefined
    this.redefined = false
    this.stopping = false
    this.started = false
    this.ready = false
  }
}

/** By name of the container: Events keep their path, and containers of one template have one. */
const fieldPaths: Readonly<Record<Role, Map<string, string>>> = {
  init: new Map(),
  sidecar: new Map(),
  regular: new Map(),
  ephemeral: new Map(),
}
const FIELD_PATHS_MAX = 1024

export function restartCountOf(notes: ContainerNotes): number {
  return notes.current?.config.attempt ?? 0
}
