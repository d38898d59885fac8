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
    check('min', min[name], 'min', max[name], 'max')
    check('defaultRequest', min[name], 'min', request[name], 'default request')
    check('defaultRequest', request[name], 'default request', max[name], 'max')
    check('defaultRequest', request[name], 'default request', limit[name], 'default limit')
    check('default', min[name], 'min', limit[name], 'default')
    check('default', limit[name], 'default', max[name], 'max')
    if (ratio[name] !== undefined && compareQuantities(ratio[name], '1') < 0) {
      errors.at('maxLimitRequestRatio', () =>
        errors.invalid(
          { key: name },
          goQuantity(ratio[name] as string),
          `ratio ${ratio[name]} is less than 1`,
        ),
      )
    }
  }
}
