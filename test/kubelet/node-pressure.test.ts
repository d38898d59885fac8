import { describe, expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { World } from './harness.ts'

const box = (extra: object = {}) => ({
  name: 'c',
  image: 'busybox',
  command: ['sleep', 'infinity'],
  ...extra,
})
const GIB = 1024 ** 3

describe('eviction', () => {
  test('a node short of memory evicts what uses more than it asked for', async () => {
    const world = await new World({
      images: [
        {
          image: 'example/hog',
          program: { memory: { startBytes: GIB, bytesPerSecond: 100_000_000, maxBytes: 20 * GIB } },
        },
        { image: 'example/good', program: { memory: { startBytes: GIB } } },
      ],
    }).start()
    const asks = { resources: { requests: { memory: '2Gi' } } }
    await world.run('good', { containers: [{ name: 'c', image: 'example/good:1', ...asks }] })
    await world.run('hog', { containers: [{ name: 'c', image: 'example/hog:1', ...asks }] })
    await world.advance(120)
    const status = await world.status('hog')
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted' })
    expect(status.message).toMatch(
      /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \S+\. Container c was using \S+, request is 2Gi, has larger consumption of memory\. $/,
    )
    expect(status.conditions?.find((it) => it.type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
    })
    expect((await world.status('good')).phase).toBe('Running')
    const pressure = async () =>
      (await world.outside(world.client.get(Node, { name: 'node-1' }))).status?.conditions?.find(
        (it) => it.type === 'MemoryPressure',
      )?.status
    expect(await pressure()).toBe('True')
    await world.run('besteffort', { containers: [box()] })
    await world.settle()
    expect(await world.status('besteffort')).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Pod was rejected: The node had condition: [MemoryPressure]. ',
    })
    await world.advance(320)
    expect(await pressure()).toBe('False')
  })

  test('an emptyDir that outgrows its limit costs the pod its place', async () => {
    const world = await new World().start()
    await world.run('p', {
      containers: [box({ volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Ki' } }],
    })
    await world.settle()
    await world.sh('p', 'dd if=/dev/zero of=/v/f bs=1k count=2')
    await world.advance(45)
    expect(await world.status('p')).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Usage of EmptyDir volume "v" exceeds the limit "1Ki". ',
    })
  })
})

describe('node shutdown', () => {
  test('ordinary pods end first, then critical ones, then the power goes', async () => {
    const world = await new World().start()
    const polite = 'trap "exit 0" TERM; while true; do sleep 1; done'
    const spec = { containers: [box({ command: ['sh', '-c', polite] })] }
    await world.run('web', spec)
    await world.run('dns', { ...spec, priorityClassName: 'system-cluster-critical', priority: 2_000_000_000 })
    await world.advance(5)
    let off = false
    world.foundation.loop.inject(() => world.machine.shutdown(() => (off = true)))
    await world.advance(5)
    expect(await world.status('web')).toMatchObject({
      phase: 'Failed',
      reason: 'Terminated',
      message: 'Pod was terminated in response to imminent node shutdown.',
    })
    expect((await world.status('dns')).phase).toBe('Running')
    const node = await world.outside(world.client.get(Node, { name: 'node-1' }))
    expect(node.status?.conditions?.find((it) => it.type === 'Ready')).toMatchObject({
      status: 'False',
      message: 'node is shutting down',
    })
    await world.run('late', spec)
    await world.advance(1)
    expect(await world.status('late')).toMatchObject({ phase: 'Failed', reason: 'NodeShutdown' })
    await world.advance(18)
    expect((await world.status('dns')).phase).toBe('Failed')
    await world.advance(8)
    expect([off, world.machine.on]).toEqual([true, false])
  })
})

describe('static pods', () => {
  const manifest = (image: string) => `
apiVersion: v1
kind: Pod
metadata: { name: proxy, labels: { tier: node } }
spec: { containers: [{ name: c, image: '${image}' }] }
`
  test('run from a folder, show a mirror that comes back, and go with the file', async () => {
    const world = await new World().start()
    const { disk } = world.machine
    disk.write('etc/kubernetes/manifests/proxy.yaml', manifest('example/proxy:1'))
    disk.changed()
    await world.settle()
    const mirror = await world.pod('proxy-node-1')
    expect(mirror.metadata.annotations).toMatchObject({
      'kubernetes.io/config.mirror': expect.stringMatching(/^[0-9a-f]{32}$/),
      'kubernetes.io/config.source': 'file',
    })
    expect(mirror.metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'node-1' }])
    expect(mirror.status).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: true }] })

    await world.delete('proxy-node-1', 0)
    await world.settle()
    expect((await world.pod('proxy-node-1')).metadata.uid).not.toBe(mirror.metadata.uid)
    expect([...world.machine.runtime.listContainers()]).toHaveLength(1)

    disk.remove('etc/kubernetes/manifests/proxy.yaml')
    disk.changed()
    await world.advance(40)
    expect(await world.find('proxy-node-1')).toBeUndefined()
    expect([...world.machine.runtime.listContainers()]).toEqual([])
  })
})

describe('ephemeral containers', () => {
  test('join a running pod', async () => {
    const world = await new World().start()
    await world.run('p', { containers: [box()] })
    await world.settle()
    const pod = await world.pod('p')
    const debug = {
      name: 'debug',
      image: 'busybox',
      command: ['sleep', 'infinity'],
      targetContainerName: 'c',
    }
    await world.outside(
      world.client.subresource('update', Pod, { namespace: 'default', name: 'p' }, 'ephemeralcontainers', {
        ...pod,
        spec: { ...pod.spec, ephemeralContainers: [debug] },
      }),
    )
    await world.settle()
    expect((await world.status('p')).ephemeralContainerStatuses?.[0]).toMatchObject({
      name: 'debug',
      state: { running: expect.anything() },
    })
    expect(await world.sh('p', 'hostname', 'debug')).toBe('p\n')
  })
})

describe('a restart of the kubelet', () => {
  test('leaves mounted files live: edits still arrive', async () => {
    const world = await new World().start()
    await world.create(ConfigMap, { metadata: { name: 'c', namespace: 'default' }, data: { k: 'v1' } })
    await world.run('p', {
      containers: [box({ volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      volumes: [{ name: 'v', configMap: { name: 'c' } }],
    })
    await world.settle()
    world.kubelets[0]!.restart()
    await world.settle()
    await world.outside(
      world.client.patch(ConfigMap, { namespace: 'default', name: 'c' }, { data: { k: 'v2' } }),
    )
    await world.advance(100)
    expect(await world.sh('p', 'cat /v/k')).toBe('v2')
  })
})

describe('in-place resize', () => {
  const resize = async (world: World, cpu: string) => {
    const pod = await world.pod('p')
    const containers = pod.spec.containers.map((it) => ({
      ...it,
      resources: { requests: { cpu }, limits: { cpu: '8' } },
    }))
    const resized = { ...pod, spec: { ...pod.spec, containers } }
    await world.outside(
      world.client.subresource('update', Pod, { namespace: 'default', name: 'p' }, 'resize', resized),
    )
    await world.settle()
  }

  test('is carried out without a restart, or says why not', async () => {
    const world = await new World().start()
    await world.run('p', {
      containers: [box({ resources: { requests: { cpu: '1' }, limits: { cpu: '8' } } })],
    })
    await world.settle()
    await resize(world, '2')
    expect(world.calls('p')).toContain('UpdateContainerResources c')
    expect((await world.status('p')).containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      allocatedResources: { cpu: '2' },
    })
    await resize(world, '6')
    expect((await world.status('p')).conditions?.find((it) => it.type === 'PodResizePending')).toMatchObject({
      status: 'True',
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 6000, capacity: 4000",
    })
  })
})
