/** Which resources have behaviour beyond what their kinds declare: one line each. */
import { methodNotServed } from '../api/errors.ts'
import type { ApiResponse, Maybe } from '../api/request.ts'
import type { Call } from './call.ts'
import { get } from './list.ts'
import { finalizeNamespace, NAMESPACE_HOOKS } from './namespaces.ts'
import { patch } from './patch.ts'
import type { ResourceHooks } from './resource.ts'
import type { SubresourceHandler } from './subresource.ts'
import { bind } from './subresources/binding.ts'
import { evict } from './subresources/eviction.ts'
import { type UpdateStrategy, update } from './update.ts'

/** By `resource[.group]/subresource`. */
export const SUBRESOURCES: Readonly<Record<string, SubresourceHandler>> = {
  'pods/binding': bind,
  'pods/eviction': evict,
  'namespaces/finalize': finalizeNamespace,
}

/** By `resource[.group]`. */
export const HOOKS: Readonly<Record<string, ResourceHooks>> = {
  namespaces: NAMESPACE_HOOKS,
}

/** A subresource that is read, replaced and patched like the object, with a strategy of its own. */
export function writable(strategy: UpdateStrategy): (call: Call) => Maybe<ApiResponse> {
  return (call) => {
    switch (call.request.verb) {
      case 'get':
        return get(call)
      case 'update':
        return update(call, strategy)
      case 'patch':
        return patch(call, strategy)
      default:
        throw methodNotServed()
    }
  }
}
