/** What a limit range may say. Upstream: pkg/apis/core/validation ValidateLimitRange. */
import type { FieldErrors } from '../field-errors.ts'
import { goQuantity } from '../go-syntax.ts'
import { compareQuantities } from '../quantity.ts'
import type { LimitRange, LimitRangeItem } from './limit-range.ts'

export function validateLimitRange(limitRange: LimitRange, errors: FieldErrors): void {
  const types = new Set<string>()
  errors.at('spec', () =>
    errors.each('limits', limitRange.spec.limits, (item) => {
      if (!item.type) errors.required('type')
      else if (types.has(item.type)) errors.duplicate('type', item.type)
      types.add(item.type)
      validateItem(item, errors)
    }),
  )
}

/** min <= defaultRequest <= default <= max, for each resource. */
function validateItem(item: LimitRangeItem, errors: FieldErrors): void {
  const {
    min = {},
    max = {},
    default: limit = {},
    defaultRequest: request = {},
    maxLimitRequestRatio: ratio = {},
  } = item
  if (item.type === 'Pod') {
    if (item.default !== undefined) errors.forbidden('default', "may not be specified when `type` is 'Pod'")
    if (item.defaultRequest !== undefined) {
      errors.forbidden('defaultRequest', "may not be specified when `type` is 'Pod'")
    }
  }
  if (item.type === 'PersistentVolumeClaim' && min['storage'] === undefined && max['storage'] === undefined) {
    errors.required('limits', 'either minimum or maximum storage value is required, but neither was provided')
  }
  const names = new Set([min, max, limit, request, ratio].flatMap((list) => Object.keys(list)))
  for (const name of names) {
    // A resource may be called `constructor`.
    const of = (list: Readonly<Record<string, string>>) =>
      Object.hasOwn(list, name) ? list[name] : undefined
    const check = (
      field: string,
      a: string | undefined,
      what: string,
      b: string | undefined,
      other: string,
    ) => {
      if (a === undefined || b === undefined || compareQuantities(a, b) <= 0) return
      errors.at(field, () =>
        errors.invalid(
          { key: name },
          goQuantity(a),
          `${what} value ${a} is greater than ${other} value ${b}`,
        ),
      )
    }
    check('min', of(min), 'min', of(max), 'max')
    check('defaultRequest', of(min), 'min', of(request), 'default request')
    check('defaultRequest', of(request), 'default request', of(max), 'max')
    check('defaultRequest', of(request), 'default request', of(limit), 'default limit')
    check('default', of(min), 'min', of(limit), 'default')
    check('default', of(limit), 'default', of(max), 'max')
    const least = of(ratio)
    if (least !== undefined && compareQuantities(least, '1') < 0) {
      errors.at('maxLimitRequestRatio', () =>
        errors.invalid({ key: name }, goQuantity(least), `ratio ${least} is less than 1`),
      )
    }
  }
}
