/** Sets the size of what it targets by the load of its pods (podautoscaler/horizontal.go). */
import {
  HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
  type HPAScalingRules,
  type MetricSpec,
  type MetricStatus,
} from '../../api/autoscaling/horizontal-pod-autoscaler.ts'
import { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { parseSelector } from '../../api/label-selector.ts'
import { PodMetrics } from '../../api/metrics/pod-metrics.ts'
import { milliValue, quantityFromMilli } from '../../api/quantity.ts'
import type { Scheme } from '../../api/scheme.ts'
import { formatTime } from '../../api/time.ts'
import { BY_NAMESPACE } from '../../client/informer.ts'
import { defineController, type ReconcileContext } from '../runtime/controller.ts'
import { textOf } from '../shared/refusals.ts'
import { namespaceIndex } from '../shared/selected-pods.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { meter } from './metrics.ts'
import { averageReplicas, type Proposal, resourceReplicas } from './replicas.ts'
import {
  LIMIT_MESSAGES,
  type Limited,
  limitWithBehavior,
  limitWithoutBehavior,
  type Recommendation,
  type ScaleEvent,
  stabilize,
  stabilizeWithBehavior,
} from './rules.ts'

const SYNC_MS = 15_000
const TOLERANCE = 0.1
const DOWNSCALE_WINDOW_MS = 300_000

interface Memory {
  readonly scheme: Scheme
  /** By key. */
  readonly states: Map<string, State>
}

interface State {
  recommendations: readonly Recommendation[]
  up: readonly ScaleEvent[]
  down: readonly ScaleEvent[]
}

interface Scale {
  readonly metadata?: object
  readonly spec?: { readonly replicas?: number }
  readonly status?: { readonly replicas?: number; readonly selector?: string }
}

export const horizontalPodAutoscalerController = defineController<HorizontalPodAutoscaler, Memory>({
  name: 'horizontal-pod-autoscaler-controller',
  component: 'horizontal-pod-autoscaler',
  for: HorizontalPodAutoscaler,
  // It looks every 15 seconds, and once when somebody changes what it should do.
  predicate: { update: (hpa, old) => hpa.spec !== old.spec },
  concurrency: 5,
  watches: [{ kind: Pod, map: () => [], informer: { indexes: namespaceIndex } }],
  setup: ({ process }) => ({ scheme: process.scheme, states: new Map() }),

  async reconcile(context) {
    const { object: hpa, key, memory } = context
    if (hpa === undefined) {
      memory.states.delete(key)
      return
    }
    await new Sync(context, hpa).run()
    return { requeueAfterMs: SYNC_MS }
  },
})

type Conditions = NonNullable<HorizontalPodAutoscalerStatus['conditions']>

class Sync {
  readonly #context: ReconcileContext<HorizontalPodAutoscaler, Memory>
  readonly #hpa: Stored<HorizontalPodAutoscaler>
  #conditions: Conditions
  #metrics: readonly MetricStatus[] = []

  constructor(
    context: ReconcileContext<HorizontalPodAutoscaler, Memory>,
    hpa: Stored<HorizontalPodAutoscaler>,
  ) {
    this.#context = context
    this.#hpa = hpa
    this.#conditions = hpa.status?.conditions ?? []
  }

  async run(): Promise<void> {
    const before = this.#hpa.status
    let scale: Scale
    try {
      scale = await this.#scale('get')
    } catch (error) {
      this.#event('Warning', 'FailedGetScale', textOf(error))
      this.#condition(
        'AbleToScale',
        'False',
        'FailedGetScale',
        `the HPA controller was unable to get the target's current scale: ${textOf(error)}`,
      )
      await this.#writeStatus(
        before?.currentReplicas ?? 0,
        before?.desiredReplicas ?? 0,
        before?.lastScaleTime,
      )
      return
    }
    this.#condition(
      'AbleToScale',
      'True',
      'SucceededGetScale',
      "the HPA controller was able to get the target's current scale",
    )
    const current = scale.spec?.replicas ?? 0
    const decision = await this.#decide(scale, current)
    if (decision === undefined) return this.#writeStatus(current, current, before?.lastScaleTime)
    if (decision.replicas === current) return this.#writeStatus(current, current, before?.lastScaleTime)
    await this.#rescale(scale, current, decision)
  }

  /** Undefined: leave it as it is. */
  async #decide(
    scale: Scale,
    current: number,
  ): Promise<{ readonly replicas: number; readonly reason: string } | undefined> {
    const { minReplicas: min = 1, maxReplicas: max = 1 } = this.#hpa.spec
    if (current === 0 && min !== 0) {
      this.#condition(
        'ScalingActive',
        'False',
        'ScalingDisabled',
        'scaling is disabled since the replica count of the target is zero',
      )
      return undefined
    }
    if (current > max) return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas' }
    if (current < min) return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas' }
    const proposal = await this.#propose(scale, current)
    if (proposal === undefined) return undefined
    const desired = this.#normalize(current, proposal.replicas, min, max)
    const reason = desired > current ? `${proposal.name} above target` : 'All metrics below target'
    return { replicas: desired, reason }
  }

  /** The most that any metric asks for; one that cannot be had only stops the way down. */
  async #propose(
    scale: Scale,
    current: number,
  ): Promise<{ readonly replicas: number; readonly name: string } | undefined> {
    let best: { replicas: number; name: string } | undefined
    let failed: { reason: string; error: unknown } | undefined
    for (const metric of this.#hpa.spec.metrics ?? []) {
      try {
        const { proposal, name, status } = await this.#evaluate(metric, scale, current)
        this.#metrics = [...this.#metrics, status]
        if (best === undefined || proposal.replicas > best.replicas)
          best = { replicas: proposal.replicas, name }
      } catch (error) {
        failed ??= {
          reason: metric.type === 'Resource' ? 'FailedGetResourceMetric' : `FailedGet${metric.type}Metric`,
          error,
        }
      }
    }
    if (failed !== undefined && (best === undefined || best.replicas < current)) {
      const message = `the HPA was unable to compute the replica count: ${textOf(failed.error)}`
      this.#event('Warning', failed.reason, textOf(failed.error))
      this.#event('Warning', 'FailedComputeMetricsReplicas', `invalid metrics: ${textOf(failed.error)}`)
      this.#condition('ScalingActive', 'False', failed.reason, message)
      return undefined
    }
    if (best === undefined) return undefined
    this.#condition(
      'ScalingActive',
      'True',
      'ValidMetricFound',
      `the HPA was able to successfully calculate a replica count from ${best.name}`,
    )
    return best
  }

  async #evaluate(
    metric: MetricSpec,
    scale: Scale,
    current: number,
  ): Promise<{ proposal: Proposal; name: string; status: MetricStatus }> {
    const source = metric.resource
    if (metric.type !== 'Resource' || source === undefined) {
      throw new Error(`unable to get ${metric.type} metric: no custom metrics API is served`)
    }
    const { name, target } = source
    const pods = this.#podsOf(scale)
    if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
    const metered = meter(pods, await this.#fetch(name), name, this.#context.now)
    if (target.averageUtilization !== undefined) {
      const proposal = resourceReplicas(metered, current, target.averageUtilization, TOLERANCE)
      const used = metered.filter((it) => it.usageMilli !== undefined)
      const average = Math.floor(used.reduce((sum, it) => sum + it.usageMilli!, 0) / Math.max(1, used.length))
      const value = { averageUtilization: proposal.usage, averageValue: quantityFromMilli(average) }
      return {
        proposal,
        name: `${name} resource utilization (percentage of request)`,
        status: { type: 'Resource', resource: { name, current: value } },
      }
    }
    const proposal = averageReplicas(metered, current, milliValue(target.averageValue), TOLERANCE)
    const value = { averageValue: quantityFromMilli(proposal.usage) }
    return {
      proposal,
      name: `${name} resource`,
      status: { type: 'Resource', resource: { name, current: value } },
    }
  }

  async #fetch(resource: string): Promise<ReadonlyMap<string, PodMetrics>> {
    try {
      const { items } = await this.#context.client.list(PodMetrics, {
        namespace: this.#context.namespace,
      })
      return new Map(items.map((it) => [it.metadata?.name ?? '', it]))
    } catch (error) {
      throw new Error(
        `failed to get ${resource} utilization: unable to get metrics for resource ${resource}: unable to fetch metrics from resource metrics API: ${textOf(error)}`,
      )
    }
  }

  #podsOf(scale: Scale): readonly Stored<Pod>[] {
    const selector = parseSelector(scale.status?.selector ?? '')
    const pods = this.#context.lister(Pod).byIndex(BY_NAMESPACE, this.#context.namespace)
    return [...pods].filter((it) => !selector.empty && selector.matches(it.metadata.labels))
  }

  #normalize(current: number, desired: number, min: number, max: number): number {
    const { now } = this.#context
    const state = this.#state(current)
    const behavior = this.#hpa.spec.behavior
    const range = { current, desired, min, max }
    let limited: Limited
    if (behavior === undefined) {
      const stable = stabilize(state.recommendations, desired, DOWNSCALE_WINDOW_MS, now)
      state.recommendations = stable.recommendations
      this.#noteStabilized(stable.replicas, desired, current)
      limited = limitWithoutBehavior({ ...range, desired: stable.replicas })
    } else {
      const up: HPAScalingRules = behavior.scaleUp ?? {}
      const down: HPAScalingRules = behavior.scaleDown ?? {}
      const windows = {
        upMs: (up.stabilizationWindowSeconds ?? 0) * 1000,
        downMs: (down.stabilizationWindowSeconds ?? 300) * 1000,
      }
      const stable = stabilizeWithBehavior(state.recommendations, range, windows, now)
      state.recommendations = stable.recommendations
      this.#noteStabilized(stable.replicas, desired, current)
      limited = limitWithBehavior({ ...range, desired: stable.replicas }, { up, down }, state, now)
    }
    const within = limited.reason === 'DesiredWithinRange'
    this.#condition(
      'ScalingLimited',
      within ? 'False' : 'True',
      limited.reason,
      LIMIT_MESSAGES[limited.reason],
    )
    return limited.replicas
  }

  #noteStabilized(stable: number, desired: number, current: number): void {
    if (stable === desired)
      this.#condition('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size')
    else if (stable >= current && stable < desired) {
      this.#condition(
        'AbleToScale',
        'True',
        'ScaleUpStabilized',
        'recent recommendations were lower than current one, applying the lowest recent recommendation',
      )
    } else {
      this.#condition(
        'AbleToScale',
        'True',
        'ScaleDownStabilized',
        'recent recommendations were higher than current one, applying the highest recent recommendation',
      )
    }
  }

  /** The first look takes the present size for a recommendation. */
  #state(current: number): State {
    const { key, now, memory } = this.#context
    let state = memory.states.get(key)
    if (state === undefined) {
      state = { recommendations: [{ replicas: current, atMs: now }], up: [], down: [] }
      memory.states.set(key, state)
    }
    return state
  }

  async #rescale(
    scale: Scale,
    current: number,
    { replicas, reason }: { readonly replicas: number; readonly reason: string },
  ): Promise<void> {
    const { now } = this.#context
    try {
      await this.#scale('update', { ...scale, spec: { ...scale.spec, replicas } })
    } catch (error) {
      this.#event(
        'Warning',
        'FailedRescale',
        `New size: ${replicas}; reason: ${reason}; error: ${textOf(error)}`,
      )
      this.#condition(
        'AbleToScale',
        'False',
        'FailedUpdateScale',
        `the HPA controller was unable to update the target scale: ${textOf(error)}`,
      )
      await this.#writeStatus(current, current, this.#hpa.status?.lastScaleTime)
      throw error
    }
    this.#condition(
      'AbleToScale',
      'True',
      'SucceededRescale',
      `the HPA controller was able to update the target scale to ${replicas}`,
    )
    this.#event('Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`)
    this.#remember(replicas - current, now)
    await this.#writeStatus(current, replicas, formatTime(now))
  }

  /** Longest period of a policy: half an hour. */
  #remember(change: number, now: number): void {
    const state = this.#state(0)
    const recent = (events: readonly ScaleEvent[]) => events.filter((it) => now - it.atMs < 1_800_000)
    if (change > 0) state.up = [...recent(state.up), { change, atMs: now }]
    else state.down = [...recent(state.down), { change: -change, atMs: now }]
  }

  #scale(verb: 'get' | 'update', body?: Scale): Promise<Scale> {
    const { apiVersion = '', kind, name } = this.#hpa.spec.scaleTargetRef
    const definition = this.#context.memory.scheme.byKind(apiVersion, kind)
    if (definition?.scale === undefined) {
      return Promise.reject(new Error(`no matches for kind "${kind}" in group "${apiVersion.split('/')[0]}"`))
    }
    return this.#context.client.subresource(
      verb,
      definition,
      { namespace: this.#context.namespace, name },
      'scale',
      body,
    )
  }

  async #writeStatus(
    currentReplicas: number,
    desiredReplicas: number,
    lastScaleTime: string | undefined,
  ): Promise<void> {
    const before = this.#hpa.status
    const status: HorizontalPodAutoscalerStatus = {
      ...before,
      observedGeneration: this.#hpa.metadata.generation,
      currentReplicas,
      desiredReplicas,
      lastScaleTime,
      conditions: this.#conditions,
      ...(this.#metrics.length > 0 && { currentMetrics: this.#metrics }),
    }
    if (!sameStatus(status, before)) {
      await this.#context.client.updateStatus(HorizontalPodAutoscaler, { ...this.#hpa, status })
    }
  }

  #condition(type: string, status: string, reason: string, message: string): void {
    const current = this.#conditions.find((it) => it.type === type)
    const lastTransitionTime =
      current?.status === status ? current.lastTransitionTime : formatTime(this.#context.now)
    const next = { type, status, reason, message, lastTransitionTime }
    this.#conditions =
      current === undefined
        ? [...this.#conditions, next]
        : this.#conditions.map((it) => (it === current ? next : it))
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.recorder.event(this.#hpa, type, reason, message)
  }
}
