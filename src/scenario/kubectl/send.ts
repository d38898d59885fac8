/** Sends the objects of a step one after the other; the first refusal says where it stands and what went before. */
import { ApiError } from '../../api/errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import { InputError } from '../../cluster/input-error.ts'
import type { ManifestObject } from '../../cluster/manifest.ts'
import { type StepContext, StepFailure } from '../step.ts'
import { kindOf, printedName } from './objects.ts'
import { type PatchWord, patchObject } from './patch.ts'

type SendVerb = 'apply' | 'create' | 'patch'

/** Resolves to `deployment.apps/web created, service/web created`. */
export async function sendAll(context: StepContext, verb: SendVerb, type?: PatchWord): Promise<string> {
  const done: string[] = []
  checkKinds(context)
  for (const it of context.objects) {
    try {
      done.push(await send(context, it.object, verb, type))
    } catch (error) {
      throw placed(error, it, done)
    }
  }
  return done.join(', ')
}

/** Every kind is known before anything is sent; only a definition among the objects may still bring kinds. */
function checkKinds({ cluster, objects }: StepContext): void {
  if (objects.some(({ object }) => object.kind === 'CustomResourceDefinition')) return
  for (const { object, placeOf } of objects) {
    try {
      kindOf(cluster, object.apiVersion ?? '', object.kind ?? '')
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error
      throw new InputError(error.message, placeOf('kind'))
    }
  }
}

async function send(
  { cluster, namespace }: StepContext,
  object: KubeObject,
  verb: SendVerb,
  type: PatchWord | undefined,
): Promise<string> {
  const kind = kindOf(cluster, object.apiVersion ?? '', object.kind ?? '')
  const placed = kind.namespaced ? inNamespace(object, namespace) : object
  const name = placed.metadata?.name ?? placed.metadata?.generateName ?? ''
  switch (verb) {
    case 'apply': {
      const [result] = await cluster.apply(placed)
      return `${printedName(kind, result?.object.metadata.name ?? name)} ${result?.operation ?? 'unchanged'}`
    }
    case 'create': {
      const created = await cluster.client.create(kind, placed, { fieldValidation: 'Strict' })
      return `${printedName(kind, created.metadata.name)} created`
    }
    case 'patch':
      return patchObject(cluster, kind, { namespace: placed.metadata?.namespace, name }, placed, { type })
  }
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  if (object.metadata?.namespace !== undefined) return object
  return { ...object, metadata: { ...object.metadata, namespace } }
}

/** What strict decoding, and Go's decoder of JSON, say about a field. */
const FIELD_IN_MESSAGE = /unknown field "([^"]+)"|Go struct field \w+\.(\S+) of type/

/** A refusal with the place of the field that it is about, and what was already done. */
function placed(error: unknown, it: ManifestObject, done: readonly string[]): unknown {
  if (!(error instanceof ApiError)) return error
  const field =
    error.status.details?.causes?.[0]?.field ??
    FIELD_IN_MESSAGE.exec(error.message)?.slice(1).find(Boolean) ??
    ''
  const before = done.length === 0 ? undefined : `before that: ${done.join(', ')}`
  return new InputError(error.message, it.placeOf(field), before)
}
