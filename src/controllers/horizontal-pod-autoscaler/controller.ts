/** Sets the size of what it targets by the load of its pods (podautoscaler/horizontal.go). */
import {
  HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
  type HPAScalingRules,
  type MetricIdentifier,
  type MetricStatus,
} from '../../api/autoscaling/horizontal-pod-autoscaler.ts'
import { Pod } from '../../api/core/pod.ts'
import { groupResource, objectKey, type Stored } from '../../api/kind.ts'
import { compileSelector, parseSelector, type Selector } from '../../api/label-selector.ts'
import {
  CUSTOM_METRICS,
  EXTERNAL_METRICS,
  type ExternalMetricValue,
  type MetricValueList,
} from '../../api/metrics/metric-values.ts'
import { PodMetrics } from '../../api/metrics/pod-metrics.ts'
import type { Scheme } from '../../api/scheme.ts'
import { formatTime } from '../../api/time.ts'
import type { KindRef } from '../../client/client.ts'
import { BY_NAMESPACE } from '../../client/informer.ts'
import { defineController, type ReconcileContext } from '../runtime/controller.ts'
import { textOf } from '../shared/refusals.ts'
import { namespaceIndex } from '../shared/selected-pods.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { type Evaluation, evaluate, MetricError, type Situation } from './evaluate.ts'
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
const DOWNSCALE_WINDOW_MS = 300_000

interface Memory {
  readonly scheme: Scheme
  /** By key. */
  readonly states: Map<string, State>
  /** Of what each of them scales, as far as they have been looked at. */
  readonly selectors: Map<string, Selector>
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
  // It looks every 15 seconds, the first time 15 seconds after there was something to look at, whoever changes what meanwhile.
  predicate: { create: () => false, update: () => false },
  concurrency: 5,
  // What fails is looked at again with the rest.
  rateLimit: { baseMs: SYNC_MS, maxMs: SYNC_MS },
  watches: [{ kind: Pod, map: () => [], informer: { indexes: namespaceIndex } }],
  setup({ process, informer, enqueueAfter }) {
    informer.addHandlers({ add: ({ metadata }) => enqueueAfter(objectKey(metadata), SYNC_MS) })
    return { scheme: process.scheme, states: new Map(), selectors: new Map() }
  },

  async reconcile(context) {
    const { object: hpa, key, memory } = context
    if (hpa === undefined) {
      memory.states.delete(key)
      memory.selectors.delete(key)
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
  readonly #metrics: MetricStatus[] = []

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
      if (!sameStatus(this.#conditions, before?.conditions ?? []))
        await this.#writeStatus({ desiredReplicas: 0, ...before, conditions: this.#conditions })
      return
    }
    this.#condition(
      'AbleToScale',
      'True',
      'SucceededGetScale',
      "the HPA controller was able to get the target's current scale",
    )
    const current = scale.spec?.replicas ?? 0
    this.#state(current)
    const decision = await this.#decide(scale, current)
    // Nobody knows what is wanted: what was wanted last still stands.
    if (decision === undefined) return this.#tell(current, before?.desiredReplicas ?? 0)
    if (decision.replicas === current) return this.#tell(current, current)
    await this.#rescale(scale, current, decision)
  }

  /** Undefined: it cannot be told. */
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
      return { replicas: 0, reason: '' }
    }
    if (current > max) return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas' }
    if (current < min) return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas' }
    const proposal = await this.#propose(scale, current)
    if (proposal === undefined) return undefined
    const reason = proposal.replicas > current ? `${proposal.name} above target` : 'All metrics below target'
    return { replicas: this.#normalize(current, proposal.replicas, min, max), reason }
  }

  /** The most that any metric asks for; one that cannot be had only stops the way down. */
  async #propose(scale: Scale, current: number): Promise<Pick<Evaluation, 'replicas' | 'name'> | undefined> {
    const specs = this.#hpa.spec.metrics ?? []
    let best: Evaluation | undefined
    let invalid = 0
    let first: MetricError | undefined
    try {
      const situation = this.#situation(scale, this.#selector(scale))
      for (const spec of specs) {
        try {
          const found = await evaluate(spec, situation)
          this.#metrics.push(found.status)
          if (best === undefined || found.replicas > best.replicas) best = found
        } catch (error) {
          if (!(error instanceof MetricError)) throw error
          // Upstream leaves the place of a metric that is missing empty.
          this.#metrics.push({ type: '' })
          this.#event('Warning', error.reason, error.message)
          first ??= error
          invalid++
        }
      }
    } catch (error) {
      this.#event('Warning', 'FailedComputeMetricsReplicas', textOf(error))
      return undefined
    }
    if (invalid > 0 && (best === undefined || best.replicas < current)) {
      this.#condition(
        'ScalingActive',
        'False',
        first!.reason,
        `the HPA was unable to compute the replica count: ${first!.message}`,
      )
      const message = `invalid metrics (${invalid} invalid out of ${specs.length}), first error is: ${first!.summary}`
      this.#event('Warning', 'FailedComputeMetricsReplicas', message)
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

  /** Of the target's pods. @throws Error when there is none, or its pods are another autoscaler's too */
  #selector(scale: Scale): Selector {
    const { key, memory } = this.#context
    const text = scale.status?.selector ?? ''
    if (text === '') {
      this.#event('Warning', 'SelectorRequired', 'selector is required')
      this.#condition(
        'ScalingActive',
        'False',
        'InvalidSelector',
        "the HPA target's scale is missing a selector",
      )
      throw new Error('selector is required')
    }
    let selector: Selector
    try {
      selector = parseSelector(text)
    } catch (error) {
      return this.#refuseSelector(
        'InvalidSelector',
        `couldn't convert selector into a corresponding internal selector object: ${textOf(error)}`,
      )
    }
    memory.selectors.set(key, selector)
    const keys = this.#autoscalersOf(this.#podsOf(selector))
    if (keys.length <= 1) return selector
    return this.#refuseSelector(
      'AmbiguousSelector',
      `pods by selector ${text} are controlled by multiple HPAs: [${keys.join(' ')}]`,
    )
  }

  #refuseSelector(reason: string, message: string): never {
    this.#event('Warning', reason, message)
    this.#condition('ScalingActive', 'False', reason, message)
    throw new Error(message)
  }

  #autoscalersOf(pods: readonly Stored<Pod>[]): readonly string[] {
    const { namespace, memory } = this.#context
    const others = [...memory.selectors].filter(([key]) => key.startsWith(`${namespace}/`))
    if (others.length <= 1) return []
    const matching = others.filter(([, it]) => pods.some((pod) => it.matches(pod.metadata.labels)))
    return matching.map(([key]) => key).sort()
  }

  #situation(scale: Scale, selector: Selector): Situation {
    const { client, namespace, now, memory } = this.#context
    const ask = async <T>(api: string, ref: KindRef, request: () => Promise<{ readonly items: T }>) => {
      try {
        return (await request()).items
      } catch (error) {
        throw new Error(`unable to fetch metrics from ${api} metrics API: ${textOfMissing(error, ref)}`)
      }
    }
    const custom = (resource: string) => ({
      ...CUSTOM_METRICS,
      resource,
      kind: 'MetricValue',
      namespaced: true,
    })
    const metricLabelSelector = (metric: MetricIdentifier) => compileSelector(metric.selector).toString()
    const ofNamespace = async (name: string) => {
      const list = await client.get(custom('metrics'), { namespace, name })
      return list as unknown as MetricValueList
    }
    return {
      specReplicas: scale.spec?.replicas ?? 0,
      statusReplicas: scale.status?.replicas ?? 0,
      namespace,
      now,
      pods: this.#podsOf(selector),
      resourceMetrics: () =>
        ask('resource', PodMetrics, () => client.list(PodMetrics, { namespace, labels: `${selector}` })),
      podsMetric: (metric) =>
        ask('custom', custom('pods'), () =>
          client.subresource<MetricValueList>(
            'get',
            custom('pods'),
            { namespace, name: '*' },
            metric.name,
            undefined,
            { labelSelector: `${selector}`, metricLabelSelector: metricLabelSelector(metric) },
          ),
        ),
      objectMetric: ({ apiVersion = '', kind, name }, metric) => {
        const definition = memory.scheme.byKind(apiVersion, kind)
        if (definition === undefined)
          throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`)
        const options = { metricLabelSelector: metricLabelSelector(metric) }
        const ref = custom(groupResource(definition))
        // Of a namespace it is a metric by its own name, not one of an object.
        if (kind === 'Namespace') return ask('custom', ref, () => ofNamespace(metric.name))
        return ask('custom', ref, () =>
          client.subresource<MetricValueList>(
            'get',
            ref,
            { namespace, name },
            metric.name,
            undefined,
            options,
          ),
        )
      },
      externalMetric: (metric) => {
        const ref = {
          ...EXTERNAL_METRICS,
          resource: metric.name,
          kind: 'ExternalMetricValue',
          namespaced: true,
        }
        const labels = metricLabelSelector(metric)
        return ask('external', ref, async () => {
          const { items } = await client.list(ref, { namespace, labels })
          return { items: items as unknown as readonly ExternalMetricValue[] }
        })
      },
    }
  }

  #podsOf(selector: Selector): readonly Stored<Pod>[] {
    const pods = this.#context.lister(Pod).byIndex(BY_NAMESPACE, this.#context.namespace)
    return pods.filter((it) => selector.matches(it.metadata.labels))
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
      await this.#tell(current, this.#hpa.status?.desiredReplicas ?? 0)
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
    await this.#tell(current, replicas, formatTime(now))
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

  #tell(
    currentReplicas: number,
    desiredReplicas: number,
    lastScaleTime = this.#hpa.status?.lastScaleTime,
  ): Promise<void> {
    const currentMetrics = this.#metrics.length > 0 ? this.#metrics : undefined
    return this.#writeStatus({
      lastScaleTime,
      currentReplicas,
      desiredReplicas,
      currentMetrics,
      conditions: this.#conditions,
    })
  }

  async #writeStatus(status: HorizontalPodAutoscalerStatus): Promise<void> {
    if (sameStatus(status, this.#hpa.status)) return
    await this.#context.client.updateStatus(HorizontalPodAutoscaler, { ...this.#hpa, status })
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

/** client-go names what it asked for when a whole API is missing. */
function textOfMissing(error: unknown, { resource, group }: KindRef): string {
  const text = textOf(error)
  return text === NOT_SERVED ? `${text} (get ${resource}.${group})` : text
}

const NOT_SERVED = 'the server could not find the requested resource'
