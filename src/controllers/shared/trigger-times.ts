/**
 * Since when there was something to write for a Service's endpoints: a pod became ready or unready, or the Service was
 * made (k8s.io/endpointslice/trace: TriggerTimeTracker). Whoever measures how long changes take reads it.
 */
import type { Pod } from '../../api/core/pod.ts'
import type { Service } from '../../api/core/service.ts'
import type { Stored } from '../../api/kind.ts'
import { podCondition } from './pod.ts'

const ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time'

type Annotations = Readonly<Record<string, string>>

export class TriggerTimes {
  /** Service -> pod -> when its readiness changed last, as of the last look. */
  readonly #seen = new Map<string, ReadonlyMap<string, string>>()

  /** The earliest of the changes since the last look; undefined: nothing that has a time has changed. */
  look(key: string, service: Stored<Service>, pods: readonly Stored<Pod>[]): string | undefined {
    const before = this.#seen.get(key)
    const now = new Map<string, string>()
    let earliest: string | undefined
    for (const pod of pods) {
      const time = podCondition(pod, 'Ready')?.lastTransitionTime
      if (time === undefined) continue
      now.set(pod.metadata.name, time)
      if (time > (before?.get(pod.metadata.name) ?? '') && (earliest === undefined || time < earliest))
        earliest = time
    }
    this.#seen.set(key, now)
    return before === undefined ? service.metadata.creationTimestamp : earliest
  }

  forget(key: string): void {
    this.#seen.delete(key)
  }
}

/** Annotations of what is written now; that of an earlier write goes. */
export function withTriggerTime(
  annotations: Annotations | undefined,
  time: string | undefined,
): Annotations | undefined {
  const { [ANNOTATION]: _earlier, ...others } = annotations ?? {}
  if (time !== undefined) return { ...others, [ANNOTATION]: time }
  return Object.keys(others).length === 0 ? undefined : others
}

export function withoutTriggerTime(annotations: Annotations | undefined): Annotations {
  return withTriggerTime(annotations, undefined) ?? {}
}
