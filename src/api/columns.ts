/** Columns of `kubectl get` that most kinds share, and ways to make others. Upstream: pkg/printers/internalversion. */
import type { Column, KubeObject } from './kind.ts'
import { formatLabelSelector } from './label-selector.ts'
import type { LabelSelector } from './meta/label-selector.ts'
import { age } from './time.ts'

type Cell<T> = (object: T, nowMs: number) => string | number | boolean

export const nameColumn: Column<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name, unique within the kind and namespace.',
  cell: (object) => object.metadata?.name ?? '',
}

export const ageColumn: Column<KubeObject> = {
  name: 'Age',
  type: 'string',
  description: 'The time since the object was created.',
  cell: (object, nowMs) => age(object.metadata?.creationTimestamp, nowMs),
}

/** What kinds without columns of their own show beside the name. */
export const createdAtColumn: Column<KubeObject> = {
  name: 'Created At',
  type: 'date',
  description: 'When the object was created.',
  cell: (object) => object.metadata?.creationTimestamp ?? '',
}

export function text<T>(name: string, description: string, cell: Cell<T>): Column<T> {
  return { name, type: 'string', description, cell }
}

export function integer<T>(
  name: string,
  description: string,
  cell: (object: T) => number | undefined,
): Column<T> {
  return { name, type: 'integer', description, cell: (object) => cell(object) ?? 0 }
}

export function flag<T>(
  name: string,
  description: string,
  cell: (object: T) => boolean | undefined,
): Column<T> {
  return { name, type: 'boolean', description, cell: (object) => cell(object) ?? false }
}

/** The same column, shown with `-o wide` only. */
export function wide<T>(column: Column<T>): Column<T> {
  return { ...column, wide: true }
}

/** What workloads show of their pods with `-o wide`: containers, images and, unless left out, the selector. */
export function podTemplateColumns<T>(
  containersOf: (object: T) => readonly { readonly name: string; readonly image?: string }[] | undefined,
  selectorOf?: (object: T) => LabelSelector | undefined,
): readonly Column<T>[] {
  const columns = [
    wide(
      text<T>('Containers', 'Names of the containers in the template.', (object) =>
        (containersOf(object) ?? []).map((it) => it.name).join(','),
      ),
    ),
    wide(
      text<T>('Images', 'Images of the containers in the template.', (object) =>
        (containersOf(object) ?? []).map((it) => it.image ?? '').join(','),
      ),
    ),
  ]
  if (selectorOf === undefined) return columns
  return [
    ...columns,
    wide(
      text<T>('Selector', 'Labels of the pods that belong to it.', (object) =>
        orNone(selectorText(selectorOf(object))),
      ),
    ),
  ]
}

/** `app=web,tier in (a)`; what cannot be read prints as upstream's `<error>`. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return NONE
  try {
    return formatLabelSelector(selector)
  } catch {
    return '<error>'
  }
}

/** `a=b,c=d`, or `<none>`. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  return orNone(
    Object.entries(labels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(','),
  )
}

export const NONE = '<none>'
export const UNKNOWN = '<unknown>'
export const UNSET = '<unset>'

export function orNone(value: string | undefined): string {
  return value === undefined || value === '' ? NONE : value
}
