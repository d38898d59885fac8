/**
 * Whether a custom resource is what its schema demands, in upstream's words. On updates, what was wrong before and
 * has not changed is let through.
 * Upstream: kube-openapi/pkg/validation/validate, apiextensions-apiserver/pkg/apiserver/validation.
 */

import type { JSONSchemaProps } from '../apiextensions/json-schema.ts'
import { isCidr, isIpv4, isIpv6 } from '../core/ip.ts'
import { FieldErrors, formatPath, type PathStep } from '../field-errors.ts'
import { stringify } from '../json.ts'
import { sameValue } from '../meta/validation.ts'
import { parseTime } from '../time.ts'
import { type Budget, CostError, type Engines, type Rule, RuleError, validationBudget } from './rule.ts'

type Json = Readonly<Record<string, unknown>>

/** Checks values against one schema; compiles its patterns and rules once. */
export class SchemaValidator {
  readonly #schema: JSONSchemaProps
  readonly #engines: Engines | undefined
  readonly #rules = new Map<string, Rule | RuleError>()
  #path: PathStep[] = []
  #errors = new FieldErrors()
  /** Of one look at one object; undefined: used up, or a rule that cost too much ended it. */
  #budget: Budget | undefined

  /** `engines` may be left out when nothing in the schema needs them. */
  constructor(schema: JSONSchemaProps, engines: Engines | undefined) {
    this.#schema = schema
    this.#engines = engines
  }

  /** Adds what is wrong to `errors`. With `old`, unchanged parts are not looked at. */
  validate(value: unknown, old: unknown, errors: FieldErrors): void {
    this.#path = []
    this.#errors = errors
    this.#budget = validationBudget()
    this.#node(value, old, this.#schema, true)
  }

  #node(value: unknown, old: unknown, schema: JSONSchemaProps, isResource = false): void {
    if (old !== undefined && sameValue(value, old)) return
    if (value === null && schema.nullable) return
    if (!this.#typed(value, schema)) return
    this.#constraints(value, schema)
    if (Array.isArray(value)) this.#items(value, old, schema)
    else if (isObject(value)) this.#properties(value, old, schema, isResource)
    this.#junctors(value, schema)
    this.#runRules(value, old, schema)
  }

  #typed(value: unknown, schema: JSONSchemaProps): boolean {
    if (schema['x-kubernetes-int-or-string']) {
      if (typeof value === 'string' || isOfType(value, 'integer')) return true
      this.#typeError(value, 'integer,string')
      return false
    }
    if (schema.type === undefined || schema.type === '' || isOfType(value, schema.type)) return true
    this.#typeError(value, schema.type)
    return false
  }

  #typeError(value: unknown, type: string): void {
    const is = typeName(value)
    this.#add((errors) =>
      errors.typeInvalid(undefined, is, `${this.#name()} in body must be of type ${type}: "${is}"`),
    )
  }

  #constraints(value: unknown, schema: JSONSchemaProps): void {
    const { enum: allowed } = schema
    if (allowed !== undefined && !allowed.some((it) => sameValue(it, value))) {
      this.#add((errors) =>
        errors.notSupported(
          undefined,
          value,
          allowed.map((it) => (typeof it === 'string' ? it : stringify(it))),
        ),
      )
    }
    if (isNumber(value)) this.#number(value, schema)
    else if (typeof value === 'string') this.#string(value, schema)
    else if (Array.isArray(value)) this.#list(value, schema)
    else if (isObject(value)) {
      const count = Object.keys(value).length
      if (schema.maxProperties !== undefined && count > schema.maxProperties) {
        this.#add((errors) => errors.tooMany(undefined, count, schema.maxProperties as number))
      }
      if (schema.minProperties !== undefined && count < schema.minProperties) {
        this.#invalid(value, `should have at least ${schema.minProperties} properties`)
      }
    }
  }

  #number(value: number | bigint, schema: JSONSchemaProps): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, format } = schema
    if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
      this.#invalid(value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)
    }
    if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
      this.#invalid(value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)
    }
    if (multipleOf !== undefined && !Number.isInteger(Number(value) / multipleOf)) {
      this.#invalid(value, `should be a multiple of ${multipleOf}`)
    }
    if (format === 'int32' && (value < -(2 ** 31) || value >= 2 ** 31)) {
      this.#invalid(value, `must be of type int32: "${value}"`)
    }
  }

  #string(value: string, schema: JSONSchemaProps): void {
    const length = [...value].length
    if (schema.maxLength !== undefined && length > schema.maxLength) {
      this.#add((errors) => errors.tooLong(undefined, schema.maxLength as number))
    }
    if (schema.minLength !== undefined && length < schema.minLength) {
      this.#invalid(value, `should be at least ${schema.minLength} chars long`)
    }
    if (schema.pattern !== undefined) {
      const matches = this.#engines?.compilePattern(schema.pattern)
      if (matches !== undefined && !matches(value)) this.#invalid(value, `should match '${schema.pattern}'`)
    }
    const { format } = schema
    if (format !== undefined && Object.hasOwn(FORMATS, format) && !FORMATS[format]?.(value)) {
      this.#invalid(value, `must be of type ${format}: ${JSON.stringify(value)}`)
    }
  }

  #list(value: readonly unknown[], schema: JSONSchemaProps): void {
    if (schema.maxItems !== undefined && value.length > schema.maxItems) {
      this.#add((errors) => errors.tooMany(undefined, value.length, schema.maxItems as number))
    }
    if (schema.minItems !== undefined && value.length < schema.minItems) {
      this.#invalid(value, `should have at least ${schema.minItems} items`)
    }
    const listType = schema['x-kubernetes-list-type']
    if (listType !== 'set' && listType !== 'map') return
    const seen = new Set<string>()
    value.forEach((item, index) => {
      const id = listType === 'set' ? item : keysOf(item, schema)
      const text = stringify(id)
      if (seen.has(text)) this.#at(index, () => this.#add((errors) => errors.duplicate(undefined, id)))
      seen.add(text)
    })
  }

  #items(value: readonly unknown[], old: unknown, schema: JSONSchemaProps): void {
    const { items } = schema
    if (items === undefined) return
    const oldItem = correlate(old, schema)
    for (const [index, item] of value.entries()) {
      this.#at(index, () => this.#node(item, oldItem(item), items, isEmbedded(items)))
    }
  }

  #properties(value: Json, old: unknown, schema: JSONSchemaProps, isResource: boolean): void {
    for (const name of schema.required ?? []) {
      if (!Object.hasOwn(value, name)) this.#at(name, () => this.#add((errors) => errors.required()))
    }
    const before = isObject(old) ? old : undefined
    for (const key of Object.keys(value)) {
      // The machinery looks after these itself, but what a schema says of the name is heard.
      if (isResource && (key === 'apiVersion' || key === 'kind')) continue
      const property =
        schema.properties !== undefined && Object.hasOwn(schema.properties, key)
          ? schema.properties[key]
          : typeof schema.additionalProperties === 'object'
            ? schema.additionalProperties
            : undefined
      if (property === undefined) continue
      const oldChild = before !== undefined && Object.hasOwn(before, key) ? before[key] : undefined
      this.#at(key, () => this.#node(value[key], oldChild, property, isEmbedded(property)))
    }
  }

  #junctors(value: unknown, schema: JSONSchemaProps): void {
    const { allOf, anyOf, oneOf, not } = schema
    const passes = (part: JSONSchemaProps) => this.#silently(() => this.#node(value, undefined, { ...part }))
    if (allOf !== undefined) for (const part of allOf) this.#node(value, undefined, part)
    if (anyOf !== undefined && anyOf.length > 0 && !anyOf.some(passes)) {
      this.#invalid(value, 'must validate at least one schema (anyOf)')
    }
    if (oneOf !== undefined && oneOf.length > 0) {
      const count = oneOf.filter(passes).length
      if (count !== 1) {
        const found = count === 0 ? 'none valid' : `${count} valid alternatives`
        this.#invalid(value, `must validate one and only one schema (oneOf). Found ${found}`)
      }
    }
    if (not !== undefined && passes(not)) this.#invalid(value, 'must not validate the schema (not)')
  }

  /** True when the check finds nothing; what it finds is forgotten. */
  #silently(check: () => void): boolean {
    const errors = this.#errors
    this.#errors = new FieldErrors()
    check()
    const passed = this.#errors.empty
    this.#errors = errors
    return passed
  }

  #runRules(value: unknown, old: unknown, schema: JSONSchemaProps): void {
    for (const rule of schema['x-kubernetes-validations'] ?? []) {
      if (this.#budget === undefined) return
      const transition = /\boldSelf\b/.test(rule.rule)
      if (transition && old === undefined && !rule.optionalOldSelf) continue
      const compiled = this.#compile(rule.rule)
      const detail = this.#outcome(compiled, value, old, schema, rule)
      if (detail === undefined) continue
      const at = rule.fieldPath === undefined ? [] : fieldPathSteps(rule.fieldPath)
      this.#path.push(...at)
      this.#add((errors) => this.#report(errors, rule.reason, typeName(value, schema), detail))
      this.#path.length -= at.length
    }
  }

  /** What to complain about; undefined when the rule holds. */
  #outcome(
    compiled: Rule | RuleError,
    value: unknown,
    old: unknown,
    schema: JSONSchemaProps,
    rule: {
      readonly rule: string
      readonly message?: string
      readonly messageExpression?: string
      readonly optionalOldSelf?: boolean
    },
  ): string | undefined {
    if (compiled instanceof RuleError) return `rule compile error: ${compiled.message}`
    const variables: Record<string, unknown> = { self: toCel(value, schema) }
    if (old !== undefined || rule.optionalOldSelf)
      variables['oldSelf'] = old === undefined ? undefined : toCel(old, schema)
    try {
      if (compiled.evaluate(variables, this.#budget) === true) return undefined
      if (rule.messageExpression !== undefined) {
        const message = this.#message(rule.messageExpression, variables)
        if (message !== undefined) return message
      }
      return rule.message?.trim() || `failed rule: ${rule.rule.trim()}`
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      const text = rule.message?.trim() || rule.rule.trim()
      if (!(error instanceof CostError)) return `${error.message} evaluating rule: ${text}`
      this.#budget = undefined
      return error.outOfBudget
        ? error.message
        : `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${text}`
    }
  }

  #message(expression: string, variables: Readonly<Record<string, unknown>>): string | undefined {
    const compiled = this.#compile(expression)
    if (compiled instanceof RuleError) return undefined
    try {
      const message = compiled.evaluate(variables, this.#budget)
      return typeof message === 'string' && message.trim() !== '' && !message.includes('\n')
        ? message
        : undefined
    } catch (error) {
      if (error instanceof RuleError) return undefined
      throw error
    }
  }

  #compile(expression: string): Rule | RuleError {
    let rule = this.#rules.get(expression)
    if (rule === undefined) {
      rule = this.#tryCompile(expression)
      this.#rules.set(expression, rule)
    }
    return rule
  }

  #tryCompile(expression: string): Rule | RuleError {
    if (this.#engines === undefined) return new RuleError('rules are not available')
    try {
      return this.#engines.compileRule(expression)
    } catch (error) {
      if (error instanceof RuleError) return error
      throw error
    }
  }

  #report(errors: FieldErrors, reason: string | undefined, value: string, detail: string): void {
    if (reason === 'FieldValueForbidden') errors.forbidden(undefined, detail)
    else if (reason === 'FieldValueRequired') errors.required(undefined, detail)
    else if (reason === 'FieldValueDuplicate') errors.duplicate(undefined, value)
    else errors.invalid(undefined, value, detail)
  }

  #invalid(value: unknown, detail: string): void {
    this.#add((errors) => errors.invalid(undefined, value, `${this.#name()} in body ${detail}`))
  }

  /** Errors are collected elsewhere under the path as it is here. */
  #add(add: (errors: FieldErrors) => void): void {
    for (const step of this.#path) this.#errors.enter(step)
    add(this.#errors)
    for (const _ of this.#path) this.#errors.leave()
  }

  #at(step: PathStep, check: () => void): void {
    this.#path.push(step)
    check()
    this.#path.pop()
  }

  #name(): string {
    return formatPath(this.#path)
  }
}

function isEmbedded(schema: JSONSchemaProps): boolean {
  return schema['x-kubernetes-embedded-resource'] === true
}

/** Finds the old element that a new one stands for: by keys in keyed lists, nowhere else. */
function correlate(old: unknown, schema: JSONSchemaProps): (item: unknown) => unknown {
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map') return () => undefined
  const byKeys = new Map(old.map((item) => [stringify(keysOf(item, schema)), item as unknown]))
  return (item) => byKeys.get(stringify(keysOf(item, schema)))
}

function keysOf(item: unknown, schema: JSONSchemaProps): Json {
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return Object.fromEntries(keys.map((key) => [key, isObject(item) ? item[key] : undefined]))
}

/** Integers beyond 2^53 are bigints. */
function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value) || typeof value === 'bigint'
    case 'number':
      return isNumber(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isObject(value)
    default:
      return typeof value === type
  }
}

function typeName(value: unknown, schema?: JSONSchemaProps): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return schema?.type ?? (Number.isInteger(value) ? 'integer' : 'number')
  if (typeof value === 'bigint') return schema?.type ?? 'integer'
  return typeof value
}

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => !Number.isNaN(parseTime(text)),
  date: (text) => !Number.isNaN(parseTime(`${text}T00:00:00Z`)),
  ipv4: isIpv4,
  ipv6: isIpv6,
  cidr: isCidr,
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  email: (text) => /^[^\s@]{1,64}@[^\s@]{1,253}$/.test(text),
  uri: (text) => /^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$/.test(text),
  hostname: (text) => text.length <= 253 && /^[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?$/.test(text),
  byte: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  duration: (text) => /^[+-]?(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/.test(text),
}

/** As rules see values: integers as bigints, objects as Maps. Names that CEL could not spell are escaped. */
export function toCel(value: unknown, schema: JSONSchemaProps | undefined): unknown {
  if (typeof value === 'number') {
    const integer =
      schema?.type === 'integer' ||
      schema?.['x-kubernetes-int-or-string'] ||
      (schema?.type === undefined && Number.isInteger(value))
    return integer ? BigInt(value) : value
  }
  if (typeof value === 'bigint') return schema?.type === 'number' ? Number(value) : value
  if (Array.isArray(value)) return value.map((item) => toCel(item, schema?.items))
  if (!isObject(value)) return value
  const map = new Map<string, unknown>()
  for (const key of Object.keys(value)) {
    const declared = schema?.properties !== undefined && Object.hasOwn(schema.properties, key)
    const property = declared
      ? schema.properties?.[key]
      : typeof schema?.additionalProperties === 'object'
        ? schema.additionalProperties
        : undefined
    map.set(declared ? celName(key) : key, toCel(value[key], property))
  }
  return map
}

const RESERVED = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
])

/** Upstream: apiserver/pkg/cel/escaping.go. */
function celName(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`
  return name.replace(
    /__|[.\-/]/g,
    (part) => ({ __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' })[part] ?? part,
  )
}

/** `.a.b['c d']` as steps. */
function fieldPathSteps(path: string): string[] {
  return [...path.matchAll(/\.([^.[\]]+)|\['([^']*)'\]/g)].map(([, plain, quoted]) => plain ?? quoted ?? '')
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
