/** Which owners must look again when an object changes: its controller, its former one, or who might adopt it. */
import { type KubeObject, objectKey, type Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import type { OwnerReference } from '../../api/meta/object-meta.ts'
import type { KindRef } from '../../client/client.ts'
import type { Lister } from '../../client/informer.ts'
import type { Lookup } from '../runtime/controller.ts'
import { controllerOf } from './owner-refs.ts'

/**
 * The `map` of a watch on owned objects. An object without controller queues all owners of its namespace that
 * select it: the sole case that looks at more than one owner.
 */
export function mapOwned<Owner extends KubeObject>(
  ownerKind: KindRef<Owner>,
  selectorOf: (owner: Stored<Owner>) => LabelSelector | undefined,
) {
  return (object: Stored<KubeObject>, lookup: Lookup, old?: Stored<KubeObject>): readonly string[] => {
    const owners = lookup.lister(ownerKind)
    const controller = controllerOf(object)
    const former = old === undefined ? undefined : controllerOf(old)
    const namespace = object.metadata.namespace ?? ''
    const keys: string[] = []
    if (former !== undefined && former.uid !== controller?.uid)
      addNamed(keys, owners, ownerKind, namespace, former)
    if (controller !== undefined) {
      addNamed(keys, owners, ownerKind, namespace, controller)
      return keys
    }
    const unchanged =
      old !== undefined && former === undefined && old.metadata.labels === object.metadata.labels
    if (unchanged || object.metadata.deletionTimestamp !== undefined) return keys
    for (const owner of owners.list(namespace)) {
      const selector = selectorOf(owner)
      if (selector !== undefined && compileSelector(selector).matches(object.metadata.labels))
        keys.push(objectKey(owner.metadata))
    }
    return keys.sort()
  }
}

/** Adds the key of the owner that a reference names, if it is the one we know. */
function addNamed<Owner extends KubeObject>(
  keys: string[],
  owners: Lister<Stored<Owner>>,
  ownerKind: KindRef<Owner>,
  namespace: string,
  reference: OwnerReference,
): void {
  if (reference.kind !== ownerKind.kind) return
  const key = objectKey({ namespace, name: reference.name })
  if (owners.get(key)?.metadata.uid === reference.uid) keys.push(key)
}
