/**
 * Builds requests for a typed client and for hot paths that want no promise:
 * `process.transport.request(process.requests.create(Pod, pod), (response) => ...)`.
 */
import type { KubeObject } from '../api/kind.ts'
import { compileSelector } from '../api/label-selector.ts'
import type { ApiRequest, PatchType, RequestOptions, UserInfo, Verb } from '../api/request.ts'
import type {
  DeleteOptions,
  KindRef,
  ListOptions,
  MetricSelectors,
  ObjectRef,
  WriteOptions,
} from './client.ts'

export class Requests {
  readonly #user: UserInfo
  readonly #userAgent: string

  /** @param userAgent the process's name; its part before the first `/` is the default field manager */
  constructor(user: UserInfo, userAgent: string) {
    this.#user = user
    this.#userAgent = userAgent
  }

  get(kind: KindRef, ref: ObjectRef): ApiRequest {
    return this.#build('get', kind, ref)
  }

  list(kind: KindRef, options: ListOptions = {}): ApiRequest {
    return this.#build(
      'list',
      kind,
      { namespace: options.namespace, name: undefined },
      undefined,
      listOptions(options),
    )
  }

  /** From after `resourceVersion`, with bookmarks. */
  watch(kind: KindRef, options: ListOptions): ApiRequest {
    return this.#build('watch', kind, { namespace: options.namespace, name: undefined }, undefined, {
      ...listOptions(options),
      allowWatchBookmarks: true,
    })
  }

  create(kind: KindRef, object: KubeObject, options?: WriteOptions): ApiRequest {
    return this.#build('create', kind, refOf(object), object, options)
  }

  update(kind: KindRef, object: KubeObject, options?: WriteOptions): ApiRequest {
    return this.#build('update', kind, refOf(object), object, options)
  }

  updateStatus(kind: KindRef, object: KubeObject): ApiRequest {
    return this.#build('update', kind, refOf(object), object, undefined, 'status')
  }

  patch(
    kind: KindRef,
    ref: ObjectRef,
    patch: unknown,
    options: WriteOptions & { readonly type?: PatchType; readonly subresource?: string } = {},
  ): ApiRequest {
    const { type = 'application/merge-patch+json', subresource, ...rest } = options
    return this.#build('patch', kind, ref, patch, rest, subresource, type)
  }

  delete(kind: KindRef, ref: ObjectRef, options?: DeleteOptions): ApiRequest {
    return this.#build('delete', kind, ref, undefined, options)
  }

  deleteCollection(kind: KindRef, options: ListOptions & DeleteOptions = {}): ApiRequest {
    const { namespace, labels, fields, ...rest } = options
    const all = { ...rest, ...listOptions({ labels, fields }) }
    return this.#build('deletecollection', kind, { namespace, name: undefined }, undefined, all)
  }

  subresource(
    verb: 'get' | 'create' | 'update',
    kind: KindRef,
    ref: ObjectRef,
    subresource: string,
    body?: unknown,
    options?: WriteOptions & MetricSelectors,
  ): ApiRequest {
    return this.#build(verb, kind, ref, body, options, subresource)
  }

  // All requests have the same shape, so that whoever reads them stays monomorphic.
  #build(
    verb: Verb,
    kind: KindRef,
    ref: { readonly namespace?: string; readonly name: string | undefined },
    body?: unknown,
    options?: RequestOptions,
    subresource?: string,
    patchType?: PatchType,
  ): ApiRequest {
    return {
      verb,
      group: kind.group,
      version: kind.version,
      resource: kind.resource,
      subresource,
      namespace: kind.namespaced ? ref.namespace : undefined,
      name: ref.name,
      options,
      body,
      patchType,
      user: this.#user,
      userAgent: this.#userAgent,
    }
  }
}

function refOf(object: KubeObject): { readonly namespace?: string; readonly name: string | undefined } {
  return { namespace: object.metadata?.namespace, name: object.metadata?.name }
}

function listOptions(options: ListOptions): RequestOptions {
  const { labels, fields, limit, resourceVersion } = options
  return {
    labelSelector: typeof labels === 'object' ? compileSelector(labels).toString() : labels,
    fieldSelector: fields,
    limit,
    continue: options.continue,
    resourceVersion,
  }
}
