import { expect, test } from 'vitest'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import type { TrafficSummary } from '../../src/network/traffic.ts'

const deployment = (version: number, careful: boolean) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 3
  strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: example/web:${version}
          ${careful ? 'readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 }' : ''}
          ${careful ? 'lifecycle: { preStop: { sleep: { seconds: 5 } } }' : ''}
`
const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`

/** 1,000 requests, 20 a second, while the pods are replaced. */
async function updateUnderTraffic(careful: boolean) {
  await using cluster = await createCluster({
    nodes: 3,
    seed: 7,
    images: [{ image: 'example/web', readyAfter: '5s' }],
  })
  await cluster.apply([SERVICE, deployment(1, careful)].join('---'))
  await cluster.advance('30s')
  let summary: TrafficSummary | undefined
  cluster.sendRequests({ url: 'http://web', count: 1000, rate: 20 }, (it) => {
    summary = it
  })
  await cluster.apply(deployment(2, careful))
  await cluster.waitFor(() => summary !== undefined)
  const told = cluster.journal
    .entries()
    .filter((it) => it.type === 'network')
    .map((it) => it.text)
  return { summary: summary!, told }
}

test('a rolling update with readiness and preStop costs none of 1,000 requests', async () => {
  const { summary, told } = await updateUnderTraffic(true)
  expect(summary).toMatchObject({ sent: 1000, succeeded: 1000, failed: 0 })
  expect(told).toEqual([])
})

test('without them requests fail, and the journal says why each of them did', async () => {
  const { summary, told } = await updateUnderTraffic(false)
  expect(summary.failed).toBeGreaterThan(20)
  expect(told).toHaveLength(summary.failed)
  const notYet =
    /^GET web:80\/ failed: dial tcp \S+:80: connection refused; the rules of node-1 for default\/web chose it; web-\S+ does not listen there now$/
  const noMore =
    /^GET web:80\/ failed: .*; (pod web-\S+ is gone, and the rules of node-1 do not know it yet|the rules of node-1 for default\/web chose it; web-\S+ is gone)$/
  expect(told.filter((it) => !notYet.test(it) && !noMore.test(it))).toEqual([])
  expect(told.some((it) => notYet.test(it))).toBe(true)
})
