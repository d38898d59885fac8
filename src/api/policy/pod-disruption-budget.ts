/** How many pods of a set may be down by choice at one time. */
import { ageColumn, integer, nameColumn, text } from '../columns.ts'
import { withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { condition } from '../meta/condition.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  validateIntOrPercent,
  validateLabelSelector,
  validateNotMoreThan100Percent,
  validateOneOf,
} from '../meta/validation.ts'
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
  prepareForCreate: (object) => withFields(object, { status: NONE_ALLOWED }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate(object, errors) {
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = object.spec
    errors.at('spec', () => {
      if (minAvailable !== undefined && maxUnavailable !== undefined) {
        errors.invalid(undefined, object.spec, 'minAvailable and maxUnavailable cannot be both set')
      }
      for (const [field, value] of [
        ['minAvailable', minAvailable],
        ['maxUnavailable', maxUnavailable],
      ] as const) {
        if (value === undefined) continue
        validateIntOrPercent(value, field, errors)
        validateNotMoreThan100Percent(value, field, errors)
      }
      validateLabelSelector(selector, 'selector', errors)
      if (unhealthyPodEvictionPolicy !== undefined) {
        validateOneOf(
          unhealthyPodEvictionPolicy,
          'unhealthyPodEvictionPolicy',
          ['AlwaysAllow', 'IfHealthyBudget'],
          errors,
        )
      }
    })
  },
  columns: [
    nameColumn,
    text('Min Available', 'How many pods must stay.', ({ spec }) => String(spec.minAvailable ?? 'N/A')),
    text('Max Unavailable', 'How many pods may be down.', ({ spec }) => String(spec.maxUnavailable ?? 'N/A')),
    integer('Allowed Disruptions', 'How many may go down now.', ({ status }) => status?.disruptionsAllowed),
    ageColumn,
  ],
})

const NONE_ALLOWED = Object.freeze({
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
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
