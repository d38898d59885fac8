/** How volumes may be mounted, in kubectl's short form. */
import type { FieldErrors } from '../field-errors.ts'

const SHORT: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

const ACCESS_MODES = Object.keys(SHORT)

/** `RWO,RWX`, always in the same order and each once. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return ACCESS_MODES.filter((mode) => modes?.includes(mode))
    .map((mode) => SHORT[mode])
    .join(',')
}

export function validateAccessModes(modes: readonly string[] | undefined, errors: FieldErrors): void {
  if ((modes ?? []).length === 0) errors.required('accessModes', 'at least 1 access mode is required')
  for (const mode of modes ?? []) {
    if (!ACCESS_MODES.includes(mode)) errors.notSupported('accessModes', mode, [...ACCESS_MODES].sort())
  }
  if (modes?.includes('ReadWriteOncePod') && modes.length > 1) {
    errors.forbidden('accessModes', 'may not use ReadWriteOncePod with other access modes')
  }
}
