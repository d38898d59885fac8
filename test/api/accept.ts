import { decode } from '../../src/api/decode.ts'
import { FieldErrors } from '../../src/api/field-errors.ts'
import { apiVersionOf, type KindDefinition, type KubeObject } from '../../src/api/kind.ts'

const NOW = '2026-01-01T00:00:00Z'
export const NOW_MS = 1_767_225_600_000

/** What the API server makes of an object before it stores it: decoded, defaulted and prepared. */
export function accept<T extends KubeObject>(kind: KindDefinition<T>, body: object): T {
  const { object } = decode(
    kind,
    { apiVersion: apiVersionOf(kind), kind: kind.kind, ...body },
    { fieldValidation: 'Strict' },
  )
  const complete = kind.defaults?.(object) ?? object
  return kind.prepareForCreate?.(complete, { now: NOW, nowMs: NOW_MS }) ?? complete
}

/** `field: message` of everything that validation finds. */
export function problems<T extends KubeObject>(kind: KindDefinition<T>, body: object): string[] {
  const errors = new FieldErrors()
  kind.validate?.(accept(kind, body), errors)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

/** The same for an update of the main resource. */
export function updateProblems<T extends KubeObject>(kind: KindDefinition<T>, old: T, body: T): string[] {
  const errors = new FieldErrors()
  const { object } = decode(kind, body)
  const complete = kind.defaults?.(object) ?? object
  const prepared = kind.prepareForUpdate?.(complete, old, { now: NOW, nowMs: NOW_MS }) ?? complete
  kind.validate?.(prepared, errors)
  kind.validateUpdate?.(prepared, old, errors)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

/** The cells of a row, those of `-o wide` in brackets at the end. */
export function row<T extends KubeObject>(
  kind: KindDefinition<T>,
  object: T,
  nowMs = NOW_MS,
): (string | number | boolean)[] {
  return (kind.columns ?? []).filter((it) => !it.wide).map((it) => it.cell(object, nowMs))
}

export function wideRow<T extends KubeObject>(
  kind: KindDefinition<T>,
  object: T,
  nowMs = NOW_MS,
): (string | number | boolean)[] {
  return (kind.columns ?? []).filter((it) => it.wide).map((it) => it.cell(object, nowMs))
}
