/** How many pods of a set may be down by choice at one time. */
import { defineKind } from '../kind.ts'
import { condition } from '../meta/condition.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  filled,
  type Infer,
  int32,
  int64,
  intOrString,
  kept,
  listMap,
  map,
  replaced,
  string,
  struct,
  time,
} from '../schema.ts'

export const PodDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  namespaced: true,
  schema: () => podDisruptionBudget,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  unconditionalUpdate: false,
  storagePrefix: 'poddisruptionbudgets',
})

export interface PodDisruptionBudget extends Infer<typeof podDisruptionBudget> {}
export const podDisruptionBudget = struct(
  'policy/v1.PodDisruptionBudget',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(podDisruptionBudgetSpec),
    status: filled(podDisruptionBudgetStatus),
  }),
  'spec',
)

export interface PodDisruptionBudgetSpec extends Infer<typeof podDisruptionBudgetSpec> {}
export const podDisruptionBudgetSpec = struct('policy/v1.PodDisruptionBudgetSpec', () => ({
  minAvailable: intOrString,
  selector: replaced(labelSelector),
  maxUnavailable: intOrString,
  unhealthyPodEvictionPolicy: kept(string),
}))

export interface PodDisruptionBudgetStatus extends Infer<typeof podDisruptionBudgetStatus> {}
export const podDisruptionBudgetStatus = struct(
  'policy/v1.PodDisruptionBudgetStatus',
  () => ({
    observedGeneration: int64,
    disruptedPods: map(time),
    disruptionsAllowed: int32,
    currentHealthy: int32,
    desiredHealthy: int32,
    expectedPods: int32,
    conditions: listMap(condition, 'type'),
  }),
  'disruptionsAllowed',
  'currentHealthy',
  'desiredHealthy',
  'expectedPods',
)
