/**
 * What a pod worker does next (upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions, and
 * kuberuntime_container.go, computeInitContainerActions). A pure function over what is; one step at a time, since
 * each step may change what is.
 */
import type { PodSpec } from '../api/core/pod-spec.ts'
import type { ContainerNotes } from './container-notes.ts'

export type Action =
  /** Nothing to do before `wakeAt` (ms since the epoch; Infinity: until something happens). */
  | { readonly type: 'wait'; readonly wakeAt: number }
  /** The sandbox died or changed: everything in it goes first. */
  | { readonly type: 'killPod' }
  | { readonly type: 'createSandbox' }
  | { readonly type: 'start'; readonly notes: ContainerNotes }
  | { readonly type: 'kill'; readonly notes: ContainerNotes; readonly message: string }

export interface ActionView {
  readonly spec: PodSpec
  readonly notes: readonly ContainerNotes[]
  readonly sandboxId: string | undefined
  readonly sandboxReady: boolean
  readonly now: number
}

const NEVER = Number.POSITIVE_INFINITY

export function nextAction(view: ActionView): Action {
  const { notes, sandboxId, sandboxReady } = view
  if (!sandboxReady) {
    if (sandboxId !== undefined || notes.some((it) => it.running)) return { type: 'killPod' }
    return needsSandbox(view) ? { type: 'createSandbox' } : { type: 'wait', wakeAt: NEVER }
  }
  let wakeAt = NEVER
  for (const it of notes) {
    if (it.running && it.condemned !== undefined && !it.stopping) {
      return { type: 'kill', notes: it, message: it.condemned }
    }
  }
  const starts = startable(view)
  for (const it of starts) {
    if (it.retryAt <= view.now) return { type: 'start', notes: it }
    if (it.retryAt < wakeAt) wakeAt = it.retryAt
  }
  return { type: 'wait', wakeAt }
}

/** A pod whose containers have all finished for good gets no new sandbox. */
function needsSandbox({ spec, notes }: ActionView): boolean {
  const regular = notes.filter((it) => it.role === 'regular')
  if (regular.every((it) => it.current === undefined)) {
    if (spec.restartPolicy !== 'Never') return true
    return !notes.some((it) => it.role === 'init' && it.exited && !it.succeeded)
  }
  return regular.some((it) => restarts(spec, it))
}

/** Containers that should be started now, unless they have to wait; in order. */
function startable(view: ActionView): ContainerNotes[] {
  const { spec, notes, sandboxId } = view
  const found: ContainerNotes[] = []
  for (const it of notes) {
    if (it.role === 'ephemeral' && it.current === undefined) found.push(it)
  }
  const begun = notes.some((it) => it.role === 'regular' && it.current?.sandboxId === sandboxId)
  const inits = notes.filter((it) => it.role === 'init' || it.role === 'sidecar')
  for (const it of inits) {
    const here = it.current?.sandboxId === sandboxId
    if (it.role === 'sidecar') {
      if (!it.running) found.push(it)
      // The next one starts once this has *started*: a probe or hook may still be out.
      if (!begun && !(it.running && it.started)) return found
    } else if (!begun) {
      if (here && it.succeeded) continue
      if (!it.running && !(here && it.exited && spec.restartPolicy === 'Never')) found.push(it)
      return found
    }
  }
  for (const it of notes) {
    if (it.role !== 'regular' || it.running) continue
    if (it.current === undefined || it.current.state === 'CONTAINER_CREATED' || restarts(spec, it))
      found.push(it)
  }
  return found
}

/** Whether an exited regular container is started again. */
export function restarts(spec: PodSpec, notes: ContainerNotes): boolean {
  if (!notes.exited) return notes.current === undefined
  if (notes.redefined) return true
  switch (spec.restartPolicy ?? 'Always') {
    case 'Never':
      return false
    case 'OnFailure':
      return !notes.succeeded
    default:
      return true
  }
}
