/** What is special about namespaces: their own finalizers, and a phase that says they are on their way out. */
import type { Namespace } from '../api/core/namespace.ts'
import { methodNotServed } from '../api/errors.ts'
import type { KubeObject } from '../api/kind.ts'
import type { ApiResponse, Maybe } from '../api/request.ts'
import { decodeBody } from './body.ts'
import { answer, type Call } from './call.ts'
import { after } from './maybe.ts'
import type { ResourceHooks } from './resource.ts'
import { change, type UpdateStrategy } from './update.ts'

export const NAMESPACE_HOOKS: ResourceHooks = {
  /** Content is removed first; then the namespace controller takes `kubernetes` out of spec.finalizers. */
  mayVanish: (object) => !(object as Namespace).spec?.finalizers?.length,
  dying: (object) =>
    ({ ...object, status: { ...(object as Namespace).status, phase: 'Terminating' } }) as KubeObject,
}

/** Only spec.finalizers of what a client sends counts. */
const FINALIZE: UpdateStrategy = {
  merge(next, old) {
    const { finalizers } = (next as Namespace).spec ?? {}
    const { finalizers: _, ...rest } = (old as Namespace).spec ?? {}
    return { ...old, spec: finalizers?.length ? { ...rest, finalizers } : rest } as KubeObject
  },
  validate: () => undefined,
}

/** PUT namespaces/x/finalize. */
export function finalizeNamespace(call: Call): Maybe<ApiResponse> {
  if (call.request.verb !== 'update') throw methodNotServed()
  const next = decodeBody(call)
  return after(
    change(call, FINALIZE, () => next),
    (stored) => answer(call, 200, stored),
  )
}
