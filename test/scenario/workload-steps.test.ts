/** The steps for Jobs, CronJobs and drained nodes, in scenarios as people write them. */
import { describe, expect, test } from 'vitest'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import { loadScenario } from '../../src/scenario/load.ts'
import { runScenario, type ScenarioResult } from '../../src/scenario/run.ts'

async function run(steps: string, cluster = '{ nodes: 2 }'): Promise<ScenarioResult> {
  const text = `apiVersion: kubarium.dev/v1alpha1
kind: Scenario
metadata: { name: steps }
spec:
  cluster: ${cluster}
  steps:
${steps}`
  const scenario = await loadScenario(text, 'steps.yaml', async () => {
    throw new Error('no files')
  })
  return runScenario(scenario, { createCluster })
}

/** What did not hold, in words; empty when everything did. */
const failures = (result: ScenarioResult) =>
  result.steps.flatMap((it) => it.operations).flatMap((it) => (it.failure ? [it.failure.message] : []))

const template = (command: string) =>
  `template: { spec: { restartPolicy: Never, containers: [{ name: c, image: busybox, command: [sh, -c, "${command}"] }] } }`
const job = (name: string, command: string, more = '') =>
  `    - apply: { resource: { apiVersion: batch/v1, kind: Job, metadata: { name: ${name} }, spec: { ${more}${template(command)} } } }\n`
const cronJob = (more = '') =>
  `    - apply: { resource: { apiVersion: batch/v1, kind: CronJob, metadata: { name: tick }, spec: { schedule: "*/5 * * * *", ${more}jobTemplate: { spec: { ${template('exit 0')} } } } } }\n`

describe('job', () => {
  test('is followed to its end, or held', async () => {
    const result = await run(`${job('work', 'sleep 30')}    - job: { suspend: job/work }
    - error: { resource: { apiVersion: v1, kind: Pod, metadata: { labels: { job-name: work } } } }
    - advance: 2m
    - job: { resume: work }
    - job: { status: job/work }
    - wait: { ref: job/work, for: { condition: { name: Complete } }, timeout: 1s }
`)
    expect(failures(result)).toEqual([])
    const notes = result.steps.flatMap((it) => it.operations).map((it) => it.note)
    expect(notes).toContain('job.batch/work complete: 1 succeeded, 0 failed, 0 active')
  })

  test('that fails makes its step fail, with its reason', async () => {
    const result = await run(
      `${job('work', 'exit 3', 'backoffLimit: 1, ')}    - job: { status: job/work, timeout: 10m }\n`,
    )
    expect(failures(result)).toEqual([
      'job.batch/work failed: BackoffLimitExceeded: Job has reached the specified backoff limit',
    ])
  })

  test('that takes too long, and other kinds, are told apart', async () => {
    expect(
      failures(
        await run(`${job('work', 'sleep 1000')}    - job: { status: job/work, timeout: 10s }
`),
      ),
    ).toEqual(['timed out after 10s waiting for job.batch/work to end'])
    expect(failures(await run('    - job: { status: cronjob/tick }\n'))).toEqual([
      'cronjob/tick is no job: name job/NAME',
    ])
  })
})

describe('cron', () => {
  test('waits for runs, triggers one, suspends and resumes', async () => {
    const result = await run(`${cronJob()}    - cron: { runs: cronjob/tick, count: 3 }
    - assert: { resource: { apiVersion: batch/v1, kind: CronJob, metadata: { name: tick }, status: { lastScheduleTime: "2025-01-01T00:15:00Z" } } }
    - cron: { trigger: tick, as: now }
    - job: { status: now }
    - assert:
        resource:
          apiVersion: batch/v1
          kind: Job
          metadata:
            name: now
            annotations: { cronjob.kubernetes.io/instantiate: manual }
            ownerReferences: [{ kind: CronJob, name: tick, controller: true }]
    - cron: { suspend: tick }
    - cron: { runs: tick, timeout: 20m }
      expectError: has started 0 of 1 runs
    - cron: { resume: tick }
    - cron: { runs: tick }
    - script: { content: "kubectl create job again --from=cronjob/tick" }
    - job: { status: again }
`)
    expect(failures(result)).toEqual([])
  })

  test('says why nothing runs', async () => {
    const result = await run(
      `${cronJob('timeZone: Etc/Nowhere, ')}    - cron: { runs: tick, timeout: 10m }\n`,
    )
    expect(failures(result)[0]).toMatch(/Etc\/Nowhere|has started 0 of 1 runs/)
  })
})

describe('drain', () => {
  const web = `    - apply:
        resources:
          - { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: 2, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: c, image: nginx }] } } } }
          - { apiVersion: apps/v1, kind: DaemonSet, metadata: { name: agent }, spec: { selector: { matchLabels: { app: agent } }, template: { metadata: { labels: { app: agent } }, spec: { containers: [{ name: c, image: nginx }] } } } }
          - { apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: { name: web }, spec: { minAvailable: 1, selector: { matchLabels: { app: web } } } }
    - rollout: { status: deployment/web }
    - rollout: { status: daemonset/agent }
`

  test('evicts what may go, one after the other as the budget allows', async () => {
    const result = await run(`${web}    - drain: { node: node-1 }
      expectError: cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)
    - drain: { node: node-1, ignoreDaemonSets: true }
    - script: { content: "kubectl drain node-2 --ignore-daemonsets --timeout=30s" }
      expectError: Cannot evict pod as it would violate the pod's disruption budget.
    - script: { content: "kubectl uncordon node-1" }
    - script: { content: "kubectl drain node-2 --ignore-daemonsets" }
    - assert: { resource: { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, status: { readyReplicas: 2 } } }
    - error: { resource: { apiVersion: v1, kind: Pod, metadata: { labels: { app: web } }, spec: { nodeName: node-2 } } }
`)
    expect(failures(result)).toEqual([])
  })

  test('touches nothing while some pod must not go', async () => {
    const pod = (name: string, spec: string) =>
      `    - apply: { resource: { apiVersion: v1, kind: Pod, metadata: { name: ${name} }, spec: { containers: [{ name: c, image: nginx }]${spec} } } }\n`
    const result = await run(
      `${pod('alone', '')}${pod('local', ', volumes: [{ name: v, emptyDir: {} }]')}    - settle: {}
    - drain: { node: node-1 }
      expectError: cannot delete Pods that declare no controller (use --force to override)
    - drain: { node: node-1 }
      expectError: cannot delete Pods with local storage (use --delete-emptydir-data to override)
    - assert: { resource: { apiVersion: v1, kind: Pod, metadata: { name: alone }, status: { phase: Running } } }
    - drain: { node: node-1, force: true, deleteEmptyDirData: true }
    - error: { resource: { apiVersion: v1, kind: Pod } }
    - drain: { node: nowhere }
      expectError: not found
`,
      '{ nodes: 1 }',
    )
    expect(failures(result)).toEqual([])
  })
})

test('a metric is a number or a quantity', async () => {
  expect(failures(await run('    - metric: { name: load, value: 500m, of: { kind: Pod } }\n'))).toEqual([])
  await expect(run('    - metric: { name: load, value: much }\n')).rejects.toThrow('not a quantity')
})
