/** `$((...))`: integers, variables and the operators of C. */

/** Told by the shell under its own name. */
export class ArithmeticError extends Error {}

const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
]
const TOKEN =
  /0[xX][\da-fA-F]+|\d+|[A-Za-z_]\w*|\*\*|\+\+|--|<<=|>>=|\|\||&&|[-+*/%&|^=!<>]=|<<|>>|[-+*/%()<>!~^&|?:$=,]|\S/g

export interface Variables {
  get(name: string): string
  set(name: string, value: string): void
}

export function evaluate(expression: string, variables: Variables): number {
  const tokens: readonly string[] = expression.match(TOKEN) ?? []
  let at = 0

  const numberOf = (name: string): number => {
    const text = variables.get(name).trim()
    if (text === '') return 0
    if (!/^[-+]?(?:0[xX][\da-fA-F]+|\d+)$/.test(text)) {
      // A variable may hold the name of another, or an expression.
      return /^[A-Za-z_]\w*$/.test(text) && text !== name ? numberOf(text) : evaluate(text, variables)
    }
    return integer(text)
  }
  const assign = (name: string, value: number): number => {
    variables.set(name, String(value))
    return value
  }

  const primary = (): number => {
    const token = tokens[at++]
    if (token === undefined) {
      if (tokens.length > 0) throw new ArithmeticError('arithmetic syntax error')
      return 0
    }
    if (token === '(') {
      const value = comma()
      if (tokens[at++] !== ')') throw new ArithmeticError('arithmetic syntax error')
      return value
    }
    if (token === '++' || token === '--') {
      const name = tokens[at++] ?? ''
      return assign(name, numberOf(name) + (token === '++' ? 1 : -1))
    }
    if (token === '-') return -power()
    if (token === '+' || token === '$') return power()
    if (token === '!') return power() === 0 ? 1 : 0
    if (token === '~') return ~power()
    if (/^\d/.test(token)) return integer(token)
    if (!/^[A-Za-z_]/.test(token)) throw new ArithmeticError('arithmetic syntax error')
    const after = tokens[at]
    if (after === '++' || after === '--') {
      at++
      const old = numberOf(token)
      assign(token, old + (after === '++' ? 1 : -1))
      return old
    }
    if (after !== undefined && /^(?:[-+*/%&|^]|<<|>>)?=$/.test(after)) {
      at++
      const right = ternary()
      return assign(token, after === '=' ? right : apply(after.slice(0, -1), numberOf(token), right))
    }
    return numberOf(token)
  }

  const power = (): number => {
    const base = primary()
    if (tokens[at] !== '**') return base
    at++
    return base ** power()
  }

  const binary = (level: number): number => {
    if (level === LEVELS.length) return power()
    let left = binary(level + 1)
    while (tokens[at] !== undefined && LEVELS[level]!.includes(tokens[at]!)) {
      const operator = tokens[at++]!
      left = apply(operator, left, binary(level + 1))
    }
    return left
  }

  const ternary = (): number => {
    const test = binary(0)
    if (tokens[at] !== '?') return test
    at++
    const yes = ternary()
    if (tokens[at++] !== ':') throw new ArithmeticError('arithmetic syntax error')
    const no = ternary()
    return test !== 0 ? yes : no
  }

  const comma = (): number => {
    let value = ternary()
    while (tokens[at] === ',') {
      at++
      value = ternary()
    }
    return value
  }

  const result = comma()
  if (at < tokens.length) throw new ArithmeticError('arithmetic syntax error')
  return result
}

function integer(text: string): number {
  const negative = text.startsWith('-')
  const digits = text.replace(/^[-+]/, '')
  const base = /^0[xX]/.test(digits) ? 16 : digits.startsWith('0') && digits.length > 1 ? 8 : 10
  const value = Number.parseInt(digits, base)
  return negative ? -value : value
}

function apply(operator: string, a: number, b: number): number {
  switch (operator) {
    case '||':
      return a !== 0 || b !== 0 ? 1 : 0
    case '&&':
      return a !== 0 && b !== 0 ? 1 : 0
    case '|':
      return a | b
    case '^':
      return a ^ b
    case '&':
      return a & b
    case '==':
      return Number(a === b)
    case '!=':
      return Number(a !== b)
    case '<=':
      return Number(a <= b)
    case '>=':
      return Number(a >= b)
    case '<':
      return Number(a < b)
    case '>':
      return Number(a > b)
    case '<<':
      return a * 2 ** b
    case '>>':
      return Math.floor(a / 2 ** b)
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    default:
      if (b === 0) throw new ArithmeticError('divide by zero')
      return operator === '/' ? Math.trunc(a / b) : a % b
  }
}
