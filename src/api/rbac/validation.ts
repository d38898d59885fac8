/** What roles and bindings may say. Upstream: pkg/apis/rbac/validation. */
import type { FieldErrors } from '../field-errors.ts'
import { checkDns1123Subdomain, checkPathSegment } from '../names.ts'
import { RBAC_GROUP } from './defaults.ts'
import type { PolicyRule, RoleRef, Subject } from './rules.ts'

export function validateRule(rule: PolicyRule, namespaced: boolean, errors: FieldErrors): void {
  const { verbs = [], apiGroups = [], resources = [], nonResourceURLs = [] } = rule
  if (verbs.length === 0) errors.required('verbs', 'verbs must contain at least one value')
  if (nonResourceURLs.length > 0) {
    if (namespaced)
      errors.invalid('nonResourceURLs', nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs')
    if (apiGroups.length > 0 || resources.length > 0 || (rule.resourceNames ?? []).length > 0) {
      errors.invalid(
        'nonResourceURLs',
        nonResourceURLs,
        'rules cannot apply to both regular resources and non-resource URLs',
      )
    }
    return
  }
  if (apiGroups.length === 0)
    errors.required('apiGroups', 'resource rules must supply at least one api group')
  if (resources.length === 0) errors.required('resources', 'resource rules must supply at least one resource')
}

interface Binding {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[]
}

export function validateBinding(
  { roleRef, subjects }: Binding,
  kinds: readonly string[],
  errors: FieldErrors,
): void {
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {}
  errors.at('roleRef', () => {
    if (apiGroup !== RBAC_GROUP) errors.notSupported('apiGroup', apiGroup, [RBAC_GROUP])
    if (!kinds.includes(kind)) errors.notSupported('kind', kind, [...kinds].sort())
    if (name === '') errors.required('name')
    else for (const problem of checkPathSegment(name)) errors.invalid('name', name, problem)
  })
  errors.each('subjects', subjects, (subject) => validateSubject(subject, kinds.includes('Role'), errors))
}

function validateSubject(subject: Subject, namespaced: boolean, errors: FieldErrors): void {
  const { kind, name = '', apiGroup = '', namespace = '' } = subject
  if (name === '') errors.required('name')
  if (kind === 'ServiceAccount') {
    if (name !== '') for (const problem of checkDns1123Subdomain(name)) errors.invalid('name', name, problem)
    if (apiGroup !== '') errors.notSupported('apiGroup', apiGroup, [''])
    if (!namespaced && namespace === '') errors.required('namespace')
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== RBAC_GROUP) errors.notSupported('apiGroup', apiGroup, [RBAC_GROUP])
  } else errors.notSupported('kind', kind ?? '', ['Group', 'ServiceAccount', 'User'])
}
