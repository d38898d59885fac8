/** What roles and bindings are made of: rules, subjects and the reference to a role. */
import { atomic, type Infer, list, string, struct } from '../schema.ts'

export interface PolicyRule extends Infer<typeof policyRule> {}
export const policyRule = struct(
  'rbac/v1.PolicyRule',
  () => ({
    verbs: list(string),
    apiGroups: list(string),
    resources: list(string),
    resourceNames: list(string),
    nonResourceURLs: list(string),
  }),
  'verbs',
)

export interface Subject extends Infer<typeof subject> {}
export const subject = atomic(
  struct(
    'rbac/v1.Subject',
    () => ({
      kind: string,
      apiGroup: string,
      name: string,
      namespace: string,
    }),
    'kind',
    'name',
  ),
)

export interface RoleRef extends Infer<typeof roleRef> {}
export const roleRef = atomic(
  struct(
    'rbac/v1.RoleRef',
    () => ({
      kind: string,
      apiGroup: string,
      name: string,
    }),
    'kind',
    'apiGroup',
    'name',
  ),
)
