import { describe, expect, test } from 'vitest'
import { Lease } from '../../src/api/coordination/lease.ts'
import { Node } from '../../src/api/core/node.ts'
import { World } from './harness.ts'

const app = (name: string, extra: object = {}) => ({ name, image: `example/${name}:1`, ...extra })
const ends = (image: string, behaviour: object) => ({ image, program: behaviour })

describe('the node', () => {
  test('registers with labels, conditions, capacity and addresses, and keeps its Lease', async () => {
    const world = await new World().start()
    const node = await world.outside(world.client.get(Node, { name: 'node-1' }))
    expect(node.metadata.labels).toMatchObject({
      'kubernetes.io/hostname': 'node-1',
      'kubernetes.io/os': 'linux',
    })
    expect(
      node.status?.conditions?.map((it) => `${it.type} ${it.status} ${it.reason}: ${it.message}`),
    ).toEqual([
      'MemoryPressure False KubeletHasSufficientMemory: kubelet has sufficient memory available',
      'DiskPressure False KubeletHasNoDiskPressure: kubelet has no disk pressure',
      'PIDPressure False KubeletHasSufficientPID: kubelet has sufficient PID available',
      'Ready True KubeletReady: kubelet is posting ready status',
    ])
    expect(node.status?.allocatable).toMatchObject({ cpu: '4', memory: '8092Mi', pods: '110' })
    expect(node.status?.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: 10250 } })

    const lease = () =>
      world.outside(world.client.get(Lease, { namespace: 'kube-node-lease', name: 'node-1' }))
    const first = await lease()
    expect(first.spec).toMatchObject({ holderIdentity: 'node-1', leaseDurationSeconds: 40 })
    await world.advance(10)
    expect((await lease()).spec?.renewTime).not.toBe(first.spec?.renewTime)
  })

  test('may allocate what somebody announces in its capacity, and keeps it', async () => {
    const world = await new World().start()
    const get = () => world.outside(world.client.get(Node, { name: 'node-1' }))
    await world.outside(
      world.client.updateStatus(Node, await get(), (draft) => {
        draft.status!.capacity!['example.com/dongle'] = '4'
      }),
    )
    await world.advance(20)
    expect((await get()).status?.allocatable).toMatchObject({ cpu: '4', 'example.com/dongle': '4' })
    await world.advance(400)
    expect((await get()).status?.capacity).toMatchObject({ cpu: '4', 'example.com/dongle': '4' })
  })

  test('writes its status every five minutes when nothing changes', async () => {
    const world = await new World().start()
    const heartbeat = async () =>
      (await world.outside(world.client.get(Node, { name: 'node-1' }))).status?.conditions?.[0]
        ?.lastHeartbeatTime
    const first = await heartbeat()
    await world.advance(290)
    expect(await heartbeat()).toBe(first)
    await world.advance(30)
    expect(await heartbeat()).not.toBe(first)
  })

  test('is not ready, and starts no pods, before its range of pod addresses is known', async () => {
    const world = await new World({ kubelet: { podCidr: undefined } }).start()
    await world.run('web', { containers: [app('web')] })
    await world.settle()
    const node = () => world.outside(world.client.get(Node, { name: 'node-1' }))
    expect((await node()).status?.conditions?.find((it) => it.type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      message: expect.stringContaining('cni plugin not initialized'),
    })
    expect(await world.events('web')).toEqual([
      expect.stringContaining(
        'Warning NetworkNotReady: network is not ready: container runtime network not ready',
      ),
    ])
    await world.outside(
      world.client.update(Node, await node(), (draft) => {
        draft.spec = { ...draft.spec, podCIDR: '10.9.0.0/24' }
      }),
    )
    await world.settle()
    expect((await node()).status?.conditions?.find((it) => it.type === 'Ready')?.status).toBe('True')
    expect((await world.status('web')).podIP).toBe('10.9.0.2')
  })

  test('refuses to start with dockershim', async () => {
    const world = await new World({ machine: { runtime: 'docker' } }).start()
    expect(await world.outside(world.client.find(Node, { name: 'node-1' }))).toBeUndefined()
    expect(world.foundation.journal.entries().map((it) => it.text)).toContainEqual(
      expect.stringContaining('dockershim was removed in v1.24'),
    )
  })
})

describe('one pod', () => {
  test('runs: calls, Events, conditions and container statuses', async () => {
    const world = await new World().start()
    await world.run('web', { containers: [app('web')] })
    await world.settle()
    expect(world.calls('web')).toEqual([
      'RunPodSandbox',
      'PullImage example/web:1',
      'CreateContainer web',
      'StartContainer web',
    ])
    expect(await world.events('web')).toEqual([
      'Normal Pulling: Pulling image "example/web:1"',
      expect.stringMatching(
        /^Normal Pulled: Successfully pulled image "example\/web:1" in [\d.]+s \([\d.]+s including waiting\). Image size: \d+ bytes.$/,
      ),
      'Normal Created: Created container: web',
      'Normal Started: Started container web',
    ])
    const status = await world.status('web')
    expect(status).toMatchObject({
      phase: 'Running',
      hostIP: '10.0.0.1',
      podIP: '10.244.1.2',
      qosClass: 'BestEffort',
    })
    expect(status.conditions?.map((it) => `${it.type}=${it.status}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ])
    expect(status.containerStatuses?.[0]).toMatchObject({
      name: 'web',
      ready: true,
      started: true,
      restartCount: 0,
      image: 'docker.io/example/web:1',
      imageID: expect.stringMatching(/^docker\.io\/example\/web@sha256:[0-9a-f]{64}$/),
      containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
      state: { running: { startedAt: expect.any(String) } },
    })
  })

  test('waits as ContainerCreating, or PodInitializing with init containers', async () => {
    const world = await new World().start()
    await world.run('plain', { containers: [app('web')] })
    await world.run('init', { initContainers: [app('first')], containers: [app('web')] })
    await world.advance(0.05)
    expect((await world.status('plain')).containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'ContainerCreating' },
    })
    expect((await world.status('init')).containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'PodInitializing' },
    })
  })

  test('is deleted gracefully: SIGTERM, a last status, then the object goes', async () => {
    const world = await new World().start()
    await world.run('web', { containers: [app('web')] })
    await world.settle()
    await world.delete('web')
    await world.settle()
    expect(await world.find('web')).toBeUndefined()
    expect(world.calls('web').slice(4)).toEqual([
      'StopContainer web (30 s)',
      'StopPodSandbox',
      'RemovePodSandbox',
    ])
    expect(await world.events('web')).toContain('Normal Killing: Stopping container web')
    expect([...world.machine.runtime.listPodSandbox()]).toEqual([])
  })

  test('that ignores SIGTERM is killed after its grace period', async () => {
    const world = await new World({ images: [ends('example/deaf', { onTerm: 'ignore' })] }).start()
    await world.run('deaf', {
      terminationGracePeriodSeconds: 20,
      containers: [{ name: 'deaf', image: 'example/deaf:1' }],
    })
    await world.settle()
    await world.delete('deaf')
    await world.advance(19)
    expect((await world.find('deaf'))?.status?.phase).toBe('Running')
    await world.advance(2)
    expect(await world.find('deaf')).toBeUndefined()
  })

  test('a later delete with a shorter grace hurries the one under way', async () => {
    const world = await new World({ images: [ends('example/deaf', { onTerm: 'ignore' })] }).start()
    await world.run('deaf', { containers: [{ name: 'deaf', image: 'example/deaf:1' }] })
    await world.settle()
    await world.delete('deaf', 3600)
    await world.advance(5)
    await world.delete('deaf', 2)
    await world.advance(3)
    expect(await world.find('deaf')).toBeUndefined()
  })

  test('a forced delete removes the object at once and the containers soon', async () => {
    const world = await new World({ images: [ends('example/deaf', { onTerm: 'ignore' })] }).start()
    await world.run('deaf', { containers: [{ name: 'deaf', image: 'example/deaf:1' }] })
    await world.settle()
    await world.delete('deaf', 0)
    expect(await world.find('deaf')).toBeUndefined()
    await world.settle()
    expect([...world.machine.runtime.listContainers()]).toEqual([])
  })
})

describe('restarts', () => {
  test('a crash loop backs off: at once, then 10, 20, 40 ... 300 s', async () => {
    const world = await new World({
      images: [ends('example/crash', { runsForMs: 500, exitCode: 1 })],
    }).start()
    await world.run('crash', { containers: [{ name: 'crash', image: 'example/crash:1' }] })
    await world.settle()
    const status = await world.status('crash')
    expect(status.phase).toBe('Running')
    const { metadata } = await world.pod('crash')
    expect(status.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 10s restarting failed container=crash pod=crash_default(${metadata.uid})`,
        },
      },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    })
    expect(await world.events('crash')).toContain(
      `Warning BackOff: Back-off restarting failed container crash in pod crash_default(${metadata.uid})`,
    )
    await world.advance(1200)
    const entries = world.foundation.journal.entries()
    const starts = entries.filter((it) => it.text === 'StartContainer crash').map((it) => it.time)
    const ended = entries.filter((it) => it.text === 'container crash exited with 1').map((it) => it.time)
    const waits = starts.slice(2).map((start, i) => Math.round((start - ended[i + 1]!) / 1000))
    expect(waits.slice(0, 7)).toEqual([10, 20, 40, 80, 160, 300, 300])
    expect((await world.status('crash')).containerStatuses?.[0]?.state?.waiting?.message).toContain(
      'back-off 5m0s ',
    )
  })

  test('OnFailure restarts until 0, Never leaves it at the first end', async () => {
    const world = await new World({
      images: [
        ends('example/third', {
          starts: [{ runsForMs: 100, exitCode: 2 }, { runsForMs: 100, exitCode: 2 }, { runsForMs: 100 }],
        }),
        ends('example/fails', { runsForMs: 100, exitCode: 3 }),
      ],
    }).start()
    await world.run('third', {
      restartPolicy: 'OnFailure',
      containers: [{ name: 'c', image: 'example/third:1' }],
    })
    await world.run('never', {
      restartPolicy: 'Never',
      containers: [{ name: 'c', image: 'example/fails:1' }],
    })
    await world.advance(60)
    expect(await world.status('third')).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ restartCount: 2, state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
    })
    const failed = await world.status('never')
    expect(failed).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ restartCount: 0, state: { terminated: { exitCode: 3, reason: 'Error' } } }],
    })
    expect(failed.conditions?.find((it) => it.type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodFailed',
    })
    const done = await world.status('third')
    expect(done.conditions?.find((it) => it.type === 'Initialized')?.reason).toBe('PodCompleted')
    expect(done.conditions?.find((it) => it.type === 'Ready')).toMatchObject({ reason: 'PodCompleted' })
  })

  test('activeDeadlineSeconds ends a pod', async () => {
    const world = await new World().start()
    await world.run('slow', { activeDeadlineSeconds: 60, restartPolicy: 'Never', containers: [app('slow')] })
    await world.advance(70)
    expect(await world.status('slow')).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    })
  })

  test('a program that leaks is OOMKilled when it reaches its limit', async () => {
    const world = await new World({
      images: [ends('example/leak', { memory: { startBytes: 10_000_000, bytesPerSecond: 1_000_000 } })],
    }).start()
    await world.run('leak', {
      restartPolicy: 'Never',
      containers: [{ name: 'leak', image: 'example/leak:1', resources: { limits: { memory: '20M' } } }],
    })
    await world.advance(9)
    expect((await world.status('leak')).phase).toBe('Running')
    await world.advance(6)
    expect((await world.status('leak')).containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      signal: 9,
      reason: 'OOMKilled',
    })
  })
})

describe('images', () => {
  test('one that cannot be pulled: ErrImagePull, then ImagePullBackOff', async () => {
    const world = await new World({ images: [{ image: 'example/gone', exists: false }] }).start()
    await world.run('gone', { containers: [{ name: 'c', image: 'example/gone:1' }] })
    await world.advance(1)
    expect((await world.status('gone')).containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'ErrImagePull',
      message:
        'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/example/gone:1": failed to resolve reference "docker.io/example/gone:1": docker.io/example/gone:1: not found',
    })
    await world.advance(2)
    expect((await world.status('gone')).containerStatuses?.[0]?.state?.waiting).toMatchObject({
      reason: 'ImagePullBackOff',
      message: expect.stringMatching(
        /^Back-off pulling image "example\/gone:1": ErrImagePull: rpc error: code = NotFound/,
      ),
    })
    await world.advance(15)
    const events = await world.events('gone')
    expect(events).toContain('Warning Failed: Error: ErrImagePull')
    expect(events).toContain('Normal BackOff: Back-off pulling image "example/gone:1"')
    expect(events).toContain('Warning Failed: Error: ImagePullBackOff')
    expect(world.calls('gone').filter((it) => it.startsWith('PullImage'))).toHaveLength(2)
  })

  test('a registry that is away, and a runtime that cannot create', async () => {
    const world = await new World({
      images: [{ image: 'example/away', exists: 'RegistryUnavailable: no healthy upstream' }],
    }).start()
    await world.run('away', { containers: [{ name: 'c', image: 'example/away:1' }] })
    await world.settle()
    expect((await world.status('away')).containerStatuses?.[0]?.state?.waiting).toMatchObject({
      reason: 'RegistryUnavailable',
      message: expect.stringMatching(
        /^image pull failed for example\/away:1 because the registry is unavailable/,
      ),
    })
    await world.run('web', { containers: [app('web')] })
    await world.advance(0.4)
    world.machine.runtime.broken = 'shim is gone'
    await world.advance(8)
    expect((await world.status('web')).containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'CreateContainerError',
      message: 'rpc error: code = Unavailable desc = shim is gone',
    })
  })

  test('a pod deleted before it started ends as Failed, its container unknown', async () => {
    const world = await new World().start()
    await world.run('web', { containers: [app('web')] }, { finalizers: ['example.com/wait'] })
    await world.advance(0.4)
    await world.delete('web')
    await world.settle()
    expect(await world.status('web')).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { reason: 'ContainerStatusUnknown', exitCode: 137 } } }],
    })
  })

  test('policy Never and names that are none', async () => {
    const world = await new World().start()
    await world.run('never', { containers: [{ name: 'c', image: 'example/a:1', imagePullPolicy: 'Never' }] })
    await world.run('bad', { containers: [{ name: 'c', image: 'not a name' }] })
    await world.settle()
    expect((await world.status('never')).containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'ErrImageNeverPull',
      message: 'Container image "example/a:1" is not present with pull policy of Never',
    })
    expect((await world.status('bad')).containerStatuses?.[0]?.state?.waiting?.reason).toBe(
      'InvalidImageName',
    )
    expect(await world.events('bad')).toContain('Warning Failed: Error: InvalidImageName')
  })

  test('a second pod finds the image on the machine', async () => {
    const world = await new World().start()
    await world.run('a', { containers: [app('web')] })
    await world.settle()
    await world.run('b', { containers: [app('web')] })
    await world.settle()
    expect(await world.events('b')).toContain(
      'Normal Pulled: Container image "example/web:1" already present on machine',
    )
    expect(world.calls('b')).not.toContain('PullImage example/web:1')
  })

  test('pulls wait for one another and for the bandwidth', async () => {
    const world = await new World({
      images: [
        { image: 'example/big', sizeBytes: 500_000_000 },
        { image: 'example/small', sizeBytes: 1_000_000 },
      ],
      machine: { imageBytesPerSecond: 50_000_000 },
    }).start()
    await world.run('big', { containers: [{ name: 'c', image: 'example/big:1' }] })
    await world.run('small', { containers: [{ name: 'c', image: 'example/small:1' }] })
    await world.settle()
    expect(await world.events('big')).toContainEqual(
      expect.stringContaining('in 10.25s (10.25s including waiting)'),
    )
    expect(await world.events('small')).toContainEqual(
      expect.stringContaining('in 270ms (10.52s including waiting)'),
    )
  })
})

describe('init containers and sidecars', () => {
  const images = [
    ends('example/ok', { runsForMs: 1000 }),
    ends('example/no', { runsForMs: 1000, exitCode: 1 }),
  ]

  test('init containers run one after another, then the rest', async () => {
    const world = await new World({ images }).start()
    await world.run('p', {
      initContainers: [
        { name: 'one', image: 'example/ok:1' },
        { name: 'two', image: 'example/ok:1' },
      ],
      containers: [app('web')],
    })
    await world.settle()
    expect(world.calls('p').filter((it) => it.startsWith('Start'))).toEqual([
      'StartContainer one',
      'StartContainer two',
      'StartContainer web',
    ])
    const status = await world.status('p')
    expect(status.phase).toBe('Running')
    expect(
      status.initContainerStatuses?.map((it) => [it.name, it.ready, it.state?.terminated?.reason]),
    ).toEqual([
      ['one', true, 'Completed'],
      ['two', true, 'Completed'],
    ])
  })

  test('a failing one holds the pod: Never fails it, else it backs off', async () => {
    const world = await new World({ images }).start()
    const spec = { initContainers: [{ name: 'one', image: 'example/no:1' }], containers: [app('web')] }
    await world.run('never', { restartPolicy: 'Never', ...spec })
    await world.run('always', spec)
    await world.settle()
    expect((await world.status('never')).phase).toBe('Failed')
    const status = await world.status('always')
    expect(status.phase).toBe('Pending')
    expect(status.conditions?.find((it) => it.type === 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [one]',
    })
    expect(status.initContainerStatuses?.[0]?.state?.waiting?.reason).toBe('CrashLoopBackOff')
  })

  test('a sidecar starts before, is restarted, and goes last', async () => {
    const world = await new World({ images }).start()
    await world.run('p', {
      restartPolicy: 'Never',
      initContainers: [{ name: 'side', image: 'example/side:1', restartPolicy: 'Always' }],
      containers: [{ name: 'job', image: 'example/ok:1' }],
    })
    await world.settle()
    expect(world.calls('p').filter((it) => /^(Start|Stop)Container/.test(it))).toEqual([
      'StartContainer side',
      'StartContainer job',
      'StopContainer side (30 s)',
    ])
    expect((await world.status('p')).phase).toBe('Succeeded')
  })

  test('sidecars stop in reverse order, after the regular containers', async () => {
    const world = await new World({ images }).start()
    await world.run('p', {
      initContainers: [
        { name: 'a', image: 'example/side:1', restartPolicy: 'Always' },
        { name: 'b', image: 'example/side:1', restartPolicy: 'Always' },
      ],
      containers: [app('web')],
    })
    await world.settle()
    await world.delete('p')
    await world.settle()
    expect(
      world
        .calls('p')
        .filter((it) => it.startsWith('StopContainer'))
        .map((it) => it.split(' ')[1]),
    ).toEqual(['web', 'b', 'a'])
  })
})

describe('restarts of the kubelet and the node', () => {
  test('a restarted kubelet takes over what runs', async () => {
    const world = await new World().start()
    await world.run('web', { containers: [app('web')] })
    await world.settle()
    const before = (await world.status('web')).containerStatuses?.[0]
    world.kubelets[0]!.crash()
    await world.advance(60)
    world.kubelets[0]!.restart()
    await world.settle()
    expect((await world.status('web')).containerStatuses?.[0]).toEqual(before)
    expect(world.calls('web').filter((it) => it.startsWith('RunPodSandbox'))).toHaveLength(1)
  })

  test.each([100, 200])('one that dies %s ms into the start of a pod starts it once', async (ms) => {
    const world = await new World().start()
    await world.run('first', { containers: [app('web')] }) // Its image is there from now on.
    await world.settle()
    await world.run('web', { containers: [app('web')] })
    await world.advance(ms / 1000)
    const { runtime } = world.machine
    const ofWeb = [...runtime.listPodSandbox()].filter((it) => it.config.name === 'web')
    expect(ofWeb.map((it) => it.state)).toEqual([ms < 180 ? 'SANDBOX_NOTREADY' : 'SANDBOX_READY'])
    world.kubelets[0]!.restart()
    await world.settle()
    await world.advance(1)
    const running = [...runtime.listContainers()].filter((it) => it.state === 'CONTAINER_RUNNING')
    expect(running).toHaveLength(2)
    const sandboxes = [...runtime.listPodSandbox()]
    expect(sandboxes.map((it) => it.state)).toEqual(['SANDBOX_READY', 'SANDBOX_READY'])
    expect((await world.status('web')).phase).toBe('Running')
  })

  test('pods deleted while it was down are cleared away', async () => {
    const world = await new World().start()
    await world.run('web', { containers: [app('web')] })
    await world.settle()
    world.kubelets[0]!.crash()
    await world.delete('web', 0)
    world.kubelets[0]!.restart()
    await world.settle()
    expect([...world.machine.runtime.listPodSandbox()]).toEqual([])
  })

  test('after a power cut the pod gets a new sandbox and its containers restart', async () => {
    const world = await new World().start()
    await world.run('web', { containers: [app('web')] })
    await world.settle()
    world.machine.powerOff()
    world.kubelets[0]!.crash()
    await world.advance(30)
    world.machine.powerOn()
    world.kubelets[0]!.restart()
    await world.settle()
    const status = await world.status('web')
    expect(status).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 1, ready: true }] })
    expect(status.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(255)
    expect(await world.events('web')).toContain(
      'Normal SandboxChanged: Pod sandbox changed, it will be killed and re-created.',
    )
  })
})

describe('admission on the node', () => {
  test('what does not fit is rejected and stays as Failed', async () => {
    const world = await new World().start()
    const big = (cpu: string) => app('c', { resources: { requests: { cpu } } })
    await world.run('fits', { containers: [big('3500m')] })
    await world.settle()
    await world.run('not', { containers: [big('1')] })
    await world.settle()
    const message = "Node didn't have enough resource: cpu, requested: 1000, used: 3500, capacity: 4000"
    expect(await world.status('not')).toMatchObject({
      phase: 'Failed',
      reason: 'OutOfcpu',
      message: `Pod was rejected: ${message}`,
    })
    expect(await world.status('not')).not.toHaveProperty('containerStatuses')
    expect(await world.events('not')).toEqual([`Warning OutOfcpu: ${message}`])
    await world.run('where', { nodeSelector: { disk: 'ssd' }, containers: [app('c')] })
    await world.settle()
    expect(await world.status('where')).toMatchObject({
      phase: 'Failed',
      reason: 'NodeAffinity',
      message:
        "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    })
  })

  test('a critical pod pushes out a lower one', async () => {
    const world = await new World().start()
    const big = app('c', { resources: { requests: { cpu: '3' } } })
    await world.run('low', { containers: [big] })
    await world.settle()
    await world.run('high', {
      priority: 2_000_000_000,
      priorityClassName: 'system-cluster-critical',
      containers: [big],
    })
    await world.settle()
    expect(await world.status('low')).toMatchObject({ phase: 'Failed', reason: 'Preempting' })
    expect((await world.status('high')).phase).toBe('Running')
  })
})
