/** `/scale`: the replicas of any kind that declares where they are (upstream: registry/apps/deployment/storage). */
import { Scale } from '../../api/autoscaling/scale.ts'
import { decode } from '../../api/decode.ts'
import { invalid, methodNotServed, notFound } from '../../api/errors.ts'
import { FieldErrors } from '../../api/field-errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import { formatLabelSelector } from '../../api/label-selector.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import type { ApiResponse, Maybe } from '../../api/request.ts'
import { admitPosted } from '../admission/plugin.ts'
import { answer, type Call } from '../call.ts'
import { after } from '../maybe.ts'
import { patched } from '../patch.ts'
import { change, MAIN, type UpdateStrategy } from '../update.ts'

type Json = Readonly<Record<string, unknown>>

/** Admission sees the Scale, not what it changes. */
const SCALED: UpdateStrategy = { ...MAIN, admitted: true }

export function scaleOf(call: Call): Maybe<ApiResponse> {
  const { server, resource, request, kind } = call
  switch (request.verb) {
    case 'get': {
      const object = server.storage.get(resource.keyOf(request.namespace, request.name!))
      if (object === undefined) throw notFound(kind, request.name!)
      return answer(call, 200, scaleFrom(call, object))
    }
    case 'update':
      return write(call, () => request.body)
    case 'patch':
      return write(call, (scale) => patched(call, Scale, scale as KubeObject))
    default:
      throw methodNotServed()
  }
}

function write(call: Call, next: (scale: Scale) => unknown): Maybe<ApiResponse> {
  const { request, resource } = call
  const path = steps(resource.kind.scale!.spec)
  const produce = (old: KubeObject): Maybe<KubeObject> => {
    const before = scaleFrom(call, old)
    const { object } = decode(Scale, next(before))
    return after(admitPosted(call, Scale, object, before), (scale) => scaled(old, scale))
  }
  const scaled = (old: KubeObject, scale: Scale): KubeObject => {
    const replicas = scale.spec?.replicas ?? 0
    if (replicas < 0) {
      const errors = new FieldErrors()
      errors.at('spec', () => errors.invalid('replicas', replicas, 'must be greater than or equal to 0'))
      throw invalid(Scale, request.name!, errors.list)
    }
    const { uid, resourceVersion } = scale.metadata ?? {}
    const stored = old.metadata!
    // Without a resourceVersion, whatever is stored now is meant.
    const metadata = {
      ...stored,
      uid: uid ?? stored.uid,
      resourceVersion: resourceVersion || stored.resourceVersion,
    }
    return { ...(withValue(old as Json, path, replicas) as KubeObject), metadata }
  }
  return after(change(call, SCALED, produce), (stored) => answer(call, 200, scaleFrom(call, stored)))
}

function scaleFrom(call: Call, object: KubeObject): Scale {
  const { spec, status, selector } = call.resource.kind.scale!
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata!
  const selected = selector === undefined ? undefined : valueAt(object as Json, steps(selector))
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, spec) },
    status: {
      replicas: numberAt(object, status),
      ...(selected === undefined ? {} : { selector: selectorText(selected) }),
    },
  } as Scale
}

/** Custom kinds keep the selector as text, built-in ones as an object, and the oldest one as a map. */
function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector
  const object = selector as LabelSelector & Json
  const isMap = object.matchLabels === undefined && object.matchExpressions === undefined
  return formatLabelSelector(isMap ? { matchLabels: selector as Record<string, string> } : object)
}

function numberAt(object: KubeObject, path: string): number {
  const value = valueAt(object as Json, steps(path))
  return typeof value === 'number' ? value : 0
}

/** `.spec.replicas`, as in a CustomResourceDefinition. */
function steps(path: string): readonly string[] {
  return path.split('.').filter((step) => step !== '')
}

function valueAt(object: Json, path: readonly string[]): unknown {
  let value: unknown = object
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Json)[step]
  }
  return value
}

function withValue(object: Json, [step, ...rest]: readonly string[], value: unknown): Json {
  if (rest.length === 0) return { ...object, [step!]: value }
  const inner = Object.hasOwn(object, step!) ? (object[step!] as Json) : {}
  return { ...object, [step!]: withValue(inner, rest, value) }
}
