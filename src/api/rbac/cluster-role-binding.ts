/** Grants a cluster role to subjects everywhere. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, list, string, struct } from '../schema.ts'
import { roleRef, subject } from './rules.ts'

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
