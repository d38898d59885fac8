/**
 * What may be injected, and by which documented behaviour of Kubernetes it is legal. Nothing else may be.
 */
export interface Fault {
  readonly summary: string
  /** Why a correct controller must survive this. */
  readonly legal: string
  /** Higher is stronger: shrinking replaces a fault by a weaker one where that suffices. */
  readonly strength: number
}

export const FAULTS = {
  error: {
    summary: 'the request fails with 500 and is not applied',
    legal:
      'API conventions, "HTTP Status codes": a 500 may come at any time; the client should back off and retry',
    strength: 1,
  },
  throttled: {
    summary: 'the request fails with 429 and is not applied',
    legal: 'API Priority and Fairness: requests beyond the limit are rejected with 429 Too Many Requests',
    strength: 1,
  },
  conflict: {
    summary: 'somebody else changes the object just before',
    legal:
      'API conventions, "Concurrency control and consistency": any writer may come first; updates then get 409',
    strength: 1,
  },
  'lost-answer': {
    summary: 'the write is applied, but its answer is lost (504)',
    legal: 'API conventions, StatusServerTimeout/504: the request may or may not have been applied',
    strength: 2,
  },
  slow: {
    summary: 'the request, or its answer, is under way for minutes while everything else goes on',
    legal: 'no bound on latency is promised anywhere; client-go requests have no deadline by default',
    strength: 3,
  },
  lag: {
    summary: 'watch events of this kind arrive late from here on',
    legal: 'API concepts, "Semantics for watch": caches are eventually consistent, each kind at its own pace',
    strength: 2,
  },
  missed: {
    summary: 'the watch of this kind expires (410): states in between are never seen',
    legal: 'API concepts, "410 Gone responses": clients list again and miss what happened meanwhile',
    strength: 3,
  },
  'crash-before': {
    summary: 'the process crashes before the call',
    legal: 'containers are killed at any time: OOM, eviction, node failure',
    strength: 3,
  },
  'crash-after': {
    summary: 'the process crashes after the call was applied, before it learns of it',
    legal: 'containers are killed at any time: OOM, eviction, node failure',
    strength: 3,
  },
  restart: {
    summary: 'the idle process is restarted',
    legal: 'a rollout of the controller itself',
    strength: 2,
  },
  down: {
    summary: 'the process is down while the user goes on',
    legal: 'nothing promises that a controller runs when its objects change',
    strength: 3,
  },
  stale: {
    summary: 'the process restarts with an older state of the world',
    legal:
      'lists with resourceVersion=0 may be served by an API server that lags (kubernetes/kubernetes#59848)',
    strength: 4,
  },
  'two-leaders': {
    summary: 'the process is paused before the call; a second one leads; then the first goes on',
    legal:
      'client-go leaderelection: "does not guarantee that only one client is acting as a leader (a.k.a. fencing)"',
    strength: 5,
  },
  'clock-forward': {
    summary: 'the clock of the process jumps an hour ahead',
    legal: 'NTP corrections and suspended machines',
    strength: 3,
  },
  'clock-back': {
    summary: 'the clock of the process jumps an hour back',
    legal: 'NTP corrections',
    strength: 3,
  },
  'not-ready': {
    summary: 'a running pod is not ready for a while',
    legal: 'Pod lifecycle, "Container probes": a readiness probe may fail at any time and pass again',
    strength: 2,
  },
  'pod-fails': {
    summary: 'a running pod fails: evicted from its node',
    legal: 'Node-pressure eviction: "the kubelet sets the phase for the selected pods to Failed"',
    strength: 3,
  },
  'node-silent': {
    summary: 'a node is not heard of for a while: its Ready is Unknown',
    legal: 'Nodes, "Heartbeats": the node controller sets Ready to Unknown when a node falls silent',
    strength: 3,
  },
  'late-status': {
    summary: 'kubelets, and what else runs beside, hear of pods and act on them late',
    legal: 'API concepts, "Semantics for watch": caches of kubelets are eventually consistent too',
    strength: 2,
  },
} as const satisfies Record<string, Fault>

type FaultKind = keyof typeof FAULTS

/** `stale@2`: stale, with the world as it was right after the second step of the user. */
export type FaultName = FaultKind | `stale@${number}`

export const ALL_FAULTS = Object.keys(FAULTS) as readonly FaultKind[]

export function faultKind(fault: FaultName): FaultKind {
  const at = fault.indexOf('@')
  return (at < 0 ? fault : fault.slice(0, at)) as FaultKind
}

/** These change for good what a run ends with: only tried where they are asked for. */
export const ASKED_FOR: ReadonlySet<FaultName> = new Set(['pod-fails'])

/** `stale` allows `stale@2` too. */
export function isAllowed(fault: FaultName, allowed: readonly FaultName[]): boolean {
  return allowed.includes(fault) || allowed.includes(faultKind(fault))
}

/** Weaker faults first: what may take the place of `fault` at the same kind of site. */
export function weakerThan(fault: FaultName): FaultName[] {
  const strength = (it: FaultName) => FAULTS[faultKind(it)].strength
  return ALL_FAULTS.filter((it) => strength(it) < strength(fault)).toSorted(
    (a, b) => strength(a) - strength(b),
  )
}
