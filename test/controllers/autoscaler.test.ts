/** What autoscalers do with each kind of metric, and in which words. */
import { expect, test } from 'vitest'
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
} from '../../src/api/autoscaling/horizontal-pod-autoscaler.ts'
import { HorizontalPodAutoscaler as HPA } from '../../src/api/autoscaling/horizontal-pod-autoscaler.ts'
import { Event } from '../../src/api/core/event.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import type { PodMetrics } from '../../src/api/metrics/pod-metrics.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import {
  evaluate,
  MetricError,
  type Situation,
} from '../../src/controllers/horizontal-pod-autoscaler/evaluate.ts'

const NOW = Date.UTC(2026, 0, 1)
const LONG_AGO = '2025-12-31T00:00:00Z'

const pod = (name: string, containers: Record<string, string | undefined>): Pod => ({
  metadata: { name, namespace: 'shop' },
  spec: {
    containers: Object.entries(containers).map(([it, cpu]) => ({
      name: it,
      image: 'x',
      ...(cpu && { resources: { requests: { cpu } } }),
    })),
  },
  status: {
    phase: 'Running',
    startTime: LONG_AGO,
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: LONG_AGO }],
  },
})

const measured = (name: string, containers: Record<string, string>): PodMetrics => ({
  metadata: { name, namespace: 'shop' },
  timestamp: new Date(NOW).toISOString(),
  containers: Object.entries(containers).map(([it, cpu]) => ({ name: it, usage: { cpu } })),
})

const nobody = () => Promise.reject(new Error('nobody to ask'))
const SITUATION: Situation = {
  specReplicas: 2,
  statusReplicas: 2,
  namespace: 'shop',
  now: NOW,
  pods: ['a', 'b'].map((it) => pod(it, { app: '100m', proxy: undefined })),
  resourceMetrics: async () => ['a', 'b'].map((it) => measured(it, { app: '180m', proxy: '900m' })),
  podsMetric: nobody,
  objectMetric: nobody,
  externalMetric: nobody,
}

const containerCpu = (container: string, target: object): MetricSpec => ({
  type: 'ContainerResource',
  containerResource: { name: 'cpu', container, target: target as never },
})

test('one container of each pod may count alone', async () => {
  const half = { type: 'Utilization', averageUtilization: 90 }
  expect(await evaluate(containerCpu('app', half), SITUATION)).toEqual({
    replicas: 4,
    name: 'cpu container resource utilization (percentage of request)',
    status: {
      type: 'ContainerResource',
      containerResource: {
        name: 'cpu',
        container: 'app',
        current: { averageUtilization: 180, averageValue: '180m' },
      },
    },
  })
  const average = { type: 'AverageValue', averageValue: '300m' }
  expect(await evaluate(containerCpu('proxy', average), SITUATION)).toMatchObject({
    replicas: 6,
    name: 'cpu resource',
  })
})

const failures: readonly [string, MetricSpec, Partial<Situation>, object][] = [
  [
    'the container of a pod is not there',
    containerCpu('db', { type: 'Utilization', averageUtilization: 50 }),
    {},
    {
      reason: 'FailedGetContainerResourceMetric',
      message:
        'failed to get cpu utilization: unable to get metrics for resource cpu: failed to get container metrics: container db not present in metrics for pod shop/a',
    },
  ],
  [
    'a container asks for nothing',
    containerCpu('proxy', { type: 'Utilization', averageUtilization: 50 }),
    {},
    { message: 'failed to get cpu utilization: missing request for cpu in container proxy of Pod a' },
  ],
  [
    'no pod counts yet, whatever it asks for',
    containerCpu('proxy', { type: 'Utilization', averageUtilization: 50 }),
    { pods: SITUATION.pods.map((it) => ({ ...it, status: { phase: 'Pending' } })) },
    {
      message:
        'failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)',
    },
  ],
  [
    'nothing was measured',
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
    { resourceMetrics: async () => [] },
    {
      reason: 'FailedGetResourceMetric',
      message:
        'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
      summary:
        'failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
    },
  ],
  [
    'nobody knows a metric of an object',
    {
      type: 'Object',
      object: {
        describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' },
        metric: { name: 'requests' },
        target: { type: 'Value', value: '10' },
      },
    },
    {},
    {
      reason: 'FailedGetObjectMetric',
      message: 'unable to get metric requests: Service on shop web/nobody to ask',
    },
  ],
  [
    'an external metric is empty',
    {
      type: 'External',
      external: {
        metric: { name: 'queue', selector: { matchLabels: { of: 'mails' } } },
        target: { type: 'AverageValue', averageValue: '10' },
      },
    },
    { externalMetric: async () => [] },
    {
      reason: 'FailedGetExternalMetric',
      message:
        'failed to get queue external metric: unable to get external metric shop/queue/&LabelSelector{MatchLabels:map[string]string{of: mails,},MatchExpressions:[]LabelSelectorRequirement{},}: no metrics returned from external metrics API',
    },
  ],
]

test.each(failures)('an autoscaler says so when %s', async (_, spec, change, want) => {
  const failed = await evaluate(spec, { ...SITUATION, ...change }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(MetricError)
  expect(failed).toMatchObject(want)
})

const service = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }] },
})

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'nginx' }] },
    },
  },
})

const autoscaler = (
  name: string,
  metrics: readonly MetricSpec[],
  target = name,
): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
    minReplicas: 1,
    maxReplicas: 10,
    metrics,
  },
})

const statusOf = (cluster: Cluster, name: string) =>
  cluster.peek().get<HorizontalPodAutoscaler>(HPA, { namespace: 'default', name })?.status

const told = (cluster: Cluster, name: string) =>
  cluster
    .peek()
    .list<Event>(Event, 'default')
    .filter((it) => it.involvedObject.kind === 'HorizontalPodAutoscaler' && it.involvedObject.name === name)
    .map((it) => `${it.reason}: ${it.message}`)

test('metrics of pods, of objects and of things outside scale what they are about', async () => {
  await using cluster = await createCluster({ nodes: 2, authorization: 'RBAC' })
  const queue = {
    type: 'External',
    external: {
      metric: { name: 'queue_length', selector: { matchLabels: { queue: 'mails' } } },
      target: { type: 'AverageValue', averageValue: '10' },
    },
  }
  await cluster.apply([
    deployment('pods'),
    autoscaler('pods', [
      {
        type: 'Pods',
        pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '1' } },
      },
    ]),
    service('front'),
    deployment('object'),
    autoscaler('object', [
      {
        type: 'Object',
        object: {
          describedObject: { apiVersion: 'v1', kind: 'Service', name: 'front' },
          metric: { name: 'rps' },
          target: { type: 'Value', value: '100' },
        },
      },
    ]),
    deployment('queue'),
    autoscaler('queue', [queue]),
  ])
  await cluster.advance('14s')
  expect(statusOf(cluster, 'queue')?.conditions).toBeUndefined()
  await cluster.advance('6s')
  expect(told(cluster, 'queue')).toContain(
    'FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get queue_length external metric value: failed to get queue_length external metric: unable to get external metric default/queue_length/&LabelSelector{MatchLabels:map[string]string{queue: mails,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue_length.external.metrics.k8s.io)',
  )
  expect(statusOf(cluster, 'queue')).toMatchObject({ desiredReplicas: 0, currentMetrics: [{ type: '' }] })

  cluster.metric({
    name: 'rps',
    of: { kind: 'Pod' },
    value: (it) => (it?.metadata?.labels?.['app'] === 'pods' ? '1500m' : 0),
  })
  cluster.metric({ name: 'rps', of: { kind: 'Service', name: 'front' }, value: 150 })
  cluster.metric({ name: 'queue_length', labels: { queue: 'mails' }, value: 45 })
  cluster.metric({ name: 'queue_length', labels: { queue: 'orders' }, value: 1000 })
  await cluster.advance('15s')
  expect(['pods', 'object', 'queue'].map((it) => statusOf(cluster, it)?.desiredReplicas)).toEqual([3, 3, 4])
  expect(told(cluster, 'object')).toContain(
    'SuccessfulRescale: New size: 3; reason: Service metric rps above target',
  )
  expect(statusOf(cluster, 'queue')?.currentMetrics).toEqual([
    { type: 'External', external: { metric: queue.external.metric, current: { averageValue: '22500m' } } },
  ])
})

test('two autoscalers of the same pods stop both', async () => {
  await using cluster = await createCluster({ nodes: 1, metrics: [{ name: 'load', value: 100 }] })
  const load = {
    type: 'External',
    external: { metric: { name: 'load' }, target: { type: 'AverageValue', averageValue: '1' } },
  }
  await cluster.apply([deployment('web'), autoscaler('one', [load], 'web'), autoscaler('two', [load], 'web')])
  await cluster.advance('40s')
  const message = 'pods by selector app=web are controlled by multiple HPAs: [default/one default/two]'
  expect(told(cluster, 'two')).toContain(`AmbiguousSelector: ${message}`)
  expect(statusOf(cluster, 'two')?.conditions?.find((it) => it.type === 'ScalingActive')).toMatchObject({
    status: 'False',
    reason: 'AmbiguousSelector',
    message,
  })
})
