/** The HTTP front over real sockets: representations, watches, and what strangers try. */
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { ClusterMetrics } from '../../src/cluster/custom-metrics.ts'
import { epochOf, type Served, serve } from '../../src/http/serve.ts'
import { ADMIN, type Harness, harness } from '../apiserver/harness.ts'
import { type Answer, type Ask, askAt } from './ask.ts'

let h: Harness
let served: Served

beforeAll(async () => {
  h = harness({ admission: undefined })
  h.api.bootstrap()
  served = await serve({
    server: h.api,
    loop: h.loop,
    streamsOf: () => undefined,
    port: 0,
    speed: 1,
    insecure: true,
    admin: ADMIN,
  })
})

afterAll(() => served.close())

const ask = (path: string, more?: Ask): Promise<Answer> => askAt(served.url, path, more)

const MAPS = '/api/v1/namespaces/default/configmaps'
const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  ask(MAPS, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body })
const map = (name: string, data: object = {}) => JSON.stringify({ metadata: { name }, data })

test('creates, reads and deletes as JSON', async () => {
  expect((await post(map('one', { a: 'b' }))).code).toBe(201)
  expect((await ask(`${MAPS}/one`)).json).toMatchObject({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    data: { a: 'b' },
  })
  const deleted = await ask(`${MAPS}/one`, { method: 'DELETE' })
  expect(deleted.json).toMatchObject({
    kind: 'Status',
    status: 'Success',
    details: { name: 'one', kind: 'configmaps' },
  })
})

test.each([
  ['as it is', (text: string) => text],
  ['with white space', (text: string) => text.replaceAll(':', ' :\t ')],
  ['on many lines', (text: string) => text.replaceAll(',', ',\r\n')],
  ['with escaped keys', (text: string) => text.replace('data', '\\u0064ata')],
  ['with a null', (text: string) => text.replace('"data":{', '"data":{"none":null,')],
  ['with keys that are there twice', (text: string) => text.replace('"a":', '"a":"lost","a":')],
])('what a long body says comes back the same, sent %s', async (how, write) => {
  const name = `long-${how.replaceAll(' ', '-')}`
  const data = { a: 'é"\\\u2028\n'.repeat(200), b: 'x'.repeat(2000), ['__proto__']: 'legal' }
  const made = await post(write(map(name, data)))
  expect(made.code).toBe(201)
  expect(made.json['data']).toEqual(how === 'with a null' ? { ...data, none: '' } : data)
  // What was kept for readers, and what watchers are sent.
  expect((await ask(`${MAPS}/${name}`)).json).toEqual(made.json)
  const watch = await ask(`${MAPS}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3D${name}`)
  expect(watch.text.trim().split('\n').length).toBe(1)
  expect((watch.json as { object: object }).object).toEqual(made.json)
})

test('an adapter serves its metrics as the API paths of other servers', async () => {
  const metrics = new ClusterMetrics(h.api, [{ name: 'queue', labels: { of: 'mails' }, value: '7' }])
  metrics.set({ name: 'rps', of: { kind: 'Namespace' }, value: (it) => it?.metadata?.name?.length })
  const root = '/apis/external.metrics.k8s.io/v1beta1'
  expect((await ask('/apis')).json).toMatchObject({
    groups: expect.arrayContaining([expect.objectContaining({ name: 'custom.metrics.k8s.io' })]),
  })
  expect((await ask(root)).json).toMatchObject({
    resources: [{ name: 'queue', kind: 'ExternalMetricValueList', verbs: ['get'] }],
  })
  const items = async (query: string) =>
    ((await ask(`${root}/namespaces/default/queue${query}`)).json as { items: object[] }).items
  expect(await items('')).toMatchObject([{ metricName: 'queue', metricLabels: { of: 'mails' }, value: '7' }])
  expect(await items('?labelSelector=of%3Dorders')).toEqual([])
  const custom = '/apis/custom.metrics.k8s.io/v1beta2/namespaces/default'
  expect((await ask(`${custom}/metrics/rps`)).json).toMatchObject({
    items: [{ describedObject: { kind: 'Namespace', name: 'default' }, value: '7' }],
  })
  expect((await ask(`${custom}/pods/*/rps`)).json).toMatchObject({
    code: 404,
    message: 'the server could not find the metric rps for pods',
  })
})

test('how to delete may be said in protobuf, in the group of what is deleted', async () => {
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
  const json = { 'Content-Type': 'application/json' }
  await ask(leases, { method: 'POST', headers: json, body: '{"metadata":{"name":"held"}}' })
  const del = (...options: Buffer[]) => {
    const type = field(1, text(1, 'coordination.k8s.io/v1'), text(2, 'DeleteOptions'))
    const body = Buffer.concat([Buffer.from('k8s\0'), type, field(2, ...options)])
    const headers = {
      'Content-Type': 'application/vnd.kubernetes.protobuf',
      'Content-Length': String(body.length),
    }
    return ask(`${leases}/held`, { method: 'DELETE', headers, body })
  }
  expect((await del(field(2, text(1, 'of-another')))).code).toBe(409)
  expect((await del(text(4, 'Foreground'))).json).toMatchObject({
    metadata: { name: 'held', finalizers: ['foregroundDeletion'] },
  })

  function field(number: number, ...parts: Buffer[]): Buffer {
    const bytes = Buffer.concat(parts)
    return Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes])
  }
  function text(number: number, it: string): Buffer {
    return field(number, Buffer.from(it))
  }
})

test('reads YAML', async () => {
  const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata: {on: "yes"}\n'
  const made = await post(body, { 'Content-Type': 'application/yaml' })
  expect(made.json).toMatchObject({ data: { on: 'yes' } })
})

test('items of typed lists do not repeat their kind', async () => {
  await post(map('listed'))
  const { items } = (await ask(MAPS)).json as { items: object[] }
  expect(items.length).toBeGreaterThan(0)
  for (const item of items) expect(item).not.toHaveProperty('kind')
})

test('shows tables and metadata alone to who asks for them', async () => {
  await post(map('shown', { a: '1', b: '2' }))
  const as = (what: string) => ({
    headers: { Accept: `application/json;as=${what};v=v1;g=meta.k8s.io,application/json` },
  })
  const table = (await ask(`${MAPS}/shown`, as('Table'))).json
  expect(table).toMatchObject({ kind: 'Table', rows: [{ object: { kind: 'PartialObjectMetadata' } }] })
  expect((table as { rows: { cells: unknown[] }[] }).rows[0]!.cells.slice(0, 2)).toEqual(['shown', 2])
  const partial = (await ask(`${MAPS}/shown`, as('PartialObjectMetadata'))).json
  expect(partial).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'shown' } })
  expect(partial).not.toHaveProperty('data')
})

test('discovery comes plain and aggregated', async () => {
  expect((await ask('/apis')).json).toMatchObject({ kind: 'APIGroupList' })
  expect((await ask('/apis/apps/v1')).json).toMatchObject({
    kind: 'APIResourceList',
    groupVersion: 'apps/v1',
  })
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
  const aggregated = await ask('/apis', { headers: { Accept: accept } })
  expect(aggregated.json).toMatchObject({
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
  })
  expect(aggregated.headers['content-type']).toBe(
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  )
})

test('a watch is one document a line, and ends when told to', async () => {
  const from = h.store.revision
  const ended = ask(`${MAPS}?watch=1&resourceVersion=${from}&timeoutSeconds=1`)
  await new Promise((resolve) => setTimeout(resolve, 100))
  await post(map('watched'))
  const { text, headers } = await ended
  expect(headers['transfer-encoding']).toBe('chunked')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } })
  expect(lines.map((it) => [it.type, it.object.metadata.name])).toEqual([['ADDED', 'watched']])
})

test('unknown fields warn, or are refused when strict', async () => {
  const body = '{"metadata":{"name":"w"},"data":{},"datta":1,"data":{}}'
  const warned = await post(body)
  expect(warned.code).toBe(201)
  expect(warned.headers['warning']).toContain('299 - "duplicate field \\"data\\""')
  expect(warned.headers['warning']).toContain('unknown field \\"datta\\"')
  const strict = await ask(`${MAPS}?fieldValidation=Strict`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  })
  expect(strict.code).toBe(400)
  expect(strict.json['message']).toContain(
    'strict decoding error: duplicate field "data", unknown field "datta"',
  )
})

test('keys that mean something to JavaScript are data', async () => {
  const body =
    '{"metadata":{"name":"proto","labels":{"constructor":"x"}},"data":{"__proto__":"1","toString":"2"}}'
  expect((await post(body)).code).toBe(201)
  expect((await ask(`${MAPS}/proto`)).text).toContain('"data":{"__proto__":"1","toString":"2"}')
  const patched = await ask(`${MAPS}/proto`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: '{"data":{"__proto__":"3"},"__proto__":{"polluted":true}}',
  })
  expect(patched.text).toContain('"__proto__":"3"')
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
  .split('')
  .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`)
  .join('\n')}\n`

test.each([
  ['a body that is no JSON', { 'Content-Type': 'application/json' }, '{"a":', 400],
  ['nesting beyond 500', { 'Content-Type': 'application/json' }, `${'['.repeat(501)}${']'.repeat(501)}`, 400],
  ['100,000 brackets', { 'Content-Type': 'application/json' }, '{"a":'.repeat(100_000), 400],
  ['a YAML alias bomb', { 'Content-Type': 'application/yaml' }, bomb, 400],
  ['deep YAML', { 'Content-Type': 'application/yaml' }, `a: ${'['.repeat(2000)}`, 400],
  ['two YAML documents', { 'Content-Type': 'application/yaml' }, 'a: 1\n---\nb: 2\n', 400],
  ['a list', { 'Content-Type': 'application/json' }, '[]', 400],
  ['null', { 'Content-Type': 'application/json' }, 'null', 400],
  ['an unknown media type', { 'Content-Type': 'text/html' }, '<p>', 415],
  [
    'bytes that are no protobuf',
    { 'Content-Type': 'application/vnd.kubernetes.protobuf' },
    'k8s\0\u0001\u0002',
    400,
  ],
  [
    'a body beyond 3 MiB',
    { 'Content-Type': 'application/json' },
    map('big', { a: 'x'.repeat(3 * 1024 * 1024) }),
    413,
  ],
  [
    'gzip that inflates beyond 3 MiB',
    { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
    gzipSync(Buffer.alloc(8 * 1024 * 1024)),
    413,
  ],
  ['invalid UTF-8', { 'Content-Type': 'application/json' }, Buffer.from([0x7b, 0xff, 0x7d]), 400],
] as const)('%s is refused', async (_, headers, body, code) => {
  const answer = await post(body as string, headers)
  expect(answer.code).toBe(code)
  expect(answer.json).toMatchObject({ kind: 'Status', status: 'Failure', code })
})

test.each([
  ['/api/v1/namespaces/default/configmaps/%2e%2e', 400],
  ['/api/v1/namespaces/default/configmaps/a%2fb', 400],
  ['/api/v1/namespaces/default/configmaps/a%00b', 400],
  ['/api/v1/namespaces/default/configmaps/%c0%ae', 400],
  ['/api/v1//configmaps', 404],
  ['/api/v1/namespaces/default/nonsense', 404],
  ['/nonsense', 404],
  ['/api/v1/pods?limit=x', 400],
  ['/api/v1/pods?labelSelector=a+in', 400],
])('GET %s answers %i with a Status', async (path, code) => {
  const answer = await ask(path)
  expect([answer.code, answer.json['kind']]).toEqual([code, 'Status'])
})

test.each([
  ['DELETE', '/healthz', 405],
  ['POST', `${MAPS}/x`, 405],
  ['PUT', MAPS, 405],
  ['TRACE', MAPS, 405],
])('%s %s answers %i', async (method, path, code) => {
  expect((await ask(path, { method })).code).toBe(code)
})

test('what cannot be shown as asked is not acceptable', async () => {
  expect((await ask(MAPS, { headers: { Accept: 'text/html' } })).code).toBe(406)
})

test('another Host is refused: names can be rebound', async () => {
  expect((await ask('/api', { headers: { Host: 'evil.example' } })).code).toBe(403)
})

test('contradicting lengths end the connection with 400', async () => {
  const { port } = new URL(served.url)
  const text = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += String(chunk)
    })
    socket.on('close', () => resolve(answer))
    socket.write(
      'POST /api/v1/namespaces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
  })
  expect(text).toMatch(/^HTTP\/1\.1 400/)
})

test('wrong credentials never count as none', async () => {
  for (const value of ['Bearer nonsense', 'Bearer a.b.c', 'Basic eDp5', 'Bearer']) {
    const answer = await ask('/healthz', { headers: { Authorization: value } })
    expect([answer.code, answer.json['reason']]).toEqual([401, 'Unauthorized'])
    expect(answer.text).not.toContain('nonsense')
  }
})

test('a long list is whole', async () => {
  for (let i = 0; i < 700; i++) {
    h.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `many-${i}`, labels: { many: 'yes' } },
    })
  }
  const { items } = (await ask(`${MAPS}?labelSelector=many%3Dyes`)).json as {
    items: { metadata: { name: string } }[]
  }
  expect(new Set(items.map((it) => it.metadata.name)).size).toBe(700)
})

test('a client that goes away leaves no watch behind', async () => {
  const hub = h.api.resourceOf('', 'configmaps').hub
  const before = hub.watchers
  const request = httpRequest(`${served.url}${MAPS}?watch=1`)
  request.on('error', () => undefined)
  await new Promise((resolve) => {
    request.on('response', resolve)
    request.end()
  })
  expect(hub.watchers).toBe(before + 1)
  request.destroy()
  for (let i = 0; i < 100 && hub.watchers > before; i++)
    await new Promise((resolve) => setTimeout(resolve, 20))
  expect(hub.watchers).toBe(before)
})

test('people get indented JSON, what it is first', async () => {
  const path = '/api/v1/namespaces/default'
  const curl = { 'User-Agent': 'curl/8.5.0' }
  const { text } = await ask(path, { headers: curl })
  expect(text.startsWith('{\n  "kind": "Namespace",\n  "apiVersion": "v1",\n')).toBe(true)
  expect((await ask(`${path}?pretty=true`)).text).toBe(text)
  expect((await ask(`${path}?pretty=false`, { headers: curl })).text).not.toContain('\n  ')
})

test('answers about a deprecated kind come with a warning', async () => {
  const { headers } = await ask('/api/v1/namespaces/default/endpoints')
  expect(headers['warning']).toBe(
    '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
  )
  expect((await ask(MAPS)).headers['warning']).toBeUndefined()
})

test('a policy may keep people from what runs behind the API server', async () => {
  const kinds = { apiVersion: 'admissionregistration.k8s.io/v1' }
  const group = '/apis/admissionregistration.k8s.io/v1'
  const make = (path: string, body: object) =>
    ask(`${group}/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...kinds, ...body }),
    })
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['*/proxy'] }
  await make('validatingadmissionpolicies', {
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'no-proxy' },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "!has(object.path) || object.path != 'secret'", message: 'not there' }],
    },
  })
  await make('validatingadmissionpolicybindings', {
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'no-proxy' },
    spec: { policyName: 'no-proxy', validationActions: ['Deny'] },
  })
  const denied = "ValidatingAdmissionPolicy 'no-proxy' with binding 'no-proxy' denied request: not there"
  for (const path of ['namespaces/default/services/web', 'namespaces/default/pods/web', 'nodes/web']) {
    const { json } = await ask(`/api/v1/${path}/proxy/secret`)
    expect((json as { message: string }).message).toContain(denied)
    expect((await ask(`/api/v1/${path}/proxy/public`)).code).toBe(404)
  }
  await ask(`${group}/validatingadmissionpolicybindings/no-proxy`, { method: 'DELETE' })
  const { resources } = (await ask('/api/v1')).json as { resources: { name: string; kind: string }[] }
  const proxies = resources.filter((it) => it.name.endsWith('/proxy')).map((it) => `${it.name} ${it.kind}`)
  expect(proxies.sort()).toEqual([
    'nodes/proxy NodeProxyOptions',
    'pods/proxy PodProxyOptions',
    'services/proxy ServiceProxyOptions',
  ])
})

test('the proxy says what it cannot reach', async () => {
  const answer = await ask('/api/v1/namespaces/default/services/nobody/proxy/')
  expect(answer.json).toMatchObject({ code: 404, message: 'services "nobody" not found' })
  expect((await ask('/api/v1/namespaces/default/pods/nobody:80/proxy')).code).toBe(301)
})

test.each([
  ['2025-01-01T00:00:00Z', Date.UTC(2025, 0, 1)],
  ['30d', Date.UTC(2026, 0, 1)],
  ['0s', Date.UTC(2026, 0, 31)],
  ['yesterday', undefined],
  ['2025-13-01T00:00:00Z', undefined],
])('an epoch of %s', (text, want) => {
  expect(epochOf(text, Date.UTC(2026, 0, 31))).toBe(want)
})

test.each([
  ['POST', '/api/v1/configmaps', 'application/json', 405, 'the server does not allow this method'],
  ['DELETE', '/api/v1/configmaps', undefined, 405, 'the server does not allow this method'],
  ['DELETE', '/api/v1/namespaces', undefined, 405, 'the server does not allow this method'],
  ['GET', '/api/v1/configmaps/a', undefined, 404, 'the server could not find the requested resource'],
  ['GET', '/api/v1/namespaces/default/nodes', undefined, 404, 'the server could not find the requested'],
  ['POST', MAPS, 'application/merge-patch+json', 415, 'the body of the request was in an unknown format'],
  ['PATCH', `${MAPS}/none`, 'application/json', 415, '415: Unsupported Media Type'],
  [
    'POST',
    `${MAPS}?fieldManager=a%07b&dryRun=x&fieldValidation=q`,
    'application/json',
    422,
    'CreateOptions.meta.k8s.io "" is invalid: [fieldManager: Invalid value: "a\\ab": invalid character U+0007 ' +
      '(at position 1), dryRun: Unsupported value: []string{"x"}: supported values: "All", ' +
      'fieldValidation: Unsupported value: "q": supported values: "", "Ignore", "Strict", "Warn"]',
  ],
  [
    'PUT',
    `${MAPS}/none?fieldManager=${'x'.repeat(129)}`,
    'application/json',
    422,
    'UpdateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
  ],
  [
    'PATCH',
    `${MAPS}/none?force=true`,
    'application/merge-patch+json',
    422,
    'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  ],
  [
    'DELETE',
    `${MAPS}/none?dryRun=all`,
    undefined,
    422,
    'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: []string{"all"}: supported values: "All"',
  ],
])('%s %s as %s is refused as upstream does', async (method, path, type, code, message) => {
  const sent = type === undefined ? {} : { headers: { 'Content-Type': type }, body: map('none') }
  const answer = await ask(path, { method, ...sent })
  expect(answer.code).toBe(code)
  expect(answer.text).toContain(JSON.stringify(message).slice(1, -1))
})

test('a flag that is neither yes nor no hurts nobody', async () => {
  for (const path of [`${MAPS}?pretty=x`, `${MAPS}?allowWatchBookmarks=x`, '/?pretty=x']) {
    expect([path, (await ask(path)).code]).toEqual([path, 200])
  }
  // As a URL, this would have an empty host.
  expect((await ask('//?pretty=1')).code).toBe(404)
})

test('what one name says is read once, and lists go on in one way only', async () => {
  const maps = `${MAPS}?limit=1&labelSelector=of%3Dpages`
  for (const name of ['page-1', 'page-2']) {
    await post(JSON.stringify({ metadata: { name, labels: { of: 'pages' } } }))
  }
  expect((await ask(`${MAPS}/page-1?watch=true`)).json).toMatchObject({ kind: 'ConfigMap' })
  const { continue: token } = (await ask(maps)).json['metadata'] as { continue: string }
  expect((await ask(`${maps}&continue=${token}`)).json).toMatchObject({
    items: [{ metadata: { name: 'page-2' } }],
  })
  expect((await ask(`${maps}&continue=${token}&resourceVersion=5`)).json).toMatchObject({
    message: 'specifying resource version is not allowed when using continue',
  })
})

test('a namespace is labelled with a name that was generated for it', async () => {
  const made = await ask('/api/v1/namespaces', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"metadata":{"generateName":"gen-"}}',
  })
  const { name, labels } = made.json['metadata'] as { name: string; labels: Record<string, string> }
  expect(labels).toEqual({ 'kubernetes.io/metadata.name': name })
})

test('events are selected by the names that their version has for fields', async () => {
  const at = (group: string, field: string) => ask(`${group}/events?fieldSelector=${field}%3Dx`)
  expect((await at('/apis/events.k8s.io/v1', 'regarding.kind')).code).toBe(200)
  expect((await at('/apis/events.k8s.io/v1', 'involvedObject.kind')).code).toBe(400)
  expect((await at('/api/v1', 'involvedObject.kind')).code).toBe(200)
})

test.each([
  ['null', 'Invalid JSON Patch'],
  ['[]', 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ['5', 'error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}'],
])('%s is no merge patch', async (body, message) => {
  await post(map('merged'))
  const headers = { 'Content-Type': 'application/merge-patch+json' }
  const answer = await ask(`${MAPS}/merged`, { method: 'PATCH', headers, body })
  expect([answer.code, answer.json['message']]).toEqual([400, message])
})

test.each([
  '[{"op":"remove","path":""}]',
  '[{"op":"replace","path":"","value":5}]',
  '[{"op":"replace","path":"","value":null}]',
  '[{"op":"replace","path":"","value":[]}]',
])('the JSON patch %s leaves no object', async (body) => {
  await post(map('patched'))
  const headers = { 'Content-Type': 'application/json-patch+json' }
  const answer = await ask(`${MAPS}/patched`, { method: 'PATCH', headers, body })
  expect([answer.code, answer.json['kind']]).toEqual([400, 'Status'])
  expect((await ask(`${MAPS}/patched`)).code).toBe(200)
})
