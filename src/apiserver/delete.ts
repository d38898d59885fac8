/** DELETE of one object and of a collection: grace, finalizers, propagation (upstream: rest/delete.go, registry/store.go). */
import { conflict, invalid, notFound } from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import type { KubeObject } from '../api/kind.ts'
import type { ObjectMeta } from '../api/meta/object-meta.ts'
import type { Status } from '../api/meta/status.ts'
import type { ApiResponse, Maybe } from '../api/request.ts'
import { formatTime } from '../api/time.ts'
import { attributesOf } from './admission/plugin.ts'
import { answer, type Call } from './call.ts'
import { after, inOrder } from './maybe.ts'
import { withMetadata } from './metadata.ts'
import { select } from './select.ts'
import { served } from './versions.ts'

/** The garbage collector deletes dependents first, and then removes this. */
export const FOREGROUND = 'foregroundDeletion'
/** The garbage collector cuts the dependents loose, and then removes this. */
export const ORPHAN = 'orphan'
const ATTEMPTS = 5

type Plan =
  | { readonly kind: 'remove' }
  | { readonly kind: 'linger'; readonly object: KubeObject }
  | { readonly kind: 'nothing' }

export function remove(call: Call): Maybe<ApiResponse> {
  return after(removeNamed(call, call.request.name!), (left) =>
    left.gone
      ? answer(call, 200, deleted(call, left.object))
      : answer(call, 200, served(call.kind, left.object)),
  )
}

export function removeCollection(call: Call): Maybe<ApiResponse> {
  const { server, resource, request, kind } = call
  const selection = select(call, resource, request.options ?? {})
  const doomed = selection.objects()
  const body = {
    kind: `${kind.kind}List`,
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    metadata: { resourceVersion: String(server.storage.revision) },
    items: doomed.map((object) => served(kind, object)),
  }
  const done = inOrder(doomed, undefined as undefined, (_, object) => {
    const { name, namespace } = object.metadata!
    const one: Call = { ...call, request: { ...request, name: name!, namespace } }
    return after(removeNamed(one, name!, true), () => undefined)
  })
  return after(done, () => answer(call, 200, body))
}

interface Left {
  readonly object: KubeObject
  readonly gone: boolean
}

/** Deletes, or starts to; `gone` tells which. With `tolerant`, an object that vanished meanwhile is fine. */
export function removeNamed(call: Call, name: string, tolerant = false): Maybe<Left> {
  const { server, resource, request, kind, options } = call
  const key = resource.keyOf(request.namespace, name)
  checkOptions(call)
  const attempt = (left: number): Maybe<Left> => {
    const old = server.storage.get(key)
    if (old === undefined) {
      if (tolerant) return { object: {}, gone: true }
      throw notFound(kind, name)
    }
    checkPreconditions(call, old)
    resource.hooks?.delete?.(old, call)
    // An eviction has been admitted as such.
    const admitted =
      request.subresource === undefined
        ? server.admission.validate(undefined, attributesOf(call, 'DELETE', name, old))
        : undefined
    return after(admitted, () => {
      const plan = planDeletion(call, old)
      if (plan.kind === 'nothing') return { object: old, gone: false }
      if (options.dryRun) {
        return plan.kind === 'remove' ? { object: old, gone: true } : { object: plan.object, gone: false }
      }
      const written: Maybe<Left | undefined> =
        plan.kind === 'remove'
          ? after(server.storage.remove(call, key, old), (revision) =>
              revision === undefined ? undefined : { object: old, gone: true },
            )
          : after(
              server.storage.replace(call, key, old, plan.object),
              (object) => object && { object, gone: false },
            )
      return after(written, (result) => {
        if (result !== undefined) return result
        if (left > 1) return attempt(left - 1)
        throw conflict(kind, name)
      })
    })
  }
  return attempt(ATTEMPTS)
}

const POLICIES = ['Foreground', 'Background', 'Orphan']

function checkOptions(call: Call): void {
  const { propagationPolicy } = call.options
  if (propagationPolicy === undefined) return
  if (!POLICIES.includes(propagationPolicy)) {
    const errors = new FieldErrors()
    errors.notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil'])
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors.list)
  }
}

function checkPreconditions(call: Call, old: KubeObject): void {
  const { preconditions } = call.options
  if (preconditions === undefined) return
  const { uid, resourceVersion } = old.metadata!
  const name = old.metadata!.name!
  // Upstream names the kind here, not the resource.
  const kind = { group: call.kind.group, resource: call.kind.kind }
  if (preconditions.uid !== undefined && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`
    throw conflict(kind, name, why)
  }
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`
    throw conflict(kind, name, why)
  }
}

/** Whether the object goes at once, lingers in a new state, or stays on its way out as it is. */
function planDeletion(call: Call, old: KubeObject): Plan {
  const metadata = old.metadata!
  const finalizers = finalizersFor(call, metadata)
  const grace = graceOf(call, old)
  if (metadata.deletionTimestamp) return planSecond(call, old, finalizers, grace)
  if (grace === 0 && finalizers.length === 0 && (call.resource.hooks?.mayVanish?.(old) ?? true)) {
    return { kind: 'remove' }
  }
  const marked: ObjectMeta = {
    ...metadata,
    deletionTimestamp: formatTime(call.server.strategy.nowMs + grace * 1000),
    deletionGracePeriodSeconds: grace,
    ...(metadata.generation ? { generation: metadata.generation + 1 } : {}),
  }
  const dying = call.resource.hooks?.dying?.(old) ?? old
  return { kind: 'linger', object: withFinalizers(dying, marked, finalizers) }
}

/** A delete of an object that is on its way out can only shorten its grace, and change who finalizes it. */
function planSecond(call: Call, old: KubeObject, finalizers: readonly string[], grace: number): Plan {
  const metadata = old.metadata!
  const former = metadata.deletionGracePeriodSeconds ?? 0
  const shorter = grace < former
  if (grace === 0 && finalizers.length === 0 && (call.resource.hooks?.mayVanish?.(old) ?? true)) {
    return { kind: 'remove' }
  }
  const changed = finalizers.join() !== (metadata.finalizers ?? []).join()
  if (!shorter && !changed) return { kind: 'nothing' }
  const requested = Date.parse(metadata.deletionTimestamp!) - former * 1000
  const marked: ObjectMeta = shorter
    ? {
        ...metadata,
        deletionTimestamp: formatTime(requested + grace * 1000),
        deletionGracePeriodSeconds: grace,
      }
    : { ...metadata }
  return { kind: 'linger', object: withFinalizers(old, marked, finalizers) }
}

function withFinalizers(old: KubeObject, metadata: ObjectMeta, finalizers: readonly string[]): KubeObject {
  const { finalizers: _, ...rest } = metadata
  return withMetadata(old, finalizers.length > 0 ? { ...rest, finalizers } : rest)
}

/** The object's own finalizers, with the one that the propagation policy asks for, and without its opposite. */
function finalizersFor(call: Call, metadata: ObjectMeta): readonly string[] {
  const own = metadata.finalizers ?? []
  const { propagationPolicy } = call.options
  if (propagationPolicy === undefined) return own
  const wanted = { Orphan: ORPHAN, Foreground: FOREGROUND, Background: undefined }[propagationPolicy]
  const kept = own.filter((it) => it !== ORPHAN && it !== FOREGROUND)
  const result = wanted === undefined ? kept : [...kept, wanted]
  const same = result.length === own.length && result.every((it) => own.includes(it))
  return same ? own : result
}

/** Seconds; 0 for kinds without graceful deletion. */
function graceOf(call: Call, old: KubeObject): number {
  const { gracePeriodSeconds: natural } = call.resource.kind
  if (natural === undefined) return 0
  const grace = natural(old, call.options.gracePeriodSeconds)
  return grace < 0 ? 1 : grace
}

function deleted(call: Call, object: KubeObject): Status {
  const { kind } = call
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: object.metadata!.name!,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.resource,
      uid: object.metadata!.uid!,
    },
  }
}
