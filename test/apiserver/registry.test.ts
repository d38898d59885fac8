/** The rules of create, get, update and delete that hold for every kind. */
import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Event } from '../../src/api/core/event.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { Service } from '../../src/api/core/service.ts'
import type { KubeObject } from '../../src/api/kind.ts'
import type { ListMeta } from '../../src/api/meta/status.ts'
import type { RequestOptions } from '../../src/api/request.ts'
import { harness, refusal, type Served } from './harness.ts'

const configMap = (name: string, data: Record<string, string> = {}, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data,
})

test('a created object has name, namespace, uid, time and the revision of its write', () => {
  const { create, store } = harness()
  const object = create(ConfigMap, configMap('a', { k: 'v' }))
  expect(object).toMatchObject({
    metadata: {
      name: 'a',
      namespace: 'default',
      creationTimestamp: '2025-01-01T00:00:00Z',
      resourceVersion: String(store.revision),
    },
    data: { k: 'v' },
  })
  expect(object.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(object.metadata.generation).toBeUndefined()
})

test('store, watcher and reader share one frozen reference', () => {
  const { create, get, watch, store } = harness()
  const watched = watch(ConfigMap)
  const object = create(ConfigMap, configMap('a', { k: 'v' }))
  expect(get(ConfigMap, 'a')).toBe(object)
  expect(watched.events[0]!.object).toBe(object)
  expect(store.get('/registry/configmaps/default/a')!.value).toBe(object)
  expect(Object.isFrozen(object.metadata) && Object.isFrozen(object.data)).toBe(true)
})

test.each([
  {
    name: 'a name that exists',
    body: configMap('taken'),
    code: 409,
    message: 'configmaps "taken" already exists',
  },
  {
    name: 'a resourceVersion',
    body: configMap('b', {}, { resourceVersion: '7' }),
    code: 400,
    message: 'resourceVersion should not be set on objects to be created',
  },
  {
    name: 'another namespace than that of the URL',
    body: configMap('b', {}, { namespace: 'other' }),
    code: 400,
    message: 'the namespace of the provided object does not match the namespace sent on the request',
  },
  {
    name: 'no name',
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} },
    code: 422,
    message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  },
  {
    name: 'a name that is none',
    body: configMap('B_'),
    code: 422,
    message:
      "ConfigMap \"B_\" is invalid: metadata.name: Invalid value: \"B_\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  },
])('create is refused with $name', ({ body, code, message }) => {
  const { create, call } = harness()
  create(ConfigMap, configMap('taken'))
  const status = refusal(() => call('create', ConfigMap, { namespace: 'default', body }))
  expect([status.code, status.message]).toEqual([code, message])
})

test('generateName draws five characters, again when the name is taken', () => {
  const { create } = harness()
  const names = Array.from({ length: 50 }, () => {
    const object = create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { generateName: 'web-' },
    })
    return object.metadata.name
  })
  expect(new Set(names).size).toBe(50)
  for (const name of names) expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  const base = 'x'.repeat(70)
  const long = create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: base } })
  expect(long.metadata.name).toHaveLength(63)
})

test('labels named like members of Object.prototype are data', () => {
  const { create, call } = harness()
  const labels = { constructor: 'b', hasOwnProperty: 'c' }
  const data = JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string>
  const object = create(ConfigMap, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', labels },
    data,
  })
  expect(JSON.stringify(object.data)).toBe('{"__proto__":"1","constructor":"2"}')
  for (let i = 0; i < 80; i++) create(ConfigMap, configMap(`other-${i}`))
  const list = call<{ items: unknown[] }>('list', ConfigMap, {
    namespace: 'default',
    options: { labelSelector: 'constructor=b' },
  })
  expect(list.items).toEqual([object])
})

test('an update that changes nothing is no write', () => {
  const { create, call, store } = harness()
  const object = create(ConfigMap, configMap('a', { k: 'v' }))
  const before = store.revision
  const again = call('update', ConfigMap, {
    namespace: 'default',
    name: 'a',
    body: JSON.parse(JSON.stringify(object)) as unknown,
  })
  expect(again).toBe(object)
  expect(store.revision).toBe(before)
})

test('an update from a stale copy is a conflict, one without resourceVersion is not', () => {
  const { create, call } = harness()
  const object = create(ConfigMap, configMap('a', { k: '1' }))
  const put = (body: object) => call('update', ConfigMap, { namespace: 'default', name: 'a', body })
  put({ ...object, data: { k: '2' } })
  const status = refusal(() => put({ ...object, data: { k: '3' } }))
  expect(status).toMatchObject({
    code: 409,
    reason: 'Conflict',
    message:
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  })
  expect(put(configMap('a', { k: '4' }))).toMatchObject({
    data: { k: '4' },
    metadata: { uid: object.metadata.uid },
  })
})

test('an update with the uid of another object is a conflict', () => {
  const { create, call } = harness()
  const { metadata } = create(ConfigMap, configMap('a'))
  const status = refusal(() =>
    call('update', ConfigMap, {
      namespace: 'default',
      name: 'a',
      body: configMap('a', {}, { uid: 'other' }),
    }),
  )
  expect(status.message).toBe(
    `Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: other, UID in object meta: ${metadata.uid}`,
  )
})

test('what did not change is shared with the state before', () => {
  const { create, call } = harness()
  const object = create(ConfigMap, configMap('a', { k: 'v' }, { labels: { app: 'x' } }))
  const body = JSON.parse(JSON.stringify(object)) as { metadata: { annotations?: object } }
  body.metadata.annotations = { note: 'n' }
  const next = call('update', ConfigMap, { namespace: 'default', name: 'a', body })
  expect(next.data).toBe(object.data)
  expect(next.metadata.labels).toBe(object.metadata.labels)
})

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
    },
  },
}

test('generation counts changes of the spec, and status is a world of its own', () => {
  const { create, call, get } = harness()
  const first = create(Deployment, deployment as Deployment)
  expect(first.metadata.generation).toBe(1)
  const at = { namespace: 'default', name: 'web' }
  const scaled = call('update', Deployment, {
    ...at,
    body: { ...first, spec: { ...first.spec, replicas: 3 } },
  })
  expect(scaled.metadata.generation).toBe(2)
  const body = { ...get(Deployment, 'web'), status: { replicas: 3 } }
  expect(call('update', Deployment, { ...at, body })).not.toHaveProperty('status.replicas')
  const reported = call('update', Deployment, {
    ...at,
    subresource: 'status',
    body: { ...body, spec: { ...body.spec, replicas: 9 } },
  })
  expect(reported).toMatchObject({
    metadata: { generation: 2 },
    spec: { replicas: 3 },
    status: { replicas: 3 },
  })
})

test('finalizers keep a deleted object until the last one is removed', () => {
  const { create, call, request } = harness()
  create(ConfigMap, configMap('a', {}, { finalizers: ['example.com/one', 'example.com/two'] }))
  const at = { namespace: 'default', name: 'a' }
  const dying = call('delete', ConfigMap, at)
  expect(dying.metadata).toMatchObject({
    deletionTimestamp: '2025-01-01T00:00:00Z',
    deletionGracePeriodSeconds: 0,
  })
  const added = refusal(() =>
    call('update', ConfigMap, {
      ...at,
      body: {
        ...dying,
        metadata: { ...dying.metadata, finalizers: ['example.com/one', 'example.com/three'] },
      },
    }),
  )
  expect(added.message).toBe(
    'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/three"}',
  )
  const reborn = refusal(() => create(ConfigMap, configMap('a')))
  expect(reborn.message).toBe('object is being deleted: configmaps "a" already exists')
  const one = call('update', ConfigMap, {
    ...at,
    body: { ...dying, metadata: { ...dying.metadata, finalizers: ['example.com/two'] } },
  })
  call('update', ConfigMap, { ...at, body: { ...one, metadata: { ...one.metadata, finalizers: [] } } })
  expect(request('get', ConfigMap, at).code).toBe(404)
})

test.each([
  ['Background', undefined],
  ['Foreground', ['foregroundDeletion']],
  ['Orphan', ['orphan']],
] as const)('propagation policy %s leaves finalizers %j', (propagationPolicy, finalizers) => {
  const { create, request } = harness()
  create(ConfigMap, configMap('a'))
  const at = { namespace: 'default', name: 'a' }
  const response = request('delete', ConfigMap, { ...at, options: { propagationPolicy } })
  if (finalizers === undefined)
    expect(response).toMatchObject({ body: { kind: 'Status', status: 'Success' } })
  else expect(response).toMatchObject({ body: { metadata: { finalizers } } })
})

test('a delete with preconditions refuses another object of that name', () => {
  const { create, call } = harness()
  const { metadata } = create(ConfigMap, configMap('a'))
  const attempt = (preconditions: object) =>
    refusal(() => call('delete', ConfigMap, { namespace: 'default', name: 'a', options: { preconditions } }))
      .message
  expect(attempt({ uid: 'x' })).toContain(
    `the UID in the precondition (x) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
  )
  expect(attempt({ resourceVersion: '1' })).toContain(
    `the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
  )
})

test('dry run goes all the way but the write', () => {
  const { create, call, request, store } = harness()
  const before = store.revision
  create(ConfigMap, configMap('a'), { options: { dryRun: true } })
  expect(store.revision).toBe(before)
  create(ConfigMap, configMap('a'))
  const at = { namespace: 'default', name: 'a', options: { dryRun: true } }
  expect(call('update', ConfigMap, { ...at, body: configMap('a', { k: 'v' }) })).toMatchObject({
    data: { k: 'v' },
  })
  expect(request('delete', ConfigMap, at).ok).toBe(true)
  expect(request('get', ConfigMap, { namespace: 'default', name: 'a' }).ok).toBe(true)
  expect(refusal(() => create(ConfigMap, configMap('a'), { options: { dryRun: true } })).reason).toBe(
    'AlreadyExists',
  )
})

test('deletecollection removes what the selector selects', () => {
  const { create, call } = harness()
  for (const app of ['x', 'x', 'y']) {
    create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { generateName: 'a-', labels: { app } },
    })
  }
  call('deletecollection', ConfigMap, { namespace: 'default', options: { labelSelector: 'app=x' } })
  const left = call<{ items: { metadata: { labels: object } }[] }>('list', ConfigMap, {
    namespace: 'default',
  })
  expect(left.items.map((it) => it.metadata.labels)).toEqual([{ app: 'y' }])
})

test('cluster-scoped objects live outside namespaces', () => {
  const { create, get } = harness()
  const node = create(Node, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: {} })
  expect(node.metadata.namespace).toBeUndefined()
  expect(get(Node, 'node-1')).toBe(node)
})

test('the journal tells who asked, what was committed, and what watchers do because of it', () => {
  const { create, watch, journal, api } = harness()
  const watched = watch(ConfigMap)
  const object = create(ConfigMap, configMap('a'), { userAgent: 'kubectl' })
  const entries = journal
    .entries()
    .map(({ type, actor, object: ref, text }) => `${type} ${actor} ${ref}: ${text}`)
  expect(entries).toEqual([
    'request kubectl ConfigMap default/a: create',
    'commit kube-apiserver ConfigMap default/a: created',
  ])
  expect(watched.events[0]!.cause).toBe(2)
  expect(api.revisionCause(Number(object.metadata.resourceVersion))).toBe(2)
  expect(journal.chain(2).map((it) => it.id)).toEqual([2, 1])
})

test('pages taken one by one are those of their moment, and say so when that is forgotten', () => {
  const { create, call, store } = harness()
  for (let i = 0; i < 100; i++)
    create(ConfigMap, configMap(`map-${i}`, {}, { labels: { odd: String(i % 2) } }))
  type Page = { items: Iterable<KubeObject | undefined>; metadata: ListMeta }
  const page = (options: RequestOptions, oneByOne: boolean) =>
    call<Page>('list', ConfigMap, { namespace: 'default', options, oneByOne })
  for (const labelSelector of [undefined, 'odd=1', 'odd=2']) {
    let token: string | undefined
    do {
      const options = { labelSelector, limit: 30, continue: token }
      const atOnce = page(options, false)
      const searched = page(options, true)
      expect([...searched.items].filter((it) => it !== undefined)).toEqual(atOnce.items)
      expect(searched.metadata).toEqual(atOnce.metadata)
      token = searched.metadata.continue
    } while (token)
  }
  const rest = page({ continue: page({ limit: 1 }, false).metadata.continue }, true)
  call('update', ConfigMap, { namespace: 'default', name: 'map-99', body: configMap('map-99', { new: '' }) })
  const items = rest.items[Symbol.iterator]()
  expect(items.next().value?.metadata?.name).toBe('map-1')
  store.compact(store.revision)
  expect(() => [...{ [Symbol.iterator]: () => items }]).toThrow(/too old to display a consistent list/)
})

test('a long list taken one by one is that of its moment', () => {
  const { create, call } = harness()
  for (let i = 0; i < 1200; i++) {
    const labels = { many: String(i % 2), few: String(i % 100) }
    create(ConfigMap, configMap(`map-${i}`, { i: String(i) }, { labels }))
  }
  for (const labelSelector of [undefined, 'many=1', 'few=7', '!many']) {
    const ask = (oneByOne: boolean) =>
      call<{ items: Iterable<KubeObject | undefined> }>('list', ConfigMap, {
        namespace: 'default',
        options: { labelSelector },
        oneByOne,
      }).items
    const before = [...ask(false)] as KubeObject[]
    expect(before.length).toBe({ 'many=1': 600, 'few=7': 12, '!many': 0 }[labelSelector ?? ''] ?? 1200)
    const taken: KubeObject[] = []
    for (const object of ask(true)) {
      if (object === undefined) continue
      taken.push(object)
      if (taken.length !== 10) continue
      const name = before.at(-1)!.metadata!.name!
      const { labels } = before.at(-1)!.metadata!
      call('delete', ConfigMap, { namespace: 'default', name })
      create(ConfigMap, configMap(name, { again: 'yes' }, { labels }))
    }
    expect(taken).toEqual(before)
    expect(taken.every((object, i) => object === before[i])).toBe(true)
  }
})

test('Events go a while after they were last written, not after they were made', async () => {
  const { create, call, loop, store } = harness({ eventTtlSeconds: 100 })
  const event = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'default' },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'web' },
  })
  create(Event, event('once'))
  create(Event, event('again'))
  create(ConfigMap, configMap('other'))
  const left = () => store.list('/registry/').kvs.map((it) => it.key.split('/').at(-1))
  await loop.advance(80_000)
  call('patch', Event, {
    namespace: 'default',
    name: 'again',
    body: { count: 2 },
    patchType: 'application/merge-patch+json',
  })
  expect(left()).toEqual(expect.arrayContaining(['again', 'once']))
  // Objects share leases, which live for a twentieth of the time longer.
  await loop.advance(30_000)
  expect(left()).not.toContain('once')
  expect(left()).toContain('again')
  await loop.advance(80_000)
  expect(left()).not.toContain('again')
  expect(left()).toContain('other')
})

test('what is odd about an object that is taken comes as warnings', () => {
  const h = harness()
  const spec = {
    nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
    hostAliases: [{ ip: '001.2.3.4' }],
    dnsConfig: { nameservers: ['FE80::0:1'] },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'x', whenUnsatisfiable: 'DoNotSchedule' }],
    volumes: [{ name: 'v', cephfs: { monitors: ['a'] } }],
    containers: [
      {
        name: 'c',
        image: 'i',
        resources: { requests: { memory: '100m' } },
        env: [
          { name: 'A', value: 'x' },
          { name: 'A', value: 'y' },
        ],
        ports: [{ containerPort: 80 }, { containerPort: 80, hostPort: 1 }],
      },
    ],
  }
  const warned = (kind: Served, object: object) => {
    const response = h.request('create', kind, { namespace: 'default', body: object })
    expect(response.ok ? '' : JSON.stringify(response)).toBe('')
    return (response as { warnings?: readonly string[] }).warnings
  }
  const said = [
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
    'spec.volumes[0].cephfs: deprecated in v1.28, non-functional in v1.31+',
    'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
    'spec.dnsConfig.nameservers[0]: IPv6 address "FE80::0:1" should be in RFC 5952 canonical format ("fe80::1")',
    'spec.hostAliases[0].ip: non-standard IP address "001.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
  ]
  expect(warned(Pod, { metadata: { name: 'a' }, spec })).toEqual(said)
  expect(
    warned(Pod, { metadata: { name: 'fine' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
  ).toBeUndefined()
  const template = { metadata: { labels: { a: 'b' } }, spec }
  const selector = { matchLabels: { a: 'b' } }
  expect(warned(Deployment, { metadata: { name: 'a.b' }, spec: { selector, template } })).toEqual([
    expect.stringMatching(
      /^metadata\.name: this is used in Pod names and hostnames, .*; a DNS label is recommended: \[/,
    ),
    ...said.map((it) =>
      it
        .replaceAll('spec.', 'spec.template.spec.')
        .replaceAll('spec.template.spec.template.', 'spec.template.'),
    ),
  ])
  const service = { ports: [{ port: 80 }], loadBalancerSourceRanges: ['010.0.0.1/8', 'fd00:0::/64'] }
  expect(warned(Service, { metadata: { name: 'a' }, spec: { ...service, type: 'LoadBalancer' } })).toEqual([
    'spec.loadBalancerSourceRanges[0]: CIDR value "010.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
    'spec.loadBalancerSourceRanges[0]: non-standard CIDR value "010.0.0.1/8" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"',
    'spec.loadBalancerSourceRanges[1]: IPv6 CIDR value "fd00:0::/64" should be in RFC 5952 canonical format ("fd00::/64")',
  ])
})
