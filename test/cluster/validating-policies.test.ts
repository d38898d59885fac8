/** ValidatingAdmissionPolicies: what expressions see, and what bindings do about it. */
import { afterEach, expect, test } from 'vitest'
import { ValidatingAdmissionPolicy } from '../../src/api/admissionregistration/validating-admission-policy.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { ApiError } from '../../src/api/errors.ts'
import type { KubeObject } from '../../src/api/kind.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'

let cluster: Cluster
afterEach(() => cluster.dispose())

const API = 'admissionregistration.k8s.io/v1'
const RULE = {
  apiGroups: ['apps'],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE'],
  resources: ['deployments'],
}

async function start(policy: object, binding: object = {}, more: readonly object[] = []): Promise<void> {
  cluster = await createCluster({ nodes: 0, controllers: false, scheduler: false })
  await cluster.apply([
    ...more,
    {
      apiVersion: API,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'p' },
      spec: { matchConstraints: { resourceRules: [RULE] }, ...policy },
    },
    {
      apiVersion: API,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'b' },
      spec: { policyName: 'p', validationActions: ['Deny'], ...binding },
    },
  ] as KubeObject[])
}

const deployment = (name: string, replicas: number, labels: object = {}) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
    },
  }) as unknown as KubeObject

async function refusal(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.then(
    () => undefined,
    (it: unknown) => (it as { cause?: unknown }).cause ?? it,
  )
  if (!(error instanceof ApiError)) throw new Error(`it was not refused: ${error}`)
  return error
}

test('an expression that is false refuses, with the policy, its binding and its message', async () => {
  await start({ validations: [{ expression: 'object.spec.replicas <= 5' }] })
  await cluster.apply(deployment('ok', 5))
  const { status } = await refusal(cluster.apply(deployment('many', 6)))
  expect(status).toMatchObject({
    code: 422,
    reason: 'Invalid',
    message:
      "deployments.apps \"many\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: object.spec.replicas <= 5",
    details: {
      name: 'many',
      group: 'apps',
      kind: 'deployments',
      causes: [{ message: expect.stringContaining('p') }],
    },
  })
})

test('messages are computed, from parameters and variables too', async () => {
  await start(
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      variables: [
        { name: 'max', expression: 'int(params.data.max)' },
        { name: 'over', expression: 'object.spec.replicas - variables.max' },
      ],
      validations: [
        {
          expression: 'variables.over <= 0',
          messageExpression: "'too many by ' + string(variables.over)",
          reason: 'Forbidden',
        },
      ],
    },
    { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } },
    [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'limits' }, data: { max: '3' } }],
  )
  const { code, message } = await refusal(cluster.apply(deployment('d', 5)))
  expect([code, message]).toEqual([
    403,
    "deployments.apps \"d\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: too many by 2",
  ])
  await cluster.apply(deployment('d', 3))
  await cluster.client.delete(ConfigMap, { namespace: 'default', name: 'limits' })
  expect((await refusal(cluster.apply(deployment('d', 2)))).message).toContain(
    'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
  )
})

test('bindings warn and audit instead of refusing', async () => {
  await start(
    {
      validations: [{ expression: 'object.spec.replicas <= 5', message: 'too many' }],
      auditAnnotations: [{ key: 'replicas', valueExpression: "'has ' + string(object.spec.replicas)" }],
    },
    { validationActions: ['Warn', 'Audit'] },
  )
  await cluster.apply(deployment('many', 6))
  const notes = cluster.journal.entries().filter((it) => it.text.startsWith('audit: '))
  expect(notes.map((it) => it.text)).toEqual([
    'audit: p/replicas: has 6',
    'audit: policy p, binding b: too many',
  ])
})

test('conditions, selectors and names decide where it applies; the old object and the user are seen', async () => {
  await start(
    {
      matchConditions: [
        {
          name: 'labelled',
          expression: "has(object.metadata.labels) && 'guarded' in object.metadata.labels",
        },
      ],
      validations: [
        {
          expression: 'oldObject == null || object.spec.replicas >= oldObject.spec.replicas',
          message: 'no shrinking',
        },
        {
          expression:
            "request.userInfo.username == 'kubernetes-admin' && request.operation in ['CREATE', 'UPDATE'] && namespaceObject.metadata.name == 'default'",
        },
        {
          expression:
            "authorizer.group('apps').resource('deployments').namespace('default').check('delete').allowed()",
        },
      ],
    },
    { matchResources: { excludeResourceRules: [{ ...RULE, resourceNames: ['free'] }] } },
  )
  const guarded = { guarded: 'yes' }
  await cluster.apply([deployment('a', 3), deployment('b', 3, guarded), deployment('free', 3, guarded)])
  await cluster.apply([deployment('a', 1), deployment('free', 1, guarded)])
  expect((await refusal(cluster.apply(deployment('b', 1, guarded)))).message).toContain(
    'denied request: no shrinking',
  )
})

test('expressions that cost too much refuse', async () => {
  const costly = "object.metadata.annotations['long'].contains(object.metadata.annotations['long'])"
  const annotated = (length: number) => {
    const object = deployment('d', 1)
    return { ...object, metadata: { ...object.metadata, annotations: { long: 'x'.repeat(length) } } }
  }
  await start({ validations: [{ expression: costly }] })
  expect((await refusal(cluster.apply(annotated(12_000)))).message).toContain(
    'resulted in error: operation cancelled: actual cost limit exceeded',
  )
  await cluster.dispose()
  await start({ validations: Array(20).fill({ expression: costly }) })
  expect((await refusal(cluster.apply(annotated(9000)))).message).toContain(
    'denied request: validation failed due to running out of cost budget, no further validation rules will be run',
  )
  await cluster.apply(annotated(1000))
})

test('an expression that fails refuses, unless failures are to be ignored', async () => {
  const validations = [{ expression: 'object.spec.nothing > 1' }]
  await start({ validations })
  expect((await refusal(cluster.apply(deployment('d', 1)))).message).toContain(
    "denied request: expression 'object.spec.nothing > 1' resulted in error: No such key: nothing",
  )
  await cluster.dispose()
  await start({ validations, failurePolicy: 'Ignore' })
  await cluster.apply(deployment('d', 1))
})

test('a policy that cannot be compiled is refused, and policies never judge policies', async () => {
  await start({
    validations: [{ expression: 'false' }],
    matchConstraints: { resourceRules: [{ ...RULE, apiGroups: ['*'], resources: ['*'] }] },
  })
  const bad = {
    apiVersion: API,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'bad' },
    spec: { matchConstraints: { resourceRules: [RULE] }, validations: [{ expression: 'object.' }] },
  } as unknown as ValidatingAdmissionPolicy
  const { code, message } = await refusal(cluster.client.create(ValidatingAdmissionPolicy, bad))
  expect(code).toBe(422)
  expect(message).toContain('spec.validations[0].expression: Invalid value: "object.": compilation failed: ')
})

test.each([
  ['true', {}],
  ['object.spec.replicas > 1 && object.metadata.labels.a == "b"', {}],
  [
    'object.replicas > 1',
    {
      expressionWarnings: [
        {
          fieldRef: 'spec.validations[0].expression',
          warning:
            "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^",
        },
      ],
    },
  ],
])('its status says that it has been looked at: %s', async (expression, typeChecking) => {
  cluster = await createCluster({ nodes: 0, scheduler: false, authorization: 'RBAC' })
  await cluster.apply({
    apiVersion: API,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: [RULE] }, validations: [{ expression }] },
  } as unknown as KubeObject)
  await cluster.settle()
  const policy = cluster.peek().get<ValidatingAdmissionPolicy>(ValidatingAdmissionPolicy, { name: 'p' })
  expect(policy?.status).toEqual({ observedGeneration: 1, typeChecking })
})
