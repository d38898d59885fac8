/**
 * `kubectl apply` through the API alone: create what is missing, patch what differs from what was applied last,
 * leave alone what is equal. All documents are parsed before the first is sent.
 */
import { ApiError, isAlreadyExists } from '../api/errors.ts'
import { apiVersionOf, type KindDefinition, type KubeObject, objectRef, type Stored } from '../api/kind.ts'
import { BUILT_IN_KINDS, type Scheme } from '../api/scheme.ts'
import type { Client } from '../client/client.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import { nearestWord } from '../kernel/nearest-word.ts'
import type { ApplyResult } from './cluster.ts'
import { InputError } from './input-error.ts'
import { type ManifestObject, parseManifest } from './manifest.ts'
import { LAST_APPLIED, threeWayPatch } from './three-way.ts'

/** As kubectl asks for: unknown and duplicate fields are refused rather than dropped. */
const STRICT = { fieldValidation: 'Strict' } as const

const ESTABLISHED_WITHIN_MS = 10_000

export type ManifestInput = string | KubeObject | readonly KubeObject[]

/** One object to send, its kind known. */
export interface Resolved {
  readonly kind: KindDefinition
  readonly object: KubeObject
  readonly placeOf?: ManifestObject['placeOf']
}

/** Parses text, checks that every kind is served; throws `InputError` with the place of the first fault. */
export function resolveManifest(input: ManifestInput, scheme: Scheme, file?: string): Resolved[] {
  return manifestObjects(input, file).map(({ object, placeOf }) => ({
    kind: kindOf(object, scheme, placeOf),
    object,
    placeOf,
  }))
}

/**
 * Applies in order. Kinds that a CustomResourceDefinition of the same input declares are known once it is
 * established, so one file may hold a definition and its objects.
 */
export async function applyManifest(
  client: Client,
  loop: EventLoop,
  scheme: Scheme,
  input: ManifestInput,
  file?: string,
): Promise<ApplyResult[]> {
  const pending = manifestObjects(input, file)
  const definesKinds = pending.some(({ object }) => object.kind === 'CustomResourceDefinition')
  if (!definesKinds) for (const { object, placeOf } of pending) kindOf(object, scheme, placeOf)
  const results: ApplyResult[] = []
  for (const { object, placeOf } of pending) {
    const kind = kindOf(object, scheme, placeOf)
    try {
      results.push(await applyObject(client, kind, object))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      throw refusal(error, object, placeOf, results)
    }
    if (kind.kind === 'CustomResourceDefinition') await established(loop, scheme, object)
  }
  return results
}

/** Waits until the kind is served, up to as long as upstream needs at worst. */
async function established(loop: EventLoop, scheme: Scheme, definition: KubeObject): Promise<void> {
  const { spec } = definition as {
    readonly spec?: { readonly group: string; readonly names: { readonly plural: string } }
  }
  for (let waitedMs = 0; waitedMs < ESTABLISHED_WITHIN_MS; waitedMs += 100) {
    if (spec === undefined || scheme.byResource(spec.group, spec.names.plural) !== undefined) return
    await loop.sleep(100)
  }
}

/** Applies one object as kubectl does on the client's side. */
export async function applyObject(
  client: Client,
  kind: KindDefinition,
  given: KubeObject,
): Promise<ApplyResult> {
  const object = withNamespace(kind, given)
  const ref = { namespace: object.metadata?.namespace, name: object.metadata?.name ?? '' }
  const live = ref.name === '' ? undefined : await client.find(kind, ref)
  if (live === undefined) {
    try {
      return { object: await client.create(kind, withLastApplied(object), STRICT), operation: 'created' }
    } catch (error) {
      if (isAlreadyExists(error) && ref.name !== '') return applyObject(client, kind, given)
      throw error
    }
  }
  const original = lastApplied(live)
  const schema = BUILT_IN_KINDS.includes(kind) ? kind.schema() : undefined // Custom kinds have no strategic merge.
  const patch = threeWayPatch(original, asJson(withLastApplied(object)), asJson(live), schema)
  if (patch === undefined) return { object: live, operation: 'unchanged' }
  const type =
    schema === undefined ? 'application/merge-patch+json' : 'application/strategic-merge-patch+json'
  const patched = await client.patch(kind, ref, patch, { type, ...STRICT })
  const same = patched.metadata.resourceVersion === live.metadata.resourceVersion
  return { object: patched, operation: same ? 'unchanged' : 'configured' }
}

/** Deletes the objects in reverse order; those that are gone already are passed over. */
export async function deleteManifest(client: Client, scheme: Scheme, input: ManifestInput): Promise<void> {
  for (const { kind, object } of resolveManifest(input, scheme).reverse()) {
    const { metadata } = withNamespace(kind, object)
    const ref = { namespace: metadata?.namespace, name: metadata?.name ?? '' }
    if ((await client.find(kind, ref)) !== undefined) await client.delete(kind, ref)
  }
}

type ParsedObject = Pick<ManifestObject, 'object'> & Partial<Pick<ManifestObject, 'placeOf'>>

function manifestObjects(input: ManifestInput, file?: string): ParsedObject[] {
  if (typeof input === 'string') return parseManifest(input, file)
  const objects: readonly KubeObject[] = Array.isArray(input) ? input : [input as KubeObject]
  return objects.map((object) => ({ object }))
}

function kindOf(object: KubeObject, scheme: Scheme, placeOf?: ManifestObject['placeOf']): KindDefinition {
  const { apiVersion = '', kind = '' } = object
  const definition = scheme.byKind(apiVersion, kind)
  if (definition !== undefined) return definition
  const sameKind = scheme.all().filter((it) => it.kind === kind)
  const near = nearestWord(
    kind,
    scheme.all().map((it) => it.kind),
  )
  const hint =
    sameKind.length > 0
      ? `${kind} is served as ${sameKind.map(apiVersionOf).join(' and ')}`
      : near !== undefined
        ? `did you mean ${near}?`
        : undefined
  const field = sameKind.length > 0 ? 'apiVersion' : 'kind'
  throw new InputError(`no matches for kind "${kind}" in version "${apiVersion}"`, placeOf?.(field), hint)
}

function refusal(
  error: ApiError,
  object: KubeObject,
  placeOf: ManifestObject['placeOf'] | undefined,
  applied: readonly ApplyResult[],
): Error {
  if (placeOf === undefined && applied.length === 0) return error
  const field = error.status.details?.causes?.[0]?.field
  const done =
    applied.length === 0
      ? 'nothing was applied'
      : `applied before it: ${applied.map((it) => objectRef(it.object.kind ?? '', it.object.metadata)).join(', ')}`
  const problem = `${objectRef(object.kind ?? '', object.metadata ?? {})}: ${error.message}`
  return new InputError(problem, placeOf?.(field ?? 'metadata.name'), done)
}

function withNamespace(kind: KindDefinition, object: KubeObject): KubeObject {
  if (!kind.namespaced || object.metadata?.namespace !== undefined) return object
  return { ...object, metadata: { ...object.metadata, namespace: 'default' } }
}

function withLastApplied(object: KubeObject): KubeObject {
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata?.annotations ?? {}
  const plain = { ...object, metadata: { ...object.metadata, annotations } }
  const text = `${JSON.stringify(plain)}\n`
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: text } },
  }
}

function lastApplied(live: Stored<KubeObject>): Readonly<Record<string, unknown>> {
  const text = live.metadata.annotations?.[LAST_APPLIED]
  return text === undefined ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>)
}

function asJson(object: KubeObject): Readonly<Record<string, unknown>> {
  return object as unknown as Readonly<Record<string, unknown>>
}
