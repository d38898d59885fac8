/** Grants a cluster role to subjects everywhere. */

import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { sameValue } from '../meta/validation.ts'
import { filled, type Infer, list, string, struct } from '../schema.ts'
import { bindingColumns } from './columns.ts'
import { defaultBinding } from './defaults.ts'
import { roleRef, subject } from './rules.ts'
import { validateBinding } from './validation.ts'

export const ClusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  schema: () => clusterRoleBinding,
  nameRule: 'path',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
  defaults: defaultBinding,
  validate(object, errors) {
    validateBinding(object, ['ClusterRole'], errors)
  },
  validateUpdate(object, old, errors) {
    if (!sameValue(object.roleRef, old.roleRef))
      errors.invalid('roleRef', object.roleRef, 'cannot change roleRef')
  },
  columns: bindingColumns<ClusterRoleBinding>(),
})

export interface ClusterRoleBinding extends Infer<typeof clusterRoleBinding> {}
export const clusterRoleBinding = struct(
  'rbac/v1.ClusterRoleBinding',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    subjects: list(subject),
    roleRef: filled(roleRef),
  }),
  'roleRef',
)
