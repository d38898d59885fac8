/** Checks that many kinds share: labels, annotations, label selectors, ports, percentages. */
import type { FieldErrors } from '../field-errors.ts'
import { goIntOrString } from '../go-syntax.ts'
import { percentOf } from '../int-or-string.ts'
import { checkDns1123Subdomain, checkLabelValue, checkPortName, checkQualifiedName } from '../names.ts'
import type { LabelSelector, LabelSelectorRequirement } from './label-selector.ts'

/** All annotations of an object together. */
const ANNOTATIONS_MAX_BYTES = 256 * 1024

export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  field: string,
  errors: FieldErrors,
): void {
  for (const key in labels) {
    const value = labels[key] as string
    for (const problem of checkQualifiedName(key)) errors.invalid(field, key, problem)
    for (const problem of checkLabelValue(value)) errors.invalid(field, value, problem)
  }
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
  errors: FieldErrors,
): void {
  let size = 0
  for (const key in annotations) {
    // Case is not told apart in the check, as once upon a time.
    for (const problem of checkQualifiedName(key.toLowerCase())) errors.invalid(field, key, problem)
    size += key.length + (annotations[key] as string).length
  }
  if (size > ANNOTATIONS_MAX_BYTES) errors.tooLong(field, ANNOTATIONS_MAX_BYTES)
}

export function validateLabelSelector(
  selector: LabelSelector | undefined,
  field: string,
  errors: FieldErrors,
): void {
  if (selector === undefined) return
  errors.at(field, () => {
    validateLabels(selector.matchLabels, 'matchLabels', errors)
    errors.each('matchExpressions', selector.matchExpressions, (it) => validateRequirement(it, errors))
  })
}

function validateRequirement(
  { key, operator, values = [] }: LabelSelectorRequirement,
  errors: FieldErrors,
): void {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.required('values', "must be specified when `operator` is 'In' or 'NotIn'")
      }
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.forbidden('values', "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
      break
    default:
      errors.invalid('operator', operator ?? '', 'not a valid selector operator')
  }
  for (const problem of checkQualifiedName(key ?? '')) errors.invalid('key', key ?? '', problem)
  errors.each('values', values, (value) => {
    for (const problem of checkLabelValue(value)) errors.invalid(undefined, value, problem)
  })
}

const PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const IS_PATH = new RegExp(`^${PATH}$`)

/** `acme.io/foo`. */
export function validateDomainPrefixedPath(text: string, field: string, errors: FieldErrors): void {
  const slash = text.indexOf('/')
  const host = text.slice(0, slash)
  const path = text.slice(slash + 1)
  if (text === '') errors.required(field)
  else if (slash <= 0 || path === '') {
    errors.invalid(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')
  } else {
    for (const problem of checkDns1123Subdomain(host)) errors.invalid(field, host, problem)
    if (!IS_PATH.test(path)) {
      errors.invalid(field, path, `Invalid path (regex used for validation is '${PATH}')`)
    }
  }
}

export const NOT_NEGATIVE = 'must be greater than or equal to 0'
export const IMMUTABLE = 'field is immutable'

export function validateNonNegative(value: number | undefined, field: string, errors: FieldErrors): void {
  if (value !== undefined && value < 0) errors.invalid(field, value, NOT_NEGATIVE)
}

export function validatePort(port: number | undefined, field: string, errors: FieldErrors): void {
  if (port === undefined || port < 1 || port > 65_535) {
    errors.invalid(field, port ?? 0, 'must be between 1 and 65535, inclusive')
  }
}

/** A port number, or the name of one. */
export function validatePortNumOrName(
  port: number | string | undefined,
  field: string,
  errors: FieldErrors,
): void {
  if (typeof port === 'string')
    for (const problem of checkPortName(port)) errors.invalid(field, port, problem)
  else validatePort(port, field, errors)
}

/** A non-negative number or a percentage. */
export function validateIntOrPercent(
  value: number | string | undefined,
  field: string,
  errors: FieldErrors,
): void {
  if (typeof value === 'string' && !/^[0-9]+%$/.test(value)) {
    errors.invalid(
      field,
      goIntOrString(value),
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    )
  } else if (typeof value === 'number') validateNonNegative(value, field, errors)
}

export function validateNotMoreThan100Percent(
  value: number | string,
  field: string,
  errors: FieldErrors,
): void {
  const percent = percentOf(value)
  if (percent !== undefined && percent > 100)
    errors.invalid(field, goIntOrString(value), 'must not be greater than 100%')
}

/** Both frozen and made by the same decoder: a structural comparison by JSON value. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  )
}

/** Refuses a change of a field that may be set only once. `print` is for values that Go has a type for. */
export function validateImmutable<T>(
  value: T,
  old: T,
  field: string,
  errors: FieldErrors,
  print: (value: T) => unknown = (it) => it,
): void {
  if (!sameValue(value, old)) errors.invalid(field, print(value), IMMUTABLE)
}

/** A word of a fixed set that must be there. */
export function validateOneOf(
  value: string | undefined,
  field: string,
  supported: readonly string[],
  errors: FieldErrors,
): void {
  if (!value) errors.required(field)
  else if (!supported.includes(value)) errors.notSupported(field, value, supported)
}
