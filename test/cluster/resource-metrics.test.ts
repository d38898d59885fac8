import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { HorizontalPodAutoscaler } from '../../src/api/autoscaling/horizontal-pod-autoscaler.ts'
import { ComponentStatus } from '../../src/api/core/component-status.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { NodeMetrics } from '../../src/api/metrics/node-metrics.ts'
import { PodMetrics } from '../../src/api/metrics/pod-metrics.ts'
import type { ApiRequest } from '../../src/api/request.ts'
import { buildCluster, createCluster } from '../../src/cluster/create-cluster.ts'
import { ADMIN } from '../../src/cluster/users.ts'

const deployment = (name: string, command: readonly string[], replicas = 1) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
      - {name: main, image: busybox, command: ${JSON.stringify(command)}, resources: {requests: {cpu: 500m}}}
`

const request = (what: Partial<ApiRequest>): ApiRequest => ({
  verb: 'list',
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  resource: 'pods',
  user: ADMIN,
  ...what,
})

test('what pods and nodes use can be listed, selected and asked for', async () => {
  await using cluster = await createCluster({ nodes: 2 })
  await cluster.apply(deployment('busy', ['stress', '--cpu', '1', '--vm-bytes', '100M'], 2))
  await cluster.apply(deployment('other', ['stress', '--cpu', '2']))
  await cluster.settle()
  const { items } = await cluster.client.list(PodMetrics, { namespace: 'default', labels: 'app=busy' })
  const pods = await cluster.client.list(Pod, { namespace: 'default', labels: 'app=busy' })
  expect(items.map((it) => it.metadata?.name)).toEqual(pods.items.map((it) => it.metadata.name))
  for (const item of items) {
    expect(item).toMatchObject({
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetrics',
      metadata: { namespace: 'default', labels: { app: 'busy' } },
      window: '15s',
      containers: [{ name: 'main', usage: { cpu: '1000000000n', memory: '102400Ki' } }],
    })
  }
  const name = items[0]?.metadata?.name ?? ''
  expect(await cluster.client.get(PodMetrics, { namespace: 'default', name })).toEqual(items[0])
  const nodes = await cluster.client.list(NodeMetrics)
  expect(nodes.items.map((it) => it.metadata?.name)).toEqual(['node-1', 'node-2'])
  const nanocores = nodes.items.reduce((sum, it) => sum + Number(it.usage?.['cpu']?.replace('n', '')), 0)
  expect(nanocores).toBe(4e9)
})

test('what is asked for is measured at most every 15 seconds', async () => {
  await using cluster = await createCluster({ nodes: 1 })
  await cluster.apply(deployment('first', ['stress', '--cpu', '1']))
  await cluster.settle()
  const namesNow = async () => {
    const { items } = await cluster.client.list(PodMetrics, { namespace: 'default' })
    return items.map((it) => it.metadata?.name?.split('-')[0])
  }
  expect(await namesNow()).toEqual(['first'])
  await cluster.apply(deployment('second', ['stress', '--cpu', '1']))
  await cluster.settle()
  expect(await namesNow()).toEqual(['first'])
  await cluster.advance('15s')
  expect(await namesNow()).toEqual(['first', 'second'])
})

test('a node that does not answer has no metrics, nor do its pods', async () => {
  await using cluster = await createCluster({ nodes: 2 })
  await cluster.apply(deployment('web', ['stress', '--cpu', '1'], 2))
  await cluster.settle()
  cluster.node('node-1').crash()
  await cluster.advance('1s')
  const { items } = await cluster.client.list(NodeMetrics)
  expect(items.map((it) => it.metadata?.name)).toEqual(['node-2'])
  expect((await cluster.client.list(PodMetrics, { namespace: 'default' })).items).toHaveLength(1)
  expect((await cluster.client.list(Node)).items).toHaveLength(2)
  await expect(cluster.client.get(NodeMetrics, { name: 'node-1' })).rejects.toThrow(
    'nodemetrics.metrics.k8s.io "node-1" not found',
  )
  await expect(cluster.client.get(NodeMetrics, { name: 'node-9' })).rejects.toThrow(
    'nodes "node-9" not found',
  )
})

test('metrics are only read, by those who may; pods stay pods', async () => {
  await using cluster = buildCluster({ nodes: 1, authorization: 'RBAC' })
  await cluster.settle()
  const { server } = cluster.foundation
  const body = { metadata: { name: 'x', namespace: 'default' } }
  expect(await server.handle(request({ verb: 'create', namespace: 'default', body }))).toMatchObject({
    ok: false,
    code: 405,
  })
  let ended: unknown
  server.watch(request({ verb: 'watch' }), { events: () => {}, end: (status) => (ended = status) })
  expect(ended).toMatchObject({ code: 405 })
  const jane = { name: 'jane', groups: ['system:authenticated'] }
  expect(await server.handle(request({ user: jane, namespace: 'default' }))).toMatchObject({ code: 403 })
  await cluster.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: jane}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
`)
  expect(await server.handle(request({ user: jane, namespace: 'default' }))).toMatchObject({ code: 200 })
  expect(cluster.scheme.byWord('pods')).toBe(Pod)
  expect(server.discovery.resources('metrics.k8s.io', 'v1beta1')).toMatchObject({
    resources: [
      { name: 'nodes', kind: 'NodeMetrics', namespaced: false, verbs: ['get', 'list'] },
      { name: 'pods', kind: 'PodMetrics', namespaced: true, verbs: ['get', 'list'] },
    ],
  })
})

test('an autoscaler follows the load: up at once, down after the stabilization window', async () => {
  await using cluster = await createCluster({ nodes: 2 })
  await cluster.apply(deployment('web', ['sh', '-c', 'sleep infinity']))
  await cluster.apply(`
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 10
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
`)
  await cluster.advance('2m')
  const web = { namespace: 'default', name: 'web' }
  const replicas = async () => (await cluster.client.get(Deployment, web)).spec.replicas
  const utilization = async () =>
    (await cluster.client.get(HorizontalPodAutoscaler, web)).status?.currentMetrics?.[0]?.resource?.current
      ?.averageUtilization
  expect(await replicas()).toBe(1)
  expect(await utilization()).toBe(0)

  // One CPU, twice what its container asks for: four pods bring the average down to the half that is wanted.
  const [pod] = (await cluster.client.list(Pod, { namespace: 'default' })).items
  const busy = { namespace: 'default', pod: pod!.metadata.name }
  await cluster.exec(busy, ['stress', '--cpu', '1', '--timeout', '1'])
  await cluster.advance('1m')
  expect(await replicas()).toBe(4)
  await cluster.advance('10m')
  expect(await replicas()).toBe(4)
  expect(await utilization()).toBe(50)

  await cluster.exec(busy, ['stress', '--cpu', '0', '--timeout', '1'])
  await cluster.advance('4m')
  expect(await replicas()).toBe(4)
  await cluster.advance('2m')
  expect(await replicas()).toBe(1)
})

test('a fork measures its own nodes', async () => {
  await using cluster = await createCluster({ nodes: 1 })
  await cluster.apply(deployment('web', ['sh', '-c', 'sleep infinity']))
  await cluster.settle()
  const fork = await cluster.fork()
  await fork.settle()
  await fork.delete(deployment('web', []))
  await fork.advance('1m')
  expect((await fork.client.list(PodMetrics, { namespace: 'default' })).items).toHaveLength(0)
  expect((await cluster.client.list(PodMetrics, { namespace: 'default' })).items).toHaveLength(1)
  await fork.dispose()
})

test('the parts of the control plane say how they are', async () => {
  await using cluster = await createCluster({ nodes: 0 })
  const health = async () =>
    (await cluster.client.list(ComponentStatus)).items.map(
      ({ metadata, conditions }) => `${metadata.name} ${conditions?.[0]?.status} ${conditions?.[0]?.message}`,
    )
  expect(await health()).toEqual(['controller-manager True ok', 'etcd-0 True ok', 'scheduler True ok'])
  cluster.process('kube-scheduler').crash()
  expect((await health())[2]).toBe(
    'scheduler False Get "https://127.0.0.1:10259/healthz": dial tcp 127.0.0.1:10259: connect: connection refused',
  )
  await expect(cluster.client.get(ComponentStatus, { name: 'etcd-7' })).rejects.toThrow(
    'componentstatuses "etcd-7" not found',
  )
})
