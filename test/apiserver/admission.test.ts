/** What admission plug-ins add and refuse. */
import { describe, expect, test } from 'vitest'
import { LimitRange } from '../../src/api/core/limit-range.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { ResourceQuota } from '../../src/api/core/resource-quota.ts'
import { Service } from '../../src/api/core/service.ts'
import { ServiceAccount } from '../../src/api/core/service-account.ts'
import { PriorityClass } from '../../src/api/scheduling/priority-class.ts'
import { type Harness, harness, refusal } from './harness.ts'

function cluster(): Harness {
  const h = harness({ admission: undefined })
  h.api.bootstrap()
  return h
}

const pod = (name: string, spec: object = {}, resources?: object) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'c', image: 'i', resources }], ...spec },
  }) as unknown as Pod

test('bootstrap makes what every cluster has, once', () => {
  const { api, call, store } = cluster()
  const before = store.revision
  api.bootstrap()
  expect(store.revision).toBe(before)
  const list = call<{ items: { metadata: { name: string } }[] }>('list', Namespace)
  expect(list.items.map((it) => it.metadata.name)).toEqual([
    'default',
    'kube-node-lease',
    'kube-public',
    'kube-system',
  ])
})

test('nothing is created in a namespace that is not there, or on its way out', () => {
  const { create, call } = cluster()
  expect(refusal(() => create(Pod, pod('a'), { namespace: 'nowhere' })).message).toBe(
    'namespaces "nowhere" not found',
  )
  create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'old' } } as Namespace)
  expect(call('delete', Namespace, { name: 'old' })).toMatchObject({ status: { phase: 'Terminating' } })
  const status = refusal(() => create(Pod, pod('a'), { namespace: 'old' }))
  expect(status).toMatchObject({
    code: 403,
    message:
      'pods "a" is forbidden: unable to create new content in namespace old because it is being terminated',
    details: { causes: [{ reason: 'NamespaceTerminating' }] },
  })
  expect(refusal(() => call('delete', Namespace, { name: 'default' })).message).toBe(
    'namespaces "default" is forbidden: this namespace may not be deleted',
  )
})

test('a finalized namespace goes', () => {
  const { create, call, request } = cluster()
  create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'old' } } as Namespace)
  const dying = call('delete', Namespace, { name: 'old' })
  call('update', Namespace, { name: 'old', subresource: 'finalize', body: { ...dying, spec: {} } })
  expect(request('get', Namespace, { name: 'old' }).code).toBe(404)
})

test('pods of one template share one admitted spec', () => {
  const { create } = cluster()
  create(ServiceAccount, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } })
  const template = create(Pod, pod('first')).spec
  const a = create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: template } as Pod)
  const b = create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' }, spec: template } as Pod)
  expect(b.spec).toBe(a.spec)
  expect(a.spec).toMatchObject({
    serviceAccountName: 'default',
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
  })
  expect(a.spec.tolerations?.map((it) => [it.key, it.tolerationSeconds])).toEqual([
    ['node.kubernetes.io/not-ready', 300],
    ['node.kubernetes.io/unreachable', 300],
  ])
  expect(a.spec.containers[0]!.volumeMounts).toMatchObject([
    { readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
  ])
})

test('service accounts can be required', () => {
  const h = harness({ admission: undefined, admissionOptions: { requireServiceAccounts: true } })
  h.api.bootstrap()
  expect(refusal(() => h.create(Pod, pod('a'))).message).toBe(
    'pods "a" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
  )
})

test('priority comes from the class', () => {
  const { create } = cluster()
  create(PriorityClass, {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'high' },
    value: 7,
  })
  expect(create(Pod, pod('a', { priorityClassName: 'high' })).spec.priority).toBe(7)
  expect(refusal(() => create(Pod, pod('b', { priorityClassName: 'none' }))).message).toBe(
    'pods "b" is forbidden: no PriorityClass with name none was found',
  )
  expect(refusal(() => create(Pod, pod('c', { priority: 3 }))).message).toContain(
    'the integer value of priority (3) must not be provided in pod spec',
  )
})

test('new nodes take no pods yet', () => {
  const { create } = cluster()
  const node = create(Node, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} })
  expect(node.spec?.taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])
})

describe('LimitRange', () => {
  const limits = (item: object) =>
    ({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'l' },
      spec: { limits: [{ type: 'Container', ...item }] },
    }) as unknown as LimitRange

  test('fills in what containers leave out', () => {
    const { create } = cluster()
    create(LimitRange, limits({ default: { cpu: '200m' }, defaultRequest: { cpu: '100m' } }))
    const made = create(Pod, pod('a'))
    expect(made.spec.containers[0]!.resources).toEqual({ limits: { cpu: '200m' }, requests: { cpu: '100m' } })
    expect(made.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
    })
  })

  test.each([
    [
      { min: { cpu: '100m' } },
      { requests: { cpu: '50m' } },
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
    [
      { max: { memory: '1Gi' } },
      { limits: { memory: '2Gi' } },
      'maximum memory usage per Container is 1Gi, but limit is 2Gi',
    ],
    [
      { maxLimitRequestRatio: { cpu: '2' } },
      { limits: { cpu: '400m' }, requests: { cpu: '100m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    ],
  ])('%j refuses %j', (item, resources, message) => {
    const { create } = cluster()
    create(LimitRange, limits(item))
    expect(refusal(() => create(Pod, pod('a', {}, resources))).message).toContain(message)
  })
})

test('a quota is charged, and refuses when it is used up', () => {
  const { create, get } = cluster()
  create(ResourceQuota, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q' },
    spec: { hard: { pods: '1', 'requests.cpu': '1' } },
  } as unknown as ResourceQuota)
  expect(refusal(() => create(Pod, pod('a'))).message).toBe(
    'pods "a" is forbidden: failed quota: q: must specify requests.cpu for: c',
  )
  create(Pod, pod('a', {}, { requests: { cpu: '100m' } }))
  expect(get(ResourceQuota, 'q').status?.used).toEqual({ pods: '1', 'requests.cpu': '100m' })
  expect(refusal(() => create(Pod, pod('b', {}, { requests: { cpu: '100m' } }))).message).toBe(
    'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
  )
})

describe('Services', () => {
  const service = (name: string, spec: object) =>
    ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { ports: [{ port: 80 }], ...spec },
    }) as unknown as Service

  test('get an address of their own and keep it', () => {
    const { create, call } = cluster()
    const made = create(Service, service('a', {}))
    expect(made.spec.clusterIP).toMatch(/^10\.(9[6-9]|10\d|11[01])\./)
    expect(made.spec.clusterIPs).toEqual([made.spec.clusterIP])
    const again = call('update', Service, {
      namespace: 'default',
      name: 'a',
      body: service('a', { selector: { x: 'y' } }),
    })
    expect(again).toMatchObject({ spec: { clusterIP: made.spec.clusterIP } })
    expect(refusal(() => create(Service, service('b', { clusterIP: '10.96.0.1' }))).message).toContain(
      'failed to allocate IP 10.96.0.1: provided IP is already allocated',
    )
  })

  test('have node ports when they are of that type, and none once they are not', () => {
    const { create, call } = cluster()
    const made = create(Service, service('a', { type: 'NodePort' }))
    const port = made.spec.ports![0]!.nodePort!
    expect(port).toBeGreaterThanOrEqual(30_000)
    expect(port).toBeLessThanOrEqual(32_767)
    expect(
      refusal(() => create(Service, service('b', { type: 'NodePort', ports: [{ port: 1, nodePort: port }] })))
        .message,
    ).toContain('provided port is already allocated')
    const plain = { ...made, spec: { ...made.spec, type: 'ClusterIP' } }
    const without = call<Service>('update', Service, { namespace: 'default', name: 'a', body: plain })
    expect(without.spec.ports![0]!.nodePort).toBeUndefined()
    expect(
      create(Service, service('b', { type: 'NodePort', ports: [{ port: 1, nodePort: port }] })).spec
        .ports![0],
    ).toMatchObject({ nodePort: port })
  })

  test('without a cluster IP have none', () => {
    const { create } = cluster()
    expect(create(Service, service('a', { clusterIP: 'None' })).spec).toMatchObject({
      clusterIP: 'None',
      clusterIPs: ['None'],
    })
    expect(
      create(Service, service('b', { type: 'ExternalName', externalName: 'x.example' })).spec.clusterIP,
    ).toBeUndefined()
  })
})
