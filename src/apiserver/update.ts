/** PUT and everything else that changes a stored object: one road for all of it, retried when another was faster. */
import { conflict, invalid, notFound } from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import type { KubeObject } from '../api/kind.ts'
import type { ObjectMeta } from '../api/meta/object-meta.ts'
import type { ApiResponse, Maybe } from '../api/request.ts'
import { attributesOf } from './admission/plugin.ts'
import { decodeBody } from './body.ts'
import { answer, type Call, warn } from './call.ts'
import { createObject } from './create.ts'
import { shareWith } from './equal.ts'
import { isApply, track } from './managed-fields.ts'
import { after } from './maybe.ts'
import { mergeMetadata, specChanged, unchanged, withMetadata } from './metadata.ts'
import { validateMetadataUpdate } from './metadata-validation.ts'
import { answered } from './versions.ts'

/** Upstream: a patch is applied again so many times when the object changed meanwhile. */
const ATTEMPTS = 5

/** What an endpoint may change, and how that is checked. */
export interface UpdateStrategy {
  /** The object that results when a client sends `next` to this endpoint. */
  merge(next: KubeObject, old: KubeObject, call: Call): KubeObject
  validate(object: KubeObject, old: KubeObject, errors: FieldErrors, call: Call): void
  /** The handler makes the new state itself, after admission of what was posted. */
  readonly admitted?: true
}

/** The main endpoint: everything but status and what the server owns. */
export const MAIN: UpdateStrategy = {
  merge(next, old, call) {
    const { kind } = call.resource
    const metadata = withManaged(call, mergeMetadata(old.metadata!, next.metadata), next)
    const merged: Record<string, unknown> = { ...next, metadata }
    if (kind.status) {
      const { status } = old as { status?: unknown }
      if (status === undefined) delete merged.status
      else merged.status = status
    }
    const defaulted = kind.defaults?.(merged as KubeObject) ?? (merged as KubeObject)
    return defaulted
  },
  validate(object, old, errors, call) {
    validateMetadataUpdate(call.resource.kind, object.metadata!, old.metadata!, errors)
    call.resource.kind.validate?.(object, errors, old)
    call.resource.kind.validateUpdate?.(object, old, errors)
  },
}

/** An apply brings the books along; nobody else may write into them. */
function withManaged(call: Call, metadata: ObjectMeta, next: KubeObject): ObjectMeta {
  const managedFields = next.metadata?.managedFields
  return isApply(call) && managedFields !== undefined ? { ...metadata, managedFields } : metadata
}

/** `/status`: the status, and as much of the metadata as the kind says. */
export const STATUS: UpdateStrategy = {
  merge(next, old, call) {
    const free = call.resource.kind.statusMetadata
    const merged: Record<string, unknown> = {
      ...old,
      metadata: withManaged(call, mergeMetadata(old.metadata!, next.metadata, free), next),
    }
    const { status } = next as { status?: unknown }
    if (status === undefined) delete merged.status
    else merged.status = status
    const object = merged as KubeObject
    return call.resource.kind.prepareForStatusUpdate?.(object, old) ?? object
  },
  validate(object, old, errors, call) {
    if (object.metadata !== old.metadata)
      validateMetadataUpdate(call.resource.kind, object.metadata!, old.metadata!, errors)
    call.resource.kind.validateStatusUpdate?.(object, old, errors)
  },
}

/** PUT of the main resource or of `/status`. */
export function update(call: Call, strategy: UpdateStrategy): Maybe<ApiResponse> {
  const next = decodeBody(call)
  const { resource, request, server } = call
  const exists = server.storage.get(resource.keyOf(request.namespace, request.name!)) !== undefined
  if (!exists && resource.kind.createOnUpdate && strategy === MAIN) {
    return after(createObject(call, next), (stored) => answer(call, 201, answered(call.kind, stored)))
  }
  return after(
    change(call, strategy, () => next),
    (stored) => answer(call, 200, answered(call.kind, stored)),
  )
}

/**
 * Changes the object that the request names.
 * @param produce  what the client wants, given what is stored now; called again after a lost race
 * @returns what is stored afterwards, or its last state when the change made it vanish
 */
export function change(
  call: Call,
  strategy: UpdateStrategy,
  produce: (old: KubeObject) => Maybe<KubeObject>,
): Maybe<KubeObject> {
  const { server, resource, request, kind } = call
  const key = resource.keyOf(request.namespace, request.name!)
  const attempt = (left: number): Maybe<KubeObject> => {
    const old = server.storage.get(key)
    if (old === undefined) throw notFound(kind, request.name!)
    return after(produce(old), (next) => {
      if (next === old) return old
      checkPreconditions(call, next, old)
      return after(admit(call, strategy, next, old), (object) => {
        if (unchanged(old, object)) return old
        if (call.options.dryRun) return object
        const stored = vanishes(call, object)
          ? after(server.storage.remove(call, key, old), (revision) =>
              revision === undefined ? undefined : object,
            )
          : // As upstream's TTLFunc: what is written again lives on as long as what is new.
            server.storage.replace(call, key, old, object, server.ttlOf(resource.kind))
        return after(stored, (result) => {
          if (result !== undefined) return result
          const guarded = request.verb === 'update' && next.metadata?.resourceVersion
          if (left > 1 && !guarded) return attempt(left - 1)
          throw conflict(kind, request.name!)
        })
      })
    })
  }
  return attempt(ATTEMPTS)
}

/** uid and resourceVersion in the object that a client sends are preconditions. */
function checkPreconditions(call: Call, next: KubeObject, old: KubeObject): void {
  const { kind, request } = call
  const { uid, resourceVersion } = next.metadata ?? {}
  const stored = old.metadata!
  if (uid && uid !== stored.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.uid}`
    throw conflict(kind, request.name!, why)
  }
  if (resourceVersion) {
    if (resourceVersion !== stored.resourceVersion) throw conflict(kind, request.name!)
  } else if (request.verb === 'update' && !kind.unconditionalUpdate) {
    const errors = new FieldErrors()
    errors.at('metadata', () => errors.invalid('resourceVersion', 0, 'must be specified for an update'))
    const list = errors.list.map((error) => ({
      ...error,
      message: error.message.replace('value: 0:', 'value: 0x0:'),
    }))
    throw invalid({ group: kind.group, kind: kind.resource }, request.name!, list)
  }
}

function admit(call: Call, strategy: UpdateStrategy, next: KubeObject, old: KubeObject): Maybe<KubeObject> {
  const { server, resource, request } = call
  const attributes = attributesOf(call, 'UPDATE', request.name!, old)
  const merged = strategy.merge(next, old, call)
  const admitting = strategy.admitted ? merged : server.admission.admit(merged, attributes)
  return after(admitting, (admitted) => {
    const prepared = isMain(strategy)
      ? (resource.kind.prepareForUpdate?.(admitted, old, server.strategy) ?? admitted)
      : admitted
    const hooked = isMain(strategy) ? (resource.hooks?.update?.(prepared, old, call) ?? prepared) : prepared
    const object = track(call, bumpGeneration(call, shareWith(old, hooked), old), old)
    const errors = new FieldErrors()
    strategy.validate(object, old, errors, call)
    if (!errors.empty) throw invalid(call.kind, request.name!, errors.list)
    const { kind } = resource
    if (strategy === MAIN && kind.warn) warn(call, (warnings) => kind.warn?.(object, warnings, old))
    if (strategy === STATUS && kind.warnOfStatus)
      warn(call, (warnings) => kind.warnOfStatus?.(object, warnings))
    if (strategy.admitted) return object
    return after(server.admission.validate(object, attributes), () => object)
  })
}

/** Of the main endpoint, or of one that writes to it. */
function isMain(strategy: UpdateStrategy): boolean {
  return strategy.merge === MAIN.merge
}

function bumpGeneration(call: Call, object: KubeObject, old: KubeObject): KubeObject {
  const { generation } = old.metadata!
  if (!call.resource.kind.generation || !specChanged(old, object)) return object
  return withMetadata(object, { ...object.metadata, generation: (generation ?? 0) + 1 })
}

/** The last finalizer of an object on its way out has been removed, and no grace is left. */
function vanishes(call: Call, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata!
  if (!deletionTimestamp || deletionGracePeriodSeconds || (finalizers && finalizers.length > 0)) return false
  return call.resource.hooks?.mayVanish?.(object) ?? true
}
