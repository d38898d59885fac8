/** Pods with stable names and storage, started and stopped in order. */

import { ageColumn, nameColumn, podTemplateColumns, text } from '../columns.ts'
import { persistentVolumeClaim } from '../core/persistent-volume-claim.ts'
import { defaultPodTemplate } from '../core/pod-defaults.ts'
import { podTemplateSpec } from '../core/pod-template.ts'
import { warnOfTemplate } from '../core/pod-warnings.ts'
import type { FieldErrors } from '../field-errors.ts'
import { fill, mapField, mapList, withFields } from '../fill.ts'
import { GoValue, goQuote } from '../go-syntax.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { sameValue, validateIntOrPercent, validateNonNegative, validateOneOf } from '../meta/validation.ts'
import { checkDns1123Label } from '../names.ts'
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
  nameRule: 'dns1123Label',
  generation: true,
  status: true,
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  unconditionalUpdate: true,
  defaults: (object) => mapField(object, 'spec', defaultSpec),
  prepareForCreate: (object) => withFields(object, { status: NO_REPLICAS }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  warn(object, warnings, old) {
    warnings.at('spec', () => warnOfTemplate(object.spec.template, old?.spec.template, warnings))
  },
  validate(object, errors, old) {
    errors.at('spec', () => {
      const { spec } = object
      const policy = spec.podManagementPolicy
      if (!policy) errors.required('podManagementPolicy')
      else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
        errors.invalid('podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")
      }
      validateUpdateStrategy(spec.updateStrategy ?? {}, errors)
      validateRetention(spec.persistentVolumeClaimRetentionPolicy, errors)
      validateNonNegative(spec.ordinals?.start, 'ordinals.start', errors)
      // It cannot change, so an old one that was let in stays.
      if (old === undefined && spec.serviceName) {
        for (const problem of checkDns1123Label(spec.serviceName)) {
          errors.invalid('serviceName', spec.serviceName, problem)
        }
      }
      validateReplicaSpec(spec, 'StatefulSet', errors)
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
  // Who names the type without saying more gets no partition.
  const withStrategy = mapField(complete, 'updateStrategy', (given) =>
    mapField(
      given.type
        ? given
        : withFields(given, { type: 'RollingUpdate', rollingUpdate: given.rollingUpdate ?? {} }),
      'rollingUpdate',
      (it) => (!given.type || given.type === 'RollingUpdate' ? fill(it, { partition: 0 }) : it),
    ),
  )
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

function goRollingUpdate({ partition = 0 }: RollingUpdateStatefulSetStrategy): GoValue {
  return new GoValue(
    `apps.RollingUpdateStatefulSetStrategy{Partition:${partition}, MaxUnavailable:(*intstr.IntOrString)(nil)}`,
  )
}

function validateUpdateStrategy(strategy: StatefulSetUpdateStrategy, errors: FieldErrors): void {
  errors.at('updateStrategy', () => {
    const { type, rollingUpdate } = strategy
    if (!type) errors.required(undefined)
    else if (type === 'OnDelete') {
      if (rollingUpdate !== undefined) {
        errors.invalid(
          'rollingUpdate',
          goRollingUpdate(rollingUpdate),
          "only allowed for updateStrategy 'RollingUpdate'",
        )
      }
    } else if (type !== 'RollingUpdate') {
      const given = new GoValue(
        `apps.StatefulSetUpdateStrategy{Type:${goQuote(type)}, RollingUpdate:(*apps.RollingUpdateStatefulSetStrategy)(nil)}`,
      )
      errors.invalid(undefined, given, "must be 'RollingUpdate' or 'OnDelete'")
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
    validateOneOf(policy.whenDeleted, 'whenDeleted', ['Retain', 'Delete'], errors)
    validateOneOf(policy.whenScaled, 'whenScaled', ['Retain', 'Delete'], errors)
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
