/** What a job may say, and what may change of it. Upstream: pkg/apis/batch/validation. */
import { validatePodTemplate } from '../core/pod-spec-validation.ts'
import type { PodTemplateSpec } from '../core/pod-template.ts'
import type { FieldErrors } from '../field-errors.ts'
import { GoValue, goLabelSelector, goMap, goQuote } from '../go-syntax.ts'
import { compileSelector, SelectorError } from '../label-selector.ts'
import type { LabelSelector } from '../meta/label-selector.ts'
import {
  sameValue,
  validateDomainPrefixedPath,
  validateImmutable,
  validateLabelSelector,
  validateNonNegative,
} from '../meta/validation.ts'
import { checkDns1123Label, checkQualifiedName } from '../names.ts'
import type { Job, JobSpec, PodFailurePolicyOnExitCodesRequirement } from './job.ts'

const MAX_INDEXED_PARALLELISM = 100_000
const MAX_FAILED_INDEXES = 100_000
/** From here on failing indexes one by one costs too much, unless few are tried at a time. */
const MANY_COMPLETIONS = 100_000
const MAX_OF_MANY = 10_000
const MAX_MANAGED_BY = 63
const MAX_RULES = 20
const MAX_EXIT_CODES = 255

export function validateJob(job: Job, errors: FieldErrors): void {
  const { spec, metadata } = job
  errors.at('spec', () => {
    validateGeneratedSelector(job, errors)
    validateJobTemplate(spec, errors)
    if (spec.selector === undefined) errors.required('selector')
    else validateLabelSelector(spec.selector, 'selector', errors)
    if (!selects(spec.selector, spec.template.metadata?.labels)) {
      errors.at('template', () =>
        errors.at('metadata', () =>
          errors.invalid(
            'labels',
            goMap(spec.template.metadata?.labels),
            '`selector` does not match template `labels`',
          ),
        ),
      )
    }
  })
  const { completionMode, completions = 0 } = spec
  if (completionMode !== 'Indexed' || completions <= 0) return
  const name = metadata?.name ?? ''
  const longest = `${name}-${completions - 1}`
  if (checkDns1123Label(longest).length === 0) return
  errors.at('metadata', () =>
    errors.invalid('name', name, `will not able to create pod with invalid DNS label: ${longest}`),
  )
}

/** A selector that cannot be read has been reported already; one that is absent selects nothing. */
function selects(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (selector === undefined) return false
  try {
    return compileSelector(selector).matches(labels)
  } catch (error) {
    if (error instanceof SelectorError) return true
    throw error
  }
}

/** At `spec`: the labels by which a job knows its pods are those that it was given, unless it is told others. */
function validateGeneratedSelector({ spec, metadata }: Job, errors: FieldErrors): void {
  if (spec.manualSelector || spec.selector === undefined) return
  const { uid = '', name = '' } = metadata ?? {}
  const labels = spec.template.metadata?.labels
  const expected = {
    'controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
  }
  errors.at('template', () =>
    errors.at('metadata', () =>
      errors.at('labels', () => {
        for (const [key, value] of Object.entries(expected)) {
          const given = labels?.[key]
          if (given === undefined) errors.required({ key }, `must be '${value}'`)
          else if (given !== value) errors.invalid({ key }, goMap(labels), `must be '${value}'`)
        }
      }),
    ),
  )
  if (!selects(spec.selector, expected)) {
    errors.invalid('selector', goLabelSelector(spec.selector), '`selector` not auto-generated')
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
  validateSuccessPolicy(spec, errors)
  const { podReplacementPolicy, managedBy } = spec
  if (podReplacementPolicy !== undefined) {
    const supported = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
    if (!supported.includes(podReplacementPolicy)) {
      errors.notSupported('podReplacementPolicy', podReplacementPolicy, supported)
    }
  }
  if (managedBy !== undefined) {
    validateDomainPrefixedPath(managedBy, 'managedBy', errors)
    if (managedBy.length > MAX_MANAGED_BY) errors.tooLong('managedBy', MAX_MANAGED_BY)
  }
  errors.at('template', () => {
    validatePodTemplate(spec.template, errors)
    errors.at('spec', () => validateRestartPolicy(spec, errors))
  })
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, errors: FieldErrors): void {
  const policy = template.spec.restartPolicy ?? ''
  if (policy === '' || policy === 'Always') {
    errors.required('restartPolicy', 'valid values: "OnFailure", "Never"')
  } else if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.notSupported('restartPolicy', policy, ['OnFailure', 'Never'])
  } else if (podFailurePolicy !== undefined && policy !== 'Never') {
    errors.invalid('restartPolicy', policy, 'only "Never" is supported when podFailurePolicy is specified')
  }
}

function validateIndexed(spec: JobSpec, errors: FieldErrors): void {
  const { completionMode, completions, parallelism = 0, backoffLimitPerIndex, maxFailedIndexes } = spec
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    errors.required('backoffLimitPerIndex', 'when maxFailedIndexes is specified')
  }
  if (completionMode === 'Indexed') {
    if (completions === undefined) errors.required('completions', 'when completion mode is Indexed')
    if (parallelism > MAX_INDEXED_PARALLELISM) {
      errors.invalid(
        'parallelism',
        parallelism,
        `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`,
      )
    }
    if (maxFailedIndexes !== undefined) {
      if (completions !== undefined && maxFailedIndexes > completions) {
        errors.invalid('maxFailedIndexes', maxFailedIndexes, 'must be less than or equal to completions')
      }
      if (maxFailedIndexes > MAX_FAILED_INDEXES) {
        errors.invalid(
          'maxFailedIndexes',
          maxFailedIndexes,
          `must be less than or equal to ${MAX_FAILED_INDEXES}`,
        )
      }
    }
    if (completions !== undefined && completions > MANY_COMPLETIONS && backoffLimitPerIndex !== undefined) {
      const many = `must be less than or equal to ${MAX_OF_MANY} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`
      if (maxFailedIndexes === undefined) {
        errors.required('maxFailedIndexes', `must be specified when completions is above ${MANY_COMPLETIONS}`)
      }
      if (parallelism > MAX_OF_MANY) errors.invalid('parallelism', parallelism, many)
      if (maxFailedIndexes !== undefined && maxFailedIndexes > MAX_OF_MANY) {
        errors.invalid('maxFailedIndexes', maxFailedIndexes, many)
      }
    }
    return
  }
  if (completionMode !== undefined && completionMode !== 'NonIndexed') {
    errors.notSupported('completionMode', completionMode, ['NonIndexed', 'Indexed'])
    return
  }
  if (backoffLimitPerIndex !== undefined) {
    errors.invalid('backoffLimitPerIndex', backoffLimitPerIndex, 'requires indexed completion mode')
  }
  if (maxFailedIndexes !== undefined) {
    errors.invalid('maxFailedIndexes', maxFailedIndexes, 'requires indexed completion mode')
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
    const rules = podFailurePolicy.rules ?? []
    if (rules.length > MAX_RULES) errors.tooMany('rules', rules.length, MAX_RULES)
    errors.each('rules', rules, ({ action, onExitCodes, onPodConditions = [] }) => {
      if (action === 'FailIndex') {
        if (backoffLimitPerIndex === undefined) {
          errors.invalid('action', action, 'requires the backoffLimitPerIndex to be set')
        }
      } else validateWord(action, 'action', ACTIONS, errors)
      if (onExitCodes !== undefined) {
        errors.at('onExitCodes', () => validateExitCodes(onExitCodes, names, errors))
      }
      if (onPodConditions.length > MAX_RULES) {
        errors.tooMany('onPodConditions', onPodConditions.length, MAX_RULES)
      }
      errors.each('onPodConditions', onPodConditions, ({ type = '', status }) => {
        for (const problem of checkQualifiedName(type)) errors.invalid('type', type, problem)
        validateWord(status, 'status', ['False', 'True', 'Unknown'], errors)
      })
      if (onExitCodes !== undefined && onPodConditions.length > 0) {
        errors.invalidPlace('specifying both OnExitCodes and OnPodConditions is not supported')
      }
      if (onExitCodes === undefined && onPodConditions.length === 0) {
        errors.invalidPlace('specifying one of OnExitCodes and OnPodConditions is required')
      }
    })
  })
}

/** A word whose absence is answered with those that there are. */
function validateWord(
  word: string | undefined,
  field: string,
  supported: readonly string[],
  errors: FieldErrors,
): void {
  if (!word) errors.required(field, `valid values: [${supported.map(goQuote).join(' ')}]`)
  else if (!supported.includes(word)) errors.notSupported(field, word, supported)
}

function validateExitCodes(
  { operator, containerName, values = [] }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
  errors: FieldErrors,
): void {
  validateWord(operator, 'operator', ['In', 'NotIn'], errors)
  if (containerName !== undefined && !names.has(containerName)) {
    errors.invalid(
      'containerName',
      containerName,
      'must be one of the container or initContainer names in the pod template',
    )
  }
  const printed = new GoValue(`[]int32{${values.join(', ')}}`)
  if (values.length === 0) errors.invalid('values', printed, 'at least one value is required')
  else if (values.length > MAX_EXIT_CODES) errors.tooMany('values', values.length, MAX_EXIT_CODES)
  const seen = new Set<number>()
  errors.each('values', values, (value) => {
    if (operator === 'In' && value === 0) {
      errors.invalid(undefined, value, 'must not be 0 for the In operator')
    }
    if (seen.has(value)) errors.duplicate(undefined, value)
    seen.add(value)
  })
  if (values.some((value, index) => index > 0 && (values[index - 1] as number) > value)) {
    errors.invalid('values', printed, 'must be ordered')
  }
}

const MAX_SUCCEEDED_INDEXES = 64 * 1024

function validateSuccessPolicy(
  { successPolicy, completionMode, completions }: JobSpec,
  errors: FieldErrors,
): void {
  if (successPolicy === undefined) return
  const rules = successPolicy.rules ?? []
  if (completionMode !== 'Indexed') {
    errors.invalid('successPolicy', successPolicy, 'requires indexed completion mode')
    return
  }
  errors.at('successPolicy', () => {
    if (rules.length === 0) {
      errors.required('rules', 'at least one rules must be specified when the successPolicy is specified')
    }
    if (rules.length > MAX_RULES) errors.tooMany('rules', rules.length, MAX_RULES)
    errors.each('rules', rules, ({ succeededCount, succeededIndexes }) => {
      if (succeededCount === undefined && succeededIndexes === undefined) {
        errors.required(undefined, 'at least one of succeededCount or succeededIndexes must be specified')
      }
      if (completions === undefined) return
      let total = 0
      if (succeededIndexes !== undefined) {
        if (succeededIndexes.length > MAX_SUCCEEDED_INDEXES) {
          errors.tooLong('succeededIndexes', MAX_SUCCEEDED_INDEXES)
        }
        const counted = countIndexes(succeededIndexes, completions)
        if (typeof counted === 'number') total = counted
        else
          errors.invalid('succeededIndexes', succeededIndexes, `error parsing succeededIndexes: ${counted}`)
      }
      if (succeededCount === undefined) return
      validateNonNegative(succeededCount, 'succeededCount', errors)
      if (succeededCount > completions) {
        errors.invalid(
          'succeededCount',
          succeededCount,
          `must be less than or equal to ${completions} (the number of specified completions)`,
        )
      }
      if (succeededIndexes !== undefined && succeededCount > total) {
        errors.invalid(
          'succeededCount',
          succeededCount,
          `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`,
        )
      }
    })
  })
}

/** How many indexes `1,3-5` names, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0
  let total = 0
  let last: number | undefined
  for (const interval of text.split(',')) {
    const limits = interval.split('-')
    if (limits.length > 2) {
      return `the fragment ${goQuote(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`
    }
    const numbers: number[] = []
    for (const limit of limits) {
      if (!/^[+-]?\d+$/.test(limit)) {
        return `cannot convert string to integer for index: ${goQuote(limit)}`
      }
      const number = Number(limit)
      if (number >= completions) return `too large index: ${goQuote(limit)}`
      numbers.push(number)
    }
    const [first = 0, end = first] = numbers
    if (limits.length === 2 && first >= end) {
      return `non-increasing order, previous: ${first}, current: ${end}`
    }
    if (last !== undefined && last >= first) {
      return `non-increasing order, previous: ${last}, current: ${first}`
    }
    total += end - first + 1
    last = end
  }
  return total
}

export function validateJobUpdate(job: Job, old: Job, errors: FieldErrors): void {
  const { spec } = job
  const before = old.spec
  errors.at('spec', () => {
    if (spec.completionMode !== 'Indexed') {
      validateImmutable(spec.completions, before.completions, 'completions', errors)
    } else if (
      spec.completions !== undefined &&
      spec.completions !== before.completions &&
      spec.completions !== spec.parallelism
    ) {
      errors.invalid('completions', spec.completions, 'can only be modified in tandem with spec.parallelism')
    }
    validateImmutable(spec.selector, before.selector, 'selector', errors, goLabelSelector)
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
