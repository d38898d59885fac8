/**
 * A first program for `@kubernetes/client-node`: creates a namespace, reads it back, deletes it, and waits until it is gone.
 *
 *     npx tsx examples/lessons/first-program/namespace.ts         # against a cluster in the same process
 *     KUBECONFIG=./kubarium.config npx tsx .../namespace.ts       # against `npx kubarium serve`, or any other cluster
 */
import { pathToFileURL } from 'node:url'
import { ApiException, CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { createCluster } from 'kubarium'
import { inProcess } from 'kubarium/client-node'

/** @param pause  waits a second, of whatever time the cluster has */
export async function namespaceTour(core: CoreV1Api, pause: () => Promise<void>): Promise<string[]> {
  const told: string[] = []
  const name = 'tour'
  const created = await core.createNamespace({ body: { metadata: { name, labels: { purpose: 'lesson' } } } })
  told.push(`created ${created.metadata?.name}, resourceVersion ${created.metadata?.resourceVersion}`)

  const read = await core.readNamespace({ name })
  told.push(
    `read ${read.metadata?.name}: phase ${read.status?.phase}, purpose ${read.metadata?.labels?.purpose}`,
  )

  const { items } = await core.listNamespace()
  told.push(`listed ${items.map((it) => it.metadata?.name).join(', ')}`)

  await core.deleteNamespace({ name })
  // Deleting takes a moment: what is in the namespace goes first.
  for (;;) {
    try {
      await core.readNamespace({ name })
    } catch (error) {
      if (!(error instanceof ApiException) || error.code !== 404) throw error
      told.push(`${name} is gone`)
      return told
    }
    await pause()
  }
}

async function main(): Promise<void> {
  const config = new KubeConfig()
  if (process.env.KUBECONFIG !== undefined) {
    config.loadFromDefault()
    const second = () => new Promise<void>((done) => setTimeout(done, 1000))
    for (const line of await namespaceTour(config.makeApiClient(CoreV1Api), second)) console.log(line)
    return
  }
  await using cluster = await createCluster()
  const core = inProcess(config, cluster).makeApiClient(CoreV1Api)
  for (const line of await namespaceTour(core, () => cluster.advance('1s'))) console.log(line)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
