/**
 * What most controllers do by hand and some get wrong: finalizers, owner references, create-or-patch, conditions.
 * The pure ones derive objects; the others make at most one write, and none when nothing would change.
 */
import { isAlreadyExists } from '../../api/errors.ts'
import { apiVersionOf, type KubeObject, type Stored } from '../../api/kind.ts'
import type { OwnerReference } from '../../api/meta/object-meta.ts'
import { formatTime } from '../../api/time.ts'
import type { Client, KindRef } from '../../client/client.ts'

export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata?.finalizers?.includes(finalizer) === true
}

/** Marked for deletion, kept by finalizers or grace. */
export function isDeleting(object: KubeObject): boolean {
  return object.metadata?.deletionTimestamp !== undefined
}

/** Stores the finalizer, unless it is there: do this before the first thing that it protects. */
export async function ensureFinalizer<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  object: Stored<T>,
  finalizer: string,
): Promise<Stored<T>> {
  if (hasFinalizer(object, finalizer)) return object
  return setFinalizers(client, kind, object, [...(object.metadata.finalizers ?? []), finalizer])
}

/** Gives the object free, once what the finalizer protects is gone. */
export async function removeFinalizer<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  object: Stored<T>,
  finalizer: string,
): Promise<Stored<T>> {
  if (!hasFinalizer(object, finalizer)) return object
  const finalizers = (object.metadata.finalizers ?? []).filter((it) => it !== finalizer)
  return setFinalizers(client, kind, object, finalizers)
}

/** The resourceVersion guards against others who change the list meanwhile: then the patch conflicts. */
function setFinalizers<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  { metadata }: Stored<T>,
  finalizers: readonly string[],
): Promise<Stored<T>> {
  const { namespace, name, uid, resourceVersion } = metadata
  return client.patch(kind, { namespace, name }, { metadata: { uid, resourceVersion, finalizers } })
}

/** What an owned object says about its controlling owner. */
export function controllerRef<T extends KubeObject>(kind: KindRef<T>, owner: Stored<T>): OwnerReference {
  const { name, uid } = owner.metadata
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** The same object, controlled by `owner`. Throws when another controls it already. */
export function controlledBy<O extends KubeObject, T extends KubeObject>(
  kind: KindRef<O>,
  owner: Stored<O>,
  object: T,
): T {
  const others = object.metadata?.ownerReferences ?? []
  const controller = others.find((it) => it.controller)
  if (controller !== undefined && controller.uid !== owner.metadata.uid) {
    throw new Error(
      `${object.kind} ${object.metadata?.name} is controlled by ${controller.kind} ${controller.name}`,
    )
  }
  if (controller !== undefined) return object
  const ownerReferences = [...others, controllerRef(kind, owner)]
  return { ...object, metadata: { ...object.metadata, ownerReferences } }
}

export interface CreateOrPatchResult<T extends KubeObject> {
  readonly object: Stored<T>
  readonly operation: 'created' | 'patched' | 'unchanged'
}

/**
 * Makes the object be as wanted: creates it, or patches the fields of `wanted` that differ; others keep what they
 * set. Looks at the server, not at a cache, and survives that another creates it meanwhile.
 */
export async function createOrPatch<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  wanted: T,
): Promise<CreateOrPatchResult<T>> {
  const { namespace, name = '' } = wanted.metadata ?? {}
  let found = await client.find(kind, { namespace, name })
  if (found === undefined) {
    try {
      return { object: await client.create(kind, wanted), operation: 'created' }
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      found = await client.get(kind, { namespace, name })
    }
  }
  const patch = patchFor(found, wanted)
  if (patch === undefined) return { object: found, operation: 'unchanged' }
  return { object: await client.patch(kind, { namespace, name }, patch), operation: 'patched' }
}

/** The merge patch that makes `current` contain `wanted`; undefined when it does. Lists are replaced as wholes. */
export function patchFor(current: unknown, wanted: unknown): unknown {
  if (!isMap(wanted) || !isMap(current)) return isEqual(current, wanted) ? undefined : wanted
  const entries: [string, unknown][] = []
  for (const [key, value] of Object.entries(wanted)) {
    if (value === undefined) continue
    const part = patchFor(Object.hasOwn(current, key) ? current[key] : undefined, value)
    if (part !== undefined) entries.push([key, part])
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Lists must be equal; the maps in them may have more fields now, filled in by defaults. */
function isEqual(current: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted) && Array.isArray(current)) {
    return current.length === wanted.length && wanted.every((it, i) => patchFor(current[i], it) === undefined)
  }
  return Object.is(current, wanted)
}

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message?: string
  readonly observedGeneration?: number
  readonly lastTransitionTime?: string
}

/**
 * The list with this condition in it; the very same list when nothing changes. The time moves only when the status
 * does, or else a controller wakes itself up for ever. Upstream: apimachinery meta.SetStatusCondition.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: Condition,
  nowMs: number,
): readonly Condition[] {
  const list = conditions ?? []
  const old = list.find((it) => it.type === condition.type)
  const moved = old?.status !== condition.status
  const lastTransitionTime = moved ? formatTime(nowMs) : old?.lastTransitionTime
  const wanted: Condition = { message: '', ...condition, lastTransitionTime }
  if (old === undefined) return [...list, wanted]
  if (!moved && patchFor(old, wanted) === undefined) return list
  return list.map((it) => (it === old ? { ...old, ...wanted } : it))
}
