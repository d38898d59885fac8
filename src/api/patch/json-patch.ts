/**
 * JSON patch, RFC 6902. Works on persistent values: each operation copies the path it touches and shares the
 * rest, so that a failing operation leaves nothing behind.
 */
import { setOwn } from '../own.ts'
import { PatchError } from './strategic-merge.ts'

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

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
  let document = original
  let copied = 0
  for (const operation of patch) {
    const step = checkOperation(operation)
    if (step.op === 'copy') {
      copied += sizeOf(get(document, parsePointer(step.from ?? '')), MAX_COPIED - copied)
      if (copied > MAX_COPIED) throw new PatchError('copy operations exceed the allowed size')
    }
    document = apply(document, step)
  }
  return document
}

function apply(document: unknown, { op, path, from, value }: JsonPatchOperation): unknown {
  const pointer = parsePointer(path)
  switch (op) {
    case 'add':
      return change(document, pointer, path, (parent, key) => insert(parent, key, value, path), value)
    case 'remove':
      return change(document, pointer, path, (parent, key) => remove(parent, key, path))
    case 'replace':
      return change(document, pointer, path, (parent, key) => replace(parent, key, value, path), value)
    case 'test':
      if (!equal(get(document, pointer, false), value)) {
        throw new PatchError(`testing value ${path} failed: test failed`)
      }
      return document
    case 'copy': {
      const found = get(document, parsePointer(from ?? ''))
      return change(document, pointer, path, (parent, key) => insert(parent, key, found, path), found)
    }
    case 'move': {
      if (path.startsWith(`${from}/`)) throw new PatchError(`cannot move ${from} into its own child ${path}`)
      const source = parsePointer(from ?? '')
      const found = get(document, source)
      const without = change(document, source, from ?? '', (parent, key) => remove(parent, key, from ?? ''))
      return change(without, pointer, path, (parent, key) => insert(parent, key, found, path), found)
    }
  }
}

type Parent = readonly unknown[] | Readonly<Record<string, unknown>>

/** Rebuilds the path down to the pointer's parent; `root` is the new document when the pointer is the root. */
function change(
  document: unknown,
  pointer: readonly string[],
  path: string,
  edit: (parent: Parent, key: string) => Parent,
  root?: unknown,
): unknown {
  const [key, ...rest] = pointer
  if (key === undefined) return root ?? null
  if (!isContainer(document)) throw missing(path)
  if (rest.length === 0) return edit(document, key)
  const child = change(childOf(document, key, path), rest, path, edit)
  return replace(document, key, child, path)
}

function childOf(parent: Parent, key: string, path: string): unknown {
  if (Array.isArray(parent)) return parent[indexOf(parent, key, parent.length - 1, path)]
  if (!Object.hasOwn(parent, key)) throw missing(path)
  return (parent as Record<string, unknown>)[key]
}

function insert(parent: Parent, key: string, value: unknown, path: string): Parent {
  if (!Array.isArray(parent)) return withKey(parent as Record<string, unknown>, key, value)
  const index = key === '-' ? parent.length : indexOf(parent, key, parent.length, path)
  return parent.toSpliced(index, 0, value)
}

function replace(parent: Parent, key: string, value: unknown, path: string): Parent {
  if (Array.isArray(parent)) return parent.with(indexOf(parent, key, parent.length - 1, path), value)
  if (!Object.hasOwn(parent, key)) throw missing(path)
  return withKey(parent as Record<string, unknown>, key, value)
}

function remove(parent: Parent, key: string, path: string): Parent {
  if (Array.isArray(parent)) return parent.toSpliced(indexOf(parent, key, parent.length - 1, path), 1)
  if (!Object.hasOwn(parent, key)) throw missing(path)
  const copy: Record<string, unknown> = { ...parent }
  delete copy[key]
  return copy
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

function withKey(parent: Record<string, unknown>, key: string, value: unknown): Record<string, unknown> {
  const copy = { ...parent }
  setOwn(copy, key, value)
  return copy
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
