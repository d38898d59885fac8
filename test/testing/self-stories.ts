/** Our own controllers under the search: stories in which each of them has something to do. */
import type { KubeObject } from '../../src/api/kind.ts'
import { BUILT_IN } from '../../src/controllers/registry.ts'
import { build, deployment, job, service } from '../../src/testing/builders.ts'
import { type SimSpec, simulation } from '../../src/testing/explore/spec.ts'
import { instantKubelet } from '../../src/testing/instant-kubelet.ts'

const MANAGER = 'kube-controller-manager'

export function builtIn(...names: readonly string[]): readonly unknown[] {
  return names.map((name) => {
    const found = BUILT_IN.find((it) => it.name === name || it.aliases.includes(name))
    if (found === undefined) throw new Error(`there is no built-in controller ${name}`)
    return found.create()
  })
}

const labels = { app: 'web' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } }

const replicaSet = (replicas: number) =>
  build<KubeObject & { readonly spec: object }>({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, selector: { matchLabels: labels }, template },
  } as never)

const statefulSet = (replicas: number) =>
  build<KubeObject & { readonly spec: object }>({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, serviceName: 'web', selector: { matchLabels: labels }, template },
  } as never)

/** A restart looks at everything again and may well write a status; that converges. */
export const common = { beside: [instantKubelet], process: MANAGER } as const
/** Pods come and go under faults: how often says nothing, and statuses count what was tried. */
export const oracles = { ledger: false }

export const SELF_STORIES: Readonly<Record<string, SimSpec>> = {
  replicaset: simulation({
    ...common,
    oracles,
    controllers: builtIn('replicaset'),
    scenario: async ({ user, settle }) => {
      await user.create(replicaSet(2))
      await settle()
      await user.patch('ReplicaSet', 'web', { spec: { replicas: 3 } })
      await settle()
      await user.patch('ReplicaSet', 'web', { spec: { replicas: 1 } })
      await settle()
    },
    eventually: {
      'one pod': ({ truth }) => truth.list('Pod').length === 1 || `${truth.list('Pod').length} pods`,
    },
  }),

  deployment: simulation({
    ...common,
    oracles,
    controllers: builtIn('deployment', 'replicaset'),
    ignore: ['Deployment.status', 'Deployment.metadata.annotations', 'ReplicaSet', 'Pod'],
    scenario: async ({ user, settle }) => {
      await user.create(deployment('web', { replicas: 2, image: 'nginx:1' }))
      await settle()
      await user.patch('Deployment', 'web', {
        spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } } },
      })
      await settle()
    },
    eventually: {
      'two pods of the new version': ({ truth }) => {
        const images = truth.list('Pod').map((it) => it.spec.containers[0].image)
        return images.join() === 'nginx:2,nginx:2' || images.join()
      },
    },
  }),

  statefulset: simulation({
    ...common,
    oracles,
    controllers: builtIn('statefulset'),
    ignore: ['StatefulSet.status', 'Pod.metadata.labels', 'ControllerRevision'],
    scenario: async ({ user, settle }) => {
      await user.create(statefulSet(2))
      await settle()
      await user.patch('StatefulSet', 'web', { spec: { replicas: 1 } })
      await settle()
    },
    eventually: {
      'the first pod is left': ({ truth }) =>
        truth
          .list('Pod')
          .map((it) => it.metadata.name)
          .join() === 'web-0',
    },
  }),

  job: simulation({
    ...common,
    oracles,
    controllers: builtIn('job'),
    // As upstream: any later write of a job without labels gives it those of its template.
    ignore: ['Job.status', 'Job.metadata.labels', 'Pod'],
    scenario: async ({ user, settle }) => {
      await user.create(job('once', { completions: 2 }))
      await settle()
    },
    eventually: {
      'the job is complete': ({ truth }) =>
        truth
          .get('Job', 'once')
          ?.status?.conditions?.some(
            (it: { type: string; status: string }) => it.type === 'Complete' && it.status === 'True',
          ) === true,
      // More may run: upstream says that a job's program may sometimes be started twice.
      'at least two pods succeeded': ({ truth }) => truth.get('Job', 'once')?.status?.succeeded >= 2,
    },
  }),

  garbage: simulation({
    ...common,
    oracles,
    controllers: builtIn('garbagecollector', 'replicaset'),
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(replicaSet(2))
      await settle()
      await user.delete('ReplicaSet', 'web')
      await waitFor(() => truth.list('Pod').length === 0)
    },
    eventually: { 'nothing is left': ({ truth }) => truth.list('Pod').length === 0 },
  }),

  endpoints: simulation({
    ...common,
    oracles,
    controllers: builtIn('endpointslice', 'endpoint'),
    beside: [instantKubelet, ...builtIn('replicaset')],
    ignore: ['Pod', 'ReplicaSet', 'EndpointSlice.endpoints', 'Endpoints.subsets', '*.metadata.annotations'],
    scenario: async ({ user, settle }) => {
      await user.create(service('web'))
      await user.create(replicaSet(2))
      await settle()
      await user.patch('ReplicaSet', 'web', { spec: { replicas: 1 } })
      await settle()
    },
    eventually: {
      'one slice': ({ truth }) =>
        truth.list('EndpointSlice').filter((it) => it.metadata?.name?.startsWith('web-')).length === 1,
    },
  }),
}
