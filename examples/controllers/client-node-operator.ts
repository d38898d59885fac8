/**
 * An operator as people write it for `@kubernetes/client-node`: an informer, a queue, one object after another. It
 * copies `data.from` of a ConfigMap to `data.to`. Nothing in it knows kubarium; the last lines make it a process of a
 * simulated cluster, where the search shows what many examples of informers leave out. Try both:
 *
 *   npx kubarium explore examples/controllers/client-node-operator.ts
 */
import { CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node'
import { inProcess, operator, type VirtualTimers, virtualTimers } from 'kubarium/client-node'
import { simulation } from 'kubarium/vitest'

export interface CopierOptions {
  /** An informer stops for ever at its first error, unless somebody starts it again. */
  readonly restartInformer: boolean
  /** Node's own, or those of the simulation. */
  readonly timers?: Pick<VirtualTimers, 'setTimeout'>
}

export async function copyConfigMaps(
  config: KubeConfig,
  { restartInformer, timers = globalThis }: CopierOptions,
): Promise<void> {
  const core = config.makeApiClient(CoreV1Api)
  const list = () => core.listNamespacedConfigMap({ namespace: 'default' })
  const informer = makeInformer(config, '/api/v1/namespaces/default/configmaps', list)
  const queue: string[] = []
  let wake = () => {}
  const enqueue = (name = '') => {
    if (!queue.includes(name)) queue.push(name)
    wake()
  }
  informer.on('add', (it) => enqueue(it.metadata?.name))
  informer.on('update', (it) => enqueue(it.metadata?.name))
  if (restartInformer) informer.on('error', () => timers.setTimeout(() => informer.start(), 500))
  await informer.start()

  for (;;) {
    const name = queue.shift()
    if (name === undefined) await new Promise<void>((resolve) => (wake = resolve))
    else await copy(name).catch(() => timers.setTimeout(enqueue, 200, name))
  }

  async function copy(name: string): Promise<void> {
    const cached = informer.get(name, 'default')
    const { from, to } = cached?.data ?? {}
    if (from === undefined || to === from) return
    const body = { ...cached, data: { ...cached?.data, to: from } }
    await core.replaceNamespacedConfigMap({ name, namespace: 'default', body })
  }
}

/** The same as a process of the cluster: calls go over its link, timers by its clock. */
export const copier = (restartInformer: boolean) =>
  operator('copier', (process) => {
    const config = inProcess(new KubeConfig(), process)
    return copyConfigMaps(config, { restartInformer, timers: virtualTimers(process) })
  })

const story = (restartInformer: boolean) =>
  simulation({
    controllers: [copier(restartInformer)],
    scenario: async ({ user, settle }) => {
      await user.apply(configMap('x'))
      await settle()
      await user.patch('ConfigMap', 'a', { data: { from: 'y' } })
      await settle()
    },
    eventually: {
      'what is to be copied has been': ({ truth }) => truth.get('ConfigMap', 'a')?.['data'].to === 'y',
    },
  })

const configMap = (from: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default' },
  data: { from },
})

/** Fails: when the first list is refused, the informer never lists again. */
export const deaf = story(false)
/** Survives every single fault. */
export const patient = story(true)
