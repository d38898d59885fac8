/**
 * Failures of API calls: a Status with reason, code and details, in upstream's words. Callers branch on the
 * reason, never on the message. Upstream: apimachinery/pkg/api/errors.
 */
import type { FieldError } from './field-errors.ts'
import type { Status, StatusCause, StatusDetails } from './meta/status.ts'

/** Reasons and the HTTP code that each of them comes with unless said otherwise. */
const CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const

export type StatusReason = keyof typeof CODES

/** Names what a failure is about; kinds and requests both fit. `resource` is the lower-case plural. */
export interface ResourceRef {
  readonly group: string
  readonly resource: string
}

export interface KindRef {
  readonly group: string
  readonly kind: string
}

export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: Status

  constructor(status: Status) {
    super(status.message)
    this.status = status
  }

  /** '' when the server gave none. */
  get reason(): string {
    return this.status.reason ?? ''
  }

  get code(): number {
    return this.status.code ?? 500
  }
}

/** The failure as the object that travels. */
export function failure(
  reason: StatusReason,
  message: string,
  details?: StatusDetails,
  code: number = CODES[reason],
): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  }
}

export function notFound(resource: ResourceRef, name: string): ApiError {
  return about('NotFound', resource, name, `${groupResourceOf(resource)} "${name}" not found`)
}

/** The answer to a path or kind that is not served. */
export function notServed(): ApiError {
  return new ApiError(failure('NotFound', 'the server could not find the requested resource', {}))
}

export function alreadyExists(resource: ResourceRef, name: string): ApiError {
  return about('AlreadyExists', resource, name, `${groupResourceOf(resource)} "${name}" already exists`)
}

/** generateName found only taken names. */
export function generateNameConflict(resource: ResourceRef, name: string): ApiError {
  const message = `${groupResourceOf(resource)} "${name}" already exists, the server was not able to generate a unique name for the object`
  return about('AlreadyExists', resource, name, message, { retryAfterSeconds: 1 })
}

/** A create that meets an object on its way out. */
export function objectIsBeingDeleted(resource: ResourceRef, name: string): ApiError {
  const message = `object is being deleted: ${groupResourceOf(resource)} "${name}" already exists`
  return about('AlreadyExists', resource, name, message)
}

export const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again'

/** `why` completes `Operation cannot be fulfilled on pods "x": `; by default, that the object was modified. */
export function conflict(resource: ResourceRef, name: string, why: string = MODIFIED): ApiError {
  const message = `Operation cannot be fulfilled on ${groupResourceOf(resource)} "${name}": ${why}`
  return about('Conflict', resource, name, message)
}

/** Server-side apply met fields of others. */
export function applyConflict(message: string, causes: readonly StatusCause[]): ApiError {
  return new ApiError(failure('Conflict', message, { causes }))
}

/** One cause per field error; the message joins them as upstream does. */
export function invalid(kind: KindRef, name: string, errors: readonly FieldError[]): ApiError {
  const causes = errors.map(({ reason, message, field }) => ({ reason, message, field }))
  // Equal errors are told once in the message, yet each is a cause.
  const texts = [
    ...new Set(
      errors.map((error) => (error.field === '' ? error.message : `${error.field}: ${error.message}`)),
    ),
  ]
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const groupKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  const message = `${groupKind} "${name}" is invalid${texts.length === 0 ? '' : `: ${all}`}`
  return new ApiError(
    failure('Invalid', message, {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
      causes,
    }),
  )
}

/** `why` follows `pods "x" is forbidden: `; without a resource it follows `forbidden: `. */
export function forbidden(resource: ResourceRef | undefined, name: string, why: string): ApiError {
  if (resource === undefined) return new ApiError(failure('Forbidden', `forbidden: ${why}`, {}))
  const subject = name === '' ? groupResourceOf(resource) : `${groupResourceOf(resource)} "${name}"`
  return about('Forbidden', resource, name, `${subject} is forbidden: ${why}`)
}

export function badRequest(message: string): ApiError {
  return new ApiError(failure('BadRequest', message))
}

export function unauthorized(message = 'Unauthorized'): ApiError {
  return new ApiError(failure('Unauthorized', message))
}

/** A revision that compaction has taken: list again. */
export function expired(message: string): ApiError {
  return new ApiError(failure('Expired', message))
}

export function gone(message: string): ApiError {
  return new ApiError(failure('Gone', message))
}

export function timeout(message: string, retryAfterSeconds = 0): ApiError {
  return new ApiError(failure('Timeout', `Timeout: ${message}`, retryDetails(retryAfterSeconds)))
}

/** A list or watch asked for a revision that does not exist yet. */
export function tooLargeResourceVersion(asked: number | string, current: number | string): ApiError {
  return new ApiError(
    failure('Timeout', `Too large resource version: ${asked}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    }),
  )
}

export function serverTimeout(resource: ResourceRef, operation: string, retryAfterSeconds = 0): ApiError {
  const message = `The ${operation} operation against ${groupResourceOf(resource)} could not be completed at this time, please try again.`
  return about('ServerTimeout', resource, operation, message, retryDetails(retryAfterSeconds))
}

export function tooManyRequests(
  message: string,
  retryAfterSeconds = 0,
  causes?: readonly StatusCause[],
): ApiError {
  return new ApiError(
    failure('TooManyRequests', message, {
      ...retryDetails(retryAfterSeconds),
      ...(causes ? { causes } : {}),
    }),
  )
}

export function methodNotAllowed(resource: ResourceRef, action: string): ApiError {
  const message = `${action} is not supported on resources of kind "${groupResourceOf(resource)}"`
  return about('MethodNotAllowed', resource, '', message)
}

/** The path exists, the method does not. */
export function methodNotServed(): ApiError {
  return new ApiError(
    failure('MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),
  )
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  return new ApiError(
    failure('NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`),
  )
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`
  return new ApiError(failure('UnsupportedMediaType', message))
}

/** Of a patch in a format that there is no way to apply. */
export function unsupportedPatchType(): ApiError {
  return new ApiError(failure('UnsupportedMediaType', '415: Unsupported Media Type', {}))
}

export function requestEntityTooLarge(message: string): ApiError {
  return new ApiError(failure('RequestEntityTooLarge', `Request entity too large: ${message}`))
}

export function internalError(message: string): ApiError {
  return new ApiError(
    failure('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }),
  )
}

/**
 * A refusal that upstream makes without saying of what sort it is. It answers 500 there; nothing that a client sends
 * makes a 500 here, and clients print the same, since they go by the reason.
 */
export function plainRefusal(message: string): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    code: 400,
  })
}

export function serviceUnavailable(message: string): ApiError {
  return new ApiError(failure('ServiceUnavailable', message))
}

/** By name too: a program may hold another copy of this module than the one that threw (bundles). */
export function isApiError(error: unknown): error is ApiError {
  return (
    error instanceof ApiError || (error instanceof Error && error.name === 'ApiError' && 'status' in error)
  )
}

/** '' when the error did not come from the API. */
export function reasonOf(error: unknown): string {
  return isApiError(error) ? error.reason : ''
}

export const isNotFound = (error: unknown): boolean => reasonOf(error) === 'NotFound'
export const isAlreadyExists = (error: unknown): boolean => reasonOf(error) === 'AlreadyExists'
export const isConflict = (error: unknown): boolean => reasonOf(error) === 'Conflict'
export const isInvalid = (error: unknown): boolean => reasonOf(error) === 'Invalid'
export const isForbidden = (error: unknown): boolean => reasonOf(error) === 'Forbidden'
export const isBadRequest = (error: unknown): boolean => reasonOf(error) === 'BadRequest'
export const isUnauthorized = (error: unknown): boolean => reasonOf(error) === 'Unauthorized'
export const isTimeout = (error: unknown): boolean => reasonOf(error) === 'Timeout'
export const isServerTimeout = (error: unknown): boolean => reasonOf(error) === 'ServerTimeout'
export const isTooManyRequests = (error: unknown): boolean => reasonOf(error) === 'TooManyRequests'
export const isInternalError = (error: unknown): boolean => reasonOf(error) === 'InternalError'

/** Expired or Gone: what was asked for is no longer kept; list again. */
export function isExpired(error: unknown): boolean {
  const reason = reasonOf(error)
  return reason === 'Expired' || reason === 'Gone'
}

/** The first cause with this reason, such as `NamespaceTerminating`. */
export function causeOf(error: unknown, reason: string): StatusCause | undefined {
  return error instanceof ApiError
    ? error.status.details?.causes?.find((it) => it.reason === reason)
    : undefined
}

function about(
  reason: StatusReason,
  resource: ResourceRef,
  name: string,
  message: string,
  more: StatusDetails = {},
): ApiError {
  return new ApiError(
    failure(reason, message, {
      ...(name === '' ? {} : { name }),
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.resource,
      ...more,
    }),
  )
}

function retryDetails(retryAfterSeconds: number): StatusDetails {
  return retryAfterSeconds > 0 ? { retryAfterSeconds } : {}
}

function groupResourceOf({ group, resource }: ResourceRef): string {
  return group === '' ? resource : `${resource}.${group}`
}
