/** Disks of the cloud as volumes: provisioned, attached, moved, refused and given back. */
import { expect, test } from 'vitest'
import { Event } from '../../src/api/core/event.ts'
import { PersistentVolume } from '../../src/api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { StorageClass } from '../../src/api/storage/storage-class.ts'
import { VolumeAttachment } from '../../src/api/storage/volume-attachment.ts'
import { DISK_DRIVER } from '../../src/cloud/disks.ts'
import type { ClusterOptions } from '../../src/cluster/cluster.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'

async function start(options: ClusterOptions = {}, binding = 'WaitForFirstConsumer') {
  const cluster = buildCluster({ nodes: 2, seed: 7, cloud: {}, ...options })
  await cluster.settle()
  await cluster.client.create(StorageClass, {
    metadata: { name: 'disk' },
    provisioner: DISK_DRIVER,
    volumeBindingMode: binding,
  })
  await cluster.apply(`
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { storageClassName: disk, accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`)
  return { cluster, cloud: cluster.cloud! }
}

type World = Awaited<ReturnType<typeof start>>

const pod = (name: string, node?: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 1
  ${node === undefined ? '' : `nodeSelector: { kubernetes.io/hostname: ${node} }`}
  containers: [{ name: c, image: busybox, command: [sleep, infinity], volumeMounts: [{ name: v, mountPath: /data }] }]
  volumes: [{ name: v, persistentVolumeClaim: { claimName: data } }]
`
const phase = ({ cluster }: World, name: string) =>
  cluster.peek().get<Pod>(Pod, { namespace: 'default', name })?.status?.phase
const told = ({ cluster }: World, object: string) =>
  cluster
    .peek()
    .list<Event>(Event, 'default')
    .filter((it) => it.involvedObject.name === object)
    .map((it) => `${it.type} ${it.reason}: ${it.message}`)
const calls = ({ cluster }: World) =>
  cluster.journal
    .entries()
    .filter((it) => it.type === 'cloud')
    .map((it) => it.text.split(' ')[0])
    .filter((it) => it?.endsWith('Disk'))
function diskOf({ cluster, cloud }: World) {
  const [volume] = cluster.peek().list<PersistentVolume>(PersistentVolume)
  return cloud.disk(volume?.spec?.csi?.volumeHandle ?? '')
}

test('a claim gets a disk in the zone of its first pod; it follows the pods with its data, and goes with the claim', async () => {
  const world = await start()
  const { cluster, cloud } = world
  await cluster.settle()
  expect(calls(world)).toEqual([])
  await cluster.apply(pod('a', 'node-1'))
  await cluster.settle()
  expect(phase(world, 'a')).toBe('Running')
  const zone = cloud.instances().find((it) => it.name === 'node-1')!.zone
  expect(diskOf(world)).toMatchObject({ sizeBytes: 2 ** 30, zone, attachedTo: 'node-1' })
  await cluster.exec({ namespace: 'default', pod: 'a' }, ['sh', '-c', 'echo kept > /data/f'])

  await cluster.client.delete(Pod, { namespace: 'default', name: 'a' })
  await cluster.settle()
  expect(diskOf(world)?.attachedTo).toBeUndefined()
  await cluster.apply(pod('b', 'node-2'))
  await cluster.settle()
  expect(diskOf(world)?.attachedTo).toBe('node-2')
  expect((await cluster.exec({ namespace: 'default', pod: 'b' }, ['cat', '/data/f'])).stdout).toBe('kept\n')
  expect(calls(world)).toEqual(['CreateDisk', 'AttachDisk', 'DetachDisk', 'AttachDisk'])

  await cluster.client.delete(Pod, { namespace: 'default', name: 'b' })
  await cluster.client.delete(PersistentVolumeClaim, { namespace: 'default', name: 'data' })
  await cluster.advance('1m')
  expect(cluster.peek().list(PersistentVolume)).toEqual([])
  expect(cluster.peek().list(VolumeAttachment)).toEqual([])
  expect(calls(world).at(-1)).toBe('DeleteDisk')
})

test('a disk that the cloud does not attach is told about and tried again', async () => {
  const world = await start()
  const { cluster, cloud } = world
  cloud.failNext('AttachDisk', 'the volume is busy', 2)
  await cluster.apply(pod('a'))
  await cluster.advance('2s')
  expect(phase(world, 'a')).toBe('Pending')
  await cluster.advance('5m')
  expect(phase(world, 'a')).toBe('Running')
  expect(told(world, 'a')).toContainEqual(
    expect.stringMatching(
      /^Warning FailedAttachVolume: AttachVolume\.Attach failed for volume "pvc-\S+" : .*the volume is busy/,
    ),
  )
})

test('a disk beyond the quota is not made, and the claim says so', async () => {
  const world = await start({ cloud: { quotas: { disks: 0 } } }, 'Immediate')
  await world.cluster.advance('10s')
  expect(told(world, 'data')).toContainEqual(
    expect.stringMatching(
      /^Warning ProvisioningFailed: failed to provision volume with StorageClass "disk": .*The maximum number of disks \(0\) has been reached/,
    ),
  )
})

test('the disk of a terminated instance is free at once: its pod comes back elsewhere with its data', async () => {
  const world = await start()
  const { cluster, cloud } = world
  await cluster.apply(pod('a', 'node-1'))
  await cluster.settle()
  await cluster.exec({ namespace: 'default', pod: 'a' }, ['sh', '-c', 'echo kept > /data/f'])
  cloud.kill(cloud.instances().find((it) => it.name === 'node-1')!.id)
  await cluster.advance('5m')
  await cluster.apply(pod('b', 'node-2'))
  await cluster.advance('10m')
  expect(phase(world, 'b')).toBe('Running')
  expect((await cluster.exec({ namespace: 'default', pod: 'b' }, ['cat', '/data/f'])).stdout).toBe('kept\n')
})
