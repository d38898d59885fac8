/** Disks that only one pod may use at a time, and claims that only one pod of the cluster may use (plugins/volumerestrictions). */
import type { Volume as PodVolume } from '../../api/core/volume.ts'
import type { NodeInfo } from '../cache/node-info.ts'
import type { PodClass } from '../cache/pod-class.ts'
import { ADD, DELETE, UPDATE } from '../framework/cluster-event.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { SUCCESS, unschedulable } from '../framework/status.ts'
import { VOLUME_KINDS, volumeListers } from './volume-claims.ts'

const DISK_TAKEN = unschedulable('node(s) had no available disk')
const CLAIM_TAKEN = unschedulable(
  'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
)

export const volumeRestrictions: PluginFactory = (_args, { informers, cache }) => {
  const { claims } = volumeListers(informers)
  const isExclusive = (key: string) =>
    claims.get(key)?.spec.accessModes?.includes('ReadWriteOncePod') ?? false
  return {
    name: 'VolumeRestrictions',
    concerns: (pod) => disksOf(pod).length > 0 || pod.claimKeys.length > 0,
    watches: VOLUME_KINDS,
    events: [
      { resource: 'AssignedPod', actions: DELETE },
      { resource: 'Node', actions: ADD },
      { resource: 'PersistentVolumeClaim', actions: ADD | UPDATE },
    ],
    filter(pod, node) {
      const disks = disksOf(pod.class)
      if (disks.length > 0 && isTaken(disks, node)) return DISK_TAKEN
      const clashes = (key: string) => cache.claimUsers(key) > 0 && isExclusive(key)
      return pod.class.claimKeys.some(clashes) ? CLAIM_TAKEN : SUCCESS
    },
  }
}

function disksOf({ spec }: PodClass): readonly PodVolume[] {
  return (spec.volumes ?? []).filter(
    (it) => it.gcePersistentDisk || it.awsElasticBlockStore || it.rbd || it.iscsi,
  )
}

function isTaken(disks: readonly PodVolume[], { pods }: NodeInfo): boolean {
  for (const other of pods.values())
    for (const theirs of disksOf(other.class)) if (disks.some((own) => excludes(own, theirs))) return true
  return false
}

/** The same disk, and not read-only on both sides where the kind allows that. */
function excludes(a: PodVolume, b: PodVolume): boolean {
  if (a.gcePersistentDisk && b.gcePersistentDisk)
    return (
      a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName &&
      !(a.gcePersistentDisk.readOnly && b.gcePersistentDisk.readOnly)
    )
  if (a.awsElasticBlockStore && b.awsElasticBlockStore)
    return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID
  if (a.iscsi && b.iscsi) return a.iscsi.iqn === b.iscsi.iqn && !(a.iscsi.readOnly && b.iscsi.readOnly)
  if (a.rbd && b.rbd) {
    const monitors = b.rbd.monitors
    const sharesMonitor = a.rbd.monitors.some((it) => monitors.includes(it))
    const sameImage = (a.rbd.pool ?? 'rbd') === (b.rbd.pool ?? 'rbd') && a.rbd.image === b.rbd.image
    return sharesMonitor && sameImage && !(a.rbd.readOnly && b.rbd.readOnly)
  }
  return false
}
