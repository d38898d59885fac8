/** Keeps a number of pods running; the ancestor of ReplicaSet. */
import { validateReplicaCounts } from '../apps/workload-validation.ts'
import { ageColumn, integer, labelsText, nameColumn, podTemplateColumns, text, wide } from '../columns.ts'
import { fill, mapField, withFields } from '../fill.ts'
import { goMap } from '../go-syntax.ts'
import { defineKind } from '../kind.ts'
import { selectorFromLabels } from '../label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateNonNegative } from '../meta/validation.ts'
import {
  atomic,
  filled,
  type Infer,
  int32,
  int64,
  kept,
  listMap,
  string,
  stringMap,
  struct,
  time,
} from '../schema.ts'
import { defaultPodTemplate } from './pod-defaults.ts'
import { validatePodTemplate } from './pod-spec-validation.ts'
import { podTemplateSpec } from './pod-template.ts'

export const ReplicationController = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  schema: () => replicationController,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  unconditionalUpdate: true,
  storagePrefix: 'controllers',
  defaults(object) {
    const labels = object.spec.template?.metadata?.labels
    const spec = fill(object.spec, { replicas: 1, ...(labels === undefined ? {} : { selector: labels }) })
    const complete = withFields(object, { spec: mapField(spec, 'template', defaultPodTemplate) })
    if (labels === undefined) return complete
    return mapField(complete, 'metadata', (metadata) => fill(metadata, { labels }))
  },
  prepareForCreate: (object) => withFields(object, { status: NO_REPLICAS }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate(object, errors) {
    const { selector, template, replicas, minReadySeconds } = object.spec
    errors.at('spec', () => {
      validateNonNegative(minReadySeconds, 'minReadySeconds', errors)
      if (Object.keys(selector ?? {}).length === 0) errors.required('selector')
      validateNonNegative(replicas, 'replicas', errors)
      if (template === undefined) errors.required('template')
      else
        errors.at('template', () => {
          if (!selectorFromLabels(selector).matches(template.metadata?.labels)) {
            errors.at('metadata', () =>
              errors.invalid(
                'labels',
                goMap(template.metadata?.labels),
                '`selector` does not match template `labels`',
              ),
            )
          }
          validatePodTemplate(template, errors)
          if (template.spec.restartPolicy !== 'Always') {
            errors.at('spec', () =>
              errors.notSupported('restartPolicy', template.spec.restartPolicy ?? '', ['Always']),
            )
          }
        })
    })
  },
  validateStatusUpdate(object, _old, errors) {
    errors.at('status', () => validateReplicaCounts(object.status ?? NO_REPLICAS, errors))
  },
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  columns: [
    nameColumn,
    integer('Desired', 'How many pods there should be.', ({ spec }) => spec.replicas),
    integer('Current', 'How many pods there are.', ({ status }) => status?.replicas),
    integer('Ready', 'How many of them are ready.', ({ status }) => status?.readyReplicas),
    ageColumn,
    ...podTemplateColumns<ReplicationController>(({ spec }) => spec.template?.spec?.containers),
    wide(text('Selector', 'Labels of the pods that belong to it.', ({ spec }) => labelsText(spec.selector))),
  ],
})

const NO_REPLICAS = Object.freeze({ replicas: 0 })

export interface ReplicationController extends Infer<typeof replicationController> {}
export const replicationController = struct(
  'core/v1.ReplicationController',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(replicationControllerSpec),
    status: filled(replicationControllerStatus),
  }),
  'spec',
)

export interface ReplicationControllerSpec extends Infer<typeof replicationControllerSpec> {}
export const replicationControllerSpec = struct('core/v1.ReplicationControllerSpec', () => ({
  replicas: kept(int32),
  selector: atomic(stringMap),
  template: podTemplateSpec,
  minReadySeconds: int32,
}))

export interface ReplicationControllerStatus extends Infer<typeof replicationControllerStatus> {}
export const replicationControllerStatus = struct(
  'core/v1.ReplicationControllerStatus',
  () => ({
    replicas: int32,
    fullyLabeledReplicas: int32,
    observedGeneration: int64,
    readyReplicas: int32,
    availableReplicas: int32,
    conditions: listMap(replicationControllerCondition, 'type'),
  }),
  'replicas',
)

export interface ReplicationControllerCondition extends Infer<typeof replicationControllerCondition> {}
export const replicationControllerCondition = struct(
  'core/v1.ReplicationControllerCondition',
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
