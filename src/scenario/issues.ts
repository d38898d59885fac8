/** Turns what a schema refuses into an error that a person can act on: a place, the problem, the nearest valid word. */
import type * as z from 'zod'
import { InputError } from '../cluster/input-error.ts'
import { nameOfType, type SourceDocument } from '../cluster/manifest.ts'
import { nearestWord } from '../kernel/nearest-word.ts'

type Issue = z.core.$ZodIssue
type Schema = z.core.$ZodType

/** The error for the first thing in the document that the schema refuses. */
export function explainIssues(
  error: z.ZodError,
  schema: z.ZodType,
  document: SourceDocument,
  within: readonly (string | number)[] = [],
): InputError {
  const issue = firstIssue(error.issues, document)
  const path = asPath(issue.path)
  const found = valueAt(document.value, [...within, ...path])
  const place = document.placeOf([
    ...within,
    ...path,
    ...(issue.code === 'unrecognized_keys' ? [issue.keys[0]!] : []),
  ])
  const [problem, hint] = describe(issue, found, keysAt(schema, path))
  return new InputError(problem, place, hint)
}

/**
 * Alternatives are narrowed to the one that was meant. An unknown field comes first, since it explains what else
 * is missing; then what stands first in the text.
 */
function firstIssue(issues: readonly Issue[], document: SourceDocument): Issue {
  const all = issues.flatMap((issue) => narrow(issue))
  const unknown = all.filter((it) => it.code === 'unrecognized_keys')
  const candidates = unknown.length > 0 ? unknown : all
  return candidates.reduce((a, b) => (line(b, document) < line(a, document) ? b : a))
}

function line(issue: Issue, document: SourceDocument): number {
  const key = issue.code === 'unrecognized_keys' ? [issue.keys[0]!] : []
  return document.placeOf([...asPath(issue.path), ...key]).line
}

function narrow(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
  const alternatives = issue.errors.map((errors) => errors.flatMap((it) => narrow(it)))
  const meant = alternatives.filter((errors) => !errors.some((it) => isWrongForm(it)))
  if (meant.length === 0) return [issue]
  const best = meant.reduce((a, b) => (score(b) < score(a) ? b : a))
  return best.map((it) => ({ ...it, path: [...issue.path, ...it.path] }))
}

/** The value as a whole is of another type than this alternative. */
function isWrongForm(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_union')
}

/** Few problems, and deep ones, mean that this alternative was the one in mind. */
function score(issues: readonly Issue[]): number {
  return issues.reduce((sum, { path }) => sum + 1 / Math.max(1, path.length), 0)
}

function describe(issue: Issue, found: unknown, keys: readonly string[]): [problem: string, hint?: string] {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const key = issue.keys[0]!
      const near = nearestWord(key, keys)
      if ((key === 'apiVersion' || key === 'metadata') && keys.includes('resource')) {
        return [`unknown field "${key}"`, 'put the object under "resource:"']
      }
      const known = keys.length <= 30 ? `known here: ${keys.join(', ')}` : undefined
      return near === undefined
        ? [`unknown field "${key}"`, known]
        : [`unknown field "${key}": did you mean "${near}"?`]
    }
    case 'invalid_type': {
      const field = issue.path.at(-1)
      if (found === undefined && field !== undefined) return [`"${String(field)}" is required`]
      return [`expected ${article(issue.expected)}, found ${nameOfType(found)}`]
    }
    case 'invalid_union':
      return mixedForms(issue, found)
    case 'invalid_value': {
      const values = issue.values.map(String)
      const near = typeof found === 'string' ? nearestWord(found, values) : undefined
      const shown = values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`
      const said = found === undefined ? 'nothing' : JSON.stringify(found)
      return [`${shown}, found ${said}`, near === undefined ? undefined : `did you mean ${near}?`]
    }
    case 'too_small':
      return [smallest(issue.origin, issue.minimum)]
    case 'too_big':
      return [`must be at most ${issue.maximum}, found ${JSON.stringify(found)}`]
    default:
      return [issue.message]
  }
}

function smallest(origin: string, minimum: number | bigint): string {
  if (origin === 'string') return 'must not be empty'
  if (origin === 'array') return `needs at least ${minimum} ${minimum === 1 ? 'element' : 'elements'}`
  return `must be at least ${minimum}`
}

/** No alternative takes a value of this type at all. */
function mixedForms(
  issue: Issue & { code: 'invalid_union' },
  found: unknown,
): [problem: string, hint?: string] {
  const forms = new Set<string>()
  const collect = (errors: readonly Issue[]) => {
    for (const it of errors) {
      if (it.code === 'invalid_type' && it.path.length === 0) forms.add(article(it.expected))
      if (it.code === 'invalid_union') it.errors.forEach(collect)
    }
  }
  issue.errors.forEach(collect)
  const expected = forms.size === 0 ? 'something else' : [...forms].join(' or ')
  const hint =
    typeof found === 'number' && forms.has('a string')
      ? `write it with its unit or in quotes: ${found}s`
      : undefined
  return [`expected ${expected}, found ${nameOfType(found)}`, hint]
}

const ARTICLES: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  int: 'an integer',
  null: 'nothing',
  custom: 'a map',
}

function article(type: string): string {
  return ARTICLES[type] ?? `a ${type}`
}

/** All fields that the schema knows at the path, in any of its alternatives. */
function keysAt(schema: Schema, path: readonly (string | number)[]): string[] {
  let schemas = alternatives(schema)
  for (const part of path) {
    schemas = schemas.flatMap((it) => {
      const def = it._zod.def as unknown as Def
      if (def.type === 'object' && typeof part === 'string' && Object.hasOwn(def.shape ?? {}, part)) {
        return alternatives(def.shape![part]!)
      }
      return def.type === 'array' && typeof part === 'number' ? alternatives(def.element!) : []
    })
  }
  const keys = schemas.flatMap((it) => Object.keys((it._zod.def as unknown as Def).shape ?? {}))
  return [...new Set(keys)]
}

interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, Schema>>
  readonly element?: Schema
  readonly options?: readonly Schema[]
  readonly innerType?: Schema
  readonly in?: Schema
}

function alternatives(schema: Schema): Schema[] {
  const def = schema._zod.def as unknown as Def
  if (def.options !== undefined) return def.options.flatMap(alternatives)
  const inner = def.innerType ?? def.in
  return inner === undefined ? [schema] : alternatives(inner)
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined
    at = (at as Record<string | number, unknown>)[part]
  }
  return at
}

function asPath(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((part) => (typeof part === 'symbol' ? part.toString() : part))
}
