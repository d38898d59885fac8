/** What the HTTP front withstands; docs/hardening.md says what is demanded, row by row. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import type { ApiHandler, UserInfo } from '../../src/api/request.ts'
import type { NodeStreams } from '../../src/api/streams.ts'
import { HttpFront } from '../../src/http/front.ts'
import { type Served, serve } from '../../src/http/serve.ts'
import { inTurn } from '../../src/http/turns.ts'
import { memoryStore } from '../../src/storage/memory.ts'
import { ADMIN, type Harness, harness } from '../apiserver/harness.ts'
import { type Ask, askAt } from './ask.ts'
import { get, post, RawClient } from './raw-client.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const JSON_BODY = { 'Content-Type': 'application/json' }
const MALLORY: UserInfo = { name: 'mallory', groups: ['system:authenticated'] }

let h: Harness
let open: Served
/** With roles, TLS and tokens. */
let closed: Served
let roles: Harness

beforeAll(async () => {
  h = harness({ admission: undefined })
  h.api.bootstrap()
  const common = { streamsOf: () => undefined, port: 0, speed: 1, admin: ADMIN }
  open = await serve({ ...common, server: h.api, loop: h.loop, insecure: true })
  roles = harness({ admission: undefined, authorization: 'RBAC' })
  roles.api.bootstrap()
  const tokens = new Map([
    ['admin-token', ADMIN],
    ['mallory-token', MALLORY],
  ])
  closed = await serve({ ...common, server: roles.api, loop: roles.loop, tokens })
})

afterAll(async () => {
  await open.close()
  await closed.close()
})

const ask = (path: string, more?: Ask) => askAt(open.url, path, more)
const asUser = (token: string, path: string, more: Ask = {}) =>
  askAt(closed.url, path, { ...more, headers: { Authorization: `Bearer ${token}`, ...more.headers } })
const portOf = (served: Served) => Number(new URL(served.url).port)

describe('who asks', () => {
  test.each([
    ['/version', 200],
    ['/livez', 200],
    ['/api', 403],
    ['/metrics', 403],
    ['/api/v1/namespaces/default/secrets', 403],
    ['/openapi/v2', 403],
  ])('nobody we know: GET %s answers %i', async (path, code) => {
    const answer = await askAt(closed.url, path)
    expect(answer.code).toBe(code)
    if (code === 403) expect(answer.json['message']).toContain('User "system:anonymous" cannot')
  })

  test('a stranger is refused before the body is read', async () => {
    const answer = await askAt(closed.url, MAPS, { method: 'POST', headers: JSON_BODY, body: '{"not json' })
    expect(answer.code).toBe(403)
  })

  test('tokens are in no answer and no journal', async () => {
    expect((await asUser('admin-token', MAPS)).code).toBe(200)
    const wrong = await asUser('admin-token-with-a-typo', MAPS)
    expect([wrong.code, wrong.text.includes('typo')]).toEqual([401, false])
    const made = await asUser('admin-token', '/api/v1/namespaces/default/serviceaccounts', {
      method: 'POST',
      headers: JSON_BODY,
      body: '{"metadata":{"name":"builder"}}',
    })
    expect(made.code).toBe(201)
    const asked = await asUser('admin-token', '/api/v1/namespaces/default/serviceaccounts/builder/token', {
      method: 'POST',
      headers: JSON_BODY,
      body: '{"spec":{}}',
    })
    const { token } = asked.json['status'] as { token: string }
    const self = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
    const who = await asUser(token, self, { method: 'POST', headers: JSON_BODY, body: '{}' })
    expect(who.json).toMatchObject({
      status: { userInfo: { username: 'system:serviceaccount:default:builder' } },
    })
    const journal = JSON.stringify(roles.journal.entries())
    for (const secret of ['admin-token', token, token.split('.')[2]!]) expect(journal).not.toContain(secret)
  })

  test('without roles nobody acts as somebody else', async () => {
    const answer = await ask(MAPS, { headers: { 'Impersonate-User': 'bob' } })
    expect([answer.code, answer.json['reason']]).toEqual([403, 'Forbidden'])
  })

  test('with roles every part of somebody else is checked', async () => {
    const rule = (name: string, group: string, resource: string, resourceNames: string[]) =>
      [
        [
          'clusterroles',
          { rules: [{ verbs: ['impersonate'], apiGroups: [group], resources: [resource], resourceNames }] },
        ],
        [
          'clusterrolebindings',
          {
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
            subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'mallory' }],
          },
        ],
      ] as const
    for (const [name, group, resource, names] of [
      ['users', '', 'users', ['bob']],
      ['groups', '', 'groups', ['devs, ops']],
      ['scopes', 'authentication.k8s.io', 'userextras/scopes', ['view']],
    ] as const) {
      for (const [kind, more] of rule(name, group, resource, [...names])) {
        const body = JSON.stringify({ metadata: { name }, ...more })
        const path = `/apis/rbac.authorization.k8s.io/v1/${kind}`
        const made = await asUser('admin-token', path, { method: 'POST', headers: JSON_BODY, body })
        expect(made.code).toBe(201)
      }
    }
    const as = async (headers: Record<string, string | string[]>) => {
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
      const more = { method: 'POST', body: '{}', headers: { ...JSON_BODY, ...headers } }
      const answer = await asUser('mallory-token', path, more)
      const status = answer.json['status'] as { userInfo?: object } | undefined
      return [answer.code, status?.userInfo]
    }
    const bob = { 'Impersonate-User': 'bob' }
    expect(await as(bob)).toMatchObject([201, { username: 'bob', groups: ['system:authenticated'] }])
    expect(await as({ ...bob, 'Impersonate-Group': ['devs, ops'] })).toMatchObject([
      201,
      { groups: ['devs, ops', 'system:authenticated'] },
    ])
    expect(await as({ ...bob, 'Impersonate-Extra-Scopes': 'view' })).toMatchObject([
      201,
      { extra: { scopes: ['view'] } },
    ])
    for (const refused of [
      { 'Impersonate-User': 'alice' },
      { 'Impersonate-User': 'system:serviceaccount:default:default' },
      { ...bob, 'Impersonate-Group': 'system:masters' },
      { ...bob, 'Impersonate-Uid': '7' },
      { ...bob, 'Impersonate-Extra-Scopes': 'edit' },
      { ...bob, 'Impersonate-Extra-%zz': 'x' },
      { ...bob, 'Impersonate-Extra-__proto__': 'x' },
    ]) {
      expect((await as(refused))[0]).toBe(403)
    }
    expect((await as({ 'Impersonate-Group': 'devs' }))[0]).toBe(400)
    // Headers of front proxies mean nothing: there is no CA for them.
    expect(await as({ 'X-Remote-User': 'admin', 'X-Remote-Group': 'system:masters' })).toMatchObject([
      201,
      { username: 'mallory' },
    ])
  })

  test('TLS is 1.2 or newer, and HTTP/2 is not spoken', async () => {
    const tls = (options: object) =>
      new Promise<string>((resolve) => {
        const socket = connectTls({
          port: portOf(closed),
          host: '127.0.0.1',
          rejectUnauthorized: false,
          ...options,
        })
        socket.on('secureConnect', () => {
          resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`)
          socket.destroy()
        })
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(`refused ${error.code}`))
      })
    expect(await tls({ ALPNProtocols: ['h2', 'http/1.1'] })).toBe('TLSv1.3 http/1.1')
    expect(await tls({ ALPNProtocols: ['h2'] })).toContain('refused')
    expect(await tls({ maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1.2/)
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    expect(await tls(old)).toContain('refused')
  })
})

describe('browsers', () => {
  const page = { Origin: 'https://evil.example' }

  test('pages of others get nothing, not even with a body that says no type', async () => {
    expect((await ask(MAPS, { headers: page })).code).toBe(403)
    const body = '{"metadata":{"name":"from-a-page"}}'
    expect((await ask(MAPS, { method: 'POST', headers: page, body })).code).toBe(403)
    const text = { 'Content-Type': 'text/plain' }
    expect((await ask(MAPS, { method: 'POST', headers: text, body })).code).toBe(415)
    expect((await ask(`${MAPS}/from-a-page`)).code).toBe(404)
  })

  test('our own pages do, without leave for others to read it', async () => {
    const answer = await ask(MAPS, { headers: { Origin: open.url } })
    expect(answer.code).toBe(200)
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(Object.keys(answer.headers).filter((it) => it.startsWith('access-control'))).toEqual([])
  })

  test.each([
    ['another origin', 'Host: localhost\r\nOrigin: https://evil.example'],
    ['no origin at all', 'Host: localhost\r\nOrigin: null'],
    ['another host', 'Host: evil.example'],
  ])('no WebSocket for %s', async (_, headers) => {
    const path = '/api/v1/namespaces/default/pods/p/exec?command=id&stdout=1'
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==`
    const answer = await rawly(`GET ${path} HTTP/1.1\r\n${headers}\r\n${upgrade}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
  })
})

/** What comes back until the server closes the connection. */
function rawly(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(portOf(open), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += String(chunk)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
    socket.write(bytes, 'latin1')
  })
}

describe('requests that mean two things', () => {
  const start = `POST ${MAPS} HTTP/1.1\r\nHost: localhost\r\n`
  test.each([
    ['lengths that differ', `${start}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`, 400],
    ['a length and chunks', `${start}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['chunks that are not the last coding', `${start}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`, 400],
    ['a coding that is almost chunked', `${start}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400],
    ['a folded header', `${start}X-A: b\r\n c: d\r\nContent-Length: 0\r\n\r\n`, 400],
    ['a space before the colon', `${start}Content-Length : 4\r\n\r\nabcd`, 400],
    ['a negative length', `${start}Content-Length: -1\r\n\r\n`, 400],
    ['a NUL in a header', `${start}X-A: a\0b\r\n\r\n`, 400],
    ['a chunk size that overflows', `${start}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`, 400],
    ['headers beyond 16 KiB', `${start}X-A: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
    ['no host', `GET ${MAPS} HTTP/1.1\r\n\r\n`, 400],
  ])('%s', async (_, bytes, code) => {
    expect(await rawly(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `))
  })
})

describe('YAML', () => {
  const send = (body: string) =>
    ask(`${MAPS}?dryRun=All`, { method: 'POST', headers: { 'Content-Type': 'application/yaml' }, body })
  const head = 'metadata: {name: y}\n'

  test.each([
    ['a merge of a list, quadratic where merges are known', `${head}a: &a {x: 1}\nb:\n  <<: [*a, *a]\n`, 201],
    ['a merge that sets a prototype', `${head}<<: {__proto__: {polluted: "1"}}\n`, 201],
    ['YAML 1.1, where !!omap is known', `%YAML 1.1\n---\n${head}a: !!omap [x: 1, x: 2]\n`, 400],
    ['!!omap', `${head}a: !!omap [x: 1]\n`, 400],
    ['!!set', `${head}a: !!set {x, y}\n`, 400],
    ['!!binary', `${head}data: {a: !!binary aGk=}\n`, 400],
    ['!!js/function', `${head}a: !!js/function "return 1"\n`, 400],
    ['101 aliases', `${head}a: &a x\nb: [${Array(101).fill('*a').join(',')}]\n`, 400],
    [
      'aliases of something large',
      `${head}a: &a ${'x'.repeat(90_000)}\nb: [${Array(60).fill('*a').join(',')}]\n`,
      400,
    ],
    ['an alias of itself', `${head}a: &a [*a]\n`, 400],
    [
      '600 levels of indentation',
      Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
      400,
    ],
    ['infinity', `${head}data: {a: .inf}\n`, 400],
    ['no number', `${head}data: {a: .nan}\n`, 400],
    [
      '12,000 keys, quadratic where every key is compared with every other',
      `${head}${Array.from({ length: 12_000 }, (_, i) => `k${i}: 1\n`).join('')}`,
      201,
    ],
    ['more than 256 KiB', `${head}a: ${'x'.repeat(256 * 1024)}\n`, 413],
  ])('%s', async (_, body, code) => {
    const answer = await send(body)
    expect([answer.code, answer.text.includes('node_modules')]).toEqual([code, false])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('a key that occurs twice is found', async () => {
    const answer = await ask(`${MAPS}?dryRun=All&fieldValidation=Strict`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/yaml' },
      body: `${head}data:\n  a: b\n  c: d\n  a: e\n`,
    })
    expect(answer.json['message']).toContain('line 5: key "a" already set in map')
  })
})

describe('keys that mean something to JavaScript', () => {
  const key = '__proto__'
  const data = (value: string) => `{"${key}":"${value}","constructor":"c"}`
  const send = (method: string, path: string, type: string, body: string | Buffer) =>
    ask(path, { method, headers: { 'Content-Type': `application/${type}` }, body })

  test('round-trip through every verb, representation and body', async () => {
    const watched: string[] = []
    const watcher = await RawClient.open(portOf(open))
    watcher.socket.on('data', (chunk: Buffer) => watched.push(String(chunk)))
    watcher.socket.write(get(`${MAPS}?watch=1&resourceVersion=${h.store.revision}`))
    const path = `${MAPS}/keys`
    const body = (value: string) =>
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"keys","labels":{"constructor":"l","toString":"x"},"annotations":{"hasOwnProperty":"a"}},"data":${data(value)}}`
    const steps = [
      () => send('POST', MAPS, 'json', body('1')),
      () => send('PUT', path, 'json', body('2')),
      () => send('PATCH', path, 'json-patch+json', `[{"op":"replace","path":"/data/${key}","value":"3"}]`),
      () => send('PATCH', path, 'merge-patch+json', `{"data":{"${key}":"4"}}`),
      () => send('PATCH', path, 'strategic-merge-patch+json', `{"data":{"${key}":"5"}}`),
      () => send('PATCH', `${path}?fieldManager=me&force=true`, 'apply-patch+yaml', body('6')),
      () => send('PUT', path, 'yaml', body('7').replace(/^/, '\n')),
      () => send('PUT', path, 'vnd.kubernetes.protobuf', protobuf('8')),
    ]
    for (const [index, step] of steps.entries()) {
      const answer = await step()
      expect([index, answer.code, answer.text.includes(`"${key}":"${index + 1}"`)]).toEqual([
        index,
        index === 0 ? 201 : 200,
        true,
      ])
      expect((await ask(path)).text).toContain(`"${key}":"${index + 1}"`)
    }
    expect((await ask(MAPS)).text).toContain(`"${key}":"8"`)
    const table = { headers: { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } }
    expect((await ask(`${MAPS}?includeObject=Object`, table)).text).toContain(`"${key}":"8"`)
    await vi.waitFor(() => expect(watched.join('')).toContain(`"${key}":"8"`))
    for (let i = 1; i <= 8; i++) expect(watched.join('')).toContain(`"${key}":"${i}"`)
    watcher.close()
    for (const other of ['valueOf', 'hasOwnProperty', 'isPrototypeOf']) {
      const none = await ask(`${MAPS}?labelSelector=${other}`)
      expect([none.code, none.json['items']]).toEqual([200, []])
    }
    expect(Reflect.ownKeys(Object.prototype)).toHaveLength(12)
  })

  /** metadata.name and data of a ConfigMap. */
  function protobuf(value: string): Buffer {
    const field = (number: number, bytes: Buffer) =>
      Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes])
    const text = (number: number, it: string) => field(number, Buffer.from(it))
    const meta = field(1, text(1, 'keys'))
    const entry = field(2, Buffer.concat([text(1, key), text(2, value)]))
    const type = field(1, Buffer.concat([text(1, 'v1'), text(2, 'ConfigMap')]))
    return Buffer.concat([Buffer.from('k8s\0'), type, field(2, Buffer.concat([meta, entry]))])
  }
})

describe('numbers', () => {
  const BIG = '9007199254740993'
  const things = '/apis/example.com/v1/things'

  beforeAll(async () => {
    const schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { exact: { type: 'integer', format: 'int64', maximum: 9e18 } },
          'x-kubernetes-preserve-unknown-fields': true,
        },
      },
    }
    const body = JSON.stringify({
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Cluster',
        names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    })
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    expect((await ask(path, { method: 'POST', headers: JSON_BODY, body })).code).toBe(201)
    await vi.waitFor(async () => expect((await ask(things)).code).toBe(200))
  })

  const thing = (number: string) =>
    `{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"big"},"spec":{"exact":${number},"free":[${number}]}}`

  test('of 64 bits are exact, whatever way they take', async () => {
    const send = (method: string, path: string, type: string, body: string) =>
      ask(path, { method, headers: { 'Content-Type': `application/${type}` }, body })
    const path = `${things}/big`
    const exact = `"exact":${BIG},"free":[${BIG}]`
    const patch = `{"spec":{"exact":${BIG},"free":[${BIG}]}}`
    const reset = () => send('PATCH', path, 'merge-patch+json', '{"spec":{"exact":1,"free":[1]}}')
    expect((await send('POST', things, 'json', thing(BIG))).text).toContain(exact)
    for (const [type, body] of [
      ['merge-patch+json', patch],
      ['apply-patch+yaml', thing(BIG)],
      ['json-patch+json', `[{"op":"add","path":"/spec","value":${patch.slice(8, -1)}}]`],
    ] as const) {
      await reset()
      expect([
        type,
        (
          await send(
            'PATCH',
            `${path}?fieldManager=m${type === 'apply-patch+yaml' ? '&force=true' : ''}`,
            type,
            body,
          )
        ).text,
      ]).toEqual([type, expect.stringContaining(exact)])
    }
    expect((await ask(path)).text).toContain(exact)
    expect((await ask(things)).text).toContain(exact)
    const table = { headers: { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } }
    expect((await ask(`${things}?includeObject=Object`, table)).text).toContain(exact)
    expect((await ask(`${things}?watch=1&timeoutSeconds=1`)).text).toContain(exact)
    const yaml = `apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: y}\nspec: {exact: ${BIG}}\n`
    expect((await send('POST', things, 'yaml', yaml)).text).toContain(`"exact":${BIG}`)
  })

  test.each([
    ['beyond all bounds', things, thing('1e999'), 400],
    ['beyond what the schema says', things, thing('9223372036854775807'), 422],
    [
      'of 64 bits in a field of a built-in kind, refused rather than rounded',
      '/api/v1/namespaces/default/pods',
      `{"metadata":{"name":"p"},"spec":{"activeDeadlineSeconds":${BIG},"containers":[{"name":"c","image":"i"}]}}`,
      400,
    ],
  ])('%s', async (_, path, body, code) => {
    const answer = await ask(path, { method: 'POST', headers: JSON_BODY, body })
    expect([answer.code, answer.json['kind']]).toEqual([code, 'Status'])
  })
})

describe('selectors and tokens', () => {
  const token = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const v = 'meta.k8s.io/v1'

  test.each([
    ['1,001 requirements', `labelSelector=${Array(1001).fill('a').join(',')}`, 400],
    ['1,001 field terms', `fieldSelector=${Array(1001).fill('metadata.name!=a').join(',')}`, 431],
    ['a token that is none', 'continue=%00%ff', 400],
    ['a token of another version', `continue=${token({ v: 'v2', rv: 5, start: 'a' })}`, 400],
    ['a token without a place', `continue=${token({ v, rv: 5, start: '' })}`, 400],
    ['a token that leads elsewhere', `continue=${token({ v, rv: 5, start: '../../secrets/' })}`, 400],
    ['a token of a revision that has not been', `continue=${token({ v, rv: 1e12, start: 'a' })}`, 410],
    ['a token without a revision', `continue=${token({ v, rv: 'x', start: 'a' })}`, 400],
  ])('%s', async (_, query, code) => {
    expect((await ask(`${MAPS}?limit=5&${query}`)).code).toBe(code)
  })
})

describe('JSON patches', () => {
  const patch = (body: unknown) =>
    ask(`${MAPS}/patched`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json-patch+json' },
      body: JSON.stringify(body),
    })

  beforeAll(() =>
    ask(MAPS, {
      method: 'POST',
      headers: JSON_BODY,
      body: '{"metadata":{"name":"patched"},"data":{"a":"b"}}',
    }),
  )

  test('of 10,001 operations are too large', async () => {
    const test = { op: 'test', path: '/data/a', value: 'b' }
    expect((await patch(Array(10_001).fill(test))).code).toBe(413)
    expect((await patch(Array(10_000).fill(test))).code).toBe(200)
  })

  test('that double what they copy are refused', async () => {
    const grow = Array.from({ length: 40 }, (_, i) => ({
      op: 'copy',
      from: '/metadata',
      path: `/metadata/x${i}`,
    }))
    expect((await patch(grow)).code).toBe(422)
  })

  test('that nest without end are refused', async () => {
    const deeper = Array.from({ length: 1000 }, (_, i) => ({
      op: 'add',
      path: `/x${'/x'.repeat(i)}`,
      value: {},
    }))
    expect((await patch(deeper)).code).toBe(422)
  })

  test('change a long map in place', async () => {
    const add = Array.from({ length: 10_000 }, (_, i) => ({ op: 'add', path: `/data/k${i}`, value: 'v' }))
    const answer = await patch(add)
    expect(Object.keys(answer.json['data'] as object)).toHaveLength(10_001)
  })
})

test('what is always ready for more leaves the host its turns', async () => {
  // As a socket does whose other side reads as fast as it is written to.
  let steps = 0
  let turns = 0
  const work = {
    step: () => {
      if (++steps < 100) process.nextTick(() => inTurn(work))
      return false
    },
    failed: () => undefined,
  }
  inTurn(work)
  while (steps < 100) {
    await new Promise((resolve) => setImmediate(resolve))
    turns++
  }
  expect(turns).toBeGreaterThan(50)
})

describe('many at once', () => {
  /** A front whose requests are never answered. */
  async function stuckFront(): Promise<{ server: Server; port: number }> {
    const never: ApiHandler = {
      handle: () => new Promise(() => undefined),
      watch: (request, sink) => h.api.watch(request, sink),
    }
    const front = new HttpFront({
      server: h.api,
      loop: h.loop,
      authenticator: { authenticate: () => ADMIN },
      handler: never,
      address: 'x',
      streamsOf: () => undefined,
    })
    return listening((request, response) => front.handle(request, response))
  }

  async function listening(listener: RequestListener) {
    const server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { server, port: (server.address() as AddressInfo).port }
  }

  test.each([
    ['reads', 400, () => get(MAPS)],
    ['writes', 200, () => post(MAPS, '{}')],
  ])('%s beyond %i are told to come back, watches are not', async (_, most, bytes) => {
    const { server, port } = await stuckFront()
    const clients = await Promise.all(Array.from({ length: most + 1 }, () => RawClient.open(port)))
    const last = clients.pop()!
    for (const client of clients) client.send(bytes()).catch(() => undefined)
    const refused = await vi.waitFor(async () => {
      const answer = await last.send(get('/metrics'))
      expect(String(answer.body)).toContain(`\napiserver_current_inflight_requests ${most}\n`)
      return last.send(bytes())
    })
    expect(refused.code).toBe(429)
    expect(refused.head).toMatch(/^retry-after: 1$/im)
    const watcher = await RawClient.open(port)
    const began = new Promise<string>((resolve) => watcher.socket.once('data', (it) => resolve(String(it))))
    watcher.socket.write(get(`${MAPS}?watch=1`))
    expect(await began).toMatch(/^HTTP\/1\.1 200/)
    for (const client of [...clients, last, watcher]) client.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('large uploads without a length are told so while they are read; small ones do not wait', async () => {
    const head = `POST ${MAPS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const uploads = Array.from({ length: 20 }, async () => {
      const client = await RawClient.open(portOf(open))
      const answered = client.send(head)
      const more = () => {
        while (!client.socket.destroyed && client.socket.write(chunk));
      }
      client.socket.on('drain', more)
      more()
      const { code } = await answered
      await new Promise((resolve) => client.socket.on('close', resolve))
      return code
    })
    const body = '{"metadata":{"name":"small"}}'
    expect((await ask(`${MAPS}?dryRun=All`, { method: 'POST', headers: JSON_BODY, body })).code).toBe(201)
    expect(new Set(await Promise.all(uploads))).toEqual(new Set([413]))
  })

  test('an event is encoded once for all who watch', async () => {
    const watchers = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(portOf(open))))
    const heard = watchers.map(
      ({ socket }) =>
        new Promise<void>((resolve) => {
          socket.on('data', (it: Buffer) => {
            if (String(it).includes('encoded-once')) resolve()
          })
          socket.write(get(`${MAPS}?watch=1&resourceVersion=${h.store.revision}`))
        }),
    )
    await vi.waitFor(() => expect(h.api.resourceOf('', 'configmaps').hub.watchers).toBeGreaterThanOrEqual(20))
    const encode = vi.spyOn(JSON, 'stringify')
    const object = h.loop.enter(() =>
      h.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'encoded-once' } }),
    )
    await Promise.all(heard)
    const times = encode.mock.calls.filter(([value]) => value === object).length
    encode.mockRestore()
    expect(times).toBe(1)
    for (const it of watchers) it.close()
  })

  test('a watcher that does not read is cut, and goes on without a gap', async () => {
    const hub = h.api.resourceOf('', 'configmaps').hub
    await vi.waitFor(() => expect(hub.watchers).toBe(0))
    const before = 0
    const from = h.store.revision
    const slow = await RawClient.open(portOf(open))
    slow.socket.removeAllListeners('data')
    slow.socket.pause()
    slow.socket.write(get(`${MAPS}?watch=1&resourceVersion=${from}&fieldSelector=metadata.name%3Dbusy`))
    await vi.waitFor(() => expect(hub.watchers).toBe(before + 1))
    const write = (i: number) => {
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'busy' },
        data: { i: String(i), fill: 'x'.repeat(10_000) },
      }
      h.loop.enter(() =>
        i === 0
          ? h.create(ConfigMap, object)
          : h.call('update', ConfigMap, { namespace: 'default', name: 'busy', body: object }),
      )
    }
    let written = 0
    while (hub.watchers > before && written < 5000) {
      for (let n = 0; n < 50; n++) write(written++)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(hub.watchers).toBe(before)
    const text = await new Promise<string>((resolve) => {
      let all = ''
      slow.socket.on('data', (chunk: Buffer) => {
        all += String(chunk)
      })
      slow.socket.on('close', () => resolve(all))
      slow.socket.resume()
    })
    expect(text.endsWith('0\r\n\r\n')).toBe(true)
    const seen = (it: string) => [...it.matchAll(/"data":\{"i":"(\d+)"/g)].map((match) => Number(match[1]))
    const first = seen(text)
    const last = /.*"resourceVersion":"(\d+)"/s.exec(text)![1]
    const rest = await ask(
      `${MAPS}?watch=1&resourceVersion=${last}&fieldSelector=metadata.name%3Dbusy&timeoutSeconds=1`,
    )
    if (rest.json['type'] !== 'ERROR') {
      expect([...first, ...seen(rest.text)]).toEqual(Array.from({ length: written }, (_, i) => i))
    } else expect(rest.json['object']).toMatchObject({ code: 410 })
    expect(first).toEqual(Array.from({ length: first.length }, (_, i) => i))
  })

  test('what is there when a watch starts comes in turns, and what happens meanwhile after it', async () => {
    const namespace = 'crowd'
    h.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace }, spec: {} })
    const map = (i: number, text: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `there-${String(i).padStart(4, '0')}`, namespace },
      data: { text },
    })
    for (let i = 0; i < 3000; i++) h.create(ConfigMap, map(i, 'before'), { namespace })
    const client = await RawClient.open(portOf(open))
    client.socket.removeAllListeners('data')
    let text = ''
    const over = new Promise((resolve) => client.socket.on('close', resolve))
    client.socket.on('data', (chunk: Buffer) => {
      text += String(chunk)
    })
    client.socket.once('data', () => {
      const { name } = map(2999, '').metadata
      h.call('update', ConfigMap, { namespace, name, body: map(2999, 'meanwhile') })
      h.call('delete', ConfigMap, { namespace, name: map(2998, '').metadata.name })
    })
    const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const path = `/api/v1/namespaces/${namespace}/configmaps?watch=1&timeoutSeconds=1&${initial}`
    client.socket.write(get(path, 'Connection: close\r\n'))
    await over
    const events = text.split('\n').filter((line) => line.startsWith('{"type"'))
    const told = events.map((line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: ReturnType<typeof map> }
      return `${type} ${object.metadata.name ?? ''} ${object.data?.text ?? ''}`
    })
    const wanted = Array.from({ length: 3000 }, (_, i) => `ADDED ${map(i, '').metadata.name} before`)
    expect(told).toEqual([
      ...wanted,
      'BOOKMARK  ',
      `MODIFIED ${map(2999, '').metadata.name} meanwhile`,
      `DELETED ${map(2998, '').metadata.name} before`,
    ])
  })

  test('a log that nobody reads is cut', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x')
    let pushed = 0
    let stopped = false
    const streams = {
      logs: (_: unknown, sink: { data(chunk: Buffer): void }) => {
        for (; pushed < 64; pushed++) sink.data(piece)
        return { stop: () => (stopped = true) }
      },
    } as unknown as NodeStreams
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'chatty', namespace: 'default' },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    }
    expect(
      (
        await ask('/api/v1/namespaces/default/pods', {
          method: 'POST',
          headers: JSON_BODY,
          body: JSON.stringify(pod),
        })
      ).code,
    ).toBe(201)
    const front = new HttpFront({
      server: h.api,
      loop: h.loop,
      authenticator: { authenticate: () => ADMIN },
      address: 'x',
      streamsOf: () => streams,
    })
    const { server, port } = await listening((request, response) => front.handle(request, response))
    const client = await RawClient.open(port)
    let bytes = 0
    client.socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    client.socket.write(get('/api/v1/namespaces/default/pods/chatty/log'))
    await new Promise((resolve) => client.socket.on('close', resolve))
    expect([pushed, stopped, bytes < 32 * piece.length]).toEqual([64, true, true])
    await new Promise((resolve) => server.close(resolve))
  })

  test('what goes wrong inside is told without its stack, and the next request is served', async () => {
    const broken: ApiHandler = {
      handle: () => {
        throw new TypeError('secret detail')
      },
      watch: () => {
        throw new TypeError('secret detail')
      },
    }
    const front = new HttpFront({
      server: h.api,
      loop: h.loop,
      authenticator: { authenticate: () => ADMIN },
      handler: broken,
      address: 'x',
      streamsOf: () => undefined,
    })
    const { server, port } = await listening((request, response) => front.handle(request, response))
    for (const bytes of [get(MAPS), post(MAPS, '{}'), get(`${MAPS}?watch=1`)]) {
      const client = await RawClient.open(port)
      const answer = await client.send(bytes)
      expect([answer.code, String(answer.body)]).toEqual([
        500,
        expect.stringContaining('"reason":"InternalError"'),
      ])
      expect(String(answer.body)).not.toContain('secret')
      client.close()
    }
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('another life', () => {
  test('a watch from a revision that has not been is told to list again', async () => {
    const answer = await ask(`${MAPS}?watch=1&resourceVersion=${h.store.revision + 5}`)
    expect(answer.json).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
  })

  test('revisions of a store in memory follow the clock, so that older ones are too old', () => {
    const now = Date.UTC(2026, 0, 1)
    const first = memoryStore<string>(now)({})
    for (let i = 0; i < 50; i++) first.put({ key: `/registry/configmaps/default/${i}`, value: 'x' })
    const second = memoryStore<string>(now + 1000)({})
    expect(second.revision).toBeGreaterThan(first.revision)
    expect(second.compactRevision).toBe(second.revision)
  })
})
