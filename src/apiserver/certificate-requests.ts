/** What is special about requests for certificates: who asked is written down, and approval has an endpoint of its own. */
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from '../api/certificates/certificate-signing-request.ts'
import type { KubeObject } from '../api/kind.ts'
import type { Call } from './call.ts'
import { mergeMetadata } from './metadata.ts'
import type { ResourceHooks } from './resource.ts'
import type { UpdateStrategy } from './update.ts'

export const CERTIFICATE_REQUEST_HOOKS: ResourceHooks = {
  /** Whatever the client says of itself, it is who it has proved to be. */
  create(object, { request: { user } }) {
    const {
      username: _name,
      uid: _uid,
      groups: _groups,
      extra: _extra,
      ...spec
    } = (object as CertificateSigningRequest).spec
    const asked = {
      ...spec,
      username: user.name,
      ...(user.uid ? { uid: user.uid } : {}),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    }
    return { ...object, spec: asked } as KubeObject
  },
}

/** `/approval`: conditions, and nothing else. Upstream: registry/certificates/certificates/strategy.go. */
export const APPROVAL: UpdateStrategy = {
  merge(next, old, call) {
    const conditions = (next as CertificateSigningRequest).status?.conditions ?? []
    const before = old as CertificateSigningRequest
    const metadata = mergeMetadata(old.metadata!, next.metadata, ['labels', 'annotations'])
    return {
      ...before,
      metadata,
      status: { ...before.status, conditions: dated(conditions, before.status?.conditions ?? [], call) },
    } as KubeObject
  },
  validate(object, old, errors, call) {
    call.resource.kind.validateStatusUpdate?.(object, old, errors)
  },
}

/** Times that the client left out are now. */
function dated(
  conditions: readonly CertificateSigningRequestCondition[],
  old: readonly CertificateSigningRequestCondition[],
  { server }: Call,
): readonly CertificateSigningRequestCondition[] {
  const { now } = server.strategy
  return conditions.map((it) => {
    const before = old.find((other) => other.type === it.type)
    const lastUpdateTime = it.lastUpdateTime ?? now
    const lastTransitionTime =
      it.lastTransitionTime ?? (before?.status === it.status ? before?.lastTransitionTime : now)
    return { ...it, lastUpdateTime, lastTransitionTime }
  })
}
