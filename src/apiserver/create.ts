/** POST of an object: decode, default, admit, prepare, validate, store (upstream: registry/generic/registry/store.go). */
import {
  alreadyExists,
  generateNameConflict,
  invalid,
  objectIsBeingDeleted,
  plainRefusal,
} from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import type { KubeObject } from '../api/kind.ts'
import type { ApiResponse, Maybe } from '../api/request.ts'
import { attributesOf } from './admission/plugin.ts'
import { decodeBody } from './body.ts'
import { answer, type Call, warn } from './call.ts'
import { trackNew } from './managed-fields.ts'
import { after } from './maybe.ts'
import { fillForCreate, rename } from './metadata.ts'
import { validateMetadata } from './metadata-validation.ts'
import { answered } from './versions.ts'

/** Upstream: a generated name that is taken is drawn again so many times. */
const NAME_ATTEMPTS = 8

export function create(call: Call): Maybe<ApiResponse> {
  return after(createObject(call, decodeBody(call)), (stored) =>
    answer(call, 201, answered(call.kind, stored)),
  )
}

/** Creates a decoded object of the storage version; the result is what was stored. */
export function createObject(call: Call, decoded: KubeObject): Maybe<KubeObject> {
  const { server, resource, request } = call
  const { kind } = resource
  if (decoded.metadata?.resourceVersion) {
    throw plainRefusal('resourceVersion should not be set on objects to be created')
  }
  const attributes = attributesOf(call, 'CREATE', decoded.metadata?.name ?? '', undefined)
  const defaulted = kind.defaults?.(decoded) ?? decoded
  return after(server.admission.admit(trackNew(call, defaulted), attributes), (admitted) => {
    const generated = !admitted.metadata?.name
    const attempt = (filled: KubeObject, left: number): Maybe<KubeObject> => {
      const prepared = kind.prepareForCreate?.(filled, server.strategy) ?? filled
      const object = resource.hooks?.create?.(prepared, call) ?? prepared
      validate(call, object)
      if (kind.warn) warn(call, (warnings) => kind.warn?.(object, warnings))
      const name = object.metadata!.name!
      return after(server.admission.validate(object, generated ? { ...attributes, name } : attributes), () =>
        after(store(call, object), (stored) => {
          if (stored !== undefined) return stored
          if (generated && left > 1) return attempt(rename(call, filled), left - 1)
          if (generated) throw generateNameConflict(kind, name)
          const old = server.storage.get(resource.keyOf(request.namespace, name))
          throw old?.metadata?.deletionTimestamp
            ? objectIsBeingDeleted(kind, name)
            : alreadyExists(kind, name)
        }),
      )
    }
    return attempt(fillForCreate(call, admitted), NAME_ATTEMPTS)
  })
}

function validate(call: Call, object: KubeObject): void {
  const { kind } = call.resource
  const errors = new FieldErrors()
  validateMetadata(kind, object.metadata!, errors)
  kind.validate?.(object, errors)
  if (errors.empty) return
  throw invalid(call.kind, object.metadata!.name ?? '', errors.list)
}

/** The stored object, or undefined when the name is taken. */
function store(call: Call, object: KubeObject): Maybe<KubeObject | undefined> {
  const { server, resource } = call
  const key = resource.keyOf(call.request.namespace, object.metadata!.name!)
  if (call.options.dryRun) return server.storage.get(key) === undefined ? object : undefined
  return server.storage.create(call, key, object, server.ttlOf(resource.kind))
}
