/** What the scheduler writes: bindings, conditions, nominations, evictions. Callbacks instead of promises: one write a pod. */
import type { Binding } from '../api/core/binding.ts'
import type { PodCondition, PodStatus } from '../api/core/pod.ts'
import { Pod } from '../api/core/pod.ts'
import type { ApiResponse } from '../api/request.ts'
import { formatTime } from '../api/time.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { Process } from '../client/process.ts'
import type { PodInfo } from './cache/node-info.ts'
import { failed, type Status, SUCCESS } from './framework/status.ts'

export class ApiWrites {
  readonly #process: Process
  readonly #recorder: EventRecorder

  constructor(process: Process, recorder: EventRecorder) {
    this.#process = process
    this.#recorder = recorder
  }

  bind({ pod }: PodInfo, nodeName: string, done: (status: Status) => void): void {
    const { name, namespace, uid } = pod.metadata
    const binding: Binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { kind: 'Node', name: nodeName },
    }
    const request = this.#process.requests.subresource('create', Pod, { namespace, name }, 'binding', binding)
    this.#process.transport.request(request, (response) => done(statusOf(response)))
  }

  /** Writes the condition and the nomination, if either changes; `nominatedNode` undefined: as it is. */
  reportFailure(pod: Pod, condition: ConditionValues, nominatedNode: string | undefined): void {
    const conditions = updatedCondition(pod.status, condition, this.#now())
    const nominates = nominatedNode !== undefined && nominatedNode !== (pod.status?.nominatedNodeName ?? '')
    if (conditions === undefined && !nominates) return
    this.#patchStatus(pod, {
      ...(conditions && { conditions: [conditions] }),
      ...(nominates && { nominatedNodeName: nominatedNode === '' ? null : nominatedNode }),
    })
  }

  clearNomination({ pod }: PodInfo): void {
    if (pod.status?.nominatedNodeName) this.#patchStatus(pod, { nominatedNodeName: null })
  }

  preempt(
    victim: PodInfo,
    preemptor: PodInfo,
    nodeName: string,
    message: string,
    done: (status: Status) => void,
  ): void {
    const condition = updatedCondition(
      victim.pod.status,
      { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message },
      this.#now(),
    )
    const remove = () => {
      const { name, namespace } = victim.pod.metadata
      this.#process.transport.request(this.#process.requests.delete(Pod, { namespace, name }), (response) => {
        if (!response.ok && response.code !== 404) return done(statusOf(response))
        if (response.ok)
          this.#recorder.event(
            victim.pod,
            'Normal',
            'Preempted',
            `Preempted by pod ${preemptor.uid} on node ${nodeName}`,
            { action: 'Preempting', related: preemptor.pod },
          )
        done(SUCCESS)
      })
    }
    if (condition === undefined) {
      remove()
      return
    }
    this.#patchStatus(victim.pod, { conditions: [condition] }, (response) => {
      if (response.ok) remove()
      else done(response.code === 404 ? SUCCESS : statusOf(response))
    })
  }

  #patchStatus(pod: Pod, status: object, done: (response: ApiResponse) => void = () => {}): void {
    const { name = '', namespace } = pod.metadata ?? {}
    const request = this.#process.requests.patch(
      Pod,
      { namespace, name },
      { status },
      { type: 'application/strategic-merge-patch+json', subresource: 'status' },
    )
    this.#process.transport.request(request, done)
  }

  #now(): string {
    return formatTime(this.#process.clock.now())
  }
}

type ConditionValues = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>

/** The condition to write, or undefined when it says so already. The transition time moves with the status only. */
function updatedCondition(
  status: PodStatus | undefined,
  wanted: ConditionValues,
  now: string,
): object | undefined {
  const old = status?.conditions?.find((it) => it.type === wanted.type)
  if (
    old !== undefined &&
    old.status === wanted.status &&
    old.reason === wanted.reason &&
    old.message === wanted.message
  )
    return undefined
  const lastTransitionTime = old?.status === wanted.status ? old.lastTransitionTime : now
  return { ...wanted, lastProbeTime: null, lastTransitionTime }
}

function statusOf(response: ApiResponse): Status {
  return response.ok ? SUCCESS : failed(response.status.message ?? `the server answered ${response.code}`)
}
