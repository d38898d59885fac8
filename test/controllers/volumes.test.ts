/** Volumes from claim to node and back, on whole clusters: attach-detach, ephemeral claims, expansion. */
import { expect, test } from 'vitest'
import { StatefulSet } from '../../src/api/apps/stateful-set.ts'
import { Event } from '../../src/api/core/event.ts'
import { Node } from '../../src/api/core/node.ts'
import { PersistentVolume } from '../../src/api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { CSIDriver } from '../../src/api/storage/csi-driver.ts'
import { CSINode } from '../../src/api/storage/csi-node.ts'
import { StorageClass } from '../../src/api/storage/storage-class.ts'
import { VolumeAttachment } from '../../src/api/storage/volume-attachment.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'

const DRIVER = 'fake.csi.kubarium.dev'

async function clusterWithClass(nodes: number): Promise<Cluster> {
  const cluster = await createCluster({ nodes, authorization: 'RBAC' })
  await cluster.client.create(StorageClass, {
    metadata: { name: 'fast' },
    provisioner: DRIVER,
    allowVolumeExpansion: true,
  })
  return cluster
}

const claim = (name: string, accessModes = ['ReadWriteOnce']) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { storageClassName: 'fast', accessModes, resources: { requests: { storage: '1Gi' } } },
})

function pod(name: string, claimName: string, nodeName?: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      ...(nodeName && { nodeName }),
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'c', image: 'nginx', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
    },
  }
}

const volumeOf = (cluster: Cluster, name: string) =>
  cluster.peek().get<PersistentVolumeClaim>(PersistentVolumeClaim, { namespace: 'default', name })!.spec
    .volumeName!

/** `node: true` for volumes that are attached, `node: false` for those under way. */
const attachments = (cluster: Cluster) =>
  cluster
    .peek()
    .list<VolumeAttachment>(VolumeAttachment)
    .map(({ spec, status }) => `${spec.nodeName}: ${status?.attached === true}`)

const nodeSays = (cluster: Cluster, name: string) => {
  const { volumesAttached, volumesInUse } = cluster.peek().get<Node>(Node, { name })?.status ?? {}
  return { attached: (volumesAttached ?? []).map((it) => it.name), inUse: volumesInUse ?? [] }
}

const isRunning = (cluster: Cluster, name: string) =>
  cluster.peek().get<Pod>(Pod, { namespace: 'default', name })?.status?.phase === 'Running'

const told = (cluster: Cluster, object: string) =>
  cluster
    .peek()
    .list<Event>(Event, 'default')
    .filter((it) => it.involvedObject.name === object)
    .map((it) => `${it.type} ${it.reason}: ${it.message}`)

test('a volume is attached before it is mounted, and detached once it is unmounted', async () => {
  await using cluster = await clusterWithClass(1)
  await cluster.apply([claim('data'), pod('web', 'data')])
  await cluster.settle()
  const volume = volumeOf(cluster, 'data')
  const name = `kubernetes.io/csi/${DRIVER}^${volume}`
  expect(isRunning(cluster, 'web')).toBe(true)
  expect(attachments(cluster)).toEqual(['node-1: true'])
  expect(nodeSays(cluster, 'node-1')).toEqual({ attached: [name], inUse: [name] })
  expect(told(cluster, 'web')).toContain(
    `Normal SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "${volume}" `,
  )
  await cluster.client.delete(Pod, { namespace: 'default', name: 'web' })
  await cluster.settle()
  expect(attachments(cluster)).toEqual([])
  expect(nodeSays(cluster, 'node-1')).toEqual({ attached: [], inUse: [] })
})

test('a volume that is deleted stays until it is attached nowhere, and nodes forget what is not attached', async () => {
  await using cluster = await clusterWithClass(1)
  await cluster.apply([claim('data'), pod('web', 'data')])
  await cluster.settle()
  const name = volumeOf(cluster, 'data')
  const finalizer = 'external-attacher/fake-csi-kubarium-dev'
  const volume = () => cluster.peek().get<PersistentVolume>(PersistentVolume, { name })
  expect(volume()?.metadata?.finalizers).toContain(finalizer)
  await cluster.client.delete(PersistentVolumeClaim, { namespace: 'default', name: 'data' })
  await cluster.client.delete(PersistentVolume, { name })
  await cluster.settle()
  expect(volume()?.metadata?.deletionTimestamp).toBeDefined()
  await cluster.client.delete(Pod, { namespace: 'default', name: 'web' })
  await cluster.settle()
  expect([volume(), attachments(cluster), nodeSays(cluster, 'node-1').attached]).toEqual([undefined, [], []])

  // What a manager with a cache that was behind may have told a node.
  await cluster.apply([claim('more'), pod('db', 'more')])
  await cluster.settle()
  await cluster.client.delete(Pod, { namespace: 'default', name: 'db' })
  await cluster.settle()
  expect(nodeSays(cluster, 'node-1').attached).toEqual([])
  const stale = { name: `kubernetes.io/csi/${DRIVER}^${volumeOf(cluster, 'more')}`, devicePath: '' }
  const patch = { status: { volumesAttached: [stale] } }
  await cluster.client.patch(Node, { name: 'node-1' }, patch, { subresource: 'status' })
  await cluster.settle()
  expect(nodeSays(cluster, 'node-1').attached).toEqual([])
})

test('a volume is attached as soon as the node that needs it is known', async () => {
  await using cluster = await clusterWithClass(1)
  await cluster.apply([claim('data'), pod('early', 'data', 'node-2')])
  await cluster.advance('10s')
  expect(attachments(cluster)).toEqual([])
  await cluster.addNode({ name: 'node-2' })
  await cluster.settle()
  expect([attachments(cluster), isRunning(cluster, 'early')]).toEqual([['node-2: true'], true])
})

test('without the controller a pod waits for its volume', async () => {
  await using cluster = await createCluster({ controllers: '*,-attachdetach' })
  await cluster.client.create(StorageClass, { metadata: { name: 'fast' }, provisioner: DRIVER })
  await cluster.apply([claim('data'), pod('web', 'data')])
  await cluster.advance('5m')
  expect(isRunning(cluster, 'web')).toBe(false)
  expect(nodeSays(cluster, 'node-1').inUse).toHaveLength(1)
  expect(told(cluster, 'web')).toContain(
    'Warning FailedMount: Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data], failed to process volumes=[]: timed out waiting for the condition',
  )
})

test('a driver that needs no attaching gets none', async () => {
  await using cluster = await clusterWithClass(1)
  await cluster.client.create(CSIDriver, { metadata: { name: DRIVER }, spec: { attachRequired: false } })
  await cluster.apply([claim('data'), pod('web', 'data')])
  await cluster.settle()
  expect(isRunning(cluster, 'web')).toBe(true)
  expect(attachments(cluster)).toEqual([])
})

test('a ReadWriteOnce volume is on one node at a time, a ReadWriteMany one on many', async () => {
  await using cluster = await clusterWithClass(2)
  await cluster.apply([claim('one'), claim('many', ['ReadWriteMany'])])
  await cluster.apply([pod('a', 'one', 'node-1'), pod('b', 'many', 'node-1'), pod('c', 'many', 'node-2')])
  await cluster.settle()
  await cluster.apply(pod('d', 'one', 'node-2'))
  await cluster.advance('10s')
  expect(['a', 'b', 'c', 'd'].filter((it) => isRunning(cluster, it))).toEqual(['a', 'b', 'c'])
  expect(told(cluster, 'd')).toContain(
    `Warning FailedAttachVolume: Multi-Attach error for volume "${volumeOf(cluster, 'one')}" Volume is already used by pod(s) a`,
  )
  await cluster.client.delete(Pod, { namespace: 'default', name: 'a' })
  await cluster.advance('3m')
  expect(isRunning(cluster, 'd')).toBe(true)
})

test('the volume of a dead node is taken away after six minutes, and its pod comes back elsewhere', async () => {
  await using cluster = await clusterWithClass(2)
  const db = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { labels: { app: 'db' } },
        spec: {
          tolerations: [
            {
              key: 'node.kubernetes.io/unreachable',
              operator: 'Exists',
              effect: 'NoExecute',
              tolerationSeconds: 0,
            },
          ],
          containers: [{ name: 'c', image: 'nginx', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: {
            storageClassName: 'fast',
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '1Gi' } },
          },
        },
      ],
    },
  }
  await cluster.apply(db)
  await cluster.settle()
  const [first] = cluster.peek().list<Pod>(Pod, 'default')
  const dead = first!.spec.nodeName!
  cluster.node(dead).crash()
  await cluster.advance('90s')
  // Only a human, or the node itself, can say that the pod is gone.
  await cluster.client.delete(Pod, { namespace: 'default', name: 'db-0' }, { gracePeriodSeconds: 0 })
  await cluster.advance('3m')
  const [second] = cluster.peek().list<Pod>(Pod, 'default')
  expect(second!.spec.nodeName).not.toBe(dead)
  expect(isRunning(cluster, 'db-0')).toBe(false)
  expect(attachments(cluster)).toEqual([`${dead}: true`])
  await cluster.advance('6m')
  expect(isRunning(cluster, 'db-0')).toBe(true)
  expect(attachments(cluster)).toEqual([`${second!.spec.nodeName}: true`])
  const set = cluster.peek().get<StatefulSet>(StatefulSet, { namespace: 'default', name: 'db' })
  expect(set?.status?.readyReplicas).toBe(1)
})

test('each node has an object for its drivers, which goes with it', async () => {
  await using cluster = await clusterWithClass(2)
  await cluster.settle()
  const names = () =>
    cluster
      .peek()
      .list<CSINode>(CSINode)
      .map((it) => it.metadata?.name)
  expect(names()).toEqual(['node-1', 'node-2'])
  cluster.node('node-2').crash()
  await cluster.client.delete(Node, { name: 'node-2' })
  await cluster.settle()
  expect(names()).toEqual(['node-1'])
})

test('a node that is out of service gives its volumes back at once', async () => {
  await using cluster = await clusterWithClass(2)
  await cluster.apply([claim('data'), pod('a', 'data', 'node-1')])
  await cluster.settle()
  cluster.node('node-1').crash()
  await cluster.advance('2m')
  const taint = { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute', value: 'nodeshutdown' }
  const node = await cluster.client.get(Node, { name: 'node-1' })
  await cluster.client.replace(Node, {
    ...node,
    spec: { ...node.spec, taints: [...(node.spec.taints ?? []), taint] },
  })
  await cluster.apply(pod('b', 'data', 'node-2'))
  await cluster.advance('1m')
  expect(isRunning(cluster, 'b')).toBe(true)
})

test('a claim declared in a pod lives and dies with it, and never takes over another', async () => {
  await using cluster = await clusterWithClass(1)
  const { spec } = claim('x')
  const scratch = (name: string) => {
    const one = pod(name, 'unused')
    return {
      ...one,
      spec: {
        ...one.spec,
        volumes: [
          {
            name: 'data',
            ephemeral: { volumeClaimTemplate: { metadata: { labels: { kind: 'scratch' } }, spec } },
          },
        ],
      },
    }
  }
  await cluster.apply([scratch('job'), claim('taken-data'), scratch('taken')])
  await cluster.advance('30s')
  expect(isRunning(cluster, 'job')).toBe(true)
  const made = await cluster.client.get(PersistentVolumeClaim, { namespace: 'default', name: 'job-data' })
  expect(made.metadata.labels).toEqual({ kind: 'scratch' })
  expect(made.metadata.ownerReferences?.map((it) => `${it.kind} ${it.name} ${it.controller}`)).toEqual([
    'Pod job true',
  ])
  expect(told(cluster, 'taken')).toContain(
    'Warning FailedBinding: ephemeral volume data: PVC default/taken-data was not created for pod default/taken (pod is not owner)',
  )
  await cluster.client.delete(Pod, { namespace: 'default', name: 'job' })
  await cluster.settle()
  const left = cluster.peek().list<PersistentVolumeClaim>(PersistentVolumeClaim, 'default')
  expect(left.map((it) => it.metadata!.name)).toEqual(['taken-data'])
  expect(cluster.peek().list<PersistentVolume>(PersistentVolume)).toHaveLength(1)
})

test('a claim that asks for more gets it from its driver, which the expander leaves it to', async () => {
  await using cluster = await clusterWithClass(1)
  await cluster.apply([claim('data'), pod('web', 'data')])
  await cluster.settle()
  const larger = {
    ...claim('data'),
    spec: { ...claim('data').spec, resources: { requests: { storage: '3Gi' } } },
  }
  await cluster.apply(larger)
  await cluster.settle()
  const after = await cluster.client.get(PersistentVolumeClaim, { namespace: 'default', name: 'data' })
  expect(after.status?.capacity).toEqual({ storage: '3Gi' })
  expect(told(cluster, 'data')).toContain(
    'Normal ExternalExpanding: waiting for an external controller to expand this PVC',
  )
})
