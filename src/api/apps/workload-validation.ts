/** What kinds that keep a number of equal pods have in common. */
import { validatePodTemplate } from '../core/pod-spec-validation.ts'
import type { PodTemplateSpec } from '../core/pod-template.ts'
import type { FieldErrors } from '../field-errors.ts'
import { compileSelector, SelectorError } from '../label-selector.ts'
import type { LabelSelector } from '../meta/label-selector.ts'
import { validateLabelSelector, validateNonNegative } from '../meta/validation.ts'

interface ReplicaSpec {
  readonly replicas?: number
  readonly minReadySeconds?: number
  readonly selector?: LabelSelector
  readonly template?: PodTemplateSpec
}

/** At `spec`. `what` is how messages name the kind: `deployment`. */
export function validateReplicaSpec(spec: ReplicaSpec, what: string, errors: FieldErrors): void {
  validateNonNegative(spec.replicas, 'replicas', errors)
  validateSelectorAndTemplate(spec, what, errors)
  validateNonNegative(spec.minReadySeconds, 'minReadySeconds', errors)
}

/** The selector is there, selects something, and selects the pods that the template makes. */
export function validateSelectorAndTemplate(spec: ReplicaSpec, what: string, errors: FieldErrors): void {
  const { selector, template } = spec
  if (selector === undefined) errors.required('selector')
  else {
    validateLabelSelector(selector, 'selector', errors)
    if (isEmpty(selector)) errors.invalid('selector', selector, `empty selector is invalid for ${what}`)
  }
  if (template === undefined) {
    errors.required('template')
    return
  }
  errors.at('template', () => {
    if (selector !== undefined && !isEmpty(selector) && !matches(selector, template)) {
      errors.at('metadata', () =>
        errors.invalid(
          'labels',
          template.metadata?.labels ?? {},
          '`selector` does not match template `labels`',
        ),
      )
    }
    validatePodTemplate(template, errors)
    validateAlways(template, errors)
  })
}

function validateAlways({ spec }: PodTemplateSpec, errors: FieldErrors): void {
  errors.at('spec', () => {
    if (spec.restartPolicy !== undefined && spec.restartPolicy !== 'Always') {
      errors.notSupported('restartPolicy', spec.restartPolicy, ['Always'])
    }
    if (spec.activeDeadlineSeconds !== undefined)
      errors.forbidden('activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicaSet is not Supported')
  })
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}

/** A selector that cannot be read has been reported already. */
function matches(selector: LabelSelector, template: PodTemplateSpec): boolean {
  try {
    return compileSelector(selector).matches(template.metadata?.labels)
  } catch (error) {
    if (error instanceof SelectorError) return true
    throw error
  }
}

interface ReplicaCounts {
  readonly replicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly fullyLabeledReplicas?: number
  readonly observedGeneration?: number
}

/** At `status`: no count is negative or above the number of pods. */
export function validateReplicaCounts(status: ReplicaCounts, errors: FieldErrors): void {
  const replicas = status.replicas ?? 0
  const ready = status.readyReplicas ?? 0
  const available = status.availableReplicas ?? 0
  for (const field of [
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'observedGeneration',
  ] as const) {
    validateNonNegative(status[field], field, errors)
  }
  const above = 'cannot be greater than status.replicas'
  for (const field of [
    'fullyLabeledReplicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
  ] as const) {
    const count = status[field] ?? 0
    if (count > replicas) errors.invalid(field, count, above)
  }
  if (available > ready)
    errors.invalid('availableReplicas', available, 'cannot be greater than readyReplicas')
}
