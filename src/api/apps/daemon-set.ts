/** One pod on every node that fits. */

import { ageColumn, integer, labelsText, nameColumn, podTemplateColumns, text } from '../columns.ts'
import { defaultPodTemplate } from '../core/pod-defaults.ts'
import { podTemplateSpec } from '../core/pod-template.ts'
import { warnOfTemplate } from '../core/pod-warnings.ts'
import type { FieldErrors } from '../field-errors.ts'
import { fill, mapField, withFields } from '../fill.ts'
import { GoValue, goIntOrString, goLabelSelector, goQuote } from '../go-syntax.ts'
import { percentOf } from '../int-or-string.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  sameValue,
  validateImmutable,
  validateIntOrPercent,
  validateNonNegative,
  validateNotMoreThan100Percent,
} from '../meta/validation.ts'
import {
  filled,
  type Infer,
  int32,
  int64,
  intOrString,
  kept,
  listMap,
  string,
  struct,
  time,
} from '../schema.ts'
import { validateSelectorAndTemplate } from './workload-validation.ts'

export const DaemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  schema: () => daemonSet,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  unconditionalUpdate: true,
  defaults: (object) => mapField(object, 'spec', defaultSpec),
  prepareForCreate: (object) =>
    withTemplateGeneration(withFields(object, { status: NOWHERE }), Math.max(1, templateGeneration(object))),
  prepareForUpdate(object, old) {
    const changed = !sameValue(object.spec.template, old.spec.template)
    const generation = templateGeneration(old) + (changed ? 1 : 0)
    return withTemplateGeneration(withFields(object, { status: old.status }), generation)
  },
  warn(object, warnings, old) {
    warnings.at('spec', () => warnOfTemplate(object.spec.template, old?.spec.template, warnings))
  },
  validate(object, errors) {
    errors.at('spec', () => {
      validateSelectorAndTemplate(object.spec, 'DaemonSet', errors)
      validateNonNegative(object.spec.minReadySeconds, 'minReadySeconds', errors)
      validateUpdateStrategy(object.spec.updateStrategy ?? {}, errors)
      validateNonNegative(object.spec.revisionHistoryLimit, 'revisionHistoryLimit', errors)
    })
  },
  validateUpdate(object, old, errors) {
    errors.at('spec', () =>
      validateImmutable(object.spec.selector, old.spec.selector, 'selector', errors, goLabelSelector),
    )
  },
  columns: [
    nameColumn,
    integer('Desired', 'Nodes that should run the pod.', ({ status }) => status?.desiredNumberScheduled),
    integer('Current', 'Nodes that have the pod.', ({ status }) => status?.currentNumberScheduled),
    integer('Ready', 'Nodes where it is ready.', ({ status }) => status?.numberReady),
    integer(
      'Up-to-date',
      'Nodes that have the current template.',
      ({ status }) => status?.updatedNumberScheduled,
    ),
    integer(
      'Available',
      'Nodes where it has been ready for long enough.',
      ({ status }) => status?.numberAvailable,
    ),
    text('Node Selector', 'Labels of the nodes it is meant for.', ({ spec }) =>
      labelsText(spec.template?.spec?.nodeSelector),
    ),
    ageColumn,
    ...podTemplateColumns<DaemonSet>(
      ({ spec }) => spec.template?.spec?.containers,
      ({ spec }) => spec.selector,
    ),
  ],
})

/** How often the template has changed, as an annotation: all that is left of a field of extensions/v1beta1. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

function templateGeneration({ metadata }: DaemonSet): number {
  const text = metadata?.annotations?.[TEMPLATE_GENERATION] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

function withTemplateGeneration(object: DaemonSet, generation: number): DaemonSet {
  return mapField(object, 'metadata', (metadata) => {
    const text = String(generation)
    if (metadata.annotations?.[TEMPLATE_GENERATION] === text) return metadata
    const annotations = Object.freeze({ ...metadata.annotations, [TEMPLATE_GENERATION]: text })
    return withFields(metadata, { annotations })
  })
}

const NOWHERE = Object.freeze({
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
})

function defaultSpec(spec: DaemonSetSpec): DaemonSetSpec {
  const complete = fill(spec, { revisionHistoryLimit: 10, updateStrategy: Object.freeze({}) })
  const withStrategy = mapField(complete, 'updateStrategy', (given) => {
    const strategy = fill(given, { type: 'RollingUpdate' })
    if (strategy.type !== 'RollingUpdate') return strategy
    return withFields(strategy, {
      rollingUpdate: fill(strategy.rollingUpdate ?? {}, { maxUnavailable: 1, maxSurge: 0 }),
    })
  })
  return mapField(withStrategy, 'template', defaultPodTemplate)
}

function validateUpdateStrategy({ type, rollingUpdate }: DaemonSetUpdateStrategy, errors: FieldErrors): void {
  errors.at('updateStrategy', () => {
    if (type === 'OnDelete') return
    if (type !== 'RollingUpdate') {
      const given = new GoValue(
        `apps.DaemonSetUpdateStrategy{Type:${goQuote(type ?? '')}, RollingUpdate:(*apps.RollingUpdateDaemonSet)(nil)}`,
      )
      errors.notSupported(undefined, given, ['RollingUpdate', 'OnDelete'])
    } else if (rollingUpdate === undefined) errors.required('rollingUpdate')
    else {
      const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate
      errors.at('rollingUpdate', () => {
        validateIntOrPercent(maxUnavailable, 'maxUnavailable', errors)
        validateIntOrPercent(maxSurge, 'maxSurge', errors)
        validateNotMoreThan100Percent(maxUnavailable, 'maxUnavailable', errors)
        validateNotMoreThan100Percent(maxSurge, 'maxSurge', errors)
        // What is no number at all counts as none.
        const isZero = (value: number | string) => !(percentOf(value) ?? Number(value))
        if (isZero(maxUnavailable) && isZero(maxSurge)) {
          errors.required('maxUnavailable', 'cannot be 0 when maxSurge is 0')
        } else if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
          errors.invalid(
            'maxSurge',
            goIntOrString(maxSurge),
            'may not be set when maxUnavailable is non-zero',
          )
        }
      })
    }
  })
}

export interface DaemonSet extends Infer<typeof daemonSet> {}
export const daemonSet = struct(
  'apps/v1.DaemonSet',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(daemonSetSpec),
    status: filled(daemonSetStatus),
  }),
  'spec',
)

export interface DaemonSetSpec extends Infer<typeof daemonSetSpec> {}
export const daemonSetSpec = struct(
  'apps/v1.DaemonSetSpec',
  () => ({
    selector: labelSelector,
    template: filled(podTemplateSpec),
    updateStrategy: filled(daemonSetUpdateStrategy),
    minReadySeconds: int32,
    revisionHistoryLimit: kept(int32),
  }),
  'selector',
  'template',
)

export interface DaemonSetUpdateStrategy extends Infer<typeof daemonSetUpdateStrategy> {}
export const daemonSetUpdateStrategy = struct('apps/v1.DaemonSetUpdateStrategy', () => ({
  type: string,
  rollingUpdate: rollingUpdateDaemonSet,
}))

export interface RollingUpdateDaemonSet extends Infer<typeof rollingUpdateDaemonSet> {}
export const rollingUpdateDaemonSet = struct('apps/v1.RollingUpdateDaemonSet', () => ({
  maxUnavailable: intOrString,
  maxSurge: intOrString,
}))

export interface DaemonSetStatus extends Infer<typeof daemonSetStatus> {}
export const daemonSetStatus = struct(
  'apps/v1.DaemonSetStatus',
  () => ({
    currentNumberScheduled: int32,
    numberMisscheduled: int32,
    desiredNumberScheduled: int32,
    numberReady: int32,
    observedGeneration: int64,
    updatedNumberScheduled: int32,
    numberAvailable: int32,
    numberUnavailable: int32,
    collisionCount: kept(int32),
    conditions: listMap(daemonSetCondition, 'type'),
  }),
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
)

export interface DaemonSetCondition extends Infer<typeof daemonSetCondition> {}
export const daemonSetCondition = struct(
  'apps/v1.DaemonSetCondition',
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
