/** Those who make faults happen besides the process that meets them: an API server that lags, another writer. */
import type { ApiHandler, ApiRequest } from '../../api/request.ts'
import { ADMIN } from '../../cluster/users.ts'
import { TOUCHED } from './final-state.ts'

/** An API server whose cache is as old as that revision: its first lists are. */
export function laggingApi(api: ApiHandler, revision: number): ApiHandler {
  return {
    handle: (request) => {
      if (request.verb !== 'list' || request.options?.resourceVersion !== '0') return api.handle(request)
      const options = {
        ...request.options,
        resourceVersion: String(revision),
        resourceVersionMatch: 'Exact' as const,
      }
      return api.handle({ ...request, options })
    },
    watch: (request, sink) => api.watch(request, sink),
  }
}

/** Somebody else's harmless change makes the version in our hands an old one. It differs from others by the revision. */
export function touch(
  api: ApiHandler,
  revision: number,
  { group, version, resource, namespace, name }: ApiRequest,
): void {
  void api.handle({
    verb: 'patch',
    group,
    version,
    resource,
    namespace,
    name,
    body: { metadata: { annotations: { [TOUCHED]: String(revision) } } },
    patchType: 'application/merge-patch+json',
    user: ADMIN,
    userAgent: 'somebody-else',
  })
}
