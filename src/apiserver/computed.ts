/** Resources that are worked out when somebody asks, as those of an aggregated API server such as metrics-server. */
import { methodNotServed } from '../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../api/kind.ts'
import type { ApiResponse } from '../api/request.ts'
import { answer, type Call } from './call.ts'
import { checkListOptions } from './list.ts'
import { select } from './select.ts'

/** Where the objects come from: as they are now, with metadata, frozen. Authorization has been checked. */
export interface ComputedSource {
  /** Throws NotFound. */
  get(namespace: string | undefined, name: string): KubeObject
  /** By namespace and name, in ascending order; without a namespace, those of all. Selectors are applied to it. */
  list(namespace: string | undefined): readonly KubeObject[]
}

export function serveComputed(call: Call, source: ComputedSource): ApiResponse {
  const { request, resource, kind, options } = call
  const namespace = request.namespace || undefined
  switch (request.verb) {
    case 'get':
      return answer(call, 200, source.get(namespace, request.name!))
    case 'list': {
      checkListOptions(options)
      const { matches } = select(call, resource, options)
      const all = source.list(namespace)
      const items = matches === undefined ? all : all.filter(matches)
      const list = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata: {}, items }
      return answer(call, 200, list)
    }
    default:
      throw methodNotServed()
  }
}
