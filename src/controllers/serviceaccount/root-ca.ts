/** Publishes the API server's root certificate in every namespace (certificates/rootcacertpublisher). */
import { ConfigMap } from '../../api/core/config-map.ts'
import { Namespace } from '../../api/core/namespace.ts'
import { isAlreadyExists } from '../../api/errors.ts'
import { type ControllerDefinition, defineController, watch } from '../runtime/controller.ts'
import { MIN_RESYNC_MS } from '../shared/min-resync.ts'
import { isNamespaceTerminating } from '../shared/refusals.ts'
import { semanticEqual } from '../shared/semantic-equal.ts'

const NAME = 'kube-root-ca.crt'
const DESCRIPTION = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
}

/** @param certificate PEM of the CA that signed the API server's certificate; '' when it has none */
export function rootCaPublisher(certificate = ''): ControllerDefinition<Namespace> {
  const data = { 'ca.crt': certificate }
  return defineController<Namespace>({
    name: 'root-ca-certificate-publisher-controller',
    component: 'root-ca-cert-publisher',
    for: Namespace,
    // One that was deleted before the watch had told of it leaves no event behind.
    resyncMs: MIN_RESYNC_MS,
    watches: [
      watch({
        kind: ConfigMap,
        predicate: { create: () => false },
        map: ({ metadata }) => (metadata.name === NAME ? [metadata.namespace ?? ''] : []),
      }),
    ],

    async reconcile({ name: namespace, object, client, lister }) {
      if (object === undefined || object.status?.phase === 'Terminating') return
      const existing = lister(ConfigMap).get(`${namespace}/${NAME}`)
      try {
        if (existing === undefined) {
          await client.create(ConfigMap, {
            metadata: { name: NAME, namespace, annotations: DESCRIPTION },
            data,
          })
        } else if (!semanticEqual(existing.data, data)) {
          const annotations = { ...existing.metadata.annotations, ...DESCRIPTION }
          await client.replace(ConfigMap, {
            ...existing,
            metadata: { ...existing.metadata, annotations },
            data,
          })
        }
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error
      }
    },
  })
}
