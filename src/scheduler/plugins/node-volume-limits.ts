/** Rejects nodes to which a CSI driver cannot attach as many volumes (plugins/nodevolumelimits/csi.go). */
import type { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { ADD, DELETE, UPDATE } from '../framework/cluster-event.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { SUCCESS, unschedulable } from '../framework/status.ts'
import { claimsOf, className, hasClaims, usesClaims, VOLUME_KINDS, volumeListers } from './volume-claims.ts'

const TOO_MANY = unschedulable('node(s) exceed max volume count')

export const nodeVolumeLimits: PluginFactory = (_args, { informers }) => {
  const listers = volumeListers(informers)
  return {
    name: 'NodeVolumeLimits',
    concerns: usesClaims,
    watches: VOLUME_KINDS,
    events: [
      { resource: 'AssignedPod', actions: DELETE },
      { resource: 'CSINode', actions: ADD | UPDATE },
      { resource: 'PersistentVolumeClaim', actions: ADD | UPDATE },
    ],
    filter({ pod }, node) {
      const drivers = listers.csiNodes.get(node.name)?.spec.drivers ?? []
      const limits = new Map(drivers.map(({ name, allocatable }) => [name, allocatable?.count]))
      if (drivers.length === 0) return SUCCESS
      const attached = new Map<string, Set<string>>()
      for (const other of node.pods.values()) if (hasClaims(other.pod.spec)) addVolumes(other.pod, attached)
      const wanted = new Map<string, Set<string>>()
      addVolumes(pod, wanted)
      for (const [driver, volumes] of wanted) {
        const limit = limits.get(driver)
        if (limit === undefined) continue
        const there = attached.get(driver)
        const more = [...volumes].filter((it) => !there?.has(it)).length
        if (more > 0 && (there?.size ?? 0) + more > limit) return TOO_MANY
      }
      return SUCCESS
    },
  }

  /** Driver -> distinct volumes. A claim without a volume yet counts as the one that its class will make. */
  function addVolumes(pod: Stored<Pod>, to: Map<string, Set<string>>): void {
    for (const claim of claimsOf(pod, listers)) {
      const csi = claim.spec.volumeName ? listers.volumes.get(claim.spec.volumeName)?.spec.csi : undefined
      const driver =
        csi?.driver ??
        (claim.spec.volumeName ? undefined : listers.classes.get(className(claim))?.provisioner)
      if (driver === undefined) continue
      const handle =
        csi?.volumeHandle ?? `${className(claim)}-${claim.metadata.namespace}/${claim.metadata.name}`
      const volumes = to.get(driver)
      if (volumes === undefined) to.set(driver, new Set([handle]))
      else volumes.add(handle)
    }
  }
}
