import { describe, expect, test } from 'vitest'
import { ControllerRevision } from '../../src/api/apps/controller-revision.ts'
import { DaemonSet } from '../../src/api/apps/daemon-set.ts'
import { StatefulSet } from '../../src/api/apps/stateful-set.ts'
import { HorizontalPodAutoscaler } from '../../src/api/autoscaling/horizontal-pod-autoscaler.ts'
import { HorizontalPodAutoscalerV1 } from '../../src/api/autoscaling/horizontal-pod-autoscaler-v1.ts'
import { CronJob } from '../../src/api/batch/cron-job.ts'
import { scheduleProblem } from '../../src/api/batch/cron-job-validation.ts'
import { Job } from '../../src/api/batch/job.ts'
import { CertificateSigningRequest } from '../../src/api/certificates/certificate-signing-request.ts'
import { Endpoints } from '../../src/api/core/endpoints.ts'
import { isCidr, isIp } from '../../src/api/core/ip.ts'
import { LimitRange } from '../../src/api/core/limit-range.ts'
import { PersistentVolume } from '../../src/api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { ReplicationController } from '../../src/api/core/replication-controller.ts'
import { ResourceQuota } from '../../src/api/core/resource-quota.ts'
import { decode } from '../../src/api/decode.ts'
import { EndpointSlice } from '../../src/api/discovery/endpoint-slice.ts'
import { Event } from '../../src/api/events/event.ts'
import { apiVersionOf, type KindDefinition } from '../../src/api/kind.ts'
import { Ingress } from '../../src/api/networking/ingress.ts'
import { NetworkPolicy } from '../../src/api/networking/network-policy.ts'
import { PodDisruptionBudget } from '../../src/api/policy/pod-disruption-budget.ts'
import { ClusterRole } from '../../src/api/rbac/cluster-role.ts'
import { RoleBinding } from '../../src/api/rbac/role-binding.ts'
import { PriorityClass } from '../../src/api/scheduling/priority-class.ts'
import { BUILT_IN_KINDS } from '../../src/api/scheme.ts'
import { StorageClass } from '../../src/api/storage/storage-class.ts'
import { accept, NOW_MS, problems, row, updateProblems, wideRow } from './accept.ts'

const meta = { name: 'a', namespace: 'default', creationTimestamp: '2025-12-31T23:55:00Z' }
const labels = { app: 'a' }
const selector = { matchLabels: labels }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }
const jobTemplate = { spec: { ...template.spec, restartPolicy: 'Never' } }

describe('every kind', () => {
  const named = BUILT_IN_KINDS.map((kind) => [`${kind.kind} of ${apiVersionOf(kind)}`, kind] as const)

  test.each(named)('%s: an empty object can be completed and printed', (_name, kind: KindDefinition) => {
    const { object } = decode(kind, {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: { name: 'a' },
    })
    const complete = kind.defaults?.(object) ?? object
    expect(Object.isFrozen(complete)).toBe(true)
    // Completing twice changes nothing, not even references; decoding what was completed does not either.
    expect(kind.defaults?.(complete) ?? complete).toBe(complete)
    expect(decode(kind, complete).object).toEqual(complete)
    for (const column of kind.columns ?? []) {
      expect(['string', 'number', 'boolean']).toContain(typeof column.cell(complete, NOW_MS))
    }
  })

  test.each(named.filter(([, kind]) => kind.verbs === undefined))(
    '%s has columns, the name among them',
    (_name, kind) => {
      expect(kind.columns?.some((column) => column.format === 'name')).toBe(true)
    },
  )
})

describe('defaults', () => {
  test('StatefulSet', () => {
    expect(
      accept(StatefulSet, {
        metadata: meta,
        spec: { selector, template, volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: {} }] },
      }).spec,
    ).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      revisionHistoryLimit: 10,
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          spec: { volumeMode: 'Filesystem' },
          status: { phase: 'Pending' },
        },
      ],
    })
  })

  test('DaemonSet', () => {
    expect(accept(DaemonSet, { metadata: meta, spec: { selector, template } }).spec).toMatchObject({
      revisionHistoryLimit: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    })
  })

  test('Job: selector and labels from its uid, unless by hand', () => {
    const job = accept(Job, { metadata: { ...meta, uid: 'u' }, spec: { template: jobTemplate } })
    expect(job.spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
      template: {
        metadata: { labels: { 'job-name': 'a', 'controller-uid': 'u', 'batch.kubernetes.io/job-name': 'a' } },
      },
    })
    const many = accept(Job, {
      metadata: meta,
      spec: { template: jobTemplate, completions: 5, backoffLimitPerIndex: 1, completionMode: 'Indexed' },
    })
    expect(many.spec).toMatchObject({ parallelism: 1, completions: 5, backoffLimit: 2_147_483_647 })
    const queue = accept(Job, { metadata: meta, spec: { template: jobTemplate, parallelism: 3 } })
    expect(queue.spec.completions).toBeUndefined()
  })

  test('CronJob', () => {
    expect(
      accept(CronJob, {
        metadata: meta,
        spec: { schedule: '* * * * *', jobTemplate: { spec: { template: jobTemplate } } },
      }).spec,
    ).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    })
  })

  test('ReplicationController: selector and labels from the template', () => {
    expect(accept(ReplicationController, { metadata: meta, spec: { template } })).toMatchObject({
      metadata: { labels },
      spec: { replicas: 1, selector: labels },
    })
  })

  test('HorizontalPodAutoscaler', () => {
    const target = { kind: 'Deployment', name: 'a' }
    expect(
      accept(HorizontalPodAutoscaler, {
        metadata: meta,
        spec: {
          scaleTargetRef: target,
          maxReplicas: 3,
          behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
        },
      }).spec,
    ).toMatchObject({
      minReplicas: 1,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
      behavior: {
        scaleUp: {
          selectPolicy: 'Max',
          stabilizationWindowSeconds: 0,
          policies: [
            { type: 'Pods', value: 4 },
            { type: 'Percent', value: 100 },
          ],
        },
        scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
      },
    })
  })

  test('LimitRange: default from max, defaultRequest from default, then min', () => {
    const limits = [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }]
    expect(accept(LimitRange, { metadata: meta, spec: { limits } }).spec.limits[0]).toMatchObject({
      default: { cpu: '2' },
      defaultRequest: { cpu: '2', memory: '1Mi' },
    })
  })

  test('others', () => {
    expect(
      accept(NetworkPolicy, { metadata: meta, spec: { egress: [{ ports: [{ port: 1 }] }] } }).spec,
    ).toMatchObject({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: [{ protocol: 'TCP' }] }],
    })
    expect(accept(PersistentVolume, { metadata: meta, spec: {} }).spec).toMatchObject({
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
    })
    expect(accept(StorageClass, { metadata: meta, provisioner: 'x' })).toMatchObject({
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
    })
    expect(accept(PriorityClass, { metadata: meta, value: 1 }).preemptionPolicy).toBe('PreemptLowerPriority')
    expect(
      accept(EndpointSlice, { metadata: meta, addressType: 'IPv4', endpoints: [], ports: [{ port: 80 }] })
        .ports,
    ).toEqual([{ name: '', protocol: 'TCP', port: 80 }])
    expect(
      accept(RoleBinding, {
        metadata: meta,
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', name: 's' },
        ],
      }),
    ).toMatchObject({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io' }, { kind: 'ServiceAccount', name: 's' }],
    })
  })
})

describe('validation', () => {
  test('what may change of a StatefulSet', () => {
    const old = accept(StatefulSet, { metadata: meta, spec: { selector, template, serviceName: 'a' } })
    expect(updateProblems(StatefulSet, old, { ...old, spec: { ...old.spec, replicas: 5 } })).toEqual([])
    expect(updateProblems(StatefulSet, old, { ...old, spec: { ...old.spec, serviceName: 'b' } })).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ])
  })

  test('a DaemonSet surges or goes without, not both', () => {
    const updateStrategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }
    expect(problems(DaemonSet, { metadata: meta, spec: { selector, template, updateStrategy } })).toEqual([
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: intstr.IntOrString{Type:0, IntVal:1, StrVal:""}: may not be set when maxUnavailable is non-zero',
    ])
  })

  test('a job restarts by creating pods, or within them', () => {
    expect(problems(Job, { metadata: { ...meta, uid: 'u' }, spec: { template } })).toEqual([
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ])
    const old = accept(Job, { metadata: { ...meta, uid: 'u' }, spec: { template: jobTemplate } })
    const other = { ...old, spec: { ...old.spec, completions: 2 } }
    expect(updateProblems(Job, old, other)).toEqual([
      'spec.completions: Invalid value: 2: field is immutable',
    ])
  })

  test.each([
    ['*/5 * * * *', undefined],
    ['0 0 1 jan sun', undefined],
    ['@hourly', undefined],
    ['@often', 'unrecognized descriptor: @often'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['a * * * *', 'failed to parse int from a'],
  ])('schedule %s: %s', (schedule, want) => {
    expect(scheduleProblem(schedule)).toBe(want)
  })

  test('a bound claim may grow and do little else', () => {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const pending = accept(PersistentVolumeClaim, { metadata: meta, spec })
    const old = { ...pending, status: { phase: 'Bound', capacity: { storage: '1Gi' } } }
    const sized = (storage: string) => ({
      ...old,
      spec: { ...old.spec, resources: { requests: { storage } } },
    })
    expect(updateProblems(PersistentVolumeClaim, old, sized('2Gi'))).toEqual([])
    expect(updateProblems(PersistentVolumeClaim, old, sized('512Mi'))).toEqual([
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ])
    expect(
      updateProblems(PersistentVolumeClaim, old, {
        ...old,
        spec: { ...old.spec, accessModes: ['ReadOnlyMany'] },
      })[0],
    ).toContain(
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    )
    expect(problems(PersistentVolumeClaim, { metadata: meta, spec: {} })).toEqual([
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ])
  })

  test.each([
    {
      kind: PodDisruptionBudget,
      body: { spec: { minAvailable: 1, maxUnavailable: 1 } },
      want: 'minAvailable and maxUnavailable cannot be both set',
    },
    { kind: Ingress, body: { spec: {} }, want: 'either `defaultBackend` or `rules` must be specified' },
    {
      kind: Ingress,
      body: {
        spec: {
          rules: [
            { http: { paths: [{ path: '/', backend: { service: { name: 's', port: { number: 1 } } } }] } },
          ],
        },
      },
      want: 'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
    },
    {
      kind: ClusterRole,
      body: { rules: [{ verbs: ['get'] }] },
      want: 'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
    },
    {
      kind: PriorityClass,
      body: { value: 2_000_000_000 },
      want: 'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    },
    {
      kind: ResourceQuota,
      body: { spec: { hard: { pods: '500m' } } },
      want: 'spec.hard[pods]: Invalid value: resource.Quantity{i:resource.int64Amount{value:500, scale:-3}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"500m", Format:"DecimalSI"}: must be an integer',
    },
    {
      kind: LimitRange,
      body: { spec: { limits: [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }] } },
      want: 'spec.limits[0].min[cpu]: Invalid value: resource.Quantity{i:resource.int64Amount{value:2, scale:0}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"2", Format:"DecimalSI"}: min value 2 is greater than max value 1',
    },
    {
      kind: Endpoints,
      body: { subsets: [{ addresses: [{ ip: 'x' }] }] },
      want: 'subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address',
    },
    {
      kind: HorizontalPodAutoscaler,
      body: { spec: { maxReplicas: 1, minReplicas: 2, scaleTargetRef: { kind: 'a', name: 'b' } } },
      want: 'spec.maxReplicas: Invalid value: 1: must be greater than or equal to `minReplicas`',
    },
    {
      kind: CertificateSigningRequest,
      body: { spec: { request: 'YQ==', signerName: 'x', usages: ['a'] } },
      want: 'must be a fully qualified domain and path',
    },
  ])('$kind.kind: $want', ({ kind, body, want }) => {
    expect(problems(kind as unknown as KindDefinition, { metadata: meta, ...body }).join('\n')).toContain(
      want,
    )
  })

  test('who is bound to a role does not choose another role', () => {
    const old = accept(RoleBinding, { metadata: meta, roleRef: { kind: 'Role', name: 'r' } })
    expect(updateProblems(RoleBinding, old, { ...old, roleRef: { ...old.roleRef, name: 'x' } })).toEqual([
      'roleRef: Invalid value: {"kind":"Role","name":"x","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
    ])
  })

  test.each([
    ['10.0.0.1', true],
    ['10.0.0.01', false],
    ['::1', true],
    ['fd00::10.0.0.1', true],
    ['1:2:3:4:5:6:7', false],
    ['1::2::3', false],
    ['fe80::1%eth0', false],
  ])('address %s: %s', (address, valid) => {
    expect(isIp(address)).toBe(valid)
  })

  test('ranges', () => {
    expect(['10.0.0.0/8', 'fd00::/64', '10.0.0.0/33', '10.0.0.0', '::/129'].map(isCidr)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

describe('columns', () => {
  test('workloads', () => {
    const daemon = {
      ...accept(DaemonSet, { metadata: meta, spec: { selector, template } }),
      status: {
        desiredNumberScheduled: 3,
        currentNumberScheduled: 3,
        numberReady: 2,
        updatedNumberScheduled: 1,
        numberAvailable: 2,
        numberMisscheduled: 0,
      },
    }
    expect(row(DaemonSet, daemon)).toEqual(['a', 3, 3, 2, 1, 2, '<none>', '5m'])
    expect(wideRow(DaemonSet, daemon)).toEqual(['c', 'i:1', 'app=a'])
    const stateful = accept(StatefulSet, { metadata: meta, spec: { selector, template } })
    expect(row(StatefulSet, stateful)).toEqual(['a', '0/1', '5m'])
    expect(wideRow(StatefulSet, stateful)).toEqual(['c', 'i:1'])
  })

  test('jobs', () => {
    const job = {
      ...accept(Job, { metadata: { ...meta, uid: 'u' }, spec: { template: jobTemplate } }),
      status: {
        succeeded: 1,
        startTime: '2025-12-31T23:58:00Z',
        completionTime: '2025-12-31T23:59:30Z',
        conditions: [{ type: 'Complete', status: 'True' }],
      },
    }
    expect(row(Job, job)).toEqual(['a', 'Complete', '1/1', '90s', '5m'])
    const cron = {
      ...accept(CronJob, {
        metadata: meta,
        spec: { schedule: '* * * * *', jobTemplate: { spec: { template: jobTemplate } } },
      }),
      status: { lastScheduleTime: '2025-12-31T23:59:00Z' },
    }
    expect(row(CronJob, cron)).toEqual(['a', '* * * * *', '<none>', 'False', 0, '60s', '5m'])
  })

  test('storage', () => {
    const volume = {
      ...accept(PersistentVolume, {
        metadata: meta,
        spec: {
          capacity: { storage: '5Gi' },
          accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
          claimRef: { namespace: 'n', name: 'c' },
          hostPath: { path: '/' },
        },
      }),
      status: { phase: 'Bound' },
    }
    expect(row(PersistentVolume, volume)).toEqual([
      'a',
      '5Gi',
      'RWO,RWX',
      'Retain',
      'Bound',
      'n/c',
      '',
      '<unset>',
      '',
      '5m',
    ])
    expect(wideRow(PersistentVolume, volume)).toEqual(['Filesystem'])
    const standard = accept(StorageClass, {
      metadata: { ...meta, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'p',
    })
    expect(row(StorageClass, standard)).toEqual(['a (default)', 'p', 'Delete', 'Immediate', false, '5m'])
  })

  test('network', () => {
    const ingress = accept(Ingress, {
      metadata: meta,
      spec: { ingressClassName: 'nginx', rules: [{ host: 'x' }, {}], tls: [{ hosts: ['x'] }] },
    })
    expect(row(Ingress, ingress)).toEqual(['a', 'nginx', 'x,*', '', '80, 443', '5m'])
    const slice = accept(EndpointSlice, {
      metadata: meta,
      addressType: 'IPv4',
      ports: [{ port: 80 }],
      endpoints: ['1', '2', '3', '4'].map((it) => ({ addresses: [`10.0.0.${it}`] })),
    })
    expect(row(EndpointSlice, slice)).toEqual([
      'a',
      'IPv4',
      '80',
      '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...',
      '5m',
    ])
    const endpoints = accept(Endpoints, {
      metadata: meta,
      subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }],
    })
    expect(row(Endpoints, endpoints)).toEqual(['a', '10.0.0.1:80', '5m'])
  })

  test('policy and scaling', () => {
    const budget = {
      ...accept(PodDisruptionBudget, { metadata: meta, spec: { minAvailable: '50%', selector } }),
      status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
    }
    expect(row(PodDisruptionBudget, budget)).toEqual(['a', '50%', 'N/A', 1, '5m'])
    const scaler = accept(HorizontalPodAutoscaler, {
      metadata: meta,
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
    })
    expect(row(HorizontalPodAutoscaler, scaler)).toEqual([
      'a',
      'Deployment/web',
      'cpu: <unknown>/80%',
      '1',
      3,
      0,
      '5m',
    ])
    const quota = {
      ...accept(ResourceQuota, { metadata: meta, spec: { hard: { pods: '2', 'limits.cpu': '1' } } }),
      status: { hard: { pods: '2', 'limits.cpu': '1' }, used: { pods: '1' } },
    }
    expect(row(ResourceQuota, quota)).toEqual(['a', 'pods: 1/2', 'limits.cpu: 0/1', '5m'])
    const revision = accept(ControllerRevision, {
      metadata: {
        ...meta,
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u', controller: true },
        ],
      },
      revision: 2,
      data: {},
    })
    expect(row(ControllerRevision, revision)).toEqual(['a', 'daemonset.apps/d', 2, '5m'])
  })
})

describe('two versions of one object', () => {
  test('an event of the newer group is stored in the core form', () => {
    const event = accept(Event, {
      metadata: meta,
      eventTime: '2026-01-01T00:00:00.000000Z',
      note: 'n',
      regarding: { kind: 'Pod', name: 'p' },
      reportingController: 'c',
      deprecatedCount: 2,
    })
    const stored = Event.stored!.encode(event)
    expect(stored).toMatchObject({
      apiVersion: 'v1',
      message: 'n',
      involvedObject: { name: 'p' },
      reportingComponent: 'c',
      count: 2,
    })
    expect(Event.stored!.decode(stored)).toEqual(event)
  })

  test('the older autoscaler keeps what it does not know in annotations', () => {
    const external = {
      type: 'External',
      external: { metric: { name: 'm' }, target: { type: 'Value', value: '1' } },
    }
    const v2 = accept(HorizontalPodAutoscaler, {
      metadata: meta,
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'web' },
        maxReplicas: 3,
        metrics: [
          external,
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
          },
        ],
        behavior: { scaleDown: {} },
      },
    })
    const { encode, decode: toV1 } = HorizontalPodAutoscalerV1.stored!
    const v1 = toV1(v2) as HorizontalPodAutoscalerV1
    expect(v1.spec).toEqual({
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 50,
    })
    expect(Object.keys(v1.metadata?.annotations ?? {})).toEqual([
      'autoscaling.alpha.kubernetes.io/metrics',
      'autoscaling.alpha.kubernetes.io/behavior',
    ])
    expect(encode(v1)).toEqual(v2)
  })
})
