/**
 * The two languages that definitions may bring along: patterns (RE2) and rules (CEL). Both are loaded only when a
 * definition uses one, since most clusters never do and loading costs more than the whole rest of the API.
 */
import type { JSONSchemaProps } from '../apiextensions/json-schema.ts'
import type { Engines } from './rule.ts'

/** Whether anything in the schema needs the engines. */
export function needsEngines(schema: JSONSchemaProps): boolean {
  if (schema.pattern !== undefined || (schema['x-kubernetes-validations'] ?? []).length > 0) return true
  const { items, additionalProperties, not } = schema
  const parts = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(items === undefined ? [] : [items]),
    ...(not === undefined ? [] : [not]),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
  ]
  return parts.some(needsEngines)
}

let loading: Promise<Engines> | undefined
let loaded: Engines | undefined

/** Loads both engines once. Waits for the module loader, not for anything in the simulation. */
export function loadEngines(): Promise<Engines> {
  loading ??= import('./cel.ts').then(({ createEngines }) => (loaded = createEngines()))
  return loading
}

/** For who comes after the API server has let an expression in: it has loaded them by then. */
export function loadedEngines(): Engines | undefined {
  return loaded
}
