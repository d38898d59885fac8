/** `kubectl scale`: writes the replicas through the scale subresource, as any kind offers it that has one. */
import type { KindDefinition, KubeObject } from '../../api/kind.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { StepFailure } from '../step.ts'
import { printedName } from './objects.ts'

export async function scaleObject(
  cluster: Cluster,
  kind: KindDefinition,
  object: KubeObject,
  replicas: number,
): Promise<string> {
  if (kind.scale === undefined) throw new StepFailure(`${kind.resource} cannot be scaled`)
  const name = object.metadata?.name ?? ''
  const ref = { namespace: object.metadata?.namespace, name }
  await cluster.client.patch(
    kind,
    ref,
    { spec: { replicas } },
    { type: 'application/merge-patch+json', subresource: 'scale' },
  )
  return `${printedName(kind, name)} scaled to ${replicas}`
}
