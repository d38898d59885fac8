/** What an autoscaler may say. Upstream: pkg/apis/autoscaling/validation. */

import { validateContainerResourceName } from '../core/container-validation.ts'
import type { FieldErrors } from '../field-errors.ts'
import { goQuantity } from '../go-syntax.ts'
import { validateOneOf } from '../meta/validation.ts'
import { checkDns1123Label, checkPathSegment } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import type {
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricSpec,
  MetricTarget,
} from './horizontal-pod-autoscaler.ts'

const MAX_WINDOW_SECONDS = 3600
const MAX_PERIOD_SECONDS = 1800

export function validateAutoscaler(autoscaler: HorizontalPodAutoscaler, errors: FieldErrors): void {
  const { minReplicas, maxReplicas, scaleTargetRef, metrics, behavior } = autoscaler.spec
  errors.at('spec', () => {
    if (minReplicas !== undefined && minReplicas < 1) {
      errors.invalid('minReplicas', minReplicas, 'must be greater than or equal to 1')
    }
    if (!(maxReplicas >= 1)) errors.invalid('maxReplicas', maxReplicas ?? 0, 'must be greater than 0')
    if (minReplicas !== undefined && maxReplicas < minReplicas) {
      errors.invalid('maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')
    }
    validateReference(scaleTargetRef, 'scaleTargetRef', errors)
    errors.each('metrics', metrics, (metric) => validateMetric(metric, errors))
    if (behavior !== undefined) {
      errors.at('behavior', () => {
        validateRules(behavior.scaleUp, 'scaleUp', errors)
        validateRules(behavior.scaleDown, 'scaleDown', errors)
      })
    }
  })
}

const SOURCES: Readonly<Record<string, keyof MetricSpec>> = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  External: 'external',
  ContainerResource: 'containerResource',
}

function validateMetric(metric: MetricSpec, errors: FieldErrors): void {
  const type = metric.type ?? ''
  const expected = Object.hasOwn(SOURCES, type) ? SOURCES[type] : undefined
  const supported = Object.keys(SOURCES).sort()
  if (type === '') errors.required('type', 'must specify a metric source type')
  if (expected === undefined) errors.notSupported('type', type, supported)
  // Only the first source is looked into.
  const present = ORDER.filter((field) => metric[field] !== undefined)
  const [first] = present
  if (first !== undefined) {
    const source = metric[first] as unknown as MetricSource
    errors.at(first, () => validateSource(source, first, errors))
  }
  if (expected === undefined) errors.notSupported('type', type, supported)
  else if (metric[expected] === undefined) {
    errors.required(expected, 'must populate information for the given metric source')
  }
  if (present.length === 1) return
  for (const field of present) {
    if (field !== expected) errors.forbidden(field, 'must populate the given metric source only')
  }
}

const ORDER = ['object', 'external', 'pods', 'resource', 'containerResource'] as const

interface MetricSource {
  readonly describedObject?: { readonly kind?: string; readonly name?: string }
  readonly metric?: { readonly name?: string }
  readonly name?: string
  readonly container?: string
  readonly target?: MetricTarget
}

function validateSource(source: MetricSource, field: (typeof ORDER)[number], errors: FieldErrors): void {
  const { describedObject, metric, name, container } = source
  if (field === 'object') validateReference(describedObject, 'describedObject', errors)
  if (field === 'resource' || field === 'containerResource') {
    if (!name) errors.required('name', 'must specify a resource name')
    else if (field === 'containerResource') {
      errors.at('name', () => validateContainerResourceName(name, errors))
    }
  } else if (!metric?.name) errors.at('metric', () => errors.required('name', 'must specify a metric name'))
  else {
    const given = metric.name
    errors.at('metric', () => {
      for (const problem of checkPathSegment(given)) errors.invalid('name', given, problem)
    })
  }
  if (field === 'containerResource') {
    if (!container) errors.required('container', 'must specify a container')
    else for (const problem of checkDns1123Label(container)) errors.invalid('container', container, problem)
  }
  errors.at('target', () => validateTarget(source.target, field, errors))
}

function validateReference(
  reference: { readonly kind?: string; readonly name?: string } | undefined,
  field: string,
  errors: FieldErrors,
): void {
  errors.at(field, () => {
    for (const part of ['kind', 'name'] as const) {
      const value = reference?.[part] ?? ''
      if (value === '') errors.required(part)
      else for (const problem of checkPathSegment(value)) errors.invalid(part, value, problem)
    }
  })
}

function validateTarget(
  target: MetricTarget | undefined,
  source: keyof MetricSpec,
  errors: FieldErrors,
): void {
  const { type, value, averageValue, averageUtilization } = target ?? {}
  if (!type) errors.required('type', 'must specify a metric target type')
  if (type !== 'Utilization' && type !== 'Value' && type !== 'AverageValue') {
    errors.invalid('type', type ?? '', 'must be either Utilization, Value, or AverageValue')
  }
  if (value !== undefined && compareQuantities(value, '0') <= 0)
    errors.invalid('value', goQuantity(value), 'must be positive')
  if (averageValue !== undefined && compareQuantities(averageValue, '0') <= 0) {
    errors.invalid('averageValue', goQuantity(averageValue), 'must be positive')
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.invalid('averageUtilization', averageUtilization, 'must be greater than 0')
  }
  if (source === 'resource' || source === 'containerResource') {
    if (averageUtilization === undefined && averageValue === undefined) {
      errors.required('averageUtilization', 'must set either a target raw value or a target utilization')
    } else if (averageUtilization !== undefined && averageValue !== undefined) {
      errors.forbidden('averageValue', 'may not set both a target raw value and a target utilization')
    }
  } else if (source === 'pods') {
    if (averageValue === undefined) {
      errors.required('averageValue', 'must specify a positive target averageValue')
    }
  } else if (value === undefined && averageValue === undefined) {
    const both = source === 'object' ? 'a target value or averageValue' : PER_POD
    errors.required('averageValue', `must set either ${both}`)
  } else if (source === 'external' && value !== undefined && averageValue !== undefined) {
    errors.forbidden('value', 'may not set both a target value for metric and a per-pod target')
  }
}

const PER_POD = 'a target value for metric or a per-pod target'

function validateRules(rules: HPAScalingRules | undefined, field: string, errors: FieldErrors): void {
  if (rules === undefined) return
  errors.at(field, () => {
    const { stabilizationWindowSeconds: window, selectPolicy, policies } = rules
    if (window !== undefined && window < 0) {
      errors.invalid('stabilizationWindowSeconds', window, 'must be greater than or equal to zero')
    }
    if (window !== undefined && window > MAX_WINDOW_SECONDS) {
      errors.invalid(
        'stabilizationWindowSeconds',
        window,
        `must be less than or equal to ${MAX_WINDOW_SECONDS}`,
      )
    }
    if (selectPolicy !== undefined)
      validateOneOf(selectPolicy, 'selectPolicy', ['Disabled', 'Max', 'Min'], errors)
    if ((policies ?? []).length === 0) errors.required('policies', 'must specify at least one Policy')
    errors.each('policies', policies, ({ type, value, periodSeconds }) => {
      validateOneOf(type, 'type', ['Percent', 'Pods'], errors)
      if (!(value > 0)) errors.invalid('value', value ?? 0, 'must be greater than zero')
      if (!(periodSeconds > 0))
        errors.invalid('periodSeconds', periodSeconds ?? 0, 'must be greater than zero')
      else if (periodSeconds > MAX_PERIOD_SECONDS) {
        errors.invalid('periodSeconds', periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`)
      }
    })
  })
}
