/**
 * Label selectors: `app=web,tier in (a, b),!canary` as text, LabelSelector objects, and one compiled form that
 * both become. Upstream: apimachinery/pkg/labels/selector.go.
 */
import { goQuote } from './go-syntax.ts'
import type { LabelSelector } from './meta/label-selector.ts'
import { checkLabelValue, checkQualifiedName } from './names.ts'

export type SelectorOperator = '=' | '==' | '!=' | 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'

export interface Requirement {
  readonly key: string
  readonly operator: SelectorOperator
  readonly values: readonly string[]
}

export type Labels = Readonly<Record<string, string>>

/** A compiled selector: all requirements must hold. */
export interface Selector {
  readonly requirements: readonly Requirement[]
  /** Selects everything. */
  readonly empty: boolean
  matches(labels: Labels | undefined): boolean
  /** `a=b,c in (d,e)`: parses to the same selector. */
  toString(): string
}

/** Text or an object that is no selector; the message is upstream's. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError'
}

export const EVERYTHING: Selector = selectorOf([])
export const NOTHING: Selector = Object.freeze({
  requirements: [],
  empty: false,
  matches: () => false,
  toString: () => '',
})

/** Throws SelectorError. */
export function parseSelector(text: string): Selector {
  if (text.trim() === '') return EVERYTHING
  const hit = parsed.get(text)
  if (hit !== undefined) return hit
  const selector = selectorOf(new Parser(text).parse())
  if (parsed.size >= PARSED_MAX) parsed.clear()
  parsed.set(text, selector)
  return selector
}

const parsed = new Map<string, Selector>()
const PARSED_MAX = 1024

/** An absent selector selects nothing, an empty one everything. Throws SelectorError. */
export function compileSelector(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return NOTHING
  let compiled = compiledSelectors.get(selector)
  if (compiled === undefined) {
    compiled = selectorOf(requirementsOf(selector))
    compiledSelectors.set(selector, compiled)
  }
  return compiled
}

// Selectors of stored objects are frozen, so that what was compiled once stays true.
const compiledSelectors = new WeakMap<LabelSelector, Selector>()

/** The older form: a map of labels that must all be equal. An absent or empty map selects everything. */
export function selectorFromLabels(labels: Labels | undefined): Selector {
  const entries = Object.entries(labels ?? {})
  return entries.length === 0
    ? EVERYTHING
    : selectorOf(entries.map(([key, value]) => ({ key, operator: '=' as const, values: [value] })))
}

/** The value that the selector demands of a label, if it demands just one. */
export function requiredValue(selector: Selector, key: string): string | undefined {
  const requirement = selector.requirements.find((it) => it.key === key)
  const exact =
    requirement?.operator === '=' || requirement?.operator === '==' || requirement?.operator === 'In'
  return exact && requirement.values.length === 1 ? requirement.values[0] : undefined
}

/** True when the labels satisfy one requirement. */
export function meets(requirement: Requirement, labels: Labels): boolean {
  const { key, operator, values } = requirement
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case '==':
    case 'In':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt':
      return value !== undefined && compareIntegers(value, values[0] ?? '') === (operator === 'Gt' ? 1 : -1)
  }
}

/** -1, 0, 1, or undefined when one of them is no 64-bit integer. Node affinity compares the same way. */
export function compareIntegers(a: string, b: string): number | undefined {
  const x = parseInt64(a)
  const y = parseInt64(b)
  if (x === undefined || y === undefined) return undefined
  return x < y ? -1 : x > y ? 1 : 0
}

function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

const NO_LABELS: Labels = Object.freeze({})

function selectorOf(unsorted: readonly Requirement[]): Selector {
  const requirements = [...unsorted].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  // One exact label is by far the commonest selector.
  const only = requirements.length === 1 ? requirements[0] : undefined
  const exact = only !== undefined && (only.operator === '=' || only.operator === '==')
  return Object.freeze({
    requirements,
    empty: requirements.length === 0,
    matches: exact
      ? matchOne(only.key, only.values[0] as string)
      : (labels: Labels | undefined) => requirements.every((it) => meets(it, labels ?? NO_LABELS)),
    toString: () => requirements.map(print).join(','),
  })
}

function matchOne(key: string, value: string): Selector['matches'] {
  return (labels) => labels !== undefined && labels[key] === value && Object.hasOwn(labels, key)
}

function print({ key, operator, values }: Requirement): string {
  const sorted = [...values].sort()
  switch (operator) {
    case 'Exists':
      return key
    case 'DoesNotExist':
      return `!${key}`
    case 'In':
      return `${key} in (${sorted.join(',')})`
    case 'NotIn':
      return `${key} notin (${sorted.join(',')})`
    case 'Gt':
      return `${key}>${values[0]}`
    case 'Lt':
      return `${key}<${values[0]}`
    default:
      return `${key}${operator}${values[0]}`
  }
}

const OBJECT_OPERATORS = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist'])

function requirementsOf(selector: LabelSelector): Requirement[] {
  const fromLabels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    checked({ key, operator: '=', values: [value] }),
  )
  const fromExpressions = (selector.matchExpressions ?? []).map(({ key = '', operator, values }) => {
    if (!OBJECT_OPERATORS.has(operator))
      throw new SelectorError(`"${operator}" is not a valid label selector operator`)
    return checked({ key, operator: operator as SelectorOperator, values: values ?? [] })
  })
  return [...fromLabels, ...fromExpressions]
}

/** Returns the requirement if it is one; else throws in the words of upstream's NewRequirement. */
function checked(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement
  const problems: string[] = checkQualifiedName(key)
    .slice(0, 1)
    .map((problem) => `key: Invalid value: "${key}": ${problem}`)
  const invalid = (detail: string) =>
    problems.push(`values: Invalid value: ${JSON.stringify(values)}: ${detail}`)
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    invalid("for 'in', 'notin' operators, values set can't be empty")
  } else if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    invalid('values set must be empty for exists and does not exist')
  } else if (operator === 'Gt' || operator === 'Lt') {
    values.forEach((value, index) => {
      if (parseInt64(value) !== undefined) return
      problems.push(
        `values[${index}]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`,
      )
    })
  }
  values.forEach((value, index) => {
    const [problem] = checkLabelValue(value)
    if (problem !== undefined)
      problems.push(`values[${index}][${key}]: Invalid value: "${value}": ${problem}`)
  })
  if (problems.length > 0)
    throw new SelectorError(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`)
  return requirement
}

type TokenKind = 'identifier' | 'end' | ')' | '(' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | 'in' | 'notin'

interface Token {
  readonly kind: TokenKind
  readonly text: string
}

const COMPARISONS: Partial<Record<TokenKind, SelectorOperator>> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'Gt',
  '<': 'Lt',
}

const IN_REQUIREMENT = 'unable to parse requirement: '

/** Recursive descent over the tokens, with upstream's wording of what was found and what was expected. */
class Parser {
  readonly #tokens: readonly Token[]
  #position = 0

  constructor(text: string) {
    this.#tokens = tokenize(text)
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = []
    for (;;) {
      const { kind, text } = this.#peek()
      if (!isWord(kind) && kind !== '!') this.#fail(text, "!, identifier, or 'end of string'", '')
      requirements.push(this.#requirement())
      const next = this.#next()
      if (next.kind === 'end') return requirements
      if (next.kind !== ',') this.#fail(next.text, "',' or 'end of string'", '')
      const after = this.#peek()
      if (!isWord(after.kind) && after.kind !== '!') this.#fail(after.text, "identifier after ','", '')
    }
  }

  #requirement(): Requirement {
    const not = this.#peek().kind === '!'
    if (not) this.#next()
    const key = this.#next()
    if (!isWord(key.kind)) this.#fail(key.text, 'identifier')
    if (not) return this.#made({ key: key.text, operator: 'DoesNotExist', values: [] })
    const { kind } = this.#peek()
    if (kind === 'end' || kind === ',') return this.#made({ key: key.text, operator: 'Exists', values: [] })
    const operator = this.#next()
    if (operator.kind === 'in' || operator.kind === 'notin') {
      return this.#made({
        key: key.text,
        operator: operator.kind === 'in' ? 'In' : 'NotIn',
        values: this.#values(),
      })
    }
    const comparison = COMPARISONS[operator.kind]
    if (comparison === undefined) {
      this.#fail(operator.text, 'in, notin, =, ==, !=, gt, lt')
    }
    return this.#made({
      key: key.text,
      operator: comparison as SelectorOperator,
      values: [this.#exactValue()],
    })
  }

  #made(requirement: Requirement): Requirement {
    const [problem] = checkQualifiedName(requirement.key)
    // Upstream looks at the key before it knows where that is.
    if (problem !== undefined) {
      throw new SelectorError(
        `${IN_REQUIREMENT}<nil>: Invalid value: ${goQuote(requirement.key)}: ${problem}`,
      )
    }
    try {
      return checked(requirement)
    } catch (error) {
      throw error instanceof SelectorError ? new SelectorError(IN_REQUIREMENT + error.message) : error
    }
  }

  /** What follows `=`; nothing stands for the empty value. */
  #exactValue(): string {
    const { kind, text } = this.#peek()
    if (kind === 'end' || kind === ',') return ''
    this.#next()
    if (!isWord(kind)) this.#fail(text, 'identifier')
    return text
  }

  #values(): string[] {
    const open = this.#next()
    if (open.kind !== '(') this.#fail(open.text, "'('", IN_REQUIREMENT, '')
    const values = new Set<string>()
    // An empty place, as in `(,a)` or `()`, stands for the empty value.
    for (;;) {
      const { kind, text } = this.#next()
      if (kind === ')' || kind === ',') values.add('')
      else if (!isWord(kind)) this.#fail(text, "',', ')' or identifier")
      else {
        values.add(text)
        const after = this.#next()
        if (after.kind === ')') return [...values].sort()
        if (after.kind !== ',') this.#fail(after.text, "',' or ')'")
        continue
      }
      if (kind === ')') return [...values].sort()
    }
  }

  #peek(): Token {
    return this.#tokens[this.#position] as Token
  }

  #next(): Token {
    const token = this.#tokens[this.#position] as Token
    if (token.kind !== 'end') this.#position++
    return token
  }

  #fail(found: string, expected: string, where = IN_REQUIREMENT, comma = ','): never {
    throw new SelectorError(`${where}found '${found}'${comma} expected: ${expected}`)
  }
}

/** `in` and `notin` are words too, wherever no operator can stand. */
function isWord(kind: TokenKind): boolean {
  return kind === 'identifier' || kind === 'in' || kind === 'notin'
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  for (const [token] of text.matchAll(/[=!<>]+|[(),]|[^=!<>(),\s]+/g)) {
    if (/^[=!<>]/.test(token)) tokens.push(...splitSymbols(token))
    else if (token === '(' || token === ')' || token === ',') tokens.push({ kind: token, text: token })
    else tokens.push({ kind: token === 'in' || token === 'notin' ? token : 'identifier', text: token })
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

/** Takes the longest operator each time: `==!` is `==` and `!`. */
function splitSymbols(run: string): Token[] {
  const tokens: Token[] = []
  for (const [symbol] of run.matchAll(/==|!=|[=!<>]/g))
    tokens.push({ kind: symbol as TokenKind, text: symbol })
  return tokens
}

/** A LabelSelector object as the text of a query: `a=b,c in (d,e)`. Throws SelectorError. */
export function formatLabelSelector(selector: LabelSelector): string {
  return compileSelector(selector).toString()
}
