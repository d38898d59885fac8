import { describe, expect, test } from 'vitest'
import { Pod } from '../../../src/api/core/pod.ts'
import { accept, NOW_MS, problems, row, updateProblems, wideRow } from '../accept.ts'

const web = (spec: object = {}, container: object = {}) => ({
  metadata: { name: 'web', namespace: 'default', creationTimestamp: '2025-12-31T23:58:00Z' },
  spec: { containers: [{ name: 'web', image: 'nginx', ...container }], ...spec },
})

describe('defaults', () => {
  test('a bare pod is completed as a real API server does', () => {
    const pod = accept(
      Pod,
      web(
        { volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 'x' } }] },
        { ports: [{ containerPort: 80 }], livenessProbe: { httpGet: { port: 80 } } },
      ),
    )
    expect(pod.spec).toEqual({
      containers: [
        {
          name: 'web',
          image: 'nginx',
          imagePullPolicy: 'Always',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          resources: {},
          livenessProbe: {
            httpGet: { port: 80, path: '/', scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
        },
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    })
    expect(pod.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' })
  })

  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['localhost:5000/nginx', 'Always'],
    ['nginx@sha256:abc', 'IfNotPresent'],
  ])('%s is pulled %s', (image, policy) => {
    expect(accept(Pod, web({}, { image })).spec.containers[0]?.imagePullPolicy).toBe(policy)
  })

  test('requests follow limits, key by key', () => {
    const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }
    const pod = accept(Pod, web({}, { resources }))
    expect(pod.spec.containers[0]?.resources?.requests).toEqual({ cpu: '500m', memory: '1Gi' })
    expect(pod.status?.qosClass).toBe('Burstable')
  })

  test('pods of one template share everything', () => {
    const template = accept(Pod, web()).spec
    const a = accept(Pod, { metadata: { name: 'a' }, spec: template })
    const b = accept(Pod, { metadata: { name: 'b' }, spec: template })
    expect(a.spec).toBe(template)
    expect(b.spec).toBe(template)
    expect(Object.isFrozen(a)).toBe(true)
  })

  test('gates block scheduling from the start', () => {
    const pod = accept(Pod, web({ schedulingGates: [{ name: 'example.com/wait' }] }))
    expect(pod.status?.conditions?.[0]).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'SchedulingGated',
    })
  })
})

describe('validation', () => {
  test('a good pod has no problems', () => {
    expect(problems(Pod, web())).toEqual([])
  })

  test.each([
    {
      why: 'no containers',
      body: { metadata: { name: 'a' }, spec: { containers: [] } },
      want: ['spec.containers: Required value'],
    },
    { why: 'no image', body: web({}, { image: '' }), want: ['spec.containers[0].image: Required value'] },
    {
      why: 'unknown restart policy',
      body: web({ restartPolicy: 'Sometimes' }),
      want: [
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
      ],
    },
    {
      why: 'request above limit',
      body: web({}, { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      want: [
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      ],
    },
    {
      why: 'extended resource in parts',
      body: web({}, { resources: { limits: { 'example.com/gpu': '500m' } } }),
      want: [
        'spec.containers[0].resources.limits[example.com/gpu]: Invalid value: resource.Quantity{i:resource.int64Amount{value:500, scale:-3}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"500m", Format:"DecimalSI"}: must be an integer',
        'spec.containers[0].resources.requests[example.com/gpu]: Invalid value: resource.Quantity{i:resource.int64Amount{value:500, scale:-3}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"500m", Format:"DecimalSI"}: must be an integer',
      ],
    },
    {
      why: 'mount of no volume',
      body: web({}, { volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
      want: ['spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    },
    {
      why: 'two containers of one name',
      body: {
        metadata: { name: 'a' },
        spec: {
          containers: [
            { name: 'a', image: 'x' },
            { name: 'a', image: 'x' },
          ],
        },
      },
      want: ['spec.containers[1].name: Duplicate value: "a"'],
    },
    {
      why: 'a probe of two kinds',
      body: web({}, { livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }),
      want: [
        'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
      ],
    },
    {
      why: 'a liveness probe that must succeed twice',
      body: web({}, { livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } }),
      want: ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    },
    {
      why: 'a port out of range',
      body: web({}, { ports: [{ containerPort: 70_000 }] }),
      want: [
        'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
    },
    {
      why: 'a toleration of nothing',
      body: web({ tolerations: [{ effect: 'NoExecute' }] }),
      want: [
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    },
    {
      why: 'a volume of two kinds',
      body: web({ volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] }),
      want: ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    },
    {
      why: 'an init container with a probe',
      body: web({ initContainers: [{ name: 'i', image: 'x', readinessProbe: { tcpSocket: { port: 1 } } }] }),
      want: [
        'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      ],
    },
    {
      why: 'a spread without skew',
      body: web({
        topologySpreadConstraints: [{ topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 0 }],
      }),
      want: ['spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero'],
    },
  ])('$why', ({ body, want }) => {
    expect(problems(Pod, body)).toEqual(want)
  })
})

describe('updates', () => {
  const pod = accept(Pod, web({ activeDeadlineSeconds: 100 }))

  test('the image may change, and nothing else of a container', () => {
    const image = {
      ...pod,
      spec: { ...pod.spec, containers: [{ ...pod.spec.containers[0]!, image: 'nginx:2' }] },
    }
    expect(updateProblems(Pod, pod, image)).toEqual([])
    const command = {
      ...pod,
      spec: { ...pod.spec, containers: [{ ...pod.spec.containers[0]!, command: ['x'] }] },
    }
    expect(updateProblems(Pod, pod, command)[0]).toContain(
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,',
    )
  })

  test.each([
    {
      why: 'a later deadline',
      change: { activeDeadlineSeconds: 200 },
      want: 'spec.activeDeadlineSeconds: Invalid value: 200: must be less than or equal to previous value',
    },
    {
      why: 'another container',
      change: { containers: [...pod.spec.containers, { name: 'b', image: 'b' }] },
      want: 'spec.containers: Forbidden: pod updates may not add or remove containers',
    },
    {
      why: 'a new gate',
      change: { schedulingGates: [{ name: 'a' }] },
      want: "spec.schedulingGates: Forbidden: only deletion is allowed, but found new scheduling gate 'a'",
    },
  ])('$why is refused', ({ change, want }) => {
    expect(updateProblems(Pod, pod, { ...pod, spec: { ...pod.spec, ...change } })[0]).toBe(want)
  })

  test('tolerations may be added', () => {
    const tolerations = [{ key: 'a', operator: 'Exists' }]
    const more = { ...pod, spec: { ...pod.spec, tolerations } }
    expect(updateProblems(Pod, pod, more)).toEqual([])
    expect(updateProblems(Pod, more, pod)[0]).toContain('existing toleration can not be modified')
  })
})

describe('columns', () => {
  const running = (more: object = {}) => ({
    ...accept(Pod, web()),
    status: {
      phase: 'Running',
      podIPs: [{ ip: '10.0.0.1' }],
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'web',
          ready: true,
          restartCount: 0,
          image: '',
          imageID: '',
          state: { running: {} },
          ...more,
        },
      ],
    },
  })

  test('a running pod', () => {
    expect(row(Pod, running())).toEqual(['web', '1/1', 'Running', '0', '2m'])
    expect(wideRow(Pod, running())).toEqual(['10.0.0.1', '<none>', '<none>', '<none>'])
  })

  test('a crashing pod says so, and when it last did', () => {
    const pod = running({
      ready: false,
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, finishedAt: '2025-12-31T23:59:20Z' } },
    })
    expect(row(Pod, pod)).toEqual(['web', '0/1', 'CrashLoopBackOff', '3 (40s ago)', '2m'])
  })

  test('a pod on its way out is Terminating', () => {
    const pod = running()
    expect(
      row(Pod, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })[2],
    ).toBe('Terminating')
  })

  test('init containers are counted', () => {
    const pod = {
      ...accept(
        Pod,
        web({
          initContainers: [
            { name: 'a', image: 'x' },
            { name: 'b', image: 'x' },
          ],
        }),
      ),
      status: {
        phase: 'Pending',
        initContainerStatuses: [
          {
            name: 'a',
            ready: true,
            restartCount: 0,
            image: '',
            imageID: '',
            state: { terminated: { exitCode: 0 } },
          },
          { name: 'b', ready: false, restartCount: 0, image: '', imageID: '', state: { running: {} } },
        ],
      },
    }
    expect(row(Pod, pod, NOW_MS)[2]).toBe('Init:1/2')
  })
})

test('grace is none for pods that run nowhere', () => {
  const pod = accept(Pod, web())
  expect(Pod.gracePeriodSeconds?.(pod, undefined)).toBe(0)
  const bound = { ...pod, spec: { ...pod.spec, nodeName: 'n' } }
  expect(Pod.gracePeriodSeconds?.(bound, undefined)).toBe(30)
  expect(Pod.gracePeriodSeconds?.(bound, -5)).toBe(1)
})
