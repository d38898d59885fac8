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

/**
 * What a set has so far, on the way to a set that is one and the same for the same parts in the same order: objects
 * of a kind mostly have the same fields, and share what follows from them.
 */
export class Shape {
  readonly #step: string
  readonly #child: FieldSet
  readonly #before: Shape | undefined
  /** Shapes with one part more, by its name and what it holds. */
  #leaves: Map<string, Shape> | undefined
  #others: Map<string, Map<FieldSet, Shape>> | undefined
  #whole: FieldSet | undefined
  #parts: FieldSet | undefined

  constructor(step = '', child = EMPTY_SET, before?: Shape) {
    this.#step = step
    this.#child = child
    this.#before = before
  }

  static of(parts: 'fields' | 'elements'): Shape {
    // Names that strangers make up must not pile up for ever.
    if (remembered > REMEMBERED_MAX) {
      remembered = 0
      noFields = new Shape()
      noElements = new Shape()
    }
    return parts === 'fields' ? noFields : noElements
  }

  withField(name: string, child: FieldSet): Shape {
    return this.#next(name, child) ?? this.#add(name, `f:${name}`, child)
  }

  withElement(step: string, child: FieldSet): Shape {
    return this.#next(step, child) ?? this.#add(step, step, child)
  }

  /** All that was added, and what it was added to. */
  get whole(): FieldSet {
    return (this.#whole ??= setOf(true, this.parts.children))
  }

  /** All that was added, alone. */
  get parts(): FieldSet {
    if (this.#parts === undefined) {
      const parts: [string, FieldSet][] = []
      for (let it: Shape = this; it.#before !== undefined; it = it.#before) parts.push([it.#step, it.#child])
      this.#parts = setOf(false, new Map(parts.reverse()))
    }
    return this.#parts
  }

  #next(name: string, child: FieldSet): Shape | undefined {
    return child === LEAF ? this.#leaves?.get(name) : this.#others?.get(name)?.get(child)
  }

  #add(name: string, step: string, child: FieldSet): Shape {
    remembered += SHAPE_BYTES + step.length
    const shape = new Shape(step, child, this)
    if (child === LEAF) (this.#leaves ??= new Map()).set(name, shape)
    else {
      this.#others ??= new Map()
      const known = this.#others.get(name)
      if (known === undefined) this.#others.set(name, new Map([[child, shape]]))
      else known.set(child, shape)
    }
    return shape
  }
}

const REMEMBERED_MAX = 8 * 1024 * 1024
/** About what a shape and the set that it becomes take. */
const SHAPE_BYTES = 500
let remembered = 0
let noFields = new Shape()
let noElements = new Shape()

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

/** All paths of the set, in upstream's order: those that end here come before those that go on. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  const steps = sorted(set.children.keys())
  for (const step of steps) if (set.children.get(step)?.own) yield [...prefix, step]
  for (const step of steps) yield* pathsOf(set.children.get(step) as FieldSet, [...prefix, step])
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

/** Fields in order, `.` first; frozen, and one and the same for one set. */
export function encodeSet(set: FieldSet): FieldsV1 {
  if (set.children.size === 0) return NO_FIELDS
  let fields = encoded.get(set)
  if (fields === undefined) {
    const made: Record<string, unknown> = set.own ? { '.': NO_FIELDS } : {}
    for (const step of sorted(set.children.keys())) made[step] = encodeSet(set.children.get(step) as FieldSet)
    fields = Object.freeze(made)
    encoded.set(set, fields)
    if (!set.own) decoded.set(fields, set)
  }
  return fields
}

const NO_FIELDS: FieldsV1 = Object.freeze({})
const encoded = new WeakMap<FieldSet, FieldsV1>()

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
