/** Adding and taking away one finalizer. */
import type { KubeObject, Stored } from '../../api/kind.ts'
import type { Client, KindRef } from '../../client/client.ts'

export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata?.finalizers?.includes(finalizer) === true
}

export async function addFinalizer<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  object: Stored<T>,
  finalizer: string,
) {
  if (hasFinalizer(object, finalizer)) return
  await replaceFinalizers(client, kind, object, [...(object.metadata.finalizers ?? []), finalizer])
}

export async function removeFinalizer<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  object: Stored<T>,
  finalizer: string,
) {
  if (!hasFinalizer(object, finalizer)) return
  await replaceFinalizers(
    client,
    kind,
    object,
    object.metadata.finalizers!.filter((it) => it !== finalizer),
  )
}

async function replaceFinalizers<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  object: Stored<T>,
  finalizers: readonly string[],
) {
  await client.replace(kind, { ...object, metadata: { ...object.metadata, finalizers } })
}
