/** What an admission plug-in is, and the chain that runs them: all that may change the object, then all that judge it. */
import type { KindDefinition, KubeObject } from '../../api/kind.ts'
import type { Maybe, RequestOptions, UserInfo } from '../../api/request.ts'
import type { ServerContext } from '../call.ts'
import { inOrder } from '../maybe.ts'

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** What a plug-in sees of a request. */
export interface AdmissionAttributes {
  readonly server: ServerContext
  readonly operation: AdmissionOperation
  readonly kind: KindDefinition
  readonly subresource: string
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
 * One plug-in. `handles` is asked for every request, so it must be cheap. `admit` returns the object, changed or
 * the very same; `validate` throws `ApiError` to refuse. `object` is undefined on DELETE.
 */
export interface AdmissionPlugin {
  readonly name: string
  handles(attributes: AdmissionAttributes): boolean
  admit?(object: KubeObject, attributes: AdmissionAttributes): Maybe<KubeObject>
  validate?(object: KubeObject | undefined, attributes: AdmissionAttributes): Maybe<void>
}

export class Admission {
  readonly #mutating: AdmissionPlugin[]
  readonly #validating: AdmissionPlugin[]

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#mutating = plugins.filter((plugin) => plugin.admit !== undefined)
    this.#validating = plugins.filter((plugin) => plugin.validate !== undefined)
  }

  admit(object: KubeObject, attributes: AdmissionAttributes): Maybe<KubeObject> {
    return inOrder(this.#mutating, object, (current, plugin) =>
      plugin.handles(attributes) ? plugin.admit!(current, attributes) : current,
    )
  }

  validate(object: KubeObject | undefined, attributes: AdmissionAttributes): Maybe<void> {
    return inOrder(this.#validating, undefined, (_, plugin) =>
      plugin.handles(attributes) ? (plugin.validate!(object, attributes) as Maybe<undefined>) : undefined,
    )
  }
}
