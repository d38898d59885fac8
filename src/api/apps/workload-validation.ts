/** What kinds that keep a number of equal pods have in common. */
import { validatePodTemplate, validateTemplateMetadata } from '../core/pod-spec-validation.ts'
import type { PodTemplateSpec } from '../core/pod-template.ts'
import type { FieldErrors } from '../field-errors.ts'
import { goLabelSelector, goMap } from '../go-syntax.ts'
import { compileSelector, SelectorError } from '../label-selector.ts'
import type { LabelSelector } from '../meta/label-selector.ts'
import { validateLabelSelector, validateNonNegative } from '../meta/validation.ts'

interface ReplicaSpec {
  readonly replicas?: number
  readonly minReadySeconds?: number
  readonly selector?: LabelSelector
  readonly template?: PodTemplateSpec
}

type What = 'DaemonSet' | 'Deployment' | 'ReplicaSet' | 'StatefulSet'

/** At `spec`. */
export function validateReplicaSpec(spec: ReplicaSpec, what: What, errors: FieldErrors): void {
  validateNonNegative(spec.replicas, 'replicas', errors)
  validateSelectorAndTemplate(spec, what, errors)
  validateNonNegative(spec.minReadySeconds, 'minReadySeconds', errors)
}

/** The selector is there, selects something, and selects the pods that the template makes. */
export function validateSelectorAndTemplate(spec: ReplicaSpec, what: What, errors: FieldErrors): void {
  const { selector, template } = spec
  // Upstream leaves it to the template of a DaemonSet to say that nothing is selected.
  if (selector === undefined && what !== 'DaemonSet') errors.required('selector')
  else {
    validateLabelSelector(selector, 'selector', errors)
    if (selector !== undefined && isEmpty(selector)) {
      errors.invalid(
        'selector',
        goLabelSelector(selector),
        `empty selector is invalid for ${what.toLowerCase()}`,
      )
    }
  }
  const matching = selects(selector, template)
  if (matching === undefined) {
    errors.invalid(
      'selector',
      goLabelSelector(selector),
      what === 'StatefulSet' ? '' : 'invalid label selector',
    )
    if (what !== 'StatefulSet') return
  }
  if (template === undefined) {
    errors.required('template')
    return
  }
  errors.at('template', () => {
    if (matching === false) {
      errors.at('metadata', () =>
        errors.invalid(
          'labels',
          goMap(template.metadata?.labels),
          '`selector` does not match template `labels`',
        ),
      )
    }
    if (what !== 'StatefulSet') validatePodTemplate(template, errors)
    else if (matching !== undefined) validateTemplateMetadata(template, errors)
    validateAlways(template, what, errors)
  })
}

function validateAlways({ spec }: PodTemplateSpec, what: What, errors: FieldErrors): void {
  errors.at('spec', () => {
    if (spec.restartPolicy !== undefined && spec.restartPolicy !== 'Always') {
      errors.notSupported('restartPolicy', spec.restartPolicy, ['Always'])
    }
    if (spec.activeDeadlineSeconds !== undefined) {
      const kind = what === 'Deployment' ? 'ReplicaSet' : what
      errors.forbidden('activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`)
    }
  })
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}

/** Undefined when the selector cannot be read. One that is absent selects nothing. */
function selects(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
): boolean | undefined {
  if (selector === undefined) return false
  try {
    return compileSelector(selector).matches(template?.metadata?.labels)
  } catch (error) {
    if (error instanceof SelectorError) return undefined
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
