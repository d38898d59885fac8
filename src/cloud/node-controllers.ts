/**
 * Nodes as the cloud sees them (upstream: k8s.io/cloud-provider controllers/node and nodelifecycle): new ones are
 * told who they are, and those whose instance is gone are deleted.
 */
import { Node } from '../api/core/node.ts'
import type { Stored } from '../api/kind.ts'
import { formatTime } from '../api/time.ts'
import type { Component } from '../client/process.ts'
import { KeyedWorker } from './keyed-worker.ts'
import type { Cloud, Instance } from './provider.ts'

export const UNINITIALIZED = 'node.cloudprovider.kubernetes.io/uninitialized'
const SHUTDOWN = 'node.cloudprovider.kubernetes.io/shutdown'
const MONITOR_MS = 5000
const ADDRESSES_MS = 300_000

/** Sets provider id, labels and addresses of new nodes, and keeps the addresses fresh. */
export function cloudNodeController(cloud: Cloud): Component {
  return {
    name: 'cloud-node-controller',
    start(process) {
      const nodes = process.informers.for(Node)
      const recorder = process.recorder('cloud-node-controller')
      const worker = new KeyedWorker(process, 'cloud-node-controller', sync, () => {})
      const seen = (node: Stored<Node>) => {
        if (isUninitialized(node)) worker.add(node.metadata.name)
      }
      nodes.addHandlers({ add: seen, update: seen })
      process.clock.every(ADDRESSES_MS, () => {
        for (const node of nodes.lister.list())
          if (node.spec.providerID !== undefined) worker.add(node.metadata.name)
      })

      async function sync(name: string): Promise<void> {
        const node = nodes.lister.get(name)
        if (node === undefined) return
        const instance = await cloud.describeInstance({ providerId: node.spec.providerID, name })
        if (instance === undefined) {
          if (isUninitialized(node)) throw new Error(`instance not found for node ${name}`)
          return
        }
        if (isUninitialized(node)) {
          await process.client.update(Node, node, (draft) => {
            draft.metadata = {
              ...draft.metadata,
              labels: { ...draft.metadata?.labels, ...labelsOf(instance) },
            }
            draft.spec = {
              ...draft.spec,
              providerID: cloud.providerId(instance),
              taints: draft.spec.taints?.filter((it) => it.key !== UNINITIALIZED),
            }
          })
          recorder.event(node, 'Normal', 'Synced', 'Node synced successfully')
        }
        const addresses = addressesOf(instance, node)
        const fresh = await process.client.get(Node, { name })
        if (JSON.stringify(fresh.status?.addresses) === JSON.stringify(addresses)) return
        await process.client.patch(Node, { name }, { status: { addresses } }, { subresource: 'status' })
      }
    },
  }
}

/** Every 5 s, for nodes that are not Ready: is the instance still there, and does it run? */
export function cloudNodeLifecycleController(cloud: Cloud): Component {
  return {
    name: 'cloud-node-lifecycle-controller',
    start(process) {
      const nodes = process.informers.for(Node)
      const recorder = process.recorder('cloud-node-lifecycle-controller')
      const worker = new KeyedWorker(process, 'cloud-node-lifecycle-controller', sync, () => {})
      process.clock.every(MONITOR_MS, () => {
        for (const node of nodes.lister.list()) {
          if (!isReady(node) || hasTaint(node, SHUTDOWN)) worker.add(node.metadata.name)
        }
      })

      async function sync(name: string): Promise<void> {
        const node = nodes.lister.get(name)
        if (node === undefined) return
        if (isReady(node)) {
          if (hasTaint(node, SHUTDOWN)) {
            await process.client.update(Node, node, (draft) => {
              draft.spec.taints = draft.spec.taints?.filter((it) => it.key !== SHUTDOWN)
            })
          }
          return
        }
        const instance = await cloud.describeInstance({ providerId: node.spec.providerID, name })
        if (instance === undefined) {
          const message = `Deleting node ${name} because it does not exist in the cloud provider`
          recorder.event(node, 'Normal', 'DeletingNode', message)
          await process.client.delete(Node, { name })
        } else if (instance.state === 'stopped' && !hasTaint(node, SHUTDOWN)) {
          await process.client.update(Node, node, (draft) => {
            const timeAdded = formatTime(process.clock.now())
            draft.spec.taints = [
              ...(draft.spec.taints ?? []),
              { key: SHUTDOWN, effect: 'NoSchedule', timeAdded },
            ]
          })
        }
      }
    },
  }
}

/** Pod ranges of nodes as routes of the cloud's network (upstream: controllers/route). */
export function routeController(cloud: Cloud): Component {
  return {
    name: 'route-controller',
    start(process) {
      const nodes = process.informers.for(Node)
      const recorder = process.recorder('route_controller')
      const worker = new KeyedWorker(process, 'route-controller', sync, (name, error) => {
        const node = nodes.lister.get(name)
        if (node === undefined) return
        const message = `Could not create route ${node.metadata.uid} ${node.spec.podCIDR} for node ${name}: ${error.message}`
        recorder.event(node, 'Warning', 'FailedToCreateRoute', message)
        process.spawn('route-controller', () => setCondition(node, false))
      })
      const look = () => {
        const known = new Set<string>()
        for (const node of nodes.lister.list()) {
          known.add(node.metadata.name)
          const route = cloud.routes().find((it) => it.node === node.metadata.name)
          if (node.spec.podCIDR !== undefined && route?.cidr !== node.spec.podCIDR)
            worker.add(node.metadata.name)
        }
        for (const route of cloud.routes()) if (!known.has(route.node)) worker.add(route.node)
      }
      nodes.whenSynced(look)
      process.clock.every(10_000, look)

      async function sync(name: string): Promise<void> {
        const node = nodes.lister.get(name)
        if (node === undefined) {
          await cloud.deleteRoute(name)
          return
        }
        if (node.spec.podCIDR === undefined) return
        await cloud.createRoute(name, node.spec.podCIDR)
        await setCondition(node, true)
      }

      async function setCondition(node: Stored<Node>, created: boolean): Promise<void> {
        const { name } = node.metadata
        const fresh = await process.client.find(Node, { name })
        if (fresh === undefined) return
        const now = formatTime(process.clock.now())
        const condition = {
          type: 'NetworkUnavailable',
          status: created ? 'False' : 'True',
          reason: created ? 'RouteCreated' : 'NoRouteCreated',
          message: created ? 'RouteController created a route' : 'RouteController failed to create a route',
          lastHeartbeatTime: now,
          lastTransitionTime: now,
        }
        const others = fresh.status?.conditions?.filter((it) => it.type !== 'NetworkUnavailable') ?? []
        await process.client.patch(
          Node,
          { name },
          { status: { conditions: [condition, ...others] } },
          { subresource: 'status' },
        )
      }
    },
  }
}

export function isReady(node: Node): boolean {
  return node.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') === true
}

function isUninitialized(node: Node): boolean {
  return hasTaint(node, UNINITIALIZED)
}

function hasTaint(node: Node, key: string): boolean {
  return node.spec.taints?.some((it) => it.key === key) === true
}

function labelsOf(instance: Instance): Record<string, string> {
  return {
    'node.kubernetes.io/instance-type': instance.type,
    'beta.kubernetes.io/instance-type': instance.type,
    'topology.kubernetes.io/zone': instance.zone,
    'failure-domain.beta.kubernetes.io/zone': instance.zone,
    'topology.kubernetes.io/region': instance.region,
    'failure-domain.beta.kubernetes.io/region': instance.region,
  }
}

function addressesOf(instance: Instance, node: Node) {
  const internal = node.status?.addresses?.filter((it) => it.type === 'InternalIP') ?? []
  return [
    ...(internal.length > 0 ? internal : [{ type: 'InternalIP', address: instance.privateIp }]),
    ...(instance.publicIp === undefined ? [] : [{ type: 'ExternalIP', address: instance.publicIp }]),
    { type: 'Hostname', address: instance.name },
  ]
}
