/**
 * Adoption and release: which objects a controller may treat as its own (controller_ref_manager.go). It keeps what
 * names it and matches, lets go of what names it but matches no more, and takes over what has no controller.
 */
import { ApiError, isInvalid, isNotFound } from '../../api/errors.ts'
import { type KubeObject, objectKey, type Stored } from '../../api/kind.ts'
import type { Client, KindRef } from '../../client/client.ts'
import { controllerOf, controllerRef } from './owner-refs.ts'

export interface Claim<T extends KubeObject> {
  readonly client: Client
  readonly ownerKind: KindRef
  readonly owner: Stored<KubeObject>
  readonly kind: KindRef<T>
  /** What could be claimed: everything that names the owner, and what nobody controls in its namespace. */
  readonly candidates: Iterable<Stored<T>>
  matches(object: Stored<T>): boolean
  /** Added with the reference: Jobs track their pods by a finalizer. */
  readonly finalizers?: readonly string[]
}

/** The objects that are the owner's, in the order of `candidates`. Writes only to adopt or release. */
export async function claim<T extends KubeObject>(request: Claim<T>): Promise<readonly Stored<T>[]> {
  const { mine, strangers, orphans } = sort(request)
  if (strangers.length === 0 && orphans.length === 0) return mine
  for (const object of strangers) await release(request, object)
  if (orphans.length === 0) return mine

  // Asked once, and live: a stale cache must not make a deleted owner adopt what its successor should have.
  await confirmOwner(request)
  const adopted: Stored<T>[] = []
  for (const object of orphans) if (await adopt(request, object)) adopted.push(object)
  return [...mine, ...adopted]
}

function sort<T extends KubeObject>({ owner, candidates, matches }: Claim<T>) {
  const mine: Stored<T>[] = []
  const strangers: Stored<T>[] = []
  const orphans: Stored<T>[] = []
  const ownerDeleting = owner.metadata.deletionTimestamp !== undefined
  for (const object of candidates) {
    const controller = controllerOf(object)
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue
      if (matches(object)) mine.push(object)
      else if (!ownerDeleting) strangers.push(object)
    } else if (!ownerDeleting && object.metadata.deletionTimestamp === undefined) {
      if (object.metadata.namespace === owner.metadata.namespace && matches(object)) orphans.push(object)
    }
  }
  return { mine, strangers, orphans }
}

async function confirmOwner<T extends KubeObject>({ client, ownerKind, owner }: Claim<T>): Promise<void> {
  const { namespace, name, uid } = owner.metadata
  const live = await client.get(ownerKind, { namespace, name })
  if (live.metadata.uid !== uid) {
    throw new Error(
      `original ${ownerKind.kind} ${objectKey(owner.metadata)} is gone: got uid ${live.metadata.uid}, wanted ${uid}`,
    )
  }
  if (live.metadata.deletionTimestamp !== undefined) {
    throw new Error(
      `${objectKey(owner.metadata)} has just been deleted at ${live.metadata.deletionTimestamp}`,
    )
  }
}

async function adopt<T extends KubeObject>(request: Claim<T>, object: Stored<T>): Promise<boolean> {
  const { client, kind, ownerKind, owner, finalizers } = request
  const metadata = {
    ownerReferences: [controllerRef(ownerKind, owner)],
    uid: object.metadata.uid,
    ...(finalizers === undefined ? {} : { finalizers }),
  }
  return patchMetadata(client, kind, object, metadata)
}

async function release<T extends KubeObject>(
  { client, kind, owner }: Claim<T>,
  object: Stored<T>,
): Promise<void> {
  await patchMetadata(client, kind, object, {
    ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }],
    uid: object.metadata.uid,
  })
}

/** False when the object is gone, or is another one of the same name: the uid in the patch guards against that. */
async function patchMetadata<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  object: Stored<T>,
  metadata: object,
): Promise<boolean> {
  const { namespace, name } = object.metadata
  try {
    await client.patch(
      kind,
      { namespace, name },
      { metadata },
      { type: 'application/strategic-merge-patch+json' },
    )
    return true
  } catch (error) {
    if (error instanceof ApiError && (isNotFound(error) || isInvalid(error))) return false
    throw error
  }
}
