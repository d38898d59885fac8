/** Empties a Namespace that is being deleted, then lets it go. */
import { Namespace } from '../../api/core/namespace.ts'
import type { Stored } from '../../api/kind.ts'
import type { Client } from '../../client/client.ts'
import { defineController, type SetupContext } from '../runtime/controller.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { timeOf } from '../shared/times.ts'
import { conditionsAfter } from './conditions.ts'
import { emptyNamespace } from './content.ts'

/** Creates that were under way when the deletion came are let in first. */
const QUEUE_DELAY_MS = 5000
const RESYNC_MS = 300_000

const KUBERNETES = 'kubernetes'

export const namespaceController = defineController<Namespace, SetupContext<Namespace>>({
  name: 'namespace-controller',
  component: 'namespace-controller',
  for: Namespace,
  // Keys are queued by `setup`, after a delay.
  predicate: { create: () => false, update: () => false, delete: () => false },
  concurrency: 10,
  rateLimit: { maxMs: 60_000 },
  resyncMs: RESYNC_MS,

  setup(context) {
    const queue = (namespace: Stored<Namespace>) => {
      const { deletionTimestamp, name } = namespace.metadata
      if (deletionTimestamp === undefined) return
      context.enqueueAfter(name, QUEUE_DELAY_MS, { background: false })
    }
    context.informer.addHandlers({ add: queue, update: queue })
    return context
  },

  async reconcile({ name, object, client, now, memory: { process, enqueueAfter } }) {
    if (object?.metadata.deletionTimestamp === undefined) return
    // Live: its finalizers decide whether there is anything left to do.
    const live = await client.find(Namespace, { name })
    if (live?.metadata.deletionTimestamp === undefined) return
    const terminating = await markTerminating(client, live)
    if ((terminating.spec?.finalizers ?? []).length === 0) return

    const since = (now - timeOf(live.metadata.deletionTimestamp)) / 1000
    const emptied = await emptyNamespace(client, process.scheme, name, since)
    const conditions = conditionsAfter(terminating.status?.conditions ?? [], emptied, now)
    const status = { ...terminating.status, conditions }
    const told = sameStatus(status, terminating.status)
      ? terminating
      : await client.updateStatus(Namespace, { ...terminating, status })

    if (emptied.failures.length > 0) throw new Error(emptied.failures.join(', '))
    if (emptied.estimateSeconds > 0) {
      // Somebody else's finalizer may take for ever: nobody should wait for that. Pods are known to end.
      const background = emptied.finalizers.size > 0
      enqueueAfter(name, (Math.floor(emptied.estimateSeconds / 2) + 1) * 1000, { background })
      return
    }
    const finalizers = (told.spec?.finalizers ?? []).filter((it) => it !== KUBERNETES)
    await client.subresource('update', Namespace, { name }, 'finalize', {
      ...told,
      spec: { ...told.spec, finalizers },
    })
  },
})

async function markTerminating(client: Client, namespace: Stored<Namespace>): Promise<Stored<Namespace>> {
  if (namespace.status?.phase === 'Terminating') return namespace
  return client.updateStatus(Namespace, {
    ...namespace,
    status: { ...namespace.status, phase: 'Terminating' },
  })
}
