/**
 * What a plugin answers about a pod, or about a pod on a node. Success and skip carry nothing and are shared values; the rest
 * carry upstream's words, which reach users through events and conditions (framework/interface.go).
 */

/**
 * `unschedulable`: no, but removing pods may help, so preemption may try. `unresolvable`: no, and removing pods never
 * helps. `skip`: the plugin has nothing to say about this pod and is left out. `wait`: Permit only. `pending`: not now,
 * something outside must happen first. `error`: the plugin itself failed.
 */
export type Code = 'success' | 'unschedulable' | 'unresolvable' | 'pending' | 'error' | 'skip' | 'wait'

export interface Status {
  readonly code: Code
  readonly reasons: readonly string[]
  /** Filled by the framework: who said so. */
  readonly plugin?: string
  /** Permit only: how long to wait at most, ms. */
  readonly timeoutMs?: number
}

const NOTHING: readonly string[] = Object.freeze([])

export const SUCCESS: Status = Object.freeze({ code: 'success', reasons: NOTHING })
export const SKIP: Status = Object.freeze({ code: 'skip', reasons: NOTHING })

/** The node or cluster is full, or taken: evicting pods of lower priority may make room. */
export function unschedulable(...reasons: readonly string[]): Status {
  return Object.freeze({ code: 'unschedulable', reasons })
}

/** No eviction can help. */
export function unresolvable(...reasons: readonly string[]): Status {
  return Object.freeze({ code: 'unresolvable', reasons })
}

/** The plugin failed; the pod is retried with back-off and its condition says SchedulerError. */
export function failed(reason: string): Status {
  return Object.freeze({ code: 'error', reasons: [reason] })
}

/** Permit: hold the pod until another component allows it, at most `timeoutMs`. */
export function wait(timeoutMs: number): Status {
  return Object.freeze({ code: 'wait', reasons: NOTHING, timeoutMs })
}

/** A refusal that is an answer, not a failure. */
export function isRejection(status: Status): boolean {
  return status.code === 'unschedulable' || status.code === 'unresolvable' || status.code === 'pending'
}

export function by(plugin: string, status: Status): Status {
  return status.plugin === plugin ? status : Object.freeze({ ...status, plugin })
}

/** Upstream joins a status's reasons like this. */
export function messageOf(status: Status): string {
  return status.reasons.join(', ')
}
