/** The object in a request's body: decoded, checked against the URL, in the version in which it is stored. */
import { decode } from '../api/decode.ts'
import { badRequest } from '../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../api/kind.ts'
import type { Call } from './call.ts'
import { stored } from './versions.ts'

export function decodeBody(call: Call): KubeObject {
  const { kind, request, resource } = call
  const body = request.body
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind})`)
  }
  const { object, warnings } = decode(kind, typed(call, body), {
    fieldValidation: call.options.fieldValidation ?? 'Warn',
    duplicates: request.duplicateFields,
    stored: storedBefore(call),
  })
  if (warnings.length > 0) call.warnings.push(...warnings)
  return stored(kind, resource.kind, checkNames(call, object))
}

/** What an update replaces, when it has the form of the request. */
function storedBefore({ kind, request, resource, server }: Call): KubeObject | undefined {
  if (request.verb !== 'update' || kind !== resource.kind || request.name === undefined) return undefined
  return server.storage.get(resource.keyOf(request.namespace, request.name))
}

/** What a patch made of the stored object, which is in the version of the request: decoded and checked like a body. */
export function decodePatched(call: Call, patched: KubeObject): KubeObject {
  const { object, warnings } = decode(call.kind, typed(call, patched), {
    fieldValidation: call.options.fieldValidation ?? 'Warn',
    patched: true,
  })
  if (warnings.length > 0) call.warnings.push(...warnings)
  return stored(call.kind, call.resource.kind, checkNames(call, object))
}

/** apiVersion and kind are those of the URL, or absent. What is no object the decoder refuses. */
function typed(call: Call, body: KubeObject): KubeObject {
  const { kind } = call
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const apiVersion = apiVersionOf(kind)
  if (body.apiVersion === apiVersion && body.kind === kind.kind) return body
  if (body.apiVersion !== undefined && body.apiVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${body.apiVersion}) does not match the expected API version (${apiVersion})`,
    )
  }
  if (body.kind !== undefined && body.kind !== kind.kind) {
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${body.kind}" is registered`,
    )
  }
  return { ...body, apiVersion, kind: kind.kind }
}

function checkNames(call: Call, object: KubeObject): KubeObject {
  const { request, kind } = call
  const { name, namespace } = object.metadata ?? {}
  if (kind.namespaced) {
    if (namespace && namespace !== request.namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      )
    }
  }
  if (request.name !== undefined && request.verb !== 'create') {
    if (!name) {
      if (request.verb === 'update') {
        throw badRequest(
          `the name of the object (${request.name} based on URL) was undeterminable: name must be provided`,
        )
      }
      return { ...object, metadata: { ...object.metadata, name: request.name } }
    }
    if (name !== request.name) {
      throw badRequest(
        `the name of the object (${name}) does not match the name on the URL (${request.name})`,
      )
    }
  }
  return object
}
