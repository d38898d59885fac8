import { describe, expect, test } from 'vitest'
import { Lease } from '../../src/api/coordination/lease.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Event } from '../../src/api/core/event.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Node } from '../../src/api/core/node.ts'
import { PersistentVolume } from '../../src/api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { Secret } from '../../src/api/core/secret.ts'
import { ServiceAccount } from '../../src/api/core/service-account.ts'
import type { Stored } from '../../src/api/kind.ts'
import { ClusterRole } from '../../src/api/rbac/cluster-role.ts'
import { StorageClass } from '../../src/api/storage/storage-class.ts'
import { formatMicroTime } from '../../src/api/time.ts'
import { ClusterSize } from '../../src/controllers/ttl/controller.ts'
import { template, World } from './world.ts'

const claim = (name: string, storageClassName = '', storage = '1Gi'): PersistentVolumeClaim => ({
  metadata: { name, namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage } } },
})

const volume = (name: string, storage: string, more: object = {}): PersistentVolume => ({
  metadata: { name },
  spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' }, ...more },
})

const reasons = async (world: World, kind: string) =>
  (await world.list(Event)).filter((it) => it.involvedObject.kind === kind).map((it) => it.reason)

describe('volumes', () => {
  test('a claim gets the smallest volume that fits, and gives it back', async () => {
    const world = await World.create()
    await world.create(PersistentVolume, volume('big', '10Gi'))
    await world.create(PersistentVolume, volume('fits', '2Gi'))
    await world.create(PersistentVolume, volume('small', '500Mi'))
    await world.settle()
    await world.create(PersistentVolumeClaim, claim('data'))
    await world.settle()
    const bound = await world.get(PersistentVolumeClaim, 'data')
    expect(bound.spec.volumeName).toBe('fits')
    expect(bound.status).toMatchObject({ phase: 'Bound', capacity: { storage: '2Gi' } })
    const phases = async () =>
      Object.fromEntries(
        (await world.list(PersistentVolume)).map((it) => [it.metadata.name, it.status?.phase]),
      )
    expect(await phases()).toEqual({ big: 'Available', fits: 'Bound', small: 'Available' })
    await world.delete(PersistentVolumeClaim, 'data')
    await world.settle()
    expect(await phases()).toEqual({ big: 'Available', fits: 'Released', small: 'Available' })
  })

  test('a claim without class and volume waits, and says why', async () => {
    const world = await World.create()
    await world.create(PersistentVolumeClaim, claim('data'))
    await world.settle()
    expect((await world.get(PersistentVolumeClaim, 'data')).status?.phase).toBe('Pending')
    expect(await reasons(world, 'PersistentVolumeClaim')).toEqual(['FailedBinding'])
    await world.advance(31)
    const about = (it: Stored<Event>) => it.involvedObject.name === 'data'
    expect((await world.list(Event)).find(about)?.count).toBeGreaterThanOrEqual(3)
  })

  test('a volume is provisioned, enlarged, and deleted with its claim', async () => {
    const world = await World.create()
    const metadata = { name: 'fast' }
    await world.create(StorageClass, {
      metadata,
      provisioner: 'fake.csi.kubarium.dev',
      allowVolumeExpansion: true,
    })
    await world.create(PersistentVolumeClaim, claim('data', 'fast'))
    await world.settle()
    const bound = await world.get(PersistentVolumeClaim, 'data')
    expect(bound.spec.volumeName).toBe(`pvc-${bound.metadata.uid}`)
    expect(bound.status?.phase).toBe('Bound')
    expect((await reasons(world, 'PersistentVolumeClaim')).sort()).toEqual([
      'ExternalProvisioning',
      'Provisioning',
      'ProvisioningSucceeded',
    ])
    await world.update(PersistentVolumeClaim, 'data', (it) => ({
      ...it,
      spec: { ...it.spec, resources: { requests: { storage: '2Gi' } } },
    }))
    await world.settle()
    expect((await world.get(PersistentVolumeClaim, 'data')).status?.capacity).toEqual({ storage: '2Gi' })
    await world.delete(PersistentVolumeClaim, 'data')
    await world.settle()
    expect(await world.list(PersistentVolume)).toEqual([])
  })

  test('a claim that names its volume gets that one or none, and says why', async () => {
    const world = await World.create()
    await world.create(PersistentVolume, volume('small', '1Mi'))
    await world.create(PersistentVolume, volume('shared', '1Gi', { accessModes: ['ReadOnlyMany'] }))
    await world.create(PersistentVolume, volume('good', '1Gi'))
    for (const [name, volumeName] of Object.entries({ a: 'small', b: 'shared', c: 'good', d: 'good' })) {
      const { metadata, spec } = claim(name)
      await world.create(PersistentVolumeClaim, { metadata, spec: { ...spec, volumeName } })
      await world.settle()
    }
    const claims = await world.list(PersistentVolumeClaim)
    expect(claims.map((it) => it.status?.phase)).toEqual(['Pending', 'Pending', 'Bound', 'Pending'])
    const messages = (await world.list(Event)).map((it) => `${it.reason}: ${it.message}`)
    expect(messages).toEqual(
      expect.arrayContaining([
        'VolumeMismatch: Cannot bind to requested volume "small": requested PV is too small',
        'VolumeMismatch: Cannot bind to requested volume "shared": incompatible accessMode',
        'FailedBinding: volume "good" already bound to a different claim.',
      ]),
    )
  })

  test('a class may wait for the first pod', async () => {
    const world = await World.create({ nodes: 0 })
    const volumeBindingMode = 'WaitForFirstConsumer'
    await world.create(StorageClass, {
      metadata: { name: 'late' },
      provisioner: 'fake.csi.kubarium.dev',
      volumeBindingMode,
    })
    await world.create(PersistentVolumeClaim, claim('data', 'late'))
    await world.settle()
    expect((await world.get(PersistentVolumeClaim, 'data')).status?.phase).toBe('Pending')
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
    for (const name of ['one', 'two']) {
      const metadata = { name, namespace: 'default' }
      await world.create(Pod, { metadata, spec: { ...template({}).spec, volumes } })
    }
    await world.update(PersistentVolumeClaim, 'data', (it) => ({
      ...it,
      metadata: { ...it.metadata, labels: { look: 'again' } },
    }))
    await world.settle()
    expect((await world.list(Event)).map((it) => `${it.reason}: ${it.message}`)).toContain(
      'WaitForPodScheduled: waiting for pods one,two to be scheduled',
    )
    const annotations = { 'volume.kubernetes.io/selected-node': 'node-1' }
    await world.update(PersistentVolumeClaim, 'data', (it) => ({
      ...it,
      metadata: { ...it.metadata, annotations },
    }))
    await world.settle()
    expect((await world.get(PersistentVolumeClaim, 'data')).status?.phase).toBe('Bound')
    expect(await reasons(world, 'PersistentVolumeClaim')).toContain('WaitForFirstConsumer')
  })
})

test('every namespace has its default account and the root certificate, and gets them back', async () => {
  const world = await World.create()
  await world.create(Namespace, { metadata: { name: 'shop' }, spec: {} })
  await world.settle()
  const before = await world.get(ServiceAccount, 'default', 'shop')
  await world.delete(ServiceAccount, 'default', {}, 'shop')
  await world.update(ConfigMap, 'kube-root-ca.crt', (it) => ({ ...it, data: { 'ca.crt': 'forged' } }), 'shop')
  await world.settle()
  expect((await world.get(ServiceAccount, 'default', 'shop')).metadata.uid).not.toBe(before.metadata.uid)
  expect((await world.get(ConfigMap, 'kube-root-ca.crt', 'shop')).data).toEqual({ 'ca.crt': '' })
})

test('a Secret that asks for a token gets one, and goes with its account', async () => {
  const world = await World.create()
  await world.create(ServiceAccount, { metadata: { name: 'robot', namespace: 'default' } })
  const annotations = { 'kubernetes.io/service-account.name': 'robot' }
  await world.create(Secret, {
    metadata: { name: 'key', namespace: 'default', annotations },
    type: 'kubernetes.io/service-account-token',
  })
  await world.settle()
  const secret = await world.get(Secret, 'key')
  expect(atob(secret.data?.['namespace'] ?? '')).toBe('default')
  expect(secret.data?.['token']?.length).toBeGreaterThan(20)
  await world.delete(ServiceAccount, 'robot')
  await world.settle()
  expect((await world.list(Secret)).map((it) => it.metadata.name)).not.toContain('key')
})

test('roles that aggregate take up the rules of others', async () => {
  const world = await World.create()
  const labels = { aggregate: 'yes' }
  await world.create(ClusterRole, {
    metadata: { name: 'all' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }] },
  })
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
  await world.create(ClusterRole, { metadata: { name: 'part', labels }, rules: [rule] })
  await world.settle()
  expect((await world.get(ClusterRole, 'all')).rules).toEqual([rule])
})

test('nodes get ranges of addresses in turn, when that is asked for', async () => {
  const world = await World.create({ nodes: 2, controllers: 'node-ipam-controller' })
  expect((await world.list(Node)).map((it) => it.spec.podCIDR)).toEqual(['10.244.0.0/24', '10.244.1.0/24'])
})

test('nodes learn how long Secrets may be cached, by the size of the cluster and not at its every change', async () => {
  const sizes = (count: number) => {
    const size = new ClusterSize({ informer: { addHandlers: () => () => {} } as never })
    for (let i = 0; i < count; i++) size.count(1)
    return size
  }
  expect([1, 100, 101, 500, 501, 1000, 1001, 2000, 2001].map((it) => sizes(it).ttlSeconds)).toEqual([
    0, 0, 15, 15, 30, 30, 60, 60, 300,
  ])
  const shrinking = sizes(101)
  for (let i = 0; i < 11; i++) shrinking.count(-1)
  expect(shrinking.ttlSeconds).toBe(15)
  shrinking.count(-1)
  expect(shrinking.ttlSeconds).toBe(0)

  const world = await World.create({ nodes: 1 })
  expect((await world.get(Node, 'node-1')).metadata.annotations?.['node.alpha.kubernetes.io/ttl']).toBe('0')
})

test('the Lease of an API server that is gone is deleted within the hour, those of others are not', async () => {
  const world = await World.create({ nodes: 0, controllers: 'apiserver-lease-gc-controller' })
  const lease = (name: string, labels: Record<string, string> = {}) => ({
    metadata: { name, namespace: 'kube-system', labels },
    spec: { leaseDurationSeconds: 3600, renewTime: formatMicroTime(world.now) },
  })
  const identity = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' }
  await world.create(Lease, lease('apiserver-gone', identity))
  await world.create(Lease, lease('somebody'))
  await world.advance(3500)
  const names = async () => (await world.list(Lease, 'kube-system')).map((it) => it.metadata.name)
  expect(await names()).toContain('apiserver-gone')
  await world.advance(3800)
  expect(await names()).not.toContain('apiserver-gone')
  expect(await names()).toContain('somebody')
})
