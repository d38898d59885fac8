/** `kubectl get`: objects as a table of their kind's printer columns. */
import type { KindDefinition, KubeObject } from '../../api/kind.ts'

export interface TableOptions {
  readonly wide?: boolean
  readonly withNamespace?: boolean
  readonly nowMs: number
}

/** Lines of the table, header first. Upstream: cli-runtime/pkg/printers/tableprinter.go. */
export function formatTable(
  kind: KindDefinition,
  objects: readonly KubeObject[],
  options: TableOptions,
): string[] {
  const columns = (kind.columns ?? []).filter((column) => options.wide || !column.wide)
  const header = columns.length === 0 ? ['NAME'] : columns.map((column) => column.name.toUpperCase())
  const rows = objects.map((object) => {
    const cells =
      columns.length === 0
        ? [object.metadata?.name ?? '']
        : columns.map((column) => String(column.cell(object, options.nowMs)))
    return options.withNamespace ? [object.metadata?.namespace ?? '', ...cells] : cells
  })
  return alignColumns([options.withNamespace ? ['NAMESPACE', ...header] : header, ...rows])
}

/** Pads each column to its widest cell plus three spaces; the last one is not padded. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]! + 3)))
      .join('')
      .trimEnd(),
  )
}
