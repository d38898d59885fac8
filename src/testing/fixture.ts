/** The vitest fixture `cluster`: made for each test, taken down after it; a failure shows what happened last. */
import { test as base, onTestFailed } from 'vitest'
import type { Cluster, ClusterOptions } from '../cluster/cluster.ts'
import { createCluster } from '../cluster/create-cluster.ts'

const LINES = 15

export interface Fixtures {
  /** Override with `test.scoped({ clusterOptions: { nodes: 3, scheduler: false } })`. */
  readonly clusterOptions: ClusterOptions
  readonly cluster: Cluster
}

export const test = base.extend<Fixtures>({
  clusterOptions: [{ nodes: 0 }, { injected: true }],
  cluster: async ({ clusterOptions, task }, use) => {
    const cluster = await createCluster(clusterOptions)
    onTestFailed(() => {
      process.stderr.write(
        `${lastLines(cluster)}\n  seed     ${cluster.seed}\n  replay   npx vitest run -t '${task.name}'\n`,
      )
    })
    await use(cluster)
    await cluster.dispose()
  },
})

function lastLines(cluster: Cluster): string {
  const entries = cluster.journal.entries()
  const start = entries[0]?.time ?? 0
  const lines = entries.slice(-LINES).map(({ time, actor, object, text }) => {
    const at = `t=${((time - start) / 1000).toFixed(3)}s`
    return `  ${at.padStart(12)}  ${actor}  ${object} ${text}`
  })
  return ['', '  last of the timeline', ...lines].join('\n')
}
