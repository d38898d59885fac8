/** Questions about a cluster, answered without touching it. */
import { expect, test } from 'vitest'
import type { Node } from '../../src/api/core/node.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import { explanationText } from '../../src/cluster/explain-text.ts'
import { dumpSnapshot, importedNodes, importObjects } from '../../src/cluster/import.ts'
import { parseSchedulerConfiguration } from '../../src/cluster/scheduler-configuration.ts'
import { explainPod, whatIf } from '../../src/cluster/what-if.ts'
import { whatIfText } from '../../src/cluster/what-if-text.ts'

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: main, image: nginx, resources: { requests: { cpu: "1", memory: 1Gi } } }
`

test('a drain says where the pods would go, and changes nothing', async () => {
  await using cluster = await createCluster({ nodes: 3 })
  await cluster.apply(DEPLOYMENT)
  await cluster.settle()
  const revision = cluster.revision
  const report = cluster.whatIf({ drain: 'node-1' })
  expect(cluster.revision).toBe(revision)
  const onNode = cluster
    .peek()
    .list<Pod>({ kind: 'Pod' })
    .filter((it) => it.spec.nodeName === 'node-1')
  expect(report.evicted.map((it) => it.pod.metadata.name).sort()).toEqual(
    onNode.map((it) => it.metadata!.name).sort(),
  )
  for (const { from, to } of report.evicted) {
    expect(from).toBe('node-1')
    expect(['node-2', 'node-3']).toContain(to)
  }
  expect(report.after.nodes).toBe(report.before.nodes - 1)
})

test('what fits nowhere says why; new nodes make room', async () => {
  await using cluster = await createCluster({ nodes: [{ cpu: '2' }, { cpu: '2' }] })
  await cluster.apply(DEPLOYMENT)
  await cluster.settle()
  const { evicted } = cluster.whatIf({ drain: 'node-1' })
  expect(evicted.length).toBeGreaterThan(0)
  for (const it of evicted) expect(it.message).toMatch(/^0\/1 nodes are available: 1 Insufficient cpu\./)

  const roomier = cluster.whatIf({ addNodes: [{ cpu: '8' }], drain: 'node-1' })
  expect(roomier.evicted.every((it) => it.to === 'what-if-1' || it.to === 'node-2')).toBe(true)
  expect(whatIfText(roomier)).toContain('pods that have to move')
})

test('how many more fit, and how many would in one piece', async () => {
  await using cluster = await createCluster({ nodes: [{ cpu: '2500m' }, { cpu: '2500m' }] })
  const template: Pod = {
    metadata: { name: 'big' },
    spec: { containers: [{ name: 'main', image: 'app', resources: { requests: { cpu: '1' } } }] },
  }
  const { room } = cluster.whatIf({ fill: template })
  expect(room).toMatchObject({ replicas: 4, inOnePiece: 5 })
  expect(Object.fromEntries(room!.perNode)).toEqual({ 'node-1': 2, 'node-2': 2 })
  expect(room!.message).toMatch(/2 Insufficient cpu/)
})

test('explain: the decision as it was, in 100 columns', async () => {
  await using cluster = await createCluster({ nodes: 3 })
  await cluster.apply(DEPLOYMENT)
  await cluster.settle()
  const pod = cluster.peek().list<Pod>({ kind: 'Pod' })[0]!
  const explanation = cluster.explain(pod)
  expect(explanation.chosen).toBe(pod.spec.nodeName)
  expect(explanation.best).toContain(explanation.chosen)
  const text = explanationText(explanation)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  expect(text).toMatch(/NODE +.*Room.*TOTAL/)
})

test('explain: a Pending pod, in 100 columns', async () => {
  await using cluster = await createCluster({ nodes: 3 })
  await cluster.apply(DEPLOYMENT.replace('cpu: "1"', 'cpu: "64"'))
  await cluster.settle()
  const text = explanationText(cluster.explain(cluster.peek().list<Pod>({ kind: 'Pod' })[0]!))
  expect(text).toContain('Pending')
  expect(text).toMatch(/NodeResourcesFit +Insufficient cpu\n +node-\d, node-\d, node-\d/)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
})

const DUMP = `
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Node
    metadata: { name: ip-10-0-0-1, labels: { topology.kubernetes.io/zone: a, kubernetes.io/hostname: ip-10-0-0-1 } }
    spec: { taints: [{ key: dedicated, value: gpu, effect: NoSchedule }] }
    status: { allocatable: { cpu: "4", memory: 8Gi, pods: "10", nvidia.com/gpu: "2" } }
  - apiVersion: v1
    kind: Node
    metadata: { name: ip-10-0-0-2, labels: { topology.kubernetes.io/zone: b, kubernetes.io/hostname: ip-10-0-0-2 } }
    spec: {}
    status: { allocatable: { cpu: "4", memory: 8Gi, pods: "10" } }
  - apiVersion: apps/v1
    kind: ReplicaSet
    metadata: { name: web, namespace: shop, uid: old-rs }
    spec: { replicas: 1, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: main, image: nginx }] } } }
  - apiVersion: v1
    kind: Namespace
    metadata: { name: shop }
  - apiVersion: v1
    kind: Pod
    metadata:
      name: web-abcde
      namespace: shop
      uid: old-pod
      labels: { app: web }
      ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: old-rs, controller: true }]
    spec: { nodeName: ip-10-0-0-2, containers: [{ name: main, image: nginx, resources: { requests: { cpu: "3" } } }] }
    status: { phase: Running }
`

test('a dump of a real cluster is rebuilt: same nodes, same places, owners kept', async () => {
  await using cluster = await createCluster({ nodes: importedNodes(DUMP) })
  const { created, skipped } = await importObjects(cluster, DUMP)
  expect(skipped).toEqual([])
  expect(created).toBe(3)
  await cluster.settle()
  const node = cluster.peek().get<Node>({ kind: 'Node' }, { name: 'ip-10-0-0-1' })!
  expect(node.status?.allocatable).toMatchObject({ 'nvidia.com/gpu': '2' })
  expect(node.spec.taints).toMatchObject([{ key: 'dedicated', value: 'gpu' }])
  const pods = cluster.peek().list<Pod>({ kind: 'Pod' }, 'shop')
  expect(pods.map((it) => [it.metadata!.name, it.spec.nodeName])).toEqual([['web-abcde', 'ip-10-0-0-2']])
})

test('a dump answers without being rebuilt', () => {
  const snapshot = dumpSnapshot(DUMP)
  const { evicted } = whatIf(snapshot, { drain: 'ip-10-0-0-2' })
  expect(evicted.map((it) => it.message)).toEqual([
    '0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}.',
  ])
  const { explanation, isRecomputed } = explainPod('shop/web-abcde', snapshot, { entries: () => [] })
  expect(isRecomputed).toBe(true)
  expect(explanation).toMatchObject({ chosen: 'ip-10-0-0-2', pod: 'shop/web-abcde' })
})

test('a configuration file is read, and a slip in it has a line', () => {
  const header = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n'
  const good = `${header}profiles:\n  - plugins: { score: { disabled: [{ name: ImageLocality }] } }\n`
  expect(parseSchedulerConfiguration(good, 'scheduler.yaml').configuration).toMatchObject({
    profiles: [{ plugins: { score: { disabled: [{ name: 'ImageLocality' }] } } }],
  })
  const bad = `${header}profiles:\n  - schedulerName: x\n    plugins:\n      filter:\n        enabled:\n          - name: NodeFit\n`
  expect(() => parseSchedulerConfiguration(bad, 'scheduler.yaml')).toThrow(
    /^scheduler\.yaml:8:\d+: profiles\[0\]\.plugins\.filter\.enabled\[0\]\.name: no plugin "NodeFit"; there are /,
  )
})
