/** `$((...))`: integers, variables, and the operators of C without assignment. */

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

export function evaluate(expression: string, variable: (name: string) => string): number {
  const tokens = expression.match(/\d+|[A-Za-z_]\w*|\|\||&&|[=!<>]=|<<|>>|[-+*/%()<>!~^&|?:$]/g) ?? []
  let at = 0

  const primary = (): number => {
    const token = tokens[at++]
    if (token === '(') {
      const value = ternary()
      at++
      return value
    }
    if (token === '-') return -primary()
    if (token === '+') return primary()
    if (token === '!') return primary() === 0 ? 1 : 0
    if (token === '~') return ~primary()
    if (token === '$') return primary()
    if (token === undefined) return 0
    if (/^\d/.test(token)) return Number.parseInt(token, token.startsWith('0') && token.length > 1 ? 8 : 10)
    const value = Number.parseInt(variable(token), 10)
    return Number.isNaN(value) ? 0 : value
  }

  const binary = (level: number): number => {
    if (level === LEVELS.length) return primary()
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
    at++
    const no = ternary()
    return test !== 0 ? yes : no
  }

  return ternary()
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
      return a << b
    case '>>':
      return a >> b
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    default:
      if (b === 0) throw new Error('arithmetic: divide by zero')
      return operator === '/' ? Math.trunc(a / b) : a % b
  }
}
