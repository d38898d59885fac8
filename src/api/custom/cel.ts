/**
 * CEL with the functions that Kubernetes adds to it, and RE2 patterns. Never imported but through `loadEngines`.
 * Upstream: apiserver/pkg/cel/library.
 */
import { Environment, Optional } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  milliValue,
  quantityFromValue,
  quantityValue,
  subtractQuantities,
} from '../quantity.ts'
import { AuthorizerValue, Decision, GroupCheck, PathCheck, ResourceCheck } from './authorizer.ts'
import { registerAddresses } from './cel-addresses.ts'
import { meter, spending } from './cel-cost.ts'
import { undefinedField } from './cel-fields.ts'
import { registerFormats } from './cel-formats.ts'
import { CostError, type Engines, type Rule, RuleError } from './rule.ts'

export function createEngines(): Engines {
  const environment = createEnvironment()
  return {
    compilePattern(pattern) {
      const compiled = compileRe2(pattern)
      return compiled && ((text) => compiled.test(text))
    },
    compileRule: (expression) => compileRule(environment, expression),
  }
}

/** Upstream limits the cost of a rule; these bounds keep one from being huge to begin with. */
const LIMITS = {
  maxAstNodes: 10_000,
  maxDepth: 100,
  maxListElements: 1000,
  maxMapEntries: 1000,
  maxCallArguments: 32,
}

function createEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: LIMITS,
  })
  for (const name of [
    'self',
    'oldSelf',
    'object',
    'oldObject',
    'request',
    'params',
    'namespaceObject',
    'authorizer',
    'variables',
  ]) {
    environment.registerVariable(name, 'dyn')
  }
  registerText(environment)
  registerLists(environment)
  registerQuantities(environment)
  registerAuthorizer(environment)
  registerAddresses(environment)
  registerFormats(environment)
  return environment
}

function registerText(environment: Environment): void {
  environment
    .registerFunction('matches(string, string): bool', (text: string, pattern: string) =>
      matchesRe2(text, pattern),
    )
    .registerFunction(`string.${LINEAR}(string): bool`, (text: string, pattern: string) =>
      matchesRe2(text, pattern),
    )
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => findRe2(text, pattern, 1)[0] ?? '',
    )
    .registerFunction('string.findAll(string): list', (text: string, pattern: string) =>
      findRe2(text, pattern, MAX_FOUND),
    )
    .registerFunction('string.findAll(string, int): list', (text: string, pattern: string, limit: bigint) =>
      findRe2(text, pattern, limit < 0n ? MAX_FOUND : Number(limit)),
    )
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, to),
    )
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) =>
      text.charAt(Number(index)),
    )
}

const MAX_FOUND = 10_000

function registerLists(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (list: readonly unknown[]) =>
      list.every((item, index) => index === 0 || order(list[index - 1], item) <= 0),
    )
    .registerFunction('list.sum(): dyn', (list: readonly unknown[]) => sum(list))
    .registerFunction('list.min(): dyn', (list: readonly unknown[]) => extreme(list, -1))
    .registerFunction('list.max(): dyn', (list: readonly unknown[]) => extreme(list, 1))
    .registerFunction('list.indexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.indexOf(item)),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.lastIndexOf(item)),
    )
}

/** A quantity within an expression. */
class QuantityValue {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

function registerQuantities(environment: Environment): void {
  const parse = (text: string) => {
    const canonical = canonicalQuantity(text)
    if (canonical === undefined) throw new RuleError(`unable to parse quantity ${JSON.stringify(text)}`)
    return new QuantityValue(canonical)
  }
  environment
    .registerType('Quantity', QuantityValue)
    .registerFunction('isQuantity(string): bool', (text: string) => canonicalQuantity(text) !== undefined)
    .registerFunction('quantity(string): Quantity', parse)
    .registerOperator(
      'Quantity == Quantity',
      (a: QuantityValue, b: QuantityValue) => compareQuantities(a.text, b.text) === 0,
    )
    .registerFunction('Quantity.compareTo(Quantity): int', (a: QuantityValue, b: QuantityValue) =>
      BigInt(compareQuantities(a.text, b.text)),
    )
    .registerFunction(
      'Quantity.isGreaterThan(Quantity): bool',
      (a: QuantityValue, b: QuantityValue) => compareQuantities(a.text, b.text) > 0,
    )
    .registerFunction(
      'Quantity.isLessThan(Quantity): bool',
      (a: QuantityValue, b: QuantityValue) => compareQuantities(a.text, b.text) < 0,
    )
    .registerFunction(
      'Quantity.isInteger(): bool',
      (a: QuantityValue) => compareQuantities(a.text, quantityFromValue(quantityValue(a.text))) === 0,
    )
    .registerFunction('Quantity.asInteger(): int', (a: QuantityValue) => {
      const value = quantityValue(a.text)
      if (compareQuantities(a.text, quantityFromValue(value)) !== 0) {
        throw new RuleError('cannot convert value to integer')
      }
      return BigInt(value)
    })
    .registerFunction(
      'Quantity.asApproximateFloat(): double',
      (a: QuantityValue) => milliValue(a.text) / 1000,
    )
    .registerFunction(
      'Quantity.add(int): Quantity',
      (a: QuantityValue, b: bigint) => new QuantityValue(addQuantities(a.text, String(b))),
    )
    .registerFunction(
      'Quantity.sub(int): Quantity',
      (a: QuantityValue, b: bigint) => new QuantityValue(subtractQuantities(a.text, String(b))),
    )
    .registerFunction('Quantity.sign(): int', (a: QuantityValue) => BigInt(compareQuantities(a.text, '0')))
    .registerFunction(
      'Quantity.add(Quantity): Quantity',
      (a: QuantityValue, b: QuantityValue) => new QuantityValue(addQuantities(a.text, b.text)),
    )
    .registerFunction(
      'Quantity.sub(Quantity): Quantity',
      (a: QuantityValue, b: QuantityValue) => new QuantityValue(subtractQuantities(a.text, b.text)),
    )
}

function registerAuthorizer(environment: Environment): void {
  environment
    .registerType('Authorizer', AuthorizerValue)
    .registerType('GroupCheck', GroupCheck)
    .registerType('ResourceCheck', ResourceCheck)
    .registerType('PathCheck', PathCheck)
    .registerType('Decision', Decision)
    .registerFunction('Authorizer.group(string): GroupCheck', (it: AuthorizerValue, name: string) =>
      it.group(name),
    )
    .registerFunction('Authorizer.path(string): PathCheck', (it: AuthorizerValue, path: string) =>
      it.path(path),
    )
    .registerFunction(
      'Authorizer.serviceAccount(string, string): Authorizer',
      (it: AuthorizerValue, namespace: string, name: string) => it.serviceAccount(namespace, name),
    )
    .registerFunction('GroupCheck.resource(string): ResourceCheck', (it: GroupCheck, resource: string) =>
      it.resource(resource),
    )
    .registerFunction('ResourceCheck.check(string): Decision', (it: ResourceCheck, verb: string) =>
      it.check(verb),
    )
    .registerFunction('PathCheck.check(string): Decision', (it: PathCheck, verb: string) => it.check(verb))
    .registerFunction('Decision.allowed(): bool', (it: Decision) => it.allowed)
    .registerFunction('Decision.reason(): string', (it: Decision) => it.reason)
    .registerFunction('Decision.errored(): bool', () => false)
    .registerFunction('Decision.error(): string', () => '')
  for (const field of ['subresource', 'namespace', 'name']) {
    environment.registerFunction(
      `ResourceCheck.${field}(string): ResourceCheck`,
      (it: ResourceCheck, value: string) => it.with({ [field]: value }),
    )
  }
}

function compileRule(environment: Environment, expression: string): Rule {
  let ast: unknown
  let run: (variables: Record<string, unknown>) => unknown
  try {
    const parsed = environment.parse(withLinearMatches(expression))
    ast = (parsed as { readonly ast?: unknown }).ast
    meter(ast)
    run = parsed as typeof run
  } catch (error) {
    throw new RuleError(firstLine(error))
  }
  return {
    undefinedField: (types) => undefinedField(ast, withLinearMatches(expression), expression, types),
    evaluate(variables, budget) {
      try {
        const given = Object.entries(variables).map(([name, value]) => [
          name,
          value === undefined ? Optional.none() : value,
        ])
        return spending(budget, () => run(Object.fromEntries(given) as Record<string, unknown>))
      } catch (error) {
        if (error instanceof CostError) throw error
        throw new RuleError(firstLine(error))
      }
    },
  }
}

/** The engine's own `matches` backtracks; it cannot be replaced, so calls of it are renamed. */
const LINEAR = 'matchesLinear'
const STRINGS_AND_MATCHES =
  /([rR](?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"]*"|'[^']*')|"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\.\s*matches\s*\(/g

function withLinearMatches(expression: string): string {
  return expression.replace(
    STRINGS_AND_MATCHES,
    (_whole, literal: string | undefined) => literal ?? `.${LINEAR}(`,
  )
}

const patterns = new Map<string, RE2JS | undefined>()

function compileRe2(pattern: string): RE2JS | undefined {
  if (!patterns.has(pattern)) {
    if (patterns.size >= 1000) patterns.clear()
    patterns.set(pattern, tryCompile(pattern))
  }
  return patterns.get(pattern)
}

function tryCompile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern)
  } catch {
    return undefined
  }
}

function mustCompile(pattern: string): RE2JS {
  const compiled = compileRe2(pattern)
  if (compiled === undefined) throw new RuleError(`error parsing regexp: ${pattern}`)
  return compiled
}

function matchesRe2(text: string, pattern: string): boolean {
  return mustCompile(pattern).test(text)
}

function findRe2(text: string, pattern: string, limit: number): string[] {
  const matcher = mustCompile(pattern).matcher(text)
  const found: string[] = []
  while (found.length < limit && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

function order(a: unknown, b: unknown): number {
  const x = a as number
  const y = b as number
  return x < y ? -1 : x > y ? 1 : 0
}

function sum(list: readonly unknown[]): unknown {
  if (list.length === 0) return 0n
  return (list as readonly number[]).reduce((a, b) => a + b)
}

function extreme(list: readonly unknown[], sign: 1 | -1): unknown {
  if (list.length === 0) throw new RuleError(`${sign > 0 ? 'max' : 'min'} called on empty list`)
  return list.reduce((a, b) => (order(b, a) === sign ? b : a))
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n')[0] as string
}
