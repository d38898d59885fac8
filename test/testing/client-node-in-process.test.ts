import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  topNodes,
  Watch,
} from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { copier, deaf, patient } from '../../examples/controllers/client-node-operator.ts'
import { inProcess, operator, virtualTimers } from '../../src/client-node.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import type { DispatchController, Dispatcher, DispatchOptions } from '../../src/http/in-process-dispatcher.ts'
import { search } from '../../src/testing/explore/search.ts'

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})

type ConfigMapObject = ReturnType<typeof configMap>

test('a search reaches the operator with its faults, and is the same every time', async () => {
  const first = await search(deaf)
  const second = await search(deaf)
  expect(first.failure?.plan).toEqual([{ at: 'copier: list ConfigMap/ #1', fault: 'error' }])
  expect(second.failure).toEqual(first.failure)
  const cured = await search(patient)
  expect(cured.failure).toBeUndefined()
  expect(cured.runs).toBeGreaterThan(5)
}, 60_000)

test('calls from a test drive the cluster until they are answered', async () => {
  await using cluster = await createCluster({ nodes: 1 })
  const config = inProcess(new KubeConfig(), cluster)
  const core = config.makeApiClient(CoreV1Api)
  const apps = config.makeApiClient(AppsV1Api)
  const labels = { app: 'web' }
  await apps.createNamespacedDeployment({
    namespace: 'default',
    body: {
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
      },
    },
  })
  await cluster.settle()
  const { items } = await core.listNamespacedPod({ namespace: 'default', labelSelector: 'app=web' })
  expect(items.map((it) => it.status?.phase)).toEqual(['Running', 'Running'])
  await expect(core.readNamespacedPod({ namespace: 'default', name: 'nobody' })).rejects.toMatchObject({
    code: 404,
    body: expect.stringContaining('pods \\"nobody\\" not found'),
  })
  const objects = KubernetesObjectApi.makeApiClient(config)
  await objects.patch(
    { ...configMap('c', { a: '1' }) },
    undefined,
    undefined,
    'me',
    true,
    'application/apply-patch+yaml',
  )
  expect((await objects.read(configMap('c', {}))).metadata?.name).toBe('c')
  expect((await topNodes(core)).map((it) => it.Node.metadata?.name)).toEqual(['node-1'])
})

test('a watch hears what happens while something drives the cluster', async () => {
  await using cluster = await createCluster({ nodes: 0 })
  const config = inProcess(new KubeConfig(), cluster)
  const heard: string[] = []
  const watching = await new Watch(config).watch(
    '/api/v1/namespaces/default/configmaps',
    {},
    (type, object) => heard.push(`${type} ${object.metadata.name}`),
    () => heard.push('end'),
  )
  await cluster.apply(configMap('a', { from: 'x' }))
  await cluster.delete(configMap('a', {}))
  await cluster.settle()
  expect(heard.filter((it) => it.endsWith(' a'))).toEqual(['ADDED a', 'DELETED a'])
  watching.abort()
  await cluster.settle()
  expect(heard.at(-1)).toBe('end')
})

test('exec and logs need no socket either', async () => {
  await using cluster = await createCluster({ nodes: 1 })
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: {
      initContainers: [{ name: 'hello', image: 'busybox', command: ['echo', 'started'] }],
      containers: [{ name: 'c', image: 'nginx' }],
    },
  } as never)
  await cluster.settle()
  const config = inProcess(new KubeConfig(), cluster)
  const log = new PassThrough({ encoding: 'utf8' })
  await new Log(config).log('default', 'p', 'hello', log)
  await cluster.settle()
  expect(log.read()).toBe('started\n')
  const stdout = new PassThrough({ encoding: 'utf8' })
  let status: unknown
  await new Exec(config).exec('default', 'p', 'c', ['echo', 'hello'], stdout, null, null, false, (it) => {
    status = it.status
  })
  await cluster.settle()
  expect([stdout.read(), status]).toEqual(['hello\n', 'Success'])
})

test('an operator written for client-node is a process of the cluster', async () => {
  await using cluster = await createCluster({ nodes: 0, journal: 'full' })
  const process = cluster.run(copier(true))
  await cluster.settle()
  await cluster.apply(configMap('a', { from: 'x' }))
  await cluster.settle()
  const dataOf = (name: string) =>
    cluster.peek().get<ConfigMapObject>({ kind: 'ConfigMap' }, { namespace: 'default', name })?.data
  expect(dataOf('a')).toEqual({ from: 'x', to: 'x' })
  process.crash()
  await cluster.apply(configMap('b', { from: 'y' }))
  await cluster.settle()
  expect(dataOf('b')).toEqual({ from: 'y' })
  process.restart()
  await cluster.settle()
  expect(dataOf('b')).toEqual({ from: 'y', to: 'y' })
  expect(cluster.why('ConfigMap default/b')).toContain('copier')
})

test('an operator that fails at the start ends its process, and says why', async () => {
  await using cluster = await createCluster({ nodes: 0, journal: 'full' })
  const process = cluster.run(operator('clumsy', () => Promise.reject(new Error('no config'))))
  await cluster.settle()
  expect(process.state).toBe('crashed')
  const texts = [...cluster.journal.entries()].map((it) => it.text)
  expect(texts).toContain('exits: Error: no config')
})

test('awaiting what the simulation does not know fails the run', async () => {
  await using cluster = await createCluster({ nodes: 0 })
  cluster.run(operator('sleeper', () => new Promise((resolve) => setTimeout(resolve, 60_000).unref())))
  await expect(cluster.settle()).rejects.toThrow('awaits something outside the simulation')
})

test('timers of the process fire in virtual time and end with it', async () => {
  await using cluster = await createCluster({ nodes: 0 })
  const heard: string[] = []
  const process = cluster.run(
    operator('ticker', async (it) => {
      const { setTimeout, setInterval, clearTimeout, clearInterval } = virtualTimers(it)
      setTimeout((word: string) => heard.push(word), 45_000, 'once')
      clearTimeout(setTimeout(() => heard.push('never'), 10))
      let ticks = 0
      const interval = setInterval(() => {
        heard.push('tick')
        if (++ticks === 2) clearInterval(interval)
      }, 30_000)
      setTimeout(() => heard.push('after the crash'), 300_000)
    }),
  )
  await cluster.advance('4m')
  expect(heard).toEqual(['tick', 'once', 'tick'])
  process.crash()
  await cluster.advance('4m')
  expect(heard).toHaveLength(3)
})

test('the guide shows the code of the example', () => {
  const guide = readFileSync(resolve(import.meta.dirname, '../../docs/client-node.md'), 'utf8')
  const example = readFileSync(
    resolve(import.meta.dirname, '../../examples/controllers/client-node-operator.ts'),
    'utf8',
  )
  const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!)
  expect(blocks.filter((code) => example.includes(code))).toHaveLength(2)
})

/** As undici calls it, for client-node 2.x, which needs a newer Node than some have. */
async function dispatched(
  options: Partial<DispatchOptions>,
  during?: (controller: DispatchController) => void,
) {
  await using cluster = await createCluster({ nodes: 0 })
  const config = inProcess(new KubeConfig(), cluster)
  let dispatcher!: Dispatcher
  await config.applySecurityAuthentication({
    setAgent: () => {},
    setDispatcher: (it: Dispatcher) => (dispatcher = it),
  } as never)
  return await new Promise<{ status: number; type: unknown; body: string; error?: Error }>((resolve) => {
    let [status, body, type] = [0, '', undefined as unknown]
    const origin = config.getCurrentCluster()!.server
    const path = '/api/v1/namespaces/default/configmaps'
    dispatcher.dispatch(
      { origin, path, method: 'GET', ...options },
      {
        onRequestStart: (controller) => during?.(controller),
        onResponseStart: (controller, code, headers) => {
          status = code
          type = headers['content-type']
          controller.pause()
          process.nextTick(() => controller.resume())
        },
        onResponseData: (_controller, chunk) => (body += chunk),
        onResponseEnd: () => resolve({ status, type, body }),
        onResponseError: (_controller, error) => resolve({ status, type, body, error }),
      },
    )
  })
}

test('what fetches with undici gets a dispatcher', async () => {
  const headers = [['content-type', 'application/json']] as const
  const text = JSON.stringify(configMap('a', { k: 'v' }))
  const made = await dispatched({ method: 'POST', headers, body: text })
  expect([made.status, made.type]).toEqual([201, 'application/json'])
  expect(JSON.parse(made.body)).toMatchObject({ metadata: { name: 'a' }, data: { k: 'v' } })
  async function* pieces() {
    yield Buffer.from(text.slice(0, 9))
    yield Buffer.from(text.slice(9))
  }
  expect(
    await dispatched({ method: 'POST', headers: Object.fromEntries(headers), body: pieces() }),
  ).toMatchObject({
    status: 201,
  })
  const gone = new Error('enough')
  expect(await dispatched({}, (it) => it.abort(gone))).toMatchObject({ status: 0, error: gone })
})
