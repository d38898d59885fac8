/** Keeps a number of pods of one template running. */

import { ageColumn, integer, nameColumn, podTemplateColumns } from '../columns.ts'
import { defaultPodTemplate } from '../core/pod-defaults.ts'
import { podTemplateSpec } from '../core/pod-template.ts'
import { IN_POD_NAMES, warnOfName, warnOfTemplate } from '../core/pod-warnings.ts'
import { fill, mapField, withFields } from '../fill.ts'
import { goLabelSelector } from '../go-syntax.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable } from '../meta/validation.ts'
import { filled, type Infer, int32, int64, kept, listMap, string, struct, time } from '../schema.ts'
import { validateReplicaCounts, validateReplicaSpec } from './workload-validation.ts'

export const ReplicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  schema: () => replicaSet,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  unconditionalUpdate: true,
  defaults: (object) =>
    mapField(object, 'spec', (spec) => mapField(fill(spec, { replicas: 1 }), 'template', defaultPodTemplate)),
  prepareForCreate: (object) => withFields(object, { status: NO_REPLICAS }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  warn(object, warnings, old) {
    if (old === undefined) warnOfName(object.metadata?.name, IN_POD_NAMES, warnings)
    const { template } = object.spec
    if (template !== undefined)
      warnings.at('spec', () => warnOfTemplate(template, old?.spec.template, warnings))
  },
  validate(object, errors) {
    errors.at('spec', () => validateReplicaSpec(object.spec, 'ReplicaSet', errors))
  },
  validateUpdate(object, old, errors) {
    errors.at('spec', () =>
      validateImmutable(object.spec.selector, old.spec.selector, 'selector', errors, goLabelSelector),
    )
  },
  validateStatusUpdate(object, _old, errors) {
    errors.at('status', () => validateReplicaCounts(object.status ?? { replicas: 0 }, errors))
  },
  columns: [
    nameColumn,
    integer('Desired', 'How many pods there should be.', ({ spec }) => spec.replicas),
    integer('Current', 'How many pods there are.', ({ status }) => status?.replicas),
    integer('Ready', 'How many of them are ready.', ({ status }) => status?.readyReplicas),
    ageColumn,
    ...podTemplateColumns<ReplicaSet>(
      ({ spec }) => spec.template?.spec?.containers,
      ({ spec }) => spec.selector,
    ),
  ],
})

const NO_REPLICAS = Object.freeze({ replicas: 0 })

export interface ReplicaSet extends Infer<typeof replicaSet> {}
export const replicaSet = struct(
  'apps/v1.ReplicaSet',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(replicaSetSpec),
    status: filled(replicaSetStatus),
  }),
  'spec',
)

export interface ReplicaSetSpec extends Infer<typeof replicaSetSpec> {}
export const replicaSetSpec = struct(
  'apps/v1.ReplicaSetSpec',
  () => ({
    replicas: kept(int32),
    selector: labelSelector,
    template: filled(podTemplateSpec),
    minReadySeconds: int32,
  }),
  'selector',
)

export interface ReplicaSetStatus extends Infer<typeof replicaSetStatus> {}
export const replicaSetStatus = struct(
  'apps/v1.ReplicaSetStatus',
  () => ({
    replicas: int32,
    fullyLabeledReplicas: int32,
    observedGeneration: int64,
    readyReplicas: int32,
    availableReplicas: int32,
    conditions: listMap(replicaSetCondition, 'type'),
    terminatingReplicas: kept(int32),
  }),
  'replicas',
)

export interface ReplicaSetCondition extends Infer<typeof replicaSetCondition> {}
export const replicaSetCondition = struct(
  'apps/v1.ReplicaSetCondition',
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
