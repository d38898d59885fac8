/** Runs pods until a number of them has succeeded. */

import { podTemplateSpec } from '../core/pod-template.ts'
import { IN_POD_NAMES, warnOfName, warnOfTemplate } from '../core/pod-warnings.ts'
import { fill, mapField, withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, filled, type Infer, int32, int64, kept, list, string, struct, time } from '../schema.ts'
import { jobColumns } from './job-columns.ts'
import { defaultJobSpec, generateSelector } from './job-defaults.ts'
import { validateJob, validateJobUpdate } from './job-validation.ts'

export const Job = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  resource: 'jobs',
  singular: 'job',
  categories: ['all'],
  namespaced: true,
  schema: () => job,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  unconditionalUpdate: true,
  defaults(object) {
    const spec = defaultJobSpec(object.spec)
    return labelled(spec === object.spec ? object : withFields(object, { spec }))
  },
  // Upstream's defaults are filled in when it is read from etcd, so with the labels that the selector brought.
  prepareForCreate: (object) => withFields(labelled(generateSelector(object)), { status: NOTHING_RUN }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate: validateJob,
  warn(object, warnings, old) {
    if (old === undefined) warnOfName(object.metadata?.name, IN_POD_NAMES, warnings)
    warnings.at('spec', () => warnOfTemplate(object.spec.template, old?.spec.template, warnings))
  },
  validateUpdate: validateJobUpdate,
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  columns: jobColumns,
})

const NOTHING_RUN = Object.freeze({})

/** A job without labels of its own has those of its pods. */
function labelled(object: Job): Job {
  const labels = object.spec.template?.metadata?.labels
  if (labels === undefined) return object
  return mapField(object, 'metadata', (metadata) => fill(metadata, { labels }))
}

export interface Job extends Infer<typeof job> {}
export const job = struct(
  'batch/v1.Job',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(jobSpec),
    status: filled(jobStatus),
  }),
  'spec',
)

export interface JobSpec extends Infer<typeof jobSpec> {}
export const jobSpec = struct(
  'batch/v1.JobSpec',
  () => ({
    parallelism: kept(int32),
    completions: kept(int32),
    activeDeadlineSeconds: kept(int64),
    selector: labelSelector,
    manualSelector: kept(boolean),
    template: filled(podTemplateSpec),
    backoffLimit: kept(int32),
    ttlSecondsAfterFinished: kept(int32),
    completionMode: kept(string),
    suspend: kept(boolean),
    podFailurePolicy: podFailurePolicy,
    backoffLimitPerIndex: kept(int32),
    maxFailedIndexes: kept(int32),
    podReplacementPolicy: kept(string),
    managedBy: kept(string),
    successPolicy: successPolicy,
  }),
  'template',
)

export interface PodFailurePolicy extends Infer<typeof podFailurePolicy> {}
export const podFailurePolicy = struct(
  'batch/v1.PodFailurePolicy',
  () => ({
    rules: list(podFailurePolicyRule),
  }),
  'rules',
)

export interface PodFailurePolicyRule extends Infer<typeof podFailurePolicyRule> {}
export const podFailurePolicyRule = struct(
  'batch/v1.PodFailurePolicyRule',
  () => ({
    action: string,
    onExitCodes: podFailurePolicyOnExitCodesRequirement,
    onPodConditions: list(podFailurePolicyOnPodConditionsPattern),
  }),
  'action',
)

export interface PodFailurePolicyOnExitCodesRequirement
  extends Infer<typeof podFailurePolicyOnExitCodesRequirement> {}
export const podFailurePolicyOnExitCodesRequirement = struct(
  'batch/v1.PodFailurePolicyOnExitCodesRequirement',
  () => ({
    containerName: kept(string),
    operator: string,
    values: list(int32, { set: true }),
  }),
  'operator',
  'values',
)

export interface PodFailurePolicyOnPodConditionsPattern
  extends Infer<typeof podFailurePolicyOnPodConditionsPattern> {}
export const podFailurePolicyOnPodConditionsPattern = struct(
  'batch/v1.PodFailurePolicyOnPodConditionsPattern',
  () => ({
    type: string,
    status: string,
  }),
  'type',
  'status',
)

export interface SuccessPolicy extends Infer<typeof successPolicy> {}
export const successPolicy = struct(
  'batch/v1.SuccessPolicy',
  () => ({
    rules: list(successPolicyRule),
  }),
  'rules',
)

export interface SuccessPolicyRule extends Infer<typeof successPolicyRule> {}
export const successPolicyRule = struct('batch/v1.SuccessPolicyRule', () => ({
  succeededIndexes: kept(string),
  succeededCount: kept(int32),
}))

export interface JobStatus extends Infer<typeof jobStatus> {}
export const jobStatus = struct('batch/v1.JobStatus', () => ({
  conditions: list(jobCondition, { mergeKey: 'type' }),
  startTime: time,
  completionTime: time,
  active: int32,
  succeeded: int32,
  failed: int32,
  completedIndexes: string,
  uncountedTerminatedPods: uncountedTerminatedPods,
  ready: kept(int32),
  failedIndexes: kept(string),
  terminating: kept(int32),
}))

export interface JobCondition extends Infer<typeof jobCondition> {}
export const jobCondition = struct(
  'batch/v1.JobCondition',
  () => ({
    type: string,
    status: string,
    lastProbeTime: time,
    lastTransitionTime: time,
    reason: string,
    message: string,
  }),
  'type',
  'status',
)

export interface UncountedTerminatedPods extends Infer<typeof uncountedTerminatedPods> {}
export const uncountedTerminatedPods = struct('batch/v1.UncountedTerminatedPods', () => ({
  succeeded: list(string, { set: true }),
  failed: list(string, { set: true }),
}))
