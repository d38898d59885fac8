/** Query parameters as request options, read as Go reads them. */
import { badRequest } from '../api/errors.ts'
import type { RequestOptions } from '../api/request.ts'

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False', ''])

export function flag(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name)
  if (value === null) return undefined
  if (TRUE.has(value)) return true
  if (FALSE.has(value)) return false
  throw badRequest(
    `invalid value for query parameter ${name}: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
  )
}

export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name)
  if (value === null || value === '') return undefined
  if (!/^-?\d{1,15}$/.test(value)) {
    throw badRequest(
      `invalid value for query parameter ${name}: strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`,
    )
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
    dryRun: dryRun(query),
    fieldManager: text('fieldManager'),
    fieldValidation: fieldValidation(query),
    force: flag(query, 'force'),
    gracePeriodSeconds: integer(query, 'gracePeriodSeconds'),
    propagationPolicy: text('propagationPolicy') as RequestOptions['propagationPolicy'],
  }
}

function dryRun(query: URLSearchParams): boolean | undefined {
  const values = query.getAll('dryRun').filter((it) => it !== '')
  if (values.length === 0) return undefined
  if (values.length > 1 || values[0] !== 'All') {
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(values[0])}: supported values: "All"`)
  }
  return true
}

function fieldValidation(query: URLSearchParams): RequestOptions['fieldValidation'] {
  const value = query.get('fieldValidation')
  if (value === null || value === '') return undefined
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
  )
}
