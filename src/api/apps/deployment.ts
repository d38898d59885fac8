/** A deployment: keeps pods of one template running and rolls out changes of it through ReplicaSets. */

import { ageColumn, integer, nameColumn, podTemplateColumns, text } from '../columns.ts'
import { defaultPodTemplate } from '../core/pod-defaults.ts'
import { podTemplateSpec } from '../core/pod-template.ts'
import { IN_POD_NAMES, warnOfName, warnOfTemplate } from '../core/pod-warnings.ts'
import type { FieldErrors } from '../field-errors.ts'
import { fill, mapField, withFields } from '../fill.ts'
import { goIntOrString, goLabelSelector } from '../go-syntax.ts'
import { percentOf } from '../int-or-string.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  validateImmutable,
  validateIntOrPercent,
  validateNonNegative,
  validateNotMoreThan100Percent,
} from '../meta/validation.ts'
import {
  boolean,
  filled,
  type Infer,
  int32,
  int64,
  intOrString,
  kept,
  listMap,
  retainKeys,
  string,
  struct,
  time,
} from '../schema.ts'
import { validateReplicaCounts, validateReplicaSpec } from './workload-validation.ts'

export const Deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  schema: () => deployment,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  statusMetadata: ['annotations', 'ownerReferences', 'finalizers'],
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  unconditionalUpdate: true,
  defaults: (object) => mapField(object, 'spec', defaultSpec),
  prepareForCreate: (object) => withFields(object, { status: NO_STATUS }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  warn(object, warnings, old) {
    if (old === undefined) warnOfName(object.metadata?.name, IN_POD_NAMES, warnings)
    warnings.at('spec', () => warnOfTemplate(object.spec.template, old?.spec.template, warnings))
  },
  validate(object, errors) {
    errors.at('spec', () => {
      const { spec } = object
      validateReplicaSpec(spec, 'Deployment', errors)
      validateStrategy(spec.strategy ?? {}, errors)
      validateNonNegative(spec.revisionHistoryLimit, 'revisionHistoryLimit', errors)
      const deadline = spec.progressDeadlineSeconds
      validateNonNegative(deadline, 'progressDeadlineSeconds', errors)
      if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
        errors.invalid('progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')
      }
    })
  },
  validateUpdate(object, old, errors) {
    errors.at('spec', () =>
      validateImmutable(object.spec.selector, old.spec.selector, 'selector', errors, goLabelSelector),
    )
  },
  validateStatusUpdate(object, old, errors) {
    errors.at('status', () => {
      validateReplicaCounts(object.status ?? {}, errors)
      const before = old.status?.collisionCount ?? 0
      const after = object.status?.collisionCount ?? 0
      if (after < before) errors.invalid('collisionCount', after, 'cannot be decremented')
    })
  },
  columns: [
    nameColumn,
    text('Ready', 'Ready pods of the wanted.', ({ spec, status }) => {
      return `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`
    }),
    integer('Up-to-date', 'Pods of the current template.', ({ status }) => status?.updatedReplicas),
    integer(
      'Available',
      'Pods that have been ready for long enough.',
      ({ status }) => status?.availableReplicas,
    ),
    ageColumn,
    ...podTemplateColumns<Deployment>(
      ({ spec }) => spec.template?.spec?.containers,
      ({ spec }) => spec.selector,
    ),
  ],
})

const NO_STATUS = Object.freeze({})

function defaultSpec(spec: DeploymentSpec): DeploymentSpec {
  const complete = fill(spec, {
    replicas: 1,
    strategy: NO_STATUS,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  })
  const withStrategy = mapField(complete, 'strategy', (given) => {
    const strategy = fill(given, { type: 'RollingUpdate' })
    if (strategy.type !== 'RollingUpdate') return strategy
    const rollingUpdate = fill(strategy.rollingUpdate ?? NO_STATUS, {
      maxUnavailable: '25%',
      maxSurge: '25%',
    })
    return withFields(strategy, { rollingUpdate })
  })
  return mapField(withStrategy, 'template', defaultPodTemplate)
}

function validateStrategy(strategy: DeploymentStrategy, errors: FieldErrors): void {
  const { type, rollingUpdate } = strategy
  errors.at('strategy', () => {
    if (type === 'Recreate') {
      if (rollingUpdate !== undefined) {
        errors.forbidden('rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")
      }
    } else if (type !== 'RollingUpdate') {
      errors.notSupported(undefined, strategy, ['Recreate', 'RollingUpdate'])
    } else if (rollingUpdate === undefined) {
      errors.required('rollingUpdate', 'this should be defaulted and never be nil')
    } else errors.at('rollingUpdate', () => validateRollingUpdate(rollingUpdate, errors))
  })
}

function validateRollingUpdate(
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment,
  errors: FieldErrors,
): void {
  validateIntOrPercent(maxUnavailable, 'maxUnavailable', errors)
  validateIntOrPercent(maxSurge, 'maxSurge', errors)
  // What is no number at all counts as none.
  const isZero = (value: number | string) => !(percentOf(value) ?? Number(value))
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.invalid('maxUnavailable', goIntOrString(maxUnavailable), 'may not be 0 when `maxSurge` is 0')
  }
  validateNotMoreThan100Percent(maxUnavailable, 'maxUnavailable', errors)
}

export interface Deployment extends Infer<typeof deployment> {}
export const deployment = struct(
  'apps/v1.Deployment',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(deploymentSpec),
    status: filled(deploymentStatus),
  }),
  'spec',
)

export interface DeploymentSpec extends Infer<typeof deploymentSpec> {}
export const deploymentSpec = struct(
  'apps/v1.DeploymentSpec',
  () => ({
    replicas: kept(int32),
    selector: labelSelector,
    template: filled(podTemplateSpec),
    strategy: filled(retainKeys(deploymentStrategy)),
    minReadySeconds: int32,
    revisionHistoryLimit: kept(int32),
    paused: boolean,
    progressDeadlineSeconds: kept(int32),
  }),
  'selector',
  'template',
)

export interface DeploymentStrategy extends Infer<typeof deploymentStrategy> {}
export const deploymentStrategy = struct('apps/v1.DeploymentStrategy', () => ({
  type: string,
  rollingUpdate: rollingUpdateDeployment,
}))

export interface RollingUpdateDeployment extends Infer<typeof rollingUpdateDeployment> {}
export const rollingUpdateDeployment = struct('apps/v1.RollingUpdateDeployment', () => ({
  maxUnavailable: intOrString,
  maxSurge: intOrString,
}))

export interface DeploymentStatus extends Infer<typeof deploymentStatus> {}
export const deploymentStatus = struct('apps/v1.DeploymentStatus', () => ({
  observedGeneration: int64,
  replicas: int32,
  updatedReplicas: int32,
  availableReplicas: int32,
  unavailableReplicas: int32,
  conditions: listMap(deploymentCondition, 'type'),
  readyReplicas: int32,
  collisionCount: kept(int32),
  terminatingReplicas: kept(int32),
}))

export interface DeploymentCondition extends Infer<typeof deploymentCondition> {}
export const deploymentCondition = struct(
  'apps/v1.DeploymentCondition',
  () => ({
    type: string,
    status: string,
    reason: string,
    message: string,
    lastUpdateTime: time,
    lastTransitionTime: time,
  }),
  'type',
  'status',
)
