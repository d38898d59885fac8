/** Objects as tables and as metadata alone: what `kubectl get` asks for (upstream: handlers/response.go, pkg/printers). */
import { ageColumn, createdAtColumn, nameColumn } from '../api/columns.ts'
import type { Column, KindDefinition, KubeObject } from '../api/kind.ts'
import type { ListMeta } from '../api/meta/status.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: 'meta.k8s.io/v1'
  readonly metadata: ListMeta
  readonly columnDefinitions: readonly object[]
  readonly rows: readonly object[]
}

const META_V1 = 'meta.k8s.io/v1'

/** `isCustom` kinds without columns show their age rather than when they were created. */
export function columnsOf(kind: KindDefinition, isCustom = false): readonly Column<KubeObject>[] {
  if (kind.columns !== undefined) return kind.columns as readonly Column<KubeObject>[]
  return [nameColumn, isCustom ? ageColumn : createdAtColumn]
}

/** Everything but the rows. @param withHeader  of a watch, only the first event carries the column definitions */
export function tableHead(
  kind: KindDefinition,
  metadata: ListMeta,
  withHeader: boolean,
): Omit<Table, 'rows'> {
  return {
    kind: 'Table',
    apiVersion: META_V1,
    metadata,
    columnDefinitions: withHeader ? columnsOf(kind).map(definition) : [],
  }
}

export function tableRow(
  kind: KindDefinition,
  object: KubeObject,
  include: IncludeObject,
  nowMs: number,
): object {
  return {
    cells: columnsOf(kind).map((column) => column.cell(object, nowMs)),
    ...(include === 'None' ? {} : { object: include === 'Object' ? object : partial(object) }),
  }
}

export function table(
  kind: KindDefinition,
  objects: readonly KubeObject[],
  metadata: ListMeta,
  include: IncludeObject,
  nowMs: number,
  withHeader = true,
): Table {
  return {
    ...tableHead(kind, metadata, withHeader),
    rows: objects.map((object) => tableRow(kind, object, include, nowMs)),
  }
}

function definition(column: Column<KubeObject>): object {
  const { name, type, format, description, wide } = column
  return { name, type, format: format ?? '', description, priority: wide ? 1 : 0 }
}

/** `PartialObjectMetadata`: the object without what it is about. */
export function partial(object: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: META_V1, metadata: object.metadata }
}
