/** How plans, faults by hand and reports name a call. */
import type { KubeObject } from '../../api/kind.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { Scheme } from '../../api/scheme.ts'

/** `create Secret/key-2`, `update Site/a/status`, `patch Pod/other/web-1`; the default namespace is left out. */
export function requestName(scheme: Scheme, request: ApiRequest): string {
  const { verb, group, resource, subresource, namespace, name, body } = request
  const kind = scheme.byResource(group, resource)?.kind ?? resource
  const { metadata } = (verb === 'create' ? (body ?? {}) : {}) as KubeObject
  const shown =
    name ?? metadata?.name ?? (metadata?.generateName === undefined ? '' : `${metadata.generateName}*`)
  const place = namespace === undefined || namespace === 'default' ? '' : `${namespace}/`
  return `${verb} ${kind}/${place}${shown}${subresource ? `/${subresource}` : ''}`
}
