/** What an autoscaler may say. Upstream: pkg/apis/autoscaling/validation. */
import type { FieldErrors } from '../field-errors.ts'
import { validateOneOf } from '../meta/validation.ts'
import { checkPathSegment } from '../names.ts'
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
    errors.at('scaleTargetRef', () => {
      for (const field of ['kind', 'name'] as const) {
        const value = scaleTargetRef?.[field] ?? ''
        if (value === '') errors.required(field)
        else for (const problem of checkPathSegment(value)) errors.invalid(field, value, problem)
      }
    })
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
  if (!metric.type) {
    errors.required('type', 'must specify a metric source type')
    return
  }
  const field = Object.hasOwn(SOURCES, metric.type) ? SOURCES[metric.type] : undefined
  if (field === undefined) {
    errors.notSupported('type', metric.type, Object.keys(SOURCES).sort())
    return
  }
  const source = metric[field] as unknown as
    | { readonly target?: MetricTarget; readonly name?: string }
    | undefined
  if (source === undefined) {
    errors.required(field, `must populate information for the given metric source`)
    return
  }
  errors.at(field, () => {
    if ((field === 'resource' || field === 'containerResource') && !source.name) {
      errors.required('name', 'must specify a resource name')
    }
    errors.at('target', () => validateTarget(source.target, field, errors))
  })
}

function validateTarget(
  target: MetricTarget | undefined,
  source: keyof MetricSpec,
  errors: FieldErrors,
): void {
  const { type, value, averageValue, averageUtilization } = target ?? {}
  if (!type) errors.required('type', 'must specify a metric target type')
  else validateOneOf(type, 'type', ['Utilization', 'Value', 'AverageValue'], errors)
  if (value !== undefined && compareQuantities(value, '0') <= 0)
    errors.invalid('value', value, 'must be positive')
  if (averageValue !== undefined && compareQuantities(averageValue, '0') <= 0) {
    errors.invalid('averageValue', averageValue, 'must be positive')
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
  } else if (value === undefined && averageValue === undefined) {
    errors.required('averageValue', 'must set either a target value for metric or a per-pod target')
  }
}

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
