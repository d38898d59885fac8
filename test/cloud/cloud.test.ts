import { describe, expect, test } from 'vitest'
import { Event } from '../../src/api/core/event.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { Service } from '../../src/api/core/service.ts'
import type { ClusterOptions } from '../../src/cluster/cluster.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'

async function start(options: ClusterOptions) {
  const cluster = buildCluster({ seed: 7, ...options })
  await cluster.settle()
  return { cluster, cloud: cluster.foundation.cloud! }
}

type World = Awaited<ReturnType<typeof start>>

async function events({ cluster }: World, name: string): Promise<string[]> {
  const { items } = await cluster.client.list(Event)
  return items
    .filter((it) => it.involvedObject.name === name && it.source?.component !== 'kubelet')
    .map((it) => `${it.type} ${it.reason}: ${it.message}`)
}

const deployment = (replicas: number, cpu: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: 'nginx:1.27', resources: { requests: { cpu: '${cpu}' } } }]
`
const service = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80 }] }
`

describe('nodes of a cloud', () => {
  test('are told their provider id, zone, type and addresses', async () => {
    const { cluster } = await start({ nodes: 2, cloud: {} })
    const node = await cluster.client.get(Node, { name: 'node-2' })
    expect(node.spec.providerID).toMatch(/^kubarium:\/\/zone-b\/i-[0-9a-f]{8}$/)
    expect(node.spec.taints ?? []).toEqual([])
    expect(node.metadata.labels).toMatchObject({
      'topology.kubernetes.io/zone': 'zone-b',
      'topology.kubernetes.io/region': 'region-1',
      'node.kubernetes.io/instance-type': 'm1.large',
    })
    expect(node.status?.addresses?.map((it) => it.type)).toEqual(['InternalIP', 'ExternalIP', 'Hostname'])
    await cluster.advance('20s')
  })

  test('killing the instance leads to rescheduled pods and a replaced instance', async () => {
    const world = await start({
      nodes: 2,
      cloud: { groups: [{ name: 'pool', min: 0, max: 3, cpu: '4', memory: '16Gi' }] },
    })
    const { cluster, cloud } = world
    await cluster.apply(deployment(4, '1500m'))
    await cluster.settle()
    const victim = cloud.instances().find((it) => it.name === 'node-1')!
    cloud.kill(victim.id)
    await cluster.advance('10m')
    const nodes = await cluster.client.list(Node)
    expect(nodes.items.map((it) => it.metadata.name)).toEqual(['node-2', 'pool-1'])
    expect(cloud.instances().map((it) => it.name)).toEqual(['node-2', 'pool-1'])
    const pods = await cluster.client.list(Pod, { namespace: 'default', labels: 'app=web' })
    const running = pods.items.filter((it) => it.status?.phase === 'Running')
    expect(running.map((it) => it.spec.nodeName).sort()).toEqual(['node-2', 'node-2', 'pool-1', 'pool-1'])
    const told = cluster.journal.entries().map((it) => `${it.actor}: ${it.object}: ${it.text}`)
    const steps = [
      /instance i-\w+ is terminated/,
      /Node node-1: .*Ready True -> Unknown/,
      /Node node-1: .*taints\[node.kubernetes.io\/unreachable/,
      /Node node-1: .*Deleting node node-1 because it does not exist in the cloud provider/,
      /Node node-1: deleted/,
      /Pod default\/web-\S+: deleted/,
      /Pod default\/web-\S+: .*pod triggered scale-up: \[\{pool 0->1 \(max: 3\)\}\]/,
      /RunInstance pool-1/,
      /Node pool-1: .*created/,
    ]
    const at = steps.map((step) => told.findIndex((it) => step.test(it)))
    expect(steps.filter((_, index) => at[index]! < 0)).toEqual([])
    const inOrder = [0, 1, 3, 4, 5, 6, 7, 8].map((index) => at[index]!)
    expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b))
  })

  test('a stopped instance is tainted, not deleted, and comes back', async () => {
    const { cluster, cloud } = await start({ nodes: 2, cloud: {} })
    const instance = cloud.instances()[0]!
    await cluster.loop.outside(cloud.stopInstance(instance.id))
    await cluster.advance('2m')
    const node = () => cluster.client.get(Node, { name: 'node-1' })
    expect((await node()).spec.taints?.map((it) => it.key)).toContain(
      'node.cloudprovider.kubernetes.io/shutdown',
    )
    await cluster.loop.outside(cloud.startInstance(instance.id))
    await cluster.advance('2m')
    expect((await node()).spec.taints ?? []).toEqual([])
  })
})

describe('load balancers', () => {
  test('from apply to an external address, and back', async () => {
    const world = await start({ nodes: 2, cloud: {} })
    const { cluster, cloud } = world
    await cluster.apply(deployment(2, '100m'))
    await cluster.apply(service)
    await cluster.settle()
    const get = () => cluster.client.get(Service, { namespace: 'default', name: 'web' })
    const ip = (await get()).status?.loadBalancer?.ingress?.[0]?.ip
    expect(ip).toMatch(/^203\.0\.113\./)
    expect((await get()).metadata.finalizers).toEqual(['service.kubernetes.io/load-balancer-cleanup'])
    expect(cloud.loadBalancers()).toMatchObject([{ ip, nodes: ['node-1', 'node-2'], ports: [{ port: 80 }] }])
    expect(await events(world, 'web')).toEqual(
      expect.arrayContaining([
        'Normal EnsuringLoadBalancer: Ensuring load balancer',
        'Normal EnsuredLoadBalancer: Ensured load balancer',
      ]),
    )
    await cluster.client.delete(Service, { namespace: 'default', name: 'web' })
    await cluster.settle()
    expect(cloud.loadBalancers()).toEqual([])
    expect(await cluster.client.find(Service, { namespace: 'default', name: 'web' })).toBeUndefined()
    expect(await events(world, 'web')).toEqual(
      expect.arrayContaining([
        'Normal DeletingLoadBalancer: Deleting load balancer',
        'Normal DeletedLoadBalancer: Deleted load balancer',
      ]),
    )
  })

  test('a failing cloud is told and tried again', async () => {
    const world = await start({ nodes: 1, cloud: {} })
    world.cloud.failNext('CreateLoadBalancer', 'the cloud is on fire', 2)
    await world.cluster.apply(service)
    await world.cluster.advance('30s')
    expect(await events(world, 'web')).toContain(
      'Warning SyncLoadBalancerFailed: Error syncing load balancer: the cloud is on fire',
    )
    expect(world.cloud.loadBalancers()).toHaveLength(1)
  })

  test('follow the nodes', async () => {
    const { cluster, cloud } = await start({ nodes: 1, cloud: {} })
    await cluster.apply(service)
    await cluster.settle()
    await cluster.addNode()
    await cluster.settle()
    expect(cloud.loadBalancers()[0]?.nodes).toEqual(['node-1', 'node-2'])
  })
})

describe('the autoscaler', () => {
  test('adds instances while pods wait and removes them when they are idle', async () => {
    const world = await start({
      nodes: 1,
      cloud: { groups: [{ name: 'pool', min: 0, max: 2, cpu: '4', memory: '16Gi' }], unneededMs: 120_000 },
    })
    const { cluster, cloud } = world
    await cluster.apply(deployment(6, '1500m'))
    await cluster.advance('3m')
    expect(cloud.instances().map((it) => it.name)).toEqual(['node-1', 'pool-1', 'pool-2'])
    await cluster.apply(deployment(1, '1500m'))
    await cluster.advance('10m')
    expect(cloud.instances().length).toBeLessThan(3)
    await cluster.advance('10m')
    expect((await cluster.client.list(Node)).items.length).toBe(cloud.instances().length)
  })

  test('stops at the maximum and says so', async () => {
    const world = await start({
      nodes: 1,
      cloud: { groups: [{ name: 'pool', min: 0, max: 1, cpu: '4', memory: '16Gi' }] },
    })
    await world.cluster.apply(deployment(8, '1500m'))
    await world.cluster.advance('3m')
    expect(world.cloud.instances()).toHaveLength(2)
    const pods = await world.cluster.client.list(Pod, { namespace: 'default' })
    const waiting = pods.items.find((it) => it.spec.nodeName === undefined)!
    expect(await events(world, waiting.metadata.name)).toContain(
      "Normal NotTriggerScaleUp: pod didn't trigger scale-up: 1 max node group size reached",
    )
  })
})

describe('routes', () => {
  test('every node with a pod range has one, and says so', async () => {
    const { cluster, cloud } = await start({ nodes: 1, cloud: {} })
    const node = await cluster.client.get(Node, { name: 'node-1' })
    if (node.spec.podCIDR === undefined) {
      await cluster.client.update(Node, node, (draft) => {
        draft.spec = { ...draft.spec, podCIDR: '10.244.0.0/24' }
      })
    }
    await cluster.advance('20s')
    expect(cloud.routes()).toEqual([{ name: 'route-node-1', node: 'node-1', cidr: '10.244.0.0/24' }])
    const condition = (await cluster.client.get(Node, { name: 'node-1' })).status?.conditions?.find(
      (it) => it.type === 'NetworkUnavailable',
    )
    expect(condition).toMatchObject({ status: 'False', reason: 'RouteCreated' })
  })
})
