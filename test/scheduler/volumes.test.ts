/** Pods go where their volumes are, or can be. */
import { expect, test } from 'vitest'
import { Node } from '../../src/api/core/node.ts'
import { PersistentVolume } from '../../src/api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { CSINode } from '../../src/api/storage/csi-node.ts'
import { StorageClass } from '../../src/api/storage/storage-class.ts'
import { failureMessage } from '../../src/scheduler/framework/failure.ts'
import { node, pod, world } from './harness.ts'
import { lab } from './lab.ts'

function claim(
  name: string,
  parts: Partial<PersistentVolumeClaim['spec']> = {},
  status?: object,
): PersistentVolumeClaim {
  return {
    metadata: { name, namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...parts },
    status,
  }
}

function volume(
  name: string,
  parts: Partial<PersistentVolume['spec']> = {},
  labels?: Record<string, string>,
): PersistentVolume {
  return {
    metadata: { name, labels },
    spec: {
      capacity: { storage: '2Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/data' },
      ...parts,
    },
    status: { phase: 'Available' },
  }
}

function using(name: string, claimName = 'data') {
  return pod(name, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }] })
}

const onNode = (name: string) => ({
  required: {
    nodeSelectorTerms: [
      { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] },
    ],
  },
})

function outcome(
  objects: Record<string, object[]>,
  wanted = using('web'),
  nodes = [node('a', { zone: 'za' }), node('b', { zone: 'zb' })],
) {
  const l = lab({ nodes, objects: objects as never })
  const { feasible, failure } = l.profile.evaluator.search(l.cycle(wanted))
  if (feasible !== undefined)
    return Array.from(feasible.slots.subarray(0, feasible.count), (slot) => l.cache.at(slot)!.name)
  if (failure.preFilter !== undefined) return failure.preFilter.reasons.join(', ')
  return failureMessage(failure).replace(/^0\/\d+ nodes are available: (.*)\.$/, '$1')
}

const later = {
  metadata: { name: 'later' },
  provisioner: 'csi.example.com',
  volumeBindingMode: 'WaitForFirstConsumer',
}
const bound = { phase: 'Bound' }

test.each([
  { name: 'a claim that is not there', objects: {}, want: 'persistentvolumeclaim "data" not found' },
  {
    name: 'a claim that should have been bound already',
    objects: { PersistentVolumeClaim: [claim('data')] },
    want: 'pod has unbound immediate PersistentVolumeClaims',
  },
  {
    name: 'a bound volume pins its node',
    objects: {
      PersistentVolumeClaim: [claim('data', { volumeName: 'v' }, bound)],
      PersistentVolume: [volume('v', { nodeAffinity: onNode('b') })],
    },
    want: ['b'],
  },
  {
    name: 'a bound volume that is gone',
    objects: { PersistentVolumeClaim: [claim('data', { volumeName: 'v' }, bound)] },
    want: '2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
  },
  {
    name: 'a bound volume in another zone',
    objects: {
      PersistentVolumeClaim: [claim('data', { volumeName: 'v' }, bound)],
      PersistentVolume: [volume('v', {}, { 'topology.kubernetes.io/zone': 'zc' })],
    },
    want: '2 node(s) had no available volume zone',
  },
  {
    name: 'a volume label may name several zones',
    objects: {
      PersistentVolumeClaim: [claim('data', { volumeName: 'v' }, bound)],
      PersistentVolume: [volume('v', {}, { 'failure-domain.beta.kubernetes.io/zone': 'zb__zc' })],
    },
    want: ['b'],
  },
  {
    name: 'a claim that waits for its consumer can be provisioned anywhere',
    objects: { PersistentVolumeClaim: [claim('data', { storageClassName: 'later' })], StorageClass: [later] },
    want: ['a', 'b'],
  },
  {
    name: 'allowed topologies limit where it can be provisioned',
    objects: {
      PersistentVolumeClaim: [claim('data', { storageClassName: 'later' })],
      StorageClass: [
        {
          ...later,
          allowedTopologies: [
            { matchLabelExpressions: [{ key: 'topology.kubernetes.io/zone', values: ['za'] }] },
          ],
        },
      ],
    },
    want: ['a'],
  },
  {
    name: 'a driver that tracks capacity must have some',
    objects: {
      PersistentVolumeClaim: [claim('data', { storageClassName: 'later' })],
      StorageClass: [later],
      CSIDriver: [{ metadata: { name: 'csi.example.com' }, spec: { storageCapacity: true } }],
      CSIStorageCapacity: [
        {
          metadata: { name: 'c', namespace: 'default' },
          storageClassName: 'later',
          capacity: '10Gi',
          nodeTopology: { matchLabels: { 'topology.kubernetes.io/zone': 'zb' } },
        },
      ],
    },
    want: ['b'],
  },
  {
    name: 'without a provisioner a volume must be there',
    objects: {
      PersistentVolumeClaim: [claim('data', { storageClassName: 'local' })],
      StorageClass: [{ ...later, metadata: { name: 'local' }, provisioner: 'kubernetes.io/no-provisioner' }],
      PersistentVolume: [
        volume('small', {
          storageClassName: 'local',
          capacity: { storage: '100Mi' },
          nodeAffinity: onNode('a'),
        }),
        volume('right', { storageClassName: 'local', nodeAffinity: onNode('b') }),
      ],
    },
    want: ['b'],
  },
])('$name', ({ objects, want }) => {
  expect(outcome(objects as never)).toEqual(want)
})

test('the limit of a driver counts distinct volumes', () => {
  const objects = {
    PersistentVolumeClaim: ['data', 'more'].map((it) => claim(it, { volumeName: it }, bound)),
    PersistentVolume: ['data', 'more'].map((it) =>
      volume(it, { hostPath: undefined, csi: { driver: 'csi.example.com', volumeHandle: it } }),
    ),
    CSINode: [
      {
        metadata: { name: 'a' },
        spec: { drivers: [{ name: 'csi.example.com', nodeID: 'a', allocatable: { count: 1 } }] },
      } satisfies CSINode,
    ],
  }
  const standing = { ...using('first', 'data'), spec: { ...using('first', 'data').spec, nodeName: 'a' } }
  const l = lab({ nodes: [node('a')], pods: [standing], objects })
  const reject = (name: string) =>
    l.filter('NodeVolumeLimits', l.cycle(using('web', name)), l.cache.node('a')!)
  expect(reject('data')).toBeUndefined()
  expect(reject('more')).toBe('node(s) exceed max volume count')
})

test('a claim for one pod only is refused to a second, wherever it is', () => {
  const objects = {
    PersistentVolumeClaim: [claim('data', { volumeName: 'v', accessModes: ['ReadWriteOncePod'] }, bound)],
    PersistentVolume: [volume('v', { accessModes: ['ReadWriteOncePod'] })],
  }
  const first = using('first')
  const l = lab({
    nodes: [node('a'), node('b')],
    pods: [{ ...first, spec: { ...first.spec, nodeName: 'a' } }],
    objects,
  })
  const { failure } = l.profile.evaluator.search(l.cycle(using('second')))
  expect([...failure!.counts].map(([status, nodes]) => [nodes, status.reasons[0]])).toEqual([
    [2, 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'],
  ])
})

test('a disk is not shared by two writers', () => {
  const disk = (readOnly?: boolean) => ({
    volumes: [{ name: 'v', gcePersistentDisk: { pdName: 'disk', readOnly } }],
  })
  const l = lab({ nodes: [node('a')], pods: [pod('first', { ...disk(true), nodeName: 'a' })] })
  const reject = (readOnly?: boolean) =>
    l.filter('VolumeRestrictions', l.cycle(pod('p', disk(readOnly))), l.cache.node('a')!)
  expect(reject()).toBe('node(s) had no available disk')
  expect(reject(true)).toBeUndefined()
})

test('a pod is bound once the volume controller has bound its claim', async () => {
  const w = await world()
  await w.create(StorageClass, later)
  await w.create(Node, node('a'))
  await w.create(PersistentVolumeClaim, claim('data', { storageClassName: 'later' }))
  await w.create(Pod, using('web'))
  await w.loop.advance(3000)
  expect((await w.pod('web')).spec.nodeName).toBeUndefined()
  const ref = { namespace: 'default', name: 'data' }
  const asked = await w.client.get(PersistentVolumeClaim, ref)
  expect(asked.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('a')

  await w.create(PersistentVolume, volume('made', { storageClassName: 'later' }))
  const named = await w.client.update(PersistentVolumeClaim, asked, (draft) => {
    draft.spec.volumeName = 'made'
  })
  await w.client.updateStatus(PersistentVolumeClaim, { ...named, status: { phase: 'Bound' } })
  await w.loop.advance(2000)
  expect((await w.pod('web')).spec.nodeName).toBe('a')
})
