/** Query parameters as request options, read as Go reads them. */
import { badRequest, invalid } from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import { GoValue, goList } from '../api/go-syntax.ts'
import type { PatchType, RequestOptions, Verb } from '../api/request.ts'

/** Whatever does not say no says yes (upstream: runtime/conversion.go). */
export function flag(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name)
  return value === null ? undefined : value !== '0' && value.toLowerCase() !== 'false'
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])

/** Of a flag that only a plain yes sets; undefined when nothing is said. */
export function isTrue(value: string | null): boolean | undefined {
  return value ? TRUE.has(value) : undefined
}

export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name)
  if (value === null || value === '') return undefined
  if (!/^-?\d{1,15}$/.test(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
  }
  return Number(value)
}

export function requestOptions(query: URLSearchParams): RequestOptions {
  if (query.size === 0) return {}
  const text = (name: string) => query.get(name) || undefined
  return {
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    metricLabelSelector: text('metricLabelSelector'),
    resourceVersion: text('resourceVersion'),
    resourceVersionMatch: text('resourceVersionMatch') as RequestOptions['resourceVersionMatch'],
    limit: integer(query, 'limit'),
    continue: text('continue'),
    allowWatchBookmarks: flag(query, 'allowWatchBookmarks'),
    sendInitialEvents: flag(query, 'sendInitialEvents'),
    timeoutSeconds: integer(query, 'timeoutSeconds'),
    dryRun: query.getAll('dryRun').includes('All') || undefined,
    fieldManager: text('fieldManager'),
    fieldValidation: text('fieldValidation') as RequestOptions['fieldValidation'],
    force: flag(query, 'force'),
    gracePeriodSeconds: integer(query, 'gracePeriodSeconds'),
    propagationPolicy: text('propagationPolicy') as RequestOptions['propagationPolicy'],
  }
}

const OPTIONS_KINDS: Partial<Record<Verb, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
}
const MANAGER_MAX = 128
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn']

/** Throws Invalid for what a write cannot be asked for (upstream: metav1/validation). */
export function checkWriteOptions(
  verb: Verb,
  query: URLSearchParams,
  patchType: PatchType | undefined,
): void {
  if (query.size === 0) return
  const errors = new FieldErrors()
  if (verb === 'patch' && patchType !== 'application/apply-patch+yaml' && query.has('force')) {
    errors.forbidden('force', 'may not be specified for non-apply patch')
  }
  checkFieldManager(query.get('fieldManager') ?? '', errors)
  checkDryRun(query.getAll('dryRun'), errors)
  const validation = query.get('fieldValidation') ?? ''
  if (!VALIDATIONS.includes(validation)) errors.notSupported('fieldValidation', validation, VALIDATIONS)
  refuse(OPTIONS_KINDS[verb]!, errors)
}

/** Throws Invalid. `dryRun`: of the body, or of the query when there is none. */
export function checkDeleteOptions(dryRun: readonly string[]): void {
  const errors = new FieldErrors()
  checkDryRun(dryRun, errors)
  refuse('DeleteOptions', errors)
}

function refuse(kind: string, errors: FieldErrors): void {
  if (!errors.empty) throw invalid({ group: 'meta.k8s.io', kind }, '', errors.list)
}

function checkDryRun(values: readonly string[], errors: FieldErrors): void {
  if (values.every((it) => it === 'All')) return
  errors.notSupported('dryRun', new GoValue(goList(values)), ['All'])
}

function checkFieldManager(name: string, errors: FieldErrors): void {
  if (Buffer.byteLength(name) > MANAGER_MAX) errors.tooLong('fieldManager', MANAGER_MAX)
  let position = 0
  for (const character of name) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
      errors.invalid('fieldManager', name, `invalid character U+${code} (at position ${position})`)
    }
    position += Buffer.byteLength(character)
  }
}
