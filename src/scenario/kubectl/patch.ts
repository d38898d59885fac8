/** `kubectl patch`: one object, one patch of one of the three types. */
import type { KindDefinition } from '../../api/kind.ts'
import type { PatchType } from '../../api/request.ts'
import type { ObjectRef } from '../../client/client.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { printedName } from './objects.ts'

export type PatchWord = 'strategic' | 'merge' | 'json'

const TYPES: Readonly<Record<PatchWord, PatchType>> = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
}

export interface PatchOptions {
  readonly type?: PatchWord | undefined
  readonly subresource?: string | undefined
}

/** Resolves to what kubectl prints: `deployment.apps/web patched`, with `(no change)` when nothing changed. */
export async function patchObject(
  cluster: Cluster,
  kind: KindDefinition,
  ref: ObjectRef,
  patch: unknown,
  options: PatchOptions = {},
): Promise<string> {
  const before = cluster.peek().get(kind, ref)?.metadata?.resourceVersion
  const type = TYPES[options.type ?? (isBuiltIn(kind) ? 'strategic' : 'merge')]
  const after = await cluster.client.patch(kind, ref, patch, {
    type,
    subresource: options.subresource,
    fieldValidation: 'Strict', // As kubectl asks for.
  })
  const changed = after.metadata.resourceVersion !== before
  return `${printedName(kind, ref.name)} patched${changed ? '' : ' (no change)'}`
}

/** Strategic merge is for built-in kinds alone; groups of custom kinds always have a dot and are not k8s.io's. */
function isBuiltIn(kind: KindDefinition): boolean {
  return !kind.group.includes('.') || kind.group.endsWith('.k8s.io')
}
