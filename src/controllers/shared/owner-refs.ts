/** Who owns an object, in the words of metadata.ownerReferences. */
import { apiVersionOf, type KubeObject, type Stored } from '../../api/kind.ts'
import type { OwnerReference } from '../../api/meta/object-meta.ts'
import type { KindRef } from '../../client/client.ts'
import { controllerIndex } from '../../client/indexes.ts'
import { BY_CONTROLLER, type Lister } from '../../client/informer.ts'

/** The one owner that manages the object. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((it) => it.controller === true)
}

export function isControlledBy(object: KubeObject, owner: Stored<KubeObject>): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid
}

/** The reference that makes `owner` the controller of an object. */
export function controllerRef(kind: KindRef, owner: Stored<KubeObject>): OwnerReference {
  return Object.freeze({
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  })
}

/** Index of objects without a controller by namespace: the ones that somebody may adopt. */
export const ORPHANS = 'orphans'

/** What an owner finds its objects by: those that name it, and those that nobody controls. */
export const OWNED = {
  indexes: {
    ...controllerIndex,
    [ORPHANS]: (object: KubeObject): readonly string[] =>
      controllerOf(object) === undefined ? [object.metadata?.namespace ?? ''] : [],
  },
}

/** What the owner may claim, in an informer that has the {@link OWNED} indexes. */
export function claimable<T extends KubeObject>(objects: Lister<T>, owner: Stored<KubeObject>): readonly T[] {
  const orphans = [...objects.byIndex(ORPHANS, owner.metadata.namespace ?? '')]
  const owned = [...objects.byIndex(BY_CONTROLLER, owner.metadata.uid)]
  return orphans.length === 0 ? owned : [...owned, ...orphans]
}
