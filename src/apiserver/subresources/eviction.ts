/** POST pods/x/eviction: a delete that honours disruption budgets (upstream: registry/core/pod/storage/eviction.go). */
import type { Pod } from '../../api/core/pod.ts'
import { decode } from '../../api/decode.ts'
import {
  badRequest,
  conflict,
  forbidden,
  internalError,
  methodNotServed,
  notFound,
  tooManyRequests,
} from '../../api/errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import { Eviction } from '../../api/policy/eviction.ts'
import type {
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../../api/policy/pod-disruption-budget.ts'
import type { ApiResponse, Maybe } from '../../api/request.ts'
import { admitPosted } from '../admission/plugin.ts'
import { answer, type Call } from '../call.ts'
import { removeNamed } from '../delete.ts'
import { after } from '../maybe.ts'
import { change, type UpdateStrategy } from '../update.ts'
import { SUCCESS } from './success.ts'

/** Pods evicted but not yet seen gone by the disruption controller; more than that and something is wrong. */
const MAX_DISRUPTED_PODS = 2000
const VIOLATES = "Cannot evict pod as it would violate the pod's disruption budget."
const WRITE: UpdateStrategy = { merge: (next) => next, validate: () => undefined, admitted: true }

export function evict(call: Call): Maybe<ApiResponse> {
  const { request } = call
  if (request.verb !== 'create') throw methodNotServed()
  const { object: posted } = decode(Eviction, upToDate(request.body))
  return after(admitPosted(call, Eviction, posted), (eviction) => admittedEviction(call, eviction))
}

/** Clients older than policy/v1 send the same in an older version, which this endpoint goes on to accept. */
function upToDate(body: unknown): unknown {
  const { apiVersion } = (body ?? {}) as KubeObject
  return apiVersion === 'policy/v1beta1' ? { ...(body as KubeObject), apiVersion: 'policy/v1' } : body
}

function admittedEviction(call: Call, eviction: Eviction): Maybe<ApiResponse> {
  const { server, request, resource, kind } = call
  const named = eviction.metadata?.name
  if (named && named !== request.name) {
    throw badRequest('name in URL does not match name in Eviction object: Precondition failed')
  }
  const pod = server.storage.get(resource.keyOf(request.namespace, request.name!)) as Pod | undefined
  if (pod === undefined) throw notFound(kind, request.name!)
  const { preconditions, gracePeriodSeconds, propagationPolicy, dryRun } = eviction.deleteOptions ?? {}
  const options = {
    ...call.options,
    dryRun: call.options.dryRun || (dryRun?.includes('All') ?? false),
    gracePeriodSeconds,
    preconditions,
    propagationPolicy: propagationPolicy as 'Background' | undefined,
  }
  const asDelete: Call = { ...call, options }
  if (preconditions?.uid !== undefined && preconditions.uid !== pod.metadata!.uid) {
    throw conflict(
      kind,
      request.name!,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${pod.metadata!.uid}). The object might have been deleted and then recreated`,
    )
  }
  const admitted = ignoresBudget(pod) ? undefined : spend(asDelete, pod)
  return after(admitted, () =>
    after(mark(asDelete, pod), () =>
      after(removeNamed(asDelete, request.name!), () => answer(call, 201, SUCCESS)),
    ),
  )
}

/** Pods that serve nobody, or are on their way out anyway. */
function ignoresBudget(pod: Pod): boolean {
  const phase = pod.status?.phase
  return (
    phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || !!pod.metadata!.deletionTimestamp
  )
}

/** Takes one disruption from the pod's budget, or refuses. */
function spend(call: Call, pod: Pod): Maybe<unknown> {
  const { server, request, options } = call
  const budgets = [
    ...server.each('policy', 'poddisruptionbudgets', request.namespace),
  ] as PodDisruptionBudget[]
  const matching = budgets.filter((it) => compileSelector(it.spec.selector).matches(pod.metadata!.labels))
  if (matching.length > 1) {
    throw internalError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  }
  const [budget] = matching
  if (budget === undefined) return undefined
  if (!isReady(pod)) {
    const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
    if (budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return undefined
    if (currentHealthy >= desiredHealthy && desiredHealthy > 0) return undefined
  }
  const { name } = budget.metadata!
  const target = server.resourceOf('policy', 'poddisruptionbudgets')
  const write: Call = {
    ...call,
    resource: target,
    kind: target.kind,
    options: { dryRun: options.dryRun },
    request: {
      ...request,
      verb: 'update',
      resource: 'poddisruptionbudgets',
      group: 'policy',
      name,
      subresource: 'status',
    },
  }
  return change(write, WRITE, (old) => decremented(old as PodDisruptionBudget, pod, server.strategy.now))
}

function decremented(budget: PodDisruptionBudget, pod: Pod, now: string): KubeObject {
  const { name, generation = 0 } = budget.metadata!
  const status = {
    disruptionsAllowed: 0,
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...budget.status,
  }
  const refuse = (message: string, retryAfter: number) =>
    tooManyRequests(VIOLATES, retryAfter, [{ reason: 'DisruptionBudget', message }])
  if ((status.observedGeneration ?? 0) < generation) {
    throw refuse(`The disruption budget ${name} is still being processed by the server.`, 10)
  }
  const resource = { group: 'policy', resource: 'poddisruptionbudgets' }
  if (status.disruptionsAllowed < 0) throw forbidden(resource, name!, 'pdb disruptions allowed is negative')
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    throw forbidden(
      resource,
      name!,
      'DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    )
  }
  if (status.disruptionsAllowed === 0) {
    throw refuse(
      `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
      0,
    )
  }
  const disruptionsAllowed = status.disruptionsAllowed - 1
  const conditions = disruptionsAllowed > 0 ? status.conditions : exhausted(status, now)
  return {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed,
      conditions,
      disruptedPods: { ...status.disruptedPods, [pod.metadata!.name!]: now },
    },
  } as KubeObject
}

/** Says that nothing more may be disrupted. */
function exhausted({ conditions = [], observedGeneration }: PodDisruptionBudgetStatus, now: string) {
  const type = 'DisruptionAllowed'
  const i = conditions.findIndex((it) => it.type === type)
  const current = conditions[i]
  const lastTransitionTime = current?.status === 'False' ? current.lastTransitionTime : now
  const reason = 'InsufficientPods'
  const next = { type, status: 'False', reason, message: '', observedGeneration, lastTransitionTime }
  return current === undefined ? [...conditions, next] : conditions.with(i, next)
}

/** Tells why the pod goes, for who looks at it while it terminates. */
function mark(call: Call, pod: Pod): Maybe<unknown> {
  if (call.options.dryRun) return undefined
  const write: Call = { ...call, options: {}, request: { ...call.request, verb: 'update' } }
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: call.server.strategy.now,
  }
  return change(write, WRITE, (old) => {
    const current = old as Pod
    const others = current.status?.conditions?.filter((it) => it.type !== condition.type) ?? []
    if (current.metadata!.uid !== pod.metadata!.uid) return old
    return { ...current, status: { ...current.status, conditions: [...others, condition] } } as KubeObject
  })
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') ?? false
}
