/**
 * The part of kubectl's JSONPath that definitions use for columns, scale and selectable fields: fields, indexes,
 * `[*]` and `[?(@.type=="Ready")]`. Upstream: client-go/util/jsonpath.
 */

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  | {
      readonly kind: 'filter'
      readonly path: readonly Step[]
      readonly operator: string
      readonly value: unknown
    }

/** Finds all values that a path leads to; an absent field leads nowhere. */
export type JsonPath = (value: unknown) => readonly unknown[]

/** Undefined when the text is no path of the kind supported here. */
export function compileJsonPath(text: string): JsonPath | undefined {
  const steps = parseSteps(text.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, ''))
  return steps === undefined ? undefined : (value) => follow([value], steps)
}

const STEP =
  /^(?:\.?\[\?\(\s*@((?:\.[\w-]+|\['[^']*'\])*)\s*(==|!=|<=|>=|<|>)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?|true|false)\s*\)\]|\.?\[(-?\d+)\]|\.?\[(\*)\]|\.?\['((?:[^'\\]|\\.)*)'\]|\.?\["((?:[^"\\]|\\.)*)"\]|\.(\*)|\.((?:[^.[\]\\]|\\.)+))/

function parseSteps(text: string): Step[] | undefined {
  const steps: Step[] = []
  let rest = text
  while (rest !== '') {
    const match = STEP.exec(rest)
    if (match === null) return undefined
    const [whole, filterPath, operator, literal, index, all, single, double, star, name] = match
    if (operator !== undefined) {
      const path = parseSteps(filterPath ?? '')
      if (path === undefined) return undefined
      steps.push({ kind: 'filter', path, operator, value: parseLiteral(literal as string) })
    } else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) })
    else if (all !== undefined || star !== undefined) steps.push({ kind: 'all' })
    else steps.push({ kind: 'field', name: (single ?? double ?? name ?? '').replace(/\\(.)/g, '$1') })
    rest = rest.slice(whole.length)
  }
  return steps
}

function parseLiteral(text: string): unknown {
  if (text.startsWith("'") || text.startsWith('"')) return text.slice(1, -1).replace(/\\(.)/g, '$1')
  return text === 'true' ? true : text === 'false' ? false : Number(text)
}

function follow(values: readonly unknown[], steps: readonly Step[]): readonly unknown[] {
  let current = values
  for (const step of steps) current = current.flatMap((value) => next(value, step))
  return current
}

function next(value: unknown, step: Step): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return []
  switch (step.kind) {
    case 'field': {
      if (!Object.hasOwn(value, step.name)) return []
      const found = (value as Record<string, unknown>)[step.name]
      return found === undefined ? [] : [found]
    }
    case 'index': {
      if (!Array.isArray(value)) return []
      const found: unknown = value.at(step.index)
      return found === undefined ? [] : [found]
    }
    case 'all':
      return Object.values(value)
    case 'filter':
      return Object.values(value).filter((item) => {
        const [found] = follow([item], step.path)
        return found !== undefined && compares(found, step.operator, step.value)
      })
  }
}

function compares(a: unknown, operator: string, b: unknown): boolean {
  if (operator === '==') return a === b
  if (operator === '!=') return a !== b
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false
  const x = a
  const y = b as typeof a
  if (operator === '<') return x < y
  if (operator === '<=') return x <= y
  return operator === '>' ? x > y : x >= y
}
