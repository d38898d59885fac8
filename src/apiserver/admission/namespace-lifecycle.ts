/** Nothing is created in a namespace that does not exist or is on its way out (upstream: admission/plugin/namespace/lifecycle). */
import type { Namespace } from '../../api/core/namespace.ts'
import { ApiError, failure, forbidden, notFound } from '../../api/errors.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])
const NAMESPACES = { group: '', resource: 'namespaces' }
/** Reviews are questions, not content. */
const REVIEW_GROUP = 'authorization.k8s.io'

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',

  handles: ({ operation, kind }) =>
    operation === 'CREATE'
      ? kind.namespaced && kind.group !== REVIEW_GROUP
      : operation === 'DELETE' && kind.resource === 'namespaces' && kind.group === '',

  /** First of all plug-ins, so that nothing else is looked up in a namespace that is not there. */
  admit(object, attributes) {
    if (attributes.operation === 'CREATE') checkNamespace(attributes)
    return object
  },

  validate(_, { operation, name }) {
    if (operation === 'DELETE' && IMMORTAL.has(name))
      throw forbidden(NAMESPACES, name, 'this namespace may not be deleted')
  },
}

function checkNamespace({ server, namespace, kind, name }: AdmissionAttributes): void {
  const found = server.find('', 'namespaces', undefined, namespace) as Namespace | undefined
  if (found === undefined) throw notFound(NAMESPACES, namespace)
  if (found.metadata?.deletionTimestamp === undefined) return
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const { status } = forbidden(kind, name, why)
  throw new ApiError(
    failure('Forbidden', status.message!, {
      ...status.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    }),
  )
}
