/** Builds clusters: the composition root, and the only place that sees every room. */
import { cloudNode, startCloud } from './cloud.ts'
import type { Cluster, ClusterOptions, NodeSpec } from './cluster.ts'
import { Foundation } from './foundation.ts'
import { InputError } from './input-error.ts'
import { SimCluster } from './sim-cluster.ts'

/**
 * Starts a cluster and resolves once its nodes are Ready and nothing is left to do. Nothing runs, and virtual time
 * stands still, unless a call of the cluster drives it.
 */
export async function createCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = buildCluster(options)
  await cluster.settle()
  return cluster
}

/** The same without waiting for anything: processes have been started, virtual time has not moved. */
export function buildCluster(options: ClusterOptions): SimCluster {
  const cluster = new SimCluster(new Foundation(options), options)
  cluster.startControlPlane()
  const cloud = options.cloud === undefined ? undefined : startCloud(cluster, options.cloud)
  cluster.foundation.cloud = cloud
  nodeSpecs(options.nodes ?? 1).forEach((spec, index) => {
    cluster.startNode(cloud === undefined ? spec : cloudNode(cloud, spec.name ?? `node-${index + 1}`, spec))
  })
  return cluster
}

function nodeSpecs(nodes: number | readonly NodeSpec[]): readonly NodeSpec[] {
  if (typeof nodes !== 'number') return nodes
  if (!Number.isInteger(nodes) || nodes < 0) throw new InputError(`nodes: ${nodes} is no number of nodes`)
  return Array.from({ length: nodes }, () => ({}))
}
