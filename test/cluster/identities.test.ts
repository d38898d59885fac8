/** With RBAC on, every part of a cluster gets by with the rights that its real counterpart has. */
import { expect, test } from 'vitest'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { KubeObject } from '../../src/api/kind.ts'
import type { UserInfo } from '../../src/api/request.ts'
import { buildCluster, createCluster } from '../../src/cluster/create-cluster.ts'
import { controllerUser, nodeUser } from '../../src/cluster/users.ts'
import { BUILT_IN } from '../../src/controllers/registry.ts'

/** A label that no kubelet may set. */
const ROLE = { 'node-role.kubernetes.io/worker': '' }

const template = (labels: object, spec: object = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
})
const labelled = (app: string) => ({ selector: { matchLabels: { app } }, template: template({ app }) })

const WORLD = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: 'b' } },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden' }, stringData: { a: 'b' } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      ...labelled('web'),
      template: template(
        { app: 'web' },
        {
          volumes: [
            { name: 's', secret: { secretName: 'hidden' } },
            { name: 'c', configMap: { name: 'settings' } },
          ],
        },
      ),
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'outside' },
    subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }],
  },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'outside' }, spec: { ports: [{ port: 80 }] } },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  },
  {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'old' },
    spec: { replicas: 1, template: template({ app: 'old' }) },
  },
  { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent' }, spec: labelled('agent') },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 2,
      serviceName: 'db',
      ...labelled('db'),
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'fast',
            resources: { requests: { storage: '1Gi' } },
          },
        },
      ],
    },
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'fast' },
    provisioner: 'csi.kubarium.dev',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        spec: {
          ttlSecondsAfterFinished: 60,
          template: template(
            {},
            { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: ['true'] }] },
          ),
        },
      },
    },
  },
  { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec: { hard: { pods: '100' } } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'brief' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'brief' } },
] as unknown as KubeObject[]

test('nobody who belongs to the cluster is refused anything', async () => {
  await using cluster = buildCluster({ nodes: [{}, { labels: ROLE }], authorization: 'RBAC' })
  const { server } = cluster.foundation
  const refused = new Set<string>()
  const authorize = server.authorize.bind(server)
  server.authorize = (request) => {
    try {
      authorize(request)
    } catch (error) {
      refused.add(`${request.user.name}: ${(error as Error).message}`)
      throw error
    }
  }
  await cluster.settle()
  await cluster.apply(WORLD)
  await cluster.advance('200s')
  expect(cluster.peek().get<Node>(Node, { name: 'node-2' })?.metadata?.labels).toMatchObject(ROLE)
  const pods = [...cluster.peek().list<Pod>(Pod, 'default')]
  expect(pods.filter((it) => it.status?.phase === 'Pending').map((it) => it.metadata!.name)).toEqual([])
  expect(pods.length).toBeGreaterThan(8)
  const [web] = WORLD.filter((it) => it.kind === 'Deployment') as (KubeObject & {
    spec: { template: { spec: object } }
  })[]
  const next = template({ app: 'web' }, { containers: [{ name: 'c', image: 'nginx:2' }] })
  await cluster.apply({ ...web, spec: { ...web!.spec, template: next } } as KubeObject)
  cluster.node('node-2').crash()
  await cluster.advance('8m')
  // Endpoints go with their Service.
  const kept = ['StorageClass', 'Endpoints']
  await cluster.delete(WORLD.filter((it) => !kept.includes(it.kind!) && it.metadata?.namespace !== 'brief'))
  await cluster.advance('3m')
  expect([...refused]).toEqual([])
  const forbidden = cluster.journal.entries().filter((it) => / 403 |is forbidden/.test(it.text))
  expect([...new Set(forbidden.map((it) => `${it.actor} ${it.object} ${it.text}`))]).toEqual([])
})

test('every controller that acts as an account has one that a role is bound to', async () => {
  await using cluster = await createCluster({ nodes: 0, authorization: 'RBAC' })
  const bound = new Set<string>()
  for (const object of cluster.peek().all()) {
    const { subjects = [] } = object as { subjects?: { kind: string; name: string; namespace?: string }[] }
    for (const it of subjects)
      bound.add(it.kind === 'ServiceAccount' ? `system:serviceaccount:${it.namespace}:${it.name}` : it.name)
  }
  const accounts = BUILT_IN.flatMap(({ name, account }) =>
    account === undefined ? [] : [[name, controllerUser(account).name]],
  )
  expect(accounts.filter(([, user]) => !bound.has(user!))).toEqual([])
})

test('a kubelet reads what its own pods name, and nothing of other nodes', async () => {
  await using cluster = buildCluster({ nodes: 2, authorization: 'RBAC' })
  await cluster.settle()
  const on = (name: string, nodeName: string, secretName: string) =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        nodeName,
        containers: [{ name: 'c', image: 'nginx', envFrom: [{ secretRef: { name: secretName } }] }],
      },
    }) as unknown as KubeObject
  const secret = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } }) as KubeObject
  await cluster.apply([secret('mine'), secret('theirs'), secret('unused')])
  await cluster.apply([on('a', 'node-1', 'mine'), on('b', 'node-2', 'theirs')])
  await cluster.settle()
  const { server } = cluster.foundation
  const ask = (verb: 'get' | 'list' | 'delete', resource: string, name?: string, group = '') => {
    const user = nodeUser('node-1')
    const namespace = resource === 'nodes' ? undefined : group === '' ? 'default' : 'kube-node-lease'
    const answer = server.handle({ verb, group, version: 'v1', resource, namespace, name, user })
    if (answer instanceof Promise) throw new Error('expected an answer at once')
    return answer.ok ? 'allowed' : answer.status.message!
  }
  const unrelated = `no relationship found between node 'node-1' and this object`
  expect(ask('get', 'secrets', 'mine')).toBe('allowed')
  for (const name of ['theirs', 'unused']) {
    expect(ask('get', 'secrets', name)).toBe(
      `secrets "${name}" is forbidden: User "system:node:node-1" cannot get resource "secrets" in API group "" in the namespace "default": ${unrelated}`,
    )
  }
  expect(ask('list', 'secrets')).toContain(
    'is forbidden: User "system:node:node-1" cannot list resource "secrets"',
  )
  const why = (user: UserInfo, what: object) =>
    server.allows(user, {
      group: '',
      version: 'v1',
      namespace: 'default',
      verb: 'get',
      resource: 'pods',
      ...what,
    }).reason
  const node = nodeUser('node-1')
  expect([
    why(node, { resource: 'secrets', verb: 'list' }),
    why(node, { resource: 'secrets', verb: 'update', name: 'mine' }),
    why(node, { resource: 'configmaps', namespace: '' }),
    why(node, { resource: 'persistentvolumeclaims', verb: 'list' }),
    why(node, { resource: 'serviceaccounts', verb: 'create' }),
    why(node, { resource: 'serviceaccounts', verb: 'create', name: 'default' }),
    why(node, { verb: 'list' }),
    why(node, { verb: 'list', name: 'b' }),
    why({ name: 'system:node:', groups: ['system:nodes'] }, {}),
    why({ name: 'jane', groups: ['system:nodes'] }, {}),
  ]).toEqual([
    'No Object name found',
    'can only read resources of this type',
    'can only read namespaced object of this type',
    'can only get individual resources of this type',
    'can only create tokens for individual service accounts',
    'can only create token subresource of serviceaccount',
    'can only list/watch pods with spec.nodeName field selector',
    unrelated,
    'unknown node for user "system:node:"',
    '',
  ])
  expect(why(node, { verb: 'list', name: 'a' })).toBe('')
  expect(ask('get', 'nodes', 'node-1')).toBe('allowed')
  expect(ask('get', 'nodes', 'node-2')).toContain('nodes "node-2" is forbidden')
  expect(ask('get', 'leases', 'node-1', 'coordination.k8s.io')).toBe('allowed')
  expect(ask('get', 'leases', 'node-2', 'coordination.k8s.io')).toContain('is forbidden')
  expect(ask('delete', 'pods', 'b')).toContain('pods "b" is forbidden')
})
