/** The typed client: turns calls into requests and answers into promises that the event loop resolves. */
import { type Draft, produce } from 'immer'
import { ApiError } from '../api/errors.ts'
import type { KubeObject, Stored } from '../api/kind.ts'
import type { ListMeta } from '../api/meta/status.ts'
import type { ApiRequest, ApiResponse, PatchType, Transport } from '../api/request.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type {
  Client,
  DeleteOptions,
  KindRef,
  ListOptions,
  ListResult,
  MetricSelectors,
  ObjectRef,
  WriteOptions,
} from './client.ts'
import type { Requests } from './requests.ts'

export class ApiClient implements Client {
  readonly #requests: Requests
  readonly #loop: EventLoop
  readonly #transport: Transport

  constructor(requests: Requests, loop: EventLoop, transport: Transport) {
    this.#requests = requests
    this.#loop = loop
    this.#transport = transport
  }

  get<T extends KubeObject>(kind: KindRef<T>, ref: ObjectRef): Promise<Stored<T>> {
    return this.#send(this.#requests.get(kind, ref))
  }

  find<T extends KubeObject>(kind: KindRef<T>, ref: ObjectRef): Promise<Stored<T> | undefined> {
    return this.#send(this.#requests.get(kind, ref), true)
  }

  async list<T extends KubeObject>(kind: KindRef<T>, options?: ListOptions): Promise<ListResult<Stored<T>>> {
    const list = await this.#send<ListBody<T>>(this.#requests.list(kind, options))
    const { resourceVersion = '', continue: next, remainingItemCount } = list.metadata ?? {}
    return { items: list.items, resourceVersion, continue: next || undefined, remainingItemCount }
  }

  create<T extends KubeObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<Stored<T>> {
    return this.#send(this.#requests.create(kind, object, options))
  }

  replace<T extends KubeObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<Stored<T>> {
    return this.#send(this.#requests.update(kind, object, options))
  }

  update<T extends KubeObject>(
    kind: KindRef<T>,
    object: Stored<T>,
    recipe: (draft: Draft<T>) => void,
  ): Promise<Stored<T>> {
    const wanted = derive(object, recipe)
    return wanted === object ? Promise.resolve(object) : this.#send(this.#requests.update(kind, wanted))
  }

  updateStatus<T extends KubeObject>(
    kind: KindRef<T>,
    object: Stored<T>,
    recipe?: (draft: Draft<T>) => void,
  ): Promise<Stored<T>> {
    if (recipe === undefined) return this.#send(this.#requests.updateStatus(kind, object))
    const wanted = derive(object, recipe)
    return wanted === object ? Promise.resolve(object) : this.#send(this.#requests.updateStatus(kind, wanted))
  }

  patch<T extends KubeObject>(
    kind: KindRef<T>,
    ref: ObjectRef,
    patch: unknown,
    options?: WriteOptions & { readonly type?: PatchType; readonly subresource?: string },
  ): Promise<Stored<T>> {
    return this.#send(this.#requests.patch(kind, ref, patch, options))
  }

  apply<T extends KubeObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<Stored<T>> {
    const { namespace, name = '' } = object.metadata ?? {}
    const type = 'application/apply-patch+yaml'
    return this.#send(this.#requests.patch(kind, { namespace, name }, object, { ...options, type }))
  }

  /** The server answers with a Status once the object is gone, with the object while it lingers. */
  async delete<T extends KubeObject>(
    kind: KindRef<T>,
    ref: ObjectRef,
    options?: DeleteOptions,
  ): Promise<Stored<T> | undefined> {
    const body = await this.#send<Stored<T>>(this.#requests.delete(kind, ref, options))
    return body.kind === 'Status' ? undefined : body
  }

  async deleteCollection(kind: KindRef, options?: ListOptions & DeleteOptions): Promise<void> {
    await this.#send(this.#requests.deleteCollection(kind, options))
  }

  subresource<T = unknown>(
    verb: 'get' | 'create' | 'update',
    kind: KindRef,
    ref: ObjectRef,
    subresource: string,
    body?: unknown,
    options?: WriteOptions & MetricSelectors,
  ): Promise<T> {
    return this.#send(this.#requests.subresource(verb, kind, ref, subresource, body, options))
  }

  /** The promise of the answer's body; `orMissing` turns NotFound into undefined. */
  #send<T>(request: ApiRequest, orMissing = false): Promise<T> {
    const { promise, resume, fail } = this.#loop.suspend<T>()
    this.#transport.request(request, (response: ApiResponse) => {
      if (response.ok) resume(response.body as T)
      else if (orMissing && response.status.reason === 'NotFound') resume(undefined as T)
      else fail(new ApiError(response.status))
    })
    return promise
  }
}

interface ListBody<T extends KubeObject> {
  readonly metadata?: ListMeta
  readonly items: readonly Stored<T>[]
}

function derive<T extends KubeObject>(object: Stored<T>, recipe: (draft: Draft<T>) => void): Stored<T> {
  return produce(object, (draft) => {
    recipe(draft as Draft<T>)
  })
}
