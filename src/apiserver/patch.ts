/** PATCH: what a patch document makes of the stored object goes the way of an update (upstream: handlers/patch.go). */
import { ApiError, badRequest, failure, requestEntityTooLarge, unsupportedMediaType } from '../api/errors.ts'
import type { KindDefinition, KubeObject } from '../api/kind.ts'
import { applyJsonPatch, MAX_OPERATIONS } from '../api/patch/json-patch.ts'
import { mergePatch } from '../api/patch/merge-patch.ts'
import { PatchError, strategicMerge } from '../api/patch/strategic-merge.ts'
import type { ApiResponse, Maybe, PatchType } from '../api/request.ts'
import type { AnySchema } from '../api/schema.ts'
import { decodePatched } from './body.ts'
import { answer, type Call } from './call.ts'
import { createObject } from './create.ts'
import { applied, isApply } from './managed-fields.ts'
import { after } from './maybe.ts'
import { change, MAIN, type UpdateStrategy } from './update.ts'
import { served } from './versions.ts'

export const PATCH_TYPES: readonly PatchType[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

export function patch(call: Call, strategy: UpdateStrategy): Maybe<ApiResponse> {
  const { kind } = call
  if (isApply(call)) return apply(call, strategy)
  return after(
    change(call, strategy, (old) => decodePatched(call, patched(call, kind, served(kind, old)))),
    (stored) => answer(call, 200, served(kind, stored)),
  )
}

/** Server-side apply creates what is absent. */
function apply(call: Call, strategy: UpdateStrategy): Maybe<ApiResponse> {
  const { kind, server, resource, request } = call
  const exists = server.storage.get(resource.keyOf(request.namespace, request.name!)) !== undefined
  if (!exists && strategy === MAIN) {
    return after(createObject(call, applied(call, undefined)), (stored) =>
      answer(call, 201, served(kind, stored)),
    )
  }
  return after(
    change(call, strategy, (old) => applied(call, old)),
    (stored) => answer(call, 200, served(kind, stored)),
  )
}

/** The patch document of a request applied to an object of `kind`; throws `ApiError` when it cannot be. */
export function patched(
  call: Call,
  kind: Pick<KindDefinition, 'schema' | 'body'>,
  object: KubeObject,
): KubeObject {
  const { body, patchType } = call.request
  try {
    switch (patchType) {
      case 'application/json-patch+json':
        return applyJsonPatch(object, checkSize(body)) as KubeObject
      case 'application/merge-patch+json':
        return mergePatch(object, checkObject(body)) as KubeObject
      case 'application/strategic-merge-patch+json': {
        // Custom resources have no merge keys that a client could know of.
        if (kind.body !== undefined) break
        return strategicMerge(object, body, kind.schema() as AnySchema) as KubeObject
      }
    }
  } catch (error) {
    if (!(error instanceof PatchError)) throw error
    throw patchType === 'application/json-patch+json' ? rejected() : badRequest(error.message)
  }
  throw unsupportedMediaType(PATCH_TYPES.filter((it) => it !== patchType))
}

/** Anything else would replace the whole object. */
function checkObject(body: unknown): unknown {
  if (body === null || body === undefined) throw badRequest('Invalid JSON Patch')
  if (typeof body === 'object' && !Array.isArray(body)) return body
  const type = Array.isArray(body) ? 'array' : typeof body === 'boolean' ? 'bool' : typeof body
  throw badRequest(
    `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
  )
}

function checkSize(body: unknown): unknown {
  if (Array.isArray(body) && body.length > MAX_OPERATIONS) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${body.length}`,
    )
  }
  if (!Array.isArray(body)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    )
  }
  return body
}

/** Upstream answers operations that cannot be done with this text, and keeps the reason to itself. */
function rejected(): ApiError {
  return new ApiError(
    failure('Invalid', 'the server rejected our request due to an error in our request', {}),
  )
}
