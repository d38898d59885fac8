/** API servers that share a real etcd. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/api/kind.ts'
import type { ApiRequest, ApiResponse, WatchEvent } from '../../src/api/request.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import { mirrorOf } from '../../src/cluster/stored-objects.ts'
import { ADMIN } from '../../src/cluster/users.ts'
import { connectEtcd } from '../../src/storage/etcd.ts'
import { type EtcdProcess, findEtcd, startEtcd } from '../etcd/oracle/etcd-process.ts'

const binary = findEtcd()

describe.skipIf(binary === undefined)(`with ${binary ?? 'an etcd, which is not installed here'}`, () => {
  let etcd: EtcdProcess
  let url = ''
  beforeAll(async () => {
    etcd = await startEtcd(binary!)
    url = `http://${etcd.endpoint}`
  })
  afterAll(() => etcd[Symbol.asyncDispose]())

  async function apiServer(seed: number) {
    const mirror = await mirrorOf(await connectEtcd(url))
    const cluster = buildCluster({ nodes: 0, controllers: false, scheduler: false, seed, mirror })
    const { server, ready } = cluster.foundation
    await ready
    const ask = async (request: Partial<ApiRequest>) => {
      const whole = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default', user: ADMIN }
      return server.handle({ verb: 'get', ...whole, ...request } as ApiRequest) as ApiResponse & {
        body: never
      }
    }
    return { server, ask, mirror, [Symbol.dispose]: () => mirror.close() }
  }

  const bodyOf = (answer: ApiResponse) =>
    answer.ok ? (answer.body as KubeObject & { data: object }) : undefined
  const configMap = (name: string, data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data,
  })

  test('what one wrote the other reads at once, watches, and may not overwrite unseen', async () => {
    using one = await apiServer(1)
    using two = await apiServer(2)
    const heard: string[] = []
    const watch = two.server.watch(
      { verb: 'watch', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', user: ADMIN },
      {
        events: (batch: readonly WatchEvent[]) => {
          for (const { type, object } of batch) heard.push(`${type} ${(object as KubeObject).metadata?.name}`)
        },
        end: () => heard.push('END'),
      },
    )
    let resourceVersion = ''
    for (let i = 0; i < 20; i++) {
      const created = await one.ask({ verb: 'create', body: configMap(`a-${i}`, { i: `${i}` }) })
      expect(created).toMatchObject({ ok: true, code: 201 })
      const read = await two.ask({ name: `a-${i}` })
      expect(read).toMatchObject({ ok: true, body: { data: { i: `${i}` } } })
      expect(bodyOf(created)?.metadata).toEqual(bodyOf(read)?.metadata)
      resourceVersion = bodyOf(read)!.metadata!.resourceVersion!
    }
    const again = await two.ask({ verb: 'create', body: configMap('a-3', {}) })
    expect(again).toMatchObject({ ok: false, code: 409, status: { reason: 'AlreadyExists' } })
    const changed = await two.ask({ verb: 'update', name: 'a-19', body: configMap('a-19', { x: 'y' }) })
    expect(changed).toMatchObject({ ok: true })
    const stale = {
      ...configMap('a-19', { z: 'z' }),
      metadata: { name: 'a-19', resourceVersion },
    }
    const refused = await one.ask({ verb: 'update', name: 'a-19', body: stale })
    expect(refused).toMatchObject({ ok: false, code: 409, status: { reason: 'Conflict' } })
    expect(await one.ask({ verb: 'delete', name: 'a-0' })).toMatchObject({ ok: true })
    expect(await two.ask({ name: 'a-0' })).toMatchObject({ ok: false, code: 404 })
    expect(heard.filter((it) => it.includes(' a-'))).toEqual([
      ...Array.from({ length: 20 }, (_, i) => `ADDED a-${i}`),
      'MODIFIED a-19',
      'DELETED a-0',
    ])
    watch.stop()
  })

  test('two who change one object at the same time both succeed, one after the other', async () => {
    using one = await apiServer(3)
    using two = await apiServer(4)
    await one.ask({ verb: 'create', body: configMap('shared', {}) })
    const patches = Array.from({ length: 40 }, (_, i) =>
      (i % 2 ? one : two).ask({
        verb: 'patch',
        name: 'shared',
        patchType: 'application/merge-patch+json',
        body: { data: { [`k${i}`]: 'v' } },
      }),
    )
    const answers = await Promise.all(patches)
    const done = answers.flatMap((it, i) => (it.ok ? [`k${i}`] : []))
    const read = await one.ask({ name: 'shared' })
    expect(Object.keys(bodyOf(read)!.data).sort()).toEqual(done.sort())
    for (const answer of answers) if (!answer.ok) expect(answer.status.reason).toBe('Conflict')
    expect(done.length).toBeGreaterThan(1)
  })

  test('a server that comes later has everything, and watches from before it are told to list again', async () => {
    using one = await apiServer(5)
    const created = await one.ask({ verb: 'create', body: configMap('kept', { __proto__: 'x', k: 'v' }) })
    const { resourceVersion } = bodyOf(created)!.metadata!
    await one.ask({ verb: 'create', body: configMap('more', {}) })
    using two = await apiServer(6)
    expect(await two.ask({ name: 'kept' })).toEqual(await one.ask({ name: 'kept' }))
    let ended: unknown
    two.server.watch(
      {
        verb: 'watch',
        group: '',
        version: 'v1',
        resource: 'configmaps',
        user: ADMIN,
        options: { resourceVersion: String(Number(resourceVersion) - 1) },
      },
      { events: () => undefined, end: (error) => (ended = error) },
    )
    expect(ended).toMatchObject({ code: 410, reason: 'Expired' })
  })

  test('an address where nobody answers is refused in words', async () => {
    await expect(connectEtcd('http://127.0.0.1:1')).rejects.toThrow(/ECONNREFUSED|No connection/)
  })
})
