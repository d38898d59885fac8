/** Calls that answer later anyway: what they need is most of the code, and is loaded when one is first made. */
import type { Cluster, ClusterOptions } from './cluster/cluster.ts'
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
