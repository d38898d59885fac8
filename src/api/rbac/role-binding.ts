/** Grants a role to subjects within one namespace. */

import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { sameValue } from '../meta/validation.ts'
import { filled, type Infer, list, string, struct } from '../schema.ts'
import { bindingColumns } from './columns.ts'
import { defaultBinding } from './defaults.ts'
import { roleRef, subject } from './rules.ts'
import { validateBinding } from './validation.ts'

export const RoleBinding = defineKind<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  schema: () => roleBinding,
  nameRule: 'path',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
  defaults: defaultBinding,
  validate(object, errors) {
    validateBinding(object, ['Role', 'ClusterRole'], errors)
  },
  validateUpdate(object, old, errors) {
    if (!sameValue(object.roleRef, old.roleRef))
      errors.invalid('roleRef', object.roleRef, 'cannot change roleRef')
  },
  columns: bindingColumns<RoleBinding>(),
})

export interface RoleBinding extends Infer<typeof roleBinding> {}
export const roleBinding = struct(
  'rbac/v1.RoleBinding',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    subjects: list(subject),
    roleRef: filled(roleRef),
  }),
  'roleRef',
)
