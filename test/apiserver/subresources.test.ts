/** Patches, apply, scale, binding and eviction. */
import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { PodDisruptionBudget } from '../../src/api/policy/pod-disruption-budget.ts'
import type { ApiRequest } from '../../src/api/request.ts'
import { vectors } from '../controllers/vectors.ts'
import { type Harness, harness, refusal } from './harness.ts'

const pod = (name: string) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'x' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  }) as unknown as Pod

const at = (name: string, subresource?: string) => ({ namespace: 'default', name, subresource })

function bind(h: Harness, name: string, node = 'node-1') {
  return h.call('create', Pod, { ...at(name, 'binding'), body: { target: { kind: 'Node', name: node } } })
}

test('a binding assigns a pod once', () => {
  const h = harness()
  h.create(Pod, pod('a'))
  bind(h, 'a')
  expect(h.get(Pod, 'a')).toMatchObject({
    spec: { nodeName: 'node-1' },
    status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
  })
  expect(refusal(() => bind(h, 'a', 'node-2')).message).toBe(
    'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "node-1"',
  )
})

test('a pod that runs somewhere gets its grace, and a second delete can only shorten it', async () => {
  const h = harness()
  h.create(Pod, pod('a'))
  bind(h, 'a')
  expect(h.call('delete', Pod, at('a'))).toMatchObject({
    metadata: { deletionTimestamp: '2025-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 },
  })
  await h.loop.advance(2000)
  const shorter = h.call('delete', Pod, { ...at('a'), options: { gracePeriodSeconds: 5 } })
  expect(shorter.metadata).toMatchObject({
    deletionTimestamp: '2025-01-01T00:00:05Z',
    deletionGracePeriodSeconds: 5,
  })
  const longer = h.call('delete', Pod, { ...at('a'), options: { gracePeriodSeconds: 60 } })
  expect(longer).toBe(shorter)
  h.call('delete', Pod, { ...at('a'), options: { gracePeriodSeconds: 0 } })
  expect(h.request('get', Pod, at('a')).code).toBe(404)
})

test('a pod that runs nowhere goes at once', () => {
  const h = harness()
  h.create(Pod, pod('a'))
  expect(h.call('delete', Pod, at('a'))).toMatchObject({ kind: 'Status', status: 'Success' })
})

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
    },
  },
} as unknown as Deployment

test('scale reads and writes replicas', () => {
  const h = harness()
  h.create(Deployment, deployment)
  const scale = h.call('get', Deployment, at('web', 'scale'))
  expect(scale).toMatchObject({
    kind: 'Scale',
    spec: { replicas: 2 },
    status: { replicas: 0, selector: 'app=web' },
  })
  const scaled = h.call('update', Deployment, {
    ...at('web', 'scale'),
    body: { ...scale, spec: { replicas: 5 } },
  })
  expect(scaled).toMatchObject({ spec: { replicas: 5 } })
  expect(h.get(Deployment, 'web')).toMatchObject({ spec: { replicas: 5 }, metadata: { generation: 2 } })
  expect(
    refusal(() => h.call('update', Deployment, { ...at('web', 'scale'), body: { ...scale } })).code,
  ).toBe(409)
  const zero = h.call('patch', Deployment, {
    ...at('web', 'scale'),
    patchType: 'application/merge-patch+json',
    body: { spec: { replicas: 0 } },
  })
  expect(zero).toMatchObject({ spec: { replicas: 0 } })
})

test.each([
  ['application/merge-patch+json', { data: { a: null, b: '2' } }],
  ['application/strategic-merge-patch+json', { data: { a: null, b: '2' } }],
  [
    'application/json-patch+json',
    [
      { op: 'remove', path: '/data/a' },
      { op: 'add', path: '/data/b', value: '2' },
    ],
  ],
] as const)('%s', (patchType, body) => {
  const h = harness()
  h.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { a: '1' } })
  expect(h.call('patch', ConfigMap, { ...at('m'), patchType, body })).toMatchObject({ data: { b: '2' } })
  const stale = { metadata: { resourceVersion: '1' } }
  if (patchType !== 'application/json-patch+json') {
    expect(refusal(() => h.call('patch', ConfigMap, { ...at('m'), patchType, body: stale })).reason).toBe(
      'Conflict',
    )
  }
  expect(refusal(() => h.call('patch', ConfigMap, { ...at('none'), patchType, body })).code).toBe(404)
})

test('an apply creates, owns, conflicts, is forced, and drops what it no longer says', () => {
  const h = harness()
  const apply = (fieldManager: string, data: object, options: ApiRequest['options'] = {}) =>
    h.call('patch', ConfigMap, {
      ...at('m'),
      patchType: 'application/apply-patch+yaml',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data },
      options: { fieldManager, ...options },
    })
  expect(apply('one', { a: '1', b: '1' })).toMatchObject({ data: { a: '1', b: '1' } })
  expect(refusal(() => apply('two', { a: '2' })).message).toBe(
    'Apply failed with 1 conflict: conflict with "one": .data.a',
  )
  expect(apply('two', { a: '2' }, { force: true })).toMatchObject({ data: { a: '2', b: '1' } })
  const dropped = apply('one', {})
  expect(dropped).toMatchObject({ data: { a: '2' } })
  expect(dropped).not.toHaveProperty('data.b')
  const again = h.store.revision
  apply('two', { a: '2' })
  expect(h.store.revision).toBe(again)
  expect(refusal(() => apply('', { a: '2' })).message).toContain(
    'fieldManager: Required value: is required for apply patch',
  )
})

test('writes by reference keep no books', () => {
  const h = harness()
  const object = h.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } })
  expect(object.metadata.managedFields).toBeUndefined()
})

test('the first books are of what the author wrote and of defaults, not of what admission adds', () => {
  const h = harness({ admission: undefined })
  h.api.bootstrap()
  const made = ['a', 'b'].map((name) =>
    h.create(
      Pod,
      { ...pod(name), metadata: { ...pod(name).metadata, name, managedFields: [{ manager: 'liar' }] } },
      { options: { fieldManager: 'kubectl-run' } },
    ),
  )
  const [a, b] = made.map((it) => it.metadata.managedFields!)
  expect(made[0]!.spec.tolerations?.length).toBe(2)
  expect(a).toMatchObject([{ manager: 'kubectl-run', operation: 'Update', apiVersion: 'v1' }])
  const fields = a![0]!.fieldsV1 as Record<string, Record<string, unknown>>
  expect(Object.keys(fields['f:spec']!)).toEqual([
    'f:containers',
    'f:dnsPolicy',
    'f:enableServiceLinks',
    'f:restartPolicy',
    'f:schedulerName',
    'f:securityContext',
    'f:terminationGracePeriodSeconds',
  ])
  // Alike in every field: the books are one and the same.
  expect(b![0]!.fieldsV1).toBe(fields)
})

test('an eviction spends the budget and is refused when there is none left', () => {
  const h = harness()
  for (const name of ['a', 'b']) {
    h.create(Pod, pod(name))
    bind(h, name)
    h.call('update', Pod, {
      ...at(name, 'status'),
      body: {
        ...h.get(Pod, name),
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      },
    })
  }
  const budget = h.create(PodDisruptionBudget, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'guard' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } },
  } as unknown as PodDisruptionBudget)
  const evict = (name: string) =>
    h.call('create', Pod, { ...at(name, 'eviction'), body: { metadata: { name } } })
  expect(refusal(() => evict('a')).details?.causes?.[0]?.message).toBe(
    'The disruption budget guard is still being processed by the server.',
  )
  h.call('update', PodDisruptionBudget, {
    ...at('guard', 'status'),
    body: {
      ...budget,
      status: {
        observedGeneration: 1,
        disruptionsAllowed: 1,
        currentHealthy: 2,
        desiredHealthy: 1,
        expectedPods: 2,
      },
    },
  })
  evict('a')
  expect(h.get(Pod, 'a').metadata.deletionTimestamp).toBeDefined()
  expect(h.get(PodDisruptionBudget, 'guard').status).toMatchObject({
    disruptedPods: { a: '2025-01-01T00:00:00Z' },
    conditions: [
      { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', observedGeneration: 1 },
    ],
  })
  const status = refusal(() => evict('b'))
  expect(status).toMatchObject({
    code: 429,
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: 'The disruption budget guard needs 1 healthy pods and has 2 currently',
        },
      ],
    },
  })
})

vectors('pdb_eviction', 'eviction', ({ input, expect: want }) => {
  const h = harness()
  h.create(Pod, pod('a'))
  bind(h, 'a')
  const conditions = [{ type: 'Ready', status: input.ready ? 'True' : 'False' }]
  const status = { phase: input.phase, conditions }
  h.call('update', Pod, { ...at('a', 'status'), body: { ...h.get(Pod, 'a'), status } })
  const name = input.pdbName ?? 'foo'
  const { unhealthyPodEvictionPolicy } = input
  const disruptedPods = Object.fromEntries(
    Array.from({ length: input.disruptedPods ?? 0 }, (_, i) => [`gone-${i}`, '2025-01-01T00:00:00Z']),
  )
  if (input.pdbs) {
    const made = h.create(PodDisruptionBudget, {
      metadata: { name },
      spec: {
        minAvailable: 1,
        selector: { matchLabels: { app: 'x' } },
        ...(unhealthyPodEvictionPolicy ? { unhealthyPodEvictionPolicy } : {}),
      },
    } as unknown as PodDisruptionBudget)
    const { generation, observedGeneration = generation, disruptionsAllowed } = input
    if (generation > 1) {
      const spec = { ...made.spec, minAvailable: generation }
      h.call('update', PodDisruptionBudget, { ...at(name), body: { ...made, spec } })
    }
    const budget = {
      disruptionsAllowed,
      currentHealthy: input.currentHealthy ?? 1,
      desiredHealthy: input.desiredHealthy ?? 1,
      expectedPods: 1,
      observedGeneration: observedGeneration ?? 1,
      disruptedPods,
    }
    const body = { ...h.get(PodDisruptionBudget, name), status: budget }
    h.call('update', PodDisruptionBudget, { ...at(name, 'status'), body })
  }
  if (input.pdbs > 1) {
    const { spec } = h.get(PodDisruptionBudget, name)
    h.create(PodDisruptionBudget, { metadata: { name: 'another' }, spec } as unknown as PodDisruptionBudget)
  }
  const answer = h.request('create', Pod, { ...at('a', 'eviction'), body: { metadata: { name: 'a' } } })
  expect(answer.code).toBe(want.status)
  const details = answer.ok ? undefined : answer.status.details
  if (want.retryAfterSeconds !== undefined) expect(details?.retryAfterSeconds).toBe(want.retryAfterSeconds)
  if (want.cause !== undefined) expect(details?.causes?.[0]?.message).toBe(want.cause)
  const after = input.pdbs ? h.get(PodDisruptionBudget, name).status : undefined
  if (want.disruptionsAllowedAfter !== undefined)
    expect(after?.disruptionsAllowed).toBe(want.disruptionsAllowedAfter)
  if (want.disruptedPodsHasPod) expect(after?.disruptedPods).toHaveProperty('a')
  if (want.budgetDecremented === false) expect(after?.disruptionsAllowed).toBe(input.disruptionsAllowed)
})

test('a write to /status brings along the metadata that the kind lets it', () => {
  const h = harness()
  const made = h.create(Pod, pod('a'))
  const metadata = {
    ...made.metadata,
    labels: { app: 'y' },
    annotations: { seen: 'yes' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }],
  }
  const body = { ...made, metadata, status: { ...made.status, reason: 'Because' } }
  const changed = h.call('update', Pod, { ...at('a', 'status'), body })
  expect(changed.metadata).toMatchObject({ labels: { app: 'y' }, annotations: { seen: 'yes' } })
  expect(changed.metadata).not.toHaveProperty('ownerReferences')
  expect(changed.spec).toEqual(made.spec)
})

test('a status of a pod keeps its class, has one address of each family, and does not bring back what has ended', () => {
  const h = harness()
  h.create(Pod, { ...pod('a'), spec: { ...pod('a').spec, restartPolicy: 'Never' } })
  const put = (status: Pod['status']) =>
    h.call<Pod>('update', Pod, { ...at('a', 'status'), body: { ...pod('a'), status } })
  expect(put({ phase: 'Running', podIP: '10.0.0.1' }).status).toEqual({
    phase: 'Running',
    podIP: '10.0.0.1',
    podIPs: [{ ip: '10.0.0.1' }],
    qosClass: 'BestEffort',
  })
  const causes = (status: Pod['status']) =>
    refusal(() => put(status)).details?.causes?.map((it) => `${it.field}: ${it.message}`)
  expect(causes({ qosClass: 'Burstable', podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] })).toEqual([
    'status.qosClass: Invalid value: "Burstable": field is immutable',
    'status.podIPs: Invalid value: []core.PodIP{core.PodIP{IP:"10.0.0.1"}, core.PodIP{IP:"10.0.0.2"}}: may specify no more than one IP for each IP family',
  ])
  expect(causes({ hostIP: '10.0.0.1', hostIPs: [{ ip: 'x' }] })).toEqual([
    'status.hostIPs[0].ip: Invalid value: "x": must be equal to `hostIP`',
    'status.hostIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ])
  const container = { name: 'c', ready: false, restartCount: 0, image: '', imageID: '' }
  put({ containerStatuses: [{ ...container, state: { terminated: { exitCode: 0 } } }] })
  expect(causes({ containerStatuses: [{ ...container, state: { running: {} } }] })).toEqual([
    'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
  ])
})

test('a resize changes cpu and memory of containers that are there, and keeps the class of the pod', () => {
  const h = harness()
  const withResources = (resources: object, more: object = {}) =>
    ({ ...pod('a'), spec: { containers: [{ name: 'c', image: 'i', resources, ...more }] } }) as unknown as Pod
  const before = { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } }
  h.create(Pod, withResources(before))
  const resize = (body: Pod) => h.call<Pod>('update', Pod, { ...at('a', 'resize'), body })
  const causes = (body: Pod) =>
    refusal(() => resize(body)).details?.causes?.map((it) => `${it.field}: ${it.message}`)
  const resources = { requests: { cpu: '2', memory: '1Gi' }, limits: { memory: '3Gi' } }
  const after = resize(withResources(resources, { image: 'other' }))
  expect(after.spec.containers).toMatchObject([{ name: 'c', image: 'i', resources }])
  expect(after.metadata).toMatchObject({ generation: 2 })
  expect(causes(withResources({ requests: { cpu: '2' }, limits: { memory: '1Gi', cpu: '2' } }))).toEqual([
    'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    'spec.containers[0].resources.limits[memory]: Forbidden: memory limits cannot be decreased unless resizePolicy is RestartContainer',
  ])
  const most = { ...resources.requests, 'ephemeral-storage': '1Gi' }
  expect(causes(withResources({ ...resources, requests: most }))).toEqual([
    'spec: Forbidden: only cpu and memory resources are mutable',
  ])
  expect(causes(withResources({ limits: { memory: '3Gi' }, requests: { memory: '1Gi' } }))).toEqual([
    'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
  ])
  expect(causes(withResources(resources, { name: 'd' }))).toEqual([
    'spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize',
  ])
})
