/** Buggy controllers after published reports of real operators, in the same size: the mechanism, not the operator. */
import { ConfigMap } from '../../../src/api/core/config-map.ts'
import type { KubeObject, Stored } from '../../../src/api/kind.ts'
import type { SimSpec } from '../../../src/testing/explore/spec.ts'

export interface Bug {
  readonly name: string
  /** Where it was reported. */
  readonly report: string
  spec(fixed: boolean): SimSpec
}

/** Stands for a volume claim, a secret, a stateful set ...: what the operator keeps beside its own object. */
export function part(name: string, data: Record<string, string>, owner?: Stored<KubeObject>): ConfigMap {
  const ownerReferences =
    owner === undefined
      ? undefined
      : [
          {
            apiVersion: owner.apiVersion ?? '',
            kind: owner.kind ?? '',
            name: owner.metadata.name,
            uid: owner.metadata.uid,
            controller: true,
          },
        ]
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ownerReferences },
    data,
  }
}

export const at = (name: string) => ({ namespace: 'default', name })

export { ConfigMap }
