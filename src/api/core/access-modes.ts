/** How volumes may be mounted, in kubectl's short form. */

const SHORT: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

export const ACCESS_MODES = Object.keys(SHORT)

/** `RWO,RWX`, always in the same order and each once. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return ACCESS_MODES.filter((mode) => modes?.includes(mode))
    .map((mode) => SHORT[mode])
    .join(',')
}
