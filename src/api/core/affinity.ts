/** Rules that attract pods to nodes, or to and from other pods. */
import { labelSelector } from '../meta/label-selector.ts'
import { atomic, filled, type Infer, int32, list, string, struct } from '../schema.ts'

export interface Affinity extends Infer<typeof affinity> {}
export const affinity = struct('core/v1.Affinity', () => ({
  nodeAffinity: nodeAffinity,
  podAffinity: podAffinity,
  podAntiAffinity: podAntiAffinity,
}))

export interface NodeAffinity extends Infer<typeof nodeAffinity> {}
export const nodeAffinity = struct('core/v1.NodeAffinity', () => ({
  requiredDuringSchedulingIgnoredDuringExecution: nodeSelector,
  preferredDuringSchedulingIgnoredDuringExecution: list(preferredSchedulingTerm),
}))

export interface NodeSelector extends Infer<typeof nodeSelector> {}
export const nodeSelector = atomic(
  struct(
    'core/v1.NodeSelector',
    () => ({
      nodeSelectorTerms: list(nodeSelectorTerm),
    }),
    'nodeSelectorTerms',
  ),
)

export interface NodeSelectorTerm extends Infer<typeof nodeSelectorTerm> {}
export const nodeSelectorTerm = atomic(
  struct('core/v1.NodeSelectorTerm', () => ({
    matchExpressions: list(nodeSelectorRequirement),
    matchFields: list(nodeSelectorRequirement),
  })),
)

export interface NodeSelectorRequirement extends Infer<typeof nodeSelectorRequirement> {}
export const nodeSelectorRequirement = struct(
  'core/v1.NodeSelectorRequirement',
  () => ({
    key: string,
    operator: string,
    values: list(string),
  }),
  'key',
  'operator',
)

export interface PreferredSchedulingTerm extends Infer<typeof preferredSchedulingTerm> {}
export const preferredSchedulingTerm = struct(
  'core/v1.PreferredSchedulingTerm',
  () => ({
    weight: int32,
    preference: filled(nodeSelectorTerm),
  }),
  'weight',
  'preference',
)

export interface PodAffinity extends Infer<typeof podAffinity> {}
export const podAffinity = struct('core/v1.PodAffinity', () => ({
  requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm),
  preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm),
}))

export interface PodAffinityTerm extends Infer<typeof podAffinityTerm> {}
export const podAffinityTerm = struct(
  'core/v1.PodAffinityTerm',
  () => ({
    labelSelector: labelSelector,
    namespaces: list(string),
    topologyKey: string,
    namespaceSelector: labelSelector,
    matchLabelKeys: list(string),
    mismatchLabelKeys: list(string),
  }),
  'topologyKey',
)

export interface WeightedPodAffinityTerm extends Infer<typeof weightedPodAffinityTerm> {}
export const weightedPodAffinityTerm = struct(
  'core/v1.WeightedPodAffinityTerm',
  () => ({
    weight: int32,
    podAffinityTerm: filled(podAffinityTerm),
  }),
  'weight',
  'podAffinityTerm',
)

export interface PodAntiAffinity extends Infer<typeof podAntiAffinity> {}
export const podAntiAffinity = struct('core/v1.PodAntiAffinity', () => ({
  requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm),
  preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm),
}))
