/** Keeps pods in the zones of their bound volumes, as the volumes' labels name them (plugins/volumezone). */
import { label } from '../cache/matchers.ts'
import { ADD, UPDATE, UPDATE_NODE_LABEL } from '../framework/cluster-event.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { SUCCESS, unresolvable } from '../framework/status.ts'
import type { Volume } from './volume-claims.ts'
import { claimsOf, usesClaims, VOLUME_KINDS, volumeListers } from './volume-claims.ts'

const WRONG_ZONE = unresolvable('node(s) had no available volume zone')
/** Label of a volume -> the label of nodes that may stand for it. */
const TOPOLOGY_LABELS = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['topology.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/region'],
])

export const volumeZone: PluginFactory = (_args, { informers }) => {
  const listers = volumeListers(informers)
  return {
    name: 'VolumeZone',
    concerns: usesClaims,
    watches: VOLUME_KINDS,
    events: [
      { resource: 'Node', actions: ADD | UPDATE_NODE_LABEL },
      { resource: 'PersistentVolumeClaim', actions: ADD | UPDATE },
      { resource: 'PersistentVolume', actions: ADD | UPDATE },
      { resource: 'StorageClass', actions: ADD },
    ],
    filter({ pod }, { labels }) {
      for (const claim of claimsOf(pod, listers)) {
        const volume = claim.spec.volumeName ? listers.volumes.get(claim.spec.volumeName) : undefined
        for (const { key, values } of volume === undefined ? [] : topologiesOf(volume)) {
          const value = label(labels, key) ?? label(labels, TOPOLOGY_LABELS.get(key)!)
          if (value === undefined || !values.includes(value)) return WRONG_ZONE
        }
      }
      return SUCCESS
    },
  }
}

/** A value may name several zones: `a__b`. */
function topologiesOf({ metadata }: Volume): { key: string; values: readonly string[] }[] {
  return Object.entries(metadata.labels ?? {})
    .filter(([key]) => TOPOLOGY_LABELS.has(key))
    .map(([key, value]) => ({ key, values: value.split('__') }))
}
