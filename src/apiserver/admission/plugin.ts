/**
 * What an admission plug-in is, and the chain that runs them: all that may change the object, then all that judge it.
 * Which plug-ins have a say is worked out once per kind, subresource and operation, so that a request pays only for
 * those that care about it. Upstream: apiserver/pkg/admission/chain.go.
 */
import { ApiError } from '../../api/errors.ts'
import type { KindDefinition, KubeObject } from '../../api/kind.ts'
import type { Maybe, RequestOptions, UserInfo } from '../../api/request.ts'
import type { Call, ServerContext } from '../call.ts'
import { after } from '../maybe.ts'

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** What plug-ins are chosen by. */
export interface AdmissionTarget {
  readonly operation: AdmissionOperation
  /** The kind of the resource in the version in which it is stored: Pod for `pods/eviction` too. */
  readonly kind: KindDefinition
  readonly subresource: string
}

/** Names a kind of objects. */
export type ObjectKind = Pick<KindDefinition, 'group' | 'version' | 'kind'>

/** What a plug-in sees of a request. */
export interface AdmissionAttributes extends AdmissionTarget {
  readonly server: ServerContext
  readonly call: Call
  /** The kind of the object when that is another one than the resource's: Eviction for `pods/eviction`. */
  readonly posted?: ObjectKind
  readonly namespace: string
  readonly name: string
  /** The stored object; absent on CREATE. */
  readonly old: KubeObject | undefined
  readonly user: UserInfo
  readonly options: RequestOptions
  readonly dryRun: boolean
  readonly warnings: string[]
}

/**
 * One plug-in. `handles` is asked once for each target, and again after `Admission.reconfigure`. `admit` returns the
 * object, changed or the very same; `validate` throws `ApiError` to refuse. `object` is undefined on DELETE and CONNECT.
 */
export interface AdmissionPlugin {
  readonly name: string
  handles(target: AdmissionTarget, server: ServerContext): boolean
  admit?(object: KubeObject, attributes: AdmissionAttributes): Maybe<KubeObject>
  validate?(object: KubeObject | undefined, attributes: AdmissionAttributes): Maybe<void>
  /** After all have changed the object: whether all shall see it once more. */
  wantsAgain?(attributes: AdmissionAttributes): boolean
}

interface Chain {
  readonly mutating: readonly AdmissionPlugin[]
  readonly validating: readonly AdmissionPlugin[]
}

export class Admission {
  readonly #plugins: readonly AdmissionPlugin[]
  readonly #server: ServerContext
  /** By kind, subresource and operation. */
  #chains = new WeakMap<KindDefinition, Map<string, Map<string, Chain>>>()

  constructor(plugins: readonly AdmissionPlugin[], server: ServerContext) {
    this.#plugins = plugins
    this.#server = server
  }

  /** Something that plug-ins are configured by has changed: they are asked anew what they handle. */
  reconfigure(): void {
    this.#chains = new WeakMap()
  }

  admit(object: KubeObject, attributes: AdmissionAttributes): Maybe<KubeObject> {
    const { mutating } = this.#chain(attributes)
    return mutating.length === 0 ? object : runAll(mutating, object, attributes)
  }

  validate(object: KubeObject | undefined, attributes: AdmissionAttributes): Maybe<void> {
    return runValidating(this.#chain(attributes).validating, 0, object, attributes)
  }

  #chain(target: AdmissionTarget): Chain {
    const { kind, operation, subresource } = target
    let subresources = this.#chains.get(kind)
    if (subresources === undefined) this.#chains.set(kind, (subresources = new Map()))
    let operations = subresources.get(subresource)
    if (operations === undefined) subresources.set(subresource, (operations = new Map()))
    let chain = operations.get(operation)
    if (chain === undefined) operations.set(operation, (chain = this.#build(target)))
    return chain
  }

  #build({ kind, operation, subresource }: AdmissionTarget): Chain {
    const target = { kind, operation, subresource }
    const concerned = this.#plugins.filter((plugin) => plugin.handles(target, this.#server))
    return {
      mutating: concerned.filter((plugin) => plugin.admit !== undefined),
      validating: concerned.filter((plugin) => plugin.validate !== undefined),
    }
  }
}

/** Once, and once more when one of them wants to see what the others made of it. */
function runAll(
  plugins: readonly AdmissionPlugin[],
  object: KubeObject,
  attributes: AdmissionAttributes,
): Maybe<KubeObject> {
  return after(runMutating(plugins, 0, object, attributes), (admitted) =>
    plugins.some((it) => it.wantsAgain?.(attributes))
      ? runMutating(plugins, 0, admitted, attributes)
      : admitted,
  )
}

function runMutating(
  plugins: readonly AdmissionPlugin[],
  first: number,
  object: KubeObject,
  attributes: AdmissionAttributes,
): Maybe<KubeObject> {
  let current = object
  for (let i = first; i < plugins.length; i++) {
    const plugin = plugins[i]!
    const before = current
    let result: Maybe<KubeObject>
    try {
      result = plugin.admit!(before, attributes)
    } catch (error) {
      throw refusal(error, plugin)
    }
    if (result instanceof Promise) {
      return result.then(
        (admitted) => {
          note(plugin, before, admitted, attributes)
          return runMutating(plugins, i + 1, admitted, attributes)
        },
        (error) => {
          throw refusal(error, plugin)
        },
      )
    }
    note(plugin, before, result, attributes)
    current = result
  }
  return current
}

function runValidating(
  plugins: readonly AdmissionPlugin[],
  first: number,
  object: KubeObject | undefined,
  attributes: AdmissionAttributes,
): Maybe<void> {
  for (let i = first; i < plugins.length; i++) {
    const plugin = plugins[i]!
    let result: Maybe<void>
    try {
      result = plugin.validate!(object, attributes)
    } catch (error) {
      throw refusal(error, plugin)
    }
    if (result instanceof Promise) {
      return result.then(
        () => runValidating(plugins, i + 1, object, attributes),
        (error) => {
          throw refusal(error, plugin)
        },
      )
    }
  }
}

/** The journal tells with a request which plug-ins changed its object, in order. */
function note(plugin: AdmissionPlugin, before: KubeObject, after: KubeObject, { call }: AdmissionAttributes) {
  if (before === after) return
  if (call.mutatedBy === undefined) call.mutatedBy = [plugin.name]
  else if (!call.mutatedBy.includes(plugin.name)) call.mutatedBy.push(plugin.name)
}

const refusers = new WeakMap<ApiError, string>()

/** The plug-in that refused a request; undefined when it failed elsewhere. */
export function refuserOf(error: ApiError): string | undefined {
  return refusers.get(error)
}

function refusal(error: unknown, plugin: AdmissionPlugin): unknown {
  if (error instanceof ApiError) refusers.set(error, plugin.name)
  return error
}

/** What plug-ins see of a call. */
export function attributesOf(
  call: Call,
  operation: AdmissionOperation,
  name: string,
  old: KubeObject | undefined,
): AdmissionAttributes {
  const { server, request, resource, options, warnings } = call
  return {
    server,
    call,
    operation,
    kind: resource.kind,
    subresource: request.subresource ?? '',
    namespace: request.namespace ?? '',
    name,
    old,
    user: request.user,
    options,
    dryRun: options.dryRun === true,
    warnings,
  }
}

/** The road of an object that a subresource takes and does not store: an Eviction, a Binding, a Scale. */
export function admitPosted<T extends KubeObject>(
  call: Call,
  posted: ObjectKind,
  object: T,
  old?: KubeObject,
): Maybe<T> {
  const { admission } = call.server
  const operation = old === undefined ? 'CREATE' : 'UPDATE'
  const attributes = { ...attributesOf(call, operation, call.request.name ?? '', old), posted }
  return after(admission.admit(object, attributes), (admitted) =>
    after(admission.validate(admitted, attributes), () => admitted as T),
  )
}
