/** What a job may say, and what may change of it. Upstream: pkg/apis/batch/validation. */
import { validatePodTemplate } from '../core/pod-spec-validation.ts'
import type { PodTemplateSpec } from '../core/pod-template.ts'
import type { FieldErrors } from '../field-errors.ts'
import { compileSelector } from '../label-selector.ts'
import {
  sameValue,
  validateImmutable,
  validateLabelSelector,
  validateNonNegative,
  validateOneOf,
} from '../meta/validation.ts'
import type { Job, JobSpec } from './job.ts'

const MAX_INDEXED_PARALLELISM = 100_000

/** At `spec`. */
export function validateJobSpec(spec: JobSpec, errors: FieldErrors): void {
  validateJobTemplate(spec, errors)
  if (spec.selector === undefined) errors.required('selector')
  else {
    validateLabelSelector(spec.selector, 'selector', errors)
    if (!compileSelector(spec.selector).matches(spec.template.metadata?.labels)) {
      errors.at('template', () =>
        errors.at('metadata', () =>
          errors.invalid(
            'labels',
            spec.template.metadata?.labels ?? {},
            '`selector` does not match template `labels`',
          ),
        ),
      )
    }
  }
}

/** What also holds for the jobs of a CronJob, which get their selectors later. */
export function validateJobTemplate(spec: JobSpec, errors: FieldErrors): void {
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const) {
    validateNonNegative(spec[field], field, errors)
  }
  validateIndexed(spec, errors)
  validateFailurePolicy(spec, errors)
  if (spec.podReplacementPolicy !== undefined) {
    const supported = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
    validateOneOf(spec.podReplacementPolicy, 'podReplacementPolicy', supported, errors)
  }
  if (spec.managedBy !== undefined && !spec.managedBy.includes('/')) {
    errors.invalid('managedBy', spec.managedBy, 'must be a domain-prefixed path (such as "acme.io/foo")')
  }
  errors.at('template', () => {
    validatePodTemplate(spec.template, errors)
    errors.at('spec', () => validateRestartPolicy(spec, errors))
  })
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, errors: FieldErrors): void {
  const policy = template.spec.restartPolicy ?? ''
  if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.required('restartPolicy', 'valid values: "OnFailure", "Never"')
  } else if (podFailurePolicy !== undefined && policy !== 'Never') {
    errors.invalid('restartPolicy', policy, 'only "Never" is supported when podFailurePolicy is specified')
  }
}

function validateIndexed(spec: JobSpec, errors: FieldErrors): void {
  const { completionMode, completions, parallelism = 0, backoffLimitPerIndex, maxFailedIndexes } = spec
  if (completionMode === 'Indexed') {
    if (completions === undefined) errors.required('completions', 'when completion mode is Indexed')
    if (parallelism > MAX_INDEXED_PARALLELISM) {
      errors.invalid(
        'parallelism',
        parallelism,
        `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`,
      )
    }
  } else if (completionMode !== undefined && completionMode !== 'NonIndexed') {
    errors.notSupported('completionMode', completionMode, ['NonIndexed', 'Indexed'])
  } else if (backoffLimitPerIndex !== undefined) {
    errors.invalid('backoffLimitPerIndex', backoffLimitPerIndex, 'requires indexed completion mode')
  }
  if (maxFailedIndexes !== undefined) {
    if (backoffLimitPerIndex === undefined)
      errors.required('backoffLimitPerIndex', 'when maxFailedIndexes is specified')
    if (completions !== undefined && maxFailedIndexes > completions) {
      errors.invalid('maxFailedIndexes', maxFailedIndexes, 'must be less than or equal to completions')
    }
  }
}

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']

function validateFailurePolicy(
  { podFailurePolicy, backoffLimitPerIndex, template }: JobSpec,
  errors: FieldErrors,
): void {
  if (podFailurePolicy === undefined) return
  const names = new Set(
    [...(template.spec.containers ?? []), ...(template.spec.initContainers ?? [])].map((it) => it.name),
  )
  errors.at('podFailurePolicy', () => {
    if ((podFailurePolicy.rules ?? []).length > 20) errors.tooMany('rules', podFailurePolicy.rules.length, 20)
    errors.each('rules', podFailurePolicy.rules, ({ action, onExitCodes, onPodConditions = [] }) => {
      validateOneOf(action, 'action', ACTIONS, errors)
      if (action === 'FailIndex' && backoffLimitPerIndex === undefined) {
        errors.invalid('action', action, 'requires the backoffLimitPerIndex to be set')
      }
      if (onExitCodes !== undefined && onPodConditions.length > 0) {
        errors.invalid(undefined, '', 'specifying both OnExitCodes and OnPodConditions is not supported')
      } else if (onExitCodes === undefined && onPodConditions.length === 0) {
        errors.invalid(undefined, '', 'specifying one of OnExitCodes and OnPodConditions is required')
      }
      if (onExitCodes === undefined) return
      errors.at('onExitCodes', () => {
        validateOneOf(onExitCodes.operator, 'operator', ['In', 'NotIn'], errors)
        const { containerName, values = [] } = onExitCodes
        if (containerName !== undefined && !names.has(containerName)) {
          errors.invalid(
            'containerName',
            containerName,
            'must be one of the container or initContainer names in the pod template',
          )
        }
        if (values.length === 0) errors.invalid('values', values, 'at least one value is required')
        errors.each('values', values, (value) => {
          if (onExitCodes.operator === 'In' && value === 0)
            errors.invalid(undefined, value, 'must not be 0 for the In operator')
        })
      })
    })
  })
}

export function validateJobUpdate(job: Job, old: Job, errors: FieldErrors): void {
  const { spec } = job
  const before = old.spec
  errors.at('spec', () => {
    const sized = spec.completions === spec.parallelism && spec.completionMode === 'Indexed'
    if (spec.completions !== before.completions && !sized) {
      errors.invalid(
        'completions',
        spec.completions,
        spec.completionMode === 'Indexed'
          ? 'can only be modified in tandem with parallelism: completions must equal parallelism'
          : 'field is immutable',
      )
    }
    validateImmutable(spec.selector, before.selector, 'selector', errors)
    const suspended = before.suspend === true && old.status?.startTime === undefined
    if (
      !sameValue(suspended ? withScheduling(spec.template, before.template) : spec.template, before.template)
    ) {
      errors.invalid('template', spec.template, 'field is immutable')
    }
    for (const field of [
      'completionMode',
      'podFailurePolicy',
      'backoffLimitPerIndex',
      'managedBy',
      'successPolicy',
    ] as const) {
      validateImmutable(spec[field], before[field], field, errors)
    }
  })
}

/** A job that has never run may still be told where to run: those fields are set back before comparing. */
function withScheduling(template: PodTemplateSpec, old: PodTemplateSpec): PodTemplateSpec {
  const spec: Record<string, unknown> = {
    ...template.spec,
    nodeSelector: old.spec.nodeSelector,
    tolerations: old.spec.tolerations,
    schedulingGates: old.spec.schedulingGates,
    affinity: old.spec.affinity,
  }
  for (const key of Object.keys(spec)) if (spec[key] === undefined) delete spec[key]
  return { ...template, metadata: old.metadata, spec: spec as unknown as PodTemplateSpec['spec'] }
}
