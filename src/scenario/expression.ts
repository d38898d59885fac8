/**
 * The expressions in parentheses that assertions may use as keys: `(length(items))`, `(conditions[?type ==
 * 'Ready'])`, `(replicas > `2`)`. They are the part of JMESPath that assertions need: paths, indexes, filters,
 * projections, comparisons, `&& || !`, pipes and the functions of {@link FUNCTIONS}. Bare numbers are allowed.
 */
import { nearestWord } from '../kernel/nearest-word.ts'

type Evaluate = (value: unknown) => unknown

export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
}

/** Compiles the text between the parentheses. Throws {@link ExpressionError}. */
export function compileExpression(text: string): Evaluate {
  return new Parser(text).parse()
}

/** Expressions nest no deeper than this, so that a hostile one cannot exhaust the stack. */
const DEPTH_MAX = 50

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_$][\w$-]*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\[\?|\[\*\]|&&|\|\||==|!=|<=|>=|[.[\](),@!<>|*-]))/y

type Token = {
  readonly type: 'number' | 'word' | 'string' | 'quoted' | 'json' | 'sign' | 'end'
  readonly text: string
}

class Parser {
  readonly #text: string
  readonly #tokens: Token[]
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokenize(text)
  }

  parse(): Evaluate {
    const expression = this.#pipe()
    if (this.#peek().type !== 'end') throw this.#unexpected()
    return expression
  }

  #pipe(): Evaluate {
    if (++this.#depth > DEPTH_MAX) throw new ExpressionError(`nested too deeply: ${this.#text}`)
    let left = this.#or()
    while (this.#take('|')) {
      const from = left
      const then = this.#or()
      left = (value) => then(from(value))
    }
    this.#depth--
    return left
  }

  #or(): Evaluate {
    let left = this.#and()
    while (this.#take('||')) {
      const a = left
      const b = this.#and()
      left = (value) => (isTrue(a(value)) ? a(value) : b(value))
    }
    return left
  }

  #and(): Evaluate {
    let left = this.#comparison()
    while (this.#take('&&')) {
      const a = left
      const b = this.#comparison()
      left = (value) => (isTrue(a(value)) ? b(value) : a(value))
    }
    return left
  }

  #comparison(): Evaluate {
    const left = this.#unary()
    for (const [sign, compare] of COMPARISONS) {
      if (!this.#take(sign)) continue
      const right = this.#unary()
      return (value) => compare(left(value), right(value))
    }
    return left
  }

  #unary(): Evaluate {
    let negations = 0
    while (this.#take('!')) negations++
    const operand = this.#path()
    if (negations === 0) return operand
    return (value) => isTrue(operand(value)) === (negations % 2 === 0)
  }

  #path(): Evaluate {
    let left = this.#primary()
    for (;;) {
      if (this.#take('.')) {
        const from = left
        if (this.#take('*')) {
          const rest = this.#projection()
          left = (value) => projected(Object.values(asRecord(from(value))), rest)
        } else {
          const key = this.#word()
          left = (value) => field(from(value), key)
        }
      } else if (this.#take('[*]')) {
        const from = left
        const rest = this.#projection()
        left = (value) => projected(from(value), rest)
      } else if (this.#take('[?')) {
        const from = left
        const condition = this.#pipe()
        this.#expect(']')
        const rest = this.#projection()
        left = (value) => {
          const list = from(value)
          return Array.isArray(list)
            ? projected(
                list.filter((item) => isTrue(condition(item))),
                rest,
              )
            : null
        }
      } else if (this.#take('[')) {
        const from = left
        const index = (this.#take('-') ? -1 : 1) * this.#number()
        this.#expect(']')
        left = (value) => {
          const list = from(value)
          return Array.isArray(list) ? (list.at(index) ?? null) : null
        }
      } else return left
    }
  }

  /** What follows `[*]` or a filter applies to each element; an index ends it, as a pipe does. */
  #projection(): Evaluate {
    let each: Evaluate = (value) => value
    while (this.#take('.')) {
      const key = this.#word()
      const from = each
      each = (value) => field(from(value), key)
    }
    return each
  }

  #primary(): Evaluate {
    const token = this.#next()
    switch (token.type) {
      case 'number':
        return () => Number(token.text)
      case 'string':
        return () => token.text
      case 'json': {
        const value = parseJson(token.text)
        return () => value
      }
      case 'quoted':
        return (value) => field(value, token.text)
      case 'word':
        return this.#take('(') ? this.#call(token.text) : (value) => field(value, token.text)
      case 'sign': {
        if (token.text === '@') return (value) => value
        if (token.text === '-') {
          const number = -this.#number()
          return () => number
        }
        if (token.text === '(') {
          const inner = this.#pipe()
          this.#expect(')')
          return inner
        }
        if (token.text === '[*]' || token.text === '[?' || token.text === '[') {
          this.#at-- // A path may start with its brackets: they apply to the current value.
          return (value) => value
        }
        break
      }
      case 'end':
        break
    }
    this.#at--
    throw this.#unexpected()
  }

  #call(name: string): Evaluate {
    const run = FUNCTIONS.get(name)
    if (run === undefined) {
      const near = nearestWord(name, FUNCTIONS.keys())
      throw new ExpressionError(
        `unknown function ${name}()${near === undefined ? '' : `: did you mean ${near}()?`}`,
      )
    }
    const args: Evaluate[] = []
    if (!this.#take(')')) {
      do args.push(this.#pipe())
      while (this.#take(','))
      this.#expect(')')
    }
    return (value) => run(args.map((arg) => arg(value)))
  }

  #word(): string {
    const token = this.#next()
    if (token.type === 'word' || token.type === 'quoted') return token.text
    this.#at--
    throw this.#unexpected()
  }

  #number(): number {
    const token = this.#next()
    if (token.type === 'number') return Number(token.text)
    this.#at--
    throw this.#unexpected()
  }

  #peek(): Token {
    return this.#tokens[this.#at]!
  }

  #next(): Token {
    const token = this.#tokens[this.#at]!
    if (token.type !== 'end') this.#at++
    else this.#at = this.#tokens.length // Stepping back stays at the end.
    return token
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.type !== 'sign' || token.text !== sign) return false
    this.#at++
    return true
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw this.#unexpected(sign)
  }

  #unexpected(wanted?: string): ExpressionError {
    const token = this.#peek()
    const found = token.type === 'end' ? 'the end' : `"${token.text}"`
    return new ExpressionError(
      `in (${this.#text}): unexpected ${found}${wanted === undefined ? '' : `, "${wanted}" is missing`}`,
    )
  }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null) {
      if (text.slice(from).trim() === '') break
      throw new ExpressionError(`in (${text}): unexpected "${text.slice(from).trim()[0]}"`)
    }
    const [, number, word, string, quoted, json, sign] = match
    if (number !== undefined) tokens.push({ type: 'number', text: number })
    else if (word !== undefined) tokens.push({ type: 'word', text: word })
    else if (string !== undefined) tokens.push({ type: 'string', text: string.replace(/\\(.)/g, '$1') })
    else if (quoted !== undefined) tokens.push({ type: 'quoted', text: quoted.replace(/\\(.)/g, '$1') })
    else if (json !== undefined) tokens.push({ type: 'json', text: json })
    else tokens.push({ type: 'sign', text: sign! })
  }
  tokens.push({ type: 'end', text: '' })
  return tokens
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text // As the older JMESPath grammar: `abc` is the string abc.
  }
}

const COMPARISONS: readonly [sign: string, compare: (a: unknown, b: unknown) => boolean][] = [
  ['==', equal],
  ['!=', (a, b) => !equal(a, b)],
  ['<=', numbers((a, b) => a <= b)],
  ['>=', numbers((a, b) => a >= b)],
  ['<', numbers((a, b) => a < b)],
  ['>', numbers((a, b) => a > b)],
]

/** JMESPath orders numbers alone. */
function numbers(compare: (a: number, b: number) => boolean): (a: unknown, b: unknown) => boolean {
  return (a, b) => typeof a === 'number' && typeof b === 'number' && compare(a, b)
}

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && equal(asRecord(a)[key], asRecord(b)[key]))
}

/** JMESPath: null, false and everything empty is false; numbers are true. */
function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return Object.hasOwn(value, key) ? asRecord(value)[key] : null
}

function projected(list: unknown, each: Evaluate): unknown {
  if (!Array.isArray(list)) return null
  return list.map(each).filter((it) => it !== null)
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

const FUNCTIONS: ReadonlyMap<string, (args: readonly unknown[]) => unknown> = new Map([
  [
    'length',
    ([it]: readonly unknown[]) =>
      typeof it === 'string' ? [...it].length : Object.keys(asRecord(it)).length,
  ],
  [
    'contains',
    ([it, part]) => (Array.isArray(it) ? it.some((x) => equal(x, part)) : text(it).includes(text(part))),
  ],
  ['starts_with', ([it, part]) => text(it).startsWith(text(part))],
  ['ends_with', ([it, part]) => text(it).endsWith(text(part))],
  ['keys', ([it]) => Object.keys(asRecord(it))],
  ['values', ([it]) => Object.values(asRecord(it))],
  ['join', ([glue, list]) => (Array.isArray(list) ? list.map(text).join(text(glue)) : '')],
  ['sort', ([list]) => (Array.isArray(list) ? [...list].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)) : null)],
  ['sum', ([list]) => (Array.isArray(list) ? list.reduce((sum: number, it) => sum + Number(it), 0) : null)],
  ['not_null', (args) => args.find((it) => it !== null && it !== undefined) ?? null],
  ['to_string', ([it]) => text(it)],
  ['to_number', ([it]) => (Number.isFinite(Number(it)) ? Number(it) : null)],
])
