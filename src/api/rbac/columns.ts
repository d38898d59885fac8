/** How kubectl prints bindings. Upstream: pkg/printers/internalversion/printers.go. */
import { ageColumn, nameColumn, text, wide } from '../columns.ts'
import type { Column, KubeObject } from '../kind.ts'
import type { RoleRef, Subject } from './rules.ts'

interface Binding extends KubeObject {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[]
}

export function bindingColumns<T extends Binding>(): readonly Column<T>[] {
  const named = (kind: string) => (binding: Binding) =>
    (binding.subjects ?? [])
      .filter((it) => it.kind === kind)
      .map((it) => (kind === 'ServiceAccount' ? `${it.namespace ?? ''}/${it.name}` : it.name))
      .join(', ')
  return [
    nameColumn,
    text('Role', 'The role it grants.', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
    ageColumn,
    wide(text('Users', 'Users it grants it to.', named('User'))),
    wide(text('Groups', 'Groups it grants it to.', named('Group'))),
    wide(text('ServiceAccounts', 'Service accounts it grants it to.', named('ServiceAccount'))),
  ]
}
