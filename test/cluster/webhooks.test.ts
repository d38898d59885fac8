/** Admission webhooks as functions of this process: what they may change, refuse, and what their failures lead to. */
import { afterEach, describe, expect, test } from 'vitest'
import { MutatingWebhookConfiguration } from '../../src/api/admissionregistration/mutating-webhook-configuration.ts'
import { ValidatingWebhookConfiguration } from '../../src/api/admissionregistration/validating-webhook-configuration.ts'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { ApiError } from '../../src/api/errors.ts'
import type { KubeObject } from '../../src/api/kind.ts'
import type { AdmissionRequest } from '../../src/apiserver/admission/admission-review.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import type { WebhookHandler } from '../../src/cluster/webhooks.ts'

let cluster: Cluster
afterEach(() => cluster.dispose())

async function start(): Promise<void> {
  cluster = await createCluster({ nodes: 0, controllers: false, scheduler: false })
}

const CONFIG_MAPS = { apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }

function webhook(name: string, more: object = {}) {
  return {
    name,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { service: { namespace: 'hooks', name: name.split('.')[0] } },
    rules: [CONFIG_MAPS],
    ...more,
  }
}

async function configure(
  type: 'Mutating' | 'Validating',
  name: string,
  ...webhooks: object[]
): Promise<void> {
  const kind = type === 'Mutating' ? MutatingWebhookConfiguration : ValidatingWebhookConfiguration
  const body = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${type}WebhookConfiguration`,
    metadata: { name },
    webhooks,
  }
  await cluster.client.create(kind as typeof MutatingWebhookConfiguration, body as never)
}

const serve = (name: string, handle: WebhookHandler) => cluster.webhook({ service: `hooks/${name}`, handle })
const map = (name: string, data: Record<string, string> = {}, labels = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels },
    data,
  }) as ConfigMap
const create = (object: ConfigMap, options = {}) => cluster.client.create(ConfigMap, object, options)
async function refusal(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (it: unknown) => it,
  )
  if (!(error instanceof ApiError)) throw new Error('it was not refused')
  return { code: error.code, message: error.message }
}

describe('validating', () => {
  test('a refusal is told in the words of the webhook', async () => {
    await start()
    await configure('Validating', 'v', webhook('no.example.com'))
    serve('no', ({ object }) => {
      const { data } = object as ConfigMap
      return data?.['why'] === undefined
        ? { allowed: false }
        : { allowed: false, status: { message: data['why'], code: 403, reason: 'Forbidden' } }
    })
    expect(await refusal(create(map('a', { why: 'not today' })))).toEqual({
      code: 403,
      message: 'admission webhook "no.example.com" denied the request: not today',
    })
    expect(await refusal(create(map('a')))).toEqual({
      code: 400,
      message: 'admission webhook "no.example.com" denied the request without explanation',
    })
  })

  test('it sees the request, and only those that its rules and selectors name', async () => {
    await start()
    const seen: AdmissionRequest[] = []
    serve('eye', (request) => {
      seen.push(request)
      return { allowed: true, warnings: ['seen'] }
    })
    await cluster.client.create(Namespace, {
      metadata: { name: 'other', labels: { eye: 'off' } },
    } as unknown as Namespace)
    const selectors = {
      namespaceSelector: { matchExpressions: [{ key: 'eye', operator: 'NotIn', values: ['off'] }] },
      objectSelector: { matchLabels: { watched: 'yes' } },
      matchConditions: [{ name: 'not-skipped', expression: "!object.metadata.name.startsWith('skip')" }],
    }
    await configure('Validating', 'v', webhook('eye.example.com', selectors))
    await create(map('a', {}, { watched: 'yes' }))
    await create(map('b'))
    await create(map('skip', {}, { watched: 'yes' }))
    await cluster.client.create(ConfigMap, {
      ...map('a', {}, { watched: 'yes' }),
      metadata: { name: 'a', namespace: 'other', labels: { watched: 'yes' } },
    })
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      operation: 'CREATE',
      name: 'a',
      namespace: 'default',
      userInfo: { username: 'kubernetes-admin' },
      object: { metadata: { name: 'a' } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    })
    // On a delete there is no object that the condition could look at.
    expect(
      (await refusal(cluster.client.delete(ConfigMap, { namespace: 'default', name: 'a' }))).message,
    ).toContain('resulted in error: No such key: metadata (not-skipped)')
  })

  test('time passes while it thinks, and too much time is a failure', async () => {
    await start()
    serve('slow', async ({ name }, { sleep }) => {
      await sleep(name === 'a' ? 2000 : 20_000)
      return { allowed: true }
    })
    await configure('Validating', 'v', webhook('slow.example.com', { timeoutSeconds: 5 }))
    const before = cluster.now
    await create(map('a'))
    expect(cluster.now - before).toBeGreaterThanOrEqual(2000)
    expect(cluster.now - before).toBeLessThan(2100)
    expect(await refusal(create(map('b')))).toEqual({
      code: 500,
      message:
        'Internal error occurred: failed calling webhook "slow.example.com": failed to call webhook: Post "https://slow.hooks.svc:443/?timeout=5s": context deadline exceeded',
    })
  })

  test('one that is not there fails the request, unless that is to be ignored', async () => {
    await start()
    await configure('Validating', 'v', webhook('gone.example.com'))
    expect((await refusal(create(map('a')))).message).toBe(
      'Internal error occurred: failed calling webhook "gone.example.com": failed to call webhook: Post "https://gone.hooks.svc:443/?timeout=10s": service "gone" not found',
    )
    await cluster.client.delete(ValidatingWebhookConfiguration, { name: 'v' })
    await configure('Validating', 'v', webhook('gone.example.com', { failurePolicy: 'Ignore' }))
    await create(map('a'))
  })

  test('one that runs in a pod is reached through its Service', async () => {
    cluster = await createCluster({ nodes: 1 })
    const address = (path: string) => ({
      clientConfig: { service: { namespace: 'default', name: 'hook', path } },
      matchConditions: [{ name: 'ours', expression: "object.metadata.namespace == 'default'" }],
    })
    const labels = { app: 'hook' }
    await cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'hook' },
        spec: { selector: labels, ports: [{ port: 443, targetPort: 8444 }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'hook', labels },
        spec: {
          containers: [
            {
              name: 'agnhost',
              image: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
              args: ['webhook', '--tls-cert-file=/tls/tls.crt', '--port=8444'],
            },
          ],
        },
      },
    ] as never)
    await cluster.settle()
    await configure('Mutating', 'm', webhook('label.example.com', address('/add-label')))
    await configure('Validating', 'v', webhook('deny.example.com', address('/configmaps')))
    expect((await create(map('good'))).metadata.labels).toEqual({ 'added-label': 'yes' })
    expect((await refusal(create(map('bad', { 'webhook-e2e-test': 'webhook-disallow' })))).message).toBe(
      'admission webhook "deny.example.com" denied the request: the configmap contains unwanted key and value',
    )
    // Without a pod behind it there is nobody to ask.
    await cluster.client.delete(Pod, { namespace: 'default', name: 'hook' })
    await cluster.settle()
    expect((await refusal(create(map('late')))).message).toContain(
      'failed calling webhook "label.example.com": failed to call webhook: Post "https://hook.default.svc:443/add-label?timeout=10s": ',
    )
  })

  test('a dry run wants a webhook without side effects', async () => {
    await start()
    serve('side', () => ({ allowed: true }))
    await configure('Validating', 'v', webhook('side.example.com', { sideEffects: 'NoneOnDryRun' }))
    await create(map('a'), { dryRun: true })
    expect(await cluster.client.find(ConfigMap, { namespace: 'default', name: 'a' })).toBeUndefined()
  })

  test('another version of the same object is as good, unless it must be exactly that one', async () => {
    await start()
    const versions: string[] = []
    serve('hpa', ({ kind, object }) => {
      versions.push(`${kind.version} ${object?.apiVersion}`)
      return { allowed: true }
    })
    const rules = [
      {
        apiGroups: ['autoscaling'],
        apiVersions: ['v1'],
        operations: ['CREATE'],
        resources: ['horizontalpodautoscalers'],
      },
    ]
    await configure('Validating', 'v', webhook('hpa.example.com', { rules }))
    await cluster.apply({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
    } as KubeObject)
    expect(versions).toEqual(['v1 autoscaling/v1'])
  })

  test('a scale is judged as a Scale', async () => {
    await start()
    serve('scale', ({ object, subResource }) => ({
      allowed: (object as { spec?: { replicas?: number } }).spec!.replicas! < 5,
      status: { message: `${object!.kind} ${subResource}` },
    }))
    const rules = [{ ...CONFIG_MAPS, apiGroups: ['apps'], resources: ['deployments/scale'] }]
    await configure('Validating', 'v', webhook('scale.example.com', { rules }))
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await cluster.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template },
    } as unknown as KubeObject)
    const scale = (replicas: number) =>
      cluster.client.subresource('update', Deployment, { namespace: 'default', name: 'd' }, 'scale', {
        metadata: { name: 'd', namespace: 'default' },
        spec: { replicas },
      })
    await scale(3)
    expect((await refusal(scale(7))).message).toBe(
      'admission webhook "scale.example.com" denied the request: Scale scale',
    )
  })

  test('nobody can lock themselves out of the configuration', async () => {
    await start()
    serve('all', () => ({ allowed: false }))
    const rules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }]
    await configure('Validating', 'v', webhook('all.example.com', { rules }))
    expect((await refusal(create(map('a')))).message).toContain('without explanation')
    await cluster.client.delete(ValidatingWebhookConfiguration, { name: 'v' })
    await create(map('a'))
  })
})

describe('mutating', () => {
  const append =
    (word: string): WebhookHandler =>
    ({ object }) => {
      const { trail = '' } = (object as ConfigMap).data ?? {}
      return { allowed: true, patch: [{ op: 'add', path: '/data/trail', value: `${trail}${word}` }] }
    }

  test('they change the object in the order of their configurations, and the journal tells', async () => {
    await start()
    serve('one', append('1'))
    serve('two', append('2'))
    await configure('Mutating', 'b', webhook('two.example.com'))
    await configure('Mutating', 'a', webhook('one.example.com'))
    const made = await create(map('m', { x: 'y' }))
    expect(made.data).toEqual({ x: 'y', trail: '12' })
    const entries = cluster.journal.entries().filter((it) => it.object === 'ConfigMap default/m')
    expect(entries.map((it) => [it.actor, it.text, it.detail])).toEqual([
      ['kube-apiserver', 'webhook one.example.com, CREATE configmaps: allowed, with a patch', undefined],
      ['kube-apiserver', 'webhook two.example.com, CREATE configmaps: allowed, with a patch', undefined],
      ['user', 'create', { mutatedBy: ['MutatingAdmissionWebhook'] }],
      ['kube-apiserver', 'created', expect.anything()],
    ])
  })

  test('one that asks for it sees what others changed after it, once', async () => {
    await start()
    serve('first', append('f'))
    serve('last', ({ object }) => {
      const { done } = (object as ConfigMap).data ?? {}
      return done === undefined
        ? { allowed: true, patch: [{ op: 'add', path: '/data/done', value: 'yes' }] }
        : { allowed: true }
    })
    await configure(
      'Mutating',
      'a',
      webhook('first.example.com', { reinvocationPolicy: 'IfNeeded' }),
      webhook('last.example.com'),
    )
    expect((await create(map('m', { x: 'y' }))).data).toEqual({ x: 'y', trail: 'ff', done: 'yes' })
  })

  test('a patch that does not fit fails the request', async () => {
    await start()
    serve('bad', () => ({ allowed: true, patch: [{ op: 'remove', path: '/data/nothing' }] }))
    await configure('Mutating', 'a', webhook('bad.example.com'))
    expect(await refusal(create(map('m', { x: 'y' })))).toMatchObject({ code: 500 })
  })
})
