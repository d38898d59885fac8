import { expect, test } from 'vitest'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import { loadScenario } from '../../src/scenario/load.ts'
import { runScenario } from '../../src/scenario/run.ts'

const WEB = `apiVersion: kubarium.dev/v1alpha1
kind: Scenario
spec:
  cluster: {nodes: 2}
  steps:
  - apply:
      resources:
      - {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
      - apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: a, image: "nginx:1.26", ports: [{containerPort: 80}]}]}
  - rollout: {status: deployment/web}
  - settle: {}
`

/** What each operation after the set-up said, and how much virtual time it took, in seconds. */
async function run(steps: string): Promise<{ said: string[]; seconds: number[]; output: string[] }> {
  const loaded = await loadScenario(WEB + steps, 'x.yaml', () => Promise.reject(new Error('no files')))
  const result = await runScenario(loaded, { createCluster })
  const operations = result.steps.slice(3).flatMap((it) => it.operations)
  return {
    said: operations.map((it) => `${it.verdict}: ${it.failure?.message ?? it.note ?? it.name}`),
    seconds: operations.map((it) => Math.round((it.to - it.from) / 1000)),
    output: operations.flatMap((it) => it.output),
  }
}

test('requests reach the pods of a Service', async () => {
  const { said } = await run(`  - request: {url: "http://web/", count: 20, answeredBy: 2}
  - request: {url: "http://nobody/", failed: 1}
  - request: {url: "http://web:81/"}`)
  expect(said).toEqual([
    'held: 20 of 20 requests succeeded, answered by 2 pods',
    'held: 0 of 1 requests succeeded, answered by 0 pods',
    'failed: 0 of 1 requests succeeded, answered by 0 pods; expected 0 to fail',
  ])
})

test('requests go on while other steps run, and are judged by their name', async () => {
  const { said, seconds } = await run(`  - request: {url: "http://web/", count: 100, rate: 10, as: visitors}
  - scale: {ref: deployment/web, replicas: 3}
  - rollout: {status: deployment/web}
  - answers: {of: visitors, answeredBy: 3}
  - answers: {of: visitors}`)
  expect(said[0]).toBe('held: 100 requests under way as visitors')
  expect(said.slice(3)).toEqual([
    'held: 100 of 100 requests succeeded, answered by 3 pods',
    'failed: no requests were sent under the name "visitors"',
  ])
  expect(seconds.reduce((a, b) => a + b)).toBe(10)
})

test('logs and commands cost no time of their own', async () => {
  const { said, seconds, output } = await run(`  - request: {url: "http://web/", count: 4}
  - podLogs: {selector: app=web, tail: 1}
  - script: {content: "kubectl logs -l app=web --tail=1"}
  - script: {content: "kubectl logs nobody"}
    expectError: pods "nobody" not found`)
  expect(said.map((it) => it.split(':')[0])).toEqual(['held', 'held', 'held', 'held'])
  expect(output[0]).toContain('"GET / HTTP/1.1" 200')
  expect(seconds).toEqual([0, 0, 0, 0])
})
