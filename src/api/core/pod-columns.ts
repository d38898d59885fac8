/** How `kubectl get pods` sums a pod up. Upstream: pkg/printers/internalversion/printers.go, printPod. */
import { ageColumn, NONE, nameColumn, orNone, text, wide } from '../columns.ts'
import type { Column } from '../kind.ts'
import { humanDuration, parseTime } from '../time.ts'
import type { ContainerStatus, Pod } from './pod.ts'

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  text('Ready', 'Ready containers of all.', (pod) => {
    const { ready, total } = summarizePod(pod)
    return `${ready}/${total}`
  }),
  text('Status', 'The state of the pod as a whole.', (pod) => summarizePod(pod).status),
  text('Restarts', 'How often containers were restarted, and when last.', (pod, nowMs) => {
    const { restarts, lastRestartMs } = summarizePod(pod)
    return restarts === 0 || lastRestartMs === undefined
      ? String(restarts)
      : `${restarts} (${humanDuration(nowMs - lastRestartMs)} ago)`
  }),
  ageColumn,
  wide(
    text('IP', 'The address of the pod.', (pod) => orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP)),
  ),
  wide(text('Node', 'The node it runs on.', (pod) => orNone(pod.spec.nodeName))),
  wide(
    text('Nominated Node', 'The node that was cleared for it.', (pod) =>
      orNone(pod.status?.nominatedNodeName),
    ),
  ),
  wide(text('Readiness Gates', 'Readiness gates that are true, of all.', readinessGates)),
]

export interface PodSummary {
  readonly ready: number
  readonly total: number
  /** `Running`, `CrashLoopBackOff`, `Init:0/2`, `Terminating`, ... */
  readonly status: string
  readonly restarts: number
  readonly lastRestartMs: number | undefined
}

export function summarizePod(pod: Pod): PodSummary {
  const status = pod.status ?? {}
  const sidecars = new Set(
    (pod.spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always').map((it) => it.name),
  )
  const total = (pod.spec.containers ?? []).length + sidecars.size
  let reason = status.reason ?? status.phase ?? ''
  if (status.conditions?.some((it) => it.type === 'PodScheduled' && it.reason === 'SchedulingGated')) {
    reason = 'SchedulingGated'
  }
  const init = summarizeInit(pod, sidecars)
  let { restarts, lastRestartMs, ready } = init
  if (init.reason !== undefined) reason = init.reason
  const initialized = status.conditions?.some((it) => it.type === 'Initialized' && it.status === 'True')
  if (init.reason === undefined || initialized) {
    restarts = init.sidecarRestarts
    lastRestartMs = init.lastSidecarRestartMs
    let running = false
    for (const container of [...(status.containerStatuses ?? [])].reverse()) {
      restarts += container.restartCount ?? 0
      lastRestartMs = later(lastRestartMs, container)
      const { waiting, terminated } = container.state ?? {}
      if (waiting?.reason) reason = waiting.reason
      else if (terminated !== undefined) reason = terminated.reason || exitText(terminated)
      else if (container.ready && container.state?.running !== undefined) {
        running = true
        ready++
      }
    }
    if (reason === 'Completed' && running) {
      const isReady = status.conditions?.some((it) => it.type === 'Ready' && it.status === 'True')
      reason = isReady ? 'Running' : 'NotReady'
    }
  }
  if (pod.metadata?.deletionTimestamp) {
    if (status.reason === 'NodeLost') reason = 'Unknown'
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') reason = 'Terminating'
  }
  return { ready, total, status: reason, restarts, lastRestartMs }
}

interface InitSummary {
  /** Why the pod is still initializing; undefined when it is not. */
  readonly reason: string | undefined
  readonly ready: number
  readonly restarts: number
  readonly lastRestartMs: number | undefined
  readonly sidecarRestarts: number
  readonly lastSidecarRestartMs: number | undefined
}

function summarizeInit(pod: Pod, sidecars: ReadonlySet<string>): InitSummary {
  let ready = 0
  let restarts = 0
  let lastRestartMs: number | undefined
  let sidecarRestarts = 0
  let lastSidecarRestartMs: number | undefined
  let reason: string | undefined
  for (const [index, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    restarts += container.restartCount ?? 0
    lastRestartMs = later(lastRestartMs, container)
    const sidecar = sidecars.has(container.name)
    if (sidecar) {
      sidecarRestarts += container.restartCount ?? 0
      lastSidecarRestartMs = later(lastSidecarRestartMs, container)
    }
    const { waiting, terminated } = container.state ?? {}
    if (terminated !== undefined && (terminated.exitCode ?? 0) === 0) continue
    if (sidecar && container.started) {
      if (container.ready) ready++
      continue
    }
    if (terminated !== undefined) reason = `Init:${terminated.reason || exitText(terminated)}`
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`
    else reason = `Init:${index}/${(pod.spec.initContainers ?? []).length}`
    break
  }
  return { reason, ready, restarts, lastRestartMs, sidecarRestarts, lastSidecarRestartMs }
}

function exitText({ signal, exitCode }: { readonly signal?: number; readonly exitCode?: number }): string {
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`
}

function later(ms: number | undefined, container: ContainerStatus): number | undefined {
  const finished = container.lastState?.terminated?.finishedAt
  if (finished === undefined) return ms
  const finishedMs = parseTime(finished)
  return ms === undefined || finishedMs > ms ? finishedMs : ms
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? []
  if (gates.length === 0) return NONE
  const met = gates.filter((gate) =>
    pod.status?.conditions?.some((it) => it.type === gate.conditionType && it.status === 'True'),
  )
  return `${met.length}/${gates.length}`
}
