import { describe, expect, test } from 'vitest'
import { Pod } from '../../src/api/core/pod.ts'
import type { ServedPort } from '../../src/kubelet/programs/program.ts'
import { World } from './harness.ts'

const serves = (image: string, served: ServedPort) => ({ image, program: { serves: [served] } })
const http = { httpGet: { port: 8080 } }
const box = (extra: object) => ({ name: 'c', image: 'busybox', command: ['sleep', 'infinity'], ...extra })

describe('readiness', () => {
  test('a pod is ready when its server is', async () => {
    const world = await new World({
      images: [serves('example/slow', { port: 8080, afterMs: 12_000 })],
    }).start()
    await world.run('p', {
      containers: [{ name: 'c', image: 'example/slow:1', readinessProbe: { ...http, periodSeconds: 5 } }],
    })
    await world.advance(10)
    const status = await world.status('p')
    expect(status.containerStatuses?.[0]).toMatchObject({ ready: false, started: true })
    expect(status.conditions?.find((it) => it.type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [c]',
    })
    expect(await world.events('p')).toContain(
      'Warning Unhealthy: Readiness probe failed: Get "http://10.244.1.2:8080/": dial tcp 10.244.1.2:8080: connect: connection refused',
    )
    await world.advance(10)
    expect((await world.status('p')).containerStatuses?.[0]?.ready).toBe(true)
  })

  test('follows a file through an exec probe, and asks nothing while nothing changes', async () => {
    const world = await new World().start()
    const probe = { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 5, failureThreshold: 1 }
    await world.run('p', { containers: [box({ readinessProbe: probe })] })
    await world.settle()
    expect((await world.status('p')).containerStatuses?.[0]?.ready).toBe(false)
    await world.sh('p', 'touch /tmp/ready')
    await world.advance(6)
    expect((await world.status('p')).containerStatuses?.[0]?.ready).toBe(true)
    const before = world.foundation.loop.steps
    await world.advance(600)
    // The kubelet's own ticks remain: 60 renewals and a status or two, a few steps each.
    expect(world.foundation.loop.steps - before).toBeLessThan(400)
    await world.sh('p', 'rm /tmp/ready')
    await world.advance(6)
    expect((await world.status('p')).containerStatuses?.[0]?.ready).toBe(false)
    expect(await world.events('p')).toContain(
      "Warning Unhealthy: Readiness probe failed: cat: can't open '/tmp/ready': No such file or directory\n",
    )
  })

  test('gates of others count too', async () => {
    const world = await new World().start()
    await world.run('p', { readinessGates: [{ conditionType: 'example.com/lb' }], containers: [box({})] })
    await world.settle()
    const ready = async () => (await world.status('p')).conditions?.find((it) => it.type === 'Ready')
    expect(await ready()).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "example.com/lb" does not exist.',
    })
    const pod = await world.pod('p')
    await world.outside(
      world.client.updateStatus(Pod, pod, (draft) => {
        draft.status!.conditions = [...draft.status!.conditions!, { type: 'example.com/lb', status: 'True' }]
      }),
    )
    await world.settle()
    expect(await ready()).toMatchObject({ status: 'True' })
  })
})

describe('liveness and startup', () => {
  test('a deadlocked server is restarted', async () => {
    const world = await new World({
      images: [serves('example/hangs', { port: 8080, untilMs: 30_000 })],
    }).start()
    await world.run('p', {
      containers: [
        {
          name: 'c',
          image: 'example/hangs:1',
          livenessProbe: { ...http, periodSeconds: 5, failureThreshold: 2 },
        },
      ],
    })
    await world.advance(25)
    expect((await world.status('p')).containerStatuses?.[0]?.restartCount).toBe(0)
    await world.advance(20)
    expect((await world.status('p')).containerStatuses?.[0]?.restartCount).toBe(1)
    expect(await world.events('p')).toContain(
      'Normal Killing: Container c failed liveness probe, will be restarted',
    )
  })

  test('nothing else is asked before the startup probe has passed', async () => {
    const world = await new World({
      images: [serves('example/slow', { port: 8080, afterMs: 25_000 })],
    }).start()
    await world.run('p', {
      containers: [
        {
          name: 'c',
          image: 'example/slow:1',
          startupProbe: { ...http, periodSeconds: 10, failureThreshold: 30 },
          livenessProbe: { ...http, periodSeconds: 1, failureThreshold: 1 },
        },
      ],
    })
    await world.advance(20)
    expect((await world.status('p')).containerStatuses?.[0]).toMatchObject({ started: false, ready: false })
    await world.advance(20)
    expect((await world.status('p')).containerStatuses?.[0]).toMatchObject({
      started: true,
      ready: true,
      restartCount: 0,
    })
  })

  test('one that never passes ends in a restart', async () => {
    const world = await new World({ images: [serves('example/never', { port: 1 })] }).start()
    await world.run('p', {
      containers: [
        {
          name: 'c',
          image: 'example/never:1',
          startupProbe: { ...http, periodSeconds: 2, failureThreshold: 3 },
        },
      ],
    })
    await world.settle()
    expect((await world.status('p')).containerStatuses?.[0]?.restartCount).toBeGreaterThan(0)
    expect(await world.events('p')).toContain(
      'Normal Killing: Container c failed startup probe, will be restarted',
    )
  })

  test('TCP and gRPC probes', async () => {
    const world = await new World({
      images: [serves('example/ok', { port: 50051 }), serves('example/sick', { port: 50051, status: 503 })],
    }).start()
    const container = (image: string, readinessProbe: object) => [{ name: 'c', image, readinessProbe }]
    await world.run('tcp', { containers: container('example/ok:1', { tcpSocket: { port: 50051 } }) })
    await world.run('grpc', { containers: container('example/ok:1', { grpc: { port: 50051 } }) })
    await world.run('sick', { containers: container('example/sick:1', { grpc: { port: 50051 } }) })
    await world.settle()
    expect((await world.status('tcp')).containerStatuses?.[0]?.ready).toBe(true)
    expect((await world.status('grpc')).containerStatuses?.[0]?.ready).toBe(true)
    expect((await world.status('sick')).containerStatuses?.[0]?.ready).toBe(false)
    expect(await world.events('sick')).toContain(
      'Warning Unhealthy: Readiness probe failed: service unhealthy (responded with "NOT_SERVING")',
    )
  })

  test('a probe that takes too long has failed', async () => {
    const world = await new World({
      images: [serves('example/late', { port: 8080, latencyMs: 3000 })],
    }).start()
    await world.run('p', {
      containers: [{ name: 'c', image: 'example/late:1', readinessProbe: { ...http, timeoutSeconds: 2 } }],
    })
    await world.advance(5)
    expect(await world.events('p')).toContain(
      'Warning Unhealthy: Readiness probe failed: Get "http://10.244.1.2:8080/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    )
  })
})

describe('lifecycle hooks', () => {
  test('postStart holds the container back, preStop delays its end', async () => {
    const world = await new World().start()
    await world.run('p', {
      containers: [
        box({
          command: ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1; done'],
          lifecycle: {
            postStart: { exec: { command: ['sh', '-c', 'sleep 3; echo started > /tmp/hook'] } },
            preStop: { sleep: { seconds: 8 } },
          },
        }),
      ],
    })
    await world.advance(2.5)
    expect((await world.status('p')).containerStatuses?.[0]?.ready).toBe(false)
    await world.advance(5)
    expect((await world.status('p')).containerStatuses?.[0]?.ready).toBe(true)
    expect(await world.sh('p', 'cat /tmp/hook')).toBe('started\n')
    await world.delete('p')
    await world.advance(7)
    expect(await world.find('p')).toBeDefined()
    await world.advance(4)
    expect(await world.find('p')).toBeUndefined()
  })

  test('a failing postStart kills the container', async () => {
    const world = await new World().start()
    await world.run('p', {
      containers: [box({ lifecycle: { postStart: { exec: { command: ['false'] } } } })],
    })
    await world.advance(40)
    expect(await world.events('p')).toContain('Warning FailedPostStartHook: PostStartHook failed')
    expect((await world.status('p')).containerStatuses?.[0]?.restartCount).toBeGreaterThan(0)
  })

  test('a failing preStop only makes an Event; one that hangs is cut off by the grace period', async () => {
    const world = await new World().start()
    await world.run('fails', {
      terminationGracePeriodSeconds: 5,
      containers: [box({ lifecycle: { preStop: { exec: { command: ['false'] } } } })],
    })
    await world.run('hangs', {
      terminationGracePeriodSeconds: 5,
      containers: [box({ lifecycle: { preStop: { exec: { command: ['sleep', '100'] } } } })],
    })
    await world.settle()
    await world.delete('fails')
    await world.delete('hangs')
    await world.advance(10)
    expect(await world.find('fails')).toBeUndefined()
    expect(await world.find('hangs')).toBeUndefined()
    expect(await world.events('fails')).toContain('Warning FailedPreStopHook: PreStopHook failed')
  })
})
