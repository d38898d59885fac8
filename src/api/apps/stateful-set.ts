/** Pods with stable names and storage, started and stopped in order. */

import { ageColumn, nameColumn, podTemplateColumns, text } from '../columns.ts'
import { persistentVolumeClaim } from '../core/persistent-volume-claim.ts'
import { defaultPodTemplate } from '../core/pod-defaults.ts'
import { podTemplateSpec } from '../core/pod-template.ts'
import type { FieldErrors } from '../field-errors.ts'
import { fill, mapField, mapList, withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { sameValue, validateIntOrPercent, validateNonNegative, validateOneOf } from '../meta/validation.ts'
import {
  filled,
  type Infer,
  int32,
  int64,
  intOrString,
  kept,
  list,
  listMap,
  string,
  struct,
  time,
} from '../schema.ts'
import { validateReplicaCounts, validateReplicaSpec } from './workload-validation.ts'

export const StatefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  schema: () => statefulSet,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  unconditionalUpdate: true,
  defaults: (object) => mapField(object, 'spec', defaultSpec),
  prepareForCreate: (object) => withFields(object, { status: NO_REPLICAS }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate(object, errors) {
    errors.at('spec', () => {
      const { spec } = object
      validateOneOf(spec.podManagementPolicy, 'podManagementPolicy', ['OrderedReady', 'Parallel'], errors)
      validateUpdateStrategy(spec.updateStrategy ?? {}, errors)
      validateRetention(spec.persistentVolumeClaimRetentionPolicy, errors)
      validateNonNegative(spec.ordinals?.start, 'ordinals.start', errors)
      validateReplicaSpec(withClaimVolumes(spec), 'statefulset', errors)
    })
  },
  validateUpdate(object, old, errors) {
    const { replicas: _r, template: _t, updateStrategy: _u, revisionHistoryLimit: _l, ...rest } = object.spec
    const fixed = fixedPart(rest)
    const {
      replicas: _or,
      template: _ot,
      updateStrategy: _ou,
      revisionHistoryLimit: _ol,
      ...oldRest
    } = old.spec
    if (!sameValue(fixed, fixedPart(oldRest))) {
      errors.forbidden(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      )
    }
  },
  validateStatusUpdate(object, _old, errors) {
    errors.at('status', () => validateReplicaCounts(object.status ?? NO_REPLICAS, errors))
  },
  columns: [
    nameColumn,
    text('Ready', 'Ready pods of the wanted.', ({ spec, status }) => {
      return `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`
    }),
    ageColumn,
    ...podTemplateColumns<StatefulSet>(({ spec }) => spec.template?.spec?.containers),
  ],
})

const NO_REPLICAS = Object.freeze({ replicas: 0, availableReplicas: 0 })

function defaultSpec(spec: StatefulSetSpec): StatefulSetSpec {
  const complete = fill(spec, {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    updateStrategy: Object.freeze({}),
    persistentVolumeClaimRetentionPolicy: Object.freeze({}),
  })
  const withStrategy = mapField(complete, 'updateStrategy', (given) => {
    const strategy = fill(given, { type: 'RollingUpdate' })
    if (strategy.type !== 'RollingUpdate') return strategy
    return withFields(strategy, { rollingUpdate: fill(strategy.rollingUpdate ?? {}, { partition: 0 }) })
  })
  const withRetention = mapField(withStrategy, 'persistentVolumeClaimRetentionPolicy', (policy) =>
    fill(policy, { whenDeleted: 'Retain', whenScaled: 'Retain' }),
  )
  const withClaims = mapField(withRetention, 'volumeClaimTemplates', (claims) =>
    mapList(claims, (claim) => {
      const named = fill(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' })
      const pending = fill(named.status ?? {}, { phase: 'Pending' })
      return withFields(
        mapField(named, 'spec', (it) => fill(it, { volumeMode: 'Filesystem' })),
        { status: pending },
      )
    }),
  )
  return mapField(withClaims, 'template', defaultPodTemplate)
}

/** What may never change, of what the caller has not taken out. */
function fixedPart(spec: Partial<StatefulSetSpec>): object {
  const { ordinals: _o, persistentVolumeClaimRetentionPolicy: _p, minReadySeconds: _m, ...fixed } = spec
  return fixed
}

/** Containers may mount what only the controller adds: a volume for each claim template. */
function withClaimVolumes(spec: StatefulSetSpec): StatefulSetSpec {
  const names = (spec.volumeClaimTemplates ?? []).map((it) => it.metadata?.name ?? '')
  if (names.length === 0 || spec.template?.spec === undefined) return spec
  const own = (spec.template.spec.volumes ?? []).filter((it) => !names.includes(it.name))
  const claims = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  const template = { ...spec.template, spec: { ...spec.template.spec, volumes: [...own, ...claims] } }
  return { ...spec, template }
}

function validateUpdateStrategy(strategy: StatefulSetUpdateStrategy, errors: FieldErrors): void {
  errors.at('updateStrategy', () => {
    const { type, rollingUpdate } = strategy
    if (!type) errors.required(undefined)
    else if (type === 'OnDelete') {
      if (rollingUpdate !== undefined) {
        errors.invalid('rollingUpdate', rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")
      }
    } else if (type !== 'RollingUpdate') {
      errors.invalid(undefined, strategy, "must be 'RollingUpdate' or 'OnDelete'")
    } else {
      errors.at('rollingUpdate', () => {
        validateNonNegative(rollingUpdate?.partition, 'partition', errors)
        validateIntOrPercent(rollingUpdate?.maxUnavailable, 'maxUnavailable', errors)
      })
    }
  })
}

function validateRetention(
  policy: StatefulSetSpec['persistentVolumeClaimRetentionPolicy'],
  errors: FieldErrors,
): void {
  if (policy === undefined) return
  errors.at('persistentVolumeClaimRetentionPolicy', () => {
    validateOneOf(policy.whenDeleted, 'whenDeleted', ['Delete', 'Retain'], errors)
    validateOneOf(policy.whenScaled, 'whenScaled', ['Delete', 'Retain'], errors)
  })
}

export interface StatefulSet extends Infer<typeof statefulSet> {}
export const statefulSet = struct(
  'apps/v1.StatefulSet',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(statefulSetSpec),
    status: filled(statefulSetStatus),
  }),
  'spec',
)

export interface StatefulSetSpec extends Infer<typeof statefulSetSpec> {}
export const statefulSetSpec = struct(
  'apps/v1.StatefulSetSpec',
  () => ({
    replicas: kept(int32),
    selector: labelSelector,
    template: filled(podTemplateSpec),
    volumeClaimTemplates: list(persistentVolumeClaim),
    serviceName: kept(string),
    podManagementPolicy: string,
    updateStrategy: filled(statefulSetUpdateStrategy),
    revisionHistoryLimit: kept(int32),
    minReadySeconds: int32,
    persistentVolumeClaimRetentionPolicy: statefulSetPersistentVolumeClaimRetentionPolicy,
    ordinals: statefulSetOrdinals,
  }),
  'selector',
  'template',
)

export interface StatefulSetUpdateStrategy extends Infer<typeof statefulSetUpdateStrategy> {}
export const statefulSetUpdateStrategy = struct('apps/v1.StatefulSetUpdateStrategy', () => ({
  type: string,
  rollingUpdate: rollingUpdateStatefulSetStrategy,
}))

export interface RollingUpdateStatefulSetStrategy extends Infer<typeof rollingUpdateStatefulSetStrategy> {}
export const rollingUpdateStatefulSetStrategy = struct('apps/v1.RollingUpdateStatefulSetStrategy', () => ({
  partition: kept(int32),
  maxUnavailable: intOrString,
}))

export interface StatefulSetPersistentVolumeClaimRetentionPolicy
  extends Infer<typeof statefulSetPersistentVolumeClaimRetentionPolicy> {}
export const statefulSetPersistentVolumeClaimRetentionPolicy = struct(
  'apps/v1.StatefulSetPersistentVolumeClaimRetentionPolicy',
  () => ({
    whenDeleted: string,
    whenScaled: string,
  }),
)

export interface StatefulSetOrdinals extends Infer<typeof statefulSetOrdinals> {}
export const statefulSetOrdinals = struct('apps/v1.StatefulSetOrdinals', () => ({
  start: kept(int32),
}))

export interface StatefulSetStatus extends Infer<typeof statefulSetStatus> {}
export const statefulSetStatus = struct(
  'apps/v1.StatefulSetStatus',
  () => ({
    observedGeneration: int64,
    replicas: int32,
    readyReplicas: int32,
    currentReplicas: int32,
    updatedReplicas: int32,
    currentRevision: string,
    updateRevision: string,
    collisionCount: kept(int32),
    conditions: listMap(statefulSetCondition, 'type'),
    availableReplicas: kept(int32),
  }),
  'replicas',
)

export interface StatefulSetCondition extends Infer<typeof statefulSetCondition> {}
export const statefulSetCondition = struct(
  'apps/v1.StatefulSetCondition',
  () => ({
    type: string,
    status: string,
    lastTransitionTime: time,
    reason: string,
    message: string,
  }),
  'type',
  'status',
)
