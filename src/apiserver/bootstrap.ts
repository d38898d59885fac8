/** What the API server itself puts into an empty cluster: system namespaces, priority classes, its own Service. */
import { ApiError } from '../api/errors.ts'
import type { KubeObject } from '../api/kind.ts'
import type { Maybe, UserInfo } from '../api/request.ts'
import type { ServerContext } from './call.ts'
import { inOrder } from './maybe.ts'
import { SERVICE_CIDR } from './services.ts'

/** The server's identity for what it does on its own. */
export const LOOPBACK: UserInfo = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
}

/** Address under which pods reach the API server: the first of the service range. */
export const KUBERNETES_SERVICE_IP = '10.96.0.1'

const meta = (name: string, namespace?: string) => (namespace ? { name, namespace } : { name })

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'].map(
  (name): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: meta(name) }),
)

const PRIORITY_CLASSES: readonly (KubeObject & Record<string, unknown>)[] = [
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: meta('system-node-critical'),
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: meta('system-cluster-critical'),
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
]

const KUBERNETES_SERVICE: KubeObject & Record<string, unknown> = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { ...meta('kubernetes', 'default'), labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: {
    clusterIP: KUBERNETES_SERVICE_IP,
    type: 'ClusterIP',
    sessionAffinity: 'None',
    ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
  },
}

/** Where the server listens: the endpoint of its Service. */
export const ADVERTISED = { ip: '172.18.0.1', port: 6443 } as const

/** Kept by the server itself, since no pods are behind its Service (upstream: pkg/controlplane/reconcilers). */
const KUBERNETES_ENDPOINTS: readonly (KubeObject & Record<string, unknown>)[] = [
  {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...meta('kubernetes', 'default'),
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    },
    subsets: [
      {
        addresses: [{ ip: ADVERTISED.ip }],
        ports: [{ name: 'https', port: ADVERTISED.port, protocol: 'TCP' }],
      },
    ],
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...meta('kubernetes', 'default'), labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ADVERTISED.ip], conditions: { ready: true } }],
    ports: [{ name: 'https', port: ADVERTISED.port, protocol: 'TCP' }],
  },
]

const SERVICE_CIDR_OBJECT: KubeObject & Record<string, unknown> = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: meta('kubernetes'),
  spec: { cidrs: [SERVICE_CIDR] },
}

/** Creates what is absent; an object that is there already stays as it is. */
export function bootstrap(server: ServerContext, more: readonly KubeObject[] = []): Maybe<undefined> {
  const objects = [
    ...NAMESPACES,
    ...PRIORITY_CLASSES,
    SERVICE_CIDR_OBJECT,
    KUBERNETES_SERVICE,
    ...KUBERNETES_ENDPOINTS,
    ...more,
  ]
  return inOrder(objects, undefined, (_, object) => ensure(server, object))
}

function ensure(server: ServerContext, object: KubeObject): Maybe<undefined> {
  const kind = server.scheme.of(object)
  if (kind === undefined) return undefined
  const { name, namespace } = object.metadata!
  if (server.find(kind.group, kind.resource, namespace, name!) !== undefined) return undefined
  const { group, version, resource } = kind
  const created = server.serve({
    verb: 'create',
    group,
    version,
    resource,
    namespace,
    body: object,
    user: LOOPBACK,
    userAgent: 'kube-apiserver',
  })
  if (!(created instanceof Promise)) return undefined
  return created.then(
    () => undefined,
    (error) => {
      // Another server on the same etcd was faster.
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
      return undefined
    },
  )
}
