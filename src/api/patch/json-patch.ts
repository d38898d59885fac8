/**
 * JSON patch, RFC 6902. The original stays as it is: the first operation that touches a container copies it, the next ones
 * change the copy, so that ten thousand operations on one long list do not copy it ten thousand times.
 */
import { setOwn } from '../own.ts'
import { PatchError } from './strategic-merge.ts'

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

/** As deep as a request may be. */
const MAX_DEPTH = 500
/** Upstream's limit for one request. */
export const MAX_OPERATIONS = 10_000
/** A few copies of copies could otherwise grow without bound; upstream limits the same. */
const MAX_COPIED = 3 * 1024 * 1024

/** Throws PatchError: the document was no patch, or one of its operations could not be done. */
export function applyJsonPatch(original: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new PatchError('error decoding patch: expected a list of operations')
  if (patch.length > MAX_OPERATIONS) {
    throw new PatchError(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    )
  }
  const draft = new Draft(original)
  let copied = 0
  for (const operation of patch) {
    const step = checkOperation(operation)
    if (step.op === 'copy') {
      copied += sizeOf(get(draft.document, parsePointer(step.from ?? '')), MAX_COPIED - copied)
      if (copied > MAX_COPIED) throw new PatchError('copy operations exceed the allowed size')
    }
    apply(draft, step)
  }
  if (isTooDeep(draft.document)) throw new PatchError('exceeded max depth')
  return draft.document
}

/** Ten thousand operations can nest as many levels, which whatever recurses into them would not survive. */
function isTooDeep(document: unknown): boolean {
  let level = [document]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true
    level = level.flatMap((it) => (isContainer(it) ? Object.values(it) : []))
  }
  return false
}

function apply(draft: Draft, { op, path, from, value }: JsonPatchOperation): void {
  const pointer = parsePointer(path)
  switch (op) {
    case 'add':
      draft.change(pointer, path, (parent, key) => insert(parent, key, value, path), value)
      return
    case 'remove':
      draft.change(pointer, path, (parent, key) => remove(parent, key, path))
      return
    case 'replace':
      draft.change(pointer, path, (parent, key) => replace(parent, key, value, path), value)
      return
    case 'test':
      if (!equal(get(draft.document, pointer, false), value)) {
        throw new PatchError(`testing value ${path} failed: test failed`)
      }
      return
    case 'copy': {
      // Not the same containers twice: what is changed in one place stays as it is in the other.
      const found = copyOf(get(draft.document, parsePointer(from ?? '')))
      draft.change(pointer, path, (parent, key) => insert(parent, key, found, path), found)
      return
    }
    case 'move': {
      if (path.startsWith(`${from}/`)) throw new PatchError(`cannot move ${from} into its own child ${path}`)
      const source = parsePointer(from ?? '')
      const found = get(draft.document, source)
      draft.change(source, from ?? '', (parent, key) => remove(parent, key, from ?? ''))
      draft.change(pointer, path, (parent, key) => insert(parent, key, found, path), found)
      return
    }
  }
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isContainer(value)) return value
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setOwn(copy, key, copyOf((value as Record<string, unknown>)[key]))
  return copy
}

/** A document under change: what it has copied is its own, and is changed in place from then on. */
class Draft {
  document: unknown
  readonly #own = new WeakSet<object>()

  constructor(original: unknown) {
    this.document = original
  }

  /** Edits the parent that a pointer names; `root` is the new document when the pointer is the root. */
  change(
    pointer: readonly string[],
    path: string,
    edit: (parent: Parent, key: string) => void,
    root?: unknown,
  ) {
    const key = pointer.at(-1)
    if (key === undefined) {
      this.document = root ?? null
      return
    }
    if (!isContainer(this.document)) throw missing(path)
    let parent = this.#mine(this.document)
    this.document = parent
    for (const step of pointer.slice(0, -1)) {
      const child = childOf(parent, step, path)
      if (!isContainer(child)) throw missing(path)
      const mine = this.#mine(child)
      if (mine !== child) replace(parent, step, mine, path)
      parent = mine
    }
    edit(parent, key)
  }

  #mine(container: Parent): Parent {
    if (this.#own.has(container)) return container
    const copy = Array.isArray(container) ? [...container] : { ...container }
    this.#own.add(copy)
    return copy
  }
}

type Parent = unknown[] | Record<string, unknown>

function childOf(parent: Parent, key: string, path: string): unknown {
  if (Array.isArray(parent)) return parent[indexOf(parent, key, parent.length - 1, path)]
  if (!Object.hasOwn(parent, key)) throw missing(path)
  return parent[key]
}

function insert(parent: Parent, key: string, value: unknown, path: string): void {
  if (!Array.isArray(parent)) setOwn(parent, key, value)
  else parent.splice(key === '-' ? parent.length : indexOf(parent, key, parent.length, path), 0, value)
}

function replace(parent: Parent, key: string, value: unknown, path: string): void {
  if (Array.isArray(parent)) parent[indexOf(parent, key, parent.length - 1, path)] = value
  else if (Object.hasOwn(parent, key)) setOwn(parent, key, value)
  else throw missing(path)
}

function remove(parent: Parent, key: string, path: string): void {
  if (Array.isArray(parent)) parent.splice(indexOf(parent, key, parent.length - 1, path), 1)
  else if (Object.hasOwn(parent, key)) delete parent[key]
  else throw missing(path)
}

/** `strict`: a missing value is an error rather than undefined. */
function get(document: unknown, pointer: readonly string[], strict = true): unknown {
  let value = document
  for (const key of pointer) {
    const index = Array.isArray(value) ? (/^(0|[1-9]\d*)$/.test(key) ? Number(key) : -1) : key
    if (!isContainer(value) || !Object.hasOwn(value, index)) {
      if (strict) throw missing(`/${pointer.map(escapeToken).join('/')}`)
      return undefined
    }
    value = (value as Record<string | number, unknown>)[index]
  }
  return value
}

function indexOf(list: readonly unknown[], key: string, max: number, path: string): number {
  // Negative indexes count from the end: an extension of upstream's library that clients have come to use.
  const index = /^(0|-?[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN
  const position = index < 0 ? list.length + index : index
  if (!(position >= 0 && position <= max)) throw missing(path)
  return position
}

function checkOperation(operation: unknown): JsonPatchOperation {
  const { op, path, from } = (operation ?? {}) as Partial<JsonPatchOperation>
  const known = ['add', 'remove', 'replace', 'move', 'copy', 'test'].includes(op ?? '')
  if (!known) throw new PatchError(`Unexpected kind: ${op}`)
  if (typeof path !== 'string') throw new PatchError(`operation ${op} has no path`)
  if ((op === 'move' || op === 'copy') && typeof from !== 'string') {
    throw new PatchError(`operation ${op} has no from`)
  }
  if ((op === 'add' || op === 'replace' || op === 'test') && !Object.hasOwn(operation as object, 'value')) {
    return { ...(operation as JsonPatchOperation), value: null }
  }
  return operation as JsonPatchOperation
}

function parsePointer(path: string): string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw missing(path)
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1')
}

function missing(path: string): PatchError {
  return new PatchError(`jsonpatch operation does not apply: doc is missing path: ${path}: missing value`)
}

function isContainer(value: unknown): value is Parent {
  return typeof value === 'object' && value !== null
}

/** By value; a missing value equals null, as in upstream's library. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  )
}

/** Characters of the value as JSON, roughly; stops counting past `max`. */
function sizeOf(value: unknown, max: number): number {
  let size = 0
  const stack: unknown[] = [value]
  while (stack.length > 0 && size <= max) {
    const item = stack.pop()
    if (!isContainer(item)) size += typeof item === 'string' ? item.length + 2 : 4
    else {
      for (const key of Object.keys(item)) {
        size += key.length + 3
        stack.push((item as Record<string, unknown>)[key])
      }
    }
  }
  return size
}
