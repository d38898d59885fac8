/**
 * When to keep books on who set which field. Processes that write by reference mostly have nobody to share fields
 * with, so only writes that name a field manager, and writes to objects that already have books, pay for it.
 */
import { applyObject, trackUpdate, type WriteInfo, withoutManaged } from '../api/apply/managed-fields.ts'
import { typingErrors } from '../api/apply/typed-check.ts'
import { decode } from '../api/decode.ts'
import { badRequest, invalid, plainRefusal } from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import { apiVersionOf, type KubeObject } from '../api/kind.ts'
import { setOwn } from '../api/own.ts'
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
  const wanted = wantedOf(call)
  const merged = applyObject(schemaOf(call), live, wanted, { ...infoOf(call), force: options.force === true })
  return decode(call.resource.kind, merged).object
}

/** Only what was said: that structs are always there is nothing that anybody asked for. */
function wantedOf(call: Call): KubeObject {
  const { kind, request, resource } = call
  const body = (request.body ?? {}) as KubeObject
  const apiVersion = apiVersionOf(kind)
  if (body.apiVersion !== apiVersion || body.kind !== kind.kind) {
    throw badRequest(`invalid object type: ${goKind(body)}`)
  }
  const problems = typingErrors(body, kind.schema() as AnySchema)
  if (problems.length > 0) {
    const { name = '', namespace = '' } = body.metadata ?? {}
    const all = problems.length === 1 ? problems[0] : `errors:\n  ${problems.join('\n  ')}`
    throw plainRefusal(
      `failed to create typed patch object (${namespace}/${name}; ${apiVersion}, Kind=${kind.kind}): ${all}`,
    )
  }
  const decoded = decodeBody(call)
  if (kind !== resource.kind) return decoded
  return { ...(asGiven(decoded, body) as KubeObject), metadata: decoded.metadata }
}

/** Of a body whose members may be anything. */
function goKind(body: Partial<KubeObject>): string {
  const [version, kind] = [body.apiVersion, body.kind].map((it: unknown) =>
    typeof it === 'string' ? it : '',
  )
  return `${version!.includes('/') ? '' : '/'}${version}, Kind=${kind}`
}

/** What decoding added left out again. */
function asGiven(decoded: unknown, given: unknown): unknown {
  if (typeof decoded !== 'object' || typeof given !== 'object' || decoded === null || given === null)
    return decoded
  if (Array.isArray(decoded)) return decoded.map((item, index) => asGiven(item, (given as unknown[])[index]))
  const kept: Record<string, unknown> = {}
  for (const key of Object.keys(decoded)) {
    if (!Object.hasOwn(given, key)) continue
    setOwn(
      kept,
      key,
      asGiven((decoded as Record<string, unknown>)[key], (given as Record<string, unknown>)[key]),
    )
  }
  return kept
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
