/**
 * The typed client over a {@link Transport}. Objects that come back are deeply frozen and shared; derive with
 * `update`, never assign. Every method rejects with `ApiError` when the server says no, and never settles when
 * the process crashed meanwhile.
 */
import type { Draft } from 'immer'
import type { KindDefinition, KubeObject, Stored } from '../api/kind.ts'
import type { LabelSelector } from '../api/meta/label-selector.ts'
import type { PatchType, RequestOptions } from '../api/request.ts'

/** A kind's definition, or anything that says where it is served (`{ group, version, resource, kind, namespaced }`). */
export type KindRef<T extends KubeObject = KubeObject> = Pick<
  KindDefinition<T>,
  'group' | 'version' | 'resource' | 'kind' | 'namespaced'
> & { readonly schema?: KindDefinition<T>['schema'] }

export interface ObjectRef {
  readonly namespace?: string
  readonly name: string
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string
  /** `app=web,tier in (a,b)`, or a LabelSelector object. */
  readonly labels?: string | LabelSelector
  /** `spec.nodeName=node-1`. */
  readonly fields?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
}

export interface ListResult<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

export type WriteOptions = Pick<RequestOptions, 'dryRun' | 'fieldManager' | 'fieldValidation' | 'force'>
/** Of which pods, and which of the metrics of a name, when custom metrics are asked for. */
export type MetricSelectors = Pick<RequestOptions, 'labelSelector' | 'metricLabelSelector'>
export type DeleteOptions = Pick<
  RequestOptions,
  'gracePeriodSeconds' | 'propagationPolicy' | 'preconditions' | 'dryRun'
>

export interface Client {
  get<T extends KubeObject>(kind: KindRef<T>, ref: ObjectRef): Promise<Stored<T>>
  /** Like `get`, but undefined instead of NotFound. */
  find<T extends KubeObject>(kind: KindRef<T>, ref: ObjectRef): Promise<Stored<T> | undefined>
  list<T extends KubeObject>(kind: KindRef<T>, options?: ListOptions): Promise<ListResult<Stored<T>>>
  create<T extends KubeObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<Stored<T>>
  /** PUT of exactly this object; its resourceVersion guards against lost updates. */
  replace<T extends KubeObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<Stored<T>>
  /**
   * Derives the object with immer and PUTs it. A recipe that changes nothing makes no request and resolves to
   * the object as it was. Conflict is not retried: reconcile again.
   */
  update<T extends KubeObject>(
    kind: KindRef<T>,
    object: Stored<T>,
    recipe: (draft: Draft<T>) => void,
  ): Promise<Stored<T>>
  /** The same through `/status`. Pass the wanted object (derived by spread) or a recipe. */
  updateStatus<T extends KubeObject>(
    kind: KindRef<T>,
    object: Stored<T>,
    recipe?: (draft: Draft<T>) => void,
  ): Promise<Stored<T>>
  patch<T extends KubeObject>(
    kind: KindRef<T>,
    ref: ObjectRef,
    patch: unknown,
    options?: WriteOptions & { readonly type?: PatchType; readonly subresource?: string },
  ): Promise<Stored<T>>
  /** Server-side apply under a field manager (default: the process's name). */
  apply<T extends KubeObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<Stored<T>>
  /** Resolves to the object when it lingers (finalizers, grace), else undefined. */
  delete<T extends KubeObject>(
    kind: KindRef<T>,
    ref: ObjectRef,
    options?: DeleteOptions,
  ): Promise<Stored<T> | undefined>
  deleteCollection(kind: KindRef, options?: ListOptions & DeleteOptions): Promise<void>
  /** POST or GET of any subresource: binding, eviction, scale, token, finalize, approval ... */
  subresource<T = unknown>(
    verb: 'get' | 'create' | 'update',
    kind: KindRef,
    ref: ObjectRef,
    subresource: string,
    body?: unknown,
    options?: WriteOptions & MetricSelectors,
  ): Promise<T>
}
