/**
 * What an expression costs while it runs, counted about as upstream does (cel-go interpreter/runtimecost.go,
 * apiserver/pkg/cel/library/cost.go): so much a step, and more for long texts and lists. It ends one that costs too much.
 */
import { type Budget, CostError } from './rule.ts'

/** Of one expression; upstream: apiserver/pkg/apis/cel/config.go PerCallLimit. */
const CALL_LIMIT = 1_000_000
/** Of a character of a text that is gone through. */
const PER_CHARACTER = 0.1
const PER_PATTERN_CHARACTER = 0.25

/** A node of a parsed expression; `evaluate` is called for each step, and replaces itself at the first. */
interface Node {
  readonly op: string
  readonly args: unknown
  evaluate(...args: unknown[]): unknown
}

interface Meter {
  spent: number
}

let running: Meter | undefined

/** Makes an expression countable, once. */
export function meter(ast: unknown): void {
  forEachNode(ast, (node) => count(node))
}

/** Runs a metered expression; what it cost is taken off the budget. Throws CostError when either limit is passed. */
export function spending<T>(budget: Budget | undefined, run: () => T): T {
  const outer = running
  const own: Meter = { spent: 0 }
  running = own
  try {
    const value = run()
    // An error may have been swallowed on the way: `too_much() || true`.
    if (own.spent > CALL_LIMIT) throw new CostError('operation cancelled: actual cost limit exceeded', false)
    return value
  } finally {
    running = outer
    if (budget !== undefined) spend(budget, own.spent)
  }
}

function spend(budget: Budget, spent: number): void {
  budget.left -= spent
  if (budget.left < 0) {
    throw new CostError(
      'validation failed due to running out of cost budget, no further validation rules will be run',
      true,
    )
  }
}

function count(node: Node): void {
  const { op } = node
  const parts = partsOf(node)
  const [name] = Array.isArray(node.args) ? (node.args as unknown[]) : []
  const price = priceOf(op, typeof name === 'string' ? name : '')
  let inner = node.evaluate
  let inside = false
  const metered = (...args: unknown[]): unknown => {
    // The first step replaces `evaluate` and calls it: that is one step still.
    if (inside) return inner.apply(node, args)
    inside = true
    try {
      const value = inner.apply(node, args)
      last.set(node, value)
      charge(
        price(
          parts.map((it) => last.get(it)),
          value,
        ),
      )
      return value
    } finally {
      inside = false
    }
  }
  Object.defineProperty(node, 'evaluate', {
    get: () => metered,
    set: (next: Node['evaluate']) => {
      inner = next
    },
  })
}

/** What each node came to when it was last looked at. */
const last = new WeakMap<Node, unknown>()

function charge(cost: number): void {
  if (running === undefined) return
  running.spent += cost
  if (running.spent > CALL_LIMIT) {
    throw new CostError('operation cancelled: actual cost limit exceeded', false)
  }
}

type Price = (parts: readonly unknown[], value: unknown) => number

function priceOf(op: string, name: string): Price {
  const fixed = FIXED[op]
  if (fixed !== undefined) return () => fixed
  if (op === '+') return (_, value) => Math.max(1, traversal(value))
  if (op === 'in') return ([, list]) => Math.max(1, sizeOf(list))
  if (COMPARISONS.has(op)) return ([a, b]) => Math.max(1, Math.min(traversal(a), traversal(b)))
  return CALLS[name] ?? (() => 1)
}

/** Constants, and what only chooses between its parts, cost nothing. */
const FIXED: Readonly<Record<string, number>> = {
  value: 0,
  '&&': 0,
  '||': 0,
  '?:': 0,
  id: 1,
  '.': 1,
  '[]': 1,
  list: 10,
  map: 30,
}
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>='])

/** Loops pay for every element besides what they do with it; those that make lists, for these too. */
const loop: Price = ([list]) => 1 + 3 * sizeOf(list)
const collect: Price = ([list]) => 1 + 13 * sizeOf(list)
const wholeText: Price = ([text]) => 1 + traversal(text)
const wholeList: Price = ([list]) => 1 + sizeOf(list)
const inText: Price = ([text, part]) => 1 + traversal(text) * Math.max(1, traversal(part))
const pattern: Price = ([text, regex]) =>
  1 + Math.ceil((sizeOf(text) + 1) * PER_CHARACTER) * Math.ceil(sizeOf(regex) * PER_PATTERN_CHARACTER)

const CALLS: Readonly<Record<string, Price>> = {
  all: loop,
  exists: loop,
  exists_one: loop,
  existsOne: loop,
  map: collect,
  filter: collect,
  contains: inText,
  startsWith: ([, part]) => 1 + traversal(part),
  endsWith: ([, part]) => 1 + traversal(part),
  matches: pattern,
  matchesLinear: pattern,
  find: pattern,
  findAll: pattern,
  indexOf: inText,
  lastIndexOf: inText,
  replace: wholeText,
  split: wholeText,
  substring: wholeText,
  trim: wholeText,
  lowerAscii: wholeText,
  upperAscii: wholeText,
  join: wholeList,
  sum: wholeList,
  min: wholeList,
  max: wholeList,
  isSorted: wholeList,
  sets: wholeList,
  quantity: wholeText,
  isQuantity: wholeText,
  url: wholeText,
  isURL: wholeText,
}

function traversal(value: unknown): number {
  return typeof value === 'string' ? Math.ceil(value.length * PER_CHARACTER) : sizeOf(value)
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  return value instanceof Map || value instanceof Set ? value.size : 1
}

/** The receiver of a call and its arguments, the sides of an operator. */
function partsOf({ args }: Node): readonly Node[] {
  if (isNode(args)) return [args]
  return Array.isArray(args) ? args.flat().filter(isNode) : []
}

function forEachNode(tree: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(tree)) for (const it of tree) forEachNode(it, visit)
  else if (isNode(tree)) {
    visit(tree)
    forEachNode(tree.args, visit)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).evaluate === 'function'
}
