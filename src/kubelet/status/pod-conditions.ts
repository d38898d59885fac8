/** The conditions that a kubelet writes (upstream: pkg/kubelet/status/generate.go). */
import type { ContainerStatus, PodCondition } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { hasBeenRun, type PodPhase } from './pod-phase.ts'

/** A condition before its transition time is known. */
export interface Verdict {
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}

const TRUE: Verdict = Object.freeze({ status: 'True' })
const FALSE: Verdict = Object.freeze({ status: 'False' })
const POD_COMPLETED = 'PodCompleted'

/** Types that the kubelet owns: it drops what others wrote there. */
const OWNED: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'PodResizePending',
  'PodResizeInProgress',
])

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export interface ConditionInput {
  readonly spec: PodSpec
  /** By container name; absent: never created. */
  readonly statuses: ReadonlyMap<string, ContainerStatus>
  readonly phase: PodPhase
  readonly sandboxReady: boolean
  /** The pod's conditions so far. */
  readonly old: readonly PodCondition[]
  /** Further conditions of the kubelet, such as DisruptionTarget. */
  readonly extra?: readonly (Verdict & { readonly type: string })[]
  /** RFC 3339: for those that change. */
  readonly now: string
}

export function podConditions(input: ConditionInput): PodCondition[] {
  const { old, extra = [] } = input
  const containersReady = containersReadyVerdict(input)
  const conditions = old.filter((it) => !OWNED.has(it.type) && !extra.some(({ type }) => type === it.type))
  const add = (type: string, verdict: Verdict) =>
    conditions.push(withTransition(type, verdict, old, input.now))
  for (const it of extra) add(it.type, it)
  add('PodReadyToStartContainers', input.sandboxReady ? TRUE : FALSE)
  add('Initialized', initializedVerdict(input))
  add('Ready', readyVerdict(input, containersReady))
  add('ContainersReady', containersReady)
  add('PodScheduled', TRUE)
  return conditions
}

function withTransition(
  type: string,
  wanted: Verdict,
  old: readonly PodCondition[],
  now: string,
): PodCondition {
  const before = old.find((it) => it.type === type)
  if (
    before !== undefined &&
    before.status === wanted.status &&
    before.reason === wanted.reason &&
    before.message === wanted.message
  ) {
    return before
  }
  const since = before?.status === wanted.status ? before.lastTransitionTime : now
  if (wanted === TRUE && since === now) return trueSince(type, now)
  const condition: Mutable<PodCondition> = { type, status: wanted.status, lastTransitionTime: since }
  if (wanted.reason !== undefined) condition.reason = wanted.reason
  if (wanted.message !== undefined) condition.message = wanted.message
  return condition
}

/** What came true within one second is the same for all pods, and kept as long as they are. */
function trueSince(type: string, now: string): PodCondition {
  if (now !== turnedAt) {
    turnedAt = now
    turned.clear()
  }
  let condition = turned.get(type)
  if (condition === undefined) {
    condition = Object.freeze({ type, status: 'True', lastTransitionTime: now })
    turned.set(type, condition)
  }
  return condition
}

let turnedAt = ''
const turned = new Map<string, PodCondition>()

function initializedVerdict({ spec, statuses, phase }: ConditionInput): Verdict {
  const inits = spec.initContainers ?? []
  if (phase === 'Succeeded' && inits.every((it) => statuses.has(it.name)))
    return { status: 'True', reason: POD_COMPLETED }
  if (inits.length === 0 || spec.containers.some((it) => hasBeenRun(statuses.get(it.name)))) return TRUE
  const unknown: string[] = []
  const incomplete: string[] = []
  for (const container of inits) {
    const status = statuses.get(container.name)
    if (status === undefined) unknown.push(container.name)
    else if (container.restartPolicy === 'Always' ? status.started !== true : !status.ready) {
      incomplete.push(container.name)
    }
  }
  return named(unknown, incomplete, 'incomplete', 'ContainersNotInitialized') ?? TRUE
}

function containersReadyVerdict({ spec, statuses, phase }: ConditionInput): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: POD_COMPLETED }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const unknown: string[] = []
  const unready: string[] = []
  const look = (name: string) => {
    const status = statuses.get(name)
    if (status === undefined) unknown.push(name)
    else if (!status.ready) unready.push(name)
  }
  for (const container of spec.initContainers ?? [])
    if (container.restartPolicy === 'Always') look(container.name)
  for (const container of spec.containers) look(container.name)
  return named(unknown, unready, 'unready', 'ContainersNotReady') ?? TRUE
}

function readyVerdict({ spec, old }: ConditionInput, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady
  const messages: string[] = []
  for (const { conditionType } of spec.readinessGates ?? []) {
    const condition = old.find((it) => it.type === conditionType)
    if (condition === undefined) {
      messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`)
    } else if (condition.status !== 'True') {
      messages.push(
        `the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`,
      )
    }
  }
  if (messages.length === 0) return TRUE
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}

function named(
  unknown: readonly string[],
  others: readonly string[],
  word: string,
  reason: string,
): Verdict | undefined {
  const messages: string[] = []
  if (unknown.length > 0) messages.push(`containers with unknown status: [${unknown.join(' ')}]`)
  if (others.length > 0) messages.push(`containers with ${word} status: [${others.join(' ')}]`)
  return messages.length === 0 ? undefined : { status: 'False', reason, message: messages.join(', ') }
}
