/** All plugins by name, in the order and with the weights of upstream's default profile (apis/config/v1/default_plugins.go). */
import * as z from 'zod'
import { lazily } from '../kernel/lazily.ts'
import type { PluginFactory } from './framework/plugin.ts'
import { defaultBinder } from './plugins/default-binder.ts'
import { defaultPreemption, defaultPreemptionArgs } from './plugins/default-preemption.ts'
import { imageLocality } from './plugins/image-locality.ts'
import { interPodAffinity, interPodAffinityArgs } from './plugins/inter-pod-affinity.ts'
import { nodeAffinity, nodeAffinityArgs } from './plugins/node-affinity.ts'
import { nodeName } from './plugins/node-name.ts'
import { nodePorts } from './plugins/node-ports.ts'
import {
  nodeResourcesBalancedAllocation,
  nodeResourcesBalancedAllocationArgs,
} from './plugins/node-resources-balanced-allocation.ts'
import { nodeResourcesFit, nodeResourcesFitArgs } from './plugins/node-resources-fit.ts'
import { nodeUnschedulable } from './plugins/node-unschedulable.ts'
import { nodeVolumeLimits } from './plugins/node-volume-limits.ts'
import { podTopologySpread, podTopologySpreadArgs } from './plugins/pod-topology-spread.ts'
import { prioritySort } from './plugins/priority-sort.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { taintToleration } from './plugins/taint-toleration.ts'
import { volumeBinding, volumeBindingArgs } from './plugins/volume-binding.ts'
import { volumeRestrictions } from './plugins/volume-restrictions.ts'
import { volumeZone } from './plugins/volume-zone.ts'

/** A plugin as it can be named in a profile. */
export interface RegisteredPlugin {
  readonly name: string
  readonly create: PluginFactory
  /** What `pluginConfig` may say; absent: nothing. */
  readonly args?: () => z.ZodType
  /** What `args` makes of nothing at all, known without building the schema. */
  readonly defaults?: object
  /** In the default profile, with this weight where it scores. Absent: only where a profile enables it. */
  readonly byDefault?: { readonly weight: number }
}

export const NO_ARGS = lazily(() => z.strictObject({}))

const CPU_AND_MEMORY = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

/** One line per plugin. */
export const BUILT_IN: readonly RegisteredPlugin[] = [
  { name: 'SchedulingGates', create: schedulingGates, byDefault: { weight: 0 } },
  { name: 'PrioritySort', create: prioritySort, byDefault: { weight: 0 } },
  { name: 'NodeUnschedulable', create: nodeUnschedulable, byDefault: { weight: 0 } },
  { name: 'NodeName', create: nodeName, byDefault: { weight: 0 } },
  { name: 'TaintToleration', create: taintToleration, byDefault: { weight: 3 } },
  {
    name: 'NodeAffinity',
    create: nodeAffinity,
    args: nodeAffinityArgs,
    defaults: {},
    byDefault: { weight: 2 },
  },
  { name: 'NodePorts', create: nodePorts, byDefault: { weight: 0 } },
  {
    name: 'NodeResourcesFit',
    create: nodeResourcesFit,
    args: nodeResourcesFitArgs,
    defaults: {
      ignoredResources: [],
      ignoredResourceGroups: [],
      scoringStrategy: { type: 'LeastAllocated', resources: CPU_AND_MEMORY },
    },
    byDefault: { weight: 1 },
  },
  { name: 'VolumeRestrictions', create: volumeRestrictions, byDefault: { weight: 0 } },
  { name: 'NodeVolumeLimits', create: nodeVolumeLimits, byDefault: { weight: 0 } },
  {
    name: 'VolumeBinding',
    create: volumeBinding,
    args: volumeBindingArgs,
    defaults: { bindTimeoutSeconds: 600 },
    byDefault: { weight: 0 },
  },
  { name: 'VolumeZone', create: volumeZone, byDefault: { weight: 0 } },
  {
    name: 'PodTopologySpread',
    create: podTopologySpread,
    args: podTopologySpreadArgs,
    defaults: { defaultingType: 'System', defaultConstraints: [] },
    byDefault: { weight: 2 },
  },
  {
    name: 'InterPodAffinity',
    create: interPodAffinity,
    args: interPodAffinityArgs,
    defaults: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false },
    byDefault: { weight: 2 },
  },
  {
    name: 'DefaultPreemption',
    create: defaultPreemption,
    args: defaultPreemptionArgs,
    defaults: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 },
    byDefault: { weight: 0 },
  },
  {
    name: 'NodeResourcesBalancedAllocation',
    create: nodeResourcesBalancedAllocation,
    args: nodeResourcesBalancedAllocationArgs,
    defaults: { resources: CPU_AND_MEMORY },
    byDefault: { weight: 1 },
  },
  { name: 'ImageLocality', create: imageLocality, byDefault: { weight: 1 } },
  { name: 'DefaultBinder', create: defaultBinder, byDefault: { weight: 0 } },
]
