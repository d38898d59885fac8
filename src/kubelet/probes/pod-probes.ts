/** Probes and lifecycle hooks of one pod's containers: what they find out goes into the notes. */
import type { LifecycleHandler, Probe } from '../../api/core/probe.ts'
import type { ContainerNotes } from '../container-notes.ts'
import type { PodWorker } from '../pod-worker.ts'
import { type ProbeAnswer, type ProbeTarget, runHook } from './probe-action.ts'
import { type ProbeKind, type ProbeOwner, ProbeWorker } from './probe-worker.ts'

const TITLES: Readonly<Record<ProbeKind, string>> = {
  startup: 'Startup',
  liveness: 'Liveness',
  readiness: 'Readiness',
}

export class PodProbes {
  readonly #worker: PodWorker

  constructor(worker: PodWorker) {
    this.#worker = worker
  }

  /** A container was started: its postStart hook runs, then its probes; `done` is called after the hook. */
  start(notes: ContainerNotes, done: (hookError: string | undefined) => void): void {
    const hook = notes.spec.lifecycle?.postStart
    if (hook === undefined) {
      this.started(notes)
      done(undefined)
      return
    }
    const instance = notes.current!
    notes.starting = true
    const { context } = this.#worker
    runHook(hook, this.#target(notes), Number.MAX_SAFE_INTEGER, (error) => {
      if (!context.alive() || notes.current !== instance) return
      notes.starting = false
      if (error === undefined) {
        this.started(notes)
        done(undefined)
        return
      }
      const where = { fieldPath: notes.fieldPath }
      context.recorder.event(
        this.#worker.pod,
        'Warning',
        'FailedPostStartHook',
        'PostStartHook failed',
        where,
      )
      notes.condemned = 'FailedPostStartHook'
      done('PostStartHook failed')
    })
  }

  /** A running container's probes begin; also after a restart of the kubelet. */
  started(notes: ContainerNotes): void {
    if (!notes.begin()) return
    const { startupProbe } = notes.spec
    notes.probes = []
    if (startupProbe !== undefined) this.#add(notes, 'startup', startupProbe)
    else this.#addSteady(notes)
  }

  /** The container is gone. */
  stopped(notes: ContainerNotes): void {
    for (const probe of notes.probes ?? []) probe.stop()
    notes.probes = undefined
    notes.ready = false
  }

  stopAll(): void {
    for (const notes of this.#worker.notes) if (notes.probes !== undefined) this.stopped(notes)
  }

  /** The pod is on its way out: liveness and startup fall silent, readiness goes on. */
  terminating(): void {
    for (const notes of this.#worker.notes) {
      for (const probe of notes.probes ?? []) if (probe.kind !== 'readiness') probe.stop()
    }
  }

  /** The grace that a failed probe asks for itself. */
  graceSeconds(notes: ContainerNotes): number | undefined {
    const { startupProbe, livenessProbe } = notes.spec
    const probe = notes.started ? livenessProbe : startupProbe
    return probe?.terminationGracePeriodSeconds
  }

  /** Runs a preStop hook within what is left of the grace; its failure only makes an Event. */
  preStop(notes: ContainerNotes, hook: LifecycleHandler, leftMs: number, done: () => void): void {
    const { context, pod } = this.#worker
    const instance = notes.current
    let over = false
    const finish = () => {
      if (over || !context.alive()) return
      over = true
      deadline.cancel()
      done()
    }
    const deadline = context.clock.after(Math.max(leftMs, 0), finish, { label: 'preStop hook' })
    runHook(hook, this.#target(notes), Math.max(leftMs, 1), (error) => {
      if (error !== undefined && !over && notes.current === instance && context.alive()) {
        const where = { fieldPath: notes.fieldPath }
        context.recorder.event(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', where)
      }
      finish()
    })
  }

  get #terminating(): boolean {
    return this.#worker.state !== 'syncing'
  }

  #addSteady(notes: ContainerNotes): void {
    const { livenessProbe, readinessProbe } = notes.spec
    if (livenessProbe !== undefined && !this.#terminating) this.#add(notes, 'liveness', livenessProbe)
    if (readinessProbe !== undefined) this.#add(notes, 'readiness', readinessProbe)
  }

  #add(notes: ContainerNotes, kind: ProbeKind, probe: Probe): void {
    const instance = notes.current!
    const worker = this.#worker
    const owner: ProbeOwner = {
      probed: (which, healthy) => {
        if (notes.current === instance) this.#probed(notes, which, healthy)
      },
      attempt: (which, answer) => {
        if (notes.current === instance) this.#report(notes, which, answer)
      },
      onChange: (run) => worker.context.machine.onContainerChange(instance.id, run),
    }
    notes.probes ??= []
    notes.probes.push(new ProbeWorker(kind, probe, this.#target(notes), owner, instance.startedAt))
  }

  #probed(notes: ContainerNotes, kind: ProbeKind, healthy: boolean): void {
    const worker = this.#worker
    if (!notes.running) return
    if (kind === 'readiness') {
      if (notes.ready === healthy) return
      notes.ready = healthy
      worker.writer.write()
    } else if (kind === 'startup' && healthy) {
      notes.started = true
      notes.ready = notes.spec.readinessProbe === undefined
      this.#addSteady(notes)
      worker.sync()
    } else if (!healthy && !this.#terminating) {
      const init = notes.role === 'sidecar'
      notes.condemned = init
        ? `Init container ${notes.name} failed ${kind} probe`
        : `Container ${notes.name} failed ${kind} probe, will be restarted`
      worker.sync()
    }
  }

  #report(notes: ContainerNotes, kind: ProbeKind, answer: ProbeAnswer): void {
    const { context, pod } = this.#worker
    const where = { fieldPath: notes.fieldPath }
    const title = TITLES[kind]
    if (answer.result === 'warning') {
      context.recorder.event(
        pod,
        'Warning',
        'ProbeWarning',
        `${title} probe warning: ${answer.output}`,
        where,
      )
    } else if (answer.result === 'error') {
      const message = `${title} probe errored and resulted in unknown state: ${answer.output}`
      context.recorder.event(pod, 'Warning', 'Unhealthy', message, where)
    } else
      context.recorder.event(pod, 'Warning', 'Unhealthy', `${title} probe failed: ${answer.output}`, where)
  }

  #target(notes: ContainerNotes): ProbeTarget {
    const { context, sandboxId } = this.#worker
    const { stack } = context.runtime.podSandboxStatus(sandboxId!)!
    return {
      containerId: notes.current!.id,
      spec: notes.spec,
      podIp: stack.ips[0] ?? '',
      stack,
      runtime: context.runtime,
      clock: context.clock,
    }
  }
}
