/** Puts a cluster on a cloud: its nodes are instances, and what happens to an instance happens to its machine. */
import { clusterAutoscaler, type NodeGroup } from '../cloud/autoscaler.ts'
import { cloudControllerManager } from '../cloud/cloud-controller-manager.ts'
import { UNINITIALIZED } from '../cloud/node-controllers.ts'
import { Cloud, type CloudQuotas } from '../cloud/provider.ts'
import type { NodeSpec } from './cluster.ts'
import type { SimCluster } from './sim-cluster.ts'
import { AUTOSCALER, CLOUD_CONTROLLER_MANAGER } from './users.ts'

export interface CloudSettings {
  readonly region?: string
  readonly zones?: readonly string[]
  readonly quotas?: CloudQuotas
  /** Time of one call, ms. */
  readonly latencyMs?: number
  /** From the call to a running instance, ms. */
  readonly bootMs?: number
  /** Groups that the autoscaler may grow and shrink; absent: there is no autoscaler. */
  readonly groups?: readonly NodeGroup[]
  /** How long a node must have been unneeded before it is removed, ms. */
  readonly unneededMs?: number
}

/** Starts the cloud's controllers; nodes are added with `cloudNode`. */
export function startCloud(cluster: SimCluster, settings: CloudSettings): Cloud {
  const { foundation } = cluster
  const { groups = [], unneededMs, ...options } = settings
  const cloud = new Cloud({
    ...options,
    loop: foundation.loop,
    journal: foundation.journal,
    random: foundation.random('cloud'),
    hooks: {
      started: (instance) => {
        const known = cluster.nodes().find((it) => it.name === instance.name)
        if (known !== undefined) {
          known.recover()
          return
        }
        const group = groups.find((it) => it.name === instance.group)
        cluster.startNode({
          name: instance.name,
          ...(group === undefined ? {} : { cpu: group.cpu, memory: group.memory }),
          taints: [UNINITIALIZED_TAINT],
        })
      },
      stopped: (instance) =>
        cluster
          .nodes()
          .find((it) => it.name === instance.name)
          ?.crash(),
      terminated: (instance) =>
        cluster
          .nodes()
          .find((it) => it.name === instance.name)
          ?.crash(),
    },
  })
  cluster.startProcess('cloud-controller-manager', cloudControllerManager(cloud), CLOUD_CONTROLLER_MANAGER)
  if (groups.length > 0) {
    cluster.startProcess('cluster-autoscaler', [clusterAutoscaler({ cloud, groups, unneededMs })], AUTOSCALER)
  }
  return cloud
}

const UNINITIALIZED_TAINT = { key: UNINITIALIZED, value: 'true', effect: 'NoSchedule' }

/** A node that the cluster starts with, as an instance that runs already. */
export function cloudNode(cloud: Cloud, name: string, spec: NodeSpec): NodeSpec {
  cloud.adopt({ name, zone: spec.zone })
  return { ...spec, name, taints: [...(spec.taints ?? []), UNINITIALIZED_TAINT] }
}
