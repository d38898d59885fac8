/** A scheduler plugin of your own: pods go to nodes of their tenant, or to nodes that belong to nobody. */
import { createCluster, type PluginFactory, Pod, SUCCESS, unschedulable } from 'kubarium'

export const tenancy: PluginFactory = () => ({
  name: 'Tenancy',
  depends: 'node', // Only on the pod and the node: answers are remembered until the node changes.
  filter: (pod, node) => {
    const tenant = node.labels['tenant']
    return tenant === undefined || tenant === pod.class.labels['tenant']
      ? SUCCESS
      : unschedulable('node(s) belonged to another tenant')
  },
  score: (_pod, node) => (node.labels['tenant'] === undefined ? 0 : 100),
})

await using cluster = await createCluster({
  nodes: [{ name: 'shared' }, { name: 'acme', labels: { tenant: 'acme' } }],
  scheduler: {
    plugins: { Tenancy: tenancy },
    configuration: {
      profiles: [{ plugins: { multiPoint: { enabled: [{ name: 'Tenancy', weight: 10 }] } } }],
    },
  },
})
for (const tenant of ['acme', 'other'])
  await cluster.client.create(Pod, {
    metadata: { name: `${tenant}-app`, namespace: 'default', labels: { tenant } },
    spec: { containers: [{ name: 'main', image: 'app:1' }] },
  })
await cluster.settle()

export const placements: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  cluster
    .peek()
    .list<Pod>(Pod, 'default')
    .map((it) => [it.metadata?.name, it.spec.nodeName]),
)
