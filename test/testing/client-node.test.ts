import { KubeConfig } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { runControllers } from '../../src/client-node.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import { ADMIN } from '../../src/cluster/users.ts'
import { defineController } from '../../src/controllers/runtime/controller.ts'
import { ensureFinalizer, isDeleting, removeFinalizer } from '../../src/controllers/runtime/helpers.ts'
import { serve } from '../../src/http/serve.ts'

/** The object that the simulator tests: copies `data.from` to `data.to`, and awaits something real in between. */
const copier = defineController({
  name: 'copier',
  for: ConfigMap,
  predicate: {
    create: (it) => it.metadata.namespace === 'default',
    update: (it) => it.metadata.namespace === 'default',
  },
  reconcile: async ({ object, client }) => {
    if (object === undefined) return
    if (isDeleting(object)) {
      await removeFinalizer(client, ConfigMap, object, 'example.com/copy')
      return
    }
    if (object.data?.from === undefined || object.data.to === object.data.from) return
    const held = await ensureFinalizer(client, ConfigMap, object, 'example.com/copy')
    await new Promise((resolve) => setTimeout(resolve, 5))
    await client.update(ConfigMap, held, (draft) => {
      draft.data!.to = draft.data!.from!
    })
  },
})

test('the same controller runs against a served cluster, through client-node’s KubeConfig', async () => {
  const cluster = buildCluster({ nodes: 0, controllers: false, scheduler: false })
  await cluster.settle()
  const { foundation } = cluster
  const served = await serve({
    server: foundation.server,
    loop: foundation.loop,
    streamsOf: () => undefined,
    port: 0,
    admin: ADMIN,
    speed: 1,
  })
  const config = new KubeConfig()
  config.loadFromString(served.kubeconfig)
  const lines: string[] = []
  const running = runControllers([copier], config, { log: (line) => lines.push(line) })
  const { client } = running.process.current
  const outside = foundation.outsideClient()
  const ref = { namespace: 'default', name: 'a' }
  await outside.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: ref, data: { from: 'x' } })
  await expect
    .poll(async () => (await outside.find(ConfigMap, ref))?.data, { timeout: 10_000 })
    .toEqual({ from: 'x', to: 'x' })
  await client.delete(ConfigMap, ref)
  await expect.poll(() => outside.find(ConfigMap, ref), { timeout: 10_000 }).toBeUndefined()
  await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({ reason: 'NotFound' })
  expect(lines.join('\n')).toContain('copier-controller ConfigMap default/a reconcile')
  running.stop()
  await served.close()
}, 60_000)
