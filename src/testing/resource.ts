/** An object of a cluster by name, looked at whenever it is asked: what matchers take. */
import type { KubeObject } from '../api/kind.ts'
import type { Cluster } from '../cluster/cluster.ts'

export interface LiveResource {
  readonly cluster: Cluster
  readonly kind: string
  readonly name: string
  readonly namespace: string
  /** As it is now; undefined when there is none. */
  get(): KubeObject | undefined
}

/** @param kind a word as kubectl takes it: `deploy`, `Pod`, `sites.example.com` */
export function resource(cluster: Cluster, kind: string, name: string, namespace = 'default'): LiveResource {
  const definition = cluster.scheme.byWord(kind)
  if (definition === undefined) throw new Error(`the cluster serves no kind ${kind}`)
  return {
    cluster,
    kind: definition.kind,
    name,
    namespace,
    get: () =>
      cluster.peek().get(definition, definition.namespaced ? { namespace, name } : { name }) as
        | KubeObject
        | undefined,
  }
}

export function isLiveResource(value: unknown): value is LiveResource {
  return typeof value === 'object' && value !== null && 'cluster' in value && 'get' in value
}
