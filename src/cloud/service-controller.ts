/** Load balancers for Services (upstream: k8s.io/cloud-provider controllers/service/controller.go). */
import { Node } from '../api/core/node.ts'
import { Service } from '../api/core/service.ts'
import type { Stored } from '../api/kind.ts'
import type { Component } from '../client/process.ts'
import { KeyedWorker } from './keyed-worker.ts'
import type { Cloud } from './provider.ts'

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup'
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers'
const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler'
const NODE_SYNC_MS = 100_000

export function serviceController(cloud: Cloud): Component {
  return {
    name: 'service-lb-controller',
    start(process) {
      const { client, informers } = process
      const services = informers.for(Service)
      const nodes = informers.for(Node)
      const recorder = process.recorder('service-controller')
      /** What each load balancer was last made from, by service key. */
      const applied = new Map<string, string>()
      let hosts = ''

      const eligible = () =>
        [...nodes.lister.list()]
          .filter(
            (it) =>
              it.metadata.deletionTimestamp === undefined &&
              !(it.metadata.labels !== undefined && Object.hasOwn(it.metadata.labels, EXCLUDED)) &&
              !it.spec.taints?.some((taint) => taint.key === TO_BE_DELETED),
          )
          .map((it) => it.metadata.name)
          .sort()

      const worker = new KeyedWorker(process, 'service-lb-controller', sync, (key, error) => {
        const service = services.lister.get(key)
        if (service === undefined) return
        recorder.event(
          service,
          'Warning',
          'SyncLoadBalancerFailed',
          `Error syncing load balancer: ${error.message}`,
        )
      })
      const nodeWorker = new KeyedWorker(process, 'service-lb-nodes', updateHosts, (key, error) => {
        const service = services.lister.get(key)
        if (service === undefined) return
        const message = `Error updating load balancer with new hosts [${eligible().join(' ')}]: ${error.message}`
        recorder.event(service, 'Warning', 'UpdateLoadBalancerFailed', message)
      })

      const seen = (service: Stored<Service>) => {
        if (wantsBalancer(service) || hasFinalizer(service)) worker.add(keyOf(service))
      }
      services.addHandlers({ add: seen, update: seen })
      const nodesChanged = () => {
        if (!nodes.synced) return
        const now = eligible().join(' ')
        if (now === hosts) return
        hosts = now
        for (const key of applied.keys()) nodeWorker.add(key)
      }
      nodes.addHandlers({ add: nodesChanged, update: nodesChanged, delete: nodesChanged })
      nodes.whenSynced(nodesChanged)
      process.clock.every(NODE_SYNC_MS, nodesChanged)

      async function sync(key: string): Promise<void> {
        const service = services.lister.get(key)
        if (service === undefined) return
        if (!wantsBalancer(service) || service.metadata.deletionTimestamp !== undefined) {
          if (hasFinalizer(service)) await tearDown(key, service)
          return
        }
        const wanted = fingerprint(service)
        if (applied.get(key) === wanted && service.status?.loadBalancer?.ingress !== undefined) return
        recorder.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')
        // The finalizer goes first: a balancer must never outlive the only object that knows of it.
        let current = service
        if (!hasFinalizer(service)) {
          current = await client.update(Service, service, (draft) => {
            draft.metadata = {
              ...draft.metadata,
              finalizers: [...(draft.metadata?.finalizers ?? []), FINALIZER],
            }
          })
        }
        const available = eligible()
        if (available.length === 0) {
          recorder.event(
            service,
            'Warning',
            'UnAvailableLoadBalancer',
            'There are no available nodes for LoadBalancer',
          )
        }
        const ports = (service.spec.ports ?? []).map((it) => ({
          protocol: it.protocol || 'TCP',
          port: it.port,
          nodePort: it.nodePort ?? 0,
        }))
        const balancer = await cloud.ensureLoadBalancer(balancerName(service), ports, available)
        applied.set(key, wanted)
        recorder.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')
        const ingress = [{ ip: balancer.ip, ipMode: 'VIP' }]
        if (current.status?.loadBalancer?.ingress?.[0]?.ip !== balancer.ip) {
          const patch = { status: { loadBalancer: { ingress } } }
          await client.patch(Service, refOf(service), patch, { subresource: 'status' })
        }
      }

      async function tearDown(key: string, service: Stored<Service>): Promise<void> {
        const name = balancerName(service)
        if (cloud.loadBalancer(name) !== undefined) {
          recorder.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer')
          await cloud.deleteLoadBalancer(name)
        }
        applied.delete(key)
        if (
          service.metadata.deletionTimestamp === undefined &&
          service.status?.loadBalancer?.ingress !== undefined
        ) {
          await client.patch(
            Service,
            refOf(service),
            { status: { loadBalancer: null } },
            { subresource: 'status' },
          )
        }
        const fresh = await client.find(Service, refOf(service))
        if (fresh !== undefined && hasFinalizer(fresh)) {
          const finalizers = fresh.metadata.finalizers?.filter((it) => it !== FINALIZER)
          await client.patch(Service, refOf(service), { metadata: { finalizers } })
        }
        recorder.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer')
      }

      async function updateHosts(key: string): Promise<void> {
        const service = services.lister.get(key)
        if (service === undefined || !wantsBalancer(service)) return
        await cloud.updateLoadBalancer(balancerName(service), eligible())
        recorder.event(service, 'Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts')
      }
    },
  }
}

function wantsBalancer(service: Service): boolean {
  return service.spec.type === 'LoadBalancer' && service.spec.loadBalancerClass === undefined
}

function hasFinalizer(service: Service): boolean {
  return service.metadata?.finalizers?.includes(FINALIZER) === true
}

/** Everything that the cloud must hear about when it changes. */
function fingerprint({ metadata, spec }: Stored<Service>): string {
  const ports = spec.ports?.map((it) => [
    it.name,
    it.protocol,
    it.port,
    it.nodePort,
    it.targetPort,
    it.appProtocol,
  ])
  return JSON.stringify([
    metadata.uid,
    metadata.annotations,
    ports,
    spec.sessionAffinity,
    spec.loadBalancerSourceRanges,
    spec.loadBalancerIP,
    spec.externalIPs,
    spec.externalTrafficPolicy,
    spec.healthCheckNodePort,
    spec.ipFamilies?.length,
  ])
}

/** `a` and the uid without dashes, as upstream names balancers by default. */
function balancerName(service: Stored<Service>): string {
  return `a${service.metadata.uid.replaceAll('-', '')}`.slice(0, 32)
}

function keyOf({ metadata }: Stored<Service>): string {
  return `${metadata.namespace}/${metadata.name}`
}

function refOf({ metadata }: Stored<Service>) {
  return { namespace: metadata.namespace, name: metadata.name }
}
