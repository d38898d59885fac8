/** Stories in which every further built-in controller, the scheduler and the cloud's controllers have something to do. */
import type { KubeObject } from '../../src/api/kind.ts'
import { cloudControllerManager } from '../../src/cloud/cloud-controller-manager.ts'
import { Cloud } from '../../src/cloud/provider.ts'
import { imageCatalog } from '../../src/cluster/images.ts'
import { kubelet } from '../../src/kubelet/kubelet.ts'
import { Machine } from '../../src/kubelet/machine.ts'
import { BUILT_IN_IMAGES, BUILT_IN_PROGRAMS } from '../../src/kubelet/programs/built-in.ts'
import { scheduler } from '../../src/scheduler/scheduler.ts'
import type { SimSpec, Truth, UserActions } from '../../src/testing/explore/spec.ts'
import { simulation } from '../../src/testing/explore/spec.ts'
import { instantKubelet } from '../../src/testing/instant-kubelet.ts'
import { boundPod, claim, labels, NODE_REQUEST, node, object, template, volume } from './self-objects.ts'
import { builtIn, common, oracles } from './self-stories.ts'

/** Admission taints every new node; only a controller that is not here would take that away. */
const untaint = async (user: UserActions, ...nodes: readonly string[]) => {
  for (const it of nodes) await user.patch('Node', it, { spec: { taints: null } })
}

const bound = (truth: Truth, name: string) =>
  truth.get('PersistentVolumeClaim', name)?.status?.phase === 'Bound'

// Made anew for every run, before its processes start.
let cloud: Cloud
let machine: Machine

/** Containers that run on the node: `b/main`. */
const running = () => {
  const pods = new Map([...machine.runtime.listPodSandbox()].map((it) => [it.id, it.config.name]))
  return [...machine.runtime.listContainers()]
    .filter((it) => it.state === 'CONTAINER_RUNNING')
    .map((it) => `${pods.get(it.sandboxId)}/${it.config.name}`)
    .toSorted()
}

const names = (truth: Truth, kind: string, namespace?: string) =>
  truth.list(kind, namespace).map((it) => it.metadata.name)

export const MORE_STORIES: Readonly<Record<string, SimSpec>> = {
  namespace: simulation({
    ...common,
    oracles,
    controllers: builtIn('namespace'),
    scenario: async ({ user, waitFor, truth }) => {
      await user.create(object('v1', 'Namespace', 'team', {}, ''))
      await user.create(object('v1', 'ConfigMap', 'settings', { data: { a: '1' } }, 'team'))
      await user.create(object('v1', 'Secret', 'key', {}, 'team'))
      await user.delete('Namespace', 'team')
      await waitFor(() => truth.get('Namespace', 'team') === undefined)
    },
    eventually: {
      'nothing is left in it': ({ truth }) =>
        truth.list('ConfigMap', 'team').length + truth.list('Secret', 'team').length === 0,
    },
  }),

  podgc: simulation({
    ...common,
    oracles,
    controllers: builtIn('podgc'),
    given: [node('node-1'), boundPod('a', 'node-1')],
    scenario: async ({ user, settle, waitFor, truth }) => {
      await settle()
      await user.delete('Node', 'node-1')
      await settle()
      await waitFor(() => truth.list('Pod').length === 0)
    },
    eventually: { 'no pod stays on a node that is gone': ({ truth }) => truth.list('Pod').length === 0 },
  }),

  policystatus: simulation({
    ...common,
    oracles,
    controllers: builtIn('validatingadmissionpolicy-status'),
    scenario: async ({ user, settle }) => {
      const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
      await user.create({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'all' },
        spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: 'true' }] },
      } as KubeObject)
      await settle()
      await user.patch('ValidatingAdmissionPolicy', 'all', { spec: { failurePolicy: 'Ignore' } })
      await settle()
    },
    eventually: {
      'the newest policy has been observed': ({ truth }) =>
        truth
          .list('ValidatingAdmissionPolicy')
          .every((it) => it.status?.observedGeneration === it.metadata.generation),
    },
  }),

  mirroring: simulation({
    ...common,
    oracles,
    controllers: builtIn('endpointslicemirroring'),
    ignore: ['*.metadata.annotations'],
    scenario: async ({ user, settle }) => {
      await user.create(object('v1', 'Service', 'db', { spec: { ports: [{ port: 5432 }] } }))
      const subsets = (ip: string) => [{ addresses: [{ ip }], ports: [{ port: 5432 }] }]
      await user.create(object('v1', 'Endpoints', 'db', { subsets: subsets('192.0.2.1') }))
      await settle()
      await user.patch('Endpoints', 'db', { subsets: subsets('192.0.2.2') })
      await settle()
    },
    eventually: {
      'one slice with the newest address': ({ truth }) => {
        const slices = truth.list('EndpointSlice')
        return (
          slices.flatMap((it) => it.endpoints.flatMap((e: { addresses: string[] }) => e.addresses)).join() ===
          '192.0.2.2'
        )
      },
    },
  }),

  nodelifecycle: simulation({
    ...common,
    // As upstream: pods are marked when their node is seen to fall silent, as the cache has them then.
    oracles: { ...oracles, idempotence: false },
    controllers: builtIn('nodelifecycle', 'taint-eviction'),
    given: [node('node-1'), node('node-2'), boundPod('a', 'node-1')],
    // Nobody is evicted while all nodes are silent, somebody may be while one of them is not yet.
    ignore: ['Node.status', 'Node.spec.taints', 'Pod'],
    scenario: async ({ settle, advance }) => {
      await settle()
      await advance('10m')
    },
    eventually: {
      'silent nodes are tainted': ({ truth }) =>
        truth
          .list('Node')
          .every((it) =>
            it.spec.taints?.some((taint: { key: string }) => taint.key === 'node.kubernetes.io/unreachable'),
          ),
    },
  }),

  tainteviction: simulation({
    ...common,
    oracles,
    controllers: builtIn('taint-eviction'),
    given: [
      node('node-1'),
      boundPod('a', 'node-1'),
      boundPod('b', 'node-1', { tolerations: [{ operator: 'Exists' }] }),
    ],
    // A taint that goes before it is seen evicts nobody.
    ignore: ['Pod'],
    scenario: async ({ user, settle }) => {
      await untaint(user, 'node-1')
      await settle()
      await user.patch('Node', 'node-1', { spec: { taints: [{ key: 'broken', effect: 'NoExecute' }] } })
      await settle()
      await user.patch('Node', 'node-1', { spec: { taints: null } })
      await settle()
    },
    eventually: { 'only who tolerates stays': ({ truth }) => names(truth, 'Pod').includes('b') },
    always: {
      'nobody who tolerates is evicted': ({ truth }) => names(truth, 'Pod').includes('b'),
    },
  }),

  replicationcontroller: simulation({
    ...common,
    oracles,
    controllers: builtIn('replicationcontroller'),
    scenario: async ({ user, settle }) => {
      await user.create(
        object('v1', 'ReplicationController', 'web', { spec: { replicas: 2, selector: labels, template } }),
      )
      await settle()
      await user.patch('ReplicationController', 'web', { spec: { replicas: 1 } })
      await settle()
    },
    eventually: { 'one pod': ({ truth }) => truth.list('Pod').length === 1 },
  }),

  horizontalpodautoscaling: simulation({
    ...common,
    oracles: { ...oracles, quiescence: false, idempotence: false },
    controllers: builtIn('horizontalpodautoscaling'),
    ignore: ['HorizontalPodAutoscaler.status', 'Deployment.status'],
    scenario: async ({ user, settle, advance }) => {
      await user.create(
        object('apps/v1', 'Deployment', 'web', {
          spec: { replicas: 1, selector: { matchLabels: labels }, template },
        }),
      )
      await user.create(
        object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
          spec: {
            minReplicas: 3,
            maxReplicas: 5,
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          },
        }),
      )
      await settle()
      await advance('1m')
      await settle()
      await advance('1m')
    },
    eventually: {
      'at least the minimum': ({ truth }) => truth.get('Deployment', 'web')?.spec.replicas === 3,
    },
  }),

  resourcequota: simulation({
    ...common,
    oracles,
    controllers: builtIn('resourcequota'),
    ignore: ['Pod.status'],
    scenario: async ({ user, settle, advance }) => {
      await user.create(object('v1', 'ResourceQuota', 'few', { spec: { hard: { pods: '3' } } }))
      await settle()
      await user.create(boundPod('a', 'node-1'))
      await user.create(boundPod('b', 'node-1'))
      await settle()
      await user.delete('Pod', 'a')
      await settle()
      await advance('6m')
    },
    eventually: {
      'one is counted': ({ truth }) => truth.get('ResourceQuota', 'few')?.status?.used?.pods === '1',
    },
  }),

  disruption: simulation({
    ...common,
    oracles,
    controllers: builtIn('disruption', 'replicaset'),
    ignore: ['Pod', 'ReplicaSet.status', 'PodDisruptionBudget.status.conditions'],
    scenario: async ({ user, settle }) => {
      await user.create(
        object('apps/v1', 'ReplicaSet', 'web', {
          spec: { replicas: 3, selector: { matchLabels: labels }, template },
        }),
      )
      await user.create(
        object('policy/v1', 'PodDisruptionBudget', 'web', {
          spec: { minAvailable: 2, selector: { matchLabels: labels } },
        }),
      )
      await settle()
      await user.patch('ReplicaSet', 'web', { spec: { replicas: 4 } })
      await settle()
    },
    eventually: {
      'two may go': ({ truth }) => truth.get('PodDisruptionBudget', 'web')?.status?.disruptionsAllowed === 2,
    },
  }),

  daemonset: simulation({
    ...common,
    oracles,
    controllers: builtIn('daemonset'),
    given: [node('node-1'), node('node-2')],
    ignore: ['DaemonSet.status', 'ControllerRevision', 'Pod.status'],
    scenario: async ({ user, settle }) => {
      await untaint(user, 'node-1', 'node-2')
      await user.create(
        object('apps/v1', 'DaemonSet', 'agent', { spec: { selector: { matchLabels: labels }, template } }),
      )
      await settle()
      await user.create(node('node-3'))
      await untaint(user, 'node-3')
      await settle()
    },
    eventually: {
      'one on every node': ({ truth }) =>
        truth.list('Pod').length === 3 || `${truth.list('Pod').length} pods`,
    },
  }),

  cronjob: simulation({
    ...common,
    oracles: { ...oracles, quiescence: false, idempotence: false, convergence: false, hotLoop: true },
    controllers: builtIn('cronjob'),
    beside: [instantKubelet, ...builtIn('job')],
    scenario: async ({ user, settle, advance }) => {
      const jobTemplate = {
        spec: {
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1' }] } },
        },
      }
      await user.create(
        object('batch/v1', 'CronJob', 'tick', {
          spec: { schedule: '*/5 * * * *', concurrencyPolicy: 'Forbid', jobTemplate },
        }),
      )
      await settle()
      await advance('6m')
      await settle()
      await advance('6m')
      await settle()
    },
    always: {
      'no two jobs for one time': ({ truth }) => {
        const all = names(truth, 'Job')
        return new Set(all).size === all.length
      },
    },
    eventually: { 'it ran': ({ truth }) => truth.list('Job').length > 0 },
  }),

  ttlafterfinished: simulation({
    ...common,
    oracles,
    controllers: builtIn('ttl-after-finished', 'job'),
    beside: [instantKubelet, ...builtIn('garbagecollector')],
    ignore: ['Pod', 'Job'],
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(
        object('batch/v1', 'Job', 'once', {
          spec: {
            ttlSecondsAfterFinished: 30,
            template: {
              spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1' }] },
            },
          },
        }),
      )
      await settle()
      await waitFor(() => truth.get('Job', 'once') === undefined, '70m')
    },
    eventually: { 'the job is gone': ({ truth }) => truth.get('Job', 'once') === undefined },
  }),

  binder: simulation({
    ...common,
    oracles,
    controllers: builtIn('persistentvolume-binder', 'pvc-protection', 'pv-protection'),
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(volume('disk-1'))
      await user.create(claim('data'))
      await waitFor(() => bound(truth, 'data'))
      await user.delete('PersistentVolumeClaim', 'data')
      await waitFor(() => truth.get('PersistentVolumeClaim', 'data') === undefined)
      await settle()
    },
    eventually: {
      'the volume is released': ({ truth }) =>
        truth.get('PersistentVolume', 'disk-1')?.status?.phase === 'Released',
    },
  }),

  provisioner: simulation({
    ...common,
    oracles,
    controllers: builtIn('csi-provisioner', 'persistentvolume-binder'),
    // A volume is named after its claim's uid.
    ignore: ['*.metadata.annotations', 'PersistentVolume', 'PersistentVolumeClaim.spec.volumeName'],
    given: [
      object(
        'storage.k8s.io/v1',
        'StorageClass',
        'fast',
        { provisioner: 'csi.kubarium.dev', volumeBindingMode: 'Immediate' },
        '',
      ),
    ],
    scenario: async ({ user, settle }) => {
      await user.create(claim('data', 'fast'))
      await settle()
      await user.create(claim('logs', 'fast'))
      await settle()
    },
    eventually: {
      'each claim has its volume': ({ truth }) =>
        truth.list('PersistentVolumeClaim').every((it) => it.status?.phase === 'Bound') ||
        'a claim is not bound',
      'no volume is left over': ({ truth }) => truth.list('PersistentVolume').length === 2,
    },
  }),

  inuse: simulation({
    ...common,
    oracles,
    controllers: builtIn('pvc-protection', 'persistentvolume-binder'),
    ignore: ['Pod.status'],
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(volume('disk-1'))
      await user.create(claim('data'))
      await waitFor(() => bound(truth, 'data'))
      await user.create(
        boundPod('db', 'node-1', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }),
      )
      await settle()
      await user.delete('PersistentVolumeClaim', 'data')
      await settle()
      await user.delete('Pod', 'db')
      await waitFor(() => truth.get('PersistentVolumeClaim', 'data') === undefined)
    },
    always: {
      'no claim goes while a pod uses it': ({ event, truth }) =>
        event.verb !== 'delete' ||
        !event.target.startsWith('PersistentVolumeClaim/') ||
        truth.get('Pod', 'db') === undefined,
    },
  }),

  serviceaccounts: simulation({
    ...common,
    oracles,
    controllers: builtIn('serviceaccount', 'serviceaccount-token', 'root-ca-cert-publisher'),
    ignore: ['Secret.data'],
    // What no watch told is found at the next resync.
    quietMs: 13 * 3_600_000,
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(object('v1', 'Namespace', 'team', {}, ''))
      await waitFor(() => names(truth, 'ServiceAccount', 'team').length > 0)
      await user.create(
        object(
          'v1',
          'Secret',
          'token',
          {
            metadata: { annotations: { 'kubernetes.io/service-account.name': 'default' } },
            type: 'kubernetes.io/service-account-token',
          },
          'team',
        ),
      )
      await settle()
      await waitFor(() => truth.get('ConfigMap', 'kube-root-ca.crt', 'team') !== undefined)
      await user.delete('ConfigMap', 'kube-root-ca.crt', 'team')
      await settle()
    },
    eventually: {
      'an account and the root certificate': ({ truth }) =>
        names(truth, 'ServiceAccount', 'team').join() === 'default' &&
        names(truth, 'ConfigMap', 'team').join() === 'kube-root-ca.crt',
      'the token is filled in': ({ truth }) =>
        truth.get('Secret', 'token', 'team')?.data?.token !== undefined,
    },
  }),

  aggregation: simulation({
    ...common,
    oracles,
    controllers: builtIn('clusterrole-aggregation'),
    scenario: async ({ user, settle }) => {
      const rules = (resource: string) => [{ apiGroups: [''], resources: [resource], verbs: ['get'] }]
      const part = (name: string, resource: string) =>
        object(
          'rbac.authorization.k8s.io/v1',
          'ClusterRole',
          name,
          { metadata: { labels: { part: 'yes' } }, rules: rules(resource) },
          '',
        )
      const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] }
      await user.create(
        object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'all', { aggregationRule, rules: [] }, ''),
      )
      await user.create(part('one', 'pods'))
      await settle()
      await user.create(part('two', 'services'))
      await settle()
      await user.delete('ClusterRole', 'one')
      await settle()
    },
    eventually: {
      'the rules of what is there': ({ truth }) => {
        const text = JSON.stringify(truth.get('ClusterRole', 'all')?.rules)
        return (text.includes('services') && !text.includes('pods')) || text
      },
    },
  }),

  certificates: simulation({
    ...common,
    oracles,
    controllers: builtIn('csrapproving', 'csrsigning', 'csrcleaner'),
    scenario: async ({ user, settle, waitFor, truth }) => {
      const request = () => truth.get('CertificateSigningRequest', 'node-1')
      await user.create(
        object(
          'certificates.k8s.io/v1',
          'CertificateSigningRequest',
          'node-1',
          {
            spec: {
              request: NODE_REQUEST,
              signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
              usages: ['digital signature', 'client auth'],
            },
          },
          '',
        ),
      )
      await waitFor(() => request() === undefined || request()?.status?.certificate !== undefined)
      await settle()
      await waitFor(() => request() === undefined, '5h')
    },
    never: {
      'a certificate without approval': ({ truth }) =>
        truth
          .list('CertificateSigningRequest')
          .some(
            ({ status }) =>
              status?.certificate !== undefined &&
              !status.conditions?.some((it: { type: string }) => it.type === 'Approved'),
          ),
    },
    always: {
      'nothing is cleaned away before it was signed': ({ event }) =>
        event.verb !== 'delete' || event.old?.status?.certificate !== undefined,
    },
  }),

  attaching: simulation({
    ...common,
    oracles,
    controllers: builtIn('attachdetach', 'csi-attacher'),
    ignore: ['Pod.status', 'Node.status'],
    given: [
      node('node-1'),
      object(
        'v1',
        'PersistentVolume',
        'disk-1',
        {
          spec: {
            capacity: { storage: '10Gi' },
            accessModes: ['ReadWriteOnce'],
            storageClassName: '',
            csi: { driver: 'csi.kubarium.dev', volumeHandle: 'disk-1' },
            claimRef: { namespace: 'default', name: 'data' },
          },
        },
        '',
      ),
      object('v1', 'PersistentVolumeClaim', 'data', {
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '5Gi' } },
          storageClassName: '',
          volumeName: 'disk-1',
        },
      }),
    ],
    scenario: async ({ user, settle, waitFor, truth }) => {
      const attached = () => truth.list('VolumeAttachment').some((it) => it.status?.attached)
      const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
      await user.create(boundPod('db', 'node-1', { volumes }))
      await waitFor(attached)
      await settle()
      await user.delete('Pod', 'db')
      await waitFor(() => truth.list('VolumeAttachment').length === 0)
    },
    eventually: {
      'the node is not told of what it has not': ({ truth }) =>
        (truth.get('Node', 'node-1')?.status?.volumesAttached ?? []).length === 0,
    },
  }),

  expander: simulation({
    ...common,
    oracles,
    controllers: builtIn('persistentvolume-expander', 'csi-provisioner', 'persistentvolume-binder'),
    ignore: ['*.metadata.annotations', 'PersistentVolume', 'PersistentVolumeClaim.spec.volumeName'],
    given: [
      object(
        'storage.k8s.io/v1',
        'StorageClass',
        'fast',
        { provisioner: 'csi.kubarium.dev', volumeBindingMode: 'Immediate', allowVolumeExpansion: true },
        '',
      ),
    ],
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(claim('data', 'fast'))
      await waitFor(() => bound(truth, 'data'))
      await user.patch('PersistentVolumeClaim', 'data', {
        spec: { resources: { requests: { storage: '20Gi' } } },
      })
      await settle()
    },
    eventually: {
      'the claim has what it asks for': ({ truth }) =>
        truth.get('PersistentVolumeClaim', 'data')?.status?.capacity?.storage === '20Gi',
    },
  }),

  ttl: simulation({
    ...common,
    oracles,
    controllers: builtIn('ttl'),
    scenario: async ({ user, settle }) => {
      await user.create(node('node-1'))
      await settle()
      await user.create(node('node-2'))
      await settle()
    },
    eventually: {
      'kubelets are told': ({ truth }) =>
        truth.list('Node').every((it) => it.metadata.annotations?.['node.alpha.kubernetes.io/ttl'] === '0'),
    },
  }),

  leasegc: simulation({
    ...common,
    oracles,
    controllers: builtIn('apiserver-lease-gc'),
    scenario: async ({ user, settle, advance, waitFor, truth }) => {
      const lease = (name: string) =>
        object(
          'coordination.k8s.io/v1',
          'Lease',
          name,
          {
            metadata: { labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver' } },
            spec: {
              holderIdentity: name,
              leaseDurationSeconds: 3600,
              renewTime: '2024-12-31T00:00:00.000000Z',
            },
          },
          'kube-system',
        )
      await user.create(lease('apiserver-old'))
      await settle()
      await advance('3h')
      await waitFor(() => names(truth, 'Lease', 'kube-system').length === 0, '3h')
    },
    eventually: {
      'the lease of a dead server is gone': ({ truth }) => names(truth, 'Lease', 'kube-system').length === 0,
    },
  }),

  ephemeral: simulation({
    ...common,
    oracles,
    controllers: builtIn('ephemeral-volume', 'persistentvolume-binder'),
    ignore: ['Pod.status', 'PersistentVolume'],
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(volume('disk-1'))
      const { spec } = claim('') as unknown as { spec: object }
      await user.create(
        boundPod('job', 'node-1', {
          volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec } } }],
        }),
      )
      await waitFor(() => truth.get('PersistentVolumeClaim', 'job-scratch') !== undefined)
      await user.delete('PersistentVolumeClaim', 'job-scratch')
      await settle()
    },
    eventually: {
      'the pod has its claim': ({ truth }) => names(truth, 'PersistentVolumeClaim').join() === 'job-scratch',
    },
  }),

  nodeipam: simulation({
    ...common,
    oracles,
    controllers: builtIn('nodeipam'),
    ignore: ['Node.spec'],
    scenario: async ({ user, settle }) => {
      await user.create(node('node-1'))
      await user.create(node('node-2'))
      await settle()
      await user.delete('Node', 'node-1')
      await settle()
      await user.create(node('node-3'))
      await settle()
    },
    always: {
      'no range twice': ({ truth }) => {
        const ranges = truth.list('Node').flatMap((it) => it.spec?.podCIDR ?? [])
        return new Set(ranges).size === ranges.length || ranges.join()
      },
    },
    eventually: { 'every node has one': ({ truth }) => truth.list('Node').every((it) => it.spec?.podCIDR) },
  }),

  cloud: simulation({
    oracles,
    process: 'cloud-controller-manager',
    outside: {
      cloud: ({ loop, journal, random }) => {
        cloud = new Cloud({ loop, journal, random: random('cloud') })
        return { snapshot: () => ({ balancers: cloud.loadBalancers().length }) }
      },
    },
    controllers: () => cloudControllerManager(cloud) as never,
    ignore: ['Service.status', 'Service.spec'],
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(
        object('v1', 'Service', 'shop', { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } }),
      )
      await waitFor(() => truth.get('Service', 'shop')?.status?.loadBalancer?.ingress !== undefined)
      await user.create(
        object('v1', 'Service', 'api', { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } }),
      )
      await settle()
      await user.delete('Service', 'shop')
      await waitFor(() => truth.get('Service', 'shop') === undefined)
    },
    eventually: {
      'one balancer for the service that is left': () =>
        cloud.loadBalancers().length === 1 || `${cloud.loadBalancers().length} balancers`,
    },
  }),

  kubelet: simulation({
    oracles: { ...oracles, quiescence: false, idempotence: false },
    process: 'kubelet/node-1',
    outside: {
      machine: ({ loop, journal, random }) => {
        machine = new Machine({
          nodeName: 'node-1',
          loop,
          journal,
          random: random('machine'),
          catalog: imageCatalog(undefined, BUILT_IN_IMAGES),
          programs: BUILT_IN_PROGRAMS,
          ips: ['10.0.0.1'],
          capacity: { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' },
        })
        return { snapshot: () => running() }
      },
    },
    controllers: () => [kubelet({ machine, podCidr: '10.244.0.0/24' })] as never,
    ignore: ['Pod.status', 'Node'],
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(boundPod('a', 'node-1'))
      await waitFor(() => truth.get('Pod', 'a')?.status?.phase === 'Running')
      await user.create(boundPod('b', 'node-1'))
      await settle()
      await user.delete('Pod', 'a')
      await waitFor(() => truth.get('Pod', 'a') === undefined)
    },
    always: {
      'no container twice': () => new Set(running()).size === running().length || running().join(),
    },
    eventually: {
      'only the container of the pod that is left': () => running().join() === 'b/main' || running().join(),
    },
  }),

  scheduler: simulation({
    oracles,
    process: 'kube-scheduler',
    controllers: [scheduler()],
    given: [node('node-1', '2'), node('node-2', '2')],
    ignore: ['Pod.spec.nodeName', 'Pod.status'],
    scenario: async ({ user, settle }) => {
      const pod = (name: string) =>
        object('v1', 'Pod', name, {
          spec: { containers: [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu: '1' } } }] },
        })
      await untaint(user, 'node-1', 'node-2')
      await user.create(pod('a'))
      await user.create(pod('b'))
      await settle()
      await user.create(pod('c'))
      await settle()
      await user.create(pod('d'))
      await settle()
    },
    always: {
      'no node is promised twice': ({ truth }) =>
        ['node-1', 'node-2'].every(
          (name) => truth.list('Pod').filter((it) => it.spec.nodeName === name).length <= 2,
        ),
    },
    eventually: {
      'all have a node': ({ truth }) => truth.list('Pod').every((it) => it.spec.nodeName !== undefined),
    },
  }),
}
