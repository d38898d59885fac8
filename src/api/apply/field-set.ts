/**
 * Sets of fields as trees, in memory and in the form that managedFields hold (FieldsV1). Steps of a path are the
 * keys of that form: `f:replicas` a field, `k:{"name":"web"}` an element by its keys, `v:"x"` an element by its
 * value. Upstream: sigs.k8s.io/structured-merge-diff/fieldpath.
 */

/** Immutable. `own`: the path up to here belongs to the set, and not only something below it. */
export interface FieldSet {
  readonly own: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

const NO_CHILDREN: ReadonlyMap<string, FieldSet> = new Map()
export const EMPTY_SET: FieldSet = { own: false, children: NO_CHILDREN }
export const LEAF: FieldSet = { own: true, children: NO_CHILDREN }

export function isEmptySet(set: FieldSet): boolean {
  return !set.own && set.children.size === 0
}

/** A set from its parts; children that hold nothing are left out. */
export function setOf(own: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet {
  if (children.size === 0) return own ? LEAF : EMPTY_SET
  return { own, children }
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a
  if (isEmptySet(a)) return b
  const children = new Map(a.children)
  for (const [step, child] of b.children) {
    const mine = children.get(step)
    children.set(step, mine === undefined ? child : union(mine, child))
  }
  return setOf(a.own || b.own, children)
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [step, child] of a.children) {
    const other = b.children.get(step)
    if (other === undefined) continue
    const common = intersection(child, other)
    if (!isEmptySet(common)) children.set(step, common)
  }
  return setOf(a.own && b.own, children)
}

export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a
  const children = new Map<string, FieldSet>()
  for (const [step, child] of a.children) {
    const other = b.children.get(step)
    const rest = other === undefined ? child : difference(child, other)
    if (!isEmptySet(rest)) children.set(step, rest)
  }
  return setOf(a.own && !b.own, children)
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  if (a.own !== b.own || a.children.size !== b.children.size) return false
  for (const [step, child] of a.children) {
    const other = b.children.get(step)
    if (other === undefined || !equalSets(child, other)) return false
  }
  return true
}

/** With everything that something below belongs to: an owner of a field holds the objects around it. */
export function withParents(set: FieldSet): FieldSet {
  if (set.children.size === 0) return set
  const children = new Map<string, FieldSet>()
  for (const [step, child] of set.children) children.set(step, { ...withParents(child), own: true })
  return { own: set.own, children }
}

/** All paths of the set, in order. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  if (set.own && prefix.length > 0) yield prefix
  for (const step of sorted(set.children.keys())) {
    yield* pathsOf(set.children.get(step) as FieldSet, [...prefix, step])
  }
}

/** `.spec.template.spec.containers[name="web"].image`. */
export function formatSteps(path: readonly string[]): string {
  return path.map(formatStep).join('')
}

function formatStep(step: string): string {
  const rest = step.slice(2)
  switch (step[0]) {
    case 'f':
      return `.${rest}`
    case 'k': {
      const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>)
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
    }
    case 'v':
      return `[=${rest}]`
    default:
      return `[${rest}]`
  }
}

export type FieldsV1 = Readonly<Record<string, unknown>>

/** Fields in order, `.` first. */
export function encodeSet(set: FieldSet): FieldsV1 {
  const result: Record<string, unknown> = {}
  for (const step of sorted(set.children.keys())) {
    const child = set.children.get(step) as FieldSet
    const below = encodeSet(child)
    const value = child.own && child.children.size > 0 ? { '.': {}, ...below } : below
    result[step] = value
  }
  return result
}

/** Memoised by reference; what is no such form reads as empty. */
export function decodeSet(fields: unknown): FieldSet {
  if (typeof fields !== 'object' || fields === null) return EMPTY_SET
  let set = decoded.get(fields)
  if (set === undefined) {
    set = { ...decodeNode(fields as FieldsV1), own: false }
    decoded.set(fields, set)
  }
  return set
}

const decoded = new WeakMap<object, FieldSet>()

function decodeNode(fields: FieldsV1): FieldSet {
  const children = new Map<string, FieldSet>()
  let own = false
  for (const step of Object.keys(fields)) {
    if (step === '.') own = true
    else if (/^[fkvi]:/.test(step)) {
      const below = fields[step]
      const child = typeof below === 'object' && below !== null ? decodeNode(below as FieldsV1) : EMPTY_SET
      children.set(step, child.children.size === 0 ? LEAF : child)
    }
  }
  return setOf(own, children)
}

function sorted(steps: Iterable<string>): string[] {
  return [...steps].sort()
}
