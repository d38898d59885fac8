/** `@kubernetes/client-node`, unmodified, against a served cluster: everything that operators use of it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import {
  ApiextensionsV1Api,
  ApisApi,
  AppsV1Api,
  Attach,
  AuthenticationV1Api,
  AuthorizationV1Api,
  AutoscalingV2Api,
  BatchV1Api,
  CertificatesV1Api,
  CoordinationV1Api,
  CoreV1Api,
  Cp,
  CustomObjectsApi,
  DiscoveryV1Api,
  EventsV1Api,
  Exec,
  Health,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  Metrics,
  makeInformer,
  NetworkingV1Api,
  NodeV1Api,
  PatchStrategy,
  PolicyV1Api,
  PortForward,
  RbacAuthorizationV1Api,
  SchedulingV1Api,
  StorageV1Api,
  setHeaderOptions,
  topNodes,
  topPods,
  type V1ConfigMap,
  type V1Lease,
  V1MicroTime,
  type V1Status,
  VersionApi,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import type { SimCluster } from '../../src/cluster/sim-cluster.ts'
import { ADMIN } from '../../src/cluster/users.ts'
import { type Served, serve } from '../../src/http/serve.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Virtual seconds per real second. */
const SPEED = 20
const IN_TIME = { timeout: 30_000, interval: 20 }
const namespace = 'default'

let cluster: SimCluster
let served: Served
let config: KubeConfig
let core: CoreV1Api
let apps: AppsV1Api

beforeAll(async () => {
  cluster = buildCluster({ nodes: 2, start: new Date().toISOString(), journal: 1000, authorization: 'RBAC' })
  await cluster.settle()
  const { server, loop, streamsOf } = cluster.foundation
  served = await serve({ server, loop, streamsOf, port: 0, admin: ADMIN, speed: SPEED })
  config = new KubeConfig()
  config.loadFromString(served.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
  apps = config.makeApiClient(AppsV1Api)
  await core.createNamespacedPod({
    namespace,
    body: pod('web', ['sh', '-c', 'echo started; while true; do sleep 1; echo tick; done']),
  })
  await core.createNamespacedPod({
    namespace,
    body: { ...pod('site'), spec: { containers: [{ name: 'c', image: 'nginx' }] } },
  })
  await vi.waitFor(async () => expect(await phaseOf('web')).toBe('Running'), IN_TIME)
  await vi.waitFor(async () => expect(await phaseOf('site')).toBe('Running'), IN_TIME)
})

afterAll(async () => {
  await served.close()
  await cluster.dispose()
})

const pod = (name: string, command?: string[]) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'busybox', command }] },
})
const configMap = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({
  metadata: { name },
  data,
})
const phaseOf = async (name: string) => (await core.readNamespacedPod({ name, namespace })).status?.phase
const createMap = (name: string, data?: Record<string, string>) =>
  core.createNamespacedConfigMap({ namespace, body: configMap(name, data) })
const readMap = async (name: string) => (await core.readNamespacedConfigMap({ name, namespace })).data

describe('typed APIs', () => {
  test('create, read, list, replace, delete', async () => {
    const created = await createMap('crud', { a: '1' })
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date)
    const replaced = await core.replaceNamespacedConfigMap({
      name: 'crud',
      namespace,
      body: { ...created, data: { a: '2' } },
    })
    expect(replaced.metadata?.uid).toBe(created.metadata?.uid)
    await expect(
      core.replaceNamespacedConfigMap({ name: 'crud', namespace, body: { ...created, data: { a: '3' } } }),
    ).rejects.toMatchObject({ code: 409 })
    const { items } = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=crud' })
    expect(items.map((it) => it.data)).toEqual([{ a: '2' }])
    expect(await core.deleteNamespacedConfigMap({ name: 'crud', namespace })).toMatchObject({
      status: 'Success',
    })
    const gone = core.readNamespacedConfigMap({ name: 'crud', namespace })
    await expect(gone).rejects.toMatchObject({
      code: 404,
      body: expect.stringContaining('configmaps \\"crud\\" not found'),
    })
  })

  test('a dry run changes nothing, and unknown fields are refused when asked', async () => {
    await core.createNamespacedConfigMap({ namespace, body: configMap('dry'), dryRun: 'All' })
    await expect(readMap('dry')).rejects.toMatchObject({ code: 404 })
    const objects = KubernetesObjectApi.makeApiClient(config)
    const torn = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'torn', namespace }, dota: {} }
    await objects.create(torn)
    expect(await objects.read({ ...torn })).not.toHaveProperty('dota')
  })

  test('lists come in pages, all of one revision', async () => {
    for (const i of [1, 2, 3]) await createMap(`page-${i}`)
    const names: string[] = []
    let _continue: string | undefined
    const versions = new Set<string | undefined>()
    do {
      const page = await core.listNamespacedConfigMap({ namespace, limit: 2, _continue })
      names.push(...page.items.map((it) => it.metadata!.name!))
      versions.add(page.metadata?.resourceVersion)
      _continue = page.metadata?._continue
      await createMap(`late-${names.length}`)
    } while (_continue)
    expect(names).toEqual(expect.arrayContaining(['page-1', 'page-2', 'page-3']))
    expect(names.filter((it) => it.startsWith('late-'))).toEqual([])
    expect(versions.size).toBe(1)
  })

  test.each<[string, () => Promise<{ readonly items: readonly unknown[] }>]>([
    ['core nodes', () => core.listNode()],
    ['core events', () => core.listNamespacedEvent({ namespace })],
    ['apps', () => apps.listDeploymentForAllNamespaces()],
    ['batch', () => config.makeApiClient(BatchV1Api).listJobForAllNamespaces()],
    [
      'autoscaling',
      () => config.makeApiClient(AutoscalingV2Api).listHorizontalPodAutoscalerForAllNamespaces(),
    ],
    ['policy', () => config.makeApiClient(PolicyV1Api).listPodDisruptionBudgetForAllNamespaces()],
    ['networking', () => config.makeApiClient(NetworkingV1Api).listIngressForAllNamespaces()],
    ['discovery', () => config.makeApiClient(DiscoveryV1Api).listEndpointSliceForAllNamespaces()],
    ['storage', () => config.makeApiClient(StorageV1Api).listStorageClass()],
    ['rbac', () => config.makeApiClient(RbacAuthorizationV1Api).listClusterRole()],
    ['coordination', () => config.makeApiClient(CoordinationV1Api).listLeaseForAllNamespaces()],
    ['scheduling', () => config.makeApiClient(SchedulingV1Api).listPriorityClass()],
    ['certificates', () => config.makeApiClient(CertificatesV1Api).listCertificateSigningRequest()],
    ['events', () => config.makeApiClient(EventsV1Api).listNamespacedEvent({ namespace })],
    ['node', () => config.makeApiClient(NodeV1Api).listRuntimeClass()],
    ['apiextensions', () => config.makeApiClient(ApiextensionsV1Api).listCustomResourceDefinition()],
  ])('%s is listed', async (_group, list) => {
    expect((await list()).items).toBeInstanceOf(Array)
  })

  test('version, groups, health, and reviews of oneself', async () => {
    expect((await config.makeApiClient(VersionApi).getCode()).gitVersion).toMatch(/^v1\.33\./)
    const { groups } = await config.makeApiClient(ApisApi).getAPIVersions()
    expect(groups.map((it) => it.name)).toContain('apps')
    expect(await new Health(config).readyz({})).toBe(true)
    const who = await config.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} })
    expect(who.status?.userInfo?.groups).toContain('system:masters')
    const may = await config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
      body: { spec: { resourceAttributes: { verb: 'delete', resource: 'nodes' } } },
    })
    expect(may.status?.allowed).toBe(true)
  })

  test('scale, status, eviction and tokens are resources of their own', async () => {
    const labels = { app: 'scaled' }
    const spec = {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    }
    await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'scaled' }, spec } })
    const scale = await apps.readNamespacedDeploymentScale({ name: 'scaled', namespace })
    await apps.replaceNamespacedDeploymentScale({
      name: 'scaled',
      namespace,
      body: { ...scale, spec: { replicas: 2 } },
    })
    await expect
      .poll(
        async () =>
          (await apps.readNamespacedDeploymentStatus({ name: 'scaled', namespace })).status?.readyReplicas,
        IN_TIME,
      )
      .toBe(2)
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=scaled' })
    const name = items[0]!.metadata!.name!
    await core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name } } })
    const names = async () =>
      (await core.listNamespacedPod({ namespace, labelSelector: 'app=scaled' })).items.map(
        (it) => it.metadata?.name,
      )
    await expect.poll(names, IN_TIME).not.toContain(name)
    const token = await core.createNamespacedServiceAccountToken({
      name: 'default',
      namespace,
      body: { spec: { audiences: [], expirationSeconds: 600 } },
    })
    const robot = new KubeConfig()
    robot.loadFromClusterAndUser(config.getCurrentCluster()!, { name: 'robot', token: token.status!.token })
    await expect(robot.makeApiClient(CoreV1Api).listNamespacedPod({ namespace })).rejects.toMatchObject({
      code: 403,
    })
    await apps.deleteNamespacedDeployment({ name: 'scaled', namespace, propagationPolicy: 'Foreground' })
  })
})

describe('patches', () => {
  const patching = (name: string, type: PatchStrategy | string, body: object, fieldManager?: string) =>
    core.patchNamespacedConfigMap(
      { name, namespace, body, fieldManager },
      setHeaderOptions('Content-Type', type),
    )

  test('JSON, merge and strategic merge', async () => {
    await createMap('patched', { a: '1', b: '1' })
    await patching('patched', PatchStrategy.JsonPatch, [{ op: 'replace', path: '/data/a', value: '2' }])
    await patching('patched', PatchStrategy.MergePatch, { data: { b: null, c: '3' } })
    expect(await readMap('patched')).toEqual({ a: '2', c: '3' })
    const body = { spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } }
    const merged = await core.patchNamespacedPod(
      { name: 'site', namespace, body },
      setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
    )
    expect(merged.spec?.containers.map((it) => it.image)).toEqual(['nginx:1.27'])
    const failed = patching('patched', PatchStrategy.JsonPatch, [{ op: 'test', path: '/data/a', value: '9' }])
    await expect(failed).rejects.toMatchObject({ code: 422 })
  })

  test('server-side apply, with a conflict', async () => {
    const wanted = (a: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'applied' },
      data: { a },
    })
    await patching('applied', PatchStrategy.ServerSideApply, wanted('1'), 'one')
    const conflict = patching('applied', PatchStrategy.ServerSideApply, wanted('2'), 'two')
    await expect(conflict).rejects.toMatchObject({
      code: 409,
      body: expect.stringContaining('conflict with \\"one\\": .data.a'),
    })
  })
})

describe('watches', () => {
  const PATH = `/api/v1/namespaces/${namespace}/configmaps`

  test('a watch tells what changes, and ends when its time is over', async () => {
    await createMap('watched')
    const heard: string[] = []
    const ended = new Promise<unknown>((resolve) => {
      const options = {
        timeoutSeconds: 2 * SPEED,
        allowWatchBookmarks: true,
        fieldSelector: 'metadata.name=watched',
      }
      void new Watch(config).watch(PATH, options, (type) => heard.push(type), resolve)
    })
    await expect.poll(() => heard, IN_TIME).toContain('ADDED')
    await core.deleteNamespacedConfigMap({ name: 'watched', namespace })
    expect(await ended).toBeNull()
    expect(heard.slice(0, 2)).toEqual(['ADDED', 'DELETED'])
  })

  test('an expired revision is an ERROR with 410', async () => {
    const heard: V1Status[] = []
    cluster.foundation.store.compact(cluster.revision)
    await new Promise((resolve) => {
      void new Watch(config).watch(
        PATH,
        { resourceVersion: '2' },
        (type, object) => type === 'ERROR' && heard.push(object),
        resolve,
      )
    })
    expect(heard).toMatchObject([{ code: 410, reason: 'Expired' }])
  })

  test('an informer survives lost connections and history that is gone', async () => {
    const wire = await cutter(new URL(served.url))
    const through = new KubeConfig()
    through.loadFromString(served.kubeconfig.replace(served.url, wire.url))
    const api = through.makeApiClient(CoreV1Api)
    const informer = makeInformer(through, PATH, () => api.listNamespacedConfigMap({ namespace }))
    const heard: string[] = []
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(
        verb,
        (it) => it.metadata?.name?.startsWith('seen-') && heard.push(`${verb} ${it.metadata.name}`),
      )
    }
    informer.on('error', () => setTimeout(() => informer.start(), 50))
    await createMap('seen-1')
    await informer.start()
    await createMap('seen-2')
    await expect.poll(() => heard, IN_TIME).toEqual(['add seen-1', 'add seen-2'])
    wire.cut()
    await createMap('seen-3')
    await expect.poll(() => heard, IN_TIME).toContain('add seen-3')
    // While it cannot be reached, its revision is compacted away: it lists again, and finds out what has gone.
    wire.refuse(true)
    wire.cut()
    await core.deleteNamespacedConfigMap({ name: 'seen-1', namespace })
    await createMap('seen-4')
    cluster.foundation.store.compact(cluster.revision)
    wire.refuse(false)
    await expect.poll(() => heard, IN_TIME).toEqual(expect.arrayContaining(['delete seen-1', 'add seen-4']))
    expect(informer.list().map((it) => it.metadata!.name)).toEqual(
      expect.arrayContaining(['seen-2', 'seen-3', 'seen-4']),
    )
    await informer.stop()
    wire.close()
  })
})

describe('containers', () => {
  const run = (command: string[], stdin?: PassThrough) => {
    const stdout = new PassThrough({ encoding: 'utf8' })
    const stderr = new PassThrough({ encoding: 'utf8' })
    return new Promise<{ readonly out: string; readonly err: string; readonly status: V1Status }>(
      (resolve, reject) =>
        new Exec(config)
          .exec(namespace, 'web', 'c', command, stdout, stderr, stdin ?? null, false, (status) =>
            setImmediate(() => resolve({ out: stdout.read() ?? '', err: stderr.read() ?? '', status })),
          )
          .catch(reject),
    )
  }

  test('exec: output, errors, input and exit code', async () => {
    expect(await run(['sh', '-c', 'echo out; echo err >&2'])).toMatchObject({
      out: 'out\n',
      err: 'err\n',
      status: { status: 'Success' },
    })
    const failed = await run(['sh', '-c', 'exit 3'])
    expect(failed.status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    })
    const stdin = new PassThrough()
    stdin.end('through and back')
    expect(await run(['cat'], stdin)).toMatchObject({ out: 'through and back' })
  })

  test('attach hears what goes on, log what was before', async () => {
    const attached = new PassThrough({ encoding: 'utf8' })
    const socket = await new Attach(config).attach(namespace, 'web', 'c', attached, null, null, false)
    await expect.poll(() => attached.read() ?? '', IN_TIME).toContain('tick')
    socket.close()
    const log = new PassThrough({ encoding: 'utf8' })
    let text = ''
    log.on('data', (chunk: string) => (text += chunk))
    const following = await new Log(config).log(namespace, 'web', 'c', log, { follow: true })
    await expect.poll(() => text, IN_TIME).toMatch(/^started\n(tick\n){3}/)
    const before = text.length
    await expect.poll(() => text.length, IN_TIME).toBeGreaterThan(before)
    following.abort()
    expect(await core.readNamespacedPodLog({ name: 'web', namespace, tailLines: 1 })).toBe('tick\n')
  })

  test('port-forward carries HTTP', async () => {
    const forward = new PortForward(config)
    const server = createServer(
      (socket) => void forward.portForward(namespace, 'site', [80], socket, null, socket),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('nginx')
    server.close()
  })

  test('files are copied into a container', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubarium-'))
    writeFileSync(join(folder, 'a.txt'), 'copied')
    await new Cp(config).cpToPod(namespace, 'web', 'c', folder, '/tmp')
    await expect.poll(async () => (await run(['cat', '/tmp/a.txt'])).out, IN_TIME).toBe('copied')
    rmSync(folder, { recursive: true })
  })

  test('top and metrics', async () => {
    await expect
      .poll(async () => (await new Metrics(config).getPodMetrics(namespace)).items.length, IN_TIME)
      .toBeGreaterThan(1)
    expect((await new Metrics(config).getNodeMetrics()).items.map((it) => it.metadata.name)).toEqual([
      'node-1',
      'node-2',
    ])
    const [node] = await topNodes(core)
    expect(Number(node!.CPU.Capacity)).toBe(4)
    const pods = await topPods(core, new Metrics(config), namespace)
    expect(pods.find((it) => it.Pod.metadata?.name === 'site')!.Containers).toHaveLength(1)
  })
})

describe('custom objects', () => {
  const group = 'example.com'
  const version = 'v1'
  const plural = 'widgets'

  beforeAll(async () => {
    const extensions = config.makeApiClient(ApiextensionsV1Api)
    await extensions.createCustomResourceDefinition({
      body: {
        metadata: { name: `${plural}.${group}` },
        spec: {
          group,
          scope: 'Namespaced',
          names: { kind: 'Widget', plural, singular: 'widget' },
          versions: [
            {
              name: version,
              served: true,
              storage: true,
              subresources: { status: {} },
              schema: {
                openAPIV3Schema: {
                  type: 'object',
                  properties: {
                    spec: { type: 'object', properties: { size: { type: 'integer', maximum: 10 } } },
                    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
                  },
                },
              },
            },
          ],
        },
      },
    })
    const established = async () =>
      (
        await extensions.readCustomResourceDefinition({ name: `${plural}.${group}` })
      ).status?.conditions?.some((it) => it.type === 'Established' && it.status === 'True')
    await vi.waitFor(async () => expect(await established()).toBe(true), IN_TIME)
  })

  const widget = (name: string, size: number) => ({
    apiVersion: `${group}/${version}`,
    kind: 'Widget',
    metadata: { name, namespace },
    spec: { size },
  })

  test('CustomObjectsApi', async () => {
    const api = config.makeApiClient(CustomObjectsApi)
    const at = { group, version, plural, namespace }
    await api.createNamespacedCustomObject({ ...at, body: widget('w', 3) })
    const body = [{ op: 'replace', path: '/spec/size', value: 4 }]
    await api.patchNamespacedCustomObject({ ...at, name: 'w', body })
    const status = { ...widget('w', 1), status: { ready: true } }
    await api.patchNamespacedCustomObjectStatus(
      { ...at, name: 'w', body: status },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
    expect(await api.getNamespacedCustomObject({ ...at, name: 'w' })).toMatchObject({
      spec: { size: 4 },
      status: { ready: true },
    })
    const big = api.createNamespacedCustomObject({ ...at, body: widget('big', 11) })
    await expect(big).rejects.toMatchObject({
      code: 422,
      body: expect.stringContaining('should be less than or equal to 10'),
    })
    expect((await api.listNamespacedCustomObject(at)).items).toHaveLength(1)
    await api.deleteNamespacedCustomObject({ ...at, name: 'w' })
  })

  test('KubernetesObjectApi finds out where kinds are served', async () => {
    const api = KubernetesObjectApi.makeApiClient(config)
    await api.create(widget('o', 1))
    await api.patch(widget('o', 2), undefined, undefined, 'me', true, PatchStrategy.ServerSideApply)
    expect(await api.read(widget('o', 0))).toMatchObject({ spec: { size: 2 } })
    const { items } = await api.list(`${group}/${version}`, 'Widget', namespace)
    expect(items.map((it) => it.metadata?.name)).toEqual(['o'])
    const current = await api.read<ReturnType<typeof widget>>(widget('o', 0))
    await api.replace({ ...current, spec: { size: 5 } })
    await api.delete(widget('o', 0))
    await expect(api.read(widget('o', 0))).rejects.toMatchObject({ code: 404 })
  })
})

test('two candidates lead in turn by a Lease', async () => {
  const api = config.makeApiClient(CoordinationV1Api)
  const now = () => cluster.now
  const SECONDS = 15
  /** One look of a candidate, as client-go's leader election does it: true when it leads afterwards. */
  const tryToLead = async (me: string): Promise<boolean> => {
    const spec = { holderIdentity: me, leaseDurationSeconds: SECONDS, renewTime: new V1MicroTime(now()) }
    let lease: V1Lease
    try {
      lease = await api.readNamespacedLease({ name: 'leader', namespace })
    } catch {
      const body = { metadata: { name: 'leader' }, spec }
      return api.createNamespacedLease({ namespace, body }).then(
        () => true,
        () => false,
      )
    }
    const fresh = new Date(lease.spec!.renewTime!).getTime() + SECONDS * 1000 > now()
    if (lease.spec!.holderIdentity !== me && fresh) return false
    return api
      .replaceNamespacedLease({
        name: 'leader',
        namespace,
        body: { ...lease, spec: { ...lease.spec, ...spec } },
      })
      .then(
        () => true,
        () => false,
      )
  }
  const both = await Promise.all([tryToLead('a'), tryToLead('b')])
  expect(both.filter((it) => it)).toHaveLength(1)
  const [first, second] = both[0] ? ['a', 'b'] : ['b', 'a']
  expect(await tryToLead(first!)).toBe(true)
  expect(await tryToLead(second!)).toBe(false)
  // The first one is heard of no more.
  await expect.poll(() => tryToLead(second!), IN_TIME).toBe(true)
  expect(await tryToLead(first!)).toBe(false)
})

/** A wire to the server that can be cut. */
async function cutter(to: URL) {
  const sockets = new Set<Socket>()
  let refusing = false
  const server: Server = createServer((near) => {
    if (refusing) return void near.destroy()
    const far = dial(Number(to.port), to.hostname)
    for (const [a, b] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(a)
      a.pipe(b)
      a.on('error', () => b.destroy())
      a.on('close', () => {
        sockets.delete(a)
        b.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `https://127.0.0.1:${(server.address() as { port: number }).port}`,
    cut,
    refuse: (it: boolean) => void (refusing = it),
    close: () => {
      server.close()
      cut()
    },
  }
}
