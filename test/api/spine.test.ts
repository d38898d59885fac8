import { describe, expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../src/api/apps/replica-set.ts'
import { Lease } from '../../src/api/coordination/lease.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Event } from '../../src/api/core/event.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Node } from '../../src/api/core/node.ts'
import { Secret } from '../../src/api/core/secret.ts'
import { Service } from '../../src/api/core/service.ts'
import { accept, problems, row, updateProblems, wideRow } from './accept.ts'

const createdAt = { creationTimestamp: '2025-12-31T23:55:00Z' }

describe('Deployment', () => {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: {
      containers: [
        { name: 'a', image: 'nginx:1' },
        { name: 'b', image: 'php' },
      ],
    },
  }
  const web = (spec: object = {}) => ({
    metadata: { name: 'web', ...createdAt },
    spec: { selector: { matchLabels: { app: 'web' } }, template, ...spec },
  })

  test('is completed', () => {
    const { spec, status } = accept(Deployment, web())
    expect(spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30 },
      },
    })
    // Templates, unlike pods, are left without these.
    expect(spec.template.spec.enableServiceLinks).toBeUndefined()
    expect(status).toEqual({})
  })

  test('an explicit zero is no default', () => {
    expect(accept(Deployment, web({ replicas: 0 })).spec.replicas).toBe(0)
    expect(accept(Deployment, web({ strategy: { type: 'Recreate' } })).spec.strategy).toEqual({
      type: 'Recreate',
    })
  })

  test.each([
    {
      why: 'selector misses template',
      spec: { selector: { matchLabels: { app: 'db' } } },
      want: 'spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: `selector` does not match template `labels`',
    },
    {
      why: 'no selector',
      spec: { selector: undefined },
      want: [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: `selector` does not match template `labels`',
      ],
    },
    {
      why: 'empty selector',
      spec: { selector: {} },
      want: 'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string(nil), MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: empty selector is invalid for deployment',
    },
    {
      why: 'no room to roll',
      spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
      want: 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"0%"}: may not be 0 when `maxSurge` is 0',
    },
    {
      why: 'restart policy',
      spec: { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
      want: 'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    },
    {
      why: 'negative',
      spec: { replicas: -1 },
      want: 'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    },
    {
      why: 'deadline',
      spec: { minReadySeconds: 600 },
      want: 'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    },
  ])('$why', ({ spec, want }) => {
    expect(problems(Deployment, web(spec))).toEqual([want].flat())
  })

  test('the selector is immutable', () => {
    const old = accept(Deployment, web())
    const next = { ...old, spec: { ...old.spec, selector: { matchLabels: { app: 'web', tier: 'x' } } } }
    expect(updateProblems(Deployment, old, next)).toContain(
      'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"web", "tier":"x"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
    )
  })

  test('prints', () => {
    const web3 = {
      ...accept(Deployment, web({ replicas: 3 })),
      status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
    }
    expect(row(Deployment, web3)).toEqual(['web', '2/3', 3, 1, '5m'])
    expect(wideRow(Deployment, web3)).toEqual(['a,b', 'nginx:1,php', 'app=web'])
  })

  test('ReplicaSets are alike', () => {
    const rs = accept(ReplicaSet, web())
    expect(rs.spec.replicas).toBe(1)
    expect(rs.status).toEqual({ replicas: 0 })
    expect(row(ReplicaSet, rs)).toEqual(['web', 1, 0, 0, '5m'])
    expect(problems(ReplicaSet, web({ selector: {} }))[0]).toContain(
      'empty selector is invalid for replicaset',
    )
  })
})

describe('Service', () => {
  const web = (spec: object = {}) => ({
    metadata: { name: 'web', ...createdAt },
    spec: { ports: [{ port: 80 }], ...spec },
  })

  test('is completed', () => {
    expect(accept(Service, web()).spec).toEqual({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    })
    expect(accept(Service, web({ type: 'LoadBalancer' })).spec).toMatchObject({
      externalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
    })
    expect(accept(Service, web({ sessionAffinity: 'ClientIP' })).spec.sessionAffinityConfig).toEqual({
      clientIP: { timeoutSeconds: 10_800 },
    })
  })

  test.each([
    { why: 'no ports', spec: { ports: [] }, want: ['spec.ports: Required value'] },
    {
      why: 'unnamed ports',
      spec: { ports: [{ port: 1 }, { port: 2, name: 'b' }] },
      want: ['spec.ports[0].name: Required value'],
    },
    {
      why: 'type',
      spec: { type: 'Public' },
      want: [
        'spec.type: Unsupported value: "Public": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    },
    {
      why: 'headless node port',
      spec: { type: 'NodePort', clusterIP: 'None' },
      want: ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    },
    {
      why: 'address',
      spec: { clusterIP: '1.2.3' },
      want: [
        'spec.clusterIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    },
    { why: 'headless needs no ports', spec: { ports: [], clusterIP: 'None' }, want: [] },
  ])('$why', ({ spec, want }) => {
    expect(problems(Service, web(spec))).toEqual(want)
  })

  test('what was allocated stays when an update leaves it out', () => {
    const old = accept(
      Service,
      web({
        type: 'NodePort',
        clusterIP: '10.0.0.1',
        clusterIPs: ['10.0.0.1'],
        ports: [{ port: 80, nodePort: 30_000 }],
      }),
    )
    const next = accept(Service, web({ type: 'NodePort' }))
    const prepared = Service.prepareForUpdate?.(next, old, { now: '', nowMs: 0 })
    expect(prepared?.spec).toMatchObject({
      clusterIP: '10.0.0.1',
      clusterIPs: ['10.0.0.1'],
      ports: [{ nodePort: 30_000 }],
    })
    const moved = accept(Service, web({ type: 'NodePort', clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] }))
    expect(updateProblems(Service, old, moved)).toEqual([
      'spec.clusterIPs[0]: Invalid value: []string{"10.0.0.2"}: may not change once set',
    ])
  })

  test('prints', () => {
    const balanced = accept(
      Service,
      web({
        type: 'LoadBalancer',
        clusterIP: '10.0.0.1',
        selector: { b: 'c', a: 'b' },
        ports: [{ port: 80, nodePort: 30_080 }],
      }),
    )
    expect(row(Service, balanced)).toEqual([
      'web',
      'LoadBalancer',
      '10.0.0.1',
      '<pending>',
      '80:30080/TCP',
      '5m',
    ])
    expect(wideRow(Service, balanced)).toEqual(['a=b,b=c'])
  })
})

describe('ConfigMap and Secret', () => {
  test('keys become file names', () => {
    expect(problems(ConfigMap, { metadata: { name: 'a' }, data: { 'a/b': 'c' } })[0]).toContain(
      'data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters',
    )
  })

  test('a megabyte is the limit', () => {
    expect(problems(ConfigMap, { data: { a: 'ü'.repeat(600 * 1024) } })).toEqual([
      ': Too long: may not be more than 1048576 bytes',
    ])
    expect(problems(ConfigMap, { data: { a: 'x'.repeat(1024 * 1024) } })).toEqual([])
  })

  test('immutable data is locked', () => {
    const old = accept(ConfigMap, { immutable: true, data: { a: '1' } })
    expect(updateProblems(ConfigMap, old, { ...old, data: { a: '2' } })).toEqual([
      'data: Forbidden: field is immutable when `immutable` is set',
    ])
  })

  test('stringData is written into data', () => {
    const secret = accept(Secret, {
      metadata: { name: 's', ...createdAt },
      data: { a: 'YQ==' },
      stringData: { b: 'é' },
    })
    expect(secret).toMatchObject({ type: 'Opaque', data: { a: 'YQ==', b: 'w6k=' } })
    expect(secret).not.toHaveProperty('stringData')
    expect(row(Secret, secret)).toEqual(['s', 'Opaque', 2, '5m'])
  })

  test('types have their keys, and do not change', () => {
    expect(problems(Secret, { type: 'kubernetes.io/tls', data: {} })).toEqual([
      'data[tls.crt]: Required value',
      'data[tls.key]: Required value',
    ])
    const old = accept(Secret, {})
    expect(updateProblems(Secret, old, { ...old, type: 'x' })).toEqual([
      'type: Invalid value: "x": field is immutable',
    ])
  })
})

describe('Namespace', () => {
  test('gets its finalizer, phase and own name as a label', () => {
    const namespace = accept(Namespace, { metadata: { name: 'a', ...createdAt } })
    expect(namespace).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'a' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })
    expect(row(Namespace, namespace)).toEqual(['a', 'Active', '5m'])
  })
})

describe('Node', () => {
  test('prints', () => {
    const node = accept(Node, {
      metadata: {
        name: 'n',
        labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' },
        ...createdAt,
      },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        nodeInfo: { kubeletVersion: 'v1.33.0', osImage: 'Linux' },
        addresses: [{ type: 'InternalIP', address: '10.1.1.1' }],
      },
    })
    expect(row(Node, node)).toEqual([
      'n',
      'Ready,SchedulingDisabled',
      'control-plane,worker',
      '5m',
      'v1.33.0',
    ])
    expect(wideRow(Node, node)).toEqual(['10.1.1.1', '<none>', 'Linux', '<unknown>', '<unknown>'])
  })

  test('taints are unique by key and effect', () => {
    const taint = { key: 'a', effect: 'NoSchedule' }
    expect(problems(Node, { spec: { taints: [taint, taint] } })).toEqual([
      'metadata.taints[1]: Duplicate value: core.Taint{Key:"a", Value:"", Effect:"NoSchedule", TimeAdded:<nil>}: taints must be unique by key and effect pair',
    ])
    expect(problems(Node, { spec: { taints: [{ key: 'a', effect: 'x' }] } })[0]).toContain(
      'Unsupported value: "x"',
    )
  })
})

describe('Event and Lease', () => {
  test('an event prints when it was last seen', () => {
    const event = accept(Event, {
      metadata: { name: 'e', namespace: 'default' },
      involvedObject: { kind: 'Pod', name: 'web', namespace: 'default' },
      reason: 'BackOff',
      type: 'Warning',
      message: 'Back-off\n',
      count: 3,
      firstTimestamp: '2025-12-31T23:50:00Z',
      lastTimestamp: '2025-12-31T23:59:30Z',
    })
    expect(row(Event, event)).toEqual(['30s', 'Warning', 'BackOff', 'pod/web', 'Back-off'])
  })

  test('an event lives where its object does', () => {
    const body = { metadata: { name: 'e', namespace: 'a' }, involvedObject: { namespace: 'b' } }
    expect(problems(Event, body)).toEqual([
      'involvedObject.namespace: Invalid value: "b": does not match event.namespace',
    ])
  })

  test('a lease lasts', () => {
    expect(problems(Lease, { spec: { leaseDurationSeconds: 0 } })).toEqual([
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ])
  })
})
