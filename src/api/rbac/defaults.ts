/** What the API server fills in for bindings. Upstream: pkg/apis/rbac/v1/defaults.go. */
import { fill, mapField, mapList } from '../fill.ts'
import type { RoleRef, Subject } from './rules.ts'

export const RBAC_GROUP = 'rbac.authorization.k8s.io'

export function defaultBinding<
  T extends { readonly roleRef: RoleRef; readonly subjects?: readonly Subject[] },
>(binding: T): T {
  const withGroup = mapField(binding, 'roleRef', (reference) =>
    reference.apiGroup ? reference : Object.freeze({ ...reference, apiGroup: RBAC_GROUP }),
  )
  return mapField(withGroup, 'subjects', (subjects) => {
    const list: readonly Subject[] = subjects ?? []
    return mapList(list, (subject) =>
      subject.kind === 'User' || subject.kind === 'Group' ? fill(subject, { apiGroup: RBAC_GROUP }) : subject,
    )
  })
}
