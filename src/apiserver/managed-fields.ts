/**
 * When to keep books on who set which field. Processes that write by reference mostly have nobody to share fields
 * with, so only writes that name a field manager, and writes to objects that already have books, pay for it.
 */
import { applyObject, trackUpdate, type WriteInfo, withoutManaged } from '../api/apply/managed-fields.ts'
import { decode } from '../api/decode.ts'
import { invalid } from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import { apiVersionOf, type KubeObject } from '../api/kind.ts'
import type { AnySchema } from '../api/schema.ts'
import { decodeBody } from './body.ts'
import { actorOf, type Call } from './call.ts'

/**
 * A new object with its first books: of what its author wrote and of defaults. What admission adds afterwards is
 * nobody's (upstream: handlers/create.go).
 */
export function trackNew(call: Call, object: KubeObject): KubeObject {
  if (isApply(call)) return object
  if (call.options.fieldManager === undefined) return withoutManaged(object)
  return trackUpdate(schemaOf(call), undefined, object, infoOf(call))
}

/** The object after a write, with its books brought up to date. */
export function track(call: Call, object: KubeObject, old: KubeObject): KubeObject {
  // Creations before anybody kept books would now all be claimed by whoever comes first.
  if (isApply(call) || old.metadata?.managedFields === undefined) return object
  return trackUpdate(schemaOf(call), old, object, infoOf(call))
}

export function isApply(call: Call): boolean {
  return call.request.patchType === 'application/apply-patch+yaml'
}

/** What a server-side apply makes of the live object (absent: it is created). Throws Conflict. */
export function applied(call: Call, live: KubeObject | undefined): KubeObject {
  const { options } = call
  if (!options.fieldManager) {
    const errors = new FieldErrors()
    errors.required('fieldManager', 'is required for apply patch')
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', errors.list)
  }
  const wanted = decodeBody(call)
  const merged = applyObject(schemaOf(call), live, wanted, { ...infoOf(call), force: options.force === true })
  return decode(call.resource.kind, merged).object
}

function schemaOf(call: Call): AnySchema {
  return call.resource.kind.schema() as AnySchema
}

function infoOf({ request, options, kind, server, resource }: Call): WriteInfo {
  const subresource = request.subresource ?? ''
  const ignored = subresource === 'status' ? ['spec'] : resource.kind.status ? ['status'] : []
  return {
    manager: (options.fieldManager ?? actorOf(request)).split('/')[0]!,
    apiVersion: apiVersionOf(kind),
    subresource,
    now: server.strategy.now,
    ignored,
  }
}
