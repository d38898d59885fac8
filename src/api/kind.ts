/**
 * A kind is data: one file declares everything that the machinery needs to serve it. Shared code never asks
 * for a kind by name; it reads these fields.
 */
import type { JSONSchemaProps } from './apiextensions/json-schema.ts'
import type { FieldErrors, FieldWarnings } from './field-errors.ts'
import type { ObjectMeta } from './meta/object-meta.ts'
import type { AnySchema, Schema } from './schema.ts'

/** What every stored object has. */
export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: ObjectMeta
}

/** What a stored object certainly has, once the API server has accepted it. */
export interface StoredMeta extends ObjectMeta {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly creationTimestamp: string
}

/** An object as read from the API: `metadata` is complete. Listers, informers and clients return these. */
export type Stored<T extends KubeObject> = T & { readonly metadata: StoredMeta }

/** Time, user, chance and look-ups that defaulting and strategies may use; nothing else is in reach. */
export interface StrategyContext {
  /** RFC 3339, whole seconds. */
  readonly now: string
  readonly nowMs: number
}

/** One column of `kubectl get`; `wide` columns have priority 1. Cells are strings or integers. */
export interface Column<T> {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date' | 'boolean' | 'number'
  readonly format?: 'name'
  readonly description: string
  readonly wide?: boolean
  /** `nowMs` is for ages. */
  cell(object: T, nowMs: number): string | number | boolean
}

export interface KindNames {
  readonly kind: string
  /** Lower-case plural, as in URLs. */
  readonly resource: string
  readonly singular: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

/** `dns1123Subdomain` for most; see APIMACHINERY section 4. `path` is any legal path segment (RBAC). */
export type NameRule = 'dns1123Subdomain' | 'dns1123Label' | 'dns1035Label' | 'path'

export interface BodyRule<T> {
  readonly schema: () => AnySchema
  /** Removes undeclared fields; `unknown` holds their paths. */
  prune(object: T): { readonly object: T; readonly unknown: readonly string[] }
}

/** Where the objects of a kind live that has no store of its own, and how to get from one form to the other. */
export interface StoredAs {
  readonly kind: () => KindDefinition
  /** To the stored form. */
  encode(object: KubeObject): KubeObject
  /** From the stored form. */
  decode(object: KubeObject): KubeObject
}

/** Everything the machinery needs to serve a kind. Functions are pure and never change their arguments. */
export interface KindDefinition<T extends KubeObject = KubeObject> extends KindNames {
  readonly group: string
  readonly version: string
  readonly namespaced: boolean
  /** The full v1.33 field set with list types and merge keys; a thunk, because kinds stand above their schemas. */
  readonly schema: () => Schema<T>
  readonly nameRule: NameRule
  /** metadata.generation is kept: 1 on create, +1 when something outside metadata and status changes. */
  readonly generation: boolean
  /** The main endpoint ignores status, `/status` ignores the rest. */
  readonly status: boolean
  /**
   * Metadata that a write to `/status` changes along with it. Default: labels, annotations, owners and finalizers, since
   * most of upstream's status strategies keep nothing but the spec.
   */
  readonly statusMetadata?: readonly ('labels' | 'annotations' | 'ownerReferences' | 'finalizers')[]
  /** JSON paths as in a CRD: `/scale` reads and writes these. */
  readonly scale?: { readonly spec: string; readonly status: string; readonly selector?: string }
  /** Further subresources, for discovery; their behaviour is registered with the API server. */
  readonly subresources?: readonly string[]
  readonly verbs?: readonly string[]
  /** PUT may leave resourceVersion out (most kinds) or must give it (custom resources). */
  readonly unconditionalUpdate?: boolean
  readonly createOnUpdate?: boolean
  /** Path under /registry when it is not `[group/]resource`: `minions`, `services/specs`. */
  readonly storagePrefix?: string
  /** Seconds after which the store drops the object: Events, 3600. */
  readonly ttlSeconds?: number
  /** Told to clients with every answer about this kind: `v1 Endpoints is deprecated in v1.33+; use ...`. */
  readonly deprecated?: string
  /** Only on custom resources: how bodies are read, since their own schema is for validation to check. */
  readonly body?: BodyRule<T>
  /** Only on custom resources: the schema as its author wrote it, for OpenAPI documents. */
  readonly openApi?: JSONSchemaProps
  /** Only on a kind that is served from another one's objects (`events.k8s.io`, older versions). */
  readonly stored?: StoredAs
  /** Fills absent fields; returns the same object when nothing was absent. */
  defaults?(object: T): T
  /** After admission, before validation: sets what the server owns (phase, qosClass, ...). */
  prepareForCreate?(object: T, context: StrategyContext): T
  prepareForUpdate?(object: T, old: T, context: StrategyContext): T
  /** Completes a status that a client sends. */
  prepareForStatusUpdate?(object: T, old: T): T
  /**
   * Adds to `errors`; metadata is validated by shared code. On updates `old` is the object as it was: custom
   * resources let pass what was wrong before and has not changed.
   */
  validate?(object: T, errors: FieldErrors, old?: T): void
  /** Called in addition to `validate` on updates of the main resource. */
  validateUpdate?(object: T, old: T, errors: FieldErrors): void
  validateStatusUpdate?(object: T, old: T, errors: FieldErrors): void
  /** Of what was found valid; on updates `old` is the object as it was. */
  warn?(object: T, warnings: FieldWarnings, old?: T): void
  warnOfStatus?(object: T, warnings: FieldWarnings): void
  /** Field selectors beyond metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>
  readonly columns?: readonly Column<T>[]
  /** Grace in seconds of a delete that asked for `asked`; only kinds with graceful deletion (Pod) declare it. */
  gracePeriodSeconds?(object: T, asked: number | undefined): number
  /** Written all the time without anything happening (Lease, Event): its commits are background work, unrecorded. */
  readonly heartbeat?: true
}

/** `group/version`, or `v1` for core: what stands in an object's apiVersion. */
export function apiVersionOf({
  group,
  version,
}: {
  readonly group: string
  readonly version: string
}): string {
  if (group === '') return version
  // One and the same string each time: it is compared with that of every object.
  let versions = apiVersions.get(group)
  if (versions === undefined) apiVersions.set(group, (versions = new Map()))
  let known = versions.get(version)
  if (known === undefined) versions.set(version, (known = `${group}/${version}`))
  return known
}

const apiVersions = new Map<string, Map<string, string>>()

/** `deployments.apps`, or `pods`: how messages name a resource. */
export function groupResource(kind: { readonly group: string; readonly resource: string }): string {
  return kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`
}

/** `default/web-1`, or `node-1`: the key of an object within its kind. */
export function objectKey(meta: { readonly namespace?: string; readonly name?: string }): string {
  return meta.namespace ? `${meta.namespace}/${meta.name}` : (meta.name ?? '')
}

/** `Pod default/web-1`: how the journal and messages to people name an object. */
export function objectRef(
  kind: string,
  meta: { readonly namespace?: string; readonly name?: string },
): string {
  return `${kind} ${objectKey(meta)}`
}

/** Declares a kind. Export a type of the same name beside it: `interface Pod extends Infer<typeof pod> {}`. */
export function defineKind<T extends KubeObject>(definition: KindDefinition<T>): KindDefinition<T> {
  return Object.freeze(definition)
}
