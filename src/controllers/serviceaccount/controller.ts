/** Gives every namespace its `default` ServiceAccount (serviceaccount/serviceaccounts_controller.go). */
import { Namespace } from '../../api/core/namespace.ts'
import { ServiceAccount } from '../../api/core/service-account.ts'
import { isAlreadyExists } from '../../api/errors.ts'
import { defineController, watch } from '../runtime/controller.ts'
import { MIN_RESYNC_MS } from '../shared/min-resync.ts'
import { isNamespaceTerminating } from '../shared/refusals.ts'

const DEFAULT = 'default'

export const serviceAccountController = defineController<Namespace>({
  name: 'serviceaccount-controller',
  component: 'service-account-controller',
  for: Namespace,
  // One that was deleted before the watch had told of it leaves no event behind.
  resyncMs: MIN_RESYNC_MS,
  watches: [
    watch({
      kind: ServiceAccount,
      predicate: { create: () => false, update: () => false },
      map: ({ metadata }) => (metadata.name === DEFAULT ? [metadata.namespace ?? ''] : []),
    }),
  ],

  async reconcile({ name: namespace, object, client, lister }) {
    if (object === undefined || object.status?.phase === 'Terminating') return
    if (lister(ServiceAccount).get(`${namespace}/${DEFAULT}`) !== undefined) return
    try {
      await client.create(ServiceAccount, { metadata: { name: DEFAULT, namespace } })
    } catch (error) {
      if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error
    }
  },
})
