/**
 * The story of php-nginx.yaml as a program: `npx kubarium run examples/php-nginx.ts`. A program can do what a file
 * cannot: compute, loop, compare. It fails by throwing.
 */
import assert from 'node:assert/strict'
import { type Cluster, type ClusterOptions, Deployment, Node, Pod } from 'kubarium'

interface Context {
  createCluster(options?: ClusterOptions): Promise<Cluster>
}

const IMAGES = [
  { image: 'php:8.2-fpm', size: '180M', readyAfter: '2s' },
  { image: 'php:8.3-fpm', size: '185M', readyAfter: '2s' },
  { image: 'php:8.9-fpm', pullError: 'not found' },
  { image: 'nginx:1.27', size: '70M', readyAfter: '1s' },
]

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  progressDeadlineSeconds: 120
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: php
          image: php:8.2-fpm
        - name: nginx
          image: nginx:1.27
`

export default async function phpNginx({ createCluster }: Context): Promise<void> {
  const cluster = await createCluster({ nodes: 3, images: IMAGES })
  await cluster.apply(WEB, { file: 'web.yaml' })
  await cluster.settle()
  assert.equal(await readyReplicas(cluster), 3)

  await setImage(cluster, 'php:8.3-fpm')
  await cluster.settle()
  assert.deepEqual(await imagesInUse(cluster), ['php:8.3-fpm'])

  await setImage(cluster, 'php:8.9-fpm')
  await cluster.advance('3m')
  assert.equal(await conditionReason(cluster, 'Progressing'), 'ProgressDeadlineExceeded')
  assert.equal(await readyReplicas(cluster), 3)

  await setImage(cluster, 'php:8.3-fpm')
  await cluster.settle()

  cluster.node('node-2').crash()
  await cluster.advance('7m')
  const pods = await webPods(cluster)
  const moved = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)
  assert.equal(await readyReplicas(cluster), 3)
  assert.ok(moved.every((pod) => pod.spec.nodeName !== 'node-2'))

  cluster.node('node-2').recover()
  await cluster.advance('1m')
  const { items: nodes } = await cluster.client.list(Node)
  for (const { metadata, status } of nodes) {
    const ready = status?.conditions?.find((it) => it.type === 'Ready')
    assert.equal(ready?.status, 'True', `${metadata.name} is Ready`)
  }
}

async function setImage(cluster: Cluster, image: string): Promise<void> {
  const patch = { spec: { template: { spec: { containers: [{ name: 'php', image }] } } } }
  await cluster.client.patch(Deployment, { namespace: 'default', name: 'web' }, patch)
}

async function webPods(cluster: Cluster) {
  const { items } = await cluster.client.list(Pod, { namespace: 'default', labels: 'app=web' })
  return items
}

async function imagesInUse(cluster: Cluster): Promise<string[]> {
  const pods = await webPods(cluster)
  const images = pods.flatMap((pod) =>
    pod.spec.containers.filter((it) => it.name === 'php').map((it) => it.image),
  )
  return [...new Set(images)].filter((it) => it !== undefined)
}

async function readyReplicas(cluster: Cluster): Promise<number> {
  const web = await cluster.client.get(Deployment, { namespace: 'default', name: 'web' })
  return web.status?.readyReplicas ?? 0
}

async function conditionReason(cluster: Cluster, type: string): Promise<string | undefined> {
  const web = await cluster.client.get(Deployment, { namespace: 'default', name: 'web' })
  return web.status?.conditions?.find((it) => it.type === type)?.reason
}
