/**
 * Stops containers of a pod gracefully (upstream: kuberuntime_container.go, killContainersWithSyncResult): the
 * regular ones side by side, then sidecars in reverse order, each after the one before; hooks and all within one
 * grace period.
 */
import type { ContainerNotes } from './container-notes.ts'
import type { PodWorker } from './pod-worker.ts'

/** What is left for SIGTERM when a hook used the grace up. */
const STOP_MS_MIN = 2000

/**
 * @param message of the Killing event; for a whole pod `Stopping container` and the name is added
 * @returns a function that shortens the grace of what is still being stopped
 */
export function stopContainers(
  worker: PodWorker,
  containers: readonly ContainerNotes[],
  graceMs: number,
  message: string,
  done: () => void,
): (graceMs: number) => void {
  const { clock } = worker.context
  let deadline = clock.now() + graceMs
  const stopping = new Set<ContainerNotes>()
  const sidecars = containers.filter((it) => it.role === 'sidecar')
  const others = containers.filter((it) => it.role !== 'sidecar')

  const stop = (notes: ContainerNotes, next: () => void) => {
    stopping.add(notes)
    stopOne(
      worker,
      notes,
      () => deadline - clock.now(),
      killingMessage(notes, message),
      () => {
        stopping.delete(notes)
        next()
      },
    )
  }
  const stopSidecars = () => {
    const last = sidecars.pop()
    if (last === undefined) done()
    else stop(last, stopSidecars)
  }
  let left = others.length
  if (left === 0) stopSidecars()
  for (const notes of others) {
    stop(notes, () => {
      if (--left === 0) stopSidecars()
    })
  }
  return (shorterMs) => {
    deadline = Math.min(deadline, clock.now() + shorterMs)
    for (const notes of stopping) {
      if (notes.running)
        worker.context.runtime.stopContainer(notes.current!.id, Math.max(shorterMs, 0), () => {})
    }
  }
}

function killingMessage(notes: ContainerNotes, message: string): string {
  return message === 'Stopping container' ? `Stopping container ${notes.name}` : message
}

function stopOne(
  worker: PodWorker,
  notes: ContainerNotes,
  leftMs: () => number,
  message: string,
  done: () => void,
): void {
  const { context } = worker
  const { current } = notes
  if (current === undefined || current.state !== 'CONTAINER_RUNNING') {
    done()
    return
  }
  context.recorder.event(worker.pod, 'Normal', 'Killing', message, { fieldPath: notes.fieldPath })
  const stop = () => {
    if (!context.alive()) return
    const timeoutMs = Math.max(leftMs(), STOP_MS_MIN)
    context.cri(worker.pod, `StopContainer ${notes.name} (${timeoutMs / 1000} s)`, () =>
      context.runtime.stopContainer(current.id, timeoutMs, () => {
        if (!context.alive()) return
        worker.probes.stopped(notes)
        done()
      }),
    )
  }
  const hook = notes.spec.lifecycle?.preStop
  if (hook === undefined) stop()
  else worker.probes.preStop(notes, hook, leftMs(), stop)
}
