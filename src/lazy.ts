/** Calls that answer later anyway: what they need is most of the code, and is loaded when one is first made. */
import type { Cluster, ClusterOptions, NodeSpec } from './cluster/cluster.ts'
import type { ImportResult } from './cluster/import.ts'
import type { SchedulerOptions } from './scheduler/scheduler.ts'
import type { CompiledSpec } from './testing/explore/compiled-spec.ts'
import type { SearchOptions, SearchResult } from './testing/explore/search.ts'
import type { SimSpec } from './testing/explore/spec.ts'

/**
 * Starts a cluster and resolves once its nodes are Ready and nothing is left to do. Nothing runs, and virtual time
 * stands still, unless a call of the cluster drives it.
 */
export async function createCluster(options?: ClusterOptions): Promise<Cluster> {
  const loaded = await import('./cluster/create-cluster.ts')
  return loaded.createCluster(options)
}

/**
 * Looks for a plan of faults that makes the controllers of `source` fail: no fault at all, every single one, then
 * random combinations as far as the budget of `options` goes. A failure is shrunk before it is returned.
 */
export async function search<O extends Record<string, object>>(
  source: SimSpec<O> | CompiledSpec,
  options?: SearchOptions,
): Promise<SearchResult> {
  const loaded = await import('./testing/explore/search.ts')
  return loaded.search(source, options)
}

/**
 * The nodes of a dump (YAML or JSON text), for `createCluster({ nodes: await importedNodes(text) })`.
 * Rejects with `InputError`, which names the place in `file`.
 */
export async function importedNodes(text: string, file?: string): Promise<NodeSpec[]> {
  const loaded = await import('./cluster/import.ts')
  return loaded.importedNodes(text, file)
}

/** Creates the other objects of the dump, owners before what they own. Controllers rest meanwhile. */
export async function importObjects(cluster: Cluster, text: string, file?: string): Promise<ImportResult> {
  const loaded = await import('./cluster/import.ts')
  return loaded.importObjects(cluster, text, file)
}

/**
 * A KubeSchedulerConfiguration file as options of the scheduler.
 * Rejects with `InputError`, which names the place in `file`.
 *
 * @param plugins of your own, which the file may enable
 */
export async function parseSchedulerConfiguration(
  text: string,
  file: string,
  plugins?: SchedulerOptions['plugins'],
): Promise<SchedulerOptions> {
  const loaded = await import('./cluster/scheduler-configuration.ts')
  return loaded.parseSchedulerConfiguration(text, file, plugins)
}
