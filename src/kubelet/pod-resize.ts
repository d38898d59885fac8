/** In-place resize of running containers (upstream: pkg/kubelet/kubelet.go, handlePodResourcesResize). */
import type { Pod } from '../api/core/pod.ts'
import { linuxResources } from './container-starter.ts'
import type { KubeletContext } from './kubelet-context.ts'
import { type Amounts, amountsOf, podRequests } from './pod-resources.ts'
import type { PodWorker } from './pod-worker.ts'

/**
 * Carries out what the spec now asks of running containers, or says on the pod why not: Infeasible for ever,
 * Deferred until something else makes room.
 */
export function planResize(
  context: KubeletContext,
  worker: PodWorker,
  used: Amounts,
  held: Amounts | undefined,
): void {
  if (worker.state !== 'syncing') return
  const changed = worker.notes.filter((it) => {
    if (!it.running) return false
    const wanted = linuxResources(it.spec)
    const now = it.current!.resources
    return (
      wanted.cpuLimit !== now.cpuLimit ||
      wanted.cpuRequest !== now.cpuRequest ||
      wanted.memoryLimit !== now.memoryLimit
    )
  })
  if (changed.length === 0) {
    worker.resize = []
    for (const notes of worker.notes) notes.allocated = notes.actual = undefined
    return
  }
  const obstacle = whatStopsIt(context, worker.pod, used, held)
  if (obstacle !== undefined) {
    worker.resize = [{ type: 'PodResizePending', status: 'True', ...obstacle }]
    worker.writer.write()
    return
  }
  worker.resize = [{ type: 'PodResizeInProgress', status: 'True' }]
  for (const notes of worker.notes) notes.allocated = undefined
  worker.writer.write()
  let left = changed.length
  for (const notes of changed) {
    const restart = notes.spec.resizePolicy?.some((it) => {
      if (it.restartPolicy !== 'RestartContainer') return false
      const now = notes.current!.resources
      const wanted = linuxResources(notes.spec)
      return it.resourceName === 'memory'
        ? wanted.memoryLimit !== now.memoryLimit
        : wanted.cpuLimit !== now.cpuLimit || wanted.cpuRequest !== now.cpuRequest
    })
    notes.redefined = restart === true
    if (restart === true) notes.condemned = `Container ${notes.name} resize requires restart`
    context.cri(worker.pod, `UpdateContainerResources ${notes.name}`, () =>
      context.runtime.updateContainerResources(notes.current!.id, linuxResources(notes.spec), () => {
        if (!context.alive()) return
        notes.actual = undefined
        if (--left > 0) return
        worker.resize = []
        worker.poke()
      }),
    )
  }
}

function whatStopsIt(
  context: KubeletContext,
  pod: Pod,
  used: Amounts,
  held: Amounts | undefined,
): { readonly reason: 'Infeasible' | 'Deferred'; readonly message: string } | undefined {
  const allocatable = amountsOf(context.node()?.status?.allocatable)
  for (const [name, wanted] of podRequests(pod.spec)) {
    const capacity = allocatable.get(name)
    if (capacity === undefined) continue
    if (wanted > capacity) {
      const message = `Node didn't have enough capacity: ${name}, requested: ${wanted}, capacity: ${capacity}`
      return { reason: 'Infeasible', message }
    }
    const others = (used.get(name) ?? 0) - (held?.get(name) ?? 0)
    if (others + wanted > capacity) {
      const message = `Node didn't have enough resource: ${name}, requested: ${wanted}, used: ${others}, capacity: ${capacity}`
      return { reason: 'Deferred', message }
    }
  }
  return undefined
}
