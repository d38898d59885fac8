/** Reasons that the other files do not come across: every state of a container and a pod can be reached. */
import { describe, expect, test } from 'vitest'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { PodSpec } from '../../src/api/core/pod-spec.ts'
import { PriorityClass } from '../../src/api/scheduling/priority-class.ts'
import { admit } from '../../src/kubelet/admission.ts'
import type { ContainerRecord } from '../../src/kubelet/cri/records.ts'
import { World, type WorldOptions } from './harness.ts'

const box = (extra: object = {}) => ({
  name: 'c',
  image: 'busybox',
  command: ['sleep', 'infinity'],
  ...extra,
})
const started = (options?: WorldOptions) => new World(options).start()
const waiting = async (world: World, pod: string) =>
  (await world.status(pod)).containerStatuses?.[0]?.state?.waiting

describe('waiting', () => {
  test('ImageInspectError: the image service does not answer', async () => {
    const world = await started()
    world.machine.images.broken = 'image store is gone'
    await world.run('p', { containers: [box()] })
    await world.advance(5)
    const message =
      'Failed to inspect image "busybox": rpc error: code = Unavailable desc = image store is gone'
    expect(await waiting(world, 'p')).toEqual({ reason: 'ImageInspectError', message })
    expect(await world.events('p')).toContain(`Warning InspectFailed: ${message}`)
    world.machine.images.broken = undefined
    await world.advance(15)
    expect((await world.status('p')).phase).toBe('Running')
  })

  test('PostStartHookError: the hook failed, the container was killed', async () => {
    const world = await started()
    const lifecycle = { postStart: { exec: { command: ['false'] } } }
    await world.run('p', { containers: [box({ lifecycle })], terminationGracePeriodSeconds: 1 })
    await world.advance(5)
    expect(await waiting(world, 'p')).toMatchObject({ reason: 'PostStartHookError' })
    expect(await world.events('p')).toContain('Warning FailedPostStartHook: PostStartHook failed')
  })

  test('CreateContainerError in CRI-O, RunContainerError in containerd: a command that is not there', async () => {
    const bad = { containers: [box({ command: ['nosuch'] })] }
    const [crio, containerd] = await Promise.all([
      started({ machine: { runtime: 'cri-o' } }),
      started({ machine: { runtime: 'containerd' } }),
    ])
    await crio.run('p', bad)
    await crio.advance(3)
    expect(await waiting(crio, 'p')).toEqual({
      reason: 'CreateContainerError',
      message:
        'rpc error: code = Unknown desc = container create failed: runc create failed: unable to start container process: error during container init: exec: "nosuch": executable file not found in $PATH',
    })
    await containerd.run('p', bad)
    await containerd.advance(3)
    expect(await waiting(containerd, 'p')).toMatchObject({ reason: 'RunContainerError' })
  })
})

test('a pod that has completed says so in all its conditions', async () => {
  const world = await started()
  await world.run('p', { containers: [box({ command: ['true'] })], restartPolicy: 'Never' })
  await world.settle()
  const { conditions = [], phase } = await world.status('p')
  expect(phase).toBe('Succeeded')
  expect(conditions.map((it) => `${it.type}=${it.status} ${it.reason ?? ''}`)).toEqual([
    'PodReadyToStartContainers=False ',
    'Initialized=True PodCompleted',
    'Ready=False PodCompleted',
    'ContainersReady=False PodCompleted',
    'PodScheduled=True ',
  ])
})

test('ContainerCannotRun: what Docker says of such a container', async () => {
  const { machine, foundation } = await started({ machine: { runtime: 'docker' } })
  const { runtime, images } = machine
  runtime.updateRuntimeConfig({ podCidr: '10.244.1.0/24' })
  const config = {
    namespace: 'default',
    name: 'p',
    uid: 'u',
    attempt: 0,
    hostname: 'p',
    hostNetwork: false,
    cgroupParent: '/',
  }
  const container = {
    name: 'c',
    attempt: 0,
    image: 'busybox',
    imageRef: 'busybox',
    command: ['nosuch'],
    args: [],
    workingDir: '',
    user: { uid: 0, gid: 0, groups: [] },
    capabilities: 0n,
    envs: () => new Map<string, string>(),
    mounts: [],
    resources: { cpuRequest: 0, cpuLimit: 0, memoryLimit: 0 },
    terminationMessagePath: '',
    stdin: false,
    tty: false,
    hash: 0,
    configured: true,
    willEnd: false,
    kind: 'regular' as const,
  }
  let record: ContainerRecord | undefined
  foundation.loop.inject(() =>
    images.pullImage('busybox', undefined, () =>
      runtime.runPodSandbox(config, (_, sandbox) =>
        runtime.createContainer(sandbox, container, (_error, id) =>
          runtime.startContainer(id, () => {
            record = runtime.containerStatus(id)
          }),
        ),
      ),
    ),
  )
  await foundation.loop.settle()
  expect(record).toMatchObject({ reason: 'ContainerCannotRun', exitCode: 127, state: 'CONTAINER_EXITED' })
  expect(record?.message).toContain('Error response from daemon: failed to create task for container')
})

describe('admission on the node', () => {
  const node = {
    metadata: { name: 'node-1', labels: { 'kubernetes.io/os': 'linux', disk: 'hdd' } },
    spec: { taints: [{ key: 'gone', effect: 'NoExecute' }] },
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '3', 'ephemeral-storage': '10Gi' } },
  } as unknown as Node
  const verdict = (spec: Partial<PodSpec>, view: Partial<Parameters<typeof admit>[0]> = {}) => {
    const pod = { metadata: { name: 'p' }, spec: { containers: [box()], ...spec } } as Pod
    const found = admit({
      pod,
      node: { ...node, spec: {} },
      used: new Map(),
      podCount: 0,
      usedPorts: new Set(),
      pressure: [],
      ...view,
    })
    return found && `${found.reason}: ${found.message}`
  }
  const asking = (requests: Record<string, string>) => ({ containers: [box({ resources: { requests } })] })

  test.each([
    ['nothing against it', verdict({}), undefined],
    [
      'memory',
      verdict(asking({ memory: '9Gi' }), { used: new Map([['memory', 1024]]) }),
      "OutOfmemory: Node didn't have enough resource: memory, requested: 9663676416, used: 1024, capacity: 8589934592",
    ],
    [
      'local storage',
      verdict(asking({ 'ephemeral-storage': '11Gi' })),
      "OutOfephemeral-storage: Node didn't have enough resource: ephemeral-storage, requested: 11811160064, used: 0, capacity: 10737418240",
    ],
    [
      'pods',
      verdict({}, { podCount: 3 }),
      "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
    ],
    ['resources that the node does not know', verdict(asking({ 'example.com/gpu': '1' })), undefined],
    [
      'operating system',
      verdict({ os: { name: 'windows' } }),
      "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS",
    ],
    [
      'operating system by label',
      verdict({ nodeSelector: { 'kubernetes.io/os': 'windows' } }),
      "PodOSSelectorNodeLabelDoesNotMatch: Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    ],
    [
      'labels',
      verdict({ nodeSelector: { disk: 'ssd' } }),
      "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
    [
      'another name',
      verdict({ nodeName: 'node-2' }),
      "NodeName: Predicate NodeName failed: node(s) didn't match the requested node name",
    ],
    [
      'ports',
      verdict(
        { containers: [box({ ports: [{ containerPort: 80, hostPort: 80 }] })] },
        { usedPorts: new Set(['TCP:0.0.0.0:80']) },
      ),
      "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ],
    [
      'taints',
      verdict({}, { node }),
      'TaintToleration: Predicate TaintToleration failed: node(s) had untolerated taint {gone: }',
    ],
    ['tolerated taints', verdict({ tolerations: [{ operator: 'Exists' }] }, { node }), undefined],
    [
      'sysctls',
      verdict({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
      'SysctlForbidden: forbidden sysctl: "kernel.msgmax" not allowlisted',
    ],
    [
      'sysctls of the host',
      verdict({
        hostNetwork: true,
        securityContext: { sysctls: [{ name: 'net/ipv4/tcp_syncookies', value: '1' }] },
      }),
      'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled',
    ],
    [
      'sysctls that the node allows',
      verdict(
        { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
        { allowedUnsafeSysctls: ['kernel.msg*'] },
      ),
      undefined,
    ],
    [
      'pressure',
      verdict({}, { pressure: ['MemoryPressure', 'DiskPressure'] }),
      'Evicted: The node had condition: [MemoryPressure DiskPressure]. ',
    ],
  ])('%s', (_, got, wanted) => expect(got).toBe(wanted))

  test('UnexpectedAdmissionError: a critical pod that nothing makes room for', async () => {
    const world = await started()
    await world.run('high', {
      priority: 2_000_000_000,
      priorityClassName: 'system-cluster-critical',
      containers: [box({ resources: { requests: { cpu: '5' } } })],
    })
    await world.settle()
    expect(await world.status('high')).toMatchObject({
      phase: 'Failed',
      reason: 'UnexpectedAdmissionError',
      message:
        'Pod was rejected: Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 1000), ]',
    })
  })
})

describe('storage', () => {
  const fills = (bytes: number, limits?: Record<string, string>) => ({
    containers: [
      box({
        command: ['sh', '-c', `dd if=/dev/zero of=/f bs=1M count=${bytes / 2 ** 20}; sleep infinity`],
        resources: { limits },
      }),
    ],
  })
  const MIB = 2 ** 20

  test('a container past its limit is evicted', async () => {
    const world = await started()
    await world.run('p', {
      ...fills(2 * MIB, { 'ephemeral-storage': '1Mi' }),
      containers: [...fills(2 * MIB, { 'ephemeral-storage': '1Mi' }).containers, { ...box(), name: 'other' }],
    })
    await world.advance(45)
    expect(await world.status('p')).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Container c exceeded its local ephemeral storage limit "1Mi". ',
    })
  })

  test('so is a pod whose volumes outgrow the limits of all its containers', async () => {
    const world = await started()
    await world.run('p', {
      containers: [
        box({
          command: ['sh', '-c', 'dd if=/dev/zero of=/v/f bs=1M count=2; sleep infinity'],
          resources: { limits: { 'ephemeral-storage': '1Mi' } },
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        }),
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    })
    await world.advance(45)
    expect((await world.status('p')).message).toBe(
      'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
    )
  })

  test('a full disk: images that nobody uses go first, then the pod that uses most', async () => {
    const filler = {
      image: 'example/filler',
      sizeBytes: 10 * MIB,
      program: { diskBytesPerSecond: 4 * MIB },
    }
    const world = await started({
      machine: { diskBytes: 200 * MIB, preloadedImages: ['example/unused:1'] },
      images: [filler, { image: 'example/unused', sizeBytes: 50 * MIB }],
    })
    await world.run('small', { containers: [box()] })
    await world.run('filler', { containers: [{ name: 'c', image: 'example/filler:1' }] })
    await world.advance(60)
    const names = [...world.machine.images.listImages()].map((it) => it.repoTags[0])
    expect(names).not.toContain('docker.io/example/unused:1')
    const status = await world.status('filler')
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted' })
    expect(status.message).toMatch(
      /^The node was low on resource: ephemeral-storage\. Threshold quantity: (20|30)Mi, available: (?:0|\d+Ki)\. Container c was using \d+Ki, request is 0, has larger consumption of ephemeral-storage\. $/,
    )
    expect((await world.status('small')).phase).toBe('Running')
    const node = await world.outside(world.client.get(Node, { name: 'node-1' }))
    expect(node.status?.conditions?.find((it) => it.type === 'DiskPressure')).toMatchObject({
      status: 'True',
      reason: 'KubeletHasDiskPressure',
    })
    expect(await world.events('node-1')).toContain(
      'Warning EvictionThresholdMet: Attempting to reclaim ephemeral-storage',
    )
  })
})

test('what changes about a node becomes an Event', async () => {
  const world = await started({
    images: [{ image: 'example/hog', program: { memory: { startBytes: 7.95 * 2 ** 30 } } }],
  })
  const cordon = (unschedulable: boolean) =>
    world.outside(world.client.patch(Node, { name: 'node-1' }, { spec: { unschedulable } }))
  await cordon(true)
  await world.settle()
  await cordon(false)
  await world.settle()
  await world.run('hog', { containers: [{ name: 'c', image: 'example/hog:1' }] })
  await world.advance(400)
  world.foundation.loop.inject(() => {
    world.machine.powerOff()
    world.kubelets[0]!.crash()
    world.machine.powerOn()
    world.kubelets[0]!.restart()
  })
  await world.advance(5)
  const told = (await world.events('node-1')).map((it) =>
    it.replace(/^Normal \S+: Node node-1 status is now: /, ''),
  )
  for (const state of [
    'NodeNotSchedulable',
    'NodeSchedulable',
    'NodeHasInsufficientMemory',
    'NodeHasSufficientMemory',
    `Warning Rebooted: Node node-1 has been rebooted, boot id: ${world.machine.bootId}`,
    'Normal NodeAllocatableEnforced: Updated Node Allocatable limit across pods',
  ]) {
    expect(told).toContain(state)
  }
})

test('memory: above the request first, then lower priority, then the excess', async () => {
  const uses = (bytes: number) => ({ program: { memory: { startBytes: bytes } } })
  const GIB = 2 ** 30
  const world = await started({
    images: [
      { image: 'example/one', ...uses(GIB) },
      { image: 'example/two', ...uses(2 * GIB) },
      {
        image: 'example/grows',
        program: { memory: { startBytes: GIB, bytesPerSecond: GIB / 10, maxBytes: 6 * GIB } },
      },
    ],
  })
  await world.create(PriorityClass, { metadata: { name: 'important' }, value: 1000 })
  const pod = (image: string, request: string, priorityClassName?: string) => ({
    priorityClassName,
    containers: [{ name: 'c', image: `example/${image}:1`, resources: { requests: { memory: request } } }],
  })
  await world.run('within', pod('two', '2Gi'))
  await world.run('above-important', pod('two', '1Gi', 'important'))
  await world.run('above', pod('one', '512Mi'))
  await world.run('grows', pod('grows', '4Gi'))
  const phases = async () =>
    Promise.all(
      ['within', 'above-important', 'above', 'grows'].map(async (it) => (await world.status(it)).phase),
    )
  for (let i = 0; i < 40 && !(await phases()).includes('Failed'); i++) await world.advance(1)
  expect(await phases()).toEqual(['Running', 'Running', 'Failed', 'Running'])
})

describe('in-place resize', () => {
  const resize = async (world: World, name: string, requests: Record<string, string>) => {
    const pod = await world.pod(name)
    const containers = pod.spec.containers.map((it) => ({ ...it, resources: { ...it.resources, requests } }))
    await world.outside(
      world.client.subresource('update', Pod, { namespace: 'default', name }, 'resize', {
        ...pod,
        spec: { ...pod.spec, containers },
      }),
    )
  }
  const condition = async (world: World, type: string) =>
    (await world.status('p')).conditions?.find((it) => it.type === type)
  const asking = (cpu: string, extra: object = {}) => ({
    containers: [box({ resources: { requests: { cpu } }, ...extra })],
  })

  test('Deferred until another pod makes room, then in progress, then done', async () => {
    const world = await started()
    await world.run('other', asking('2'))
    await world.run('p', asking('1'))
    await world.settle()
    await resize(world, 'p', { cpu: '3' })
    await world.settle()
    expect(await condition(world, 'PodResizePending')).toMatchObject({
      status: 'True',
      reason: 'Deferred',
      message: "Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
    })
    expect((await world.status('p')).containerStatuses?.[0]?.allocatedResources).toEqual({ cpu: '1' })
    const seen: string[] = []
    world.foundation.loop.inject(() => {
      world.foundation.startProcess('watcher', { name: 'watcher', groups: ['system:masters'] }, [
        {
          name: 'watcher',
          start: ({ informers }) => {
            informers.for(Pod).addHandlers({
              update: (pod) => {
                if (pod.metadata.name !== 'p') return
                const resize = pod.status?.conditions?.filter((it) => it.type.startsWith('PodResize')) ?? []
                seen.push(resize.map((it) => it.type).join() || 'none')
              },
            })
          },
        },
      ])
    })
    await world.settle()
    await world.delete('other', 0)
    await world.settle()
    expect(seen).toEqual(['PodResizeInProgress', 'none'])
    expect((await world.status('p')).containerStatuses?.[0]).toMatchObject({
      allocatedResources: { cpu: '3' },
      resources: { requests: { cpu: '3' } },
      restartCount: 0,
    })
  })

  test('restarts the container where its policy says so', async () => {
    const world = await started()
    await world.run(
      'p',
      asking('1', { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }),
    )
    await world.settle()
    await resize(world, 'p', { cpu: '2' })
    await world.advance(40)
    expect((await world.status('p')).containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      ready: true,
      allocatedResources: { cpu: '2' },
    })
    expect(await world.events('p')).toContain('Normal Killing: Container c resize requires restart')
  })
})

test('a sandbox that cannot be stopped is tried again', async () => {
  const world = await started()
  await world.run('p', { containers: [box()], terminationGracePeriodSeconds: 1 })
  await world.settle()
  world.machine.runtime.broken = 'shim is gone'
  await world.delete('p')
  await world.advance(5)
  expect(await world.events('p')).toContainEqual(
    expect.stringMatching(
      /^Warning FailedKillPod: error killing pod: failed to "KillPodSandbox" for "\S+" with KillPodSandboxError: "rpc error: code = Unavailable desc = shim is gone"$/,
    ),
  )
  world.machine.runtime.broken = undefined
  await world.advance(15)
  expect(await world.find('p')).toBeUndefined()
})

describe('probes', () => {
  const redirecting = (location: string) => ({
    image: 'example/redirects',
    program: {
      name: 'redirects',
      start: ({ net }: { net: { listen(listener: object): unknown } }) => {
        net.listen({
          port: 80,
          steady: true,
          http: (request: { path: string }, _peer: unknown, done: (response: object) => void) =>
            done(
              request.path === '/here'
                ? { status: 200, headers: {}, body: 'here' }
                : { status: 302, headers: { location }, body: 'Found' },
            ),
        })
        return undefined
      },
    },
  })
  const probed = async (location: string) => {
    const world = await started({ images: [redirecting(location)] as unknown as WorldOptions['images'] })
    await world.run('p', {
      containers: [
        { name: 'c', image: 'example/redirects:1', readinessProbe: { httpGet: { port: 80, path: '/' } } },
      ],
    })
    await world.advance(5)
    return { events: await world.events('p'), status: await world.status('p') }
  }

  test('follow redirects within the host, and pass with a warning elsewhere', async () => {
    const within = await probed('/here')
    expect(within.status.containerStatuses?.[0]?.ready).toBe(true)
    expect(within.events.filter((it) => it.includes('Probe'))).toEqual([])
    const elsewhere = await probed('http://example.com/')
    expect(elsewhere.status.containerStatuses?.[0]?.ready).toBe(true)
    expect(elsewhere.events).toContain(
      'Warning ProbeWarning: Readiness probe warning: Probe terminated redirects, Response body: Found',
    )
  })

  test('that cannot be asked leave everything as it is', async () => {
    const world = await started()
    await world.run('p', { containers: [box({ readinessProbe: { exec: { command: ['nosuch'] } } })] })
    await world.advance(15)
    expect(await world.events('p')).toContainEqual(
      expect.stringMatching(
        /^Warning Unhealthy: Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = .*exec: "nosuch": executable file not found in \$PATH/,
      ),
    )
    expect((await world.status('p')).containerStatuses?.[0]?.ready).toBe(false)
  })
})
